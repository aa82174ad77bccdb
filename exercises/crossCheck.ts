import fc from 'fast-check'
import type { Implementation, Operator } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import { copy, map, rowMajor, sameShape, shapeText, type Tensor, type Tensors, zeros } from '../oracle/tensor.js'
import { position } from '../oracle/validation.js'
import { tensorOf } from './computation.js'
import {
  defaultGiven,
  type Exercise,
  type Operators,
  type Quantity,
  quantitiesUnder,
  solve,
  type Values,
} from './exercise.js'
import { type Accuracy, type Call, roundingErrors } from './rounding.js'

export interface CrossCheckOptions {
  /** How many given data besides the source's own are tried. */
  readonly runs: number
  readonly seed: number
  /** How accurately the implementation computes. */
  readonly accuracy: Accuracy
  /** On how many of the given data the laws are checked too, each of which solves the exercise many times. A tenth by default. */
  readonly lawRuns?: number
  /** Given data in work at the same time, for devices that want many calls in flight. One by default. */
  readonly concurrency?: number
}

export interface CrossCheckReport {
  /** Given data for which every quantity was compared, and laws were checked. */
  readonly cases: number
  /** The largest difference from the oracle, in units of what rounding may cause. */
  readonly worst: number
  readonly failures: readonly CrossCheckFailure[]
}

export interface CrossCheckFailure {
  /** The quantity, the law, or the experiment's question. */
  readonly what: string
  readonly message: string
  /** The given data of the failure; the source's own, or an experiment's, where undefined. */
  readonly given: Values | undefined
}

/** The float64 arithmetic of the oracle, whose own rounding errors are part of every difference. */
const float64: Accuracy = {
  unitRoundoff: 2 ** -53,
  underflow: 2 ** -1075,
  division: 2,
  exp: (_, result) => 4 * 2 ** -53 * result,
  log: (_, result) => 4 * 2 ** -53 * Math.abs(result),
  tanh: (_, result) => 4 * 2 ** -53 * Math.abs(result),
}

/**
 * Solves an exercise on an implementation and on the oracle, for the source's given data and for `runs` others, and compares
 * every quantity; then checks the exercise's laws on the implementation, and what its experiments find. What may differ is derived: every operator call's
 * worst rounding error (see rounding.ts), carried to each quantity by its influence on it, found by disturbing the
 * call's answer on the oracle. An operator that the implementation lacks, or that throws, is a failure of its case.
 */
export async function crossCheckExercise(
  exercise: Exercise,
  implementation: Pick<Implementation, 'operators'>,
  options: CrossCheckOptions,
): Promise<CrossCheckReport> {
  const drawn = fc.sample(exercise.arbitrary(), { numRuns: options.runs, seed: options.seed })
  const cases = [defaultGiven(exercise), ...drawn]
  const results: CaseResult[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next < cases.length) {
      const i = next++
      // The laws hold for small given data, which the arbitrary draws; the source's own may be as large as AlexNet.
      const withLaws = i > 0 && i <= (options.lawRuns ?? Math.ceil(options.runs / 10))
      results[i] = await crossCheckCase(exercise, cases[i], implementation, options.accuracy, withLaws)
    }
  }
  await Promise.all(Array.from({ length: options.concurrency ?? 1 }, work))
  const failures = results.flatMap((result, i) =>
    result.failures.map((failure) => ({ ...failure, given: i === 0 ? undefined : cases[i] })),
  )
  failures.push(...(await unconfirmedFindings(exercise, implementation)))
  return { cases: cases.length, worst: Math.max(...results.map(({ worst }) => worst)), failures }
}

/** Findings of the exercise's experiments, at their reduced extent, that do not hold on the implementation. */
async function unconfirmedFindings(
  exercise: Exercise,
  implementation: Pick<Implementation, 'operators'>,
): Promise<readonly CrossCheckFailure[]> {
  const unconfirmed: CrossCheckFailure[] = []
  for (const { question, run } of exercise.experiments) {
    const fail = (message: string) => unconfirmed.push({ what: question, message, given: undefined })
    try {
      const { findings } = await run(implementation.operators, 'reduced')
      for (const { statement, holds } of findings) if (!holds) fail(`this does not hold: ${statement}`)
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error))
    }
  }
  return unconfirmed
}

interface CaseResult {
  readonly worst: number
  readonly failures: readonly Omit<CrossCheckFailure, 'given'>[]
}

async function crossCheckCase(
  exercise: Exercise,
  given: Values,
  implementation: Pick<Implementation, 'operators'>,
  accuracy: Accuracy,
  withLaws: boolean,
): Promise<CaseResult> {
  const failures: CaseResult['failures'][number][] = []
  let worst = 0
  try {
    const expected = await expectation(exercise, given, accuracy)
    const actual = await solve(exercise, given, implementation)
    for (const quantity of quantitiesUnder(exercise)) {
      const { worst: ratio, message } = await compare(quantity, actual, expected)
      worst = Math.max(worst, ratio)
      if (message !== undefined) failures.push({ what: quantity.name, message })
    }
    if (withLaws) failures.push(...(await brokenLaws(exercise, given, implementation, slackOf(expected))))
  } catch (error) {
    failures.push({ what: exercise.id, message: error instanceof Error ? error.message : String(error) })
  }
  return { worst, failures }
}

async function brokenLaws(
  exercise: Exercise,
  given: Values,
  implementation: Pick<Implementation, 'operators'>,
  slack: number,
): Promise<CaseResult['failures']> {
  const broken: CaseResult['failures'][number][] = []
  for (const law of exercise.laws) {
    try {
      await law.check(given, (values) => solve(exercise, values, implementation), slack, implementation.operators)
    } catch (error) {
      broken.push({ what: law.name, message: error instanceof Error ? error.message : String(error) })
    }
  }
  return broken
}

/** What the oracle yields, and by how much each element of each quantity may differ from it. */
interface Expectation {
  readonly values: Values
  readonly allowed: Values
}

/** The relative error that the laws may count on: the largest of all quantities, relative to their size or to 1. */
function slackOf({ values, allowed }: Expectation): number {
  let slack = 2 ** -52
  for (const [name, bounds] of Object.entries(allowed)) {
    const data = rowMajor(tensorOf(values, name))
    rowMajor(bounds).forEach((bound, i) => {
      slack = Math.max(slack, bound / Math.max(1, Math.abs(data[i])))
    })
  }
  return slack
}

/** A disturbance large enough for float64 to show its influence, small enough for the influence to be linear. */
const probe = 2 ** -24

async function expectation(exercise: Exercise, given: Values, accuracy: Accuracy): Promise<Expectation> {
  const { values, calls } = await record(exercise, given)
  const allowed = Object.fromEntries(
    quantitiesUnder(exercise).map(({ name }) => [name, zeros(tensorOf(values, name).shape)]),
  )
  for (const [k, call] of calls.entries()) {
    const [theirs, ours] = [roundingErrors(call, accuracy), roundingErrors(call, float64)]
    for (const [name, answer] of Object.entries(call.answer)) {
      const [error, own] = [rowMajor(theirs[name]), rowMajor(ours[name])]
      for (const [i, value] of rowMajor(answer).entries()) {
        const size = error[i] + own[i]
        if (size === 0) continue
        const scale = Math.max(1, (probe * Math.max(1, Math.abs(value))) / size)
        const moved = await disturbed(exercise, given, { call: k, output: name, index: i, by: size * scale })
        addInfluence(allowed, values, moved, scale)
      }
    }
  }
  return { values, allowed }
}

function addInfluence(allowed: Values, values: Values, moved: Values, scale: number): void {
  for (const [name, bound] of Object.entries(allowed)) {
    const [before, after] = [rowMajor(tensorOf(values, name)), rowMajor(tensorOf(moved, name))]
    before.forEach((value, i) => {
      bound.data[i] += Math.abs(after[i] - value) / scale
    })
  }
}

/** The exercise solved on the oracle, with every operator call that was made. */
async function record(exercise: Exercise, given: Values): Promise<{ values: Values; calls: readonly Call[] }> {
  const calls: Call[] = []
  const operators = intercepted((call) => {
    calls.push(call)
    return call.answer
  })
  return { values: await solve(exercise, given, { operators }), calls }
}

interface Disturbance {
  readonly call: number
  readonly output: string
  readonly index: number
  readonly by: number
}

/** The exercise solved on the oracle, one element of one call's answer moved. */
function disturbed(exercise: Exercise, given: Values, { call, output, index, by }: Disturbance): Promise<Values> {
  let next = 0
  const operators = intercepted(({ answer }) => {
    if (next++ !== call) return answer
    const moved = copy(answer[output])
    moved.data[index] += by
    return { ...answer, [output]: moved }
  })
  return solve(exercise, given, { operators })
}

/** The oracle's operators, every answer passing through `change`. */
function intercepted(change: (call: Call) => Tensors): Operators {
  const intercept = (operator: string): Operator => {
    const { forward, backward } = oracle.operators[operator]
    const passed: Operator = {
      forward: (inputs, attributes) => {
        const answer = forward(inputs, attributes)
        return change({ operator, pass: 'forward', inputs, attributes, gradients: {}, answer })
      },
    }
    if (backward !== undefined)
      passed.backward = (inputs, attributes, gradients) => {
        const answer = backward(inputs, attributes, gradients)
        return change({ operator, pass: 'backward', inputs, attributes, gradients, answer })
      }
    return passed
  }
  return Object.fromEntries(Object.keys(oracle.operators).map((operator) => [operator, intercept(operator)]))
}

/** The worst ratio of a quantity's differences to what is allowed, and a message where one is beyond it. */
async function compare(
  quantity: Quantity,
  actual: Values,
  { values, allowed }: Expectation,
): Promise<{ worst: number; message?: string }> {
  const [held, expected] = [tensorOf(actual, quantity.name), tensorOf(values, quantity.name)]
  if (!sameShape(held.shape, expected.shape))
    return {
      worst: Number.POSITIVE_INFINITY,
      message: `${quantity.name} has shape ${shapeText(held.shape)}; it should have ${shapeText(expected.shape)}`,
    }
  if (quantity.kind === 'class' && (await isPossible(quantity, held, values, allowed))) return { worst: 0 }
  const [is, should, bound] = [held, expected, tensorOf(allowed, quantity.name)].map(rowMajor)
  let worst = 0
  let message: string | undefined
  for (const [i, value] of is.entries()) {
    const difference = Math.abs(value - should[i])
    const ratio = difference === 0 ? 0 : difference / bound[i]
    if (ratio <= worst) continue
    worst = Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio
    if (!(ratio <= 1))
      message = `${quantity.name}${held.size === 1 ? '' : ` at ${position(i, held.shape)}`} is ${value}; it should be ${should[i]} (± ${bound[i].toPrecision(2)})`
  }
  return { worst, ...(message === undefined ? {} : { message }) }
}

/** Whether a class follows from what it is computed from, moved within what is allowed: one element up, the others down. */
async function isPossible(quantity: Quantity, held: Tensor, values: Values, allowed: Values): Promise<boolean> {
  const [label] = rowMajor(held)
  for (const name of quantity.from) {
    const bound = allowed[name]
    if (bound === undefined) continue
    const margins = rowMajor(bound)
    for (const raised of margins.keys()) {
      let next = 0
      const moved = map(tensorOf(values, name), (value) => {
        const i = next++
        return value + (i === raised ? margins[i] : -margins[i])
      })
      const [possible] = rowMajor(await quantity.compute({ ...values, [name]: moved }, oracle.operators))
      if (possible === label) return true
    }
  }
  return false
}

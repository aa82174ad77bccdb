import fc from 'fast-check'
import { oracle } from '../oracle/index.js'
import { rowMajor, sameShape, shapeText, type Tensor, type Tensors } from '../oracle/tensor.js'
import { position } from '../oracle/validation.js'
import { expectation, held, slackOf } from './allowance.js'
import { tensorOf } from './computation.js'
import {
  defaultGiven,
  type Exercise,
  type Quantity,
  quantitiesUnder,
  type Solver,
  solve,
  solveInChain,
  type Values,
} from './exercise.js'
import { type AnsweredCall, type Rounding, recorded } from './rounding.js'

export interface CrossCheckOptions {
  /** How many given data besides the source's own are tried. */
  readonly runs: number
  readonly seed: number
  /** What the implementation's arithmetic does to numbers. */
  readonly rounding: Rounding
  /** On how many of the given data the laws are checked too, each of which solves the exercise many times. A tenth by default. */
  readonly lawRuns?: number
  /** Given data in work at the same time, for devices that want many calls in flight. One by default. */
  readonly concurrency?: number
}

export interface CrossCheckReport {
  /** Given data for which every quantity was compared, and laws were checked. */
  readonly cases: number
  /** The largest difference of an operator's answer from the oracle's to the same call, in units of what rounding may cause. */
  readonly worst: number
  /**
   * How often, at most, numbers were read from the device to solve the exercise once, or to run one of its experiments: once at
   * the end, and wherever the host needs results on the way. Undefined where the implementation has no chains.
   */
  readonly reads?: number
  readonly failures: readonly CrossCheckFailure[]
}

export interface CrossCheckFailure {
  /** The operator's call, the quantity, the law, or the experiment's question. */
  readonly what: string
  readonly message: string
  /** The given data of the failure; the source's own, or an experiment's, where undefined. */
  readonly given: Values | undefined
}

/**
 * Solves an exercise on an implementation and on the oracle, for the source's given data and for `runs` others. Every call of an
 * operator on the way is compared with the oracle's answer to that very call, within the worst that rounding can do; every
 * quantity with the oracle's, within what such errors add up to (see allowance.ts). Then the exercise's laws are checked on
 * the implementation, and what its experiments find. An operator that the implementation lacks, or that throws, is a failure
 * of its case.
 */
export async function crossCheckExercise(
  exercise: Exercise,
  implementation: Solver,
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
      results[i] = await crossCheckCase(exercise, cases[i], implementation, options.rounding, withLaws)
    }
  }
  await Promise.all(Array.from({ length: options.concurrency ?? 1 }, work))
  const failures = results.flatMap((result, i) =>
    result.failures.map((failure) => ({ ...failure, given: i === 0 ? undefined : cases[i] })),
  )
  const experiments = await unconfirmedFindings(exercise, implementation)
  failures.push(...experiments.failures)
  const reads = [...results.flatMap((result) => result.reads ?? []), ...experiments.reads]
  return {
    cases: cases.length,
    worst: Math.max(...results.map(({ worst }) => worst)),
    ...(reads.length === 0 ? {} : { reads: Math.max(...reads) }),
    failures,
  }
}

/** Findings of the exercise's experiments, at their reduced extent, that do not hold on the implementation. */
async function unconfirmedFindings(
  exercise: Exercise,
  implementation: Solver,
): Promise<{ readonly failures: readonly CrossCheckFailure[]; readonly reads: readonly number[] }> {
  const failures: CrossCheckFailure[] = []
  const reads: number[] = []
  for (const { question, run } of exercise.experiments) {
    const fail = (message: string) => failures.push({ what: question, message, given: undefined })
    const chain = implementation.chain?.()
    try {
      const { operators } = chain?.implementation ?? implementation
      const { findings } = await run(operators, { extent: 'reduced', read: chain?.read })
      for (const { statement, holds } of findings) if (!holds) fail(`this does not hold: ${statement}`)
      if (chain !== undefined) reads.push(chain.reads)
    } catch (error) {
      fail(error instanceof Error ? error.message : String(error))
    } finally {
      await chain?.release()
    }
  }
  return { failures, reads }
}

interface CaseResult {
  readonly worst: number
  readonly reads?: number
  readonly failures: readonly Omit<CrossCheckFailure, 'given'>[]
}

async function crossCheckCase(
  exercise: Exercise,
  given: Values,
  implementation: Solver,
  rounding: Rounding,
  withLaws: boolean,
): Promise<CaseResult> {
  const failures: CaseResult['failures'][number][] = []
  let worst = 0
  let reads: number | undefined
  try {
    const data = held(given, rounding)
    const solved = await solveRecorded(exercise, data, implementation, rounding)
    reads = solved.reads
    const errors = solved.calls.map((call) => rounding.errors(call))
    for (const [i, call] of solved.calls.entries()) {
      const { ratio, message } = await judgeCall(call, errors[i])
      worst = Math.max(worst, ratio)
      if (message !== undefined) failures.push({ what: `${call.operator}, ${call.pass}, call ${i + 1}`, message })
    }
    const expected = await expectation(
      (operators) => solve(exercise, data, { operators }),
      rounding,
      (call, answer, place) => {
        const known = errors[place]
        const fits = Object.entries(answer).every(([name, { shape }]) => sameShape(known?.[name]?.shape ?? [-1], shape))
        return fits ? known : rounding.errors(call)
      },
    )
    for (const quantity of quantitiesUnder(exercise)) {
      const { name } = quantity
      const [actual, should] = [tensorOf(solved.values, name), tensorOf(expected.values, name)]
      const message = difference(name, actual, should, tensorOf(expected.allowed, name))
      // Where rounding turns the balance (a class, the place of a maximum), it has to follow from what it is computed from.
      if (message !== undefined && !(await follows(quantity, solved.values, rounding)))
        failures.push({ what: name, message })
    }
    if (withLaws) failures.push(...(await brokenLaws(exercise, data, implementation, slackOf(expected))))
  } catch (error) {
    failures.push({ what: exercise.id, message: error instanceof Error ? error.message : String(error) })
  }
  return { worst, failures, ...(reads === undefined ? {} : { reads }) }
}

/** Whether a quantity is what the oracle makes of the implementation's own values of what it is computed from. */
async function follows({ name, from, compute }: Quantity, values: Values, rounding: Rounding): Promise<boolean> {
  const own = held(pick(values, from), rounding)
  const { values: expected, allowed } = await expectation(
    async (operators) => ({ [name]: await compute(own, operators) }),
    rounding,
    (call) => rounding.errors(call),
  )
  return difference(name, tensorOf(values, name), tensorOf(expected, name), tensorOf(allowed, name)) === undefined
}

function pick(values: Values, names: readonly string[]): Values {
  return Object.fromEntries(names.map((name) => [name, tensorOf(values, name)]))
}

/** The exercise solved on an implementation, with every call on the way, as the platform holds its inputs: read together at the end. */
async function solveRecorded(
  exercise: Exercise,
  given: Values,
  solver: Solver,
  rounding: Rounding,
): Promise<{ readonly values: Values; readonly calls: readonly AnsweredCall[]; readonly reads: number | undefined }> {
  const chain = solver.chain?.()
  try {
    const { operators, calls } = recorded((chain?.implementation ?? solver).operators)
    const values = await solve(exercise, given, { operators })
    const tensors = calls.flatMap(({ inputs, gradients, answer }) => [inputs, gradients, answer].flatMap(Object.values))
    await chain?.read([...Object.values(values), ...tensors])
    const asHeld = calls.map((call) => ({
      ...call,
      inputs: held(call.inputs, rounding),
      gradients: held(call.gradients, rounding),
    }))
    return { values, calls: asHeld, reads: chain?.reads }
  } finally {
    await chain?.release()
  }
}

/** How far an answer is from the oracle's to the same call, in units of `errors`, with a message where it is beyond them. */
async function judgeCall(
  { operator, pass, inputs, attributes, gradients, answer }: AnsweredCall,
  errors: Tensors,
): Promise<{ ratio: number; message?: string }> {
  const { forward, backward } = oracle.operators[operator]
  const expected =
    pass === 'forward' ? await forward(inputs, attributes) : await backward?.(inputs, attributes, gradients)
  let worst = 0
  for (const [name, should] of Object.entries(expected ?? {})) {
    const is = answer[name]
    if (is === undefined) return { ratio: Number.POSITIVE_INFINITY, message: `it answers without ${name}` }
    const message = difference(name, is, should, errors[name])
    if (message !== undefined) return { ratio: Number.POSITIVE_INFINITY, message }
    const [values, bounds] = [rowMajor(should), rowMajor(errors[name])]
    for (const [i, value] of rowMajor(is).entries())
      if (value !== values[i]) worst = Math.max(worst, Math.abs(value - values[i]) / bounds[i])
  }
  return { ratio: worst }
}

/** What is wrong with a tensor, if an element is further from what it should be than is allowed. */
function difference(name: string, is: Tensor, should: Tensor, allowed: Tensor): string | undefined {
  if (!sameShape(is.shape, should.shape))
    return `${name} has shape ${shapeText(is.shape)}; it should have ${shapeText(should.shape)}`
  const [values, bounds] = [rowMajor(should), rowMajor(allowed)]
  let [worst, message]: [number, string | undefined] = [1, undefined]
  for (const [i, value] of rowMajor(is).entries()) {
    const bound = bounds[i]
    const ratio = value === values[i] ? 0 : Math.abs(value - values[i]) / bound
    if (ratio <= worst) continue
    worst = Number.isNaN(ratio) ? Number.POSITIVE_INFINITY : ratio
    message = `${name}${is.size === 1 ? '' : ` at ${position(i, is.shape)}`} is ${value}; it should be ${values[i]} (± ${bound.toPrecision(2)})`
  }
  return message
}

async function brokenLaws(
  exercise: Exercise,
  given: Values,
  implementation: Solver,
  slack: number,
): Promise<CaseResult['failures']> {
  const broken: CaseResult['failures'][number][] = []
  const solveIt = async (values: Values) => (await solveInChain(exercise, values, implementation)).values
  for (const law of exercise.laws) {
    try {
      await law.check(given, solveIt, slack, implementation.operators)
    } catch (error) {
      broken.push({ what: law.name, message: error instanceof Error ? error.message : String(error) })
    }
  }
  return broken
}

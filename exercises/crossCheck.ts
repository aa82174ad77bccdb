import fc from 'fast-check'
import { oracle } from '../oracle/index.js'
import { map, rowMajor, sameShape, shapeText, type Tensor } from '../oracle/tensor.js'
import { position } from '../oracle/validation.js'
import { type Expectation, expectation, slackOf } from './allowance.js'
import { tensorOf } from './computation.js'
import {
  defaultGiven,
  type Exercise,
  type Quantity,
  quantitiesUnder,
  type Solver,
  solveInChain,
  type Values,
} from './exercise.js'
import type { Accuracy } from './rounding.js'

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
  /**
   * How often, at most, numbers were read from the device to solve the exercise once, or to run one of its experiments: once at
   * the end, and wherever the host needs results on the way. Undefined where the implementation has no chains.
   */
  readonly reads?: number
  readonly failures: readonly CrossCheckFailure[]
}

export interface CrossCheckFailure {
  /** The quantity, the law, or the experiment's question. */
  readonly what: string
  readonly message: string
  /** The given data of the failure; the source's own, or an experiment's, where undefined. */
  readonly given: Values | undefined
}

/**
 * Solves an exercise on an implementation and on the oracle, for the source's given data and for `runs` others, and compares
 * every quantity; then checks the exercise's laws on the implementation, and what its experiments find. What may differ is
 * derived from rounding errors (see allowance.ts). An operator that the implementation lacks, or that throws, is a failure of
 * its case.
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
      results[i] = await crossCheckCase(exercise, cases[i], implementation, options.accuracy, withLaws)
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
  accuracy: Accuracy,
  withLaws: boolean,
): Promise<CaseResult> {
  const failures: CaseResult['failures'][number][] = []
  let worst = 0
  let reads: number | undefined
  try {
    const expected = await expectation(exercise, given, accuracy)
    const solved = await solveInChain(exercise, given, implementation)
    const actual = solved.values
    reads = solved.reads
    for (const quantity of quantitiesUnder(exercise)) {
      const { worst: ratio, message } = await compare(quantity, actual, expected)
      worst = Math.max(worst, ratio)
      if (message !== undefined) failures.push({ what: quantity.name, message })
    }
    if (withLaws) failures.push(...(await brokenLaws(exercise, given, implementation, slackOf(expected))))
  } catch (error) {
    failures.push({ what: exercise.id, message: error instanceof Error ? error.message : String(error) })
  }
  return { worst, failures, ...(reads === undefined ? {} : { reads }) }
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

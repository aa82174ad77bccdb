import fc from 'fast-check'
import { type Convention, defaultGiven, type Exercise, quantitiesUnder, type Values } from '../../exercises/exercise.js'
import { instanceOf } from '../../exercises/instance.js'
import { type AnsweredCall, recorded } from '../../exercises/rounding.js'
import { Failure, Refusal } from '../../oracle/contract.js'
import { oracle } from '../../oracle/index.js'
import { rowMajor, type Tensor } from '../../oracle/tensor.js'

/** How many digits a solution is expected to write. */
export interface LintPrecision {
  readonly kind: 'decimals' | 'significant'
  readonly digits: number
}

/** Half a unit of the last place that is written of a number. */
export function halfUnit(value: number, { kind, digits }: LintPrecision): number {
  if (kind === 'decimals') return 0.5 * 10 ** -digits
  return value === 0 ? 0 : 0.5 * 10 ** (Math.floor(Math.log10(Math.abs(value))) + 1 - digits)
}

/** A number as it is written to these digits. */
export function roundedTo(value: number, precision: LintPrecision): number {
  if (!Number.isFinite(value) || value === 0) return value
  return precision.kind === 'decimals'
    ? Number(value.toFixed(precision.digits)) + 0
    : Number(value.toPrecision(precision.digits))
}

/** An exercise's values, and the operators that each of its quantities is computed with. */
export interface Solved {
  readonly exercise: Exercise
  readonly values: Values
  readonly calls: ReadonlyMap<string, readonly AnsweredCall[]>
}

/** Solves an exercise for its own given data under conventions, with the calls of operators; `undefined` where they allow no solution. */
export async function solvedWithCalls(
  exercise: Exercise,
  conventions: readonly Convention[] = [],
): Promise<Solved | undefined> {
  const values: Record<string, Tensor> = { ...defaultGiven(exercise) }
  const calls = new Map<string, readonly AnsweredCall[]>()
  for (const { name, compute } of quantitiesUnder(exercise, conventions)) {
    const recording = recorded(oracle.operators)
    const value = await orRefused(() => compute(values, recording.operators))
    if (value === undefined) return undefined
    values[name] = value
    calls.set(name, recording.calls)
  }
  return { exercise, values, calls }
}

/** How many other given data tell an accident of the numbers from a rule. */
const otherInstances = 6

/** The exercise for other given data, always the same: what holds in all of them holds by the rules, not by the numbers. */
export async function otherwiseSolved(exercise: Exercise): Promise<readonly Solved[]> {
  const drawn = fc.sample(exercise.arbitrary(), { numRuns: otherInstances, seed: 1 })
  const solved = await Promise.all(drawn.map((given) => solvedWithCalls(instanceOf(exercise, given))))
  return solved.filter((one) => one !== undefined)
}

/** The value, or `undefined` where the computation refuses what it gets. */
export async function orRefused<T>(compute: () => Promise<T>): Promise<T | undefined> {
  try {
    return await compute()
  } catch (error) {
    if (
      error instanceof Refusal ||
      error instanceof Failure ||
      error instanceof RangeError ||
      error instanceof TypeError
    )
      return undefined
    throw error
  }
}

/** Whether two values look alike to these digits; values of different sizes never do. */
export function lookAlike(a: Tensor, b: Tensor, precision: LintPrecision): boolean {
  const [x, y] = [rowMajor(a), rowMajor(b)]
  return (
    x.length === y.length &&
    x.every((value, i) => {
      const other = y[i]
      if (Number.isNaN(value) || Number.isNaN(other)) return Number.isNaN(value) && Number.isNaN(other)
      return roundedTo(value, precision) === roundedTo(other, precision)
    })
  )
}

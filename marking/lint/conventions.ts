import { type Exercise, quantitiesUnder } from '../../exercises/exercise.js'
import { type LintPrecision, lookAlike, type Solved, solvedWithCalls } from './solved.js'

/** Two conventions of an exercise that its numbers do not tell apart. */
export interface UntoldConventions {
  readonly axis: string
  readonly conventions: readonly [string, string]
}

/** Conventions between which no quantity of the exercise tells to the digits asked for, though other numbers would. */
export async function untoldConventions(
  exercise: Exercise,
  others: readonly Solved[],
  precision: LintPrecision,
): Promise<readonly UntoldConventions[]> {
  const found: UntoldConventions[] = []
  for (const [k, { axis, conventions }] of exercise.conventions.entries()) {
    const usual = exercise.conventions.map((one) => one.conventions[0])
    const withOne = (convention: (typeof conventions)[number]) => usual.map((one, i) => (i === k ? convention : one))
    const alike = async (
      one: (typeof conventions)[number],
      other: (typeof conventions)[number],
      instance: Exercise,
    ): Promise<boolean> => {
      const [a, b] = [await solvedWithCalls(instance, withOne(one)), await solvedWithCalls(instance, withOne(other))]
      if (a === undefined || b === undefined) return true
      return quantitiesUnder(instance).every(({ name }) => lookAlike(a.values[name], b.values[name], precision))
    }
    for (const [i, one] of conventions.entries())
      for (const other of conventions.slice(i + 1)) {
        if (!(await alike(one, other, exercise))) continue
        const tells = await Promise.all(others.map(async (instance) => !(await alike(one, other, instance.exercise))))
        if (tells.includes(true)) found.push({ axis, conventions: [one.name, other.name] })
      }
  }
  return found
}

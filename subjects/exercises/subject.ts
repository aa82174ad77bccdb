import type { Exercise, Values } from '../../exercises/index.js'
import type { Precision } from '../../oracle/contract.js'

/** An implementation of an exercise, or of a part of it: some of its quantities for given data. */
export interface ExerciseSubject {
  readonly name: string
  readonly precision: Precision
  readonly exercise: Exercise
  /** Names of the given data that it is told in a call. */
  readonly fed: readonly string[]
  /** Given data that it holds itself. */
  readonly held: Values
  /** Names of the quantities that it answers with. */
  readonly quantities: readonly string[]
  /** Whether these given data have shapes that it takes. */
  takes(given: Values): boolean
  /** Its values of the quantities. Throws a Failure where it has none for these given data. */
  answer(given: Values): Promise<Values>
}

/** The given data of a case: what the subject is told of `drawn`, what it holds itself, and of all others the source's own. */
export function completeGiven({ exercise, fed, held }: ExerciseSubject, drawn: Values): Values {
  return Object.fromEntries(
    exercise.given.map(({ name, value }) => [
      name,
      held[name] ?? (fed.includes(name) ? (drawn[name] ?? value) : value),
    ]),
  )
}

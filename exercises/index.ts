import type { Exercise } from './exercise.js'

import { exercise11a } from './ntua/1.1a.js'
import { exercise11b } from './ntua/1.1b.js'
import { exercise11c } from './ntua/1.1c.js'
import { exercise11d } from './ntua/1.1d.js'
import { exercise12 } from './ntua/1.2.js'
import { exercise13 } from './ntua/1.3.js'
import { exercise14 } from './ntua/1.4.js'

/** Every exercise, in the order of the sources. */
export const exercises: readonly Exercise[] = [
  exercise11a,
  exercise11b,
  exercise11c,
  exercise11d,
  exercise12,
  exercise13,
  exercise14,
]

/** The exercise of this id (`ntua/1.1b`), or `undefined`. */
export function findExercise(id: string): Exercise | undefined {
  return exercises.find((exercise) => exercise.id === id)
}

export { type CrossCheckOptions, type CrossCheckReport, crossCheckExercise } from './crossCheck.js'
export type * from './exercise.js'
export { defaultGiven, quantitiesUnder, solve } from './exercise.js'
export { plainFormula, plainSymbol } from './plainText.js'
export type { Accuracy } from './rounding.js'
export { showExercise, type WorkedSolution, type WorkedStep, type WorkedValue } from './show.js'
export { symbolKey } from './symbols.js'

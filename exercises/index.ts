import type { Exercise } from './exercise.js'

import { ferExercises } from './fer/index.js'
import { lectureExercises } from './lecture/index.js'
import { ntuaExercises } from './ntua/index.js'
import { sharifExercises } from './sharif/index.js'

/** Every exercise, in the order of the sources. */
export const exercises: readonly Exercise[] = [
  ...ntuaExercises,
  ...ferExercises,
  ...sharifExercises,
  ...lectureExercises,
]

/** The exercise of this id (`ntua/1.1b`), or `undefined`. */
export function findExercise(id: string): Exercise | undefined {
  return exercises.find((exercise) => exercise.id === id)
}

export * from './architecture/index.js'
export { type CrossCheckOptions, type CrossCheckReport, crossCheckExercise } from './crossCheck.js'
export type * from './exercise.js'
export { defaultGiven, quantitiesUnder, solve } from './exercise.js'
export { BadInstance, instanceOf, readInstance } from './instance.js'
export * from './picture.js'
export { plainFormula, plainSymbol } from './plainText.js'
export type { Rounding } from './rounding.js'
export { showExercise, type WorkedSolution, type WorkedStep, type WorkedValue } from './show.js'
export { symbolKey } from './symbols.js'
export { type Variant, varyExercise } from './vary.js'

import type { Exercise } from '../exercise.js'

/** The exercises of the NTUA lecture on attention, transformers and transfer learning, and of the papers it names. */
export const lectureExercises: readonly Exercise[] = []

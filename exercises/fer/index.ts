import type { Exercise } from '../exercise.js'

/** The exercises of FER's exam questions. */
export const ferExercises: readonly Exercise[] = []

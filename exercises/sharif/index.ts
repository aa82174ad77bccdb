import type { Exercise } from '../exercise.js'

/** The exercises of Sharif's fourth homework. */
export const sharifExercises: readonly Exercise[] = []

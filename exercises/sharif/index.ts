import type { Exercise } from '../exercise.js'
import { sharif1 } from './1.js'
import { sharif2 } from './2.js'
import { sharif3 } from './3.js'
import { sharif4 } from './4.js'
import { sharifP1 } from './p1.js'
import { sharifP2 } from './p2.js'

/** The exercises of Sharif's fourth homework. */
export const sharifExercises: readonly Exercise[] = [sharif1, sharif2, sharif3, sharif4, sharifP1, sharifP2]

import type { Exercise } from '../exercise.js'
import { exercise1 } from './1.js'
import { exercise2 } from './2.js'
import { exercise3 } from './3.js'
import { exercise4 } from './4.js'
import { exercise5 } from './5.js'

/** The exercises of FER's exam questions. */
export const ferExercises: readonly Exercise[] = [exercise1, exercise2, exercise3, exercise4, exercise5]

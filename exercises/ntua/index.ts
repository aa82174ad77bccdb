import type { Exercise } from '../exercise.js'
import { exercise11a } from './1.1a.js'
import { exercise11b } from './1.1b.js'
import { exercise11c } from './1.1c.js'
import { exercise11d } from './1.1d.js'
import { exercise12 } from './1.2.js'
import { exercise13 } from './1.3.js'
import { exercise14 } from './1.4.js'
import { exercise21a } from './2.1a.js'
import { exercise21b } from './2.1b.js'
import { exercise22 } from './2.2.js'
import { exercise23 } from './2.3.js'

/** The written exercises of NTUA's two series. */
export const ntuaExercises: readonly Exercise[] = [
  exercise11a,
  exercise11b,
  exercise11c,
  exercise11d,
  exercise12,
  exercise13,
  exercise14,
  exercise21a,
  exercise21b,
  exercise22,
  exercise23,
]

import { testExercises } from '../fixtures/testExercises.js'
import { ferExercises } from './index.js'

testExercises(ferExercises)

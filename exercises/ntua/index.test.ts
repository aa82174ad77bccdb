import { testExercises } from '../fixtures/testExercises.js'
import { ntuaExercises } from './index.js'

testExercises(ntuaExercises)

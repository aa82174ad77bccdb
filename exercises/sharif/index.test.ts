import { testExercises } from '../fixtures/testExercises.js'
import { sharifExercises } from './index.js'

testExercises(sharifExercises)

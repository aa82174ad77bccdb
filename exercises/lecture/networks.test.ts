import { testExercises } from '../fixtures/testExercises.js'
import { lectureExercises } from './index.js'

const networks = ['alexnet', 'vgg', 'googlenet', 'resnet', 'vit', 'bert'].map((name) => `lecture/${name}`)

testExercises(lectureExercises.filter(({ id }) => networks.includes(id)))

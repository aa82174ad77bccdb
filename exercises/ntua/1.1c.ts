import { backpropagationExercise } from './1.1b.js'
import { tanh } from './perceptron.js'

export const exercise11c = backpropagationExercise(tanh, 'c', {
  title: 'Backpropagation through a perceptron with the hyperbolic tangent',
  statement: `The perceptron of part b, with $g(x) = \\tanh(x)$ as its activation.

Compute the output and the error, then all weights after one pass of backpropagation, to three decimals, and then the
output and the error with the new weights.`,
})

import type { Exercise } from '../exercise.js'
import { differenceExperiment } from './perceptron.experiment.js'
import { type Activation, perceptronGiven, perceptronQuantities, perceptronStages, sigmoid } from './perceptron.js'
import { perceptronConventions } from './perceptronConventions.js'
import { isUnsaturated, perceptronArbitrary, perceptronLaws } from './perceptronLaws.js'
import { perceptronMistakes } from './perceptronMistakes.js'

/** One pass of backpropagation through the perceptron, for an activation: parts b and c of ntua/1.1. */
export function backpropagationExercise(
  activation: Activation,
  part: 'b' | 'c',
  details: { readonly title: string; readonly statement: string },
): Exercise {
  return {
    id: `ntua/1.1${part}`,
    title: details.title,
    source: 'NTUA, Neural Networks and Deep Learning, first series of exercises 2023, exercise 1.1',
    statement: details.statement,
    heading: { number: '1.1', part },
    given: perceptronGiven,
    arbitrary: () => perceptronArbitrary(activation),
    stages: perceptronStages,
    quantities: perceptronQuantities(activation),
    conventions: perceptronConventions(activation),
    mistakes: perceptronMistakes(activation),
    laws: perceptronLaws(activation),
    experiments: [differenceExperiment(activation)],
    worksheet: { arbitrary: () => perceptronArbitrary(activation), isWorkable: isUnsaturated },
  }
}

export const exercise11b = backpropagationExercise(sigmoid, 'b', {
  title: 'Backpropagation through a perceptron with the sigmoid',
  statement: `A perceptron has the inputs $x_1$, $x_2$ and the bias input $x_0$, the hidden neurons 3 and 4 and the output neuron 5; $w_{ij}$ leads
from $i$ to $j$ (the sheet prints $w_{35}$ and $w_{45}$ as $w_{15}$ and $w_{25}$). Its activation is $g(x) = 1/(1 + e^{-x})$.

Compute the output and the error, then all weights after one pass of backpropagation, to three decimals, and then the
output and the error with the new weights.`,
})

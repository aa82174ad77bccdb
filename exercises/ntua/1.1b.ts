import type { Exercise } from '../exercise.js'
import { type Activation, perceptronGiven, perceptronQuantities, perceptronStages, sigmoid } from './perceptron.js'
import { perceptronConventions } from './perceptronConventions.js'
import { perceptronArbitrary, perceptronLaws } from './perceptronLaws.js'
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
    experiments: [],
  }
}

export const exercise11b = backpropagationExercise(sigmoid, 'b', {
  title: 'Backpropagation through a perceptron with the sigmoid',
  statement: `A perceptron has the inputs $x_1 = 1$, $x_2 = -1$ and the bias input $x_0 = 1$, the hidden neurons 3 and 4 and the output
neuron 5; $w_{ij}$ leads from $i$ to $j$. The weights are $w_{03} = -1$, $w_{13} = 1$, $w_{23} = -1$, $w_{04} = 2$, $w_{14} = -1$,
$w_{24} = 1$, $w_{05} = -2$ and $w_{35} = w_{45} = 1$ (the sheet prints these two as $w_{15}$ and $w_{25}$). The target is 1, the learning
rate $\\eta = 1$ and the activation $g(x) = 1/(1 + e^{-x})$.

Compute the output and the error, then all weights after one pass of backpropagation, to three decimals, and then the
output and the error with the new weights.`,
})

import { map, rowMajor, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import type { ExerciseMistake, Values } from '../exercise.js'
import { mistakeIn } from '../mistake.js'
import { layerOf, normalized } from './layer-norm.quantities.js'

const layers = [
  { normalized: 'normalized1', residual: 'residual1', deviation: 'deviation1', input: 'x', added: 'attention' },
  {
    normalized: 'normalized2',
    residual: 'residual2',
    deviation: 'deviation2',
    input: 'normalized1',
    added: 'feedForward',
  },
] as const

function meanOf(x: Tensor): number {
  return rowMajor(x).reduce((sum, value) => sum + value, 0) / x.size
}

function varianceOf(x: Tensor): number {
  const mean = meanOf(x)
  return rowMajor(x).reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.size
}

/** g·(h − shift)/scale. */
function scaled(values: Values, residual: string, shift: number, scale: number): Tensor {
  return zip(tensorOf(values, residual), tensorOf(values, 'gain'), (h, g) => (g * (h - shift)) / (scale || 1))
}

/** What people get wrong in one of the two normalisations, by its own inputs. */
function inNormalization(place: (typeof layers)[number], which: string): readonly ExerciseMistake[] {
  const from = [place.residual, 'gain']
  const of = (name: string, explanation: string, wrong: (values: Values, h: Tensor) => Tensor) =>
    mistakeIn(place.normalized, `${name} (${which})`, explanation, from, (values) =>
      wrong(values, tensorOf(values, place.residual)),
    )
  return [
    of('divided by the variance', 'is what you get when you divide by σ² instead of σ.', (values, h) =>
      scaled(values, place.residual, meanOf(h), varianceOf(h)),
    ),
    of('mean not subtracted', 'is what you get without subtracting the mean.', (values, h) =>
      scaled(values, place.residual, 0, Math.sqrt(varianceOf(h))),
    ),
    of('not divided by the standard deviation', 'is what you get without dividing by σ.', (values, h) =>
      scaled(values, place.residual, meanOf(h), 1),
    ),
    of('gain forgotten', 'is what you get without the gain g.', (_, h) =>
      map(h, (value) => (value - meanOf(h)) / (Math.sqrt(varianceOf(h)) || 1)),
    ),
    mistakeIn(
      place.deviation,
      `n − 1 in the standard deviation (${which})`,
      'is the standard deviation with H − 1 in the denominator; the lecture divides by H.',
      [place.residual],
      (values) => {
        const h = tensorOf(values, place.residual)
        return tensor([], [Math.sqrt((varianceOf(h) * h.size) / Math.max(1, h.size - 1))])
      },
    ),
    mistakeIn(
      place.deviation,
      `root forgotten (${which})`,
      'is the variance; the standard deviation is its root.',
      [place.residual],
      (values) => tensor([], [varianceOf(tensorOf(values, place.residual))]),
    ),
    mistakeIn(
      place.normalized,
      `residual connection forgotten (${which})`,
      'is what you get without the residual connection: the output of the layer alone is normalised.',
      [place.added, 'gain'],
      (values, operators) => normalized(tensorOf(values, place.added), tensorOf(values, 'gain'), operators),
    ),
    mistakeIn(
      place.normalized,
      `normalised before the residual connection (${which})`,
      'is what you get when the layer’s output is normalised first and the input added afterwards.',
      [place.input, place.added, 'gain'],
      async (values, operators) => {
        const y = await normalized(tensorOf(values, place.added), tensorOf(values, 'gain'), operators)
        return zip(tensorOf(values, place.input), y, (a, b) => a + b)
      },
    ),
  ]
}

/** What people get wrong in lecture/layer-norm. */
export const normMistakes: readonly ExerciseMistake[] = [
  ...inNormalization(layers[0], 'attention'),
  ...inNormalization(layers[1], 'feed-forward'),
  mistakeIn(
    'feedForward',
    'ReLU forgotten',
    'is what you get without the ReLU: the network is linear then.',
    ['hiddenSums', 'weight2', 'bias2'],
    (values, operators) => {
      const [x, weight, bias] = ['hiddenSums', 'weight2', 'bias2'].map((name) => tensorOf(values, name))
      return layerOf(operators, x, weight, bias)
    },
  ),
  mistakeIn(
    'feedForward',
    'ReLU on the output too',
    'is what you get when the output of the network is cut off at 0 too; only the hidden units are.',
    ['feedForward'],
    (values) => map(tensorOf(values, 'feedForward'), (value) => Math.max(0, value)),
  ),
  mistakeIn(
    'hiddenSums',
    'first bias forgotten',
    'is what you get without the bias b₁.',
    ['normalized1', 'weight1', 'bias1'],
    (values, operators) => {
      const [x, weight, bias] = ['normalized1', 'weight1', 'bias1'].map((name) => tensorOf(values, name))
      return layerOf(
        operators,
        x,
        weight,
        map(bias, () => 0),
      )
    },
  ),
  mistakeIn(
    'residual2',
    'residual connection from the input of the attention',
    'is what you get when x is added again; the second residual connection starts at y.',
    ['x', 'feedForward'],
    (values) => zip(tensorOf(values, 'x'), tensorOf(values, 'feedForward'), (a, b) => a + b),
  ),
]

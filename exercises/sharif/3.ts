import { fromNested, type Nested, rowMajor, scalar, type Tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { Exercise, Given, Table, Values } from '../exercise.js'
import type { Picture } from '../picture.js'
import { sharingConvention } from './3.costs.js'
import { coverageExperiment } from './3.coverageExperiment.js'
import { flowExperiment, powerExperiment, scoreTraining } from './3.experiment.js'
import { scoreArbitrary, scoreLaws } from './3.laws.js'
import { scoreMistakes } from './3.mistakes.js'
import { scoreKinds, scoreQuantities, staged } from './3.quantities.js'

function real(name: string, symbols: readonly string[], meaning: string, value: Nested): Given {
  return { name, symbols, meaning, kind: 'real', value: fromNested(value) }
}

function free(name: string, symbols: readonly string[], meaning: string, value: number): Given {
  return { name, symbols, meaning, kind: 'whole', value: scalar(value), free: true }
}

/** The sheet has letters only; states and weights are a small instance with states of length 2. */
const given: readonly Given[] = [
  real('decoder', ['h_d', 'h_d^(1)', 'h_d^(t)', 'h_t'], 'the decoder state', [1, 0.5]),
  {
    ...real('encoder', ['H_e', 'h_e', 'H'], 'the encoder states, a row each', [
      [1, 0],
      [0, 1.5],
      [-1, 1],
    ]),
    rows: ['h_e', 'H_e'],
  },
  real('generalWeight', ['W_a', 'W_g'], 'the weights of the general score', [
    [0.5, 1],
    [-1, 0.5],
  ]),
  real('tanhWeight', ['W_b', "W_a'", 'W_a^tanh'], 'the weights of the tanh layer', [
    [0.5, 1, -1, 0.5],
    [1, -0.5, 0, 1],
  ]),
  real('tanhVector', ['v_a', 'v'], 'the vector of the tanh layer', [1, -1.5]),
  real('contextWeight', ['W_c'], 'the weights of context and decoder state', [
    [1, 0, 0.5, -1],
    [0.5, 1, 0, 0.5],
  ]),
  real('outputWeight', ['W_s'], 'the weights of the output words', [
    [1, 0],
    [0, 1],
    [-1, 0.5],
  ]),
  real('laterDecoder', ["h_d'", 'h_d^(2)'], 'the decoder state of the next step', [-0.5, 1]),
  free('positions', ['S', 'n'], 'the number of encoder states of the general model', 10),
  free('stateSize', ['D', 'd'], 'the length of decoder and encoder states of the general model', 512),
  free('layerUnits', ['A', 'd_a'], 'the units of the tanh layer of the general model', 512),
]

const titles = { dot: 'Dot product', general: 'General', tanh: 'Tanh layer' } as const

function rowOf(x: Tensor): readonly number[] {
  return [...rowMajor(x)]
}

function pictures(values: Values): readonly Picture[] {
  return [
    {
      kind: 'heatMap',
      title: 'Attention weights by score',
      rowTitle: 'score',
      columnTitle: 'encoder state',
      rows: scoreKinds.map((kind) => titles[kind]),
      columns: ['1', '2', '3'],
      values: scoreKinds.map((kind) => rowOf(tensorOf(values, staged(kind, 'Weights')))),
      labelled: true,
    },
  ]
}

function tables(values: Values): readonly Table[] {
  const number = (name: string) => numberOf(values, name)
  return [
    {
      title: 'The three scores compared',
      columns: ['score', 'multiply-adds', 'parameters', 'can tell', 'gradients'],
      rows: [
        [
          'dot',
          number('dotOperations'),
          0,
          'how alike two states of one space are',
          'vanish where the softmax saturates',
        ],
        [
          'general',
          number('generalOperations'),
          number('generalParameters'),
          'any bilinear relation of two spaces',
          'vanish where the softmax saturates',
        ],
        [
          'tanh layer',
          number('tanhOperations'),
          number('tanhParameters'),
          'relations that are no products',
          'bounded scores; vanish to the states where tanh saturates',
        ],
      ],
    },
  ]
}

export const sharif3: Exercise = {
  id: 'sharif/3',
  title: 'Attention between decoder and encoder: three scores',
  source: 'Sharif University of Technology, Deep Learning, fourth homework, autumn 2022, exercise 3',
  statement: `A decoder with attention reads all encoder states $h_e^{(s)}$, the rows of $H_e$, in place of the last one. At a step with decoder state $h_d$

$$a(s) = \\frac{\\exp score(h_d, h_e^{(s)})}{\\sum_{s'} \\exp score(h_d, h_e^{(s')})}, \\quad c = \\sum_s a(s) h_e^{(s)}, \\quad \\hat{h} = \\tanh(W_c [c; h_d]), \\quad y = softmax(W_s \\hat{h}),$$

where the score is one of

$$h_d^T h_e^{(s)} \\text{ (dot)}, \\qquad h_d^T W_a h_e^{(s)} \\text{ (general)}, \\qquad v_a^T \\tanh(W_b [h_d; h_e^{(s)}]) \\text{ (tanh layer)}.$$

(a) Compare the three by what they can model, by multiply-adds for $S$ encoder states and parameters (states of length $D$, a tanh layer of $A$
units), and by how gradients flow. For the given states and weights, what are scores, weights, context and output of each? (b) Which of the two
usual mechanisms, product or tanh layer, can model more? (c) Attention may go to the same one or two words in all steps. How is
that prevented? What is the coverage penalty $\\sum_s \\min(a(s), a'(s))$ of this step and one with decoder state $h_d'$, both by the dot product?`,
  heading: { number: '3' },
  given,
  arbitrary: scoreArbitrary,
  stages: [
    ...scoreKinds.map((kind) => ({ name: kind, title: titles[kind] })),
    { name: 'coverage', title: 'Coverage' },
    { name: 'cost', title: 'Costs' },
  ],
  quantities: scoreQuantities,
  conventions: [sharingConvention],
  mistakes: scoreMistakes,
  laws: scoreLaws,
  experiments: [powerExperiment, flowExperiment, coverageExperiment],
  trainings: [scoreTraining],
  worksheet: {
    arbitrary: () => scoreArbitrary(1).map((drawn) => ({ ...drawn, ...sizesOfTheSheet })),
    isWorkable,
  },
  pictures,
  tables,
}

const sizesOfTheSheet: Values = { positions: scalar(10), stateSize: scalar(512), layerUnits: scalar(512) }

/** Scores that differ, and tanh units that are not saturated. */
function isWorkable(values: Values): boolean {
  const spread = (name: string) => {
    const data = rowOf(tensorOf(values, name))
    return Math.max(...data) - Math.min(...data)
  }
  return (
    scoreKinds.every((kind) => {
      const [best, next] = [...rowOf(tensorOf(values, staged(kind, 'Scores')))].sort((a, b) => b - a)
      return best - next >= 0.125 && spread(staged(kind, 'Scores')) <= 4
    }) &&
    rowOf(tensorOf(values, 'tanhPreActivations')).every((u) => Math.abs(u) <= 2.5) &&
    spread('laterWeights') > 0 &&
    spread('dotLogits') > 0
  )
}

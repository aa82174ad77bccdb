import { fromNested, type Nested, rowMajor, scalar, tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { Exercise, Given, Table, Values } from '../exercise.js'
import type { Graph } from '../picture.js'
import { phraseTraining, reconstructionExperiment } from './2.experiment.js'
import { phraseArbitrary, phraseLaws } from './2.laws.js'
import { phraseMistakes } from './2.mistakes.js'
import { phraseQuantities, treeConvention } from './2.quantities.js'

function real(name: string, symbol: string, meaning: string, value: Nested): Given {
  return { name, symbols: [symbol], meaning, kind: 'real', value: fromNested(value) }
}

function free(name: string, symbols: readonly string[], meaning: string, value: number): Given {
  return { name, symbols, meaning, kind: 'whole', value: scalar(value), free: true }
}

/** The sheet has letters, and three classes; words, weights and biases are a small instance with D_x = D_p = 2. */
const given: readonly Given[] = [
  free('wordSize', ['D_x', 'd_x'], 'the length of a word vector of the general model', 50),
  free('parentSize', ['D_p', 'd_p'], 'the length of the parent of the general model', 50),
  free('classes', ['D_c', 'd_c'], 'the number of classes of the general model', 3),
  real('x1', 'x_1', 'the vector of the first word', [1, -1]),
  real('x2', 'x_2', 'the vector of the second word', [0, 2]),
  real('x3', 'x_3', 'the vector of the third word', [0.5, 3]),
  {
    name: 'label',
    symbols: ['y', 'Y', 't'],
    meaning: 'the one-hot label of the first two words',
    kind: 'whole',
    value: tensor([3], [0, 1, 0]),
  },
  real('weight1', 'W_1', 'the weights of the parent', [
    [1, -1, 0, 0.5],
    [0.5, 1, -1, -0.5],
  ]),
  real('bias1', 'b_1', 'the bias of the parent', [-1, 0.5]),
  real('weight2', 'W_2', 'the weights of the reconstruction', [
    [0.5, 1],
    [-0.5, 0],
    [0, 0.5],
    [1, -1],
  ]),
  real('bias2', 'b_2', 'the bias of the reconstruction', [0, 0.5, 0.5, -0.5]),
  real('weight3', 'W_3', 'the weights of the classifier', [
    [1, 0],
    [0, 1],
    [-0.5, 0.5],
  ]),
  real('bias3', 'b_3', 'the bias of the classifier', [0, 0.5, 0.5]),
]

function tables(values: Values): readonly Table[] {
  const shapeText = (name: string) => rowMajor(tensorOf(values, name)).join(' × ')
  const number = (name: string) => numberOf(values, name)
  return [
    {
      title: 'Weights and biases of the general model',
      columns: ['layer', 'weight', 'bias', 'parameters'],
      rows: [
        ['parent', shapeText('shapeWeight1'), shapeText('shapeBias1'), number('encoderParameters')],
        ['reconstruction', shapeText('shapeWeight2'), shapeText('shapeBias2'), number('decoderParameters')],
        ['classifier', shapeText('shapeWeight3'), shapeText('shapeBias3'), number('classifierParameters')],
        ['all', '', '', number('parameters')],
      ],
    },
  ]
}

/** The copies of the module over a sentence of three words. */
const tree: Graph = {
  kind: 'graph',
  title: 'A sentence of three words folded by two copies of the module',
  nodes: [
    { name: 'x1', column: 0, row: 0, label: 'x₁' },
    { name: 'x2', column: 0, row: 1, label: 'x₂' },
    { name: 'x3', column: 0, row: 2, label: 'x₃' },
    { name: 'p1', column: 1, row: 0, label: 'p₁' },
    { name: 'p2', column: 2, row: 1, label: 'p₂' },
    { name: 'y', column: 3, row: 1, label: 'ŷ' },
  ],
  edges: [
    { from: 'x1', to: 'p1', label: 'W₁' },
    { from: 'x2', to: 'p1', label: 'W₁' },
    { from: 'p1', to: 'p2', label: 'W₁' },
    { from: 'x3', to: 'p2', label: 'W₁' },
    { from: 'p2', to: 'y', label: 'W₃' },
  ],
}

export const sharif2: Exercise = {
  id: 'sharif/2',
  title: 'A recursive autoencoder for the sentiment of phrases',
  source: 'Sharif University of Technology, Deep Learning, fourth homework, autumn 2022, exercise 2',
  statement: `Word vectors can be combined by an autoencoder. It puts two of them, $x_1, x_2 \\in \\mathbb{R}^{D_x}$, one after the other,
$x = [x_1; x_2]$, and makes a parent vector of them, from which both are reconstructed and a class is predicted:

$$p = \\mathrm{ReLU}(W_1 x + b_1) \\in \\mathbb{R}^{D_p}, \\quad x' = W_2 p + b_2 \\in \\mathbb{R}^{2 D_x}, \\quad \\hat{y} = W_3 p + b_3 \\in \\mathbb{R}^{D_c}.$$

It is trained on $J = J_1 + J_2$ with $J_1 = \\frac{1}{2} \\|x' - x\\|^2$ and $J_2$ the cross-entropy of the softmax of $\\hat{y}$ and the one-hot label $y$.

(a) How do the reconstructions and $J_1$ help to learn the parent? (b) What are the dimensions of each weight and bias, and how many
parameters has the model? (c) How can copies of this module alone label a whole sentence? (d) For the given words and weights: what are $p$, $J_1$,
$J_2$, $J$, the gradients of $J$ by the three weight matrices, and the vector and class of the sentence of all three words?`,
  heading: { number: '2' },
  given,
  arbitrary: phraseArbitrary,
  stages: [
    { name: 'pair', title: 'The first two words' },
    { name: 'sentence', title: 'The sentence' },
  ],
  quantities: phraseQuantities,
  conventions: [treeConvention],
  mistakes: phraseMistakes,
  laws: phraseLaws,
  experiments: [reconstructionExperiment],
  trainings: [phraseTraining],
  worksheet: {
    arbitrary: () => phraseArbitrary(1).map((drawn) => ({ ...drawn, ...sizesOfTheSheet })),
    isWorkable,
  },
  pictures: () => [tree],
  tables,
}

const sizesOfTheSheet: Values = { wordSize: scalar(50), parentSize: scalar(50), classes: scalar(3) }

/** Units of which some are active and none lies on ReLU's kink, no two largest logits, something to reconstruct. */
function isWorkable(values: Values): boolean {
  const all = (name: string) => [...rowMajor(tensorOf(values, name))]
  const [first, second] = all('sentenceLogits').sort((a, b) => b - a)
  return (
    all('preActivation').every((a) => a !== 0) &&
    all('parent').some((p) => p > 0) &&
    all('sentenceVector').some((p) => p > 0) &&
    first - second >= 0.25 &&
    [...all('logits'), ...all('sentenceLogits')].every((z) => Math.abs(z) <= 4) &&
    all('residual').some((r) => r !== 0)
  )
}

import fc from 'fast-check'
import { fromNested, rowMajor, scalar, tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import { multiples } from '../draws.js'
import type { Exercise, Given, Values } from '../exercise.js'
import type { Graph } from '../picture.js'
import { sourceTraining, transferExperiment } from './transfer.experiment.js'
import { transferLaws } from './transfer.laws.js'
import { transferMistakes } from './transfer.mistakes.js'
import { type Strategy, strategies } from './transfer.network.js'
import { transferQuantities } from './transfer.quantities.js'

/** The classes of the lecture's target task. */
const classNames = ['chair', 'desk', 'human'] as const

const given: readonly Given[] = [
  {
    name: 'featureSize',
    symbols: ['F', 'features per image', 'feature size'],
    meaning: 'the numbers that an AlexNet without its last layer yields for an image',
    kind: 'whole',
    value: scalar(4096),
    range: { least: 1 },
  },
  {
    name: 'sourceClasses',
    symbols: ['C_s', 'source classes'],
    meaning: 'the classes of the source task',
    kind: 'whole',
    value: scalar(1000),
    range: { least: 1 },
  },
  {
    name: 'targetClasses',
    symbols: ['C_t', 'target classes'],
    meaning: 'the classes of the target task',
    kind: 'whole',
    value: scalar(3),
    range: { least: 1 },
  },
  {
    name: 'x',
    symbols: ['x'],
    meaning: 'the input of a small network',
    kind: 'real',
    value: tensor([2], [1, 2]),
  },
  {
    name: 'target',
    symbols: ['t', 'label', 'class'],
    meaning: `its class in a target task of three: ${classNames.map((name, id) => `${id} ${name}`).join(', ')}`,
    kind: 'whole',
    value: scalar(0),
    range: { least: 0, most: 2 },
  },
  {
    name: 'W1',
    symbols: ['W_1'],
    meaning: 'the first layer’s weights, from the source task',
    kind: 'real',
    value: fromNested([
      [1, 0.5],
      [1, -1],
      [-0.5, 1],
    ]),
  },
  {
    name: 'W2',
    symbols: ['W_2'],
    meaning: 'the second layer’s weights, from the source task',
    kind: 'real',
    value: fromNested([
      [0.5, 1, 0],
      [0, 0.5, 1],
      [-1, 0.5, 1],
    ]),
  },
  {
    name: 'W3',
    symbols: ['W_3'],
    meaning: 'the new classifier’s weights, a row a class',
    kind: 'real',
    value: fromNested([
      [0.5, 0, 1],
      [0, 0.5, -1],
      [-0.5, 1, 0.5],
    ]),
  },
  {
    name: 'rate',
    symbols: ['eta', 'learning rate', 'lr'],
    meaning: 'the learning rate of new layers, and of layers that are tuned with the rest frozen',
    kind: 'real',
    value: scalar(0.5),
    range: { least: 0 },
  },
  {
    name: 'smallRate',
    symbols: ["eta'", 'smaller rate'],
    meaning: 'the smaller learning rate of layers that have been trained before, when all layers are trained',
    kind: 'real',
    value: scalar(0.1),
    range: { least: 0 },
  },
]

function arbitraryOf(
  weights: (shape: readonly number[]) => fc.Arbitrary<ReturnType<typeof tensor>>,
  x: fc.Arbitrary<ReturnType<typeof tensor>>,
): fc.Arbitrary<Values> {
  const number = (...choices: readonly number[]) => fc.constantFrom(...choices).map(scalar)
  return fc.record({
    featureSize: number(64, 128, 256, 512, 1024, 2048, 4096),
    sourceClasses: number(10, 20, 50, 100, 1000),
    targetClasses: number(2, 3, 4, 5),
    x,
    target: number(0, 1, 2),
    W1: weights([3, 2]),
    W2: weights([3, 3]),
    W3: weights([3, 3]),
    rate: number(0.5, 1, 2),
    smallRate: number(0.05, 0.1, 0.2),
  })
}

/** A hidden layer has a unit that is on, the gradients reach the first layer, and no probability is near 0 or 1. */
function isWorkable(values: Values): boolean {
  const some = (name: string) => rowMajor(tensorOf(values, name)).some((value) => value !== 0)
  const decided = rowMajor(tensorOf(values, 'probabilities')).some((p) => p < 0.03 || p > 0.9)
  const atKink = ['a1', 'a2'].some((name) => rowMajor(tensorOf(values, name)).includes(0))
  return some('gradient1') && some('gradient2') && !decided && !atKink
}

/** The small network, layer by layer, its weights marked as this way of transfer treats them. */
function networkPicture(strategy: Strategy, title: string): Graph {
  const layers = [
    ['x', 2],
    ['h₁', 3],
    ['h₂', 3],
    ['z', 3],
  ] as const
  const trained: readonly number[] = strategies[strategy]
  const name = (column: number, row: number) => `${layers[column][0]} ${row + 1}`
  const units = (column: number) => Array.from({ length: layers[column][1] }, (_, row) => row)
  return {
    kind: 'graph',
    title,
    nodes: layers.flatMap(([letter], column) =>
      units(column).map((row) => ({ name: name(column, row), column, row, label: letter })),
    ),
    edges: [1, 2, 3].flatMap((column) =>
      units(column - 1).flatMap((from, i) =>
        units(column).map((to, j) => ({
          from: name(column - 1, from),
          to: name(column, to),
          ...(i === 0 && j === 0 ? { label: trained.includes(column) ? 'trained' : 'frozen' } : {}),
        })),
      ),
    ),
  }
}

const stages = [
  { name: 'frozen', title: 'Features frozen, only the classifier trained' },
  { name: 'last', title: 'The last layers fine-tuned' },
  { name: 'all', title: 'All layers trained, the old ones at the smaller rate' },
] as const

export const transfer: Exercise = {
  id: 'lecture/transfer',
  title: 'Transfer learning: frozen features, fine-tuning, smaller rates',
  source:
    'NTUA lecture on transfer learning (strategies, AlexNet as a feature extractor, rules of evaluation); the small network’s numbers are our own',
  statement: `An AlexNet that has been trained on $C_s$ classes yields $F$ features for an image once its last layer is taken off. On them a classifier
for $C_t$ new classes is trained.

(a) How many parameters does the new classifier have?

A network small enough for hand work has learned a source task: $h_1 = ReLU(W_1 \\cdot x)$, $h_2 = ReLU(W_2 \\cdot h_1)$, without biases. A new
classifier $z = W_3 \\cdot h_2$ with a softmax stands behind it. It is trained for one step on the example $x$ of class $t$, with cross-entropy.

(b) Compute the features, the loss and the gradients. (c) What are the weights, how many of them are trained, and what is the loss after the step, if the features
are frozen and only the classifier is trained, at the rate $\\eta$? (d) If the last layers, $W_2$ and $W_3$, are tuned at the rate $\\eta$ and $W_1$ is frozen? (e) If all layers
are trained, the classifier at the rate $\\eta$ and the others at the smaller rate $\\eta'$? (f) What does transfer gain, and what does freezing save?`,
  heading: { number: 'transfer' },
  given,
  arbitrary: () => arbitraryOf((shape) => multiples(shape, -4, 4, 0.5), multiples([2], -2, 2)),
  stages,
  quantities: transferQuantities,
  conventions: [],
  mistakes: transferMistakes,
  laws: transferLaws,
  experiments: [transferExperiment],
  trainings: [sourceTraining],
  worksheet: {
    arbitrary: () => arbitraryOf((shape) => multiples(shape, -2, 3, 0.5), multiples([2], 1, 2)),
    isWorkable,
  },
  pictures: () => stages.map(({ name, title }) => networkPicture(name, title)),
  tables: (values) => [
    {
      title: 'What each way trains',
      columns: ['way', 'trained weights', 'loss before', 'loss after'],
      rows: stages.map(({ name, title }) => [
        title,
        numberOf(values, `${name}Parameters`),
        numberOf(values, 'loss'),
        numberOf(values, `${name}Loss`),
      ]),
    },
  ],
}

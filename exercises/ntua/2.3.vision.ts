import { reshape, rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, joined, numberOf, scalarOf, tensorOf } from '../computation.js'
import type { Operators, Quantity, Values } from '../exercise.js'
import { plus } from '../training.js'
import { contrastQuantities, cooled, rowLossesOf, rowsAt, timesTransposed, timesVector, unitRows } from './2.3.steps.js'
import { scaledBy } from './scaling.js'

/** Two views of two images: view 1 of both, then view 2 of both. */
export const views = 4
/** Where row i's other view stands among the three rows that are not i. */
export const pairs = [1, 2, 0, 1] as const
/** The rows that row i is compared with. */
const others = Array.from({ length: views }, (_, i) => [0, 1, 2, 3].filter((j) => j !== i))

/** The numbers of a square matrix without its diagonal: [N, N − 1]. */
export async function withoutDiagonal(operators: Operators, square: Tensor): Promise<Tensor> {
  const ids = others.map((columns, i) => columns.map((j) => i * views + j))
  return reshape(await rowsAt(operators, reshape(square, [views * views, 1]), ids), [views, views - 1])
}

const simclr: readonly Quantity[] = [
  {
    name: 'headHidden',
    symbols: ['A', 'a'],
    meaning: 'the hidden layer of the projection head, a row for each view',
    kind: 'real',
    from: ['representations', 'headWeights1'],
    formula: 'relu(H \\cdot W_1^T)',
    stage: 'SimCLR',
    compute: async (values, operators) => {
      const x = await timesTransposed(operators, tensorOf(values, 'representations'), tensorOf(values, 'headWeights1'))
      return forward(operators, 'relu', 'y', { x })
    },
  },
  {
    name: 'projections',
    symbols: ['Z', 'z'],
    meaning: 'the projections that are compared, a row for each view',
    kind: 'real',
    from: ['headHidden', 'headWeights2'],
    formula: 'A \\cdot W_2^T',
    stage: 'SimCLR',
    compute: (values, operators) =>
      timesTransposed(operators, tensorOf(values, 'headHidden'), tensorOf(values, 'headWeights2')),
  },
  {
    name: 'projectionUnits',
    symbols: ['U', 'hat Z', 'u'],
    meaning: 'the projections divided by their lengths',
    kind: 'real',
    from: ['projections'],
    formula: '\\frac{z_i}{\\|z_i\\|}',
    stage: 'SimCLR',
    compute: (values, operators) => unitRows(operators, tensorOf(values, 'projections')),
  },
  {
    name: 'viewSimilarities',
    symbols: ['S', 's', 'sim'],
    meaning: 'the cosine similarity of every view (row) with every view (column)',
    kind: 'real',
    from: ['projectionUnits'],
    formula: 'U \\cdot U^T',
    stage: 'SimCLR',
    compute: (values, operators) =>
      timesTransposed(operators, tensorOf(values, 'projectionUnits'), tensorOf(values, 'projectionUnits')),
  },
  {
    name: 'viewLogits',
    symbols: ['C', 'logits'],
    meaning: 'the similarities divided by the temperature, without those of a view with itself: three a row',
    kind: 'real',
    from: ['viewSimilarities', 'temperature'],
    formula: '\\frac{s_{ij}}{\\tau}, j \\neq i',
    stage: 'SimCLR',
    compute: async (values, operators) =>
      withoutDiagonal(operators, await cooled(values, operators, 'viewSimilarities')),
  },
  ...contrastQuantities({
    stage: 'SimCLR',
    logits: 'viewLogits',
    symbol: 'C',
    positives: pairs,
    candidates: views - 1,
    name: 'view',
  }),
]

/** The positive key and then the queue: [1 + queue, D]. */
export function keysOf(values: Values): Tensor {
  const [key, queue] = [tensorOf(values, 'positiveKey'), tensorOf(values, 'queue')]
  return joined([key, queue], [queue.shape[0] + 1, key.size])
}

const moco: readonly Quantity[] = [
  {
    name: 'keySimilarities',
    symbols: ['s', 'S', 'sim'],
    meaning: 'the product of the query with the positive key and with every key of the queue, in this order',
    kind: 'real',
    from: ['query', 'positiveKey', 'queue'],
    formula: '[k_+^T \\cdot q, K \\cdot q]',
    stage: 'MoCo',
    compute: (values, operators) => timesVector(operators, keysOf(values), tensorOf(values, 'query')),
  },
  {
    name: 'keyLogits',
    symbols: ['C', 'l', 'logits'],
    meaning: 'these products divided by the temperature',
    kind: 'real',
    from: ['keySimilarities', 'temperature'],
    formula: '\\frac{s}{\\tau}',
    stage: 'MoCo',
    compute: (values, operators) => cooled(values, operators, 'keySimilarities'),
  },
  {
    name: 'keyProbabilities',
    symbols: ['p', 'P', 'softmax'],
    meaning: 'their softmax',
    kind: 'real',
    from: ['keyLogits'],
    formula: 'softmax(C)',
    stage: 'MoCo',
    compute: (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, 'keyLogits') }),
  },
  {
    name: 'keyLoss',
    symbols: ['L', 'cal L', 'loss', 'L_q'],
    meaning: 'the loss of MoCo: −ln of the softmax at the positive key',
    kind: 'real',
    from: ['keyLogits'],
    formula: '-\\ln(softmax(C)) \\cdot [1, 0, 0, 0]',
    stage: 'MoCo',
    asked: true,
    compute: async (values, operators) => {
      const logits = tensorOf(values, 'keyLogits')
      return scalarOf(await rowLossesOf(operators, reshape(logits, [1, logits.size]), [0]))
    },
  },
  {
    name: 'queryGradient',
    symbols: ['g', 'nabla_q'],
    meaning:
      'the gradient of the loss with respect to the query: the keys mixed by p, less the positive one, over the temperature',
    kind: 'real',
    from: ['keyProbabilities', 'positiveKey', 'queue', 'temperature'],
    formula: '\\frac{\\sum_j p_j \\cdot k_j - k_+}{\\tau}',
    stage: 'MoCo',
    compute: async (values, operators) => {
      const [p, keys] = [tensorOf(values, 'keyProbabilities'), keysOf(values)]
      const weights = plus(
        p,
        tensor(
          [p.size],
          Float64Array.from({ length: p.size }, (_, i) => (i === 0 ? -1 : 0)),
        ),
      )
      const y = await forward(operators, 'matmul', 'y', { a: reshape(weights, [1, p.size]), b: keys })
      return scaledBy(operators, reshape(y, [keys.shape[1]]), 1 / numberOf(values, 'temperature'))
    },
  },
  {
    name: 'newQueue',
    symbols: ["K'", 'K^new', 'new queue'],
    meaning: 'the queue after the step: the oldest key has left at the top, the positive key has joined at the end',
    kind: 'real',
    from: ['positiveKey', 'queue'],
    formula: '[k_2, k_3, k_+]',
    stage: 'MoCo',
    compute: async (values, operators) => {
      const [key, queue] = [tensorOf(values, 'positiveKey'), tensorOf(values, 'queue')]
      const [length] = queue.shape
      const table = tensor([length + 1, key.size], [...rowMajor(queue), ...rowMajor(key)])
      return reshape(await rowsAt(operators, table, [Array.from({ length }, (_, i) => i + 1)]), queue.shape)
    },
  },
  {
    name: 'newKeyParameters',
    symbols: ["theta_k'", 'theta_k^new', 'theta^new', 'xi'],
    meaning:
      'the parameters of the key encoder after the step: mostly their own, a little of those of the query encoder',
    kind: 'real',
    from: ['momentum', 'keyParameters', 'queryParameters'],
    formula: 'm \\cdot \\theta_k + (1 - m) \\cdot \\theta_q',
    stage: 'MoCo',
    compute: (values, operators) =>
      forward(
        operators,
        'momentumUpdate',
        'y',
        { target: tensorOf(values, 'keyParameters'), online: tensorOf(values, 'queryParameters') },
        { momentum: numberOf(values, 'momentum') },
      ),
  },
]

/** The quantities of the two techniques for images. */
export const visionQuantities: readonly Quantity[] = [...simclr, ...moco]

import { reshape, rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, joined, numberOf, tensorOf } from '../computation.js'
import type { Operators, Quantity, Values } from '../exercise.js'
import { contrastQuantities, cooled, timesTransposed, timesVector, unitRows } from './2.3.steps.js'

/** A sentence embedding under one mask, and divided by its length. */
function masked(i: 1 | 2): readonly Quantity[] {
  return [
    {
      name: `dropped${i}`,
      symbols: [`D_${i}`, `E_${i}`],
      meaning: `the sentences under dropout mask ${i}, what is kept divided by the share that is kept`,
      kind: 'real',
      from: ['sentences', `mask${i}`, 'rate'],
      formula: `\\frac{E \\odot M_${i}}{1 - r}`,
      stage: 'SimCSE',
      compute: (values, operators) =>
        forward(
          operators,
          'dropout',
          'y',
          { x: tensorOf(values, 'sentences'), mask: tensorOf(values, `mask${i}`) },
          { p: numberOf(values, 'rate') },
        ),
    },
    {
      name: `droppedUnits${i}`,
      symbols: [`U_${i}`, `N_${i}`],
      meaning: `these divided by their lengths, mask ${i}`,
      kind: 'real',
      from: [`dropped${i}`],
      formula: '\\frac{d_i}{\\|d_i\\|}',
      stage: 'SimCSE',
      compute: (values, operators) => unitRows(operators, tensorOf(values, `dropped${i}`)),
    },
  ]
}

const simcse: readonly Quantity[] = [
  ...masked(1),
  ...masked(2),
  {
    name: 'sentenceSimilarities',
    symbols: ['S', 's', 'sim'],
    meaning: 'the cosine similarity of every sentence under mask 1 (row) with every one under mask 2 (column)',
    kind: 'real',
    from: ['droppedUnits1', 'droppedUnits2'],
    formula: 'U_1 \\cdot U_2^T',
    stage: 'SimCSE',
    compute: (values, operators) =>
      timesTransposed(operators, tensorOf(values, 'droppedUnits1'), tensorOf(values, 'droppedUnits2')),
  },
  {
    name: 'sentenceLogits',
    symbols: ['C', 'logits'],
    meaning: 'the similarities divided by the temperature',
    kind: 'real',
    from: ['sentenceSimilarities', 'temperature'],
    formula: '\\frac{S}{\\tau}',
    stage: 'SimCSE',
    compute: (values, operators) => cooled(values, operators, 'sentenceSimilarities'),
  },
  ...contrastQuantities({
    stage: 'SimCSE',
    logits: 'sentenceLogits',
    symbol: 'C',
    positives: [0, 1],
    candidates: 2,
    name: 'sentence',
  }),
]

/** One step of the context: ReLU(W_x·x + W_c·c), by `rnn` on a sequence of one. */
export async function contextStep(
  values: Values,
  [x, c]: readonly [Tensor, Tensor],
  operators: Operators,
  activation: 'relu' | 'identity' = 'relu',
): Promise<Tensor> {
  const inputs = {
    x: reshape(x, [1, 1, x.size]),
    h0: reshape(c, [1, c.size]),
    weightInput: tensorOf(values, 'inputWeights'),
    weightHidden: tensorOf(values, 'contextWeights'),
  }
  return reshape(await forward(operators, 'rnn', 'hidden', inputs, { activation }), [c.size])
}

/** Step t of the past, from 1: its representation is given. */
export function pastOf(values: Values, t: number): Tensor {
  const past = tensorOf(values, 'past')
  const [, width] = past.shape
  return tensor([width], rowMajor(past).slice((t - 1) * width, t * width))
}

const zeroContext = tensor([2], [0, 0])

const cpc: readonly Quantity[] = [
  {
    name: 'context1',
    symbols: ['c_1'],
    meaning: 'the context after the first step; it starts from zeros',
    kind: 'real',
    from: ['past', 'inputWeights', 'contextWeights'],
    formula: 'relu(W_x \\cdot ([1, 0] \\cdot X) + W_c \\cdot [0, 0])',
    stage: 'CPC',
    compute: (values, operators) => contextStep(values, [pastOf(values, 1), zeroContext], operators),
  },
  {
    name: 'context2',
    symbols: ['c_2', 'c'],
    meaning: 'the context after the second step, which the future is predicted from',
    kind: 'real',
    from: ['past', 'inputWeights', 'contextWeights', 'context1'],
    formula: 'relu(W_x \\cdot ([0, 1] \\cdot X) + W_c \\cdot c_1)',
    stage: 'CPC',
    compute: (values, operators) => contextStep(values, [pastOf(values, 2), tensorOf(values, 'context1')], operators),
  },
  ...([1, 2] as const).map(
    (k): Quantity => ({
      name: `prediction${k}`,
      symbols: [`hat z_${k}`, `hat z_${k + 2}`, `p_${k}`],
      meaning: `the prediction ${k === 1 ? 'one step' : 'two steps'} ahead`,
      kind: 'real',
      from: [`stepWeights${k}`, 'context2'],
      formula: `P_${k} \\cdot c_2`,
      stage: 'CPC',
      compute: (values, operators) =>
        timesVector(operators, tensorOf(values, `stepWeights${k}`), tensorOf(values, 'context2')),
    }),
  ),
  {
    name: 'futureLogits',
    symbols: ['C', 'F', 'f', 'scores', 'logits'],
    meaning: 'the product of each prediction (row) with every candidate (column); no temperature',
    kind: 'real',
    from: ['prediction1', 'prediction2', 'future'],
    formula: '[\\hat{z}_1, \\hat{z}_2]^T \\cdot Y^T',
    stage: 'CPC',
    compute: (values, operators) => {
      const predictions = [1, 2].map((k) => tensorOf(values, `prediction${k}`))
      return timesTransposed(operators, joined(predictions, [2, predictions[0].size]), tensorOf(values, 'future'))
    },
  },
  ...contrastQuantities({
    stage: 'CPC',
    logits: 'futureLogits',
    symbol: 'C',
    positives: [0, 1],
    candidates: 3,
    name: 'future',
  }),
]

/** The quantities of the two techniques for language. */
export const languageQuantities: readonly Quantity[] = [...simcse, ...cpc]

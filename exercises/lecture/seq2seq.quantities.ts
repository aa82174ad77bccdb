import { map, reshape, type Tensor, zeros } from '../../oracle/tensor.js'
import { forward, tensorOf } from '../computation.js'
import type { Operators, Quantity } from '../exercise.js'

/** Each row times its weight, by `matmul` of every weight with its row. */
async function weighted(weights: Tensor, rows: Tensor, operators: Operators): Promise<Tensor> {
  const [S, E] = rows.shape
  const y = await forward(operators, 'matmul', 'y', { a: reshape(weights, [S, 1, 1]), b: reshape(rows, [S, 1, E]) })
  return reshape(y, [S, E])
}

/** The rows added up, by `matmul` with a row of ones. */
async function sumOfRows(rows: Tensor, operators: Operators): Promise<Tensor> {
  const [S, E] = rows.shape
  const y = await forward(operators, 'matmul', 'y', { a: map(zeros([1, S]), () => 1), b: rows })
  return reshape(y, [E])
}

/** The lecture's four steps from encoder and decoder states to the context vector. */
export const attentionQuantities: readonly Quantity[] = [
  {
    name: 'attentionScores',
    symbols: ['e', 'score', 'scores', 'attention scores', 'attention score'],
    meaning: 'the score of every encoder state: its dot product with the decoder state',
    kind: 'real',
    from: ['encoderStates', 'decoderState'],
    formula: 'H \\cdot s',
    asked: true,
    compute: (values, operators) =>
      forward(operators, 'linear', 'y', {
        x: tensorOf(values, 'decoderState'),
        weight: tensorOf(values, 'encoderStates'),
      }),
  },
  {
    name: 'attentionDistribution',
    symbols: [
      'alpha',
      'a',
      'hat score',
      'hat e',
      'attention distribution',
      'distribution',
      'attention weights',
      'weights',
      'w',
    ],
    meaning: 'the attention distribution over the encoder states',
    kind: 'real',
    from: ['attentionScores'],
    formula: 'softmax(e)',
    asked: true,
    compute: (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, 'attentionScores') }),
  },
  {
    name: 'alignedVectors',
    symbols: ['A', 'alignment', 'alignments', 'aligned vectors', 'alignment vectors', 'aligned'],
    meaning: 'the aligned vectors: every encoder state times its share of the attention, a row each',
    kind: 'real',
    from: ['attentionDistribution', 'encoderStates'],
    formula: '\\alpha_i \\cdot H_i',
    asked: true,
    compute: (values, operators) =>
      weighted(tensorOf(values, 'attentionDistribution'), tensorOf(values, 'encoderStates'), operators),
  },
  {
    name: 'contextVector',
    symbols: ['c', 'context', 'context vector'],
    meaning: 'the context vector: the sum of the aligned vectors',
    kind: 'real',
    from: ['alignedVectors'],
    formula: '\\sum_i A_i',
    asked: true,
    compute: (values, operators) => sumOfRows(tensorOf(values, 'alignedVectors'), operators),
  },
]

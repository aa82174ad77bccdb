import { scalar } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { Quantity } from '../exercise.js'
import { times } from './2.1.sequence.js'
import { scaledBy } from './scaling.js'

/** Queries, keys or values: the sequence times a projection. */
function projected(name: string, letter: 'Q' | 'K' | 'V', meaning: string, projection: string): Quantity {
  return {
    name,
    symbols: [letter, letter === 'Q' ? 'query' : letter === 'K' ? 'key' : 'value', name],
    meaning,
    kind: 'real',
    rows: [letter, letter.toLowerCase()],
    from: ['sequence', projection],
    formula: `X \\cdot W_${letter}`,
    asked: true,
    compute: (values, operators) => times(operators, tensorOf(values, 'sequence'), tensorOf(values, projection)),
  }
}

/** Everything that ntua/2.1b asks for or passes on the way. */
export const selfAttentionQuantities: readonly Quantity[] = [
  projected('queries', 'Q', 'the queries, a row for each vector of the sequence', 'queryWeights'),
  projected('keys', 'K', 'the keys, a row each', 'keyWeights'),
  projected('values', 'V', 'the values, a row each', 'valueWeights'),
  {
    name: 'scores',
    symbols: ['S', 'score', 'scores', 's', 'E'],
    meaning: 'the scores: the product of every query (row) with every key (column)',
    kind: 'real',
    rows: ['S', 's'],
    from: ['queries', 'keys'],
    formula: 'Q \\cdot K^T',
    // x·Wᵀ is the product with the keys transposed.
    compute: (values, operators) =>
      forward(operators, 'linear', 'y', { x: tensorOf(values, 'queries'), weight: tensorOf(values, 'keys') }),
  },
  {
    name: 'dimension',
    symbols: ['d_k', 'd'],
    meaning: 'the dimension of a key',
    kind: 'whole',
    from: ['keyWeights'],
    formula: '2',
    compute: async (values) => scalar(tensorOf(values, 'keyWeights').shape[1]),
  },
  {
    name: 'scaledScores',
    symbols: ['bar S', "S'", 'scale', 'scaled', 'scaled scores', 'scaled score', 'hat S', 'bar s'],
    meaning: 'the scores divided by the root of the dimension of a key',
    kind: 'real',
    rows: ['bar S', 'bar s', "S'", "s'"],
    from: ['scores', 'dimension'],
    formula: '\\frac{S}{\\sqrt{d_k}}',
    compute: async (values, operators) =>
      scaledBy(operators, tensorOf(values, 'scores'), 1 / Math.sqrt(numberOf(values, 'dimension'))),
  },
  {
    name: 'probabilities',
    symbols: ['A', 'P', 'p', 'alpha', 'attention', 'probabilities', 'attention probabilities', 'weights'],
    meaning: 'the attention probabilities: the softmax of every row of scaled scores',
    kind: 'real',
    rows: ['A', 'P', 'p', 'alpha'],
    from: ['scaledScores'],
    formula: 'softmax(\\bar{S})',
    compute: (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, 'scaledScores') }),
  },
  {
    name: 'output',
    symbols: ['Z', 'z', 'output', 'O', 'Y'],
    meaning: 'the output of self-attention, a row for each vector of the sequence',
    kind: 'real',
    rows: ['Z', 'z'],
    from: ['probabilities', 'values'],
    formula: 'A \\cdot V',
    asked: true,
    compute: (values, operators) => times(operators, tensorOf(values, 'probabilities'), tensorOf(values, 'values')),
  },
]

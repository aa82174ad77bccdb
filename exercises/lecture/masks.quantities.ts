import { map, reshape, type Tensor, zeros } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { Operators, Quantity, Values } from '../exercise.js'
import { identityMatrix, lowerTriangle, times } from '../matrices.js'

/** [T, T]: 1 in the columns of words, 0 in those of padding. */
export function paddingMask(T: number, length: number): Tensor {
  const mask = zeros([T, T])
  for (let t = 0; t < T; t++) for (let s = 0; s < length; s++) mask.set(t, s, 1)
  return mask
}

/** The softmax of the scores that a mask lets through: scores S are those of the queries S and the keys I, unscaled. */
export function maskedWeights(scores: Tensor, mask: Tensor, operators: Operators): Promise<Tensor> {
  const unit = identityMatrix(scores.shape[0])
  const kept = map(mask, (value) => (value === 0 ? 0 : 1))
  return forward(
    operators,
    'scaledDotProductAttention',
    'weights',
    { query: scores, key: unit, value: unit, mask: kept },
    { scale: 1 },
  )
}

function maskOf(stage: 'encoder' | 'decoder' | 'both', values: Values): Tensor {
  const T = tensorOf(values, 'scores').shape[0]
  if (stage === 'decoder') return lowerTriangle(T)
  const length = numberOf(values, 'length')
  if (stage === 'encoder') return paddingMask(T, length)
  const mask = lowerTriangle(T)
  for (let t = 0; t < T; t++) for (let s = length; s < T; s++) mask.set(t, s, 0)
  return mask
}

/** Mask, attention and output of one stage. */
function stageOf(
  stage: 'encoder' | 'decoder' | 'both',
  name: string,
  words: string,
  symbols: readonly string[],
): readonly Quantity[] {
  const [mask, weights] = [`${name}Mask`, `${name}Weights`]
  return [
    {
      name: mask,
      symbols: ['M', 'mask', ...symbols],
      meaning: `the mask: 1 where a query may look at a key, 0 where not: ${words}`,
      kind: 'whole',
      from: stage === 'decoder' ? ['scores'] : ['scores', 'length'],
      formula: '\\text{mask}',
      stage,
      asked: true,
      compute: async (values) => maskOf(stage, values),
    },
    {
      name: weights,
      symbols: ['A', 'W', 'weights', 'attention', 'alpha', 'P'],
      meaning: `the attention of every query (row) to every key, ${words}`,
      kind: 'real',
      from: ['scores', mask],
      formula: 'softmax(S + \\ln(M))',
      otherFormulas: ['softmax(S + M)'],
      stage,
      asked: true,
      compute: (values, operators) => maskedWeights(tensorOf(values, 'scores'), tensorOf(values, mask), operators),
    },
    {
      name: `${name}Output`,
      symbols: ['Z', 'O', 'output', 'z'],
      meaning: `the output vectors, a row a query, ${words}`,
      kind: 'real',
      from: [weights, 'valueVectors'],
      formula: 'A \\cdot V',
      stage,
      asked: true,
      compute: async (values, operators) => {
        const output = await times(operators, tensorOf(values, weights), tensorOf(values, 'valueVectors'))
        return reshape(output, output.shape)
      },
    },
  ]
}

/** What lecture/masks asks for: with the padding mask, with the look-ahead mask, with both. */
export const maskQuantities: readonly Quantity[] = [
  ...stageOf('encoder', 'padded', 'padding left out', ['padding mask']),
  ...stageOf('decoder', 'causal', 'later positions left out', ['look ahead mask', 'causal mask', 'lookahead mask']),
  ...stageOf('both', 'combined', 'padding and later positions left out', ['combined mask']),
]

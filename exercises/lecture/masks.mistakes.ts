import { map, rowMajor, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { forward, tensorOf } from '../computation.js'
import type { ExerciseMistake, Values } from '../exercise.js'
import { mistakeIn } from '../mistake.js'
import { maskedWeights } from './masks.quantities.js'

const names = ['padded', 'causal', 'combined'] as const

/** Rows divided by their sums, where these are not 0. */
function softmaxRows(x: Tensor): Tensor {
  const [T, S] = x.shape
  const numbers = rowMajor(x)
  const rows = Array.from({ length: T }, (_, t) => {
    const powers = [...numbers.slice(t * S, (t + 1) * S)].map(Math.exp)
    const sum = powers.reduce((a, b) => a + b, 0)
    return powers.map((power) => power / sum)
  })
  return tensor([T, S], rows.flat())
}

function turned(x: Tensor): Tensor {
  const [T, S] = x.shape
  const numbers = rowMajor(x)
  return tensor(
    [S, T],
    Array.from({ length: S * T }, (_, i) => numbers[(i % T) * S + Math.floor(i / T)]),
  )
}

/** A wrong way to the attention of every stage. */
function inWeights(name: string, explanation: string, wrong: (scores: Tensor, mask: Tensor) => Tensor) {
  return names.map((stage) =>
    mistakeIn(`${stage}Weights`, `${name} (${stage})`, explanation, ['scores', `${stage}Mask`], (values: Values) =>
      wrong(tensorOf(values, 'scores'), tensorOf(values, `${stage}Mask`)),
    ),
  )
}

/** What people get wrong in lecture/masks. */
export const maskMistakes: readonly ExerciseMistake[] = [
  ...inWeights('mask forgotten', 'is the softmax of all scores: nothing is masked.', (scores) => softmaxRows(scores)),
  ...inWeights(
    'masked scores set to 0',
    'is what you get when masked scores are set to 0: e⁰ = 1 still takes its share. They have to be −∞.',
    (scores, mask) => softmaxRows(zip(scores, mask, (score, kept) => score * kept)),
  ),
  ...inWeights(
    'masked after the softmax',
    'is what you get when the softmax is masked instead of the scores: the rows no longer sum to one.',
    (scores, mask) => zip(softmaxRows(scores), mask, (weight, kept) => weight * kept),
  ),
  ...inWeights(
    'what is kept and what is masked exchanged',
    'is the attention to what should be masked: 1 and 0 of the mask are exchanged.',
    (scores, mask) => {
      const weights = zip(softmaxRows(scores), mask, (weight, kept) => weight * (1 - kept))
      return map(weights, (weight) => weight)
    },
  ),
  mistakeIn(
    'causalMask',
    'look-ahead mask transposed',
    'is the transposed mask: every position looks only ahead.',
    ['causalMask'],
    (values) => turned(tensorOf(values, 'causalMask')),
  ),
  mistakeIn(
    'causalMask',
    'a position must not see itself',
    'is the mask that hides a position from itself too; it may look at itself and at those before it.',
    ['causalMask'],
    (values) => {
      const mask = tensorOf(values, 'causalMask')
      const T = mask.shape[0]
      let i = 0
      return map(mask, (kept) => (Math.floor(i / T) === i++ % T ? 0 : kept))
    },
  ),
  mistakeIn(
    'paddedMask',
    'rows masked instead of columns',
    'is the mask of the queries that are padding: it is the keys, the columns, that are left out.',
    ['paddedMask'],
    (values) => turned(tensorOf(values, 'paddedMask')),
  ),
  mistakeIn(
    'combinedMask',
    'only the look-ahead mask',
    'is the look-ahead mask alone: padding is left out too.',
    ['causalMask'],
    (values) => tensorOf(values, 'causalMask'),
  ),
  ...names.map((stage) =>
    mistakeIn(
      `${stage}Output`,
      `output from the unmasked attention (${stage})`,
      'is what you get from the attention without a mask.',
      ['scores', 'valueVectors'],
      async (values, operators) => {
        const scores = tensorOf(values, 'scores')
        const a = await maskedWeights(
          scores,
          map(scores, () => 1),
          operators,
        )
        return forward(operators, 'matmul', 'y', { a, b: tensorOf(values, 'valueVectors') })
      },
    ),
  ),
]

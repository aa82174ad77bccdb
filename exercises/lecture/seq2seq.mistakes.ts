import { map, reshape, rowMajor, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { forward, tensorOf } from '../computation.js'
import type { ExerciseMistake } from '../exercise.js'
import { mistakeIn } from '../mistake.js'

const states = ['encoderStates', 'decoderState']

function total(x: Tensor): number {
  return rowMajor(x).reduce((sum, value) => sum + value, 0)
}

function rowsOf(x: Tensor): readonly Float64Array[] {
  const [S, E] = x.shape
  const data = rowMajor(x)
  return Array.from({ length: S }, (_, s) => data.slice(s * E, (s + 1) * E))
}

function fromRows(rows: readonly ArrayLike<number>[]): Tensor {
  return tensor(
    [rows.length, rows[0].length],
    rows.flatMap((row) => Array.from(row)),
  )
}

/** Every row times its factor. */
function scaledRows(rows: Tensor, factors: Tensor): Tensor {
  const by = rowMajor(factors)
  return fromRows(rowsOf(rows).map((row, s) => row.map((value) => value * by[s])))
}

function columnSums(x: Tensor): Tensor {
  const rows = rowsOf(x)
  const sums = Array.from({ length: x.shape[1] }, (_, e) => rows.reduce((sum, row) => sum + row[e], 0))
  return tensor([sums.length], sums)
}

function softmax(x: Tensor): Tensor {
  const largest = Math.max(...rowMajor(x))
  const powers = map(x, (value) => Math.exp(value - largest))
  const sum = total(powers)
  return map(powers, (value) => value / sum)
}

/** What people get wrong in lecture/seq2seq. */
export const attentionMistakes: readonly ExerciseMistake[] = [
  mistakeIn(
    'attentionScores',
    'scores scaled',
    'is what you get when the products are divided by √d: that is the scaled dot product of the transformer.',
    states,
    async (values, operators) => {
      const [x, weight] = [tensorOf(values, 'decoderState'), tensorOf(values, 'encoderStates')]
      const y = await forward(operators, 'linear', 'y', { x, weight })
      return map(y, (score) => score / Math.sqrt(x.size))
    },
  ),
  mistakeIn(
    'attentionScores',
    'cosine as the score',
    'is the cosine of the angle between the states; the score is their dot product.',
    states,
    (values) => {
      const s = rowMajor(tensorOf(values, 'decoderState'))
      const length = (v: ArrayLike<number>) => Math.hypot(...Array.from(v)) || 1
      const rows = rowsOf(tensorOf(values, 'encoderStates'))
      const cosines = rows.map(
        (row) => row.reduce((sum, value, i) => sum + value * s[i], 0) / (length(row) * length(s)),
      )
      return tensor([cosines.length], cosines)
    },
  ),
  mistakeIn(
    'attentionScores',
    'products not added up',
    'is the product by elements; the score adds the products up.',
    states,
    (values) => {
      const s = rowMajor(tensorOf(values, 'decoderState'))
      return fromRows(rowsOf(tensorOf(values, 'encoderStates')).map((row) => row.map((value, i) => value * s[i])))
    },
  ),
  mistakeIn(
    'attentionScores',
    'states added instead of multiplied',
    'is the sum of the components of both states; the score multiplies them.',
    states,
    (values) => {
      const sum = total(tensorOf(values, 'decoderState'))
      const sums = rowsOf(tensorOf(values, 'encoderStates')).map((row) => row.reduce((a, b) => a + b, sum))
      return tensor([sums.length], sums)
    },
  ),
  mistakeIn(
    'attentionDistribution',
    'divided by the sum without exponentials',
    'is each score divided by the sum of the scores; the softmax takes exponentials first.',
    ['attentionScores'],
    (values) => {
      const scores = tensorOf(values, 'attentionScores')
      const sum = total(scores) || 1
      return map(scores, (score) => score / sum)
    },
  ),
  mistakeIn(
    'attentionDistribution',
    'exponentials not normalised',
    'is the exponentials of the scores, not divided by their sum.',
    ['attentionScores'],
    (values) => map(tensorOf(values, 'attentionScores'), Math.exp),
  ),
  mistakeIn(
    'attentionDistribution',
    'exponentials of the negative scores',
    'is the softmax of the negative scores: it attends to the states that fit least.',
    ['attentionScores'],
    (values) => softmax(map(tensorOf(values, 'attentionScores'), (score) => -score)),
  ),
  mistakeIn(
    'attentionDistribution',
    'all attention on the largest score',
    'has 1 at the largest score and 0 elsewhere: the lecture’s numbers are the softmax’s, rounded.',
    ['attentionScores'],
    (values) => {
      const scores = rowMajor(tensorOf(values, 'attentionScores'))
      const first = scores.indexOf(Math.max(...scores))
      return tensor(
        [scores.length],
        scores.map((_, i) => (i === first ? 1 : 0)),
      )
    },
  ),
  mistakeIn(
    'attentionDistribution',
    'equal shares',
    'is an equal share for every state, whatever its score.',
    ['attentionScores'],
    (values) => {
      const scores = tensorOf(values, 'attentionScores')
      return map(scores, () => 1 / scores.size)
    },
  ),
  mistakeIn(
    'alignedVectors',
    'multiplied by the scores',
    'is every state times its score; the attention distribution comes from the scores by a softmax.',
    ['attentionScores', 'encoderStates'],
    (values) => scaledRows(tensorOf(values, 'encoderStates'), tensorOf(values, 'attentionScores')),
  ),
  mistakeIn(
    'alignedVectors',
    'decoder state aligned',
    'is the decoder state times each share; it is the encoder states that are weighted.',
    ['attentionDistribution', 'decoderState'],
    (values) => {
      const s = rowMajor(tensorOf(values, 'decoderState'))
      return fromRows([...rowMajor(tensorOf(values, 'attentionDistribution'))].map((share) => s.map((x) => share * x)))
    },
  ),
  mistakeIn(
    'alignedVectors',
    'shares dropped',
    'is the encoder states as they are: their shares of the attention are left out.',
    ['encoderStates'],
    (values) => tensorOf(values, 'encoderStates'),
  ),
  mistakeIn(
    'contextVector',
    'mean of the aligned vectors',
    'is the mean of the aligned vectors: the shares sum to one already.',
    ['alignedVectors'],
    (values) => {
      const aligned = tensorOf(values, 'alignedVectors')
      return map(columnSums(aligned), (sum) => sum / aligned.shape[0])
    },
  ),
  mistakeIn(
    'contextVector',
    'sum of the states without their shares',
    'is the sum of the encoder states; the aligned vectors are summed.',
    ['encoderStates'],
    (values) => columnSums(tensorOf(values, 'encoderStates')),
  ),
  mistakeIn(
    'contextVector',
    'aligned vectors summed along the wrong axis',
    'has one number a state: the components of each aligned vector were added up instead of the vectors.',
    ['alignedVectors'],
    (values) => {
      const aligned = tensorOf(values, 'alignedVectors')
      const [S, E] = aligned.shape
      return reshape(columnSums(reshape(aligned.transpose(1, 0), [E, S])), [S])
    },
  ),
  mistakeIn(
    'contextVector',
    'decoder state added',
    'is what you get when the decoder state is added to the context vector; the decoder gets both side by side.',
    ['alignedVectors', 'decoderState'],
    (values) => zip(columnSums(tensorOf(values, 'alignedVectors')), tensorOf(values, 'decoderState'), (a, b) => a + b),
  ),
]

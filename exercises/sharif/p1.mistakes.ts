import { map, reshape, rowMajor, scalar, type Tensor, tensor, zeros, zip } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Values } from '../exercise.js'
import { mistakeIn } from '../mistake.js'
import { combined, largestOutside, layer, questionOf } from './p1.quantities.js'

type Comparison = (x: Float64Array, row: Float64Array) => number

/** How a vector compares with every row of the vocabulary. */
function compared(x: Float64Array, table: Tensor, comparison: Comparison): Tensor {
  const [count, size] = table.shape
  const rows = rowMajor(table)
  return tensor(
    [count],
    Array.from({ length: count }, (_, j) => comparison(x, rows.subarray(j * size, (j + 1) * size))),
  )
}

const dot: Comparison = (x, row) => x.reduce((sum, value, i) => sum + value * row[i], 0)
const norm = (x: Float64Array) => Math.sqrt(dot(x, x))
const distance: Comparison = (x, row) => norm(x.map((value, i) => value - row[i]))

/** A wrong measure in place of the cosine, for the similarities of c and for those of the analogy vector. */
function measureMistake(name: string, explanation: string, comparison: Comparison): ExerciseMistake {
  return {
    name,
    quantities: ['similarities', 'analogySimilarities'],
    explanation,
    from: (quantity) => ['vectors', quantity === 'similarities' ? 'question' : 'analogy'],
    compute: async (quantity, values) => {
      const table = tensorOf(values, 'vectors')
      const size = table.shape[1]
      const of = (row: number) => rowMajor(table).subarray(row * size, (row + 1) * size)
      const x = quantity === 'similarities' ? of(questionOf(values)[2]) : rowMajor(tensorOf(values, 'analogy'))
      return compared(x, table, comparison)
    },
  }
}

/** The analogy with other signs of a, b and c. */
function analogyMistake(name: string, explanation: string, signs: readonly number[]): ExerciseMistake {
  return mistakeIn('analogy', name, explanation, ['vectors', 'question'], (values, operators) =>
    combined(operators, tensorOf(values, 'vectors'), new Map(questionOf(values).map((word, i) => [word, signs[i]]))),
  )
}

const vectorMistakes: readonly ExerciseMistake[] = [
  measureMistake('dot product', 'is the dot product: it is not divided by the lengths of the vectors.', dot),
  measureMistake(
    'lengths not rooted',
    'is what you get when the dot product is divided by the squares of the lengths.',
    (x, row) => dot(x, row) / (dot(x, x) * dot(row, row)),
  ),
  measureMistake(
    'lengths added',
    'is what you get when the lengths are added instead of multiplied.',
    (x, row) => dot(x, row) / (norm(x) + norm(row)),
  ),
  measureMistake(
    'one length only',
    'is the projection on the other word: it is divided by one length only.',
    (x, row) => dot(x, row) / norm(row),
  ),
  measureMistake('Euclidean distance', 'is the Euclidean distance, not the cosine of the angle.', distance),
  measureMistake(
    'cosine distance',
    'is the cosine distance, 1 − cos.',
    (x, row) => 1 - dot(x, row) / (norm(x) * norm(row)),
  ),
  analogyMistake('difference the wrong way', 'is c + a − b: the difference goes from a to b.', [1, -1, 1]),
  analogyMistake('everything added', 'is the sum a + b + c; the vector of a has to be taken away.', [1, 1, 1]),
  analogyMistake('difference only', 'is the difference b − a, which has yet to be added to c.', [-1, 1, 0]),
  analogyMistake('words exchanged', 'is b − c + a: a is to b as c is to ?, not c is to b.', [1, 1, -1]),
  mistakeIn(
    'answer',
    'words of the question not left out',
    'is a word of the question itself; these are left out of the search.',
    ['analogySimilarities'],
    (values) => largestOutside(tensorOf(values, 'analogySimilarities'), []),
  ),
  mistakeIn(
    'answer',
    'most similar to c',
    'is the word that is most similar to c; it should be most similar to the analogy vector.',
    ['similarities', 'question'],
    (values) => largestOutside(tensorOf(values, 'similarities'), questionOf(values)),
  ),
  mistakeIn(
    'answer',
    'least similar word',
    'is the word with the smallest cosine; a cosine is larger the more similar the words are.',
    ['analogySimilarities', 'question'],
    (values) =>
      largestOutside(
        map(tensorOf(values, 'analogySimilarities'), (x) => -x),
        questionOf(values),
      ),
  ),
]

/** Rows of the vocabulary, as they are counted in `weights`. */
function weighted(values: Values, weightOf: (row: number, ids: readonly number[]) => number): Tensor {
  const table = tensorOf(values, 'vectors')
  const [count, size] = table.shape
  const [rows, ids] = [rowMajor(table), [...rowMajor(tensorOf(values, 'text'))]]
  const sum = new Float64Array(size)
  for (let row = 0; row < count; row++)
    for (let i = 0; i < size; i++) sum[i] += weightOf(row, ids) * rows[row * size + i]
  return tensor([size], sum)
}

const times = (row: number, ids: readonly number[]) => ids.filter((id) => id === row).length

function meanMistake(
  name: string,
  explanation: string,
  weightOf: (row: number, ids: readonly number[], words: number) => number,
): ExerciseMistake {
  return mistakeIn('mean', name, explanation, ['vectors', 'text'], (values) => {
    const words = tensorOf(values, 'vectors').shape[0]
    return weighted(values, (row, ids) => weightOf(row, ids, words))
  })
}

const layerOf = (name: 'hidden' | 'output', x: string) => [`${name}Weights`, x, `${name}Bias`]

/** Logits computed without the bias. */
function biasMistake(quantity: string, name: 'hidden' | 'output', x: string): ExerciseMistake {
  return mistakeIn(
    quantity,
    `bias left out (${name})`,
    'is what you get without the bias.',
    layerOf(name, x),
    (values, operators) => {
      const bias = tensorOf(values, `${name}Bias`)
      return layer(operators, tensorOf(values, x), tensorOf(values, `${name}Weights`), zeros(bias.shape))
    },
  )
}

const classifierMistakes: readonly ExerciseMistake[] = [
  meanMistake('sum not divided', 'is the sum of the vectors; the mean is divided by the number of words.', times),
  meanMistake(
    'repeated words once',
    'is what you get when a word that occurs twice counts once: the mean of the different words.',
    (row, ids) => (ids.includes(row) ? 1 / new Set(ids).size : 0),
  ),
  meanMistake(
    'divided by the vocabulary',
    'is what you get when the sum is divided by the number of words of the vocabulary.',
    (row, ids, words) => times(row, ids) / words,
  ),
  biasMistake('hiddenSums', 'hidden', 'mean'),
  biasMistake('logits', 'output', 'hidden'),
  mistakeIn('hidden', 'ReLU left out', 'is what you get without the ReLU.', ['hiddenSums'], (values) =>
    tensorOf(values, 'hiddenSums'),
  ),
  mistakeIn(
    'hidden',
    'sigmoid in place of ReLU',
    'is what you get with a sigmoid in the hidden layer.',
    ['hiddenSums'],
    (values, operators) => forward(operators, 'sigmoid', 'y', { x: tensorOf(values, 'hiddenSums') }),
  ),
  mistakeIn(
    'probabilities',
    'sigmoid of each logit',
    'is the sigmoid of each logit; the classes share one softmax, and their probabilities sum to 1.',
    ['logits'],
    (values, operators) => forward(operators, 'sigmoid', 'y', { x: tensorOf(values, 'logits') }),
  ),
  mistakeIn('class', 'smallest logit', 'is the class with the smallest logit.', ['logits'], (values) =>
    largestOutside(
      map(tensorOf(values, 'logits'), (x) => -x),
      [],
    ),
  ),
  mistakeIn(
    'loss',
    'loss of the other class',
    'is the loss for the other class.',
    ['probabilities', 'label'],
    (values) => scalar(-Math.log(rowMajor(tensorOf(values, 'probabilities'))[1 - numberOf(values, 'label')])),
  ),
  mistakeIn(
    'loss',
    'logarithm to base 2',
    'is the loss in bits: the logarithm is to base 2, not the natural one.',
    ['probabilities', 'label'],
    (values) => scalar(-Math.log2(rowMajor(tensorOf(values, 'probabilities'))[numberOf(values, 'label')])),
  ),
  mistakeIn(
    'loss',
    'logarithm of every class',
    'is the sum of −log p over all classes; only that of the text counts.',
    ['probabilities'],
    (values) => scalar(rowMajor(tensorOf(values, 'probabilities')).reduce((sum, p) => sum - Math.log(p), 0)),
  ),
]

/** The gradient by the table as a factor of g for every row. */
function tableMistake(
  name: string,
  explanation: string,
  factorOf: (row: number, ids: readonly number[]) => number,
): ExerciseMistake {
  return mistakeIn('vectorsGradient', name, explanation, ['meanGradient', 'vectors', 'text'], (values) => {
    const [g, ids] = [rowMajor(tensorOf(values, 'meanGradient')), [...rowMajor(tensorOf(values, 'text'))]]
    const [count, size] = tensorOf(values, 'vectors').shape
    const rows = Array.from({ length: count }, (_, row) => [...g].map((slope) => slope * factorOf(row, ids)))
    return tensor([count, size], rows.flat())
  })
}

const gradientMistakes: readonly ExerciseMistake[] = [
  mistakeIn(
    'logitsGradient',
    'gradient of the opposite sign',
    'is onehot(y) − p, the direction of descent; the gradient is p − onehot(y).',
    ['probabilities', 'label'],
    (values) => map(oneHotDifference(values), (x) => -x),
  ),
  mistakeIn(
    'logitsGradient',
    'one-hot vector not subtracted',
    'is p itself: the 1 of the right class has not been subtracted.',
    ['probabilities'],
    (values) => tensorOf(values, 'probabilities'),
  ),
  mistakeIn(
    'meanGradient',
    'derivative of the ReLU forgotten',
    'is what you get when the gradient also passes hidden units that are off.',
    ['logitsGradient', 'outputWeights', 'hiddenWeights'],
    async (values, operators) => {
      const back = (y: Tensor, weight: string) =>
        forward(operators, 'matmul', 'y', { a: reshape(y, [1, y.size]), b: tensorOf(values, weight) })
      const y = await back(await back(tensorOf(values, 'logitsGradient'), 'outputWeights'), 'hiddenWeights')
      return reshape(y, [y.size])
    },
  ),
  tableMistake(
    'mean not divided',
    'is what you get when every word gets the whole gradient of the mean; it gets a T-th of it.',
    times,
  ),
  tableMistake(
    'gradient of repeated words once',
    'is what you get when a word that occurs twice gets its gradient once.',
    (row, ids) => (ids.includes(row) ? 1 / ids.length : 0),
  ),
  tableMistake(
    'every word moved',
    'has a gradient for words that are not in the text; only the rows of its words move.',
    (_, ids) => 1 / ids.length,
  ),
  tableMistake('embedding frozen', 'is zero, as if the embedding were frozen.', () => 0),
]

/** p − onehot(label). */
function oneHotDifference(values: Values): Tensor {
  const p = tensorOf(values, 'probabilities')
  const label = numberOf(values, 'label')
  const oneHot = tensor(
    p.shape,
    [...rowMajor(p).keys()].map((i) => (i === label ? 1 : 0)),
  )
  return zip(p, oneHot, (a, b) => a - b)
}

function countMistake(
  quantity: string,
  name: string,
  explanation: string,
  from: readonly string[],
  count: (...numbers: readonly number[]) => number,
): ExerciseMistake {
  return mistakeIn(quantity, name, explanation, from, (values) =>
    scalar(count(...from.map((input) => numberOf(values, input)))),
  )
}

const sizes = ['lstmUnits', 'lstmInputs']

const countMistakes: readonly ExerciseMistake[] = [
  countMistake(
    'frozenParameters',
    'one gate only',
    'counts one of the four parts: input, forget and output gate and the candidate have weights of their own.',
    sizes,
    (H, D) => H * (D + H + 1),
  ),
  countMistake(
    'frozenParameters',
    'three gates',
    'counts three parts, as a GRU has them: the candidate has weights too.',
    sizes,
    (H, D) => 3 * H * (D + H + 1),
  ),
  countMistake(
    'frozenParameters',
    'biases forgotten',
    'is what you get without biases.',
    sizes,
    (H, D) => 4 * H * (D + H),
  ),
  countMistake(
    'frozenParameters',
    'recurrent weights forgotten',
    'is what you get without the weights from one hidden state to the next.',
    sizes,
    (H, D) => 4 * H * (D + 1),
  ),
  countMistake(
    'trainedParameters',
    'embedding left out',
    'is the number of the LSTM alone: an embedding that is not frozen is trained too.',
    ['frozenParameters'],
    (frozen) => frozen,
  ),
  countMistake(
    'trainedParameters',
    'embedding only',
    'is the number of the embedding alone.',
    ['lstmVocabulary', 'lstmInputs'],
    (V, D) => V * D,
  ),
]

/** What people get wrong in sharif/p1. */
export const wordMistakes: readonly ExerciseMistake[] = [
  ...vectorMistakes,
  ...classifierMistakes,
  ...gradientMistakes,
  ...countMistakes,
]

import { fromNested, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { ConventionAxis, Exercise, Given, Values } from '../exercise.js'
import type { Picture } from '../picture.js'
import { textExperiment, textTrainings } from './p1.experiment.js'
import { wordLaws, wordsArbitrary } from './p1.laws.js'
import { wordMistakes } from './p1.mistakes.js'
import { questionOf, sumOfProducts, wordQuantities } from './p1.quantities.js'
import { analogyExperiment } from './wordAnalogies.js'

/** The words of the small vocabulary, in the order of its rows. */
const words = ['man', 'woman', 'king', 'queen', 'prince', 'water'] as const

/** The source works with vectors of 100 numbers; these are small enough to be worked by hand. */
const given: readonly Given[] = [
  {
    name: 'vectors',
    symbols: ['E', 'vectors', 'embedding', 'embeddings'],
    meaning: `the vector of every word, a row each, counted from 0: ${words.join(', ')}`,
    kind: 'real',
    value: fromNested([
      [1, 1, 0],
      [1, 0, 0],
      [3, 2, 3],
      [3, 0, 3],
      [1, 1, 1],
      [-1, 1, -1],
    ]),
  },
  {
    name: 'question',
    symbols: ['q', 'question', 'abc'],
    meaning: 'the rows of a, b and c in «a is to b as c is to ?»',
    kind: 'whole',
    value: tensor([3], [0, 1, 2]),
  },
  {
    name: 'text',
    symbols: ['w', 'text', 'ids', 'review'],
    meaning: 'the rows of the words of a text',
    kind: 'whole',
    value: tensor([4], [2, 5, 2, 1]),
  },
  {
    name: 'label',
    symbols: ['y_true', 'label', 'target', 'y_target', 'c'],
    meaning: 'the class of the text: 0 or 1',
    kind: 'whole',
    value: scalar(1),
  },
  {
    name: 'hiddenWeights',
    symbols: ['W_1'],
    meaning: 'the weights of the hidden layer',
    kind: 'real',
    value: fromNested([
      [1, -1, 1],
      [-1, 1, -1],
    ]),
  },
  {
    name: 'hiddenBias',
    symbols: ['b_1'],
    meaning: 'the biases of the hidden layer',
    kind: 'real',
    value: tensor([2], [0.5, 1]),
  },
  {
    name: 'outputWeights',
    symbols: ['W_2'],
    meaning: 'the weights of the output layer',
    kind: 'real',
    value: fromNested([
      [1, -1],
      [-0.5, 1],
    ]),
  },
  {
    name: 'outputBias',
    symbols: ['b_2'],
    meaning: 'the biases of the output layer',
    kind: 'real',
    value: tensor([2], [-1, 0.5]),
  },
  {
    name: 'lstmVocabulary',
    symbols: ['V', 'vocabulary size'],
    meaning: 'the words that have a row in the embedding of the LSTM',
    kind: 'whole',
    value: scalar(2323),
  },
  {
    name: 'lstmInputs',
    symbols: ['D', 'vector size', 'embedding size'],
    meaning: 'the numbers in a vector that the LSTM reads',
    kind: 'whole',
    value: scalar(100),
  },
  {
    name: 'lstmUnits',
    symbols: ['H', 'hidden size', 'units'],
    meaning: 'the units of the LSTM',
    kind: 'whole',
    value: scalar(24),
  },
]

const biases: ConventionAxis = {
  axis: 'biases of the LSTM',
  conventions: [
    { name: 'one bias', description: 'every gate has one bias a unit, as in the equations of the LSTM', overrides: {} },
    {
      name: 'two biases',
      description: 'every gate has two biases a unit, one with each weight matrix, as some libraries have them',
      overrides: {
        frozenParameters: {
          from: ['lstmUnits', 'lstmInputs'],
          formula: '4 \\cdot H \\cdot (D + H + 2)',
          compute: (values, operators) => {
            const [H, D] = ['lstmUnits', 'lstmInputs'].map((name) => numberOf(values, name))
            return sumOfProducts(operators, [
              [4 * H, D],
              [4 * H, H],
              [4 * H, 2],
            ])
          },
        },
      },
    },
  ],
}

/** The cosines of all pairs of words. */
function cosines(table: Tensor): readonly (readonly number[])[] {
  const [count, size] = table.shape
  const rows = Array.from({ length: count }, (_, row) => rowMajor(table).subarray(row * size, (row + 1) * size))
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i], 0)
  return rows.map((a) => rows.map((b) => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))))
}

function pictures(values: Values): readonly Picture[] {
  const table = tensorOf(values, 'vectors')
  const names = Array.from({ length: table.shape[0] }, (_, row) => `word ${row}`)
  return [
    {
      kind: 'heatMap',
      title: 'Cosine similarity of all pairs of words',
      rowTitle: 'word',
      columnTitle: 'word',
      rows: names,
      columns: names,
      values: cosines(table),
      labelled: true,
    },
  ]
}

/** The two largest of the numbers are this far apart. */
function lead(numbers: readonly number[]): number {
  const [first, second] = [...numbers].sort((a, b) => b - a)
  return first - second
}

/** No ties, a repeated word in the text, a hidden unit that is on, and no class that is all but certain. */
function isWorkable(values: Values): boolean {
  const numbers = (name: string) => [...rowMajor(tensorOf(values, name))]
  const asked = questionOf(values)
  const others = numbers('analogySimilarities').filter((_, word) => !asked.includes(word))
  const sums = numbers('hiddenSums')
  return (
    lead(others) > 0.02 &&
    new Set(numbers('text')).size < 4 &&
    sums.some((a) => a > 0) &&
    sums.every((a) => a !== 0) &&
    lead(numbers('logits')) >= 0.25 &&
    lead(numbers('logits')) <= 4
  )
}

export const sharifP1: Exercise = {
  id: 'sharif/p1',
  title: 'Word vectors, and texts classified by them',
  source: 'Sharif University of Technology, Deep Learning, fourth homework, autumn 2022, practical exercise 1',
  statement: `Every word has a vector, a row of $E$. (1) How similar, by the cosine, are the words to the word $c$? (2) Which word completes the
analogy «$a$ is to $b$ as $c$ is to ?»: that whose vector is most similar to $v = E_c - E_a + E_b$, the words of the question left out?

(3) A text is classified by the mean $m$ of the vectors of its words, by a hidden layer of ReLUs with $W_1$, $b_1$ and a softmax over
$W_2 h + b_2$. What are the probabilities of the classes, and the loss?

(4) An LSTM of $H$ units reads the vectors instead, from an embedding of $V$ words with $D$ numbers each, which is either frozen or trained too. How many
parameters of LSTM and embedding are trained in either case? Which rows of an embedding that is not frozen does a text move? Compare the two, and both with (3), on
real texts and real vectors.`,
  heading: { number: 'p1' },
  given,
  arbitrary: wordsArbitrary,
  stages: [],
  quantities: wordQuantities,
  conventions: [biases],
  mistakes: wordMistakes,
  laws: wordLaws,
  experiments: [analogyExperiment, textExperiment],
  trainings: textTrainings,
  worksheet: { arbitrary: wordsArbitrary, isWorkable },
  pictures,
}

import { fromNested, rowMajor, tensor, zeros } from '../../oracle/tensor.js'
import type { Exercise, Given, Values } from '../exercise.js'
import type { Picture } from '../picture.js'
import { sentenceExperiment } from './1.3.experiment.js'
import { classifierLaws, isDecided, sentenceArbitrary } from './1.3.laws.js'
import { classifierMistakes } from './1.3.mistakes.js'
import { classifierQuantities } from './1.3.quantities.js'

/** The words of the vocabulary, in the order of its rows. */
export const words = ['this', 'is', 'good', 'bad', 'great', 'horrible', '<unk>'] as const

const given: readonly Given[] = [
  {
    name: 'vocabulary',
    symbols: ['cal V', 'vocabulary'],
    meaning: `the vector of every word, a row each: ${words.join(', ')}`,
    kind: 'whole',
    value: fromNested([
      [0, -1, 2],
      [1, -2, 0],
      [3, 1, -2],
      [-2, -1, 1],
      [4, 1, -2],
      [-2, -2, 1],
      [0, 0, 0],
    ]),
  },
  {
    name: 'sentence',
    symbols: ['ids', 'sentence'],
    meaning: 'the rows of the words of the sentence; the source has «this was horrible», and «was» is unknown',
    kind: 'whole',
    range: { least: 0, most: words.length - 1 },
    value: tensor([3], [0, 6, 5]),
  },
  {
    name: 'inputWeights',
    symbols: ['W_wh', 'V', 'W_xh', 'W_ih', 'W_hx', 'W_x'],
    meaning: 'the weights from a word to the hidden state',
    kind: 'whole',
    value: fromNested([
      [0, -1, 2],
      [1, -2, 0],
    ]),
  },
  {
    name: 'hiddenWeights',
    symbols: ['W_hh', 'U', 'W_h'],
    meaning: 'the weights from one hidden state to the next',
    kind: 'whole',
    value: fromNested([
      [1, 0],
      [0, 1],
    ]),
  },
  {
    name: 'outputWeights',
    symbols: ['W_hy', 'W', 'W_ho', 'W_yh', 'W_y'],
    meaning: 'the weights from the hidden state to the logits',
    kind: 'whole',
    value: fromNested([
      [0, 1],
      [1, 0],
      [2, -1],
    ]),
  },
  { name: 'h0', symbols: ['h_0'], meaning: 'the initial hidden state', kind: 'whole', value: zeros([2]) },
  {
    name: 'hiddenBias',
    symbols: ['b_h', 'C', 'c'],
    meaning: 'the bias of the hidden state',
    kind: 'whole',
    value: zeros([2]),
  },
  {
    name: 'outputBias',
    symbols: ['b_y', 'b', 'b_o'],
    meaning: 'the bias of the logits',
    kind: 'whole',
    value: zeros([3]),
  },
]

/** The network unrolled over the three words, with its states. */
function unrolled(values: Values): readonly Picture[] {
  const text = (name: string) => `(${[...rowMajor(values[name])].map((value) => Number(value.toFixed(3))).join(', ')})`
  const ids = [...rowMajor(values.sentence)]
  const steps = [1, 2, 3]
  return [
    {
      kind: 'graph',
      title: 'The network unrolled over time',
      nodes: [
        { name: 'h0', column: 0, row: 1, label: `h₀ = ${text('h0')}` },
        ...steps.map((t) => ({ name: `x${t}`, column: t, row: 2, label: `${words[ids[t - 1]]} ${text(`x${t}`)}` })),
        ...steps.map((t) => ({ name: `h${t}`, column: t, row: 1, label: `h${'₁₂₃'[t - 1]} = ${text(`h${t}`)}` })),
        { name: 'z', column: 3, row: 0, label: `z = ${text('logits')}` },
      ],
      edges: [
        ...steps.map((t) => ({ from: `x${t}`, to: `h${t}`, label: 'W_wh' })),
        ...steps.map((t) => ({ from: `h${t - 1}`, to: `h${t}`, label: 'W_hh' })),
        { from: 'h3', to: 'z', label: 'W_hy' },
      ],
    },
  ]
}

export const exercise13: Exercise = {
  id: 'ntua/1.3',
  title: 'Classifying a short text with a recurrent network',
  source: 'NTUA, Neural Networks and Deep Learning, first series of exercises 2023, exercise 1.3',
  statement: `A recurrent network sorts short texts into the classes 0, 1 and 2. A word is a vector of three numbers, a row of the vocabulary
$\\mathcal{V}$: ${words.join(', ')}. The network adds $W_{wh} \\cdot x_t$ to $W_{hh} \\cdot h_{t-1}$ and the bias, and applies ReLU; the class
comes from a softmax over $W_{hy} \\cdot h_3 + b_y$.

(1) How does it classify the sentence whose words are these rows of the vocabulary? (2) Is it well trained? (3) How does the prediction change
when the mean of $h_1$, $h_2$ and $h_3$ takes the place of $h_3$?`,
  heading: { number: '1.3' },
  given,
  arbitrary: sentenceArbitrary,
  stages: [
    { name: 'last', title: 'With the last hidden state' },
    { name: 'mean', title: 'With the mean of the hidden states' },
  ],
  quantities: classifierQuantities,
  conventions: [],
  mistakes: classifierMistakes,
  laws: classifierLaws,
  experiments: [sentenceExperiment(given, words)],
  pictures: unrolled,
  worksheet: { arbitrary: sentenceArbitrary, isWorkable: isDecided },
}

import { fromNested, rowMajor, scalar, tensor } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import type { Exercise, Given, Values } from '../exercise.js'
import type { Picture } from '../picture.js'
import { bertTrainings, spamExperiment } from './p2.experiment.js'
import { bertLaws, messageArbitrary, sizes } from './p2.laws.js'
import { bertMistakes } from './p2.mistakes.js'
import { bertQuantities } from './p2.quantities.js'

const tokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'free', 'money', 'now', 'meeting'] as const

/** A message and numbers that can be worked by hand; the source has only real messages and a whole BERT. */
const given: readonly Given[] = [
  {
    name: 'ids',
    symbols: ['id', 'ids', 'tokens', 'input'],
    meaning: `the tokens of a message: ${tokens.map((token, id) => `${id} ${token}`).join(', ')}`,
    kind: 'whole',
    value: tensor([8], [2, 5, 6, 1, 8, 7, 3, 0]),
  },
  {
    name: 'draws',
    symbols: ['u', 'draws'],
    meaning: 'a number drawn for every token: below the rate, a word is chosen',
    kind: 'real',
    value: tensor([8], [0.05, 0.1, 0.6, 0.02, 0.12, 0.14, 0.9, 0.01]),
  },
  {
    name: 'actions',
    symbols: ['a', 'actions'],
    meaning: 'a second number drawn for every token: what becomes of it if it is chosen',
    kind: 'real',
    value: tensor([8], [0.3, 0.4, 0.5, 0.7, 0.85, 0.95, 0.2, 0.1]),
  },
  {
    name: 'replacements',
    symbols: ['r', 'replacements'],
    meaning: 'a token drawn for every place, which takes the place of a word that is replaced',
    kind: 'whole',
    value: tensor([8], [7, 8, 5, 6, 6, 8, 5, 7]),
  },
  {
    name: 'rate',
    symbols: ['rho', 'rate', 'p_mask'],
    meaning: 'the share of the words that are chosen',
    kind: 'real',
    value: scalar(0.15),
  },
  {
    name: 'wordLogits',
    symbols: ['Z', 'word logits', 'Z_w', 'logits_w'],
    meaning: 'the logits of all tokens that the model answers with, a row for every place',
    kind: 'real',
    value: fromNested([
      [0, 1, 0, 0, 0, 1, 0, 0, 0],
      [-1, 0, -1, -1, -1, 2, 1, 0, 0],
      [0, 0, -1, 0, -1, 1, 2, 1, 0],
      [-1, 1, 0, -1, 0, 1, 0, 0, 2],
      [0, 0, -1, -1, 0, 0, 1, 2, 1],
      [-1, 0, 0, 0, -1, 1, 0, 2, 0],
      [0, 0, 0, 1, 0, 0, 0, 0, 1],
      [1, 0, 0, 0, 0, 0, 1, 0, 0],
    ]),
  },
  {
    name: 'begin',
    symbols: ['h_cls', 'h', 'c', 'C', 'h_0'],
    meaning: 'the output of the encoder at [CLS]',
    kind: 'real',
    value: tensor([3], [1, -0.5, 2]),
  },
  {
    name: 'classWeights',
    symbols: ['W', 'W_c', 'W_cls'],
    meaning: 'the weights of the classes no spam and spam',
    kind: 'real',
    value: fromNested([
      [1, 1, -1],
      [0, -2, 0.5],
    ]),
  },
  {
    name: 'classBias',
    symbols: ['b', 'b_c', 'b_cls'],
    meaning: 'the biases of the classes',
    kind: 'real',
    value: tensor([2], [1, -0.5]),
  },
  {
    name: 'label',
    symbols: ['y', 'label', 'target', 'y_true'],
    meaning: 'the class of the message: 1 is spam',
    kind: 'whole',
    value: scalar(1),
  },
]

function pictures(values: Values): readonly Picture[] {
  const p = rowMajor(tensorOf(values, 'wordProbabilities'))
  const ids = rowMajor(tensorOf(values, 'ids'))
  const chosen = rowMajor(tensorOf(values, 'chosen'))
  return [
    {
      kind: 'heatMap',
      title: 'Probabilities of the tokens; the loss counts the chosen places only',
      rowTitle: 'place, with the token that stood there',
      columnTitle: 'token',
      rows: [...ids].map((id, t) => `${tokens[id]}${chosen[t] === 1 ? ' (chosen)' : ''}`),
      columns: [...tokens],
      values: [...ids.keys()].map((t) => [...p.subarray(t * sizes.vocabulary, (t + 1) * sizes.vocabulary)]),
      labelled: true,
    },
  ]
}

/** Two or three chosen words that do not all meet the same fate, and no class that is all but certain. */
function isWorkable(values: Values): boolean {
  const numbers = (name: string) => [...rowMajor(tensorOf(values, name))]
  const [chosen, actions, logits] = ['chosen', 'actions', 'classLogits'].map(numbers)
  const count = chosen.reduce((sum, one) => sum + one, 0)
  const distance = Math.abs(logits[0] - logits[1])
  const fates = actions.filter((_, t) => chosen[t] === 1)
  return count >= 2 && count <= 4 && fates.some((action) => action >= 0.8) && distance > 0 && distance <= 4
}

export const sharifP2: Exercise = {
  id: 'sharif/p2',
  title: 'Spam classified by a small BERT',
  source: 'Sharif University of Technology, Deep Learning, fourth homework, autumn 2022, practical exercise 2',
  statement: `A BERT is pre-trained on messages without their classes, by predicting words that it does not see, and then fine-tuned to tell spam.

(1) Pre-training: of the words of a message (special tokens are none; an unknown word is one) those are chosen whose draw $u_t$ is below the rate $\\rho$. A chosen
word becomes [MASK] where $a_t < 0.8$, the token $r_t$ where $0.8 \\le a_t < 0.9$, and stays as it is else. Which words are chosen, and what
does the model read? With the logits $Z$ of all tokens at every place: what is the loss, the mean over the chosen words of the cross-entropy of the words that stood there?

(2) Fine-tuning: the classes have the logits $z = W h_{CLS} + b$. What are their probabilities, the predicted class, the loss for the given class, and the gradients
by $z$ and $h_{CLS}$?

(3) What does pre-training change on real messages, of which only a few have a known class?`,
  heading: { number: 'p2' },
  given,
  arbitrary: messageArbitrary,
  stages: [
    { name: 'pre-training', title: 'Pre-training' },
    { name: 'fine-tuning', title: 'Fine-tuning' },
  ],
  quantities: bertQuantities,
  conventions: [],
  mistakes: bertMistakes,
  laws: bertLaws,
  experiments: [spamExperiment],
  trainings: bertTrainings,
  worksheet: { arbitrary: messageArbitrary, isWorkable },
  pictures,
}

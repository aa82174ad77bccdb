import { map, reshape, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Values } from '../exercise.js'
import { mistakeIn } from '../mistake.js'
import { isWord, special, tokenLosses } from './p2.quantities.js'

/** What becomes of one token. */
interface Place {
  readonly id: number
  readonly draw: number
  readonly action: number
  readonly replacement: number
  readonly rate: number
}

function placesOf(values: Values): readonly Place[] {
  const [ids, draws, actions, replacements] = ['ids', 'draws', 'actions', 'replacements'].map((name) =>
    rowMajor(tensorOf(values, name)),
  )
  const rate = numberOf(values, 'rate')
  return [...ids].map((id, t) => ({ id, draw: draws[t], action: actions[t], replacement: replacements[t], rate }))
}

function maskingMistake(
  quantity: 'chosen' | 'masked',
  name: string,
  explanation: string,
  wrong: (place: Place) => number,
): ExerciseMistake {
  return mistakeIn(quantity, name, explanation, ['ids', 'draws', 'actions', 'replacements', 'rate'], (values) => {
    const tokens = placesOf(values).map(wrong)
    return tensor([tokens.length], tokens)
  })
}

const isChosen = ({ id, draw, rate }: Place) => isWord(id) && draw < rate

const maskingMistakes: readonly ExerciseMistake[] = [
  mistakeIn(
    'attentionMask',
    'padding attended to',
    'has a 1 for padding too, which attention must not look at.',
    ['ids'],
    (values) => map(tensorOf(values, 'ids'), () => 1),
  ),
  mistakeIn(
    'attentionMask',
    'special tokens left out',
    'has a 0 for [CLS] and [SEP]; attention looks at them like at any other token but padding.',
    ['ids'],
    (values) => map(tensorOf(values, 'ids'), (id) => (isWord(id) ? 1 : 0)),
  ),
  mistakeIn('attentionMask', 'mask the wrong way', 'has 1 for padding and 0 for all others.', ['ids'], (values) =>
    map(tensorOf(values, 'ids'), (id) => (id === special.pad ? 1 : 0)),
  ),
  maskingMistake(
    'chosen',
    'special tokens chosen',
    'has chosen special tokens or padding, which are never predicted.',
    ({ draw, rate }) => (draw < rate ? 1 : 0),
  ),
  maskingMistake(
    'chosen',
    'draw compared the wrong way',
    'has chosen where the draw is at least the rate.',
    ({ id, draw, rate }) => (isWord(id) && draw >= rate ? 1 : 0),
  ),
  maskingMistake(
    'chosen',
    'only those that become [MASK]',
    'has only the words that become [MASK]; those that are replaced or kept are chosen too, and count in the loss.',
    (place) => (isChosen(place) && place.action < 0.8 ? 1 : 0),
  ),
  maskingMistake(
    'masked',
    'every chosen word masked',
    'is what you get when every chosen word becomes [MASK].',
    (place) => (isChosen(place) ? special.mask : place.id),
  ),
  maskingMistake(
    'masked',
    'no word kept',
    'is what you get when a chosen word is replaced where it should be kept, at 0.9 and above.',
    (place) => (isChosen(place) ? (place.action < 0.8 ? special.mask : place.replacement) : place.id),
  ),
  maskingMistake(
    'masked',
    'no word replaced',
    'is what you get when a chosen word is kept where it should be replaced, from 0.8 to 0.9.',
    (place) => (isChosen(place) && place.action < 0.8 ? special.mask : place.id),
  ),
  maskingMistake(
    'masked',
    'words not chosen masked',
    'is what you get when the second draw acts on every word, chosen or not.',
    ({ id, action, replacement }) => {
      if (!isWord(id) || action >= 0.9) return id
      return action < 0.8 ? special.mask : replacement
    },
  ),
]

/** The mean over the places of which this is true. */
async function meanLoss(
  values: Values,
  operators: Parameters<ExerciseMistake['compute']>[2],
  counts: (t: number, id: number, chosen: number) => boolean,
): Promise<Tensor> {
  const losses = rowMajor(await tokenLosses(values, operators))
  const [ids, chosen] = [rowMajor(tensorOf(values, 'ids')), rowMajor(tensorOf(values, 'chosen'))]
  const counted = losses.filter((_, t) => counts(t, ids[t], chosen[t]))
  return scalar(counted.reduce((sum, loss) => sum + loss, 0) / counted.length)
}

const lossInputs = ['wordLogits', 'ids', 'chosen']

const pretrainingMistakes: readonly ExerciseMistake[] = [
  mistakeIn(
    'wordProbabilities',
    'sigmoid of each logit',
    'is the sigmoid of each logit; the tokens share one softmax at every place.',
    ['wordLogits'],
    (values, operators) => forward(operators, 'sigmoid', 'y', { x: tensorOf(values, 'wordLogits') }),
  ),
  mistakeIn(
    'wordProbabilities',
    'softmax over the places',
    'is the softmax over the places; at every place the probabilities of the tokens sum to 1.',
    ['wordLogits'],
    (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, 'wordLogits') }, { axis: 0 }),
  ),
  mistakeIn(
    'tokenLosses',
    'loss at every place',
    'counts the loss at every place, chosen or not.',
    lossInputs.slice(0, 2),
    (values, operators) => tokenLosses(values, operators),
  ),
  mistakeIn(
    'tokenLosses',
    'loss of the token that was read',
    'is the loss of the tokens that the model reads, [MASK] among them; it is to predict the words that stood there.',
    ['wordLogits', 'masked', 'chosen'],
    async (values, operators) => {
      const losses = rowMajor(await tokenLosses({ ...values, ids: tensorOf(values, 'masked') }, operators))
      const chosen = rowMajor(tensorOf(values, 'chosen'))
      return tensor(
        [losses.length],
        losses.map((loss, t) => loss * chosen[t]),
      )
    },
  ),
  mistakeIn(
    'maskedLoss',
    'mean over all tokens',
    'is what you get when the sum is divided by the number of all tokens.',
    ['tokenLosses'],
    (values) => {
      const losses = rowMajor(tensorOf(values, 'tokenLosses'))
      return scalar(losses.reduce((sum, loss) => sum + loss, 0) / losses.length)
    },
  ),
  mistakeIn(
    'maskedLoss',
    'sum not divided',
    'is the sum over the chosen words; the loss is their mean.',
    ['tokenLosses'],
    (values) => scalar(rowMajor(tensorOf(values, 'tokenLosses')).reduce((sum, loss) => sum + loss, 0)),
  ),
  mistakeIn(
    'maskedLoss',
    'loss of all tokens',
    'is the mean over all tokens; only the chosen words count.',
    lossInputs,
    (values, operators) => meanLoss(values, operators, () => true),
  ),
  mistakeIn(
    'maskedLoss',
    'loss where not chosen',
    'is the mean over the words that were not chosen.',
    lossInputs,
    (values, operators) => meanLoss(values, operators, (_, id, chosen) => isWord(id) && chosen === 0),
  ),
  mistakeIn(
    'shares',
    'shares of the chosen words',
    'are the shares of the chosen words, not of all words.',
    ['rate'],
    () => tensor([3], [0.8, 0.1, 0.1]),
  ),
]

const fineTuningMistakes: readonly ExerciseMistake[] = [
  mistakeIn(
    'classLogits',
    'bias left out',
    'is what you get without the bias.',
    ['begin', 'classWeights'],
    (values, operators) =>
      forward(operators, 'linear', 'y', { x: tensorOf(values, 'begin'), weight: tensorOf(values, 'classWeights') }),
  ),
  mistakeIn(
    'classProbabilities',
    'sigmoid of each class',
    'is the sigmoid of each logit; the two classes share one softmax.',
    ['classLogits'],
    (values, operators) => forward(operators, 'sigmoid', 'y', { x: tensorOf(values, 'classLogits') }),
  ),
  mistakeIn('class', 'smallest logit', 'is the class with the smallest logit.', ['classLogits'], (values) => {
    const data = rowMajor(tensorOf(values, 'classLogits'))
    return scalar(data.indexOf(Math.min(...data)))
  }),
  mistakeIn(
    'classLoss',
    'loss of the other class',
    'is the loss for the other class.',
    ['classProbabilities', 'label'],
    (values) => scalar(-Math.log(rowMajor(tensorOf(values, 'classProbabilities'))[1 - numberOf(values, 'label')])),
  ),
  mistakeIn(
    'classLoss',
    'logarithm to base 2',
    'is the loss in bits: the logarithm is to base 2, not the natural one.',
    ['classProbabilities', 'label'],
    (values) => scalar(-Math.log2(rowMajor(tensorOf(values, 'classProbabilities'))[numberOf(values, 'label')])),
  ),
  mistakeIn(
    'classLoss',
    'probability itself',
    'is 1 − p; the loss is −log p.',
    ['classProbabilities', 'label'],
    (values) => scalar(1 - rowMajor(tensorOf(values, 'classProbabilities'))[numberOf(values, 'label')]),
  ),
  mistakeIn(
    'classGradient',
    'difference the wrong way',
    'is onehot(y) − p, the direction of descent; the gradient is p − onehot(y).',
    ['classProbabilities', 'label'],
    (values) => {
      const label = numberOf(values, 'label')
      return tensor(
        [2],
        rowMajor(tensorOf(values, 'classProbabilities')).map((p, c) => (c === label ? 1 : 0) - p),
      )
    },
  ),
  mistakeIn(
    'classGradient',
    'one-hot vector not subtracted',
    'is p itself: the 1 of the right class has not been subtracted.',
    ['classProbabilities'],
    (values) => tensorOf(values, 'classProbabilities'),
  ),
  mistakeIn(
    'beginGradient',
    'row of one class',
    'is what you get when only the weights of the right class are counted.',
    ['classGradient', 'classWeights', 'label'],
    (values) => {
      const [label, weights] = [numberOf(values, 'label'), tensorOf(values, 'classWeights')]
      const slope = tensorOf(values, 'classGradient').get(label)
      return map(reshape(weights.pick(label, null), [weights.shape[1]]), (weight) => slope * weight)
    },
  ),
]

/** What people get wrong in sharif/p2. */
export const bertMistakes: readonly ExerciseMistake[] = [
  ...maskingMistakes,
  ...pretrainingMistakes,
  ...fineTuningMistakes,
]

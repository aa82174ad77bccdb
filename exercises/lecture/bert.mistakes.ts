import { map, reshape, rowMajor, scalar, tensor } from '../../oracle/tensor.js'
import { forward, numberOf, onHost, tensorOf, weightedSum } from '../computation.js'
import type { ExerciseMistake } from '../exercise.js'
import { ones, scaledBy, times } from '../matrices.js'
import { mistakeIn } from '../mistake.js'
import { plus } from '../training.js'
import { sizes, special } from './bert.given.js'
import { networkMistakes } from './bert.networkMistakes.js'
import { epsilon, isWord, lossesOf, meanWeights, scoresGradient } from './bert.quantities.js'
import { taken } from './mistakes.js'

const choosing = ['ids', 'draws', 'rate']

const ofMasking: readonly ExerciseMistake[] = [
  mistakeIn(
    'chosen',
    'special tokens chosen',
    'is what you get when [CLS] and [SEP] may be chosen as well; only words are predicted.',
    ['draws', 'rate'],
    async (values) => {
      const rate = numberOf(values, 'rate')
      return map(tensorOf(values, 'draws'), (draw) => (draw < rate ? 1 : 0))
    },
  ),
  mistakeIn(
    'chosen',
    'the others chosen',
    'has the words whose numbers are above the share.',
    choosing,
    async (values) => {
      const [rate, draws] = [numberOf(values, 'rate'), rowMajor(tensorOf(values, 'draws'))]
      const ids = tensorOf(values, 'ids')
      return tensor(
        ids.shape,
        rowMajor(ids).map((id, t) => (isWord(id) && draws[t] >= rate ? 1 : 0)),
      )
    },
  ),
  mistakeIn(
    'masked',
    'every chosen word masked',
    'has [MASK] for every chosen word; one in ten is replaced by a random word, one in ten is kept.',
    ['ids', 'chosen'],
    async (values) =>
      onHost([tensorOf(values, 'ids'), tensorOf(values, 'chosen')], [sizes.length], (ids, chosen) =>
        ids.map((id, t) => (chosen[t] === 1 ? special.mask : id)),
      ),
  ),
  mistakeIn(
    'masked',
    'every word masked or replaced by its own number',
    'is what you get when the rule is applied to every word, not to the chosen ones.',
    ['ids', 'actions', 'replacements'],
    async (values) => {
      const row = (name: string) => rowMajor(tensorOf(values, name))
      const [actions, replacements] = [row('actions'), row('replacements')]
      const changed = (id: number, t: number) =>
        actions[t] < 0.8 ? special.mask : actions[t] < 0.9 ? replacements[t] : id
      return tensor(
        [sizes.length],
        row('ids').map((id, t) => (isWord(id) ? changed(id, t) : id)),
      )
    },
  ),
  taken('no word hidden', 'masked', 'has the words as they are.', 'ids'),
  mistakeIn(
    'shares',
    'shares of the chosen words',
    'are shares of the chosen words; of all words they are ρ times that.',
    [],
    async () => tensor([3], [0.8, 0.1, 0.1]),
  ),
]

const ofInput: readonly ExerciseMistake[] = [
  mistakeIn(
    'segments',
    'separator counted to the second sentence',
    'has the first separator in the second sentence; it closes the first.',
    ['ids'],
    async (values) => {
      const ids = tensorOf(values, 'ids')
      const end = rowMajor(ids).indexOf(special.separator)
      return tensor(
        ids.shape,
        rowMajor(ids).map((_, t) => (t >= end ? 1 : 0)),
      )
    },
  ),
  mistakeIn('segments', 'one sentence', 'is 0 everywhere, as for a single sentence.', ['ids'], async (values) =>
    map(tensorOf(values, 'ids'), () => 0),
  ),
  mistakeIn(
    'segments',
    'sentences counted from 1',
    'has 1 and 2; the sentences are 0 and 1.',
    ['segments'],
    async (values) => map(tensorOf(values, 'segments'), (segment) => segment + 1),
  ),
  mistakeIn(
    'tokenEmbeddings',
    'original words embedded',
    'has the words before masking; the model reads what masking left.',
    ['tokenTable', 'ids'],
    (values, operators) =>
      forward(operators, 'embedding', 'y', { ids: tensorOf(values, 'ids'), table: tensorOf(values, 'tokenTable') }),
  ),
  mistakeIn(
    'sums',
    'segments forgotten in the sum',
    'is what you get without segment embeddings.',
    ['tokenEmbeddings', 'positionTable'],
    async (values) => plus(tensorOf(values, 'tokenEmbeddings'), tensorOf(values, 'positionTable')),
  ),
  mistakeIn(
    'sums',
    'positions forgotten in the sum',
    'is what you get without position embeddings.',
    ['tokenEmbeddings', 'segmentEmbeddings'],
    async (values) => plus(tensorOf(values, 'tokenEmbeddings'), tensorOf(values, 'segmentEmbeddings')),
  ),
  taken('tokens only', 'sums', 'has the token embeddings only.', 'tokenEmbeddings'),
  taken('normalization forgotten', 'input', 'is not normalized.', 'sums'),
  mistakeIn('input', 'gain forgotten', 'is what you get without the gain.', ['sums', 'bias'], (values, operators) =>
    forward(operators, 'layerNorm', 'y', { x: tensorOf(values, 'sums'), bias: tensorOf(values, 'bias') }, { epsilon }),
  ),
  mistakeIn('input', 'bias forgotten', 'is what you get without the bias.', ['sums', 'gain'], (values, operators) =>
    forward(operators, 'layerNorm', 'y', { x: tensorOf(values, 'sums'), gain: tensorOf(values, 'gain') }, { epsilon }),
  ),
]

const ofLosses: readonly ExerciseMistake[] = [
  taken('places counted', 'chosenCount', 'has a mark for every place; their sum is how many are chosen.', 'chosen'),
  mistakeIn(
    'wordLosses',
    'loss at every place',
    'counts every place; the loss is taken where a word was chosen.',
    ['wordLogits', 'ids'],
    (values, operators) => lossesOf(values, 'ids', operators),
  ),
  mistakeIn(
    'wordLosses',
    'loss of what was read',
    'is the loss of the ids that the model reads; it predicts those that stood there.',
    ['wordLogits', 'masked', 'chosen'],
    async (values, operators) => {
      const losses = await lossesOf(values, 'masked', operators)
      return onHost([losses, tensorOf(values, 'chosen')], [sizes.length], (all, chosen) =>
        all.map((loss, t) => loss * chosen[t]),
      )
    },
  ),
  mistakeIn(
    'wordLoss',
    'sum in place of the mean',
    'is the sum over the chosen words; the loss is their mean.',
    ['wordLosses'],
    async (values, operators) =>
      reshape(
        await times(operators, reshape(tensorOf(values, 'wordLosses'), [1, sizes.length]), ones([sizes.length, 1])),
        [],
      ),
  ),
  mistakeIn(
    'wordLoss',
    'mean over all places',
    'is divided by the length of the sequence; it is a mean over the chosen words.',
    ['wordLosses'],
    async (values, operators) => {
      const share = scaledBy(operators, ones([sizes.length, 1]), 1 / sizes.length)
      return reshape(
        await times(operators, reshape(tensorOf(values, 'wordLosses'), [1, sizes.length]), await share),
        [],
      )
    },
  ),
  mistakeIn(
    'wordGradient',
    'gradient at every place',
    'has a gradient at every place; it is zero where no word was chosen.',
    ['wordLogits', 'ids', 'chosenCount'],
    async (values, operators) => {
      const weights = onHost([tensorOf(values, 'chosenCount')], [sizes.length], ([count]) =>
        Array.from({ length: sizes.length }, () => 1 / count),
      )
      return scoresGradient(values, weights, operators)
    },
  ),
  mistakeIn(
    'wordGradient',
    'gradient of the sum',
    'is not divided by the number of chosen words.',
    ['wordLogits', 'ids', 'chosen'],
    (values, operators) => scoresGradient(values, tensorOf(values, 'chosen'), operators),
  ),
  mistakeIn(
    'wordGradient',
    'probabilities without the target',
    'is the probabilities; 1 is subtracted at the word that stood there.',
    ['wordLogits', 'chosen'],
    async (values, operators) => {
      const p = await forward(operators, 'softmax', 'y', { x: tensorOf(values, 'wordLogits') })
      return onHost([p, meanWeights(tensorOf(values, 'chosen'))], p.shape, (all, weights) =>
        all.map((value, i) => value * weights[Math.floor(i / sizes.vocabulary)]),
      )
    },
  ),
  mistakeIn(
    'nextPairs',
    'chosen share of the pairs',
    'is 15 % of the pairs, the share of masked words; half of the pairs are next sentences.',
    ['pairs'],
    async (values) => scalar(0.15 * numberOf(values, 'pairs')),
  ),
  taken('every pair a next one', 'nextPairs', 'counts all pairs; half of them have a random second sentence.', 'pairs'),
  mistakeIn(
    'pairLogits',
    'bias of the scores forgotten',
    'is what you get without the biases.',
    ['pooled', 'pairWeights'],
    (values, operators) =>
      forward(operators, 'linear', 'y', { x: tensorOf(values, 'pooled'), weight: tensorOf(values, 'pairWeights') }),
  ),
  taken('scores in place of probabilities', 'pairProbabilities', 'is not a softmax.', 'pairLogits'),
  mistakeIn(
    'pairLoss',
    'loss of the other label',
    'is the loss of the other label.',
    ['pairLogits', 'label'],
    (values, operators) =>
      forward(operators, 'crossEntropy', 'loss', {
        logits: reshape(tensorOf(values, 'pairLogits'), [1, 2]),
        target: tensor([1], [1 - numberOf(values, 'label')]),
      }),
  ),
  taken('words only', 'loss', 'is the loss of masked words alone.', 'wordLoss'),
  mistakeIn(
    'loss',
    'mean of both losses',
    'is the mean of the two losses; they are summed.',
    ['wordLoss', 'pairLoss'],
    (values, operators) =>
      weightedSum(operators, [0.5, 0.5], [tensorOf(values, 'wordLoss'), tensorOf(values, 'pairLoss')]),
  ),
]

export const bertMistakes: readonly ExerciseMistake[] = [...networkMistakes, ...ofMasking, ...ofInput, ...ofLosses]

import { map, reshape, rowMajor, scalar, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { targetProbabilities } from './loss.quantities.js'

function mistake(
  name: string,
  quantity: string,
  explanation: string,
  from: readonly string[],
  wrong: (values: Values, operators: Operators) => Tensor | Promise<Tensor>,
): ExerciseMistake {
  return {
    name,
    quantities: [quantity],
    explanation,
    from: () => from,
    compute: async (_, values, operators) => wrong(values, operators),
  }
}

/** A function of the probability that the target has, of the one word or of each word of the sentence. */
function ofTargetProbability(
  name: string,
  explanation: string,
  wrong: (probability: number) => number,
): readonly ExerciseMistake[] {
  return [
    mistake(`${name} (one word)`, 'untrainedLoss', explanation, ['untrained', 'untrainedTarget'], (values) =>
      scalar(wrong(tensorOf(values, 'untrained').get(numberOf(values, 'untrainedTarget')))),
    ),
    mistake(`${name} (sentence)`, 'tokenLosses', explanation, ['trained', 'targets'], (values) => {
      const losses = targetProbabilities(values).map(wrong)
      return tensor([losses.length], losses)
    }),
  ]
}

/** A function of a whole distribution and its target. */
function ofDistribution(
  name: string,
  explanation: string,
  wrong: (probabilities: readonly number[], target: number) => number,
): readonly ExerciseMistake[] {
  return [
    mistake(`${name} (one word)`, 'untrainedLoss', explanation, ['untrained', 'untrainedTarget'], (values) =>
      scalar(wrong([...rowMajor(tensorOf(values, 'untrained'))], numberOf(values, 'untrainedTarget'))),
    ),
    mistake(`${name} (sentence)`, 'tokenLosses', explanation, ['trained', 'targets'], (values) => {
      const [p, targets] = [tensorOf(values, 'trained'), [...rowMajor(tensorOf(values, 'targets'))]]
      const rows = targets.map((_, t) => Array.from({ length: p.shape[1] }, (_, v) => p.get(t, v)))
      return tensor(
        [targets.length],
        rows.map((row, t) => wrong(row, targets[t])),
      )
    }),
  ]
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0)

/** One-hot vectors of other ids. */
async function oneHotOf(ids: Tensor, classes: number, operators: Operators): Promise<Tensor> {
  return forward(operators, 'oneHot', 'y', { ids }, { classes })
}

const ofLosses: readonly ExerciseMistake[] = [
  ...ofTargetProbability(
    'minus sign forgotten',
    'is the logarithm of the probability; the loss is minus that, and not negative.',
    (p) => Math.log(p),
  ),
  ...ofTargetProbability(
    'logarithm to base 10',
    'is what you get with the logarithm to base 10; the cross-entropy takes the natural one.',
    (p) => -Math.log10(p),
  ),
  ...ofTargetProbability(
    'missing probability in place of the logarithm',
    'is 1 − p: how much the probability lacks, not the logarithm.',
    (p) => 1 - p,
  ),
  ...ofTargetProbability(
    'logarithm of what is missing',
    'is −ln(1 − p): the loss of a model that should not say this word.',
    (p) => -Math.log(1 - p),
  ),
  ...ofDistribution(
    'all words counted',
    'is what you get when −ln p of every word is added up: the one-hot vector keeps the target’s only.',
    (row) => -sum(row.map(Math.log)),
  ),
  ...ofDistribution(
    'entropy of the output',
    'is the entropy of the output itself, −Σ p·ln p: the target does not come into it.',
    (row) => -sum(row.map((p) => p * Math.log(p))),
  ),
  ...ofDistribution(
    'squared distance',
    'is the squared distance from the one-hot vector, not the cross-entropy.',
    (row, target) => sum(row.map((p, v) => (p - (v === target ? 1 : 0)) ** 2)),
  ),
  ...ofDistribution(
    'softmax of probabilities',
    'is what you get when the probabilities are taken for logits and go through another softmax, as with a loss function that expects logits.',
    (row, target) => -row[target] + Math.log(sum(row.map(Math.exp))),
  ),
  ...ofDistribution(
    'binary cross-entropy',
    'is what you get when every word is taken for a yes-or-no question of its own and the other words’ −ln(1 − p) are added.',
    (row, target) => -sum(row.map((p, v) => Math.log(v === target ? p : 1 - p))),
  ),
  ...ofDistribution(
    'indices from 1',
    'is the loss of the word before in the vocabulary: its indices begin with 0.',
    (row, target) => -Math.log(row[(target + row.length - 1) % row.length]),
  ),
]

const ofOthers: readonly ExerciseMistake[] = [
  mistake(
    'indices from 1',
    'oneHots',
    'has the ones a column too far to the left: the vocabulary’s indices begin with 0.',
    ['targets', 'trained'],
    (values, operators) => {
      const classes = tensorOf(values, 'trained').shape[1]
      return oneHotOf(
        map(tensorOf(values, 'targets'), (id) => (id + classes - 1) % classes),
        classes,
        operators,
      )
    },
  ),
  mistake(
    'index from 1, one word',
    'untrainedOneHot',
    'has the one a column too far to the left: the vocabulary’s indices begin with 0.',
    ['untrainedTarget', 'untrained'],
    (values, operators) => {
      const classes = tensorOf(values, 'untrained').size
      const id = (numberOf(values, 'untrainedTarget') + classes - 1) % classes
      return oneHotOf(scalar(id), classes, operators)
    },
  ),
  mistake(
    'one-hot vectors as columns',
    'oneHots',
    'has a column for every position; each position’s distribution is a row.',
    ['targets', 'trained'],
    async (values, operators) => {
      const y = await oneHotOf(tensorOf(values, 'targets'), tensorOf(values, 'trained').shape[1], operators)
      return reshape(y.transpose(1, 0), [y.shape[1], y.shape[0]])
    },
  ),
  mistake(
    'target minus output',
    'untrainedGradient',
    'is y − p, the direction of the step: the gradient is p − y.',
    ['untrained', 'untrainedOneHot'],
    (values) => zip(tensorOf(values, 'untrainedOneHot'), tensorOf(values, 'untrained'), (y, p) => y - p),
  ),
  mistake(
    'gradient by the probabilities',
    'untrainedGradient',
    'is the gradient by the probabilities, −y/p; by the logits it is p − y.',
    ['untrained', 'untrainedOneHot'],
    (values) => zip(tensorOf(values, 'untrainedOneHot'), tensorOf(values, 'untrained'), (y, p) => -y / p),
  ),
  mistake(
    'gradient at the target only',
    'untrainedGradient',
    'has zeros but at the target; the other words’ logits are pushed down too.',
    ['untrained', 'untrainedOneHot'],
    (values) => zip(tensorOf(values, 'untrainedOneHot'), tensorOf(values, 'untrained'), (y, p) => y * (p - 1)),
  ),
  mistake(
    'output in place of its gradient',
    'untrainedGradient',
    'is the output itself; the gradient by the logits is the output minus the one-hot vector.',
    ['untrained'],
    (values) => tensorOf(values, 'untrained'),
  ),
  mistake(
    'mean over the vocabulary',
    'sentenceLoss',
    'is what you get when the losses are divided by the words of the vocabulary; the mean is over the positions.',
    ['tokenLosses', 'trained'],
    (values) => scalar(sum([...rowMajor(tensorOf(values, 'tokenLosses'))]) / tensorOf(values, 'trained').shape[1]),
  ),
  mistake(
    'end token left out of the mean',
    'sentenceLoss',
    'is the mean without the end token, which the model has to predict as well.',
    ['tokenLosses'],
    (values) => {
      const losses = [...rowMajor(tensorOf(values, 'tokenLosses'))].slice(0, -1)
      return scalar(sum(losses) / losses.length)
    },
  ),
  mistake(
    'logarithm of the mean probability',
    'sentenceLoss',
    'is −ln of the mean probability; the loss is the mean of the −ln.',
    ['trained', 'targets'],
    (values) => {
      const probabilities = targetProbabilities(values)
      return scalar(-Math.log(sum(probabilities) / probabilities.length))
    },
  ),
  mistake(
    'probabilities added',
    'sentenceProbability',
    'is the sum of the words’ probabilities; a sentence needs all of its words, so they are multiplied.',
    ['trained', 'targets'],
    (values) => scalar(sum(targetProbabilities(values))),
  ),
  mistake(
    'mean probability',
    'sentenceProbability',
    'is the mean of the words’ probabilities; a sentence needs all of its words, so they are multiplied.',
    ['trained', 'targets'],
    (values) => {
      const probabilities = targetProbabilities(values)
      return scalar(sum(probabilities) / probabilities.length)
    },
  ),
  mistake(
    'perplexity without the root',
    'perplexity',
    'is 1 over the probability of the whole sentence; the perplexity is that of a word, the T-th root of it.',
    ['sentenceProbability'],
    (values) => scalar(1 / numberOf(values, 'sentenceProbability')),
  ),
  mistake(
    'loss of a different base in the perplexity',
    'perplexity',
    'is what you get when 2 is raised to a loss with the natural logarithm: base and logarithm belong together.',
    ['sentenceProbability', 'targets'],
    (values) => {
      const loss = -Math.log(numberOf(values, 'sentenceProbability')) / tensorOf(values, 'targets').size
      return scalar(2 ** loss)
    },
  ),
  mistake(
    'indices from 1 in decoding',
    'decoded',
    'are the positions counted from 1; the vocabulary’s indices begin with 0.',
    ['decoded'],
    (values) => map(tensorOf(values, 'decoded'), (id) => id + 1),
  ),
  mistake(
    'least likely word',
    'decoded',
    'are the words with the smallest probabilities; greedy decoding takes the largest.',
    ['trained'],
    (values) => {
      const p = tensorOf(values, 'trained')
      const [T, V] = p.shape
      const rows = Array.from({ length: T }, (_, t) => Array.from({ length: V }, (_, v) => p.get(t, v)))
      return tensor(
        [T],
        rows.map((row) => row.indexOf(Math.min(...row))),
      )
    },
  ),
  mistake(
    'likeliest position of each word',
    'decoded',
    'are the positions at which each word is likeliest: the maximum of each column, not of each row.',
    ['trained'],
    (values) => {
      const p = tensorOf(values, 'trained')
      const [T, V] = p.shape
      const columns = Array.from({ length: V }, (_, v) => Array.from({ length: T }, (_, t) => p.get(t, v)))
      return tensor(
        [V],
        columns.map((column) => column.indexOf(Math.max(...column))),
      )
    },
  ),
]

/** What people get wrong in lecture/loss. */
export const lossMistakes: readonly ExerciseMistake[] = [...ofLosses, ...ofOthers]

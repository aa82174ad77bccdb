import { map, reshape, rowMajor, scalar, type Tensor } from '../../oracle/tensor.js'
import { backward, forward, joined, onHost, product, scalarOf, tensorOf } from '../computation.js'
import type { Convention, Operators, Quantity, Values } from '../exercise.js'
import { ones, scaledBy } from '../matrices.js'

/** The output vocabulary, in the order of its indices. */
export const words = ['a', 'am', 'I', 'thanks', 'student', '<eos>'] as const

/** ln of given probabilities. */
export function logarithms(probabilities: Tensor): Tensor {
  return map(probabilities, Math.log)
}

/** One row of a matrix that the host has, or that is still to be read. */
export function rowOf(x: Tensor, row: number): Tensor {
  return reshape(x.pick(row, null), [x.shape[1]])
}

/** −Σ y_v·ln p_v over the words v, by `linear`. */
export async function crossEntropyOf(oneHot: Tensor, probabilities: Tensor, operators: Operators): Promise<Tensor> {
  const costs = map(logarithms(probabilities), (logarithm) => -logarithm)
  const weight = reshape(costs, [1, costs.size])
  return scalarOf(await forward(operators, 'linear', 'y', { x: oneHot, weight }))
}

/** p − y, the gradient of the cross-entropy by the logits ln p, from the backward pass of `crossEntropy`. */
async function gradientByLogits(values: Values, operators: Operators): Promise<Tensor> {
  const p = tensorOf(values, 'untrained')
  const logits = reshape(logarithms(p), [1, p.size])
  const target = reshape(tensorOf(values, 'untrainedTarget'), [1])
  const gradient = await backward(operators, 'crossEntropy', 'logits', { logits, target }, { loss: scalar(1) })
  return reshape(gradient, [p.size])
}

/** The probability of each word of the target sentence, [T]. */
export function targetProbabilities(values: Values): readonly number[] {
  const [p, targets] = [tensorOf(values, 'trained'), rowMajor(tensorOf(values, 'targets'))]
  return [...targets].map((id, t) => p.get(t, id))
}

/** The index of the largest element, the first where several are equal. */
export function argmax(x: Tensor): Tensor {
  return onHost([x], [], (data) => [data.indexOf(Math.max(...data))])
}

/** Everything that lecture/loss asks for or passes on the way. */
export const lossQuantities: readonly Quantity[] = [
  {
    name: 'untrainedOneHot',
    symbols: ['y', 'one hot', 'one hot vector', 'desired output'],
    meaning: 'the one-hot vector of the one word: the output that is wanted in place of the untrained one',
    kind: 'whole',
    from: ['untrainedTarget', 'untrained'],
    formula: '\\text{one-hot}(w)',
    asked: true,
    compute: (values, operators) =>
      forward(
        operators,
        'oneHot',
        'y',
        { ids: tensorOf(values, 'untrainedTarget') },
        { classes: tensorOf(values, 'untrained').size },
      ),
  },
  {
    name: 'untrainedLoss',
    symbols: ['L', 'cal L', 'untrained loss', 'loss', 'H'],
    meaning: 'the cross-entropy of the untrained output and the one word',
    kind: 'real',
    from: ['untrainedOneHot', 'untrained'],
    formula: '-\\sum_v y_v \\cdot \\ln p_v',
    asked: true,
    compute: (values, operators) =>
      crossEntropyOf(tensorOf(values, 'untrainedOneHot'), tensorOf(values, 'untrained'), operators),
  },
  {
    name: 'untrainedGradient',
    symbols: ['delta', 'g', 'gradient', 'delta_z', 'dz'],
    meaning: 'the gradient of this loss by the logits, which backpropagation begins with',
    kind: 'real',
    from: ['untrained', 'untrainedTarget'],
    formula: 'p - y',
    compute: gradientByLogits,
  },
  {
    name: 'oneHots',
    symbols: ['Y', 'one hots', 'target outputs', 'one hot targets'],
    meaning: 'the one-hot vectors of the target sentence, a row each position',
    kind: 'whole',
    from: ['targets', 'trained'],
    formula: '\\text{one-hot}(t)',
    asked: true,
    compute: (values, operators) =>
      forward(
        operators,
        'oneHot',
        'y',
        { ids: tensorOf(values, 'targets') },
        { classes: tensorOf(values, 'trained').shape[1] },
      ),
  },
  {
    name: 'tokenLosses',
    symbols: ['l', 'ell', 'L_t', 'token losses', 'losses'],
    meaning: 'the cross-entropy at each position of the sentence',
    kind: 'real',
    from: ['oneHots', 'trained'],
    formula: '-\\sum_v Y_v \\cdot \\ln P_v',
    asked: true,
    compute: async (values, operators) => {
      const [oneHots, trained] = [tensorOf(values, 'oneHots'), tensorOf(values, 'trained')]
      const losses: Tensor[] = []
      for (let t = 0; t < trained.shape[0]; t++)
        losses.push(await crossEntropyOf(rowOf(oneHots, t), rowOf(trained, t), operators))
      return joined(losses, [losses.length])
    },
  },
  {
    name: 'sentenceLoss',
    symbols: ['L_s', 'bar l', 'bar ell', 'L_mean', 'mean loss', 'sentence loss', 'average loss'],
    meaning: 'the loss of the sentence: the mean over its positions',
    kind: 'real',
    from: ['tokenLosses'],
    formula: '\\frac{1}{T} \\cdot \\sum_t l_t',
    asked: true,
    compute: async (values, operators) => {
      const losses = tensorOf(values, 'tokenLosses')
      const weight = map(ones([1, losses.size]), (one) => one / losses.size)
      return scalarOf(await forward(operators, 'linear', 'y', { x: losses, weight }))
    },
  },
  {
    name: 'sentenceProbability',
    symbols: ['P_s', 'sentence probability', 'likelihood', 'q'],
    meaning: 'the probability that the trained model gives the whole sentence',
    kind: 'real',
    from: ['trained', 'targets'],
    formula: '\\prod_t P_{t, w_t}',
    compute: (values, operators) => {
      const [first, ...rest] = targetProbabilities(values)
      return product(operators, first, ...rest)
    },
  },
  {
    name: 'perplexity',
    symbols: ['ppl', 'perplexity', 'PP'],
    meaning: 'the perplexity: among how many equally likely words the model would be as uncertain',
    kind: 'real',
    from: ['sentenceProbability', 'targets'],
    formula: 'P_s^{-1/T}',
    compute: async (values) => {
      const T = tensorOf(values, 'targets').size
      return onHost([tensorOf(values, 'sentenceProbability')], [], ([probability]) => [probability ** (-1 / T)])
    },
  },
  {
    name: 'decoded',
    symbols: ['hat w', 'decoded', 'greedy', 'output', 'output words', 'argmax'],
    meaning: 'the ids that greedy decoding writes: the likeliest word at each position',
    kind: 'whole',
    from: ['trained'],
    formula: 'argmax_v P',
    asked: true,
    compute: async (values) => {
      const trained = tensorOf(values, 'trained')
      const ids = Array.from({ length: trained.shape[0] }, (_, t) => argmax(rowOf(trained, t)))
      return joined(ids, [ids.length])
    },
  },
]

/** A quantity's formula with another logarithm, its value divided by the natural logarithm of the base. */
function inBase(base: number, formula: string) {
  return (quantity: Quantity) => ({
    from: quantity.from,
    formula,
    compute: async (values: Values, operators: Operators) =>
      scaledBy(operators, await quantity.compute(values, operators), 1 / Math.log(base)),
  })
}

export const binaryLogarithm: Convention = {
  name: 'logarithm to base 2',
  description: 'losses in bits: the logarithm to base 2',
  overrides: {
    untrainedLoss: inBase(2, '-\\sum_v y_v \\cdot \\log_2 p_v'),
    untrainedGradient: inBase(2, '\\frac{p - y}{\\ln 2}'),
    tokenLosses: inBase(2, '-\\sum_v Y_v \\cdot \\log_2 P_v'),
  },
}

export const sumOverPositions: Convention = {
  name: 'sum over positions',
  description: 'the loss of a sentence is the sum over its positions',
  overrides: {
    sentenceLoss: {
      from: ['tokenLosses'],
      formula: '\\sum_t l_t',
      compute: async (values, operators) => {
        const losses = tensorOf(values, 'tokenLosses')
        return scalarOf(await forward(operators, 'linear', 'y', { x: losses, weight: ones([1, losses.size]) }))
      },
    },
  },
}

import { map, reshape, rowMajor, scalar, type Tensor, tensor, zeros } from '../../oracle/tensor.js'
import { forward, numberOf, onHost, tensorOf, weightedSum } from '../computation.js'
import type { Operators, Quantity, Values } from '../exercise.js'
import { gradientSymbols } from '../gradientSymbols.js'
import { gradientsOf, plus } from '../training.js'
import { sizes, special } from './bert.given.js'

/** Below the root of the variance, as in the published code. */
export const epsilon = 1e-12

export function isWord(id: number): boolean {
  return id >= sizes.firstWord
}

/** The call of `maskTokens`: places that hold no word are drawn as 1, so that they are never chosen. */
export function maskingCall(values: Values) {
  const row = (name: string) => rowMajor(tensorOf(values, name))
  const [ids, draws] = [row('ids'), row('draws')]
  const shape = [1, ids.length]
  const inputs = {
    ids: tensor(shape, ids),
    draws: tensor(
      shape,
      draws.map((draw, i) => (isWord(ids[i]) ? draw : 1)),
    ),
    actions: tensor(shape, row('actions')),
    replacements: tensor(shape, row('replacements')),
  }
  return { inputs, attributes: { maskId: special.mask, rate: numberOf(values, 'rate') } }
}

const maskingNames = ['ids', 'draws', 'actions', 'replacements', 'rate']

async function masking(values: Values, operators: Operators, output: 'ids' | 'chosen'): Promise<Tensor> {
  const { inputs, attributes } = maskingCall(values)
  return reshape(await forward(operators, 'maskTokens', output, inputs, attributes), [sizes.length])
}

/** 0 up to the first separator and with it, 1 behind it. */
export function segmentsOf(ids: Tensor): Tensor {
  const data = rowMajor(ids)
  const end = data.indexOf(special.separator)
  return tensor(
    ids.shape,
    data.map((_, t) => (t > end ? 1 : 0)),
  )
}

function step(quantity: Omit<Quantity, 'kind'>): Quantity {
  return { kind: 'real', ...quantity }
}

const maskingQuantities: readonly Quantity[] = [
  {
    name: 'chosen',
    symbols: ['c', 'chosen', 'chosen words'],
    meaning: '1 at the places of words that are chosen, 0 elsewhere',
    kind: 'whole',
    from: maskingNames,
    formula: '[q_t < \\rho] \\text{ at words}',
    stage: 'masking',
    asked: true,
    compute: (values, operators) => masking(values, operators, 'chosen'),
  },
  {
    name: 'masked',
    symbols: ["x'", 'masked ids', 'hat x'],
    meaning: 'the ids that the model reads',
    kind: 'whole',
    from: maskingNames,
    formula: '\\text{chosen: MASK if } a_t < 0.8, r_t \\text{ if } a_t < 0.9, x_t \\text{ else}',
    stage: 'masking',
    asked: true,
    compute: (values, operators) => masking(values, operators, 'ids'),
  },
  step({
    name: 'shares',
    symbols: ['pi', 'shares'],
    meaning: 'the expected shares of all words that are masked, that are replaced, and that are chosen but kept',
    from: ['rate'],
    formula: '[0.8 \\cdot \\rho, 0.1 \\cdot \\rho, 0.1 \\cdot \\rho]',
    stage: 'masking',
    asked: true,
    compute: (values, operators) => {
      const x = reshape(tensorOf(values, 'rate'), [1])
      return forward(operators, 'linear', 'y', { x, weight: tensor([3, 1], [0.8, 0.1, 0.1]) })
    },
  }),
]

const lookUp = (name: string, symbols: readonly string[], table: string, ids: string, formula: string, what: string) =>
  step({
    name,
    symbols,
    meaning: `the ${what} embeddings, a row a place`,
    from: [table, ids],
    formula,
    stage: 'input',
    compute: (values, operators) =>
      forward(operators, 'embedding', 'y', { ids: tensorOf(values, ids), table: tensorOf(values, table) }),
  })

const inputQuantities: readonly Quantity[] = [
  {
    name: 'segments',
    symbols: ['s', 'segment ids'],
    meaning: 'the sentence of every place: 0 for the first with its separator, 1 for the second',
    kind: 'whole',
    from: ['ids'],
    formula: '[t > \\text{place of the first SEP}]',
    stage: 'input',
    asked: true,
    compute: async (values) => segmentsOf(tensorOf(values, 'ids')),
  },
  lookUp('tokenEmbeddings', ['T', 'token embeddings'], 'tokenTable', 'masked', "W_T[x']", 'token'),
  lookUp('segmentEmbeddings', ['G', 'segment embeddings'], 'segmentTable', 'segments', 'W_S[s]', 'segment'),
  step({
    name: 'sums',
    symbols: ['U', 'embeddings sum', 'input sum'],
    meaning: 'the sums of the three embeddings of every place',
    from: ['tokenEmbeddings', 'segmentEmbeddings', 'positionTable'],
    formula: 'T + G + W_P',
    stage: 'input',
    asked: true,
    compute: async (values) =>
      plus(
        plus(tensorOf(values, 'tokenEmbeddings'), tensorOf(values, 'segmentEmbeddings')),
        tensorOf(values, 'positionTable'),
      ),
  }),
  step({
    name: 'input',
    symbols: ['X', 'encoder input'],
    meaning: 'what the first encoder layer reads: the sums, each normalized',
    from: ['sums', 'gain', 'bias'],
    formula: 'LN(U) \\cdot g + \\beta',
    stage: 'input',
    asked: true,
    compute: (values, operators) => {
      const [x, gain, bias] = ['sums', 'gain', 'bias'].map((name) => tensorOf(values, name))
      return forward(operators, 'layerNorm', 'y', { x, gain, bias }, { epsilon })
    },
  }),
]

/** −log of the probability of these ids at every place. */
export function lossesOf(values: Values, ids: string, operators: Operators): Promise<Tensor> {
  const call = { logits: tensorOf(values, 'wordLogits'), target: tensorOf(values, ids) }
  return forward(operators, 'crossEntropy', 'loss', call, { reduction: 'none' })
}

/** The gradient by the scores of a sum of the places' losses with these weights. */
export async function scoresGradient(values: Values, weights: Tensor, operators: Operators): Promise<Tensor> {
  const call = { logits: tensorOf(values, 'wordLogits'), target: tensorOf(values, 'ids') }
  const gradients = await gradientsOf(operators, 'crossEntropy', call, { loss: weights }, { reduction: 'none' })
  return gradients.logits
}

/** 1 divided by how many words are chosen, where one is. */
export function meanWeights(chosen: Tensor): Tensor {
  return onHost([chosen], [sizes.length], (data) => {
    const count = data.reduce((sum, one) => sum + one, 0)
    return data.map((one) => one / count)
  })
}

const wordQuantities: readonly Quantity[] = [
  {
    name: 'chosenCount',
    symbols: ['n', 'chosen count'],
    meaning: 'how many words are chosen',
    kind: 'whole',
    from: ['chosen'],
    formula: '\\sum c',
    stage: 'masked words',
    compute: async (values) =>
      onHost([tensorOf(values, 'chosen')], [], (data) => [data.reduce((sum, one) => sum + one, 0)]),
  },
  step({
    name: 'wordLosses',
    symbols: ['ell', 'word losses'],
    meaning: 'minus the logarithm of the probability of the word that stood there where one was chosen, 0 elsewhere',
    from: ['wordLogits', 'ids', 'chosen'],
    formula: '-c_t \\log P_{t, x_t}',
    stage: 'masked words',
    compute: async (values, operators) => {
      const losses = await lossesOf(values, 'ids', operators)
      return onHost([losses, tensorOf(values, 'chosen')], [sizes.length], (all, chosen) =>
        all.map((loss, t) => (chosen[t] === 1 ? loss : 0)),
      )
    },
  }),
  step({
    name: 'wordLoss',
    symbols: ['L_mlm', 'masked word loss'],
    meaning: 'the loss of masked words: the mean over the chosen ones',
    from: ['wordLosses', 'chosen'],
    formula: '\\frac{\\sum \\ell}{n}',
    stage: 'masked words',
    asked: true,
    compute: async (values, operators) => {
      const weight = reshape(meanWeights(tensorOf(values, 'chosen')), [1, sizes.length])
      return reshape(await forward(operators, 'linear', 'y', { x: tensorOf(values, 'wordLosses'), weight }), [])
    },
  }),
  step({
    name: 'wordGradient',
    symbols: [...gradientSymbols('Z', ['L_mlm', 'L']), 'delta_Z'],
    meaning: 'the gradient of this loss by the scores, a row a place',
    from: ['wordLogits', 'ids', 'chosen'],
    formula: '\\frac{c}{n} \\cdot (softmax(Z) - \\text{onehot}(x))',
    stage: 'masked words',
    asked: true,
    compute: async (values, operators) => {
      const gradient = await scoresGradient(values, meanWeights(tensorOf(values, 'chosen')), operators)
      // Not −0, which nobody writes.
      return plus(gradient, zeros(gradient.shape))
    },
  }),
]

const pairQuantities: readonly Quantity[] = [
  {
    name: 'nextPairs',
    symbols: ['m_N', 'next pairs'],
    meaning: 'the pairs of the corpus whose second sentence is the next one, as expected',
    kind: 'real',
    from: ['pairs'],
    formula: '\\frac{m}{2}',
    stage: 'next sentences',
    asked: true,
    compute: async (values) => scalar(numberOf(values, 'pairs') / 2),
  },
  step({
    name: 'pairLogits',
    symbols: ['z', 'next sentence logits'],
    meaning: 'the scores of the pair of sentences: is next, is not',
    from: ['pooled', 'pairWeights', 'pairBias'],
    formula: 'W_N \\cdot h + b_N',
    stage: 'next sentences',
    compute: (values, operators) => {
      const [x, weight, bias] = ['pooled', 'pairWeights', 'pairBias'].map((name) => tensorOf(values, name))
      return forward(operators, 'linear', 'y', { x, weight, bias })
    },
  }),
  step({
    name: 'pairProbabilities',
    symbols: ['p', 'next sentence probabilities'],
    meaning: 'the probabilities that the second sentence is the next one, and that it is not',
    from: ['pairLogits'],
    formula: 'softmax(z)',
    stage: 'next sentences',
    asked: true,
    compute: (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, 'pairLogits') }),
  }),
  step({
    name: 'pairLoss',
    symbols: ['L_nsp', 'next sentence loss'],
    meaning: 'the loss of next sentences',
    from: ['pairLogits', 'label'],
    formula: '-\\ln p_{y_N}',
    stage: 'next sentences',
    asked: true,
    compute: (values, operators) =>
      forward(operators, 'crossEntropy', 'loss', {
        logits: reshape(tensorOf(values, 'pairLogits'), [1, 2]),
        target: map(reshape(tensorOf(values, 'label'), [1]), (label) => label),
      }),
  }),
  step({
    name: 'loss',
    symbols: ['L', 'cal L', 'loss', 'total loss'],
    meaning: 'the loss of pre-training',
    from: ['wordLoss', 'pairLoss'],
    formula: 'L_{mlm} + L_{nsp}',
    stage: 'next sentences',
    asked: true,
    compute: (values, operators) =>
      weightedSum(operators, [1, 1], [tensorOf(values, 'wordLoss'), tensorOf(values, 'pairLoss')]),
  }),
]

/** Masking, input and losses of a small example. */
export const textQuantities: readonly Quantity[] = [
  ...maskingQuantities,
  ...inputQuantities,
  ...wordQuantities,
  ...pairQuantities,
]

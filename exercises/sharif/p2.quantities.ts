import { map, reshape, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, numberOf, onHost, tensorOf } from '../computation.js'
import type { Operators, Quantity, Values } from '../exercise.js'
import { gradientsOf } from '../training.js'

/** Tokens before the words: padding, unknown word, beginning, end, mask. */
export const special = { pad: 0, unknown: 1, begin: 2, end: 3, mask: 4 } as const
export const specialTokens = 5

/** Whether the token is none of those that stand for no word of the text; an unknown word is one of the text. */
export function isWord(id: number): boolean {
  return id === special.unknown || id >= specialTokens
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

const maskingInputs = ['ids', 'draws', 'actions', 'replacements', 'rate']

async function masking(values: Values, operators: Operators, output: 'ids' | 'chosen'): Promise<Tensor> {
  const { inputs, attributes } = maskingCall(values)
  const answer = await forward(operators, 'maskTokens', output, inputs, attributes)
  return reshape(answer, [answer.size])
}

/** 1 where a token is the class of a whole sequence: 1 divided by how many are chosen, where they are. */
export function meanWeights(chosen: Tensor): Tensor {
  return onHost([chosen], [1, chosen.size], (data) => {
    const count = data.reduce((sum, one) => sum + one, 0)
    return data.map((one) => one / count)
  })
}

/** The places that hold a word, or a token of the sequence: what attention may look at. */
const inputQuantities: readonly Quantity[] = [
  {
    name: 'attentionMask',
    symbols: ['attention mask', 'M', 'padding mask'],
    meaning: '1 for every token that attention may look at, 0 for padding',
    kind: 'whole',
    from: ['ids'],
    formula: '[id_t \\ne \\text{PAD}]',
    compute: async (values) => map(tensorOf(values, 'ids'), (id) => (id === special.pad ? 0 : 1)),
  },
  {
    name: 'chosen',
    symbols: ['chosen', 'S', 'chosen tokens', 'selected'],
    meaning: '1 for every word that is chosen to be predicted',
    kind: 'whole',
    from: ['ids', 'draws', 'actions', 'replacements', 'rate'],
    formula: '[u_t < \\rho] \\text{ and a word}',
    asked: true,
    compute: (values, operators) => masking(values, operators, 'chosen'),
  },
  {
    name: 'masked',
    symbols: ['masked', 'masked ids', 'ids_in', 'input ids', 'masked tokens'],
    meaning: 'the tokens that the model reads',
    kind: 'whole',
    from: maskingInputs,
    formula: '\\text{chosen: MASK if } a_t < 0.8, r_t \\text{ if } a_t < 0.9, id_t \\text{ else}',
    asked: true,
    compute: (values, operators) => masking(values, operators, 'ids'),
  },
]

/** −log of the probability of the word that stood at every place, by `crossEntropy` without reduction. */
export function tokenLosses(values: Values, operators: Operators): Promise<Tensor> {
  const call = { logits: tensorOf(values, 'wordLogits'), target: tensorOf(values, 'ids') }
  return forward(operators, 'crossEntropy', 'loss', call, { reduction: 'none' })
}

const pretrainingQuantities: readonly Quantity[] = [
  {
    name: 'wordProbabilities',
    symbols: ['P', 'word probabilities', 'P_w', 'p_w'],
    meaning: 'the probabilities of all tokens at every place, a row each',
    kind: 'real',
    from: ['wordLogits'],
    formula: 'softmax(Z)',
    compute: (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, 'wordLogits') }),
  },
  {
    name: 'tokenLosses',
    symbols: ['ell', 'token losses', 'l', 'ell_t', 'l_t'],
    meaning: 'minus the logarithm of the probability of the word that stood there; 0 where none was chosen',
    kind: 'real',
    from: ['wordLogits', 'ids', 'chosen'],
    formula: '-S_t \\log P_{t, id_t}',
    compute: async (values, operators) => {
      const losses = await tokenLosses(values, operators)
      const chosen = tensorOf(values, 'chosen')
      return onHost([losses, chosen], losses.shape, (loss, mask) => loss.map((value, t) => value * mask[t]))
    },
  },
  {
    name: 'maskedLoss',
    symbols: ['L_mlm', 'L', 'loss', 'cal L_mlm', 'mlm loss', 'masked loss'],
    meaning: 'the loss of pre-training: the mean over the chosen words',
    kind: 'real',
    from: ['tokenLosses', 'chosen'],
    formula: '\\frac{\\sum_t \\ell_t}{\\sum_t S_t}',
    stage: 'pre-training',
    asked: true,
    compute: async (values, operators) => {
      const weight = meanWeights(tensorOf(values, 'chosen'))
      return reshape(await forward(operators, 'linear', 'y', { x: tensorOf(values, 'tokenLosses'), weight }), [])
    },
  },
  {
    name: 'shares',
    symbols: ['shares', 'pi', 'expected shares'],
    meaning:
      'the shares of all words that are expected to become [MASK], to be replaced at random, and to be chosen but kept',
    kind: 'real',
    from: ['rate'],
    formula: '(0.8 \\cdot \\rho, 0.1 \\cdot \\rho, 0.1 \\cdot \\rho)',
    compute: (values, operators) => {
      const x = reshape(tensorOf(values, 'rate'), [1])
      return forward(operators, 'linear', 'y', { x, weight: tensor([3, 1], [0.8, 0.1, 0.1]) })
    },
  },
]

/** The call of the cross-entropy of the message. */
function classCall(values: Values) {
  const logits = tensorOf(values, 'classLogits')
  return { logits: reshape(logits, [1, logits.size]), target: tensor([1], [numberOf(values, 'label')]) }
}

const fineTuningQuantities: readonly Quantity[] = [
  {
    name: 'classLogits',
    symbols: ['z', 'logits', 'class logits', 'z_c', 'o'],
    meaning: 'the logits of the classes no spam and spam',
    kind: 'real',
    from: ['begin', 'classWeights', 'classBias'],
    formula: 'W \\cdot h_{CLS} + b',
    compute: (values, operators) =>
      forward(operators, 'linear', 'y', {
        x: tensorOf(values, 'begin'),
        weight: tensorOf(values, 'classWeights'),
        bias: tensorOf(values, 'classBias'),
      }),
  },
  {
    name: 'classProbabilities',
    symbols: ['p', 'hat y', 'class probabilities', 'probabilities', 'softmax', 'p_c'],
    meaning: 'the probabilities of no spam and spam',
    kind: 'real',
    from: ['classLogits'],
    formula: 'softmax(z)',
    asked: true,
    compute: (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, 'classLogits') }),
  },
  {
    name: 'class',
    symbols: ['class', 'prediction', 'predicted class', 'hat c'],
    meaning: 'the predicted class: 1 is spam',
    kind: 'class',
    from: ['classLogits'],
    formula: 'argmax(z)',
    asked: true,
    compute: async (values) =>
      onHost([tensorOf(values, 'classLogits')], [], (data) => [data.indexOf(Math.max(...data))]),
  },
  {
    name: 'classLoss',
    symbols: ['L_cls', 'L', 'loss', 'J', 'cal L_cls', 'CE', 'class loss'],
    meaning: 'the loss of fine-tuning',
    kind: 'real',
    from: ['classLogits', 'label'],
    formula: '-\\log p_y',
    stage: 'fine-tuning',
    asked: true,
    compute: (values, operators) => forward(operators, 'crossEntropy', 'loss', classCall(values)),
  },
  {
    name: 'classGradient',
    symbols: ['delta', 'delta_z', 'dz', 'nabla_z'],
    meaning: 'the gradient of the loss by the logits of the classes',
    kind: 'real',
    from: ['classLogits', 'label'],
    formula: 'p - \\text{onehot}(y)',
    compute: async (values, operators) => {
      const { logits } = await gradientsOf(operators, 'crossEntropy', classCall(values), { loss: scalar(1) })
      return reshape(logits, [logits.size])
    },
  },
  {
    name: 'beginGradient',
    symbols: ['g', 'delta_h', 'dh', 'nabla_h', 'g_cls'],
    meaning: 'the gradient of the loss by the output at [CLS], which fine-tuning sends back into the encoder',
    kind: 'real',
    from: ['classGradient', 'classWeights', 'begin'],
    formula: 'W^T \\delta',
    compute: async (values, operators) => {
      const call = { x: tensorOf(values, 'begin'), weight: tensorOf(values, 'classWeights') }
      return (await gradientsOf(operators, 'linear', call, { y: tensorOf(values, 'classGradient') })).x
    },
  },
]

/** Everything that sharif/p2 asks for on paper. */
export const bertQuantities: readonly Quantity[] = [
  ...inputQuantities,
  ...pretrainingQuantities,
  ...fineTuningQuantities,
]

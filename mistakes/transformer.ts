import type { Attributes } from '../oracle/contract.js'
import { multiHeadAttention } from '../oracle/multiHeadAttention.js'
import { layerNorm } from '../oracle/normalization.js'
import { map, type Tensor, type Tensors, zeros, zip } from '../oracle/tensor.js'
import { decoderLayer, encoderLayer, feedForward } from '../oracle/transformer.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { mapPlaces, take, upTo } from './rearrange.js'

const rightFeed = passes(feedForward)
const rightEncoder = passes(encoderLayer)
const rightDecoder = passes(decoderLayer)
const rightNorm = passes(layerNorm)
const rightAttention = passes(multiHeadAttention)

const nothing = (x: Tensor) => map(x, () => 0)
const plus = (a: Tensor, b: Tensor) => zip(a, b, (p, q) => p + q)

const feedMistakes: readonly Mistake[] = [
  {
    name: 'feedForward without the nonlinearity',
    operator: 'feedForward',
    explanation: 'W₂(W₁x + b₁) + b₂ was computed: the ReLU between the layers is missing.',
    forward: (inputs) => {
      const none = { ...inputs, bias2: nothing(inputs.bias2) }
      const negative = { weight1: map(inputs.weight1, (w) => -w), bias1: map(inputs.bias1, (b) => -b) }
      const [up, down] = [rightFeed.forward(inputs, {}).y, rightFeed.forward({ ...none, ...negative }, {}).y]
      return { y: zip(up, down, (a, b) => a - b) }
    },
  },
  {
    name: 'feedForward with another ReLU at the end',
    operator: 'feedForward',
    explanation: 'The result went through a ReLU as well; the second layer is linear.',
    forward: (inputs) => ({ y: map(rightFeed.forward(inputs, {}).y, (y) => Math.max(0, y)) }),
  },
  {
    name: 'feedForward without the first bias',
    operator: 'feedForward',
    explanation: 'b₁ was left out.',
    forward: (inputs) => rightFeed.forward({ ...inputs, bias1: nothing(inputs.bias1) }, {}),
  },
  {
    name: 'feedForward with x added',
    operator: 'feedForward',
    explanation: 'x was added to the result; that is the task of the layer around it.',
    forward: (inputs) => ({ y: plus(rightFeed.forward(inputs, {}).y, inputs.x) }),
  },
  {
    name: 'feedForward with a leak',
    operator: 'feedForward',
    explanation: 'Inactive units passed a hundredth of their value on, as a leaky ReLU does.',
    forward: (inputs) => {
      const none = { ...inputs, bias2: nothing(inputs.bias2) }
      const negative = { weight1: map(inputs.weight1, (w) => -w), bias1: map(inputs.bias1, (b) => -b) }
      const [up, down] = [rightFeed.forward(inputs, {}).y, rightFeed.forward({ ...none, ...negative }, {}).y]
      return { y: zip(up, down, (a, b) => a - 0.01 * b) }
    },
  },
  {
    name: 'feedForward gradient through units that are off',
    operator: 'feedForward',
    explanation: 'The gradient of the first layer went through every hidden unit as if all were active.',
    backward: (inputs, attributes, gradients) => {
      const open = rightFeed.backward({ ...inputs, bias1: map(inputs.bias1, () => 1e6) }, attributes, gradients)
      const right = rightFeed.backward(inputs, attributes, gradients)
      return { ...right, x: open.x, weight1: open.weight1, bias1: open.bias1 }
    },
  },
  {
    name: 'feedForward gradient of the second weights from x',
    operator: 'feedForward',
    explanation: 'The gradient of W₂ was taken with the hidden units before the ReLU instead of after it.',
    backward: (inputs, attributes, gradients) => {
      const right = rightFeed.backward(inputs, attributes, gradients)
      const negative = { weight1: map(inputs.weight1, (w) => -w), bias1: map(inputs.bias1, (b) => -b) }
      const other = rightFeed.backward({ ...inputs, ...negative }, attributes, gradients)
      return { ...right, weight2: zip(right.weight2, other.weight2, (a, b) => a - b) }
    },
  },
  {
    name: 'feedForward gradient of the biases from the first position',
    operator: 'feedForward',
    explanation: 'The gradients of b₁ and b₂ are those of the first position instead of the sum over all.',
    backward: (inputs, attributes, { y }) => {
      const E = inputs.bias2.size
      const first = mapPlaces(y, (g, place) => (place < E ? g : 0))
      const { bias1, bias2 } = rightFeed.backward(inputs, attributes, { y: first })
      return { ...rightFeed.backward(inputs, attributes, { y }), bias1, bias2 }
    },
  },
  {
    name: 'feedForward without a bias',
    operator: 'feedForward',
    explanation: 'A missing b₂ was taken for zeros instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { x, weight1, bias1, weight2, bias2 } = inputs
      if (bias2 !== undefined || !x || !weight1 || !bias1 || !weight2) return undefined
      return rightFeed.forward({ ...inputs, bias2: zeros([weight2.shape[0]]) }, attributes)
    },
  },
]

/** The inputs with some exchanged for what f makes of them. */
function changing(inputs: Tensors, pattern: RegExp, f: (x: Tensor) => Tensor): Tensors {
  return Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, pattern.test(name) ? f(x) : x]))
}

function partOf(inputs: Tensors, part: string): Tensors {
  const own = Object.entries(inputs).filter(([name]) => name.startsWith(`${part}.`))
  return Object.fromEntries(own.map(([name, x]) => [name.slice(part.length + 1), x]))
}

/** The parts of a layer, to be put together in another way. */
function partsOf(inputs: Tensors, attributes: Attributes) {
  const epsilon = numberOf(attributes, 'epsilon')
  const heads = numberOf(attributes, 'heads')
  return {
    norm: (name: string, x: Tensor) => rightNorm.forward({ x, ...partOf(inputs, name) }, { epsilon }).y,
    feed: (x: Tensor) => rightFeed.forward({ x, ...partOf(inputs, 'feedForward') }, {}).y,
    attend: (part: string, query: Tensor, key: Tensor, value: Tensor, causal: boolean, mask?: Tensor) =>
      rightAttention.forward(
        { query, key, value, ...partOf(inputs, part), ...(mask === undefined ? {} : { mask }) },
        { heads, causal },
      ).output,
  }
}

/** Encoders put together in another way. */
function encoderOf(
  f: (parts: ReturnType<typeof partsOf>, x: Tensor, mask: Tensor | undefined) => Tensor,
): Required<Mistake>['forward'] {
  return (inputs, attributes) => ({ y: f(partsOf(inputs, attributes), inputs.x, inputs.mask) })
}

/** Without the inputs of these names. */
function dropping(inputs: Tensors, ...names: readonly string[]): Tensors {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !names.includes(name)))
}

const encoderMistakes: readonly Mistake[] = [
  {
    name: 'encoderLayer that normalizes first',
    operator: 'encoderLayer',
    explanation: 'x + Sublayer(LayerNorm(x)) was computed instead of LayerNorm(x + Sublayer(x)).',
    forward: encoderOf(({ norm, feed, attend }, x, mask) => {
      const rows = norm('norm1', x)
      const attended = plus(x, attend('attention', rows, rows, rows, false, mask))
      return plus(attended, feed(norm('norm2', attended)))
    }),
  },
  {
    name: 'encoderLayer without the first residual',
    operator: 'encoderLayer',
    explanation: 'LayerNorm(Attention(x)) was computed: x was not added.',
    forward: encoderOf(({ norm, feed, attend }, x, mask) => {
      const rows = norm('norm1', attend('attention', x, x, x, false, mask))
      return norm('norm2', plus(rows, feed(rows)))
    }),
  },
  {
    name: 'encoderLayer with the second residual from x',
    operator: 'encoderLayer',
    explanation: 'The input of the layer was added to feedForward instead of the normalized result of the attention.',
    forward: encoderOf(({ norm, feed, attend }, x, mask) => {
      const rows = norm('norm1', plus(x, attend('attention', x, x, x, false, mask)))
      return norm('norm2', plus(x, feed(rows)))
    }),
  },
  {
    name: 'encoderLayer with the norms exchanged',
    operator: 'encoderLayer',
    explanation: 'Gain and bias of the second normalization were used in the first one and the other way round.',
    forward: (inputs, attributes) =>
      rightEncoder.forward(
        {
          ...inputs,
          'norm1.gain': inputs['norm2.gain'],
          'norm1.bias': inputs['norm2.bias'],
          'norm2.gain': inputs['norm1.gain'],
          'norm2.bias': inputs['norm1.bias'],
        },
        attributes,
      ),
  },
  {
    name: 'encoderLayer that ignores its mask',
    operator: 'encoderLayer',
    explanation: 'Positions that the mask hides were attended to.',
    forward: (inputs, attributes) => rightEncoder.forward(dropping(inputs, 'mask'), attributes),
  },
  {
    name: 'encoderLayer that hides the future',
    operator: 'encoderLayer',
    explanation: 'The attention was causal, as in a decoder, where there is no mask.',
    forward: (inputs, attributes) => {
      const T = inputs.x.shape[1]
      if (inputs.mask !== undefined) return rightEncoder.forward(inputs, attributes)
      return encoderOf(({ norm, feed, attend }, x) => {
        const rows = norm('norm1', plus(x, attend('attention', x, x, x, T > 1)))
        return norm('norm2', plus(rows, feed(rows)))
      })(inputs, attributes)
    },
  },
  {
    name: 'encoderLayer with one head',
    operator: 'encoderLayer',
    explanation: 'The attribute heads was ignored: all features were one head.',
    forward: (inputs, attributes) => rightEncoder.forward(inputs, { ...attributes, heads: 1 }),
  },
  {
    name: 'encoderLayer with its own epsilon',
    operator: 'encoderLayer',
    explanation: 'ε was always 1e-5, whatever the attribute says.',
    forward: (inputs, attributes) => rightEncoder.forward(inputs, { ...attributes, epsilon: 1e-5 }),
  },
  {
    name: 'encoderLayer without the bias of the output',
    operator: 'encoderLayer',
    explanation: 'The bias of the last projection of the attention was left out.',
    forward: (inputs, attributes) => rightEncoder.forward(dropping(inputs, 'attention.biasOutput'), attributes),
  },
  {
    name: 'encoderLayer gradient that stops at the residuals',
    operator: 'encoderLayer',
    explanation: 'x got the gradient through the attention only: what flows past the attention was dropped.',
    backward: (inputs, attributes, gradients) => {
      const right = rightEncoder.backward(inputs, attributes, gradients)
      const off = changing(inputs, /attention\.(weightOutput)$/, nothing)
      const past = rightEncoder.backward(off, attributes, gradients)
      return { ...right, x: zip(right.x, past.x, (all, own) => all - own) }
    },
  },
  {
    name: 'encoderLayer gradient of the keys from the queries',
    operator: 'encoderLayer',
    explanation: 'The weights of the keys got the gradient of those of the queries.',
    backward: (inputs, attributes, gradients) => {
      const right = rightEncoder.backward(inputs, attributes, gradients)
      return { ...right, 'attention.weightKey': right['attention.weightQuery'] }
    },
  },
  {
    name: 'encoderLayer gradient that forgets the mask',
    operator: 'encoderLayer',
    explanation: 'The backward pass ran without the mask of the forward pass.',
    backward: (inputs, attributes, gradients) => rightEncoder.backward(dropping(inputs, 'mask'), attributes, gradients),
  },
  {
    name: 'encoderLayer with heads that do not divide the features',
    operator: 'encoderLayer',
    explanation: 'A number of heads that does not divide E was reduced to one head instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { heads } = attributes
      const E = inputs.x?.shape[2]
      if (typeof heads !== 'number' || E === undefined || !(Number.isInteger(heads) && heads > 0) || E % heads === 0)
        return undefined
      return rightEncoder.forward(inputs, { ...attributes, heads: 1 })
    },
  },
]

/** Decoders put together in another way. */
function decoderOf(
  f: (parts: ReturnType<typeof partsOf>, x: Tensor, memory: Tensor) => Tensor,
): Required<Mistake>['forward'] {
  return (inputs, attributes) => ({ y: f(partsOf(inputs, attributes), inputs.x, inputs.memory) })
}

/** A decoder of which the two attentions are what is given. */
function decoderWith(
  own: (attend: ReturnType<typeof partsOf>['attend'], x: Tensor) => Tensor,
  cross: (attend: ReturnType<typeof partsOf>['attend'], rows: Tensor, memory: Tensor, x: Tensor) => Tensor,
): Required<Mistake>['forward'] {
  return decoderOf(({ norm, feed, attend }, x, memory) => {
    const first = norm('norm1', plus(x, own(attend, x)))
    const second = norm('norm2', plus(first, cross(attend, first, memory, x)))
    return norm('norm3', plus(second, feed(second)))
  })
}

type Attend = ReturnType<typeof partsOf>['attend']

const causal = (attend: Attend, x: Tensor) => attend('selfAttention', x, x, x, true)
const toMemory = (attend: Attend, rows: Tensor, memory: Tensor) => attend('crossAttention', rows, memory, memory, false)

const decoderMistakes: readonly Mistake[] = [
  {
    name: 'decoderLayer that sees the future',
    operator: 'decoderLayer',
    explanation: 'The self-attention was not causal: position t attends to what comes after it.',
    forward: decoderWith((attend, x) => attend('selfAttention', x, x, x, false), toMemory),
  },
  {
    name: 'decoderLayer that attends to itself twice',
    operator: 'decoderLayer',
    explanation: 'The second attention read x instead of the memory.',
    forward: decoderWith(causal, (attend, rows) => attend('crossAttention', rows, rows, rows, false)),
  },
  {
    name: 'decoderLayer with values of its own for the memory',
    operator: 'decoderLayer',
    explanation:
      'The keys of the second attention came from the memory, its values from x, where both are equally long.',
    forward: decoderWith(causal, (attend, rows, memory) =>
      attend('crossAttention', rows, memory, rows.shape[1] === memory.shape[1] ? rows : memory, false),
    ),
  },
  {
    name: 'decoderLayer with a causal second attention',
    operator: 'decoderLayer',
    explanation: 'The attention to the memory was causal too, where x and memory are equally long.',
    forward: decoderWith(causal, (attend, rows, memory) =>
      attend('crossAttention', rows, memory, memory, rows.shape[1] === memory.shape[1]),
    ),
  },
  {
    name: 'decoderLayer with queries from x',
    operator: 'decoderLayer',
    explanation: 'The queries of the second attention were x itself instead of the normalized result of the first.',
    forward: decoderWith(causal, (attend, _, memory, x) => toMemory(attend, x, memory)),
  },
  {
    name: 'decoderLayer with the attentions exchanged',
    operator: 'decoderLayer',
    explanation: 'Weights and biases of selfAttention were used for the memory and the other way round.',
    forward: decoderWith(
      (attend, x) => attend('crossAttention', x, x, x, true),
      (attend, rows, memory) => attend('selfAttention', rows, memory, memory, false),
    ),
  },
  {
    name: 'decoderLayer that reads one place of the memory',
    operator: 'decoderLayer',
    explanation: 'Only the last place of the memory was read, as in a recurrent translator without attention.',
    forward: decoderWith(causal, (attend, rows, memory) =>
      toMemory(attend, rows, take(memory, 1, [memory.shape[1] - 1])),
    ),
  },
  {
    name: 'decoderLayer with the memory of the first sequence',
    operator: 'decoderLayer',
    explanation: 'Every sequence of the batch read the memory of the first one.',
    forward: (inputs, attributes) => {
      const memory = take(
        inputs.memory,
        0,
        upTo(inputs.memory.shape[0]).map(() => 0),
      )
      return rightDecoder.forward({ ...inputs, memory }, attributes)
    },
  },
  {
    name: 'decoderLayer without the last normalization',
    operator: 'decoderLayer',
    explanation: 'The result of feedForward was added and not normalized.',
    forward: decoderOf(({ norm, feed, attend }, x, memory) => {
      const first = norm('norm1', plus(x, causal(attend, x)))
      const second = norm('norm2', plus(first, toMemory(attend, first, memory)))
      return plus(second, feed(second))
    }),
  },
  {
    name: 'decoderLayer gradient that does not reach the memory',
    operator: 'decoderLayer',
    explanation: 'The memory got no gradient: the encoder would not learn.',
    backward: (inputs, attributes, gradients) => ({
      ...rightDecoder.backward(inputs, attributes, gradients),
      memory: nothing(inputs.memory),
    }),
  },
  {
    name: 'decoderLayer gradient of the memory doubled',
    operator: 'decoderLayer',
    explanation: 'The gradients of keys and values were added to the memory twice.',
    backward: (inputs, attributes, gradients) => {
      const right = rightDecoder.backward(inputs, attributes, gradients)
      return { ...right, memory: map(right.memory, (g) => 2 * g) }
    },
  },
  {
    name: 'decoderLayer gradient of the first gain from its bias',
    operator: 'decoderLayer',
    explanation: 'The gain of the first normalization got the gradient of its bias.',
    backward: (inputs, attributes, gradients) => {
      const right = rightDecoder.backward(inputs, attributes, gradients)
      return { ...right, 'norm1.gain': right['norm1.bias'] }
    },
  },
  {
    name: 'decoderLayer gradient of the future',
    operator: 'decoderLayer',
    explanation: 'The gradient of x was reversed in time: it went to the positions that come after.',
    backward: (inputs, attributes, gradients) => {
      const right = rightDecoder.backward(inputs, attributes, gradients)
      return { ...right, x: take(right.x, 1, upTo(inputs.x.shape[1]).toReversed()) }
    },
  },
  {
    name: 'decoderLayer with an epsilon of zero',
    operator: 'decoderLayer',
    explanation: 'ε = 0, which divides by zero at constant features, was computed with instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      if (attributes.epsilon !== 0 || Object.keys(attributes).length > 2) return undefined
      return rightDecoder.forward(inputs, { ...attributes, epsilon: Number.MIN_VALUE })
    },
  },
]

export const mistakes: readonly Mistake[] = [...feedMistakes, ...encoderMistakes, ...decoderMistakes]

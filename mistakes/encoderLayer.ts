import { type Tensor, type Tensors, zip } from '../oracle/tensor.js'
import { encoderLayer } from '../oracle/transformer.js'
import { type Mistake, passes } from './mistake.js'
import { without } from './rearrange.js'
import { nothing, type Parts, partsOf, plus } from './transformer.js'

const right = passes(encoderLayer)

/** The inputs with some exchanged for what f makes of them. */
function changing(inputs: Tensors, pattern: RegExp, f: (x: Tensor) => Tensor): Tensors {
  return Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, pattern.test(name) ? f(x) : x]))
}

/** Encoders put together in another way. */
function encoderOf(f: (parts: Parts, x: Tensor, mask: Tensor | undefined) => Tensor): Required<Mistake>['forward'] {
  return (inputs, attributes) => ({ y: f(partsOf(inputs, attributes), inputs.x, inputs.mask) })
}

export const mistakes: readonly Mistake[] = [
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
      right.forward(
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
    forward: (inputs, attributes) => right.forward(without(inputs, 'mask'), attributes),
  },
  {
    name: 'encoderLayer that hides the future',
    operator: 'encoderLayer',
    explanation: 'The attention was causal, as in a decoder, where there is no mask.',
    forward: (inputs, attributes) => {
      const T = inputs.x.shape[1]
      if (inputs.mask !== undefined) return right.forward(inputs, attributes)
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
    forward: (inputs, attributes) => right.forward(inputs, { ...attributes, heads: 1 }),
  },
  {
    name: 'encoderLayer with its own epsilon',
    operator: 'encoderLayer',
    explanation: 'ε was always 1e-5, whatever the attribute says.',
    forward: (inputs, attributes) => right.forward(inputs, { ...attributes, epsilon: 1e-5 }),
  },
  {
    name: 'encoderLayer without the bias of the output',
    operator: 'encoderLayer',
    explanation: 'The bias of the last projection of the attention was left out.',
    forward: (inputs, attributes) => right.forward(without(inputs, 'attention.biasOutput'), attributes),
  },
  {
    name: 'encoderLayer gradient that stops at the residuals',
    operator: 'encoderLayer',
    explanation: 'x got the gradient through the attention only: what flows past the attention was dropped.',
    backward: (inputs, attributes, gradients) => {
      const whole = right.backward(inputs, attributes, gradients)
      const off = changing(inputs, /attention\.(weightOutput)$/, nothing)
      const past = right.backward(off, attributes, gradients)
      return { ...whole, x: zip(whole.x, past.x, (all, own) => all - own) }
    },
  },
  {
    name: 'encoderLayer gradient of the keys from the queries',
    operator: 'encoderLayer',
    explanation: 'The weights of the keys got the gradient of those of the queries.',
    backward: (inputs, attributes, gradients) => {
      const whole = right.backward(inputs, attributes, gradients)
      return { ...whole, 'attention.weightKey': whole['attention.weightQuery'] }
    },
  },
  {
    name: 'encoderLayer gradient that forgets the mask',
    operator: 'encoderLayer',
    explanation: 'The backward pass ran without the mask of the forward pass.',
    backward: (inputs, attributes, gradients) => right.backward(without(inputs, 'mask'), attributes, gradients),
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
      return right.forward(inputs, { ...attributes, heads: 1 })
    },
  },
]

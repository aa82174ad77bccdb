import { map, type Tensor } from '../oracle/tensor.js'
import { decoderLayer } from '../oracle/transformer.js'
import { type Mistake, passes } from './mistake.js'
import { take, upTo } from './rearrange.js'
import { nothing, type Parts, partsOf, plus } from './transformer.js'

const right = passes(decoderLayer)

type Attend = Parts['attend']

/** Decoders put together in another way. */
function decoderOf(f: (parts: Parts, x: Tensor, memory: Tensor) => Tensor): Required<Mistake>['forward'] {
  return (inputs, attributes) => ({ y: f(partsOf(inputs, attributes), inputs.x, inputs.memory) })
}

/** A decoder of which the two attentions are what is given. */
function decoderWith(
  own: (attend: Attend, x: Tensor) => Tensor,
  cross: (attend: Attend, rows: Tensor, memory: Tensor, x: Tensor) => Tensor,
): Required<Mistake>['forward'] {
  return decoderOf(({ norm, feed, attend }, x, memory) => {
    const first = norm('norm1', plus(x, own(attend, x)))
    const second = norm('norm2', plus(first, cross(attend, first, memory, x)))
    return norm('norm3', plus(second, feed(second)))
  })
}

const causal = (attend: Attend, x: Tensor) => attend('selfAttention', x, x, x, true)
const toMemory = (attend: Attend, rows: Tensor, memory: Tensor) => attend('crossAttention', rows, memory, memory, false)

export const mistakes: readonly Mistake[] = [
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
      return right.forward({ ...inputs, memory }, attributes)
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
      ...right.backward(inputs, attributes, gradients),
      memory: nothing(inputs.memory),
    }),
  },
  {
    name: 'decoderLayer gradient of the memory doubled',
    operator: 'decoderLayer',
    explanation: 'The gradients of keys and values were added to the memory twice.',
    backward: (inputs, attributes, gradients) => {
      const whole = right.backward(inputs, attributes, gradients)
      return { ...whole, memory: map(whole.memory, (g) => 2 * g) }
    },
  },
  {
    name: 'decoderLayer gradient of the first gain from its bias',
    operator: 'decoderLayer',
    explanation: 'The gain of the first normalization got the gradient of its bias.',
    backward: (inputs, attributes, gradients) => {
      const whole = right.backward(inputs, attributes, gradients)
      return { ...whole, 'norm1.gain': whole['norm1.bias'] }
    },
  },
  {
    name: 'decoderLayer gradient of the future',
    operator: 'decoderLayer',
    explanation: 'The gradient of x was reversed in time: it went to the positions that come after.',
    backward: (inputs, attributes, gradients) => {
      const whole = right.backward(inputs, attributes, gradients)
      return { ...whole, x: take(whole.x, 1, upTo(inputs.x.shape[1]).toReversed()) }
    },
  },
  {
    name: 'decoderLayer with an epsilon of zero',
    operator: 'decoderLayer',
    explanation: 'ε = 0, which divides by zero at constant features, was computed with instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      if (attributes.epsilon !== 0 || Object.keys(attributes).length > 2) return undefined
      return right.forward(inputs, { ...attributes, epsilon: Number.MIN_VALUE })
    },
  },
]

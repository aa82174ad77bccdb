import type { Attributes } from '../oracle/contract.js'
import { sgd } from '../oracle/optimizers.js'
import { map, type Tensor, type Tensors, zip } from '../oracle/tensor.js'
import { type Mistake, numberOf } from './mistake.js'
import { overwrite } from './rearrange.js'

const plus = (a: Tensor, b: Tensor, factor = 1) => zip(a, b, (s, t) => s + factor * t)

const setting = (name: string) => (attributes: Attributes) => numberOf(attributes, name)
const rate = setting('learningRate')
const momentum = setting('momentum')
const decay = setting('weightDecay')

/** The velocity given, or zeros. */
const velocityOf = ({ parameter, velocity }: Tensors) => velocity ?? map(parameter, () => 0)

/** The gradient with the weight decay's part. */
const decayed = ({ parameter, gradient }: Tensors, attributes: Attributes) =>
  plus(gradient, parameter, decay(attributes))

/** The step p − rate·v. */
function stepped(parameter: Tensor, velocity: Tensor, attributes: Attributes): Tensors {
  return { parameter: plus(parameter, velocity, -rate(attributes)), velocity }
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'sgd that ascends',
    operator: 'sgd',
    explanation: 'The step was added, p + rate·v, instead of subtracted.',
    forward: (inputs, attributes) => {
      const { velocity } = sgd.forward(inputs, attributes)
      return { parameter: plus(inputs.parameter, velocity, rate(attributes)), velocity }
    },
  },
  {
    name: 'sgd without the learning rate',
    operator: 'sgd',
    explanation: 'p − v was computed instead of p − rate·v.',
    forward: (inputs, attributes) => {
      const { velocity } = sgd.forward(inputs, attributes)
      return { parameter: plus(inputs.parameter, velocity, -1), velocity }
    },
  },
  {
    name: 'sgd without weight decay',
    operator: 'sgd',
    explanation: 'weightDecay was ignored.',
    forward: (inputs, attributes) => sgd.forward(inputs, { ...attributes, weightDecay: 0 }),
  },
  {
    name: 'sgd with weight decay of the wrong sign',
    operator: 'sgd',
    explanation: 'decay·p was subtracted from the gradient instead of added, so that weights grow.',
    forward: (inputs, attributes) => {
      const g = plus(inputs.gradient, inputs.parameter, -decay(attributes))
      return stepped(inputs.parameter, plus(g, velocityOf(inputs), momentum(attributes)), attributes)
    },
  },
  {
    name: 'sgd with decoupled weight decay',
    operator: 'sgd',
    explanation:
      'decay·p was subtracted beside the step (as in AdamW) instead of entering the velocity with the gradient.',
    forward: (inputs, attributes) => {
      const velocity = plus(inputs.gradient, velocityOf(inputs), momentum(attributes))
      const step = plus(velocity, inputs.parameter, decay(attributes))
      return { parameter: plus(inputs.parameter, step, -rate(attributes)), velocity }
    },
  },
  {
    name: 'sgd with the new gradient dampened',
    operator: 'sgd',
    explanation: 'v = m·v + (1 − m)·g was computed, an average, instead of v = m·v + g.',
    forward: (inputs, attributes) => {
      const m = momentum(attributes)
      const velocity = zip(velocityOf(inputs), decayed(inputs, attributes), (v, g) => m * v + (1 - m) * g)
      return stepped(inputs.parameter, velocity, attributes)
    },
  },
  {
    name: 'sgd with the learning rate in the velocity',
    operator: 'sgd',
    explanation: 'v = m·v + rate·g and p − v were computed; here the rate multiplies the velocity in the step.',
    forward: (inputs, attributes) => {
      const scaled = map(decayed(inputs, attributes), (g) => rate(attributes) * g)
      const velocity = plus(scaled, velocityOf(inputs), momentum(attributes))
      return { parameter: plus(inputs.parameter, velocity, -1), velocity }
    },
  },
  {
    name: 'sgd with the momentum on the gradient',
    operator: 'sgd',
    explanation: 'v = v + m·g was computed: the momentum multiplies the old velocity, not the gradient.',
    forward: (inputs, attributes) => {
      const velocity = plus(velocityOf(inputs), decayed(inputs, attributes), momentum(attributes))
      return stepped(inputs.parameter, velocity, attributes)
    },
  },
  {
    name: 'sgd with the momentum subtracted',
    operator: 'sgd',
    explanation: 'v = g − m·v was computed instead of v = g + m·v.',
    forward: (inputs, attributes) =>
      stepped(
        inputs.parameter,
        plus(decayed(inputs, attributes), velocityOf(inputs), -momentum(attributes)),
        attributes,
      ),
  },
  {
    name: 'sgd that steps with the old velocity',
    operator: 'sgd',
    explanation: 'The step used the velocity from before the update instead of the new one.',
    forward: (inputs, attributes) => {
      const { velocity } = sgd.forward(inputs, attributes)
      return { parameter: plus(inputs.parameter, velocityOf(inputs), -rate(attributes)), velocity }
    },
  },
  {
    name: 'sgd with Nesterov momentum',
    operator: 'sgd',
    explanation: 'The step looked ahead, p − rate·(g + m·v), instead of p − rate·v.',
    forward: (inputs, attributes) => {
      const { velocity } = sgd.forward(inputs, attributes)
      const ahead = plus(decayed(inputs, attributes), velocity, momentum(attributes))
      return { parameter: plus(inputs.parameter, ahead, -rate(attributes)), velocity }
    },
  },
  {
    name: 'sgd that returns the old velocity',
    operator: 'sgd',
    explanation: 'The velocity was not updated: the next step would forget this gradient.',
    forward: (inputs, attributes) => ({ ...sgd.forward(inputs, attributes), velocity: velocityOf(inputs) }),
  },
  {
    name: 'sgd that updates the parameter in place',
    operator: 'sgd',
    concerns: 'memory',
    explanation: 'The new parameter was written into the memory of the given one.',
    forward: (inputs, attributes) => {
      const result = sgd.forward(inputs, attributes)
      overwrite(inputs.parameter, result.parameter)
      return result
    },
  },
  {
    name: 'sgd that climbs with a negative learning rate',
    operator: 'sgd',
    explanation: 'A negative learning rate was taken as it is instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { learningRate } = attributes
      if (typeof learningRate !== 'number' || !(learningRate < 0)) return undefined
      const { velocity } = sgd.forward(inputs, { ...attributes, learningRate: 0 })
      return { parameter: plus(inputs.parameter, velocity, -learningRate), velocity }
    },
  },
]

import { weightPenalty } from '../oracle/losses.js'
import { item, map, rowMajor, scalar } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { scaled, sum } from './rearrange.js'

const right = passes(weightPenalty)

export const mistakes: readonly Mistake[] = [
  {
    name: 'weightPenalty as the norm itself',
    operator: 'weightPenalty',
    explanation: 'λ·√Σw² was computed for norm 2 instead of λ·Σw².',
    forward: ({ weight }, attributes) =>
      attributes.norm === 2
        ? { loss: scalar(numberOf(attributes, 'lambda') * Math.sqrt(sum(rowMajor(weight).map((w) => w * w)))) }
        : right.forward({ weight }, attributes),
  },
  {
    name: 'weightPenalty halved',
    operator: 'weightPenalty',
    explanation: '½λ·Σw² was computed for norm 2 instead of λ·Σw².',
    forward: (inputs, attributes) => scaled(right.forward(inputs, attributes), attributes.norm === 2 ? 0.5 : 1),
  },
  {
    name: 'weightPenalty averaged',
    operator: 'weightPenalty',
    explanation: 'The mean over the weights was taken instead of their sum.',
    forward: (inputs, attributes) => scaled(right.forward(inputs, attributes), 1 / inputs.weight.size),
  },
  {
    name: 'weightPenalty without absolute values',
    operator: 'weightPenalty',
    explanation: 'λ·Σw was computed for norm 1 instead of λ·Σ|w|, so that weights of opposite sign cancel.',
    forward: ({ weight }, attributes) =>
      attributes.norm === 1
        ? { loss: scalar(numberOf(attributes, 'lambda') * sum(rowMajor(weight))) }
        : right.forward({ weight }, attributes),
  },
  {
    name: 'weightPenalty with norm 2 always',
    operator: 'weightPenalty',
    explanation: 'The squares were added whatever the attribute norm says.',
    forward: (inputs, attributes) => right.forward(inputs, { ...attributes, norm: 2 }),
  },
  {
    name: 'weightPenalty gradient without the factor 2',
    operator: 'weightPenalty',
    explanation: 'The gradient of λ·w² was taken as λ·w instead of 2λ·w.',
    backward: (inputs, attributes, gradients) =>
      scaled(right.backward(inputs, attributes, gradients), attributes.norm === 2 ? 0.5 : 1),
  },
  {
    name: 'weightPenalty gradient without the sign',
    operator: 'weightPenalty',
    explanation: 'The gradient of λ·|w| was taken as λ for negative weights too, where it is −λ.',
    backward: (inputs, attributes, gradients) => {
      const whole = right.backward(inputs, attributes, gradients)
      const g = item(gradients.loss) * numberOf(attributes, 'lambda')
      return attributes.norm === 1 ? { weight: map(inputs.weight, () => g) } : whole
    },
  },
  {
    name: 'weightPenalty gradient of one at zero',
    operator: 'weightPenalty',
    explanation: 'The derivative of |w| at exactly 0 was taken to be 1 (w ≥ 0); by convention it is 0.',
    backward: (inputs, attributes, gradients) => {
      const whole = right.backward(inputs, attributes, gradients)
      const g = item(gradients.loss) * numberOf(attributes, 'lambda')
      return attributes.norm === 1 ? { weight: map(inputs.weight, (w) => (w >= 0 ? g : -g)) } : whole
    },
  },
  {
    name: 'weightPenalty gradient without the incoming gradient',
    operator: 'weightPenalty',
    explanation: 'The gradient that comes in was taken to be 1 instead of being multiplied in.',
    backward: (inputs, attributes) => right.backward(inputs, attributes, { loss: scalar(1) }),
  },
  {
    name: 'weightPenalty that takes a negative lambda for 0',
    operator: 'weightPenalty',
    explanation: 'A negative λ was set to 0 instead of refused.',
    insteadOfRefusing: (inputs, attributes) =>
      typeof attributes.lambda === 'number' && attributes.lambda < 0
        ? weightPenalty.forward(inputs, { ...attributes, lambda: 0 })
        : undefined,
  },
]

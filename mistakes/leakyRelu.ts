import { leakyRelu } from '../oracle/activations.js'
import { map, zip } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'

const right = passes(leakyRelu)

export const mistakes: readonly Mistake[] = [
  {
    name: 'leakyRelu without the leak',
    operator: 'leakyRelu',
    explanation: 'max(0, x) was computed: what is negative became 0 instead of negativeSlope·x.',
    forward: ({ x }) => ({ y: map(x, (value) => Math.max(0, value)) }),
  },
  {
    name: 'leakyRelu with the slope for what is positive',
    operator: 'leakyRelu',
    explanation: 'The two sides are exchanged: x > 0 was scaled by negativeSlope and x ≤ 0 left as it is.',
    forward: ({ x }, attributes) => ({
      y: map(x, (value) => (value > 0 ? numberOf(attributes, 'negativeSlope') * value : value)),
    }),
  },
  {
    name: 'leakyRelu as the larger of x and its scaled self',
    operator: 'leakyRelu',
    explanation: 'max(x, negativeSlope·x) was computed, which is wrong for a negativeSlope above 1.',
    forward: ({ x }, attributes) => ({
      y: map(x, (value) => Math.max(value, numberOf(attributes, 'negativeSlope') * value)),
    }),
  },
  {
    name: 'leakyRelu with a slope of 0.01 always',
    operator: 'leakyRelu',
    explanation: 'The attribute negativeSlope was ignored.',
    forward: ({ x }) => right.forward({ x }, { negativeSlope: 0.01 }),
  },
  {
    name: 'leakyRelu with a slope of 0.3 where none is given',
    operator: 'leakyRelu',
    explanation: 'The default of another library, 0.3, was taken instead of 0.01.',
    forward: ({ x }, attributes) =>
      right.forward({ x }, numberOf(attributes, 'negativeSlope') === 0.01 ? { negativeSlope: 0.3 } : attributes),
  },
  {
    name: 'leakyRelu gradient of relu',
    operator: 'leakyRelu',
    explanation: 'The gradient was stopped where x is negative, where it is negativeSlope times the incoming one.',
    backward: ({ x }, _, { y }) => ({ x: zip(x, y, (value, g) => (value > 0 ? g : 0)) }),
  },
  {
    name: 'leakyRelu gradient of one at zero',
    operator: 'leakyRelu',
    explanation: 'The derivative at exactly 0 was taken to be 1 (x ≥ 0); by convention it is negativeSlope.',
    backward: ({ x }, attributes, { y }) => ({
      x: zip(x, y, (value, g) => (value >= 0 ? g : g * numberOf(attributes, 'negativeSlope'))),
    }),
  },
  {
    name: 'leakyRelu that takes a negative slope for its size',
    operator: 'leakyRelu',
    explanation: 'A negativeSlope below 0 was answered with its absolute value instead of being refused.',
    insteadOfRefusing: (inputs, attributes) =>
      typeof attributes.negativeSlope === 'number' && attributes.negativeSlope < 0
        ? leakyRelu.forward(inputs, { negativeSlope: -attributes.negativeSlope })
        : undefined,
  },
]

import { gelu } from '../oracle/activations.js'
import { map, zip } from '../oracle/tensor.js'
import { logistic } from './elementwise.js'
import { type Mistake, passes } from './mistake.js'

const right = passes(gelu)

/** The tanh form with one constant changed. */
function tanhForm(coefficient: number, cubic: number): Required<Mistake>['forward'] {
  return ({ x }, attributes) =>
    attributes.approximate === 'tanh'
      ? { y: map(x, (value) => 0.5 * value * (1 + Math.tanh(coefficient * (value + cubic * value ** 3)))) }
      : right.forward({ x }, attributes)
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'gelu as x·σ(1.702x)',
    operator: 'gelu',
    explanation: 'The sigmoid approximation x·σ(1.702x) was computed, which is off by up to 0.02.',
    forward: ({ x }) => ({ y: map(x, (value) => value * logistic(1.702 * value)) }),
  },
  {
    name: 'gelu in the tanh form always',
    operator: 'gelu',
    explanation: "approximate = 'none' was answered by the tanh form, which differs by up to 0.0005.",
    forward: (inputs) => right.forward(inputs, { approximate: 'tanh' }),
  },
  {
    name: 'gelu in the exact form always',
    operator: 'gelu',
    explanation: "approximate = 'tanh' was ignored, and x·Φ(x) computed.",
    forward: (inputs) => right.forward(inputs, { approximate: 'none' }),
  },
  {
    name: 'gelu with erf of x instead of x/√2',
    operator: 'gelu',
    explanation: 'The division by √2 inside of erf is missing: ½x(1 + erf(x)) was computed.',
    forward: (inputs, attributes) => {
      if (attributes.approximate !== 'none') return right.forward(inputs, attributes)
      const { y } = right.forward({ x: map(inputs.x, (value) => value * Math.SQRT2) }, attributes)
      return { y: map(y, (value) => value * Math.SQRT1_2) }
    },
  },
  {
    name: 'gelu without the cubic term',
    operator: 'gelu',
    explanation: 'The tanh form leaves out 0.044715x³.',
    forward: tanhForm(Math.sqrt(2 / Math.PI), 0),
  },
  {
    name: 'gelu with √(2/π) rounded to 0.8',
    operator: 'gelu',
    explanation: 'The coefficient √(2/π) = 0.79788 of the tanh form was rounded.',
    forward: tanhForm(0.8, 0.044_715),
  },
  {
    name: 'gelu without the half',
    operator: 'gelu',
    explanation: 'x(1 + erf(x/√2)) was computed: the factor ½ is missing.',
    forward: (inputs, attributes) => ({ y: map(right.forward(inputs, attributes).y, (value) => 2 * value) }),
  },
  {
    name: 'gelu that is 0 for what is negative',
    operator: 'gelu',
    explanation: 'The small negative values for x < 0 were cut off, as relu does.',
    forward: (inputs, attributes) => ({ y: map(right.forward(inputs, attributes).y, (value) => Math.max(0, value)) }),
  },
  {
    name: 'gelu gradient without the product rule',
    operator: 'gelu',
    explanation: 'The derivative was taken to be Φ(x); the term x·φ(x) is missing.',
    backward: ({ x }, attributes, { y }) => {
      const output = right.forward({ x }, attributes).y
      const weight = zip(x, output, (value, out) => (value === 0 ? 0.5 : out / value))
      return { x: zip(weight, y, (w, g) => w * g) }
    },
  },
  {
    name: 'gelu gradient of the exact form always',
    operator: 'gelu',
    explanation: "The backward pass of x·Φ(x) was used for approximate = 'tanh' too.",
    backward: (inputs, _, gradients) => right.backward(inputs, { approximate: 'none' }, gradients),
  },
  {
    name: 'gelu that takes an unknown approximation for the exact form',
    operator: 'gelu',
    explanation: "A value of approximate other than 'none' and 'tanh' was answered instead of refused.",
    insteadOfRefusing: (inputs, attributes) =>
      typeof attributes.approximate === 'string' ? gelu.forward(inputs, { approximate: 'none' }) : undefined,
  },
]

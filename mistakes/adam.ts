import type { Attributes } from '../oracle/contract.js'
import { adam } from '../oracle/optimizers.js'
import { map, type Tensor, type Tensors, zip } from '../oracle/tensor.js'
import { type Mistake, numberOf } from './mistake.js'

const setting = (name: string) => (attributes: Attributes) => numberOf(attributes, name)
const [step, rate, beta1, beta2, epsilon] = ['step', 'learningRate', 'beta1', 'beta2', 'epsilon'].map(setting)

/** The right moments with another step: p − change(m, v). */
function steppedBy(
  change: (mean: number, variance: number, attributes: Attributes) => number,
): Required<Mistake>['forward'] {
  return (inputs, attributes) => {
    const { mean, variance } = adam.forward(inputs, attributes)
    const changes = zip(mean, variance, (m, v) => change(m, v, attributes))
    return { parameter: zip(inputs.parameter, changes, (p, c) => p - c), mean, variance }
  }
}

/** m̂ and v̂. */
const corrected = (m: number, v: number, attributes: Attributes) => ({
  mean: m / (1 - beta1(attributes) ** step(attributes)),
  variance: v / (1 - beta2(attributes) ** step(attributes)),
})

/** The right step from moments that were gathered otherwise. */
function gathered(
  moments: (inputs: Tensors, attributes: Attributes) => { mean: Tensor; variance: Tensor },
): Required<Mistake>['forward'] {
  return (inputs, attributes) => {
    const { mean, variance } = moments(inputs, attributes)
    const changes = zip(mean, variance, (m, v) => {
      const unbiased = corrected(m, v, attributes)
      return (rate(attributes) * unbiased.mean) / (Math.sqrt(unbiased.variance) + epsilon(attributes))
    })
    return { parameter: zip(inputs.parameter, changes, (p, c) => p - c), mean, variance }
  }
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'adam without bias correction',
    operator: 'adam',
    explanation: 'm and v were used as they are, instead of divided by 1 − beta^step.',
    forward: steppedBy((m, v, attributes) => (rate(attributes) * m) / (Math.sqrt(v) + epsilon(attributes))),
  },
  {
    name: 'adam with epsilon inside the root',
    operator: 'adam',
    explanation: '√(v̂ + epsilon) was computed instead of √v̂ + epsilon.',
    forward: steppedBy((m, v, attributes) => {
      const { mean, variance } = corrected(m, v, attributes)
      return (rate(attributes) * mean) / Math.sqrt(variance + epsilon(attributes))
    }),
  },
  {
    name: 'adam without the root',
    operator: 'adam',
    explanation: 'The step was divided by v̂ instead of by its root.',
    forward: steppedBy((m, v, attributes) => {
      const { mean, variance } = corrected(m, v, attributes)
      return (rate(attributes) * mean) / (variance + epsilon(attributes))
    }),
  },
  {
    name: 'adam that ascends',
    operator: 'adam',
    explanation: 'The step was added instead of subtracted.',
    forward: (inputs, attributes) => {
      const right = adam.forward(inputs, attributes)
      return { ...right, parameter: zip(inputs.parameter, right.parameter, (p, next) => 2 * p - next) }
    },
  },
  {
    name: 'adam with steps counted from zero',
    operator: 'adam',
    explanation: 'The correction was made for step + 1, as if the first step were number 0.',
    forward: (inputs, attributes) => adam.forward(inputs, { ...attributes, step: step(attributes) + 1 }),
  },
  {
    name: 'adam with the betas exchanged',
    operator: 'adam',
    explanation: 'beta1 was used for the variance and beta2 for the mean.',
    forward: (inputs, attributes) =>
      adam.forward(inputs, { ...attributes, beta1: beta2(attributes), beta2: beta1(attributes) }),
  },
  {
    name: 'adam with a variance of the gradient unsquared',
    operator: 'adam',
    explanation: 'v took up |g| instead of g².',
    forward: gathered(({ gradient, mean, variance }, attributes) => ({
      mean: zip(mean, gradient, (m, g) => beta1(attributes) * m + (1 - beta1(attributes)) * g),
      variance: zip(variance, gradient, (v, g) => beta2(attributes) * v + (1 - beta2(attributes)) * Math.abs(g)),
    })),
  },
  {
    name: 'adam with moments that add up',
    operator: 'adam',
    explanation: 'm = beta1·m + g and v = beta2·v + g² were computed: the weights (1 − beta) are missing.',
    forward: gathered(({ gradient, mean, variance }, attributes) => ({
      mean: zip(mean, gradient, (m, g) => beta1(attributes) * m + g),
      variance: zip(variance, gradient, (v, g) => beta2(attributes) * v + g * g),
    })),
  },
  {
    name: 'adam that returns the corrected moments',
    operator: 'adam',
    explanation: 'm̂ and v̂ were handed on to the next step instead of m and v, which are corrected again there.',
    forward: (inputs, attributes) => {
      const { parameter, mean, variance } = adam.forward(inputs, attributes)
      return {
        parameter,
        mean: map(mean, (m) => corrected(m, 0, attributes).mean),
        variance: map(variance, (v) => corrected(0, v, attributes).variance),
      }
    },
  },
  {
    name: 'adam of a negative variance',
    operator: 'adam',
    explanation: 'A variance below 0 was set to 0 instead of refused.',
    insteadOfRefusing: (inputs, attributes) =>
      inputs.variance === undefined
        ? undefined
        : adam.forward({ ...inputs, variance: map(inputs.variance, (v) => (v < 0 ? 0 : v)) }, attributes),
  },
  {
    name: 'adam that takes step 0 for the first',
    operator: 'adam',
    explanation: 'step = 0, for which the correction is 1/0, was answered as step 1 instead of refused.',
    insteadOfRefusing: (inputs, attributes) =>
      attributes.step === 0 ? adam.forward(inputs, { ...attributes, step: 1 }) : undefined,
  },
]

import { layerNorm } from '../oracle/normalization.js'
import { map, reshape, rowMajor, tensor } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import {
  affine,
  epsilonOutside,
  featuresOf,
  mean,
  type Normalize,
  normalizedBy,
  standard,
  unbiased,
} from './normalization.js'
import { alongAxis, mapPlaces, sum } from './rearrange.js'

const right = passes(layerNorm)

/** layerNorm with another way to normalize a row. */
function rowsBy(f: Normalize): Required<Mistake>['forward'] {
  return (inputs, attributes) => {
    const normalized = alongAxis(-1, [inputs.x], normalizedBy(f, numberOf(attributes, 'epsilon')))
    return { y: affine(normalized, inputs, (place) => place % featuresOf(inputs.x)) }
  }
}

/** Rows of x̂, of the gradient ĝ with respect to x̂, and of 1/√(σ² + ε), made into the gradient with respect to x. */
type Backward = (hats: readonly number[], g: readonly number[], inverse: number) => readonly number[]

/** layerNorm with another gradient with respect to x. */
function rowGradientBy(f: Backward): Required<Mistake>['backward'] {
  return (inputs, attributes, gradients) => {
    const { x, gain } = inputs
    const epsilon = numberOf(attributes, 'epsilon')
    const scales = gain && rowMajor(gain)
    const D = featuresOf(x)
    const toNormalized = mapPlaces(gradients.y, (g, place) => g * (scales?.[place % D] ?? 1))
    const wrong = alongAxis(-1, [x, toNormalized], (entries, g) => {
      const mean = sum(entries) / D
      const variance = sum(entries.map((entry) => (entry - mean) ** 2)) / D
      return f(normalizedBy(standard, epsilon)(entries), g, 1 / Math.sqrt(variance + epsilon))
    })
    return { ...right.backward(inputs, attributes, gradients), x: wrong }
  }
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'layerNorm with the unbiased variance',
    operator: 'layerNorm',
    explanation: 'The sum of squares was divided by D − 1 instead of D.',
    forward: rowsBy(unbiased),
  },
  {
    name: 'layerNorm with ε outside the root',
    operator: 'layerNorm',
    explanation: 'The difference was divided by σ + ε instead of √(σ² + ε).',
    forward: rowsBy(epsilonOutside),
  },
  {
    name: 'layerNorm without ε',
    operator: 'layerNorm',
    explanation: 'ε was not added to the variance; a row of equal entries was taken to have variance 1.',
    forward: rowsBy((entries, mu, variance) => standard(entries, mu, variance === 0 ? 1 : variance, 0)),
  },
  {
    name: 'layerNorm divided by the variance',
    operator: 'layerNorm',
    explanation: 'The root was forgotten: the difference was divided by σ² + ε.',
    forward: rowsBy((entries, mu, variance, epsilon) => entries.map((entry) => (entry - mu) / (variance + epsilon))),
  },
  {
    name: 'layerNorm that does not subtract the mean',
    operator: 'layerNorm',
    explanation: 'x was divided by the standard deviation without its mean being subtracted first.',
    forward: rowsBy((entries, _, variance, epsilon) => standard(entries, 0, variance, epsilon)),
  },
  {
    name: 'layerNorm by the root mean square',
    operator: 'layerNorm',
    explanation: 'x was divided by the root of its mean square, as in RMSNorm, and its mean was not subtracted.',
    forward: rowsBy((entries, _, __, epsilon) =>
      standard(entries, 0, mean(entries.map((entry) => entry * entry)), epsilon),
    ),
  },
  {
    name: 'layerNorm with the variance as the difference of two large numbers',
    operator: 'layerNorm',
    explanation: 'The variance was computed as mean(x²) − mean(x)²; for rows far from 0 nothing is left of its digits.',
    forward: rowsBy((entries, mu, _, epsilon) => {
      const variance = mean(entries.map((entry) => entry * entry)) - mu * mu
      return standard(entries, mu, Math.max(variance, 0), epsilon)
    }),
  },
  {
    name: 'layerNorm over the whole tensor',
    operator: 'layerNorm',
    explanation: 'The mean and variance were taken over all rows together instead of row by row.',
    forward: (inputs, attributes) => {
      const all = reshape(inputs.x, [inputs.x.size])
      const normalized = alongAxis(0, [all], normalizedBy(standard, numberOf(attributes, 'epsilon')))
      const D = featuresOf(inputs.x)
      return { y: affine(tensor(inputs.x.shape, rowMajor(normalized)), inputs, (place) => place % D) }
    },
  },
  {
    name: 'layerNorm with the gain after the bias',
    operator: 'layerNorm',
    explanation: 'The bias was added before the multiplication by the gain instead of after it.',
    forward: (inputs, attributes) => {
      const { y } = right.forward({ x: inputs.x }, attributes)
      const { gain, bias } = inputs
      if (gain === undefined || bias === undefined) return right.forward(inputs, attributes)
      const D = featuresOf(inputs.x)
      return {
        y: affine(
          affine(y, { bias }, (place) => place % D),
          { gain },
          (place) => place % D,
        ),
      }
    },
  },
  {
    name: 'layerNorm that leaves out the bias where there is no gain',
    operator: 'layerNorm',
    explanation: 'A bias without a gain was ignored.',
    forward: (inputs, attributes) => right.forward(inputs.gain === undefined ? { x: inputs.x } : inputs, attributes),
  },
  {
    name: 'layerNorm gradient without the mean’s share',
    operator: 'layerNorm',
    explanation: 'The gradient through the row’s mean, −mean(ĝ), is missing.',
    backward: rowGradientBy((hats, g, inverse) => {
      const dot = mean(g.map((value, i) => value * hats[i]))
      return g.map((value, i) => inverse * (value - hats[i] * dot))
    }),
  },
  {
    name: 'layerNorm gradient without the variance’s share',
    operator: 'layerNorm',
    explanation: 'The gradient through the row’s variance, −x̂·mean(ĝ⊙x̂), is missing.',
    backward: rowGradientBy((_, g, inverse) => g.map((value) => inverse * (value - mean(g)))),
  },
  {
    name: 'layerNorm gradient as if the statistics were constant',
    operator: 'layerNorm',
    explanation: 'Only ĝ/√(σ² + ε) was taken: the row’s mean and variance depend on x as well.',
    backward: rowGradientBy((_, g, inverse) => g.map((value) => inverse * value)),
  },
  {
    name: 'layerNorm gradient that ignores the gain',
    operator: 'layerNorm',
    explanation: 'The gradient with respect to x was taken without the factor gain.',
    backward: (inputs, attributes, gradients) => ({
      ...right.backward(inputs, attributes, gradients),
      x: right.backward({ x: inputs.x }, attributes, gradients).x,
    }),
  },
  {
    name: 'layerNorm gain gradient with x instead of x̂',
    operator: 'layerNorm',
    explanation: 'The gradient of the gain was Σ g⊙x instead of Σ g⊙x̂.',
    backward: (inputs, attributes, gradients) => {
      const all = right.backward(inputs, attributes, gradients)
      if (all.gain === undefined) return all
      const D = featuresOf(inputs.x)
      const [x, g] = [rowMajor(inputs.x), rowMajor(gradients.y)]
      const gain = new Float64Array(D)
      for (let i = 0; i < x.length; i++) gain[i % D] += g[i] * x[i]
      return { ...all, gain: tensor([D], gain) }
    },
  },
  {
    name: 'layerNorm bias gradient averaged over the rows',
    operator: 'layerNorm',
    explanation: 'The gradient of the bias was averaged over the rows instead of summed.',
    backward: (inputs, attributes, gradients) => {
      const all = right.backward(inputs, attributes, gradients)
      const rows = inputs.x.size / featuresOf(inputs.x)
      return all.bias === undefined ? all : { ...all, bias: map(all.bias, (value) => value / rows) }
    },
  },
  {
    name: 'layerNorm that takes an ε of 0',
    operator: 'layerNorm',
    explanation: 'An ε of 0 was accepted; it should be refused, since rows of equal entries would be divided by 0.',
    insteadOfRefusing: (inputs, attributes) =>
      attributes.epsilon === 0 && inputs.x !== undefined
        ? layerNorm.forward(inputs, { ...attributes, epsilon: 1e-300 })
        : undefined,
  },
]

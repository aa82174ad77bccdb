import { batchNorm, layerNorm } from '../oracle/normalization.js'
import { map, reshape, rowMajor, sizeOf, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { alongAxis, mapPlaces, sum } from './rearrange.js'

const rightLayer = passes(layerNorm)
const rightBatch = passes(batchNorm)

/** Normalizes one row: entries, the row's mean and biased variance, and ε. */
type Normalize = (entries: readonly number[], mean: number, variance: number, epsilon: number) => readonly number[]

const standard: Normalize = (entries, mean, variance, epsilon) =>
  entries.map((entry) => (entry - mean) / Math.sqrt(variance + epsilon))

function normalizedBy(f: Normalize, epsilon: number): (entries: readonly number[]) => readonly number[] {
  return (entries) => {
    const mean = sum(entries) / entries.length
    const variance = sum(entries.map((entry) => (entry - mean) ** 2)) / entries.length
    return f(entries, mean, variance, epsilon)
  }
}

/** gain⊙x̂ + bias, gain and bias by the feature of each place. */
function affine(normalized: Tensor, { gain, bias }: Tensors, featureOf: (place: number) => number): Tensor {
  const [scales, shifts] = [gain && rowMajor(gain), bias && rowMajor(bias)]
  return mapPlaces(
    normalized,
    (value, place) => value * (scales?.[featureOf(place)] ?? 1) + (shifts?.[featureOf(place)] ?? 0),
  )
}

function featuresOf(x: Tensor): number {
  return x.shape[x.shape.length - 1]
}

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
    return { ...rightLayer.backward(inputs, attributes, gradients), x: wrong }
  }
}

const mean = (values: readonly number[]) => sum(values) / values.length

const layerNormMistakes: readonly Mistake[] = [
  {
    name: 'layerNorm with the unbiased variance',
    operator: 'layerNorm',
    explanation: 'The sum of squares was divided by D − 1 instead of D.',
    forward: rowsBy((entries, mu, variance, epsilon) => {
      const D = entries.length
      return standard(entries, mu, (variance * D) / Math.max(D - 1, 1), epsilon)
    }),
  },
  {
    name: 'layerNorm with ε outside the root',
    operator: 'layerNorm',
    explanation: 'The difference was divided by σ + ε instead of √(σ² + ε).',
    forward: rowsBy((entries, mu, variance, epsilon) =>
      entries.map((entry) => (entry - mu) / (Math.sqrt(variance) + epsilon)),
    ),
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
      const { y } = rightLayer.forward({ x: inputs.x }, attributes)
      const { gain, bias } = inputs
      if (gain === undefined || bias === undefined) return rightLayer.forward(inputs, attributes)
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
    forward: (inputs, attributes) =>
      rightLayer.forward(inputs.gain === undefined ? { x: inputs.x } : inputs, attributes),
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
      ...rightLayer.backward(inputs, attributes, gradients),
      x: rightLayer.backward({ x: inputs.x }, attributes, gradients).x,
    }),
  },
  {
    name: 'layerNorm gain gradient with x instead of x̂',
    operator: 'layerNorm',
    explanation: 'The gradient of the gain was Σ g⊙x instead of Σ g⊙x̂.',
    backward: (inputs, attributes, gradients) => {
      const all = rightLayer.backward(inputs, attributes, gradients)
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
      const all = rightLayer.backward(inputs, attributes, gradients)
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

/** The channel of each place of x[N,C,…]. */
function channelOf({ shape: [, C, ...trailing] }: Tensor): (place: number) => number {
  const area = sizeOf(trailing)
  return (place) => Math.floor(place / area) % C
}

/** The entries of each channel, and a tensor of x's shape from lists like them. */
function channels(x: Tensor): {
  readonly lists: readonly (readonly number[])[]
  back(lists: readonly (readonly number[])[]): Tensor
} {
  const of = channelOf(x)
  const lists: number[][] = Array.from({ length: x.shape[1] }, () => [])
  for (const [place, value] of rowMajor(x).entries()) lists[of(place)].push(value)
  return {
    lists,
    back(results) {
      const next = results.map((list) => list[Symbol.iterator]())
      return mapPlaces(x, (_, place) => next[of(place)].next().value ?? 0)
    },
  }
}

/** batchNorm in training with another way to normalize a channel; with given statistics it is right. */
function channelsBy(f: Normalize): Required<Mistake>['forward'] {
  return (inputs, attributes) => {
    if (attributes.training === false) return rightBatch.forward(inputs, attributes)
    const { lists, back } = channels(inputs.x)
    const normalized = back(lists.map(normalizedBy(f, numberOf(attributes, 'epsilon'))))
    return { y: affine(normalized, inputs, channelOf(inputs.x)) }
  }
}

/** The inputs with only x, gain and bias. */
function withoutStatistics({ mean: _, variance: __, ...inputs }: Tensors): Tensors {
  return inputs
}

const batchNormMistakes: readonly Mistake[] = [
  {
    name: 'batchNorm with the unbiased variance',
    operator: 'batchNorm',
    explanation: 'In training the sum of squares was divided by one less than the number of entries.',
    forward: channelsBy((entries, mu, variance, epsilon) => {
      const count = entries.length
      return standard(entries, mu, (variance * count) / Math.max(count - 1, 1), epsilon)
    }),
  },
  {
    name: 'batchNorm with ε outside the root',
    operator: 'batchNorm',
    explanation: 'In training the difference was divided by σ + ε instead of √(σ² + ε).',
    forward: channelsBy((entries, mu, variance, epsilon) =>
      entries.map((entry) => (entry - mu) / (Math.sqrt(variance) + epsilon)),
    ),
  },
  {
    name: 'batchNorm by the statistics of each item',
    operator: 'batchNorm',
    explanation:
      'In training the mean and variance were taken over the channels and positions of each item, as in layerNorm.',
    forward: (inputs, attributes) => {
      if (attributes.training === false) return rightBatch.forward(inputs, attributes)
      const { x } = inputs
      const rows = reshape(x, [x.shape[0], x.size / x.shape[0]])
      const normalized = alongAxis(1, [rows], normalizedBy(standard, numberOf(attributes, 'epsilon')))
      return { y: affine(tensor(x.shape, rowMajor(normalized)), inputs, channelOf(x)) }
    },
  },
  {
    name: 'batchNorm by the statistics of each position',
    operator: 'batchNorm',
    explanation:
      'In training the mean and variance were taken over the items only, apart for each position of an image.',
    forward: (inputs, attributes) => {
      if (attributes.training === false) return rightBatch.forward(inputs, attributes)
      const normalized = alongAxis(0, [inputs.x], normalizedBy(standard, numberOf(attributes, 'epsilon')))
      return { y: affine(normalized, inputs, channelOf(inputs.x)) }
    },
  },
  {
    name: 'batchNorm by the statistics of all channels together',
    operator: 'batchNorm',
    explanation: 'In training one mean and one variance were taken over all channels.',
    forward: (inputs, attributes) => {
      if (attributes.training === false) return rightBatch.forward(inputs, attributes)
      const all = reshape(inputs.x, [inputs.x.size])
      const normalized = alongAxis(0, [all], normalizedBy(standard, numberOf(attributes, 'epsilon')))
      return { y: affine(tensor(inputs.x.shape, rowMajor(normalized)), inputs, channelOf(inputs.x)) }
    },
  },
  {
    name: 'batchNorm that always takes the batch’s statistics',
    operator: 'batchNorm',
    explanation: 'The given mean and variance were ignored although training is false.',
    forward: (inputs, { epsilon }) => rightBatch.forward(withoutStatistics(inputs), { epsilon }),
  },
  {
    name: 'batchNorm that takes the variance for the standard deviation',
    operator: 'batchNorm',
    explanation: 'With given statistics the difference was divided by σ² + ε, without the root.',
    forward: (inputs, attributes) => {
      const { variance } = inputs
      if (variance === undefined) return rightBatch.forward(inputs, attributes)
      const epsilon = numberOf(attributes, 'epsilon')
      const squared = map(variance, (value) => (value + epsilon) ** 2 - epsilon)
      return rightBatch.forward({ ...inputs, variance: map(squared, (value) => Math.max(value, 0)) }, attributes)
    },
  },
  {
    name: 'batchNorm with gain and bias by the last axis',
    operator: 'batchNorm',
    explanation: 'Gain and bias were read by the index of the last axis, modulo the channels, instead of by channel.',
    forward: (inputs, attributes) => {
      const { gain, bias, ...rest } = inputs
      const { y } = rightBatch.forward(rest, attributes)
      const [C, last] = [inputs.x.shape[1], featuresOf(inputs.x)]
      return { y: affine(y, { ...(gain && { gain }), ...(bias && { bias }) }, (place) => (place % last) % C) }
    },
  },
  {
    name: 'batchNorm without the bias where training is false',
    operator: 'batchNorm',
    explanation: 'The bias was added in training only.',
    forward: (inputs, attributes) => {
      const { bias: _, ...unbiased } = inputs
      return rightBatch.forward(attributes.training === false ? unbiased : inputs, attributes)
    },
  },
  {
    name: 'batchNorm that gives 0 for a single entry a channel',
    operator: 'batchNorm',
    explanation: 'In training a channel of one entry gave 0 instead of its bias.',
    forward: (inputs, attributes) => {
      const { y } = rightBatch.forward(inputs, attributes)
      const alone = inputs.x.size === inputs.x.shape[1] && attributes.training !== false
      return { y: alone ? map(y, () => 0) : y }
    },
  },
  {
    name: 'batchNorm gradient as if the statistics were constant',
    operator: 'batchNorm',
    explanation: 'In training the batch’s mean and variance were held constant; they depend on x as well.',
    backward: (inputs, attributes, gradients) => {
      const all = rightBatch.backward(inputs, attributes, gradients)
      if (attributes.training === false) return all
      const { lists } = channels(inputs.x)
      const statistics = lists.map((entries) => {
        const mu = mean(entries)
        return { mu, variance: mean(entries.map((entry) => (entry - mu) ** 2)) }
      })
      const given = {
        ...inputs,
        mean: tensor(
          [lists.length],
          statistics.map(({ mu }) => mu),
        ),
        variance: tensor(
          [lists.length],
          statistics.map(({ variance }) => variance),
        ),
      }
      return { ...all, x: rightBatch.backward(given, { ...attributes, training: false }, gradients).x }
    },
  },
  {
    name: 'batchNorm gradient by the statistics’ path where they are given',
    operator: 'batchNorm',
    explanation: 'With given statistics the gradient of x was taken as if they came from the batch.',
    backward: (inputs, attributes, gradients) => ({
      ...rightBatch.backward(inputs, attributes, gradients),
      x: rightBatch.backward(withoutStatistics(inputs), { epsilon: numberOf(attributes, 'epsilon') }, gradients).x,
    }),
  },
  {
    name: 'batchNorm gradient of the variance without the factor −½',
    operator: 'batchNorm',
    explanation: 'The derivative of (σ² + ε)^−½ lacks its factor −½.',
    backward: (inputs, attributes, gradients) => {
      const all = rightBatch.backward(inputs, attributes, gradients)
      return all.variance === undefined ? all : { ...all, variance: map(all.variance, (value) => -2 * value) }
    },
  },
  {
    name: 'batchNorm gradient of the gain of the first item',
    operator: 'batchNorm',
    explanation: 'The gradient of the gain was summed over the positions of the first item only.',
    backward: (inputs, attributes, { y }) => {
      const all = rightBatch.backward(inputs, attributes, { y })
      const item = y.size / y.shape[0]
      const first = mapPlaces(y, (g, place) => (place < item ? g : 0))
      const { gain } = rightBatch.backward(inputs, attributes, { y: first })
      return gain === undefined ? all : { ...all, gain }
    },
  },
  {
    name: 'batchNorm that ignores a given mean and variance in training',
    operator: 'batchNorm',
    explanation: 'A mean and variance given in training, which would have no effect, were ignored instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const superfluous = attributes.training !== false && (inputs.mean ?? inputs.variance) !== undefined
      return superfluous ? batchNorm.forward(withoutStatistics(inputs), attributes) : undefined
    },
  },
  {
    name: 'batchNorm that cuts a negative variance to 0',
    operator: 'batchNorm',
    explanation: 'A negative variance was taken for 0 instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { variance } = inputs
      if (variance === undefined || attributes.training !== false) return undefined
      if (!rowMajor(variance).some((value) => value < 0)) return undefined
      return batchNorm.forward({ ...inputs, variance: map(variance, (value) => Math.max(value, 0)) }, attributes)
    },
  },
]

export const mistakes: readonly Mistake[] = [...layerNormMistakes, ...batchNormMistakes]

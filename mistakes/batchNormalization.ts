import { batchNorm } from '../oracle/normalization.js'
import { map, reshape, rowMajor, sizeOf, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
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
import { alongAxis, mapPlaces } from './rearrange.js'

const right = passes(batchNorm)

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
    if (attributes.training === false) return right.forward(inputs, attributes)
    const { lists, back } = channels(inputs.x)
    const normalized = back(lists.map(normalizedBy(f, numberOf(attributes, 'epsilon'))))
    return { y: affine(normalized, inputs, channelOf(inputs.x)) }
  }
}

/** The inputs with only x, gain and bias. */
function withoutStatistics({ mean: _, variance: __, ...inputs }: Tensors): Tensors {
  return inputs
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'batchNorm with the unbiased variance',
    operator: 'batchNorm',
    explanation: 'In training the sum of squares was divided by one less than the number of entries.',
    forward: channelsBy(unbiased),
  },
  {
    name: 'batchNorm with ε outside the root',
    operator: 'batchNorm',
    explanation: 'In training the difference was divided by σ + ε instead of √(σ² + ε).',
    forward: channelsBy(epsilonOutside),
  },
  {
    name: 'batchNorm by the statistics of each item',
    operator: 'batchNorm',
    explanation:
      'In training the mean and variance were taken over the channels and positions of each item, as in layerNorm.',
    forward: (inputs, attributes) => {
      if (attributes.training === false) return right.forward(inputs, attributes)
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
      if (attributes.training === false) return right.forward(inputs, attributes)
      const normalized = alongAxis(0, [inputs.x], normalizedBy(standard, numberOf(attributes, 'epsilon')))
      return { y: affine(normalized, inputs, channelOf(inputs.x)) }
    },
  },
  {
    name: 'batchNorm by the statistics of all channels together',
    operator: 'batchNorm',
    explanation: 'In training one mean and one variance were taken over all channels.',
    forward: (inputs, attributes) => {
      if (attributes.training === false) return right.forward(inputs, attributes)
      const all = reshape(inputs.x, [inputs.x.size])
      const normalized = alongAxis(0, [all], normalizedBy(standard, numberOf(attributes, 'epsilon')))
      return { y: affine(tensor(inputs.x.shape, rowMajor(normalized)), inputs, channelOf(inputs.x)) }
    },
  },
  {
    name: 'batchNorm that always takes the batch’s statistics',
    operator: 'batchNorm',
    explanation: 'The given mean and variance were ignored although training is false.',
    forward: (inputs, { epsilon }) => right.forward(withoutStatistics(inputs), { epsilon }),
  },
  {
    name: 'batchNorm that takes the variance for the standard deviation',
    operator: 'batchNorm',
    explanation: 'With given statistics the difference was divided by σ² + ε, without the root.',
    forward: (inputs, attributes) => {
      const { variance } = inputs
      if (variance === undefined) return right.forward(inputs, attributes)
      const epsilon = numberOf(attributes, 'epsilon')
      const squared = map(variance, (value) => (value + epsilon) ** 2 - epsilon)
      return right.forward({ ...inputs, variance: map(squared, (value) => Math.max(value, 0)) }, attributes)
    },
  },
  {
    name: 'batchNorm with gain and bias by the last axis',
    operator: 'batchNorm',
    explanation: 'Gain and bias were read by the index of the last axis, modulo the channels, instead of by channel.',
    forward: (inputs, attributes) => {
      const { gain, bias, ...rest } = inputs
      const { y } = right.forward(rest, attributes)
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
      return right.forward(attributes.training === false ? unbiased : inputs, attributes)
    },
  },
  {
    name: 'batchNorm that gives 0 for a single entry a channel',
    operator: 'batchNorm',
    explanation: 'In training a channel of one entry gave 0 instead of its bias.',
    forward: (inputs, attributes) => {
      const { y } = right.forward(inputs, attributes)
      const alone = inputs.x.size === inputs.x.shape[1] && attributes.training !== false
      return { y: alone ? map(y, () => 0) : y }
    },
  },
  {
    name: 'batchNorm gradient as if the statistics were constant',
    operator: 'batchNorm',
    explanation: 'In training the batch’s mean and variance were held constant; they depend on x as well.',
    backward: (inputs, attributes, gradients) => {
      const all = right.backward(inputs, attributes, gradients)
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
      return { ...all, x: right.backward(given, { ...attributes, training: false }, gradients).x }
    },
  },
  {
    name: 'batchNorm gradient by the statistics’ path where they are given',
    operator: 'batchNorm',
    explanation: 'With given statistics the gradient of x was taken as if they came from the batch.',
    backward: (inputs, attributes, gradients) => ({
      ...right.backward(inputs, attributes, gradients),
      x: right.backward(withoutStatistics(inputs), { epsilon: numberOf(attributes, 'epsilon') }, gradients).x,
    }),
  },
  {
    name: 'batchNorm gradient of the variance without the factor −½',
    operator: 'batchNorm',
    explanation: 'The derivative of (σ² + ε)^−½ lacks its factor −½.',
    backward: (inputs, attributes, gradients) => {
      const all = right.backward(inputs, attributes, gradients)
      return all.variance === undefined ? all : { ...all, variance: map(all.variance, (value) => -2 * value) }
    },
  },
  {
    name: 'batchNorm gradient of the gain of the first item',
    operator: 'batchNorm',
    explanation: 'The gradient of the gain was summed over the positions of the first item only.',
    backward: (inputs, attributes, { y }) => {
      const all = right.backward(inputs, attributes, { y })
      const item = y.size / y.shape[0]
      const first = mapPlaces(y, (g, place) => (place < item ? g : 0))
      const { gain } = right.backward(inputs, attributes, { y: first })
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

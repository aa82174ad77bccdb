import { rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { constant, permuted, reshaped, spread } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import type { Law } from './law.js'
import { batchNormCalls, batchNormModel, byChannel } from './normalization.js'
import {
  areStandard,
  epsilonOf,
  eulerByRow,
  ignoresTheScale,
  meansOf,
  onesSayNothing,
  variancesOf,
  withGain,
  withoutAffine,
} from './normalizationLaws.js'
import { type Profile, representable } from './profile.js'
import { exchanged, refuses } from './refusals.js'
import {
  isAdditive,
  isHomogeneous,
  known,
  law,
  ledger,
  reorders,
  taken,
  takenFrom,
  tensorOf,
  treatsSlicesAlone,
  zerosSayNothing,
} from './relations.js'

type Kind = Parameters<typeof batchNormCalls>[0]

/** Calls by the batch's own statistics. */
function training(kind: Kind): Law['calls'] {
  return (profile) =>
    batchNormCalls(kind)(profile).map((call) => {
      const { mean: _, variance: __, ...inputs } = call.inputs
      return { ...call, inputs, attributes: { ...call.attributes, training: true } }
    })
}

/** Calls by given statistics; 0 and 1 where none were drawn. */
function inference(kind: Kind): Law['calls'] {
  return (profile) =>
    batchNormCalls(kind)(profile).map((call) => {
      const C = call.inputs.x.shape[1]
      const { mean = tensorOf([C], () => 0), variance = tensorOf([C], () => 1), ...rest } = call.inputs
      return { ...call, inputs: { ...rest, mean, variance }, attributes: { ...call.attributes, training: false } }
    })
}

const operator = 'batchNorm'
const any = { operator, calls: batchNormCalls }
const wide = { operator, calls: batchNormCalls('wide') }
const [simpleTraining, wideTraining] = [
  { operator, calls: training('simple') },
  { operator, calls: training('wide') },
]
const [simpleInference, wideInference] = [
  { operator, calls: inference('simple') },
  { operator, calls: inference('wide') },
]
const gradient = { kind: 'gradient', backward: true } as const

const features = ({ x }: Tensors) => x.shape[1]

/** Entries of x[N,C,…] by f of their value and channel. */
function inChannels(x: Tensor, f: (value: number, channel: number) => number): Tensor {
  const [N, C] = x.shape
  const area = x.size / (N * C)
  return tensorOf(x.shape, (i) => f(rowMajor(x)[i], Math.floor(i / area) % C))
}

/** The mean and biased variance of each channel, as the platform holds them. */
function statisticsOf(x: Tensor, profile: Profile) {
  const channels = byChannel(known(x))
  const held = (values: Float64Array) =>
    tensor(
      [values.length],
      values.map((value) => representable(profile, value)),
    )
  return { mean: held(meansOf(channels).value), variance: held(variancesOf(channels).value) }
}

const refusals: Law[] = [
  refuses(any, 'a mean where it takes the batch’s own', ({ inputs, attributes }) => ({
    inputs: { ...inputs, mean: tensorOf([inputs.x.shape[1]], () => 0) },
    attributes: { ...attributes, training: true },
    what: 'a mean although training is true',
  })),
  refuses(any, 'no variance where it is to take a given one', ({ inputs: { variance: _, ...inputs }, attributes }) => ({
    inputs: { ...inputs, mean: tensorOf([inputs.x.shape[1]], () => 0) },
    attributes: { ...attributes, training: false },
    what: 'a mean but no variance although training is false',
  })),
  refuses(any, 'a negative variance', (call, random) => {
    const C = call.inputs.x.shape[1]
    const at = random.integer(0, C - 1)
    const spoilt = exchanged(
      call,
      'variance',
      tensorOf([C], (c) => (c === at ? -1 : 1)),
      'a variance of −1',
    )
    const mean = tensorOf([C], () => 0)
    return { ...spoilt, inputs: { ...spoilt.inputs, mean }, attributes: { ...call.attributes, training: false } }
  }),
]

const forwardLaws: Law[] = [
  treatsSlicesAlone({
    ...wide,
    name: 'normalizes each channel alone',
    inputs: { x: 1, gain: 0, bias: 0, mean: 0, variance: 0 },
    outputs: { y: 1 },
  }),
  reorders({ ...wide, name: 'reorders its items with those of x', inputs: { x: 0 }, outputs: { y: 0 } }),
  law({
    ...wide,
    name: 'takes positions for items',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const [N, C] = inputs.x.shape
      const area = inputs.x.size / (N * C)
      const plain = await subject.forward(inputs, attributes)
      const items = permuted(reshaped(known(inputs.x), [N, C, area]), [0, 2, 1])
      const flat = await subject.forward({ ...inputs, x: tensor([N * area, C], items.value) }, attributes)
      const back = permuted(reshaped(flat.y, [N, area, C]), [0, 2, 1])
      return compare('y with positions as items', reshaped(back, inputs.x.shape), plain.y)
    },
  }),
  law({
    ...simpleTraining,
    name: 'is unchanged in training when a constant is added to a channel',
    check: async ({ call: { inputs, attributes }, subject }, random) => {
      const shifts = tensorOf([inputs.x.shape[1]], () => random.integer(-8, 8))
      const plain = await subject.forward(inputs, attributes)
      const x = inChannels(inputs.x, (value, c) => value + rowMajor(shifts)[c])
      const { y } = await subject.forward({ ...inputs, x }, attributes)
      return compare('y of shifted channels', y, plain.y)
    },
  }),
  ignoresTheScale({ ...simpleTraining, name: 'is unchanged in training when x is enlarged, and ε with its square' }),
  law({
    ...wideTraining,
    calls: (profile) => training('wide')(profile).map(withoutAffine),
    name: 'has channels of mean 0 and variance σ²/(σ² + ε) in training',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const { y } = await subject.forward(inputs, attributes)
      return areStandard(byChannel(y), byChannel(known(inputs.x)), epsilonOf({ attributes }))
    },
  }),
  law({
    ...wideTraining,
    name: 'gives each item of a batch that is repeated what it gave before',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const N = inputs.x.shape[0]
      const twice = Array.from({ length: 2 * N }, (_, n) => n % N)
      const plain = await subject.forward(inputs, attributes)
      const { y } = await subject.forward({ ...inputs, x: taken(inputs.x, 0, twice) }, attributes)
      return compare('y of the batch twice', y, takenFrom(plain.y, 0, twice))
    },
  }),
  law({
    ...wideTraining,
    name: 'gives the bias for channels of equal entries in training',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const [, C] = inputs.x.shape
      const bias = inputs.bias ?? tensorOf([C], () => 0)
      const first = rowMajor(inputs.x)[0]
      const { y } = await subject.forward({ ...inputs, x: inChannels(inputs.x, () => first) }, attributes)
      const rows = byChannel(y)
      return compare('y of channels of equal entries', rows, spread(known(bias), rows.shape[1]))
    },
  }),
  law({
    ...simpleInference,
    name: 'gives with the batch’s own statistics what it gives in training',
    check: async ({ call: { inputs, attributes }, subject, profile }) => {
      const { mean: _, variance: __, ...own } = inputs
      const trained = await subject.forward(own, { ...attributes, training: true })
      const { y } = await subject.forward({ ...own, ...statisticsOf(inputs.x, profile) }, attributes)
      return compare('y by the batch’s statistics', y, trained.y)
    },
  }),
  treatsSlicesAlone({
    ...wideInference,
    name: 'normalizes each item alone by given statistics',
    inputs: { x: 0 },
    outputs: { y: 0 },
  }),
  law({
    ...wideInference,
    name: 'gives the bias for the given mean',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const means = rowMajor(inputs.mean)
      const bias = inputs.bias ?? tensorOf([means.length], () => 0)
      const { y } = await subject.forward({ ...inputs, x: inChannels(inputs.x, (_, c) => means[c]) }, attributes)
      const rows = byChannel(y)
      return compare('y of the mean', rows, spread(known(bias), rows.shape[1]))
    },
  }),
  law({
    ...simpleInference,
    name: 'depends on the difference of x and the given mean only',
    check: async ({ call: { inputs, attributes }, subject }, random) => {
      const by = random.integer(-8, 8)
      const moved = (x: Tensor) => tensorOf(x.shape, (i) => rowMajor(x)[i] + by)
      const plain = await subject.forward(inputs, attributes)
      const { y } = await subject.forward({ ...inputs, x: moved(inputs.x), mean: moved(inputs.mean) }, attributes)
      return compare(`y with ${by} added to x and mean`, y, plain.y)
    },
  }),
  isAdditive({ ...simpleInference, name: 'is affine in x by given statistics', input: 'x', affine: true }),
  isHomogeneous({
    ...simpleInference,
    name: 'scales with gain and bias',
    calls: (profile) => inference('simple')(profile).map(withGain(features)),
    inputs: ['gain', 'bias'],
    degree: 1,
  }),
  zerosSayNothing({ ...wide, name: 'takes a bias of zeros for none', input: 'bias', shape: ({ x }) => [x.shape[1]] }),
  onesSayNothing({ ...wide, name: 'takes a gain of ones for none', features }),
]

const gradientLaws: Law[] = [
  law({
    ...wideTraining,
    ...gradient,
    name: 'has gradients with respect to x that sum to zero in each channel in training',
    check: async ({ call: { inputs, attributes, gradients }, subject }) => {
      const { x } = await subject.backward(inputs, attributes, gradients)
      const sums = ledger.sum(byChannel(x), 'common')
      return compare('Σ ∂L/∂x of each channel', sums, constant(sums.shape, 0))
    },
  }),
  law({
    ...wideTraining,
    ...gradient,
    name: 'obeys Euler’s identity in each channel in training, but for what ε keeps',
    check: async ({ call: { inputs, attributes, gradients }, subject }) => {
      const { bias: _, ...unbiased } = inputs
      const { y } = await subject.forward(unbiased, attributes)
      const { x } = await subject.backward(inputs, attributes, gradients)
      const [rows, g] = [byChannel(known(inputs.x)), byChannel(known(gradients.y))]
      return eulerByRow(byChannel(x), rows, byChannel(y), g, epsilonOf({ attributes }))
    },
  }),
  law({
    ...wide,
    ...gradient,
    name: 'sums the gradient over each channel for the bias, and with x̂ for the gain',
    check: async ({ call: { inputs, attributes, gradients }, subject }) => {
      const C = inputs.x.shape[1]
      const { gain = tensorOf([C], () => 1), bias = tensorOf([C], () => 0), ...plain } = inputs
      const answer = await subject.backward({ ...plain, gain, bias }, attributes, gradients)
      const { y: normalized } = await subject.forward(plain, attributes)
      const g = byChannel(known(gradients.y))
      return [
        compare('∂L/∂bias', answer.bias, ledger.sum(g)),
        compare('∂L/∂gain', answer.gain, ledger.sum(ledger.multiply(g, byChannel(normalized)), 'common')),
      ]
    },
  }),
  law({
    ...wideInference,
    ...gradient,
    name: 'gives the mean what it takes from x',
    check: async ({ call: { inputs, attributes, gradients }, subject }) => {
      const { x, mean } = await subject.backward(inputs, attributes, gradients)
      return compare('∂L/∂mean', mean, ledger.negate(ledger.sum(byChannel(x), 'common')))
    },
  }),
  law({
    ...wideInference,
    ...gradient,
    name: 'has a gradient of the variance that undoes one of the scale',
    check: async ({ call: { inputs, attributes, gradients }, subject }) => {
      const { x, variance } = await subject.backward(inputs, attributes, gradients)
      const rows = byChannel(known(inputs.x))
      const differences = ledger.subtract(rows, spread(known(inputs.mean), rows.shape[1]))
      const shifted = ledger.shift(known(inputs.variance), epsilonOf({ attributes }))
      return compare(
        '−2(variance + ε)·∂L/∂variance',
        ledger.scale(ledger.multiply(variance, shifted), -2),
        ledger.sum(ledger.multiply(byChannel(x), differences), 'common'),
      )
    },
  }),
]

/** gain⊙(x − μ)/√(σ² + ε) + bias for each channel. (Batch Normalization, 2015, algorithm 1) */
export const batchNorm: OperatorProperties = {
  operator,
  model: batchNormModel,
  calls: batchNormCalls,
  smooth: batchNormCalls('smooth'),
  laws: [...refusals, ...forwardLaws, ...gradientLaws],
}

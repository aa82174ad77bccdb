import fc from 'fast-check'
import type { Attributes, AttributeValue } from '../oracle/contract.js'
import { rowMajor, type Tensor, type Tensors } from '../oracle/tensor.js'
import { type Approximation, exact, permuted, reshaped, transposed } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { chosen, completeCalls, type OperatorProperties, perhaps, present } from './calls.js'
import { compare } from './comparison.js'
import {
  type Axis,
  axes,
  biasEverywhere,
  factors,
  givesTheBias,
  handsOn,
  inputLength,
  obeysEulerInEach,
  padsWithZeros,
  pairValue,
  sumsTheGradientForTheBias,
  withoutBias,
} from './convolution.js'
import { convolve, convolveBackward, type Sizes, sizesOf } from './convolutionModel.js'
import { type DataKind, fill, fillings, sizes } from './data.js'
import type { Law } from './law.js'
import type { Model } from './model.js'
import type { Profile } from './profile.js'
import { changed, exchanged, refuses } from './refusals.js'
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
import { pair, positionsOf } from './shapes.js'
import { leavesOutPositions, treatsRowsLikeColumns } from './windows.js'

/** The first convolution: each channel its own filter, as many groups as channels. */
function filteringOf({ x, depthwise }: Tensors, { stride, padding }: Attributes): Sizes {
  return sizesOf({ x, weight: depthwise }, { stride, padding, dilation: [1, 1], groups: x.shape[1] })
}

/** The second: a 1×1 convolution over all channels of the h × w positions that the first leaves. */
function mixingOf({ x, pointwise }: Tensors, filtering: Sizes): Sizes {
  const { OH, OW } = filtering
  return sizesOf(
    { x: tensorOf([x.shape[0], x.shape[1], OH, OW], () => 0), weight: pointwise },
    { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 },
  )
}

function filtered(arithmetic: Arithmetic, inputs: Tensors, filtering: Sizes): Approximation {
  return convolve(arithmetic, filtering, { x: exact(inputs.x), weight: exact(inputs.depthwise) })
}

const separableModel: Model = {
  shapes: ({ x, depthwise, pointwise }, { stride, padding }) => {
    const [N, , H, W] = x.shape
    const window = { kernel: depthwise.shape.slice(2), stride: pair(stride), padding: pair(padding), dilation: [1, 1] }
    return { y: [N, pointwise.shape[0], ...positionsOf([H, W], window)] }
  },
  forward: (arithmetic, inputs, attributes) => {
    const filtering = filteringOf(inputs, attributes)
    const x = filtered(arithmetic, inputs, filtering)
    const bias = inputs.bias && { bias: exact(inputs.bias) }
    return { y: convolve(arithmetic, mixingOf(inputs, filtering), { x, weight: exact(inputs.pointwise), ...bias }) }
  },
  backward: (arithmetic, inputs, attributes, { y }) => {
    const filtering = filteringOf(inputs, attributes)
    const x = filtered(arithmetic, inputs, filtering)
    const bias = inputs.bias && { bias: exact(inputs.bias) }
    const operands = { x, weight: exact(inputs.pointwise), ...bias }
    const mixing = convolveBackward(arithmetic, mixingOf(inputs, filtering), operands, exact(y))
    const first = { x: exact(inputs.x), weight: exact(inputs.depthwise) }
    const filters = convolveBackward(arithmetic, filtering, first, mixing.x)
    return {
      x: filters.x,
      depthwise: filters.weight,
      pointwise: mixing.weight,
      ...(bias && { bias: mixing.bias }),
    }
  },
}

function drawSeparable(kind: DataKind, profile: Profile) {
  return fc
    .record({
      N: sizes(3),
      C: sizes(3),
      O: sizes(3),
      height: axes,
      across: axes,
      asNumber: fc.boolean(),
      settings: fc.constantFrom('default', 'stride', 'padding', 'both', 'both'),
      x: fillings(kind, profile, factors),
      depthwise: fillings(kind, profile, factors),
      pointwise: fillings(kind, profile, factors),
      bias: perhaps(fillings(kind, profile, factors)),
    })
    .map(({ N, C, O, height, across, asNumber, settings, x, depthwise, pointwise, bias }) => {
      const withStride = settings === 'stride' || settings === 'both'
      const withPadding = settings === 'padding' || settings === 'both'
      const axis = (drawn: Axis): Axis => ({ ...drawn, padding: withPadding ? drawn.padding : 0, dilation: 1 })
      const [h, w] = [axis(height), axis(across)]
      return {
        inputs: present({
          x: fill([N, C, inputLength(h), inputLength(w)], x, profile),
          depthwise: fill([C, 1, h.kernel, w.kernel], depthwise, profile),
          pointwise: fill([O, C, 1, 1], pointwise, profile),
          bias: bias && fill([O], bias, profile),
        }),
        attributes: chosen<AttributeValue>({
          stride: withStride ? pairValue(h.stride, w.stride, asNumber) : undefined,
          padding: withPadding ? pairValue(h.padding, w.padding, asNumber) : undefined,
        }),
      }
    })
}

const operator = 'depthwiseSeparableConv2d'
const calls = completeCalls(operator, separableModel, drawSeparable, factors)
const any = { operator, calls }
const simple = { operator, calls: calls('simple') }
const wide = { operator, calls: calls('wide') }

/** y[N,O,…] from h[N,C,…] by a matrix [O,C]. */
function mixed(h: Approximation, pointwise: Tensor): Approximation {
  const [N, C, H, W] = h.shape
  const O = pointwise.shape[0]
  const rows = reshaped(permuted(h, [0, 2, 3, 1]), [N * H * W, C])
  const y = ledger.matmul(rows, transposed(reshaped(known(pointwise), [O, C])))
  return permuted(reshaped(y, [N, H, W, O]), [0, 3, 1, 2])
}

const laws: Law[] = [
  refuses(any, 'a window larger than the padded input', (call) => {
    const [, C, H, W] = call.inputs.x.shape
    const [vertical, horizontal] = pair(call.attributes.padding)
    const shape = [C, 1, H + 2 * vertical + 1, W + 2 * horizontal + 1]
    const depthwise = tensorOf(shape, () => 1)
    return exchanged(call, 'depthwise', depthwise, `filters of ${shape[2]}×${shape[3]}`)
  }),
  refuses(any, 'a filter of more than one channel', (call) => {
    const depthwise = taken(call.inputs.depthwise, 1, [0, 0])
    return exchanged(call, 'depthwise', depthwise, `depthwise of shape [${depthwise.shape.join(', ')}]`)
  }),
  refuses(any, 'a dilation, which it does not have', (call) => changed(call, 'dilation', 2)),
  ...(['x', 'depthwise', 'pointwise'] as const).map((input) =>
    isAdditive({ ...simple, name: `is affine in ${input}`, input, affine: true }),
  ),
  isHomogeneous({
    ...simple,
    calls: (profile) => calls('simple')(profile).map(withoutBias),
    name: 'scales with the square when both weights are scaled',
    inputs: ['depthwise', 'pointwise'],
    degree: 2,
    factors: [2, -1, -2],
  }),
  treatsSlicesAlone({ ...wide, name: 'treats each image alone', inputs: { x: 0 }, outputs: { y: 0 } }),
  zerosSayNothing({
    ...wide,
    name: 'takes a bias of zeros for none',
    input: 'bias',
    shape: ({ pointwise }) => [pointwise.shape[0]],
  }),
  reorders({
    ...wide,
    name: 'does not depend on the order of the input channels',
    inputs: { x: 1, depthwise: 0, pointwise: 1 },
    outputs: {},
  }),
  reorders({
    ...wide,
    name: 'reorders its channels with those of pointwise and bias',
    inputs: { pointwise: 0, bias: 0 },
    outputs: { y: 1 },
  }),
  givesTheBias({ ...wide, name: 'gives the bias for an image of zeros', weight: 'pointwise' }),
  law({
    ...wide,
    name: 'filters each channel with its own filter alone',
    check: async ({ call: { inputs, attributes }, subject }, random) => {
      const C = inputs.x.shape[1]
      const channel = random.integer(0, C - 1)
      const { x, depthwise } = inputs
      const together = await subject.forward({ x, depthwise, pointwise: handsOn(C) }, attributes)
      const only = { x: taken(x, 1, [channel]), depthwise: taken(depthwise, 0, [channel]), pointwise: handsOn(1) }
      const alone = await subject.forward(only, attributes)
      return compare(`channel ${channel} by itself`, alone.y, takenFrom(together.y, 1, [channel]))
    },
  }),
  law({
    ...simple,
    name: 'mixes channels after it has filtered them, and adds the bias last',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const { x, depthwise, pointwise } = inputs
      const C = x.shape[1]
      const h = await subject.forward({ x, depthwise, pointwise: handsOn(C) }, attributes)
      const { y } = await subject.forward(inputs, attributes)
      const without = mixed(h.y, pointwise)
      const bias = inputs.bias ?? tensorOf([pointwise.shape[0]], () => 0)
      return compare('y', y, ledger.add(without, biasEverywhere(bias, y.shape)))
    },
  }),
  law({
    ...simple,
    name: 'is the matrix product over the channels for filters of one 1',
    check: async ({ call: { inputs }, subject }) => {
      const { x, pointwise } = inputs
      const depthwise = tensorOf([x.shape[1], 1, 1, 1], () => 1)
      const { y } = await subject.forward({ x, depthwise, pointwise }, { stride: [1, 1], padding: [0, 0] })
      return compare('y', y, mixed(known(x), pointwise))
    },
  }),
  padsWithZeros({ ...wide, name: 'pads with zeros on every side' }),
  leavesOutPositions({ ...wide, name: 'leaves out positions for a stride' }),
  treatsRowsLikeColumns({ ...wide, name: 'does the same to columns as to rows', images: ['x', 'depthwise'] }),
  ...obeysEulerInEach(any, ['x', 'depthwise', 'pointwise']),
  sumsTheGradientForTheBias({ ...wide, name: 'sums the gradient over images and positions for the bias' }),
  law({
    ...simple,
    kind: 'gradient',
    backward: true,
    name: 'gives no gradient to a filter whose channel is zero',
    check: async ({ call: { inputs, attributes, gradients }, subject }, random) => {
      const [, C, H, W] = inputs.x.shape
      const channel = random.integer(0, C - 1)
      const inside = (i: number) => Math.floor(i / (H * W)) % C === channel
      const x = tensorOf(inputs.x.shape, (i) => (inside(i) ? 0 : rowMajor(inputs.x)[i]))
      const { depthwise, pointwise } = await subject.backward({ ...inputs, x }, attributes, gradients)
      const zero = (a: Approximation) => known(tensorOf(a.shape, () => 0))
      const [filter, column] = [takenFrom(depthwise, 0, [channel]), takenFrom(pointwise, 1, [channel])]
      return [
        compare(`∂L/∂depthwise of channel ${channel}`, filter, zero(filter)),
        compare(`∂L/∂pointwise of channel ${channel}`, column, zero(column)),
      ]
    },
  }),
]

export const depthwiseSeparableConv2d: OperatorProperties = {
  operator,
  model: separableModel,
  calls,
  smooth: calls('smooth'),
  laws,
}

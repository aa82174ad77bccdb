import fc from 'fast-check'
import type { Attributes, AttributeValue } from '../oracle/contract.js'
import { rowMajor, type Tensor } from '../oracle/tensor.js'
import { reshaped } from './approximation.js'
import { chosen, completeCalls, type OperatorProperties, perhaps, present } from './calls.js'
import { compare } from './comparison.js'
import {
  type Axis,
  axes,
  convolvesGroupsAlone,
  factors,
  givesTheBias,
  handsOn,
  inputLength,
  obeysEulerInEach,
  padsWithZeros,
  pairValue,
} from './convolution.js'
import { conv2dModel } from './convolutionModel.js'
import { type DataKind, fill, fillings, sizes } from './data.js'
import { backwards, reversed } from './images.js'
import type { Call, Law } from './law.js'
import type { Profile } from './profile.js'
import { changed, exchanged, refuses } from './refusals.js'
import {
  isAdditive,
  isHomogeneous,
  known,
  law,
  reorders,
  taken,
  takenFrom,
  tensorOf,
  treatsSlicesAlone,
  zerosSayNothing,
} from './relations.js'
import { pair } from './shapes.js'
import { leavesOutPositions, treatsRowsLikeColumns } from './windows.js'

function drawConvolution(kind: DataKind, profile: Profile) {
  return fc
    .record({
      N: sizes(3),
      groups: fc.constantFrom(1, 1, 2, 3),
      depth: sizes(3),
      width: sizes(2),
      height: axes,
      across: axes,
      asNumber: fc.boolean(),
      settings: fc.constantFrom('default', 'stride', 'padding', 'all', 'all'),
      large: kind === 'wide' ? fc.constantFrom(...new Array(49).fill(0), 30) : fc.constant(0),
      x: fillings(kind, profile, factors),
      weight: fillings(kind, profile, factors),
      bias: perhaps(fillings(kind, profile, factors)),
    })
    .map(({ N, groups, depth, width, height, across, asNumber, settings, large, x, weight, bias }) => {
      const all = settings === 'all'
      const axis = (drawn: Axis): Axis => ({
        ...drawn,
        stride: all || settings === 'stride' ? drawn.stride : 1,
        padding: all || settings === 'padding' ? drawn.padding : 0,
        dilation: all ? drawn.dilation : 1,
      })
      const [h, w] = [axis(height), axis(across)]
      // A large image: sums over more than a thousand positions for the weights.
      const [H, W] = large > 0 ? [large + 3, large + 5] : [inputLength(h), inputLength(w)]
      const [G, C, O] = large > 0 ? [1, 1, 1] : [groups, groups * depth, groups * width]
      return {
        inputs: present({
          x: fill([large > 0 ? 1 : N, C, H, W], x, profile),
          weight: fill([O, C / G, h.kernel, w.kernel], weight, profile),
          bias: bias && fill([O], bias, profile),
        }),
        attributes: chosen<AttributeValue>({
          stride: all || settings === 'stride' ? pairValue(h.stride, w.stride, asNumber) : undefined,
          padding: all || settings === 'padding' ? pairValue(h.padding, w.padding, asNumber) : undefined,
          dilation: all ? pairValue(h.dilation, w.dilation, asNumber) : undefined,
          groups: G === 1 && asNumber ? undefined : G,
        }),
      }
    })
}

const operator = 'conv2d'
const calls = completeCalls(operator, conv2dModel, drawConvolution, factors)
const simple = { operator, calls: calls('simple') }
const wide = { operator, calls: calls('wide') }

const unit: Attributes = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 }

/** A kernel with zeros between its entries. */
function dilated(weight: Tensor, [vertical, horizontal]: readonly [number, number]): Tensor {
  const [O, C, KH, KW] = weight.shape
  const [rows, columns] = [vertical * (KH - 1) + 1, horizontal * (KW - 1) + 1]
  const data = rowMajor(weight)
  return tensorOf([O, C, rows, columns], (i) => {
    const column = i % columns
    const row = Math.floor(i / columns) % rows
    if (row % vertical !== 0 || column % horizontal !== 0) return 0
    return data[(Math.floor(i / (rows * columns)) * KH + row / vertical) * KW + column / horizontal]
  })
}

/** The same call with the channels of the first group only, so that there is one group. */
function inOneGroup(call: Call): Call {
  const [C, depth] = [call.inputs.x.shape[1], call.inputs.weight.shape[1]]
  if (C === depth) return call
  const x = taken(
    call.inputs.x,
    1,
    Array.from({ length: depth }, (_, i) => i),
  )
  return { ...call, inputs: { ...call.inputs, x }, attributes: { ...call.attributes, groups: 1 } }
}

const laws: Law[] = [
  refuses({ operator, calls }, 'a window larger than the padded input', (call) => {
    const [O, depth] = call.inputs.weight.shape
    const [, , H, W] = call.inputs.x.shape
    const [vertical, horizontal] = pair(call.attributes.padding)
    const shape = [O, depth, H + 2 * vertical + 1, W + 2 * horizontal + 1]
    return exchanged(
      call,
      'weight',
      tensorOf(shape, () => 1),
      `a kernel of ${shape[2]}×${shape[3]}`,
    )
  }),
  refuses({ operator, calls }, 'groups that do not divide the channels', (call) =>
    changed(call, 'groups', call.inputs.x.shape[1] + call.inputs.weight.shape[0] + 1),
  ),
  isAdditive({ ...simple, name: 'is affine in x', input: 'x', affine: true }),
  isAdditive({ ...simple, name: 'is affine in weight', input: 'weight', affine: true }),
  isHomogeneous({ ...simple, name: 'scales when x and bias are scaled', inputs: ['x', 'bias'], degree: 1 }),
  treatsSlicesAlone({ ...wide, name: 'treats each image alone', inputs: { x: 0 }, outputs: { y: 0 } }),
  zerosSayNothing({
    ...wide,
    name: 'takes a bias of zeros for none',
    input: 'bias',
    shape: ({ weight }) => [weight.shape[0]],
  }),
  givesTheBias({ ...wide, name: 'gives the bias for an image of zeros', weight: 'weight' }),
  padsWithZeros({ ...wide, name: 'pads with zeros on every side' }),
  leavesOutPositions({ ...wide, name: 'leaves out positions for a stride' }),
  law({
    ...wide,
    name: 'puts zeros between the entries of the kernel for a dilation',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const plain = await subject.forward(inputs, attributes)
      const weight = dilated(inputs.weight, pair(attributes.dilation))
      const { y } = await subject.forward({ ...inputs, weight }, { ...attributes, dilation: [1, 1] })
      return compare('y of the kernel with zeros in between', y, plain.y)
    },
  }),
  convolvesGroupsAlone({ ...wide, name: 'convolves each group of channels alone' }),
  treatsRowsLikeColumns({ ...wide, name: 'does the same to columns as to rows', images: ['x', 'weight'] }),
  law({
    ...wide,
    name: 'is mirrored when image and kernel are mirrored',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const settings = { ...attributes, stride: [1, 1] }
      const plain = await subject.forward(inputs, settings)
      const { y } = await subject.forward(
        { ...inputs, x: reversed(inputs.x, 3), weight: reversed(inputs.weight, 3) },
        settings,
      )
      return compare('y, all mirrored,', takenFrom(y, 3, backwards(y.shape[3])), plain.y)
    },
  }),
  law({
    ...wide,
    name: 'leaves channels unchanged for a kernel of one 1',
    check: async ({ call: { inputs }, subject }) => {
      const { y } = await subject.forward({ x: inputs.x, weight: handsOn(inputs.x.shape[1]) }, unit)
      return compare('y', y, known(inputs.x))
    },
  }),
  reorders({
    ...wide,
    name: 'reorders its channels with those of weight and bias',
    calls: (profile) => calls('wide')(profile).map(inOneGroup),
    inputs: { weight: 0, bias: 0 },
    outputs: { y: 1 },
  }),
  reorders({
    ...wide,
    name: 'does not depend on the order of the input channels',
    calls: (profile) => calls('wide')(profile).map(inOneGroup),
    inputs: { x: 1, weight: 1 },
    outputs: {},
  }),
  law({
    ...simple,
    name: 'shows the kernel, read backwards, for an image with a single 1',
    check: async ({ call: { inputs }, subject }) => {
      const [O, C, KH, KW] = inputs.weight.shape
      const [H, W] = [2 * KH - 1, 2 * KW - 1]
      const weight = taken(inputs.weight, 1, [0])
      const x = tensorOf([1, 1, H, W], (i) => (i === (KH - 1) * W + KW - 1 ? 1 : 0))
      const { y } = await subject.forward({ x, weight }, unit)
      const upsideDown = reversed(reversed(weight, 2), 3)
      return compare(`y for ${C} channels`, y, reshaped(known(upsideDown), [1, O, KH, KW]))
    },
  }),
  ...obeysEulerInEach({ operator, calls }, ['x', 'weight']),
]

/** Cross-correlation with strides, zero padding, dilation and groups, x[N,C,H,W] with weight[O,C/groups,KH,KW]. */
export const conv2d: OperatorProperties = { operator, model: conv2dModel, calls, smooth: calls('smooth'), laws }

import fc from 'fast-check'
import type { Attributes, AttributeValue } from '../oracle/contract.js'
import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import { exact, permuted, repeated, reshaped, spread } from './approximation.js'
import { chosen, completeCalls, type OperatorProperties, perhaps, present } from './calls.js'
import { compare } from './comparison.js'
import { conv2dModel } from './convolutionModel.js'
import { type DataKind, fill, fillings, type Limits, sizes } from './data.js'
import type { Call, Law } from './law.js'
import type { Model } from './model.js'
import type { Profile } from './profile.js'
import { changed, exchanged, refuses } from './refusals.js'
import {
  isAdditive,
  isHomogeneous,
  known,
  law,
  obeysEuler,
  reordered,
  reorders,
  taken,
  takenFrom,
  tensorOf,
  treatsSlicesAlone,
  zerosSayNothing,
} from './relations.js'
import { countPositions, pair } from './shapes.js'

export const factors: Limits = { multiplied: true }

/** One axis of a window: valid by construction, the input perhaps exactly as large as the window. */
export const axes = fc.record({
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 4 }),
  padding: fc.integer({ min: 0, max: 2 }),
  dilation: fc.constantFrom(1, 1, 2, 3),
  extra: fc.constantFrom(0, 0, 1, 2, 3, 4),
})
export type Axis = typeof axes extends fc.Arbitrary<infer T> ? T : never

export function inputLength({ kernel, padding, dilation, extra }: Axis): number {
  return Math.max(1, dilation * (kernel - 1) + 1 - 2 * padding + extra)
}

/** [height, width], or one number for both where they are equal. */
export function pairValue(height: number, width: number, asNumber: boolean): AttributeValue {
  return asNumber && height === width ? height : [height, width]
}

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

const conv2dCalls = completeCalls('conv2d', conv2dModel, drawConvolution, factors)
const simple = { operator: 'conv2d', calls: conv2dCalls('simple') }
const wide = { operator: 'conv2d', calls: conv2dCalls('wide') }

/** x with rows and columns of zeros around it. */
export function padded(x: Tensor, [top, left]: readonly [number, number]): Tensor {
  const [N, C, H, W] = x.shape
  const [rows, columns] = [H + 2 * top, W + 2 * left]
  const data = rowMajor(x)
  return tensorOf([N, C, rows, columns], (i) => {
    const column = (i % columns) - left
    const row = (Math.floor(i / columns) % rows) - top
    const inside = row >= 0 && row < H && column >= 0 && column < W
    return inside ? data[(Math.floor(i / (rows * columns)) * H + row) * W + column] : 0
  })
}

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

export function swapped([height, width]: readonly [number, number]): readonly [number, number] {
  return [width, height]
}

export function backwardsOrder(length: number): number[] {
  return Array.from({ length }, (_, i) => length - 1 - i)
}

/** Every so many-th position, from the first. */
export function every(step: number, length: number): number[] {
  return Array.from({ length: Math.ceil(length / step) }, (_, i) => i * step)
}

const conv2dLaws: Law[] = [
  refuses({ operator: 'conv2d', calls: conv2dCalls }, 'a window larger than the padded input', (call) => {
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
  refuses({ operator: 'conv2d', calls: conv2dCalls }, 'groups that do not divide the channels', (call) =>
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
  law({
    ...wide,
    name: 'gives the bias for an image of zeros',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const O = inputs.weight.shape[0]
      const bias = inputs.bias ?? tensorOf([O], () => 0)
      const { y } = await subject.forward({ ...inputs, x: tensorOf(inputs.x.shape, () => 0) }, attributes)
      const positions = y.shape[2] * y.shape[3]
      return compare('y', y, repeated(reshaped(spread(known(bias), positions), [O, positions]), y.shape))
    },
  }),
  law({
    ...wide,
    name: 'pads with zeros on every side',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const plain = await subject.forward(inputs, attributes)
      const x = padded(inputs.x, pair(attributes.padding))
      const { y } = await subject.forward({ ...inputs, x }, { ...attributes, padding: [0, 0] })
      return compare('y of the image with zeros around it', y, plain.y)
    },
  }),
  law({
    ...wide,
    name: 'leaves out positions for a stride',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const [vertical, horizontal] = pair(attributes.stride)
      const plain = await subject.forward(inputs, attributes)
      const { y: all } = await subject.forward(inputs, { ...attributes, stride: [1, 1] })
      const rows = takenFrom(all, 2, every(vertical, all.shape[2]))
      return compare('y', plain.y, takenFrom(rows, 3, every(horizontal, all.shape[3])))
    },
  }),
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
  law({
    ...wide,
    name: 'convolves each group of channels alone',
    check: async ({ call: { inputs, attributes }, subject }, random) => {
      const groups = Number(attributes.groups)
      const group = random.integer(0, groups - 1)
      const slices = (length: number) =>
        Array.from({ length: length / groups }, (_, i) => (group * length) / groups + i)
      const [O, C] = [slices(inputs.weight.shape[0]), slices(inputs.x.shape[1])]
      const together = await subject.forward(inputs, attributes)
      const alone = await subject.forward(
        present({
          x: taken(inputs.x, 1, C),
          weight: taken(inputs.weight, 0, O),
          bias: inputs.bias && taken(inputs.bias, 0, O),
        }),
        { ...attributes, groups: 1 },
      )
      return compare(`group ${group} by itself: y`, alone.y, takenFrom(together.y, 1, O))
    },
  }),
  law({
    ...wide,
    name: 'does the same to columns as to rows',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const plain = await subject.forward(inputs, attributes)
      const turned = { ...inputs, x: reordered(inputs.x, [0, 1, 3, 2]), weight: reordered(inputs.weight, [0, 1, 3, 2]) }
      const { y } = await subject.forward(turned, {
        ...attributes,
        stride: swapped(pair(attributes.stride)),
        padding: swapped(pair(attributes.padding)),
        dilation: swapped(pair(attributes.dilation)),
      })
      return compare('y, all exchanged,', permuted(y, [0, 1, 3, 2]), plain.y)
    },
  }),
  law({
    ...wide,
    name: 'is mirrored when image and kernel are mirrored',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const settings = { ...attributes, stride: [1, 1] }
      const plain = await subject.forward(inputs, settings)
      const mirrored = (x: Tensor) => taken(x, 3, backwardsOrder(x.shape[3]))
      const { y } = await subject.forward(
        { ...inputs, x: mirrored(inputs.x), weight: mirrored(inputs.weight) },
        settings,
      )
      return compare('y, all mirrored,', takenFrom(y, 3, backwardsOrder(y.shape[3])), plain.y)
    },
  }),
  law({
    ...wide,
    name: 'leaves channels unchanged for a kernel of one 1',
    check: async ({ call: { inputs }, subject }) => {
      const C = inputs.x.shape[1]
      const weight = tensorOf([C, C, 1, 1], (i) => (i % (C + 1) === 0 ? 1 : 0))
      const { y } = await subject.forward({ x: inputs.x, weight }, unit)
      return compare('y', y, known(inputs.x))
    },
  }),
  reorders({
    ...wide,
    name: 'reorders its channels with those of weight and bias',
    calls: (profile) => conv2dCalls('wide')(profile).map(inOneGroup),
    inputs: { weight: 0, bias: 0 },
    outputs: { y: 1 },
  }),
  reorders({
    ...wide,
    name: 'does not depend on the order of the input channels',
    calls: (profile) => conv2dCalls('wide')(profile).map(inOneGroup),
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
      const turned = taken(taken(weight, 2, backwardsOrder(KH)), 3, backwardsOrder(KW))
      return compare(`y for ${C} channels`, y, reshaped(known(turned), [1, O, KH, KW]))
    },
  }),
  obeysEuler({
    ...wide,
    calls: (profile) => conv2dCalls('wide')(profile).map(withoutBias),
    name: "obeys Euler's identity in x",
    input: 'x',
    output: 'y',
    degree: 1,
  }),
  obeysEuler({
    ...wide,
    calls: (profile) => conv2dCalls('wide')(profile).map(withoutBias),
    name: "obeys Euler's identity in weight",
    input: 'weight',
    output: 'y',
    degree: 1,
  }),
]

const unit: Attributes = { stride: [1, 1], padding: [0, 0], dilation: [1, 1], groups: 1 }

export function withoutBias(call: Call): Call {
  const { bias: _, ...inputs } = call.inputs
  return { ...call, inputs }
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

export const conv2d: OperatorProperties = {
  operator: 'conv2d',
  model: conv2dModel,
  calls: conv2dCalls,
  smooth: conv2dCalls('smooth'),
  laws: conv2dLaws,
}

function list(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.map(Number) : []
}

function sizeList(attributes: Attributes): number[] {
  const [kernel, stride, padding, dilation] = ['kernel', 'stride', 'padding', 'dilation'].map((name) =>
    list(attributes[name]),
  )
  return list(attributes.input).map((input, d) => countPositions(input, kernel[d], stride[d], padding[d], dilation[d]))
}

const convOutputSizeModel: Model = {
  shapes: (_, attributes) => ({ size: [list(attributes.input).length] }),
  forward: (_, __, attributes) => {
    const size = sizeList(attributes)
    return { size: exact(tensor([size.length], size)) }
  },
}

const convOutputSizeCalls = completeCalls('convOutputSize', convOutputSizeModel, () =>
  fc
    .array(fc.record({ axis: axes, more: fc.oneof(fc.constant(0), fc.nat(300)) }), { minLength: 1, maxLength: 3 })
    .map((drawn) => ({
      inputs: {},
      attributes: {
        input: drawn.map(({ axis, more }) => inputLength(axis) + more),
        kernel: drawn.map(({ axis }) => axis.kernel),
        stride: drawn.map(({ axis }) => axis.stride),
        padding: drawn.map(({ axis }) => axis.padding),
        dilation: drawn.map(({ axis }) => axis.dilation),
      },
    })),
)

/** A law that compares the sizes for other attributes with what they should be, given those of the case. */
function sizeLaw(
  name: string,
  change: (attributes: Readonly<Record<string, readonly number[]>>) => Readonly<Record<string, readonly number[]>>,
  expected: (size: Float64Array, attributes: Readonly<Record<string, readonly number[]>>) => ArrayLike<number>,
): Law {
  return law({
    operator: 'convOutputSize',
    calls: convOutputSizeCalls('simple'),
    name,
    check: async ({ call: { attributes }, subject }) => {
      const lists = Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, list(value)]))
      const { size } = await subject.forward({}, attributes)
      const changed = await subject.forward({}, { ...attributes, ...change(lists) })
      const wanted = Float64Array.from(expected(size.value, lists))
      return compare('size', changed.size, known(tensor([wanted.length], wanted)))
    },
  })
}

export const convOutputSize: OperatorProperties = {
  operator: 'convOutputSize',
  model: convOutputSizeModel,
  calls: convOutputSizeCalls,
  laws: [
    refuses(
      { operator: 'convOutputSize', calls: convOutputSizeCalls },
      'a window larger than the padded input',
      (call) =>
        changed(
          call,
          'kernel',
          list(call.attributes.input).map((length, d) => length + 2 * list(call.attributes.padding)[d] + 1),
        ),
    ),
    refuses({ operator: 'convOutputSize', calls: convOutputSizeCalls }, 'lists of different lengths', (call) =>
      changed(call, 'stride', [...list(call.attributes.stride), 1]),
    ),
    sizeLaw(
      'grows by one for one stride more of input',
      ({ input, stride }) => ({ input: input.map((length, d) => length + stride[d]) }),
      (size) => size.map((length) => length + 1),
    ),
    sizeLaw(
      'counts padding as input on both sides',
      ({ input, padding }) => ({
        input: input.map((length, d) => length + 2 * padding[d]),
        padding: padding.map(() => 0),
      }),
      (size) => size,
    ),
    sizeLaw(
      'takes a dilated kernel for one as large as its extent',
      ({ kernel, dilation }) => ({
        kernel: kernel.map((length, d) => dilation[d] * (length - 1) + 1),
        dilation: dilation.map(() => 1),
      }),
      (size) => size,
    ),
    sizeLaw(
      'keeps the size for a window of one entry',
      ({ input }) => ({
        kernel: input.map(() => 1),
        stride: input.map(() => 1),
        padding: input.map(() => 0),
        dilation: input.map(() => 1),
      }),
      (_, { input }) => input,
    ),
    sizeLaw(
      'is one for a window as large as the padded input',
      ({ input, padding }) => ({
        kernel: input.map((length, d) => length + 2 * padding[d]),
        dilation: input.map(() => 1),
      }),
      (size) => size.map(() => 1),
    ),
    sizeLaw(
      'treats each axis alone',
      (lists) => Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, [...values].reverse()])),
      (size) => size.slice().reverse(),
    ),
  ],
}

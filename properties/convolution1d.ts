import fc from 'fast-check'
import type { Attributes } from '../oracle/contract.js'
import { rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { permuted, reshaped } from './approximation.js'
import { chosen, completeCalls, type OperatorProperties, perhaps, present } from './calls.js'
import { compare } from './comparison.js'
import {
  axes,
  convolvesGroupsAlone,
  factors,
  givesTheBias,
  inputLength,
  obeysEulerInEach,
  sumsTheGradientForTheBias,
} from './convolution.js'
import { conv2dModel } from './convolutionModel.js'
import { type DataKind, fill, fillings, sizes } from './data.js'
import { backwards, reversed } from './images.js'
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
import { countPositions } from './shapes.js'
import { every } from './windows.js'

/** A signal [N,C,L], or its weight [O,C/groups,K], as an image one row high. */
function asImage(x: Tensor): Tensor {
  return tensor([x.shape[0], x.shape[1], 1, x.shape[2]], rowMajor(x))
}

function asImages({ x, weight, bias }: Tensors): Tensors {
  return present({ x: asImage(x), weight: asImage(weight), bias })
}

/** Settings along one axis as those of an image one row high. */
function alongWidth({ stride, padding, dilation, groups }: Attributes): Attributes {
  return {
    stride: [1, Number(stride)],
    padding: [0, Number(padding)],
    dilation: [1, Number(dilation)],
    groups,
  }
}

const conv1dModel: Model = {
  shapes: ({ x, weight }, { stride, padding, dilation }) => {
    const [N, , L] = x.shape
    const [O, , K] = weight.shape
    return { y: [N, O, countPositions(L, K, Number(stride), Number(padding), Number(dilation))] }
  },
  forward: (arithmetic, inputs, attributes) => {
    const { y } = conv2dModel.forward(arithmetic, asImages(inputs), alongWidth(attributes))
    const [N, O, , positions] = y.shape
    return { y: reshaped(y, [N, O, positions]) }
  },
  backward: (arithmetic, inputs, attributes, { y }) => {
    const gradients = conv2dModel.backward?.(arithmetic, asImages(inputs), alongWidth(attributes), { y: asImage(y) })
    return Object.fromEntries(
      Object.entries(gradients ?? {}).map(([name, gradient]) => [name, reshaped(gradient, inputs[name].shape)]),
    )
  },
}

function drawConvolution(kind: DataKind, profile: Profile) {
  return fc
    .record({
      N: sizes(3),
      groups: fc.constantFrom(1, 1, 2, 3),
      depth: sizes(3),
      width: sizes(2),
      axis: axes,
      settings: fc.constantFrom('default', 'stride', 'padding', 'all', 'all'),
      large: kind === 'wide' ? fc.constantFrom(...new Array(49).fill(0), 1100) : fc.constant(0),
      x: fillings(kind, profile, factors),
      weight: fillings(kind, profile, factors),
      bias: perhaps(fillings(kind, profile, factors)),
    })
    .map(({ N, groups, depth, width, axis, settings, large, x, weight, bias }) => {
      const all = settings === 'all'
      const stride = all || settings === 'stride' ? axis.stride : undefined
      const padding = all || settings === 'padding' ? axis.padding : undefined
      const dilation = all ? axis.dilation : undefined
      const window = { ...axis, padding: padding ?? 0, dilation: dilation ?? 1 }
      // A long signal: sums over more than a thousand positions for the weights.
      const [G, C, O] = large > 0 ? [1, 1, 1] : [groups, groups * depth, groups * width]
      return {
        inputs: present({
          x: fill([large > 0 ? 1 : N, C, large > 0 ? large : inputLength(window)], x, profile),
          weight: fill([O, C / G, axis.kernel], weight, profile),
          bias: bias && fill([O], bias, profile),
        }),
        attributes: chosen({ stride, padding, dilation, groups: G === 1 ? undefined : G }),
      }
    })
}

const calls = completeCalls('conv1d', conv1dModel, drawConvolution, factors)
const any = { operator: 'conv1d', calls }
const simple = { operator: 'conv1d', calls: calls('simple') }
const wide = { operator: 'conv1d', calls: calls('wide') }

const unit: Attributes = { stride: 1, padding: 0, dilation: 1, groups: 1 }

/** x with zeros before and after it. */
function padded(x: Tensor, before: number, after: number): Tensor {
  const [N, C, L] = x.shape
  const length = before + L + after
  const data = rowMajor(x)
  return tensorOf([N, C, length], (i) => {
    const at = (i % length) - before
    return at >= 0 && at < L ? data[Math.floor(i / length) * L + at] : 0
  })
}

/** A kernel with zeros between its entries. */
function dilated(weight: Tensor, dilation: number): Tensor {
  const [O, C, K] = weight.shape
  const length = dilation * (K - 1) + 1
  const data = rowMajor(weight)
  return tensorOf([O, C, length], (i) => {
    const at = (i % length) / dilation
    return Number.isInteger(at) ? data[Math.floor(i / length) * K + at] : 0
  })
}

const laws: Law[] = [
  refuses(any, 'a window larger than the padded input', (call) => {
    const [O, depth] = call.inputs.weight.shape
    const K = call.inputs.x.shape[2] + 2 * Number(call.attributes.padding) + 1
    const weight = tensorOf([O, depth, K], () => 1)
    return exchanged(call, 'weight', weight, `a kernel of ${K}`)
  }),
  refuses(any, 'groups that do not divide the channels', (call) =>
    changed(call, 'groups', call.inputs.x.shape[1] + call.inputs.weight.shape[0] + 1),
  ),
  isAdditive({ ...simple, name: 'is affine in x', input: 'x', affine: true }),
  isAdditive({ ...simple, name: 'is affine in weight', input: 'weight', affine: true }),
  isHomogeneous({ ...simple, name: 'scales when x and bias are scaled', inputs: ['x', 'bias'], degree: 1 }),
  treatsSlicesAlone({ ...wide, name: 'treats each signal alone', inputs: { x: 0 }, outputs: { y: 0 } }),
  zerosSayNothing({
    ...wide,
    name: 'takes a bias of zeros for none',
    input: 'bias',
    shape: ({ weight }) => [weight.shape[0]],
  }),
  givesTheBias({ ...wide, name: 'gives the bias for a signal of zeros', weight: 'weight' }),
  law({
    ...wide,
    name: 'pads with zeros on both sides',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const padding = Number(attributes.padding)
      const plain = await subject.forward(inputs, attributes)
      const x = padded(inputs.x, padding, padding)
      const { y } = await subject.forward({ ...inputs, x }, { ...attributes, padding: 0 })
      return compare('y of the signal with zeros around it', y, plain.y)
    },
  }),
  law({
    ...wide,
    name: 'shifts with x by the stride',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const plain = await subject.forward(inputs, attributes)
      const later = padded(inputs.x, Number(attributes.stride), 0)
      const { y } = await subject.forward({ ...inputs, x: later }, attributes)
      // The first windows that see nothing but padding and zeros are new.
      const positions = Array.from({ length: plain.y.shape[2] }, (_, i) => i + 1)
      return compare('y of the signal one stride later', takenFrom(y, 2, positions), plain.y)
    },
  }),
  law({
    ...wide,
    name: 'leaves out positions for a stride',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const plain = await subject.forward(inputs, attributes)
      const { y } = await subject.forward(inputs, { ...attributes, stride: 1 })
      return compare('y', plain.y, takenFrom(y, 2, every(Number(attributes.stride), y.shape[2])))
    },
  }),
  law({
    ...wide,
    name: 'puts zeros between the entries of the kernel for a dilation',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const plain = await subject.forward(inputs, attributes)
      const weight = dilated(inputs.weight, Number(attributes.dilation))
      const { y } = await subject.forward({ ...inputs, weight }, { ...attributes, dilation: 1 })
      return compare('y of the kernel with zeros in between', y, plain.y)
    },
  }),
  convolvesGroupsAlone({ ...wide, name: 'convolves each group of channels alone' }),
  law({
    ...wide,
    name: 'is mirrored when signal and kernel are mirrored',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const settings = { ...attributes, stride: 1 }
      const plain = await subject.forward(inputs, settings)
      const turned = { ...inputs, x: reversed(inputs.x, 2), weight: reversed(inputs.weight, 2) }
      const { y } = await subject.forward(turned, settings)
      return compare('y, all mirrored,', takenFrom(y, 2, backwards(y.shape[2])), plain.y)
    },
  }),
  law({
    ...wide,
    name: 'leaves channels unchanged for a kernel of one 1',
    check: async ({ call: { inputs }, subject }) => {
      const C = inputs.x.shape[1]
      const weight = tensorOf([C, C, 1], (i) => (i % (C + 1) === 0 ? 1 : 0))
      const { y } = await subject.forward({ x: inputs.x, weight }, unit)
      return compare('y', y, known(inputs.x))
    },
  }),
  law({
    ...simple,
    name: 'is the matrix product of signals and kernels where one window covers all',
    check: async ({ call: { inputs }, subject }, random) => {
      const [N, C, L] = inputs.x.shape
      const O = random.integer(1, 3)
      const weight = tensorOf([O, C, L], () => random.integer(-2, 2))
      const { y } = await subject.forward({ x: inputs.x, weight }, unit)
      const rows = reshaped(known(inputs.x), [N, C * L])
      const columns = permuted(reshaped(known(weight), [O, C * L]), [1, 0])
      return compare('y', reshaped(y, [N, O]), ledger.matmul(rows, columns))
    },
  }),
  law({
    ...simple,
    name: 'shows the kernel, read backwards, for a signal with a single 1',
    check: async ({ call: { inputs }, subject }) => {
      const weight = taken(inputs.weight, 1, [0])
      const [O, , K] = weight.shape
      const x = tensorOf([1, 1, 2 * K - 1], (i) => (i === K - 1 ? 1 : 0))
      const { y } = await subject.forward({ x, weight }, unit)
      return compare('y', y, reshaped(known(reversed(weight, 2)), [1, O, K]))
    },
  }),
  reorders({
    ...wide,
    name: 'does not depend on the order of the input channels',
    calls: (profile) =>
      calls('wide')(profile).map((call) => {
        const channels = Array.from({ length: call.inputs.weight.shape[1] }, (_, i) => i)
        const x = taken(call.inputs.x, 1, channels)
        return { ...call, inputs: { ...call.inputs, x }, attributes: { ...call.attributes, groups: 1 } }
      }),
    inputs: { x: 1, weight: 1 },
    outputs: {},
  }),
  ...obeysEulerInEach(any, ['x', 'weight']),
  sumsTheGradientForTheBias({ ...wide, name: 'sums the gradient over signals and positions for the bias' }),
]

export const conv1d: OperatorProperties = {
  operator: 'conv1d',
  model: conv1dModel,
  calls,
  smooth: calls('smooth'),
  laws,
}

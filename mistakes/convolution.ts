import type { Attributes } from '../oracle/contract.js'
import { conv2d } from '../oracle/convolution.js'
import { copy, map, rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { listOf, type Mistake, numberOf, passes } from './mistake.js'
import { mapPlaces, padded, readTransposed, take, upTo } from './rearrange.js'

const right = passes(conv2d)

/** The kernels turned by half a turn. */
const flipped = (weight: Tensor) => copy(weight.step(1, 1, -1, -1))

/** The attributes with the two numbers of a pair exchanged. */
function exchanged(attributes: Attributes, name: string): Attributes {
  const [height, width] = listOf(attributes, name)
  return { ...attributes, [name]: [width, height] }
}

/** The right convolution of an image that has already got its padding, of whatever kind. */
function withPadding(
  inputs: Tensors,
  attributes: Attributes,
  sides: { readonly before: number; readonly after: number },
  fill: (image: (row: number, column: number) => number, row: number, column: number) => number = () => 0,
): Tensors {
  const [p, q] = listOf(attributes, 'padding')
  const border = { top: p * sides.before, bottom: p * sides.after, left: q * sides.before, right: q * sides.after }
  return right.forward({ ...inputs, x: padded(inputs.x, border, fill) }, { ...attributes, padding: 0 })
}

const conv2dMistakes: readonly Mistake[] = [
  {
    name: 'conv2d with the kernel flipped',
    operator: 'conv2d',
    explanation:
      'The kernel was turned by half a turn, as in the convolution of mathematics; the layer is a cross-correlation.',
    forward: (inputs, attributes) => right.forward({ ...inputs, weight: flipped(inputs.weight) }, attributes),
  },
  {
    name: 'conv2d without the bias',
    operator: 'conv2d',
    explanation: 'The bias of each output channel was not added.',
    forward: ({ x, weight }, attributes) => right.forward({ x, weight }, attributes),
  },
  {
    name: 'conv2d with the kernel read column by column',
    operator: 'conv2d',
    explanation: "The kernel's height and width were exchanged.",
    forward: (inputs, attributes) => right.forward({ ...inputs, weight: readTransposed(inputs.weight) }, attributes),
  },
  {
    name: 'conv2d with stride height and width exchanged',
    operator: 'conv2d',
    explanation: 'A stride [height, width] was read as [width, height].',
    forward: (inputs, attributes) => right.forward(inputs, exchanged(attributes, 'stride')),
  },
  {
    name: 'conv2d with padding height and width exchanged',
    operator: 'conv2d',
    explanation: 'The first window was placed as if a padding [height, width] were [width, height].',
    forward: (inputs, attributes) => {
      const [p, q] = listOf(attributes, 'padding')
      const { shape } = right.forward(inputs, attributes).y
      const x = padded(inputs.x, { top: q, bottom: 2 * p, left: p, right: 2 * q }, () => 0)
      return { y: copy(right.forward({ ...inputs, x }, { ...attributes, padding: 0 }).y.hi(...shape)) }
    },
  },
  {
    name: 'conv2d that ignores the dilation',
    operator: 'conv2d',
    explanation:
      'The taps of the kernel were read next to each other although the output has the size of a dilated kernel.',
    forward: (inputs, attributes) => {
      const { shape } = right.forward(inputs, attributes).y
      return { y: copy(right.forward(inputs, { ...attributes, dilation: 1 }).y.hi(...shape)) }
    },
  },
  {
    name: 'conv2d with the output size rounded up',
    operator: 'conv2d',
    explanation: 'A last window that reaches beyond the padded input was kept; the output size is rounded down.',
    forward: (inputs, attributes) => {
      const [p, q] = listOf(attributes, 'padding')
      const [s, t] = listOf(attributes, 'stride')
      const x = padded(inputs.x, { top: p, bottom: p + s - 1, left: q, right: q + t - 1 }, () => 0)
      return right.forward({ ...inputs, x }, { ...attributes, padding: 0 })
    },
  },
  {
    name: 'conv2d with all padding at the bottom and right',
    operator: 'conv2d',
    explanation: 'Twice the padding was added after the image and none before it: every window is shifted.',
    forward: (inputs, attributes) => withPadding(inputs, attributes, { before: 0, after: 2 }),
  },
  {
    name: 'conv2d that repeats the border',
    operator: 'conv2d',
    explanation: 'The image was padded with copies of its border instead of zeros.',
    forward: (inputs, attributes) => {
      const [, , H, W] = inputs.x.shape
      const inside = (place: number, length: number) => Math.min(length - 1, Math.max(0, place))
      return withPadding(inputs, attributes, { before: 1, after: 1 }, (image, row, column) =>
        image(inside(row, H), inside(column, W)),
      )
    },
  },
  {
    name: 'conv2d in which every group reads the first channels',
    operator: 'conv2d',
    explanation: 'All groups read the channels of the first group instead of their own.',
    forward: (inputs, attributes) => {
      const depth = inputs.weight.shape[1]
      const channels = upTo(inputs.x.shape[1]).map((c) => c % depth)
      return right.forward({ ...inputs, x: take(inputs.x, 1, channels) }, attributes)
    },
  },
  {
    name: 'conv2d with output channels dealt out to the groups in turn',
    operator: 'conv2d',
    explanation: 'Output channel o was given to group o mod groups; the groups are consecutive runs of channels.',
    forward: (inputs, attributes) => {
      const O = inputs.weight.shape[0]
      const groups = numberOf(attributes, 'groups')
      const inTurn = upTo(O).map((o) => (o % (O / groups)) * groups + Math.floor(o / (O / groups)))
      const back = upTo(O).map((o) => inTurn.indexOf(o))
      const dealt = { ...inputs, weight: take(inputs.weight, 0, inTurn) }
      const { y } = right.forward(
        inputs.bias === undefined ? dealt : { ...dealt, bias: take(inputs.bias, 0, inTurn) },
        attributes,
      )
      return { y: take(y, 1, back) }
    },
  },
  {
    name: 'conv2d with one bias for all channels',
    operator: 'conv2d',
    explanation: 'The first bias was added to every output channel instead of each channel its own.',
    forward: (inputs, attributes) => {
      if (inputs.bias === undefined) return right.forward(inputs, attributes)
      const [first] = rowMajor(inputs.bias)
      return right.forward({ ...inputs, bias: map(inputs.bias, () => first) }, attributes)
    },
  },
  {
    name: 'conv2d rounded to float32',
    operator: 'conv2d',
    explanation: 'The result was kept in float32 although it is said to be float64.',
    forward: (inputs, attributes) => ({ y: map(right.forward(inputs, attributes).y, Math.fround) }),
  },
  {
    name: 'conv2d input gradient with the kernel not flipped back',
    operator: 'conv2d',
    explanation:
      'The gradient of x was correlated with the kernel turned by half a turn; each tap should give back what it took.',
    backward: (inputs, attributes, gradients) => ({
      ...right.backward(inputs, attributes, gradients),
      x: right.backward({ ...inputs, weight: flipped(inputs.weight) }, attributes, gradients).x,
    }),
  },
  {
    name: 'conv2d weight gradient flipped',
    operator: 'conv2d',
    explanation: 'The gradient of the kernel came out turned by half a turn.',
    backward: (inputs, attributes, gradients) => {
      const all = right.backward(inputs, attributes, gradients)
      return { ...all, weight: flipped(all.weight) }
    },
  },
  {
    name: 'conv2d weight gradient of the first item',
    operator: 'conv2d',
    explanation: 'The gradient of the kernel was that of the first image instead of the sum over the batch.',
    backward: (inputs, attributes, { y }) => {
      const item = y.size / y.shape[0]
      const first = mapPlaces(y, (g, place) => (place < item ? g : 0))
      return {
        ...right.backward(inputs, attributes, { y }),
        weight: right.backward(inputs, attributes, { y: first }).weight,
      }
    },
  },
  {
    name: 'conv2d bias gradient averaged over the places',
    operator: 'conv2d',
    explanation: 'The gradient of the bias was averaged over the places of the output instead of summed.',
    backward: (inputs, attributes, { y }) => {
      const all = right.backward(inputs, attributes, { y })
      const places = y.shape[2] * y.shape[3]
      return all.bias === undefined ? all : { ...all, bias: map(all.bias, (b) => b / places) }
    },
  },
  {
    name: 'conv2d that leaves out channels the kernel does not have',
    operator: 'conv2d',
    explanation: 'Channels of x beyond those of the kernel were ignored instead of the call being refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { x, weight } = inputs
      if (x?.shape.length !== 4 || weight?.shape.length !== 4) return undefined
      const channels = upTo(Math.min(x.shape[1], weight.shape[1]))
      return conv2d.forward({ ...inputs, x: take(x, 1, channels), weight: take(weight, 1, channels) }, attributes)
    },
  },
]

/** Output sizes by another formula, axis by axis. */
function sizesBy(
  formula: (input: number, kernel: number, stride: number, padding: number, dilation: number) => number,
): Required<Mistake>['forward'] {
  return (_, attributes) => {
    const [input, kernel, stride, padding, dilation] = ['input', 'kernel', 'stride', 'padding', 'dilation'].map(
      (name) => listOf(attributes, name),
    )
    const size = input.map((length, axis) => formula(length, kernel[axis], stride[axis], padding[axis], dilation[axis]))
    return { size: tensor([size.length], size) }
  }
}

const convOutputSizeMistakes: readonly Mistake[] = [
  {
    name: 'convOutputSize without the + 1',
    operator: 'convOutputSize',
    explanation: 'The window at the start was not counted: the steps were counted, not the positions.',
    forward: sizesBy((L, k, s, p, d) => Math.floor((L + 2 * p - d * (k - 1) - 1) / s)),
  },
  {
    name: 'convOutputSize rounded up',
    operator: 'convOutputSize',
    explanation: 'The quotient was rounded up; a window that does not fit entirely is left out.',
    forward: sizesBy((L, k, s, p, d) => Math.ceil((L + 2 * p - d * (k - 1) - 1) / s) + 1),
  },
  {
    name: 'convOutputSize rounded to the nearest',
    operator: 'convOutputSize',
    explanation: 'The quotient was rounded to the nearest whole number instead of down.',
    forward: sizesBy((L, k, s, p, d) => Math.round((L + 2 * p - d * (k - 1) - 1) / s) + 1),
  },
  {
    name: 'convOutputSize not rounded',
    operator: 'convOutputSize',
    explanation: 'The quotient was left as a fraction instead of rounded down.',
    forward: sizesBy((L, k, s, p, d) => (L + 2 * p - d * (k - 1) - 1) / s + 1),
  },
  {
    name: 'convOutputSize with the padding counted once',
    operator: 'convOutputSize',
    explanation: 'The padding was added once instead of on both sides.',
    forward: sizesBy((L, k, s, p, d) => Math.floor((L + p - d * (k - 1) - 1) / s) + 1),
  },
  {
    name: 'convOutputSize without the dilation',
    operator: 'convOutputSize',
    explanation: 'The kernel was taken to be k long; dilated it spans d(k − 1) + 1.',
    forward: sizesBy((L, k, s, p) => Math.floor((L + 2 * p - k) / s) + 1),
  },
  {
    name: 'convOutputSize with a dilated kernel of d·k',
    operator: 'convOutputSize',
    explanation: 'The dilated kernel was taken to span d·k instead of d(k − 1) + 1.',
    forward: sizesBy((L, k, s, p, d) => Math.floor((L + 2 * p - d * k) / s) + 1),
  },
  {
    name: 'convOutputSize of 0 for a window that does not fit',
    operator: 'convOutputSize',
    explanation: 'A window larger than the padded input gave a size of 0 instead of being refused.',
    insteadOfRefusing: (_, attributes) => {
      const { input, kernel } = attributes
      if (typeof input !== 'object' || typeof kernel !== 'object' || input.length !== kernel.length) return undefined
      return { size: tensor([input.length], new Float64Array(input.length)) }
    },
  },
]

export const mistakes: readonly Mistake[] = [...conv2dMistakes, ...convOutputSizeMistakes]

import type { Attributes } from '../oracle/contract.js'
import { conv1d } from '../oracle/convolution.js'
import { copy, map, type Tensor, type Tensors, zeros } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { mapPlaces, take, upTo } from './rearrange.js'

const right = passes(conv1d)

/** The kernels read backwards. */
const flipped = (weight: Tensor) => copy(weight.step(1, 1, -1))

/** Signals with so many entries before and after; `fill` gives the value of a place outside, counted from the first entry. */
function extended(
  x: Tensor,
  before: number,
  after: number,
  fill: (signal: (at: number) => number, at: number) => number = () => 0,
): Tensor {
  const [N, C, L] = x.shape
  const length = before + L + after
  return mapPlaces(zeros([N, C, length]), (_, place) => {
    const row = Math.floor(place / length)
    const signal = (at: number) => x.get(Math.floor(row / C), row % C, at)
    const at = (place % length) - before
    return at >= 0 && at < L ? signal(at) : fill(signal, at)
  })
}

/** The right convolution of a signal that has already got its padding. */
function withPadding(inputs: Tensors, attributes: Attributes, x: Tensor): Tensors {
  return right.forward({ ...inputs, x }, { ...attributes, padding: 0 })
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'conv1d with the kernel flipped',
    operator: 'conv1d',
    explanation:
      'The kernel was read backwards, as in the convolution of mathematics; the layer is a cross-correlation.',
    forward: (inputs, attributes) => right.forward({ ...inputs, weight: flipped(inputs.weight) }, attributes),
  },
  {
    name: 'conv1d without the bias',
    operator: 'conv1d',
    explanation: 'The bias of each output channel was not added.',
    forward: ({ x, weight }, attributes) => right.forward({ x, weight }, attributes),
  },
  {
    name: 'conv1d that is causal',
    operator: 'conv1d',
    explanation:
      'Twice the padding was added before the signal and none after it: every window looks into the past only.',
    forward: (inputs, attributes) =>
      withPadding(inputs, attributes, extended(inputs.x, 2 * numberOf(attributes, 'padding'), 0)),
  },
  {
    name: 'conv1d that repeats the border',
    operator: 'conv1d',
    explanation: 'The signal was padded with copies of its first and last entry instead of zeros.',
    forward: (inputs, attributes) => {
      const padding = numberOf(attributes, 'padding')
      const last = inputs.x.shape[2] - 1
      const x = extended(inputs.x, padding, padding, (signal, at) => signal(at < 0 ? 0 : last))
      return withPadding(inputs, attributes, x)
    },
  },
  {
    name: 'conv1d with the output size rounded up',
    operator: 'conv1d',
    explanation: 'A last window that reaches beyond the padded signal was kept; the output size is rounded down.',
    forward: (inputs, attributes) => {
      const padding = numberOf(attributes, 'padding')
      const x = extended(inputs.x, padding, padding + numberOf(attributes, 'stride') - 1)
      return withPadding(inputs, attributes, x)
    },
  },
  {
    name: 'conv1d that ignores the dilation',
    operator: 'conv1d',
    explanation:
      'The taps of the kernel were read next to each other although the output has the size of a dilated kernel.',
    forward: (inputs, attributes) => {
      const { shape } = right.forward(inputs, attributes).y
      return { y: copy(right.forward(inputs, { ...attributes, dilation: 1 }).y.hi(...shape)) }
    },
  },
  {
    name: 'conv1d in which every group reads the first channels',
    operator: 'conv1d',
    explanation: 'All groups read the channels of the first group instead of their own.',
    forward: (inputs, attributes) => {
      const depth = inputs.weight.shape[1]
      const channels = upTo(inputs.x.shape[1]).map((c) => c % depth)
      return right.forward({ ...inputs, x: take(inputs.x, 1, channels) }, attributes)
    },
  },
  {
    name: 'conv1d that skips a position where the stride is larger than the kernel',
    operator: 'conv1d',
    explanation: 'Where windows leave gaps the last position was not computed and stayed at 0.',
    forward: (inputs, attributes) => {
      const { y } = right.forward(inputs, attributes)
      const last = y.shape[2] - 1
      if (numberOf(attributes, 'stride') <= inputs.weight.shape[2] || last === 0) return { y }
      return { y: mapPlaces(y, (value, place) => (place % (last + 1) === last ? 0 : value)) }
    },
  },
  {
    name: 'conv1d input gradient with the kernel not flipped back',
    operator: 'conv1d',
    explanation: 'The gradient of x was taken with the kernel read backwards; each tap should give back what it took.',
    backward: (inputs, attributes, gradients) => ({
      ...right.backward(inputs, attributes, gradients),
      x: right.backward({ ...inputs, weight: flipped(inputs.weight) }, attributes, gradients).x,
    }),
  },
  {
    name: 'conv1d weight gradient of the first item',
    operator: 'conv1d',
    explanation: 'The gradient of the kernel was that of the first signal instead of the sum over the batch.',
    backward: (inputs, attributes, { y }) => {
      const item = y.size / y.shape[0]
      const first = mapPlaces(y, (g, place) => (place < item ? g : 0))
      const { weight } = right.backward(inputs, attributes, { y: first })
      return { ...right.backward(inputs, attributes, { y }), weight }
    },
  },
  {
    name: 'conv1d weight gradient averaged over the batch',
    operator: 'conv1d',
    explanation: 'The gradient of the kernel was averaged over the signals instead of summed.',
    backward: (inputs, attributes, gradients) => {
      const all = right.backward(inputs, attributes, gradients)
      return { ...all, weight: map(all.weight, (value) => value / inputs.x.shape[0]) }
    },
  },
  {
    name: 'conv1d bias gradient averaged over the positions',
    operator: 'conv1d',
    explanation: 'The gradient of the bias was averaged over the positions of the output instead of summed.',
    backward: (inputs, attributes, { y }) => {
      const all = right.backward(inputs, attributes, { y })
      return all.bias === undefined ? all : { ...all, bias: map(all.bias, (b) => b / y.shape[2]) }
    },
  },
  {
    name: 'conv1d of nothing for a window that does not fit',
    operator: 'conv1d',
    explanation: 'A window larger than the padded signal gave one position, as if the signal were long enough.',
    insteadOfRefusing: (inputs, attributes) => {
      const { x, weight } = inputs
      if (x?.shape.length !== 3 || weight?.shape.length !== 3) return undefined
      const missing = weight.shape[2] * 2 - x.shape[2]
      return missing > 0 ? conv1d.forward({ ...inputs, x: extended(x, 0, missing) }, attributes) : undefined
    },
  },
  {
    name: 'conv1d that leaves out channels the kernel does not have',
    operator: 'conv1d',
    explanation: 'Channels of x beyond those of the kernel were ignored instead of the call being refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { x, weight } = inputs
      if (x?.shape.length !== 3 || weight?.shape.length !== 3) return undefined
      const channels = upTo(Math.min(x.shape[1], weight.shape[1]))
      return conv1d.forward({ ...inputs, x: take(x, 1, channels), weight: take(weight, 1, channels) }, attributes)
    },
  },
]

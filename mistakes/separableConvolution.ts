import type { Attributes } from '../oracle/contract.js'
import { conv2d, depthwiseSeparableConv2d } from '../oracle/convolution.js'
import { copy, map, reshape, type Tensor, type Tensors, zeros } from '../oracle/tensor.js'
import { listOf, type Mistake, passes } from './mistake.js'
import { mapPlaces, readTransposed, take, upTo } from './rearrange.js'

const right = passes(depthwiseSeparableConv2d)
const convolution = passes(conv2d)

/** The filters alone: one for each channel. */
function filtered({ x, depthwise }: Tensors, { stride, padding }: Attributes): Tensor {
  return convolution.forward({ x, weight: depthwise }, { stride, padding, groups: x.shape[1] }).y
}

/** The 1×1 convolution over the channels. */
function mixed(x: Tensor, { pointwise, bias }: Tensors, settings: Attributes = {}): Tensors {
  return convolution.forward({ x, weight: pointwise, ...(bias && { bias }) }, settings)
}

/** The right gradients, those that came out otherwise replaced. */
function replaced(name: string, f: (right: Tensors) => Tensor | undefined): Required<Mistake>['backward'] {
  return (inputs, attributes, gradients) => {
    const all = right.backward(inputs, attributes, gradients)
    const wrong = f(all)
    return wrong === undefined ? all : { ...all, [name]: wrong }
  }
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'depthwiseSeparableConv2d with one filter for all channels',
    operator: 'depthwiseSeparableConv2d',
    explanation: 'Every channel was filtered with the first filter instead of its own.',
    forward: (inputs, attributes) => {
      const first = upTo(inputs.x.shape[1]).map(() => 0)
      return right.forward({ ...inputs, depthwise: take(inputs.depthwise, 0, first) }, attributes)
    },
  },
  {
    name: 'depthwiseSeparableConv2d that sums the channels before it mixes them',
    operator: 'depthwiseSeparableConv2d',
    explanation:
      'The filtered channels were summed, as in a plain convolution, before the weights of the 1×1 convolution.',
    forward: (inputs, attributes) => {
      const each = filtered(inputs, attributes)
      const C = each.shape[1]
      const weight = map(zeros([C, C, 1, 1]), () => 1)
      const total = convolution.forward({ x: each, weight }, {}).y
      return mixed(total, inputs)
    },
  },
  {
    name: 'depthwiseSeparableConv2d with the pointwise matrix transposed',
    operator: 'depthwiseSeparableConv2d',
    explanation: 'The 1×1 weights were read as [C, O] instead of [O, C].',
    forward: (inputs, attributes) => {
      const { shape } = inputs.pointwise
      const pointwise = reshape(readTransposed(reshape(inputs.pointwise, shape.slice(0, 2))), shape)
      return right.forward({ ...inputs, pointwise }, attributes)
    },
  },
  {
    name: 'depthwiseSeparableConv2d with the filters flipped',
    operator: 'depthwiseSeparableConv2d',
    explanation: 'The filters were turned by half a turn, as in the convolution of mathematics.',
    forward: (inputs, attributes) =>
      right.forward({ ...inputs, depthwise: copy(inputs.depthwise.step(1, 1, -1, -1)) }, attributes),
  },
  {
    name: 'depthwiseSeparableConv2d padded twice',
    operator: 'depthwiseSeparableConv2d',
    explanation: 'The padding was applied by both convolutions; the 1×1 convolution has none.',
    forward: (inputs, attributes) => {
      const each = filtered(inputs, attributes)
      return mixed(each, inputs, { padding: listOf(attributes, 'padding') })
    },
  },
  {
    name: 'depthwiseSeparableConv2d without the bias',
    operator: 'depthwiseSeparableConv2d',
    explanation: 'The bias of each output channel was not added.',
    forward: ({ bias: _, ...inputs }, attributes) => right.forward(inputs, attributes),
  },
  {
    name: 'depthwiseSeparableConv2d with a relu in between',
    operator: 'depthwiseSeparableConv2d',
    explanation: 'A relu was applied between the two convolutions; the operator has none.',
    forward: (inputs, attributes) =>
      mixed(
        map(filtered(inputs, attributes), (value) => Math.max(value, 0)),
        inputs,
      ),
  },
  {
    name: 'depthwiseSeparableConv2d with stride height and width exchanged',
    operator: 'depthwiseSeparableConv2d',
    explanation: 'A stride [height, width] was read as [width, height].',
    forward: (inputs, attributes) => {
      const [height, width] = listOf(attributes, 'stride')
      return right.forward(inputs, { ...attributes, stride: [width, height] })
    },
  },
  {
    name: 'depthwiseSeparableConv2d pointwise gradient from x',
    operator: 'depthwiseSeparableConv2d',
    explanation:
      'The gradient of the 1×1 weights was taken with the filters left out: Σ g⊙x instead of Σ g⊙(filtered x).',
    backward: (inputs, attributes, gradients) => {
      const all = right.backward(inputs, attributes, gradients)
      const { x, depthwise } = inputs
      const single = mapPlaces(depthwise, (_, place) => (place % (depthwise.size / x.shape[1]) === 0 ? 1 : 0))
      return { ...all, pointwise: right.backward({ ...inputs, depthwise: single }, attributes, gradients).pointwise }
    },
  },
  {
    name: 'depthwiseSeparableConv2d filter gradient without the pointwise weights',
    operator: 'depthwiseSeparableConv2d',
    explanation: 'The gradient of the filters did not pass through the 1×1 weights.',
    backward: (inputs, attributes, gradients) => {
      const all = right.backward(inputs, attributes, gradients)
      const pointwise = map(inputs.pointwise, () => 1)
      return { ...all, depthwise: right.backward({ ...inputs, pointwise }, attributes, gradients).depthwise }
    },
  },
  {
    name: 'depthwiseSeparableConv2d filter gradient flipped',
    operator: 'depthwiseSeparableConv2d',
    explanation: 'The gradient of the filters came out turned by half a turn.',
    backward: replaced('depthwise', ({ depthwise }) => copy(depthwise.step(1, 1, -1, -1))),
  },
  {
    name: 'depthwiseSeparableConv2d bias gradient of one position',
    operator: 'depthwiseSeparableConv2d',
    explanation: 'The gradient of the bias was that of the first position instead of the sum over all.',
    backward: (inputs, attributes, { y }) => {
      const all = right.backward(inputs, attributes, { y })
      const area = y.shape[2] * y.shape[3]
      const first = mapPlaces(y, (g, place) => (place % area === 0 ? g : 0))
      const { bias } = right.backward(inputs, attributes, { y: first })
      return bias === undefined ? all : { ...all, bias }
    },
  },
  {
    name: 'depthwiseSeparableConv2d that takes the first channel of each filter',
    operator: 'depthwiseSeparableConv2d',
    explanation: 'Filters of more than one channel were cut to the first instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { depthwise } = inputs
      if (depthwise?.shape.length !== 4 || depthwise.shape[1] === 1) return undefined
      return depthwiseSeparableConv2d.forward({ ...inputs, depthwise: take(depthwise, 1, [0]) }, attributes)
    },
  },
]

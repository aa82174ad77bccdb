import { type AttributeDeclaration, type Attributes, float, optional, output } from './contract.js'
import { backwardOf, defineOperator } from './operator.js'
import { reshape, rowMajor, type Tensor, tensor, zeros } from './tensor.js'

type Pair = readonly [number, number]

/** ⌊(input + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1; 0 or less where the window is larger than the padded input. */
export function windowPositions(
  input: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
): number {
  return Math.floor((input + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1
}

/** What is wrong with a window on a padded input, or nothing. */
export function windowComplaint(axis: string, input: number, kernel: number, padding: number, dilation: number) {
  const window = dilation * (kernel - 1) + 1
  const padded = input + 2 * padding
  if (window <= padded) return undefined
  return `the window is ${window} ${axis} (kernel ${kernel}, dilation ${dilation}), larger than the padded input's ${padded}; it should fit`
}

/** What is wrong with a number of groups, or nothing. */
function groupsComplaint(inputChannels: number, outputChannels: number, groups: number): string | undefined {
  if (inputChannels % groups !== 0) return `groups is ${groups}; it should divide the ${inputChannels} input channels`
  if (outputChannels % groups !== 0)
    return `groups is ${groups}; it should divide the ${outputChannels} output channels`
  return undefined
}

/** A pair attribute of a filled-in call. */
export function pairOf(attributes: Attributes, name: string): Pair {
  const value = attributes[name]
  if (typeof value === 'number') return [value, value]
  if (Array.isArray(value) && value.length === 2) return [value[0], value[1]]
  throw new TypeError(`attribute ${name} holds ${String(value)}; it should hold [height, width]`)
}

const positive = { type: 'pair', least: 1, default: 1 } as const satisfies AttributeDeclaration
const wholeNumber = { type: 'pair', least: 0, default: 0 } as const satisfies AttributeDeclaration

/** The sizes and settings of a convolution, named once for its loops. */
interface Convolution {
  readonly N: number
  readonly C: number
  readonly H: number
  readonly W: number
  readonly O: number
  readonly KH: number
  readonly KW: number
  readonly outH: number
  readonly outW: number
  readonly stride: Pair
  readonly padding: Pair
  readonly dilation: Pair
  readonly groups: number
}

/**
 * Calls f for every row of the convolution: output row (n, o, i) at `y`, weight entry at `w`, and the input row at `x` that
 * it reads, together with the output columns [from, to) whose input column j·stride + shift lies inside the image.
 */
function forEachRow(
  c: Convolution,
  f: (y: number, w: number, x: number, from: number, to: number, shift: number) => void,
): void {
  const perGroup = c.O / c.groups
  const depth = c.C / c.groups
  const [strideH, strideW] = c.stride
  for (let n = 0; n < c.N; n++)
    for (let o = 0; o < c.O; o++) {
      const firstChannel = Math.floor(o / perGroup) * depth
      for (let i = 0; i < c.outH; i++) {
        const y = ((n * c.O + o) * c.outH + i) * c.outW
        for (let d = 0; d < depth; d++)
          for (let p = 0; p < c.KH; p++) {
            const row = i * strideH + p * c.dilation[0] - c.padding[0]
            if (row < 0 || row >= c.H) continue
            const x = ((n * c.C + firstChannel + d) * c.H + row) * c.W
            const w = ((o * depth + d) * c.KH + p) * c.KW
            for (let q = 0; q < c.KW; q++) {
              const shift = q * c.dilation[1] - c.padding[1]
              const from = Math.max(0, Math.ceil(-shift / strideW))
              const to = Math.min(c.outW, Math.floor((c.W - 1 - shift) / strideW) + 1)
              if (from < to) f(y, w + q, x, from, to, shift)
            }
          }
      }
    }
}

function convolutionOf(
  x: Tensor,
  weight: Tensor,
  settings: { stride: Pair; padding: Pair; dilation: Pair; groups: number },
): Convolution {
  const [N, C, H, W] = x.shape
  const [O, , KH, KW] = weight.shape
  const { stride, padding, dilation } = settings
  const outH = windowPositions(H, KH, stride[0], padding[0], dilation[0])
  const outW = windowPositions(W, KW, stride[1], padding[1], dilation[1])
  return { N, C, H, W, O, KH, KW, outH, outW, ...settings }
}

export const conv2d = defineOperator({
  name: 'conv2d',
  family: 'convolution',
  summary:
    'cross-correlation with zero padding: y[n,o,i,j] = b[o] + Σ x[n, c, i·s + p·d − pad, j·s + q·d − pad]·w[o,c,p,q]',
  source: 'Deep Learning (MIT Press 2016), section 9.5; A guide to convolution arithmetic; ntua/1.2',
  inputs: {
    x: float('N', 'C', 'H', 'W'),
    weight: float('O', 'C/groups', 'KH', 'KW'),
    bias: optional(float('O')),
  },
  attributes: {
    stride: positive,
    padding: wholeNumber,
    dilation: positive,
    groups: { type: 'number', integer: true, least: 1, default: 1 },
  },
  outputs: { y: output('N', 'O', 'H′', 'W′') },
  dimensionNames: { N: 'images', C: 'input channels', O: 'output channels' },
  constraint: ({ sizes: { C, O, H, W, KH, KW }, attributes }) => {
    const [padding, dilation] = [pairOf(attributes, 'padding'), pairOf(attributes, 'dilation')]
    return (
      groupsComplaint(C, O, Number(attributes.groups)) ??
      windowComplaint('high', H, KH, padding[0], dilation[0]) ??
      windowComplaint('wide', W, KW, padding[1], dilation[1])
    )
  },
  outputShapes: ({ sizes: { N, O, H, W, KH, KW }, attributes }) => {
    const [stride, padding, dilation] = ['stride', 'padding', 'dilation'].map((name) => pairOf(attributes, name))
    const height = windowPositions(H, KH, stride[0], padding[0], dilation[0])
    return { y: [N, O, height, windowPositions(W, KW, stride[1], padding[1], dilation[1])] }
  },
  forward: ({ x, weight, bias }, settings) => {
    const c = convolutionOf(x, weight, settings)
    const [image, w] = [rowMajor(x), rowMajor(weight)]
    const y = new Float64Array(c.N * c.O * c.outH * c.outW)
    const stride = c.stride[1]
    forEachRow(c, (yRow, wAt, xRow, from, to, shift) => {
      const factor = w[wAt]
      for (let j = from; j < to; j++) y[yRow + j] += factor * image[xRow + j * stride + shift]
    })
    if (bias !== undefined) {
      const b = rowMajor(bias)
      const area = c.outH * c.outW
      for (let i = 0; i < y.length; i++) y[i] += b[Math.floor(i / area) % c.O]
    }
    return { y: tensor([c.N, c.O, c.outH, c.outW], y) }
  },
  /** The same triples (y, w, x) as the forward pass: ∂L/∂x gathers g·w, ∂L/∂w gathers g·x, ∂L/∂b sums g. */
  backward: ({ x, weight, bias }, settings, { y: gradient }) => {
    const c = convolutionOf(x, weight, settings)
    const [image, w, g] = [rowMajor(x), rowMajor(weight), rowMajor(gradient)]
    const [gradX, gradWeight] = [zeros(x.shape), zeros(weight.shape)]
    const stride = c.stride[1]
    forEachRow(c, (yRow, wAt, xRow, from, to, shift) => {
      const factor = w[wAt]
      let sum = 0
      for (let j = from; j < to; j++) {
        const at = xRow + j * stride + shift
        gradX.data[at] += g[yRow + j] * factor
        sum += g[yRow + j] * image[at]
      }
      gradWeight.data[wAt] += sum
    })
    const gradBias = zeros([c.O])
    const area = c.outH * c.outW
    for (let i = 0; i < g.length; i++) gradBias.data[Math.floor(i / area) % c.O] += g[i]
    return { x: gradX, weight: gradWeight, ...(bias === undefined ? {} : { bias: gradBias }) }
  },
})

/** A signal x[N,C,L] or its weight[O,C/groups,K] as an image one row high. */
function asImage(x: Tensor): Tensor {
  return reshape(x, [x.shape[0], x.shape[1], 1, x.shape[2]])
}

function asSignal(x: Tensor): Tensor {
  return reshape(x, [x.shape[0], x.shape[1], x.shape[3]])
}

/** The settings of a convolution along one axis, for an image one row high. */
function alongWidth(settings: { stride: number; padding: number; dilation: number; groups: number }) {
  const { stride, padding, dilation, groups } = settings
  return { stride: [1, stride], padding: [0, padding], dilation: [1, dilation], groups }
}

const step = { type: 'number', integer: true, least: 1, default: 1 } as const

export const conv1d = defineOperator({
  name: 'conv1d',
  family: 'convolution',
  summary: 'cross-correlation with zero padding: y[n,o,i] = b[o] + Σ x[n, c, i·s + p·d − pad]·w[o,c,p]',
  source: 'Deep Learning (MIT Press 2016), section 9.1; A guide to convolution arithmetic',
  inputs: { x: float('N', 'C', 'L'), weight: float('O', 'C/groups', 'K'), bias: optional(float('O')) },
  attributes: {
    stride: step,
    padding: { type: 'number', integer: true, least: 0, default: 0 },
    dilation: step,
    groups: step,
  },
  outputs: { y: output('N', 'O', 'L′') },
  dimensionNames: { N: 'signals', C: 'input channels', O: 'output channels' },
  constraint: ({ sizes: { C, O, L, K }, attributes }) =>
    groupsComplaint(C, O, Number(attributes.groups)) ??
    windowComplaint('long', L, K, Number(attributes.padding), Number(attributes.dilation)),
  outputShapes: ({ sizes: { N, O, L, K }, attributes }) => {
    const [stride, padding, dilation] = ['stride', 'padding', 'dilation'].map((name) => Number(attributes[name]))
    return { y: [N, O, windowPositions(L, K, stride, padding, dilation)] }
  },
  /** conv2d of an image one row high. */
  forward: ({ x, weight, bias }, settings) => {
    const inputs = { x: asImage(x), weight: asImage(weight), ...(bias && { bias }) }
    return { y: asSignal(conv2d.forward(inputs, alongWidth(settings)).y) }
  },
  backward: ({ x, weight, bias }, settings, { y }) => {
    const inputs = { x: asImage(x), weight: asImage(weight), ...(bias && { bias }) }
    const gradients = backwardOf(conv2d)(inputs, alongWidth(settings), { y: asImage(y) })
    return { ...gradients, x: asSignal(gradients.x), weight: asSignal(gradients.weight) }
  },
})

export const depthwiseSeparableConv2d = defineOperator({
  name: 'depthwiseSeparableConv2d',
  family: 'convolution',
  summary: 'one filter a channel (conv2d with groups = C), then a 1×1 convolution over the channels',
  source: 'MobileNets (2017), section 3.1',
  inputs: {
    x: float('N', 'C', 'H', 'W'),
    depthwise: float('C', '1', 'KH', 'KW'),
    pointwise: float('O', 'C', '1', '1'),
    bias: optional(float('O')),
  },
  attributes: { stride: positive, padding: wholeNumber },
  outputs: { y: output('N', 'O', 'H′', 'W′') },
  dimensionNames: { N: 'images', C: 'input channels', O: 'output channels' },
  constraint: ({ sizes: { H, W, KH, KW }, attributes }) => {
    const padding = pairOf(attributes, 'padding')
    return windowComplaint('high', H, KH, padding[0], 1) ?? windowComplaint('wide', W, KW, padding[1], 1)
  },
  outputShapes: ({ sizes: { N, O, H, W, KH, KW }, attributes }) => {
    const [stride, padding] = [pairOf(attributes, 'stride'), pairOf(attributes, 'padding')]
    const height = windowPositions(H, KH, stride[0], padding[0], 1)
    return { y: [N, O, height, windowPositions(W, KW, stride[1], padding[1], 1)] }
  },
  forward: ({ x, depthwise, pointwise, bias }, settings) => {
    const { y } = conv2d.forward({ x, weight: depthwise }, { ...settings, groups: x.shape[1] })
    return { y: conv2d.forward({ x: y, weight: pointwise, ...(bias && { bias }) }).y }
  },
  backward: ({ x, depthwise, pointwise, bias }, settings, { y: gradient }) => {
    const first = { ...settings, groups: x.shape[1] }
    const { y } = conv2d.forward({ x, weight: depthwise }, first)
    const mixing = backwardOf(conv2d)({ x: y, weight: pointwise, ...(bias && { bias }) }, {}, { y: gradient })
    const filtering = backwardOf(conv2d)({ x, weight: depthwise }, first, { y: mixing.x })
    return {
      x: filtering.x,
      depthwise: filtering.weight,
      pointwise: mixing.weight,
      ...(bias && { bias: mixing.bias }),
    }
  },
})

const sizes = ['input', 'kernel', 'stride', 'padding', 'dilation'] as const

function listOf(attributes: Attributes, name: string): readonly number[] {
  const value = attributes[name]
  return Array.isArray(value) ? value : []
}

export const convOutputSize = defineOperator({
  name: 'convOutputSize',
  family: 'convolution',
  summary: '⌊(input + 2·padding − dilation·(kernel − 1) − 1)/stride⌋ + 1, elementwise',
  source: 'A guide to convolution arithmetic, relationship 6 with dilation; ntua/1.2a',
  inputs: {},
  attributes: {
    input: { type: 'list', least: 1 },
    kernel: { type: 'list', least: 1 },
    stride: { type: 'list', least: 1 },
    padding: { type: 'list', least: 0 },
    dilation: { type: 'list', least: 1 },
  },
  outputs: { size: { dimensions: ['axes'], kind: 'int' } },
  constraint: ({ attributes }) => {
    const lists = sizes.map((name) => listOf(attributes, name))
    const odd = lists.findIndex((list) => list.length !== lists[0].length)
    if (odd >= 0)
      return `${sizes[odd]} has ${lists[odd].length} entries, input has ${lists[0].length}; they should be equal`
    const [input, kernel, , padding, dilation] = lists
    for (const [axis, length] of input.entries()) {
      const complaint = windowComplaint(`long on axis ${axis}`, length, kernel[axis], padding[axis], dilation[axis])
      if (complaint !== undefined) return complaint
    }
    return undefined
  },
  outputShapes: ({ attributes }) => ({ size: [listOf(attributes, 'input').length] }),
  forward: (_, { input, kernel, stride, padding, dilation }) => {
    const size = input.map((length, a) => windowPositions(length, kernel[a], stride[a], padding[a], dilation[a]))
    return { size: tensor([size.length], size) }
  },
})

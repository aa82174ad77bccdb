import type { Attributes } from '../oracle/contract.js'
import { sizeOf, type Tensors } from '../oracle/tensor.js'
import {
  type Approximation,
  type Approximations,
  constant,
  exact,
  gather,
  joined,
  permuted,
  reshaped,
  transposed,
} from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import type { Model } from './model.js'
import { pair, positionsOf, type Window } from './shapes.js'

/** Sizes of a convolution and its settings. */
export interface Sizes extends Window {
  readonly N: number
  readonly C: number
  readonly H: number
  readonly W: number
  readonly O: number
  readonly KH: number
  readonly KW: number
  readonly OH: number
  readonly OW: number
  readonly groups: number
}

export function sizesOf({ x, weight }: Tensors, attributes: Attributes): Sizes {
  const [N, C, H, W] = x.shape
  const [O, , KH, KW] = weight.shape
  const window: Window = {
    kernel: [KH, KW],
    stride: pair(attributes.stride),
    padding: pair(attributes.padding),
    dilation: pair(attributes.dilation),
  }
  const [OH, OW] = positionsOf([H, W], window)
  return { ...window, N, C, H, W, O, KH, KW, OH, OW, groups: Number(attributes.groups) }
}

/** For every group, output position and entry of its window: where in x it is read, −1 in the padding. [G, N·OH·OW, C/G·KH·KW] */
function patchIndex(s: Sizes) {
  const depth = s.C / s.groups
  const shape = [s.groups, s.N * s.OH * s.OW, depth * s.KH * s.KW]
  const index = new Int32Array(sizeOf(shape))
  let at = 0
  for (let g = 0; g < s.groups; g++)
    for (let n = 0; n < s.N; n++)
      for (let i = 0; i < s.OH; i++)
        for (let j = 0; j < s.OW; j++)
          for (let c = 0; c < depth; c++)
            for (let p = 0; p < s.KH; p++)
              for (let q = 0; q < s.KW; q++) {
                const row = i * s.stride[0] + p * s.dilation[0] - s.padding[0]
                const column = j * s.stride[1] + q * s.dilation[1] - s.padding[1]
                const inside = row >= 0 && row < s.H && column >= 0 && column < s.W
                index[at++] = inside ? ((n * s.C + g * depth + c) * s.H + row) * s.W + column : -1
              }
  return { shape, index }
}

/** For every group, pixel of x and weight that touches it: the output it goes to, or −1. [G, N·H·W, O/G·KH·KW] */
function touchIndex(s: Sizes) {
  const width = s.O / s.groups
  const shape = [s.groups, s.N * s.H * s.W, width * s.KH * s.KW]
  const index = new Int32Array(sizeOf(shape))
  let at = 0
  const positionOf = (pixel: number, entry: number, axis: 0 | 1, count: number): number => {
    const start = pixel + s.padding[axis] - entry * s.dilation[axis]
    const at = start / s.stride[axis]
    return start >= 0 && Number.isInteger(at) && at < count ? at : -1
  }
  for (let g = 0; g < s.groups; g++)
    for (let n = 0; n < s.N; n++)
      for (let h = 0; h < s.H; h++)
        for (let w = 0; w < s.W; w++)
          for (let o = 0; o < width; o++)
            for (let p = 0; p < s.KH; p++)
              for (let q = 0; q < s.KW; q++) {
                const i = positionOf(h, p, 0, s.OH)
                const j = positionOf(w, q, 1, s.OW)
                index[at++] = i < 0 || j < 0 ? -1 : ((n * s.O + g * width + o) * s.OH + i) * s.OW + j
              }
  return { shape, index }
}

/** [G, N·P, D] as [N, G·D, …P]. */
function toChannels(a: Approximation, N: number, G: number, positions: readonly number[]): Approximation {
  const P = sizeOf(positions)
  const D = a.shape[2]
  return reshaped(permuted(reshaped(a, [G, N, P, D]), [1, 0, 3, 2]), [N, G * D, ...positions])
}

/** The operands of a convolution. */
interface Operands {
  readonly x: Approximation
  readonly weight: Approximation
  readonly bias?: Approximation
}

/** The matrix product of the patches with the weights, the bias one more entry of each patch. */
export function convolve(arithmetic: Arithmetic, s: Sizes, { x, weight, bias }: Operands): Approximation {
  const { shape, index } = patchIndex(s)
  const patches = gather(x, shape, index)
  const weights = reshaped(weight, [s.groups, s.O / s.groups, shape[2]])
  if (bias === undefined)
    return toChannels(arithmetic.matmul(patches, transposed(weights)), s.N, s.groups, [s.OH, s.OW])
  const biases = reshaped(bias, [s.groups, s.O / s.groups, 1])
  const ones = constant([s.groups, shape[1], 1], 1)
  const y = arithmetic.matmul(joined([patches, ones]), transposed(joined([weights, biases])))
  return toChannels(y, s.N, s.groups, [s.OH, s.OW])
}

/** The gradients of a convolution with respect to x, the weight and, where there is one, the bias. */
export function convolveBackward(
  arithmetic: Arithmetic,
  s: Sizes,
  { x, weight, bias }: Operands,
  gradient: Approximation,
): Approximations {
  const { shape, index } = patchIndex(s)
  const width = s.O / s.groups
  const P = s.OH * s.OW
  const g = reshaped(permuted(reshaped(gradient, [s.N, s.groups, width, P]), [1, 2, 0, 3]), [s.groups, width, s.N * P])
  const touches = touchIndex(s)
  const touching = gather(gradient, touches.shape, touches.index)
  const byInput = reshaped(permuted(reshaped(weight, [s.groups, width, s.C / s.groups, s.KH * s.KW]), [0, 1, 3, 2]), [
    s.groups,
    width * s.KH * s.KW,
    s.C / s.groups,
  ])
  return {
    x: toChannels(arithmetic.matmul(touching, byInput), s.N, s.groups, [s.H, s.W]),
    weight: reshaped(arithmetic.matmul(g, gather(x, shape, index)), weight.shape),
    ...(bias === undefined ? {} : { bias: reshaped(arithmetic.sum(g), [s.O]) }),
  }
}

/** The inputs of a convolution, known exactly. */
function operandsOf({ x, weight, bias }: Tensors): Operands {
  return { x: exact(x), weight: exact(weight), ...(bias && { bias: exact(bias) }) }
}

export const conv2dModel: Model = {
  shapes: (inputs, attributes) => {
    const { N, O, OH, OW } = sizesOf(inputs, attributes)
    return { y: [N, O, OH, OW] }
  },
  forward: (arithmetic, inputs, attributes) => ({
    y: convolve(arithmetic, sizesOf(inputs, attributes), operandsOf(inputs)),
  }),
  backward: (arithmetic, inputs, attributes, { y }) =>
    convolveBackward(arithmetic, sizesOf(inputs, attributes), operandsOf(inputs), exact(y)),
}

import { convolve, convolveBackward } from './convolution.js'
import { type Convolution, outputSize } from './convolutionSizes.js'
import type { GpuCall, GpuOperator } from './operator.js'
import { channelSums } from './planes.js'

/** The two convolutions of a call: one filter a channel, then 1×1 over the channels of what it leaves. */
function convolutionsOf(call: GpuCall) {
  const { N, C, H, W, O, KH, KW } = call.sizes
  const filtering: Convolution = {
    images: N,
    channels: C,
    image: [H, W],
    outputs: C,
    kernel: [KH, KW],
    stride: call.pair('stride'),
    padding: call.pair('padding'),
    dilation: [1, 1],
    groups: C,
  }
  const mixing: Convolution = {
    images: N,
    channels: C,
    image: outputSize(filtering),
    outputs: O,
    kernel: [1, 1],
    stride: [1, 1],
    padding: [0, 0],
    dilation: [1, 1],
    groups: 1,
  }
  return { filtering, mixing }
}

export const depthwiseSeparableConv2d: GpuOperator = {
  forward: async (call) => {
    const { workspace } = call
    const { filtering, mixing } = convolutionsOf(call)
    const filtered = await convolve(workspace, filtering, call.input('x'), call.input('depthwise'), undefined)
    return { y: await convolve(workspace, mixing, filtered, call.input('pointwise'), call.optional('bias')) }
  },
  backward: async (call) => {
    const { workspace } = call
    const { filtering, mixing } = convolutionsOf(call)
    const [x, depthwise, gradient] = [call.input('x'), call.input('depthwise'), call.gradient('y')]
    const filtered = await convolve(workspace, filtering, x, depthwise, undefined)
    const [ofMixing, bias] = await Promise.all([
      convolveBackward(workspace, mixing, filtered, call.input('pointwise'), gradient),
      call.optional('bias') && channelSums(workspace, gradient, [call.sizes.N, call.sizes.O]),
    ])
    const ofFiltering = await convolveBackward(workspace, filtering, x, depthwise, ofMixing.x)
    const gradients = { x: ofFiltering.x, depthwise: ofFiltering.weight, pointwise: ofMixing.weight }
    return { ...gradients, ...(bias && { bias }) }
  },
}

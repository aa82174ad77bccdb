import { windowPositions } from '../oracle/convolution.js'
import { correlation, inputGradient, weightGradient } from './convolutionKernels.js'
import { type Convolution, outputSize } from './convolutionSizes.js'
import { convolveByTiles } from './convolutionTiles.js'
import type { DeviceArray } from './deviceArray.js'
import type { GpuCall, GpuOperator } from './operator.js'
import { channelSums } from './planes.js'
import type { Workspace } from './workspace.js'

/** The sizes and settings in the order in which the kernels take them. */
function geometry(convolution: Convolution) {
  const { channels, groups, image, outputs, kernel, stride, padding, dilation } = convolution
  const window = [...stride, ...padding, ...dilation] as const
  return [channels / groups, groups, ...image, outputs, ...kernel, ...outputSize(convolution), ...window] as const
}

/** y[N,O,H′,W′] from x[N,C,H,W], weight[O,C/groups,KH,KW] and, where it is given, bias[O]. */
export async function convolve(
  workspace: Workspace,
  convolution: Convolution,
  x: DeviceArray,
  weight: DeviceArray,
  bias: DeviceArray | undefined,
): Promise<DeviceArray> {
  const byTiles = await convolveByTiles(workspace, convolution, x, weight, bias)
  if (byTiles !== undefined) return byTiles
  const { images, outputs } = convolution
  const [height, width] = outputSize(convolution)
  const shift = bias ?? (await workspace.filled(outputs, 0))
  return workspace.run(correlation, images * outputs * height * width, x, weight, shift, ...geometry(convolution))
}

/** The gradients with respect to x and weight. */
export async function convolveBackward(
  workspace: Workspace,
  convolution: Convolution,
  x: DeviceArray,
  weight: DeviceArray,
  gradient: DeviceArray,
): Promise<{ readonly x: DeviceArray; readonly weight: DeviceArray }> {
  const sizes = geometry(convolution)
  const [gradX, gradWeight] = await Promise.all([
    workspace.run(inputGradient, x.length, gradient, weight, ...sizes),
    workspace.run(weightGradient, weight.length, gradient, x, convolution.images, ...sizes),
  ])
  return { x: gradX, weight: gradWeight }
}

/** The operator of inputs x, weight and perhaps bias whose calls are these convolutions. */
export function convolutionOperator(convolutionOf: (call: GpuCall) => Convolution): GpuOperator {
  return {
    forward: async (call) => {
      const [x, weight, bias] = [call.input('x'), call.input('weight'), call.optional('bias')]
      return { y: await convolve(call.workspace, convolutionOf(call), x, weight, bias) }
    },
    backward: async (call) => {
      const { workspace } = call
      const convolution = convolutionOf(call)
      const { images, outputs } = convolution
      const gradient = call.gradient('y')
      const [gradients, bias] = await Promise.all([
        convolveBackward(workspace, convolution, call.input('x'), call.input('weight'), gradient),
        call.optional('bias') && channelSums(workspace, gradient, [images, outputs]),
      ])
      return { ...gradients, ...(bias && { bias }) }
    },
  }
}

export const conv2d = convolutionOperator((call) => {
  const { N, C, H, W, O, KH, KW } = call.sizes
  const [stride, padding, dilation] = [call.pair('stride'), call.pair('padding'), call.pair('dilation')]
  const groups = call.number('groups')
  return { images: N, channels: C, image: [H, W], outputs: O, kernel: [KH, KW], stride, padding, dilation, groups }
})

/** Five whole numbers an axis make one: arithmetic of the host, there is nothing here for a device to do. */
export const convOutputSize: GpuOperator = {
  host: true,
  forward: (call) => {
    const [input, kernels, stride, padding, dilation] = ['input', 'kernel', 'stride', 'padding', 'dilation'].map(
      (name) => call.list(name),
    )
    const size = input.map((length, a) => windowPositions(length, kernels[a], stride[a], padding[a], dilation[a]))
    return { size: Float32Array.from(size) }
  },
}

import { windowPositions } from '../oracle/convolution.js'
import { sizeOf } from '../oracle/tensor.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import { sumRows } from './linear.js'
import type { GpuCall, GpuOperator } from './operator.js'

declare function quotient(i: number, n: number): number

/** y[n,o,i,j] = b[o] + Σ x[n, c, i·stride + p·dilation − padding, j·stride + q·dilation − padding]·w[o,c,p,q] */
const convolution = kernel(
  'conv2d',
  function (
    this: Thread,
    size: number,
    x: Values,
    weight: Values,
    bias: Values,
    depth: number,
    groups: number,
    height: number,
    width: number,
    outputs: number,
    kernelHeight: number,
    kernelWidth: number,
    outHeight: number,
    outWidth: number,
    strideHeight: number,
    strideWidth: number,
    paddingHeight: number,
    paddingWidth: number,
    dilationHeight: number,
    dilationWidth: number,
  ): number {
    const at = this.thread.x
    if (at >= size) return 0
    const line = quotient(at, outWidth)
    const j = at - line * outWidth
    const plane = quotient(line, outHeight)
    const i = line - plane * outHeight
    const n = quotient(plane, outputs)
    const o = plane - n * outputs
    const firstChannel = quotient(o * groups, outputs) * depth
    let sum = bias[o]
    for (let d = 0; d < depth; d += 1) {
      const image = (n * depth * groups + firstChannel + d) * height
      const filter = (o * depth + d) * kernelHeight
      let part = 0
      for (let p = 0; p < kernelHeight; p += 1) {
        const row = i * strideHeight + p * dilationHeight - paddingHeight
        if (row >= 0 && row < height) {
          for (let q = 0; q < kernelWidth; q += 1) {
            const column = j * strideWidth + q * dilationWidth - paddingWidth
            if (column >= 0 && column < width) {
              part += x[(image + row) * width + column] * weight[(filter + p) * kernelWidth + q]
            }
          }
        }
      }
      sum += part
    }
    return sum
  },
  (...[, , , depth, , , , , kernelHeight, kernelWidth]) => depth * (1 + kernelHeight * (1 + kernelWidth)),
)

/** ∂L/∂x[n,c,h,w] = Σ g[n,o,i,j]·w[o,c,p,q] over all (o, p, q, i, j) with i·stride + p·dilation − padding = h, and so for w. */
const inputGradient = kernel(
  'gradient of conv2d with respect to x',
  function (
    this: Thread,
    size: number,
    gradient: Values,
    weight: Values,
    depth: number,
    groups: number,
    height: number,
    width: number,
    outputs: number,
    kernelHeight: number,
    kernelWidth: number,
    outHeight: number,
    outWidth: number,
    strideHeight: number,
    strideWidth: number,
    paddingHeight: number,
    paddingWidth: number,
    dilationHeight: number,
    dilationWidth: number,
  ): number {
    const at = this.thread.x
    if (at >= size) return 0
    const line = quotient(at, width)
    const column = at - line * width
    const plane = quotient(line, height)
    const row = line - plane * height
    const n = quotient(plane, depth * groups)
    const channel = plane - n * depth * groups
    const owner = quotient(channel, depth)
    const d = channel - owner * depth
    const perGroup = quotient(outputs, groups)
    let sum = 0
    for (let k = 0; k < perGroup; k += 1) {
      const o = owner * perGroup + k
      let part = 0
      for (let p = 0; p < kernelHeight; p += 1) {
        const down = row + paddingHeight - p * dilationHeight
        const i = quotient(Math.max(down, 0), strideHeight)
        if (i * strideHeight === down && i < outHeight) {
          for (let q = 0; q < kernelWidth; q += 1) {
            const across = column + paddingWidth - q * dilationWidth
            const j = quotient(Math.max(across, 0), strideWidth)
            if (j * strideWidth === across && j < outWidth) {
              part +=
                gradient[((n * outputs + o) * outHeight + i) * outWidth + j] *
                weight[((o * depth + d) * kernelHeight + p) * kernelWidth + q]
            }
          }
        }
      }
      sum += part
    }
    return sum
  },
  (...[, , , groups, , , outputs, kernelHeight, kernelWidth]) =>
    (outputs / groups) * (1 + kernelHeight * (1 + kernelWidth)),
)

/** ∂L/∂w[o,c,p,q] = Σ g[n,o,i,j]·x[n, c, i·stride + p·dilation − padding, j·stride + q·dilation − padding] over all (n, i, j) */
const weightGradient = kernel(
  'gradient of conv2d with respect to weight',
  function (
    this: Thread,
    size: number,
    gradient: Values,
    x: Values,
    images: number,
    depth: number,
    groups: number,
    height: number,
    width: number,
    outputs: number,
    kernelHeight: number,
    kernelWidth: number,
    outHeight: number,
    outWidth: number,
    strideHeight: number,
    strideWidth: number,
    paddingHeight: number,
    paddingWidth: number,
    dilationHeight: number,
    dilationWidth: number,
  ): number {
    const at = this.thread.x
    if (at >= size) return 0
    const line = quotient(at, kernelWidth)
    const q = at - line * kernelWidth
    const plane = quotient(line, kernelHeight)
    const p = line - plane * kernelHeight
    const o = quotient(plane, depth)
    const channel = quotient(o * groups, outputs) * depth + (plane - o * depth)
    let sum = 0
    for (let n = 0; n < images; n += 1) {
      let ofImage = 0
      for (let i = 0; i < outHeight; i += 1) {
        const row = i * strideHeight + p * dilationHeight - paddingHeight
        if (row >= 0 && row < height) {
          let ofRow = 0
          for (let j = 0; j < outWidth; j += 1) {
            const column = j * strideWidth + q * dilationWidth - paddingWidth
            if (column >= 0 && column < width) {
              ofRow +=
                gradient[((n * outputs + o) * outHeight + i) * outWidth + j] *
                x[((n * depth * groups + channel) * height + row) * width + column]
            }
          }
          ofImage += ofRow
        }
      }
      sum += ofImage
    }
    return sum
  },
  (...[, , images, , , , , , , , outHeight, outWidth]) => images * (1 + outHeight * (1 + outWidth)),
)

/** The sum over one image channel's positions, for every image and channel. */
const planeSums = kernel(
  'sum of a plane',
  function (this: Thread, size: number, x: Values, area: number): number {
    const plane = this.thread.x
    if (plane >= size) return 0
    let sum = 0
    for (let start = 0; start < area; start += 64) {
      const end = Math.min(start + 64, area)
      let part = 0
      for (let k = start; k < end; k += 1) part += x[plane * area + k]
      sum += part
    }
    return sum
  },
  (_, area) => roundsOfSum(area),
)

/** The sizes and settings of a call, in the order in which the kernels take them. */
function geometry(call: GpuCall) {
  const { C, H, W, O, KH, KW } = call.sizes
  const groups = call.number('groups')
  const [, , outHeight, outWidth] = call.outputShapes.y
  const window = [...call.pair('stride'), ...call.pair('padding'), ...call.pair('dilation')] as const
  return [C / groups, groups, H, W, O, KH, KW, outHeight, outWidth, ...window] as const
}

export const conv2d: GpuOperator = {
  forward: async (call) => {
    const bias = call.optional('bias') ?? (await call.workspace.filled(call.sizes.O, 0))
    const size = sizeOf(call.outputShapes.y)
    return {
      y: await call.workspace.run(convolution, size, call.input('x'), call.input('weight'), bias, ...geometry(call)),
    }
  },
  backward: async (call) => {
    const { workspace } = call
    const { N, O } = call.sizes
    const [x, weight, gradient] = [call.input('x'), call.input('weight'), call.gradient('y')]
    const planes = workspace.run(planeSums, N * O, gradient, gradient.length / (N * O))
    const [gradX, gradWeight, bias] = await Promise.all([
      workspace.run(inputGradient, x.length, gradient, weight, ...geometry(call)),
      workspace.run(weightGradient, weight.length, gradient, x, N, ...geometry(call)),
      planes.then((sums) => sumRows(workspace, sums, O)),
    ])
    const gradients = { x: gradX, weight: gradWeight }
    return call.optional('bias') === undefined ? gradients : { ...gradients, bias }
  },
}

/** Five whole numbers an axis make one: arithmetic of the host, there is nothing here for a device to do. */
export const convOutputSize: GpuOperator = {
  forward: (call) => {
    const [input, kernels, stride, padding, dilation] = ['input', 'kernel', 'stride', 'padding', 'dilation'].map(
      (name) => call.list(name),
    )
    const size = input.map((length, a) => windowPositions(length, kernels[a], stride[a], padding[a], dilation[a]))
    return { size: Float32Array.from(size) }
  },
}

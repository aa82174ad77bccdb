import { type Convolution, outputSize } from './convolutionSizes.js'
import { DeviceArray } from './deviceArray.js'
import { kernel, type Thread, type Values } from './kernel.js'
import { productByTiles, takesTiles } from './tiles.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

/** So many numbers of windows are laid out at a time. */
const most = 2 ** 22

/** y[n,o,…] + bias[o] */
const biased = kernel(
  'bias of channels',
  function (this: Thread, size: number, y: Values, bias: Values, outputs: number, area: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const plane = quotient(i, area)
    return y[i] + bias[plane - quotient(plane, outputs) * outputs]
  },
)

/**
 * A convolution as products of matrices, by tiles: the weights [O, C·KH·KW] times the windows [C·KH·KW, H′·W′] that they are laid
 * on, which the host copies out of the image, some lines of the output at a time. Undefined where they take no tiles.
 */
export async function convolveByTiles(
  workspace: Workspace,
  convolution: Convolution,
  x: DeviceArray,
  weight: DeviceArray,
  bias: DeviceArray | undefined,
): Promise<DeviceArray | undefined> {
  const { images, outputs, groups } = convolution
  const [height, width] = outputSize(convolution)
  const area = height * width
  const [perGroup, inner] = [outputs / groups, weight.length / outputs]
  const { values } = x
  if (values === undefined || !takesTiles(workspace, [perGroup, inner, area])) return undefined
  const lines = Math.floor(most / (groups * inner * width))
  if (lines === 0) return undefined
  const y = new Float32Array(images * outputs * area)
  for (let image = 0; image < images; image++)
    for (let first = 0; first < height; first += lines) {
      const count = Math.min(lines, height - first)
      const windows = DeviceArray.ofHost(windowsOf(values, convolution, image, [first, count]))
      const columns = count * width
      const sizes = [perGroup, columns, 1, inner, 0, 0, inner, 1, 0, 0, columns, 1] as const
      const heads = { count: groups, a: perGroup * inner, b: inner * columns, sideBySide: false }
      const part = await productByTiles(workspace, 1, weight, windows, sizes, heads)
      for (let o = 0; o < outputs; o++)
        y.set(part.subarray(o * columns, (o + 1) * columns), (image * outputs + o) * area + first * width)
    }
  const product = workspace.array(y)
  return bias === undefined ? product : workspace.run(biased, y.length, product, bias, outputs, area)
}

/** What lies under every place of the kernel [C·KH·KW, count·W′], for the windows of `count` lines of the output; 0 outside. */
function windowsOf(
  x: Float32Array,
  convolution: Convolution,
  image: number,
  [first, count]: readonly [number, number],
): Float32Array {
  const { channels, stride, padding, dilation } = convolution
  const [height, width] = convolution.image
  const [kernelHeight, kernelWidth] = convolution.kernel
  const [, outWidth] = outputSize(convolution)
  const windows = new Float32Array(channels * kernelHeight * kernelWidth * count * outWidth)
  let line = 0
  for (let c = 0; c < channels; c++)
    for (let p = 0; p < kernelHeight; p++)
      for (let q = 0; q < kernelWidth; q++) {
        const left = q * dilation[1] - padding[1]
        const begin = Math.max(0, Math.ceil(-left / stride[1]))
        const end = Math.min(outWidth, Math.ceil((width - left) / stride[1]))
        for (let i = first; i < first + count; i++) {
          const row = i * stride[0] + p * dilation[0] - padding[0]
          const from = ((image * channels + c) * height + row) * width + left
          if (row >= 0 && row < height) for (let j = begin; j < end; j++) windows[line + j] = x[from + j * stride[1]]
          line += outWidth
        }
      }
  return windows
}

import { kernel, type Thread, type Values } from './kernel.js'
import type { GpuCall, GpuOperator } from './operator.js'
import { channelProducts, channelSums } from './planes.js'

declare function quotient(i: number, n: number): number

const flipped = kernel('horizontalFlip', function (this: Thread, size: number, x: Values, width: number): number {
  const i = this.thread.x
  if (i >= size) return 0
  const line = quotient(i, width)
  return x[line * width + width - 1 - (i - line * width)]
})

export const horizontalFlip: GpuOperator = {
  forward: async (call) => {
    const image = call.input('image')
    return { y: await call.workspace.run(flipped, image.length, image, call.sizes.W) }
  },
  /** A flip is its own inverse and its own adjoint. */
  backward: async (call) => {
    const y = call.gradient('y')
    return { image: await call.workspace.run(flipped, y.length, y, call.sizes.W) }
  },
}

/**
 * The window of `height` × `width` entries from (top, left) of planes of `rows` × `columns`; 0 where it reaches over them. With
 * a negative top and left it puts a plane into a larger one.
 */
const windows = kernel(
  'crop',
  function (
    this: Thread,
    size: number,
    x: Values,
    rows: number,
    columns: number,
    height: number,
    width: number,
    top: number,
    left: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const line = quotient(i, width)
    const plane = quotient(line, height)
    const row = top + line - plane * height
    const column = left + i - line * width
    if (row < 0 || row >= rows || column < 0 || column >= columns) return 0
    return x[(plane * rows + row) * columns + column]
  },
)

export const crop: GpuOperator = {
  forward: async (call) => {
    const { N, C, H, W } = call.sizes
    const [top, left, height, width] = cropOf(call)
    const image = call.input('image')
    return { y: await call.workspace.run(windows, N * C * height * width, image, H, W, height, width, top, left) }
  },
  /** The gradient where the crop lies, zero outside it. */
  backward: async (call) => {
    const { N, C, H, W } = call.sizes
    const [top, left, height, width] = cropOf(call)
    const y = call.gradient('y')
    return { image: await call.workspace.run(windows, N * C * H * W, y, height, width, H, W, -top, -left) }
  },
}

function cropOf(call: GpuCall) {
  return [call.number('top'), call.number('left'), call.number('height'), call.number('width')] as const
}

/** scale[c]·x + shift[c], for planes of `area` entries, the channels in turn. */
const adjusted = kernel(
  'adjustColor',
  function (
    this: Thread,
    size: number,
    x: Values,
    scale: Values,
    shift: Values,
    area: number,
    channels: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const plane = quotient(i, area)
    const c = plane - quotient(plane, channels) * channels
    return scale[c] * x[i] + shift[c]
  },
)

const adjustedGradient = kernel(
  'gradient of adjustColor',
  function (this: Thread, size: number, gradient: Values, scale: Values, area: number, channels: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const plane = quotient(i, area)
    return scale[plane - quotient(plane, channels) * channels] * gradient[i]
  },
)

export const adjustColor: GpuOperator = {
  forward: async (call) => {
    const { C, H, W } = call.sizes
    const [image, scale, shift] = [call.input('image'), call.input('scale'), call.input('shift')]
    return { y: await call.workspace.run(adjusted, image.length, image, scale, shift, H * W, C) }
  },
  /** ∂L/∂image = scale·g; ∂L/∂scale and ∂L/∂shift sum g·image and g over a channel. */
  backward: async (call) => {
    const { workspace } = call
    const { N, C, H, W } = call.sizes
    const [x, y] = [call.input('image'), call.gradient('y')]
    const [image, scale, shift] = await Promise.all([
      workspace.run(adjustedGradient, y.length, y, call.input('scale'), H * W, C),
      channelProducts(workspace, y, x, [N, C]),
      channelSums(workspace, y, [N, C]),
    ])
    return { image, scale, shift }
  },
}

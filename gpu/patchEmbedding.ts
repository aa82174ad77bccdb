import type { DeviceArray } from './deviceArray.js'
import { kernel, type Thread, type Values } from './kernel.js'
import { matrix, multiply, sumRows, transform, transposed } from './linear.js'
import type { GpuCall, GpuOperator } from './operator.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

/** Entry (channel, row, column) of every patch: patches[n, (top, left), (c, p, q)] = image[n, c, top·P + p, left·P + q]. */
const cutting = kernel(
  'patches',
  function (
    this: Thread,
    size: number,
    image: Values,
    channels: number,
    height: number,
    width: number,
    patch: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const line = quotient(i, patch)
    const q = i - line * patch
    const plane = quotient(line, patch)
    const p = line - plane * patch
    const token = quotient(plane, channels)
    const c = plane - token * channels
    const across = quotient(width, patch)
    const band = quotient(token, across)
    const left = (token - band * across) * patch
    const down = quotient(height, patch)
    const n = quotient(band, down)
    const top = (band - n * down) * patch
    return image[((n * channels + c) * height + top + p) * width + left + q]
  },
)

/** The way back: every pixel from its place in the patches. */
const assembling = kernel(
  'image of patches',
  function (
    this: Thread,
    size: number,
    patches: Values,
    channels: number,
    height: number,
    width: number,
    patch: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const line = quotient(i, width)
    const column = i - line * width
    const plane = quotient(line, height)
    const row = line - plane * height
    const n = quotient(plane, channels)
    const c = plane - n * channels
    const down = quotient(row, patch)
    const across = quotient(column, patch)
    const p = row - down * patch
    const q = column - across * patch
    const token = (n * quotient(height, patch) + down) * quotient(width, patch) + across
    return patches[((token * channels + c) * patch + p) * patch + q]
  },
)

/** An image's channels, height and width, and the side of its patches. */
type Cut = readonly [channels: number, height: number, width: number, patch: number]

/** The patches of image[N,C,H,W] as rows: [N, (H/P)(W/P), C·P·P]. */
export function patchesOf(workspace: Workspace, image: DeviceArray, cut: Cut): Promise<DeviceArray> {
  return workspace.run(cutting, image.length, image, ...cut)
}

/** The image of these patches. */
export function imageOf(workspace: Workspace, patches: DeviceArray, cut: Cut): Promise<DeviceArray> {
  return workspace.run(assembling, patches.length, patches, ...cut)
}

function cutOf(call: GpuCall): Cut {
  const { C, H, W } = call.sizes
  return [C, H, W, call.number('patch')]
}

export const patchEmbedding: GpuOperator = {
  forward: async (call) => {
    const [D, length] = call.shapes.weight
    const patches = await patchesOf(call.workspace, call.input('image'), cutOf(call))
    return { y: await transform(call.workspace, patches, call.input('weight'), call.optional('bias'), [length, D]) }
  },
  /** ∂L/∂patches = ∂L/∂y·W, put back into the image; ∂L/∂W = ∂L/∂yᵀ·patches; ∂L/∂b = the sum of ∂L/∂y over all patches. */
  backward: async (call) => {
    const { workspace } = call
    const [D, length] = call.shapes.weight
    const y = matrix(call.gradient('y'), D)
    const count = y.values.length / D
    const patches = await patchesOf(workspace, call.input('image'), cutOf(call))
    const [ofPatches, weight, bias] = await Promise.all([
      multiply(workspace, y, matrix(call.input('weight'), length), [count, D, length]),
      multiply(workspace, transposed(y), matrix(patches, length), [D, count, length]),
      call.optional('bias') && sumRows(workspace, y.values, D),
    ])
    return { image: await imageOf(workspace, ofPatches, cutOf(call)), weight, ...(bias && { bias }) }
  },
}

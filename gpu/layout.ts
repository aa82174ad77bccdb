import type { DeviceArray } from './deviceArray.js'
import { kernel, type Thread, type Values } from './kernel.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

const part = kernel('slice', function (this: Thread, size: number, x: Values, start: number): number {
  const i = this.thread.x
  if (i >= size) return 0
  return x[start + i]
})

/** `length` numbers from `start` on. */
export function slice(workspace: Workspace, x: DeviceArray, start: number, length: number): Promise<DeviceArray> {
  return workspace.run(part, length, x, start)
}

const pair = kernel('concatenate', function (this: Thread, size: number, a: Values, b: Values, length: number): number {
  const i = this.thread.x
  if (i >= size) return 0
  if (i < length) return a[i]
  return b[i - length]
})

/** All numbers of the arrays (one at least), one array after the other, put together two by two. */
export async function concatenate(workspace: Workspace, arrays: readonly DeviceArray[]): Promise<DeviceArray> {
  if (arrays.length === 1) return arrays[0]
  const half = Math.ceil(arrays.length / 2)
  const [a, b] = await Promise.all([
    concatenate(workspace, arrays.slice(0, half)),
    concatenate(workspace, arrays.slice(half)),
  ])
  return workspace.run(pair, a.length + b.length, a, b, a.length)
}

const strided = kernel(
  'gather',
  function (this: Thread, size: number, x: Values, axes: Values, start: number, count: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    let at = start
    for (let d = 0; d < count; d += 1) {
      const index = quotient(i, axes[3 * d])
      at += (index - quotient(index, axes[3 * d + 1]) * axes[3 * d + 1]) * axes[3 * d + 2]
    }
    return x[at]
  },
  (_x, _axes, _start, count) => count,
)

/** A view of an array: which elements it has, in which order. Strides may be negative. */
export interface View {
  readonly shape: readonly number[]
  readonly stride: readonly number[]
  readonly offset: number
}

/** The numbers that a view has, in row-major order: the array itself where that is all of it. */
export async function gather(workspace: Workspace, x: DeviceArray, view: View): Promise<DeviceArray> {
  const { shape, offset } = view
  const axes: number[] = []
  let size = 1
  let contiguous = true
  for (let d = shape.length - 1; d >= 0; d--) {
    axes.push(size, shape[d], view.stride[d])
    contiguous &&= shape[d] === 1 || view.stride[d] === size
    size *= shape[d]
  }
  if (contiguous && size === x.length) return x
  if (contiguous) return slice(workspace, x, offset, size)
  return workspace.run(strided, size, x, workspace.array(Float32Array.from(axes)), offset, shape.length)
}

const opposite = kernel('negate', function (this: Thread, size: number, x: Values): number {
  const i = this.thread.x
  if (i >= size) return 0
  return -x[i]
})

/** −x. */
export function negated(workspace: Workspace, x: DeviceArray): Promise<DeviceArray> {
  return workspace.run(opposite, x.length, x)
}

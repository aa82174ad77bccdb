import type { DeviceArray } from './deviceArray.js'
import { kernel, type Thread, type Values } from './kernel.js'
import type { Workspace } from './workspace.js'

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

import { hasOwnMemory } from './compilation.js'
import type { DeviceArray } from './deviceArray.js'
import { kernel, type Thread, type Values } from './kernel.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

const strip = kernel(
  'columns',
  function (this: Thread, size: number, x: Values, columns: number, first: number, width: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, width)
    return x[row * columns + first + (i - row * width)]
  },
)

/** Columns `first` to `first + width` of a matrix of `columns` columns. */
export function columnsOf(
  workspace: Workspace,
  x: DeviceArray,
  columns: number,
  { first, width }: { readonly first: number; readonly width: number },
): Promise<DeviceArray> {
  return workspace.run(strip, (x.length / columns) * width, x, columns, first, width)
}

const joint = kernel(
  'matrices side by side',
  function (this: Thread, size: number, a: Values, b: Values, ofA: number, ofB: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, ofA + ofB)
    const column = i - row * (ofA + ofB)
    if (column < ofA) return a[row * ofA + column]
    return b[row * ofB + (column - ofA)]
  },
)

/** [a, b], row by row, for matrices of so many columns. */
export function besides(
  workspace: Workspace,
  a: DeviceArray,
  b: DeviceArray,
  [ofA, ofB]: readonly [number, number],
): Promise<DeviceArray> {
  return workspace.run(joint, a.length + b.length, a, b, ofA, ofB)
}

/** Part of an array, for kernels that read it from an offset on. */
export interface Window {
  readonly values: DeviceArray
  readonly offset: number
}

/**
 * `length` numbers from `start` on, where they lie: on a device the array with the offset, which costs nothing; where the host
 * computes they are a view, lest every kernel copy the whole array.
 */
export function windowOf(workspace: Workspace, x: DeviceArray, start: number, length: number): Window {
  if (x.values === undefined || hasOwnMemory(workspace.device.backend)) return { values: x, offset: start }
  return { values: workspace.array(x.values.subarray(start, start + length)), offset: 0 }
}

const sum = kernel('sum of two', function (this: Thread, size: number, a: Values, b: Values): number {
  const i = this.thread.x
  if (i >= size) return 0
  return a[i] + b[i]
})

/** a + b, element by element. */
export function add(workspace: Workspace, a: DeviceArray, b: DeviceArray): Promise<DeviceArray> {
  return workspace.run(sum, a.length, a, b)
}

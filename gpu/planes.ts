import type { DeviceArray } from './deviceArray.js'
import { kernel, type Thread, type Values } from './kernel.js'
import { sumRows } from './linear.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

/** A tree of sums whose nodes add this many numbers each: parallel, and its rounding grows with its depth only. */
const group = 64

/** The sum of each group of every row of x; the last group of a row may be smaller. */
const groupSums = kernel(
  'sums of groups',
  function (this: Thread, size: number, x: Values, length: number, groups: number, group: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, groups)
    const start = (i - row * groups) * group
    const end = row * length + Math.min(start + group, length)
    let sum = 0
    for (let k = row * length + start; k < end; k += 1) sum += x[k]
    return sum
  },
)

/** The sum of a⊙b over each group of every row. */
const groupProducts = kernel(
  'sums of products of groups',
  function (this: Thread, size: number, a: Values, b: Values, length: number, groups: number, group: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, groups)
    const start = (i - row * groups) * group
    const end = row * length + Math.min(start + group, length)
    let sum = 0
    for (let k = row * length + start; k < end; k += 1) sum += a[k] * b[k]
    return sum
  },
)

/** The sums of rows of `length` numbers. */
export async function rowSums(workspace: Workspace, x: DeviceArray, length: number): Promise<DeviceArray> {
  if (length === 1) return x
  const groups = Math.ceil(length / group)
  const sums = await workspace.run(groupSums, (x.length / length) * groups, x, length, groups, group)
  return rowSums(workspace, sums, groups)
}

/** The sums of x[N,C,…] by channel, for so many images of so many channels. */
export async function channelSums(
  workspace: Workspace,
  x: DeviceArray,
  [images, channels]: readonly [number, number],
): Promise<DeviceArray> {
  return sumRows(workspace, await rowSums(workspace, x, x.length / (images * channels)), channels)
}

/** The sums of a⊙b by channel, likewise. */
export async function channelProducts(
  workspace: Workspace,
  a: DeviceArray,
  b: DeviceArray,
  [images, channels]: readonly [number, number],
): Promise<DeviceArray> {
  const planes = images * channels
  const length = a.length / planes
  const groups = Math.ceil(length / group)
  const sums = await workspace.run(groupProducts, planes * groups, a, b, length, groups, group)
  return sumRows(workspace, await rowSums(workspace, sums, groups), channels)
}

import type { DeviceArray } from './deviceArray.js'
import { kernel, type Thread, type Values } from './kernel.js'
import type { GpuCall } from './operator.js'
import type { Workspace } from './workspace.js'

/** Sums are taken as a tree whose nodes add this many numbers each: parallel, and its rounding grows with its depth only. */
export const group = 64

const groupSums = kernel(
  'sum',
  function (this: Thread, size: number, x: Values, length: number, group: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const end = Math.min((i + 1) * group, length)
    let sum = 0
    for (let k = i * group; k < end; k += 1) sum += x[k]
    return sum
  },
  (_x, _length, group) => group,
)

/** The sums of every `length` numbers. */
export function sumsOfGroups(workspace: Workspace, x: DeviceArray, length = group): Promise<DeviceArray> {
  return workspace.run(groupSums, Math.ceil(x.length / length), x, x.length, length)
}

/** The sum of all numbers, as an array of one. */
export async function total(workspace: Workspace, x: DeviceArray): Promise<DeviceArray> {
  let sums = x
  while (sums.length > 1) sums = await sumsOfGroups(workspace, sums)
  return sums
}

/** How a loss is reduced: the weight of each item, and whether the items are added. */
export function reductionOf(call: GpuCall, items: number) {
  const { reduction } = call.attributes
  return { weight: reduction === 'mean' ? 1 / items : 1, added: reduction !== 'none' }
}

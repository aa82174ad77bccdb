import { hasOwnMemory } from './compilation.js'
import type { DeviceArray } from './deviceArray.js'
import { kernel, type Thread, type Values } from './kernel.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

/** How many arrays a kernel joins: WebGPU promises eight buffers, one of which is the output. */
const arity = 6

const sixfold = kernel(
  'sequence of arrays',
  function (
    this: Thread,
    size: number,
    a: Values,
    b: Values,
    c: Values,
    d: Values,
    e: Values,
    f: Values,
    length: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const which = quotient(i, length)
    const at = i - which * length
    if (which === 0) return a[at]
    if (which === 1) return b[at]
    if (which === 2) return c[at]
    if (which === 3) return d[at]
    if (which === 4) return e[at]
    return f[at]
  },
)

/** The steps of a sequence, arrays of one length, one after the other: six a kernel on a device, copied where the host computes. */
export async function sequenceOf(workspace: Workspace, steps: readonly DeviceArray[]): Promise<DeviceArray> {
  if (!hasOwnMemory(workspace.device.backend)) return workspace.array(copied(steps))
  let arrays = steps
  while (arrays.length > 1) {
    const { length } = arrays[0]
    const joined: Promise<DeviceArray>[] = []
    for (let from = 0; from < arrays.length; from += arity) {
      const group = arrays.slice(from, from + arity)
      // Places beyond the last array are never read.
      const [a, b = a, c = a, d = a, e = a, f = a] = group
      const size = group.reduce((sum, array) => sum + array.length, 0)
      joined.push(workspace.run(sixfold, size, a, b, c, d, e, f, length))
    }
    arrays = await Promise.all(joined)
  }
  return arrays[0]
}

function copied(steps: readonly DeviceArray[]): Float32Array {
  const result = new Float32Array(steps.reduce((sum, step) => sum + step.length, 0))
  let at = 0
  for (const { values, length } of steps) {
    if (values === undefined) throw new TypeError('a step of the sequence is not on the host')
    result.set(values, at)
    at += length
  }
  return result
}

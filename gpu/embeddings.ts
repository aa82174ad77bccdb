import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import type { GpuOperator } from './operator.js'

declare function quotient(i: number, n: number): number

const indicators = kernel('oneHot', function (this: Thread, size: number, ids: Values, classes: number): number {
  const i = this.thread.x
  if (i >= size) return 0
  const n = quotient(i, classes)
  if (ids[n] === i - n * classes) return 1
  return 0
})

export const oneHot: GpuOperator = {
  forward: async (call) => {
    const ids = call.input('ids')
    const classes = call.number('classes')
    return { y: await call.workspace.run(indicators, ids.length * classes, ids, classes) }
  },
}

const rows = kernel(
  'embedding',
  function (this: Thread, size: number, ids: Values, table: Values, columns: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const n = quotient(i, columns)
    return table[ids[n] * columns + (i - n * columns)]
  },
)

/** A table entry gathers the gradients of all positions that hold its row's id. */
const tableGradient = kernel(
  'gradient of embedding',
  function (this: Thread, size: number, ids: Values, gradient: Values, positions: number, columns: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const id = quotient(i, columns)
    const column = i - id * columns
    let sum = 0
    for (let start = 0; start < positions; start += 64) {
      const end = Math.min(start + 64, positions)
      let part = 0
      for (let n = start; n < end; n += 1) {
        if (ids[n] === id) part += gradient[n * columns + column]
      }
      sum += part
    }
    return sum
  },
  (_ids, _gradient, positions) => roundsOfSum(positions),
)

export const embedding: GpuOperator = {
  forward: async (call) => {
    const [ids, table] = [call.input('ids'), call.input('table')]
    const { D } = call.sizes
    return { y: await call.workspace.run(rows, ids.length * D, ids, table, D) }
  },
  backward: async (call) => {
    const ids = call.input('ids')
    const { V, D } = call.sizes
    return { table: await call.workspace.run(tableGradient, V * D, ids, call.gradient('y'), ids.length, D) }
  },
}

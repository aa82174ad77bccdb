import type { Sizes } from './attentionWeights.js'
import type { DeviceArray } from './deviceArray.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

/** y[n,r,head,c] = Σₖ a[n,head,r,k]·x[n,k,head,c], with steps in a for rows and for k. */
const mixtures = kernel(
  'mixture of rows',
  function (
    this: Thread,
    size: number,
    a: Values,
    x: Values,
    rows: number,
    inner: number,
    heads: number,
    width: number,
    rowStep: number,
    innerStep: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const columns = heads * width
    const row = quotient(i, columns)
    const column = i - row * columns
    const n = quotient(row, rows)
    const item = n * heads + quotient(column, width)
    let ofA = item * rows * inner + (row - n * rows) * rowStep
    let ofX = n * inner * columns + column
    let sum = 0
    for (let start = 0; start < inner; start += 64) {
      const end = Math.min(start + 64, inner)
      let part = 0
      for (let k = start; k < end; k += 1) {
        part += a[ofA] * x[ofX]
        ofA += innerStep
        ofX += columns
      }
      sum += part
    }
    return sum
  },
  (_a, _x, _rows, inner) => roundsOfSum(inner),
)

/** What every query takes from rows [N,S,heads·width] by its weights: [N,T,heads·width]. */
export function mixture(
  workspace: Workspace,
  weights: DeviceArray,
  x: DeviceArray,
  { N, heads, T, S }: Sizes,
): Promise<DeviceArray> {
  const width = x.length / (N * heads * S)
  return workspace.run(mixtures, N * T * heads * width, weights, x, T, S, heads, width, S, 1)
}

/** What every key gets back from rows [N,T,heads·width] by the weights of the queries for it: [N,S,heads·width]. */
export function mixtureBack(
  workspace: Workspace,
  weights: DeviceArray,
  x: DeviceArray,
  { N, heads, T, S }: Sizes,
): Promise<DeviceArray> {
  const width = x.length / (N * heads * T)
  return workspace.run(mixtures, N * S * heads * width, weights, x, S, T, heads, width, 1, S)
}

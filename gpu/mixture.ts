import type { Sizes } from './attentionWeights.js'
import type { DeviceArray } from './deviceArray.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import { productByTiles, takesTiles } from './tiles.js'
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

/** y[n,r,head,c] = Σₖ a[n,head,r,k]·x[n,k,head,c] with steps in a for rows and for k. */
async function mix(
  workspace: Workspace,
  a: DeviceArray,
  x: DeviceArray,
  [N, heads, rows, inner, width]: readonly [number, number, number, number, number],
  [rowStep, innerStep]: readonly [number, number],
): Promise<DeviceArray> {
  const columns = heads * width
  if (!takesTiles(workspace, [rows, inner, width]))
    return workspace.run(mixtures, N * rows * columns, a, x, rows, inner, heads, width, rowStep, innerStep)
  const steps = [heads * rows * inner, 0, rowStep, innerStep, inner * columns, 0, columns, 1] as const
  const interleaved = { count: heads, a: rows * inner, b: width, sideBySide: true }
  return workspace.array(await productByTiles(workspace, N, a, x, [rows, width, 1, inner, ...steps], interleaved))
}

/** What every query takes from rows [N,S,heads·width] by its weights: [N,T,heads·width]. */
export function mixture(
  workspace: Workspace,
  weights: DeviceArray,
  x: DeviceArray,
  { N, heads, T, S }: Sizes,
): Promise<DeviceArray> {
  return mix(workspace, weights, x, [N, heads, T, S, x.length / (N * heads * S)], [S, 1])
}

/** What every key gets back from rows [N,T,heads·width] by the weights of the queries for it: [N,S,heads·width]. */
export function mixtureBack(
  workspace: Workspace,
  weights: DeviceArray,
  x: DeviceArray,
  { N, heads, T, S }: Sizes,
): Promise<DeviceArray> {
  return mix(workspace, weights, x, [N, heads, S, T, x.length / (N * heads * T)], [1, S])
}

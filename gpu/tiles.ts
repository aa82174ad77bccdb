import type { DeviceArray } from './deviceArray.js'
import { roundsOfSum, type TileColumn, type TileThread, tileKernel, type Values } from './kernel.js'
import type { Workspace } from './workspace.js'

/**
 * The product of linear.ts by tiles of 4 × 4: each number of a is read once for four columns, each one of b once for four rows.
 * Places beyond the last row or column repeat the last one's.
 */
const product = tileKernel(
  'product by tiles',
  function (
    this: TileThread,
    size: number,
    a: Values,
    b: Values,
    rows: number,
    columns: number,
    repeats: number,
    inner: number,
    aItem: number,
    aRepeat: number,
    aRow: number,
    aInner: number,
    bItem: number,
    bRepeat: number,
    bInner: number,
    bColumn: number,
    heads: number,
    aHead: number,
    bHead: number,
  ): TileColumn {
    const tile = this.thread.y
    if (tile * 16 >= size) return [0, 0, 0, 0]
    // Tiles are fewer than 2²⁰ and webasm divides exactly, so that no quotient rounds up to the next whole number.
    const acrossRow = Math.ceil(columns / 4)
    const row = Math.floor((tile + 0.5) / acrossRow)
    const downItem = Math.ceil(rows / 4)
    const matrix = Math.floor((row + 0.5) / downItem)
    const item = Math.floor((matrix + 0.5) / heads)
    const head = matrix - item * heads
    const m = 4 * (row - matrix * downItem)
    const n = Math.min(4 * (tile - row * acrossRow) + this.thread.x, columns - 1)
    let sum0 = 0
    let sum1 = 0
    let sum2 = 0
    let sum3 = 0
    for (let r = 0; r < repeats; r += 1) {
      const aStart = item * aItem + head * aHead + r * aRepeat
      let p0 = aStart + m * aRow
      let p1 = aStart + Math.min(m + 1, rows - 1) * aRow
      let p2 = aStart + Math.min(m + 2, rows - 1) * aRow
      let p3 = aStart + Math.min(m + 3, rows - 1) * aRow
      let q = item * bItem + head * bHead + r * bRepeat + n * bColumn
      for (let start = 0; start < inner; start += 64) {
        const end = Math.min(start + 64, inner)
        let part0 = 0
        let part1 = 0
        let part2 = 0
        let part3 = 0
        for (let k = start; k < end; k += 1) {
          const value = b[q]
          part0 += a[p0] * value
          part1 += a[p1] * value
          part2 += a[p2] * value
          part3 += a[p3] * value
          p0 += aInner
          p1 += aInner
          p2 += aInner
          p3 += aInner
          q += bInner
        }
        sum0 += part0
        sum1 += part1
        sum2 += part2
        sum3 += part3
      }
    }
    return [sum0, sum1, sum2, sum3]
  },
  (_a, _b, _rows, _columns, repeats, inner) => repeats * (1 + roundsOfSum(inner)),
)

/** From how many multiplications on tiles save more than putting them in order costs. */
const least = 2 ** 15

/** Whether products of this size are made by tiles: on webasm only, and where most of the tiles are full. */
export function takesTiles(workspace: Workspace, [rows, inner, columns]: readonly number[]): boolean {
  return workspace.device.backend === 'webasm' && rows >= 4 && columns >= 4 && rows * inner * columns >= least
}

/** What linear.ts's product takes besides the arrays: rows, columns, repeats, inner, and the steps of both operands. */
export type ProductSizes = readonly [
  rows: number,
  columns: number,
  repeats: number,
  inner: number,
  aItem: number,
  aRepeat: number,
  aRow: number,
  aInner: number,
  bItem: number,
  bRepeat: number,
  bInner: number,
  bColumn: number,
]

/** Several matrices inside each item: how far apart the heads of both operands are, and whether those of the result are columns. */
export interface Heads {
  readonly count: number
  readonly a: number
  readonly b: number
  readonly sideBySide: boolean
}

const oneHead: Heads = { count: 1, a: 0, b: 0, sideBySide: false }

/** The product of `items` pairs of matrices (with heads, of each of their heads) by tiles, put in order on the host. */
export async function productByTiles(
  workspace: Workspace,
  items: number,
  a: DeviceArray,
  b: DeviceArray,
  sizes: ProductSizes,
  heads = oneHead,
): Promise<Float32Array> {
  const [rows, columns] = sizes
  const matrices = items * heads.count
  const tiles = matrices * Math.ceil(rows / 4) * Math.ceil(columns / 4)
  const { values } = await workspace.run(product, 16 * tiles, a, b, ...sizes, heads.count, heads.a, heads.b)
  if (values === undefined) throw new TypeError('the tiles are not on the host')
  return inOrder(values, matrices, [rows, columns], heads)
}

/** Tiles to rows: copied where they lie, on the host. */
function inOrder(
  tiles: Float32Array,
  matrices: number,
  [rows, columns]: readonly [number, number],
  { count, sideBySide }: Heads,
): Float32Array {
  const ordered = new Float32Array(matrices * rows * columns)
  const [down, across] = [Math.ceil(rows / 4), Math.ceil(columns / 4)]
  const rowStep = sideBySide ? count * columns : columns
  for (let matrix = 0; matrix < matrices; matrix++) {
    const head = matrix % count
    const first = sideBySide ? (matrix - head) * rows * columns + head * columns : matrix * rows * columns
    for (let m = 0; m < rows; m++) {
      const from = (matrix * down + (m >> 2)) * across * 16 + (m & 3)
      const to = first + m * rowStep
      for (let n = 0; n < columns; n++) ordered[to + n] = tiles[from + 4 * n]
    }
  }
  return ordered
}

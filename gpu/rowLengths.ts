import type { DeviceArray } from './deviceArray.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

/**
 * ‖a − b‖ of every piece of `length` entries of every row; the squares in units of 2^±70 where they would overflow or vanish. A
 * `step` of 0 takes the same number for all entries of b. On webasm a return does not end loops: those of superfluous threads
 * get no rounds.
 */
const pieceLengths = kernel(
  'length of rows',
  function (
    this: Thread,
    size: number,
    a: Values,
    b: Values,
    step: number,
    columns: number,
    length: number,
    pieces: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, pieces)
    const first = row * columns
    const start = first + (i - row * pieces) * length
    let end = Math.min(start + length, first + columns)
    if (i >= size) end = start
    let largest = 0
    for (let k = start; k < end; k += 1) largest = Math.max(largest, Math.abs(a[k] - b[k * step]))
    let unit = 1
    if (largest > 1e15) unit = 8.470329472543003e-22
    if (largest < 1e-15) unit = 1.1805916207174113e21
    let total = 0
    for (let from = start; from < end; from += 64) {
      const to = Math.min(from + 64, end)
      let sum = 0
      for (let j = from; j < to; j += 1) {
        const entry = (a[j] - b[j * step]) * unit
        sum += entry * entry
      }
      total += sum
    }
    return Math.sqrt(total) / unit
  },
  (_a, _b, _step, columns, length) => Math.min(columns, length) + roundsOfSum(Math.min(columns, length)),
)

/** Into what pieces a sum of n numbers falls, one a thread: their sums are added up afterwards. */
export function piecesOf(n: number): { readonly length: number; readonly pieces: number } {
  const length = Math.max(1024, Math.ceil(Math.sqrt(n)))
  return { length, pieces: Math.ceil(n / length) }
}

async function lengths(
  workspace: Workspace,
  a: DeviceArray,
  b: DeviceArray,
  step: 0 | 1,
  columns: number,
): Promise<DeviceArray> {
  const { length, pieces } = piecesOf(columns)
  const size = (a.length / columns) * pieces
  const result = await workspace.run(pieceLengths, size, a, b, step, columns, length, pieces)
  // A vector is as long as the vector of the lengths of its pieces.
  return pieces === 1 ? result : lengthsOfRows(workspace, result, pieces)
}

/** The lengths of the rows of x. */
export async function lengthsOfRows(workspace: Workspace, x: DeviceArray, columns: number): Promise<DeviceArray> {
  return lengths(workspace, x, await workspace.filled(1, 0), 0, columns)
}

/** The distances between the rows of a and b. */
export function distancesOfRows(
  workspace: Workspace,
  a: DeviceArray,
  b: DeviceArray,
  columns: number,
): Promise<DeviceArray> {
  return lengths(workspace, a, b, 1, columns)
}

/** Into how long parts a sum of n numbers that one thread takes falls: its rounding then grows with √n only. */
export function partOf(n: number): number {
  return Math.max(64, Math.ceil(Math.sqrt(n)))
}

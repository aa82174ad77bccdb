import { windowPositions } from '../oracle/convolution.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import type { GpuCall, GpuOperator } from './operator.js'
import { covering, longest, packed, type Range } from './ranges.js'

declare function quotient(i: number, n: number): number

/**
 * The mean of rows[i] × columns[j] of every plane: `ranges` holds from and to of the rows of all i, then of the columns of all
 * j. The sum is divided by `divisor`, or where that is 0 by the number of entries; where the sum is beyond `limit`, or
 * overflowed, the entries are divided before they are added.
 */
const means = kernel(
  'average of windows',
  function (
    this: Thread,
    size: number,
    x: Values,
    ranges: Values,
    height: number,
    width: number,
    outHeight: number,
    outWidth: number,
    mostRows: number,
    mostColumns: number,
    divisor: number,
    limit: number,
  ): number {
    const at = this.thread.x
    if (at >= size) return 0
    const line = quotient(at, outWidth)
    const plane = quotient(line, outHeight)
    const i = 2 * (line - plane * outHeight)
    const j = 2 * (outHeight + at - line * outWidth)
    const top = ranges[i]
    const left = ranges[j]
    const rows = Math.min(ranges[i + 1] - top, mostRows)
    const columns = Math.min(ranges[j + 1] - left, mostColumns)
    let count = divisor
    if (divisor === 0) count = rows * columns
    let sum = 0
    for (let upper = 0; upper < rows; upper += 64) {
      const lower = Math.min(upper + 64, rows)
      let ofRows = 0
      for (let row = upper; row < lower; row += 1) {
        const first = (plane * height + top + row) * width + left
        let ofRow = 0
        for (let start = 0; start < columns; start += 64) {
          const end = Math.min(start + 64, columns)
          let part = 0
          for (let k = start; k < end; k += 1) part += x[first + k]
          ofRow += part
        }
        ofRows += ofRow
      }
      sum += ofRows
    }
    if (Math.abs(sum) <= limit) return sum / count
    let mean = 0
    for (let row = 0; row < rows; row += 1) {
      const first = (plane * height + top + row) * width + left
      for (let k = 0; k < columns; k += 1) mean += x[first + k] / count
    }
    return mean
  },
  (...[, , , , , , mostRows, mostColumns]) =>
    roundsOfSum(mostRows) + mostRows * (1 + roundsOfSum(mostColumns) + mostColumns),
)

/**
 * Every entry gathers g/divisor from the cells that it lies in. `ranges` goes on, after those of the means, with first and end
 * of the cells over every row, then over every column.
 */
const meanGradient = kernel(
  'gradient of an average of windows',
  function (
    this: Thread,
    size: number,
    gradient: Values,
    ranges: Values,
    height: number,
    width: number,
    outHeight: number,
    outWidth: number,
    mostRows: number,
    mostColumns: number,
    divisor: number,
  ): number {
    const at = this.thread.x
    if (at >= size) return 0
    const line = quotient(at, width)
    const plane = quotient(line, height)
    const down = 2 * (outHeight + outWidth + line - plane * height)
    const across = 2 * (outHeight + outWidth + height + at - line * width)
    const firstRow = ranges[down]
    const firstColumn = ranges[across]
    const endRow = Math.min(ranges[down + 1], firstRow + mostRows)
    const endColumn = Math.min(ranges[across + 1], firstColumn + mostColumns)
    let sum = 0
    for (let i = firstRow; i < endRow; i += 1) {
      const rows = ranges[2 * i + 1] - ranges[2 * i]
      for (let start = firstColumn; start < endColumn; start += 64) {
        const end = Math.min(start + 64, endColumn)
        let part = 0
        for (let j = start; j < end; j += 1) {
          const column = 2 * (outHeight + j)
          let count = divisor
          if (divisor === 0) count = rows * (ranges[column + 1] - ranges[column])
          part += gradient[(plane * outHeight + i) * outWidth + j] / count
        }
        sum += part
      }
    }
    return sum
  },
  (...[, , , , , , mostRows, mostColumns]) => mostRows * (1 + roundsOfSum(mostColumns)),
)

/** Cell (i, j) covers rows[i] × columns[j]; its sum is divided by `divisor`, or by its number of entries where that is 0. */
interface Averaging {
  readonly rows: readonly Range[]
  readonly columns: readonly Range[]
  readonly divisor: number
}

/** A sum of this size is still far from the largest number. */
const limit = 2 ** 126

function averagePooling(averagingOf: (call: GpuCall) => Averaging): GpuOperator {
  return {
    forward: async (call) => {
      const { N, C, H, W } = call.sizes
      const { rows, columns, divisor } = averagingOf(call)
      const cells = [rows.length, columns.length] as const
      const most = [longest(rows), longest(columns)] as const
      const ranges = call.workspace.array(packed(rows, columns))
      const size = N * C * rows.length * columns.length
      return {
        y: await call.workspace.run(means, size, call.input('x'), ranges, H, W, ...cells, ...most, divisor, limit),
      }
    },
    backward: async (call) => {
      const { H, W } = call.sizes
      const { rows, columns, divisor } = averagingOf(call)
      const [overRows, overColumns] = [covering(rows, H), covering(columns, W)]
      const cells = [rows.length, columns.length] as const
      const most = [longest(overRows), longest(overColumns)] as const
      const ranges = call.workspace.array(packed(rows, columns, overRows, overColumns))
      const { length } = call.input('x')
      return {
        x: await call.workspace.run(meanGradient, length, call.gradient('y'), ranges, H, W, ...cells, ...most, divisor),
      }
    },
  }
}

export const avgPool2d = averagePooling((call) => {
  const { H, W } = call.sizes
  const [kernel, stride, padding] = [call.pair('kernel'), call.pair('stride'), call.pair('padding')]
  const along = (d: 0 | 1, length: number) =>
    Array.from({ length: windowPositions(length, kernel[d], stride[d], padding[d], 1) }, (_, i) => {
      const from = i * stride[d] - padding[d]
      return { from: Math.max(from, 0), to: Math.min(from + kernel[d], length) }
    })
  const divisor = call.attributes.countIncludePad === true ? kernel[0] * kernel[1] : 0
  return { rows: along(0, H), columns: along(1, W), divisor }
})

/** Cell i of `cells` covers ⌊i·length/cells⌋ to ⌈(i + 1)·length/cells⌉ − 1. */
function adaptiveRanges(length: number, cells: number): readonly Range[] {
  return Array.from({ length: cells }, (_, i) => ({
    from: Math.floor((i * length) / cells),
    to: Math.ceil(((i + 1) * length) / cells),
  }))
}

export const adaptiveAvgPool2d = averagePooling((call) => {
  const { H, W } = call.sizes
  const [height, width] = call.pair('output')
  return { rows: adaptiveRanges(H, height), columns: adaptiveRanges(W, width), divisor: 0 }
})

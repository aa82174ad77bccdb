import fc from 'fast-check'
import type { Attributes } from '../oracle/contract.js'
import type { Tensor } from '../oracle/tensor.js'
import { type Approximation, blank, exact, gather, reshaped } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { completeCalls } from './calls.js'
import { type DataKind, fill, fillings, sizes } from './data.js'
import type { Model } from './model.js'
import { drawPooling, windowOf } from './pooling.js'
import type { Profile } from './profile.js'
import { pair, positionsOf } from './shapes.js'

/** One output of an average: the places in x of the entries that it sums, and what the sum is divided by. */
interface Cell {
  readonly places: readonly number[]
  readonly divisor: number
}

/** The outputs [N,C,h,w] of an average, in row-major order. */
interface Averages {
  readonly shape: readonly number[]
  readonly cells: readonly Cell[]
}

/** The averages over all pairs of the row ranges with the column ranges, for every image and channel. */
function averagesOver(
  x: Tensor,
  rows: readonly (readonly number[])[],
  columns: readonly (readonly number[])[],
  divisor: (entries: number) => number,
): Averages {
  const [N, C, H, W] = x.shape
  const planes = Array.from({ length: N * C }, (_, plane) => plane * H)
  const cells = planes.flatMap((top) =>
    rows.flatMap((inRow) =>
      columns.map((inColumn) => {
        const places = inRow.flatMap((row) => inColumn.map((column) => (top + row) * W + column))
        return { places, divisor: divisor(places.length) }
      }),
    ),
  )
  return { shape: [N, C, rows.length, columns.length], cells }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(to - from, 0) }, (_, i) => from + i)
}

function windowAverages(x: Tensor, attributes: Attributes): Averages {
  const window = windowOf(attributes)
  const positions = positionsOf(x.shape.slice(2), window)
  const [rows, columns] = [0, 1].map((d) =>
    range(0, positions[d]).map((i) => {
      const start = i * window.stride[d] - window.padding[d]
      return range(Math.max(start, 0), Math.min(start + window.kernel[d], x.shape[2 + d]))
    }),
  )
  const kernelArea = window.kernel[0] * window.kernel[1]
  return averagesOver(x, rows, columns, (entries) => (attributes.countIncludePad === true ? kernelArea : entries))
}

/** Cell i covers every entry that lies, in part at least, between i/cells and (i + 1)/cells of the length. */
function adaptiveAverages(x: Tensor, attributes: Attributes): Averages {
  const output = pair(attributes.output)
  const [rows, columns] = [0, 1].map((d) => {
    const length = x.shape[2 + d]
    return range(0, output[d]).map((i) =>
      range(0, length).filter((at) => (at + 1) * output[d] > i * length && at * output[d] < (i + 1) * length),
    )
  })
  return averagesOver(x, rows, columns, (entries) => entries)
}

/** The entries that each cell, or each place, gathers, in rows of equal length; −1 fills up. */
function rowsOf(lists: readonly (readonly number[])[]): { shape: readonly number[]; index: Int32Array } {
  const length = lists.reduce((most, list) => Math.max(most, list.length), 1)
  const index = new Int32Array(lists.length * length).fill(-1)
  for (const [i, list] of lists.entries()) index.set(list, i * length)
  return { shape: [lists.length, length], index }
}

/** Each entry of a, one for every cell, divided by the cell's divisor. */
function divided(arithmetic: Arithmetic, a: Approximation, cells: readonly Cell[]): Approximation {
  const divisors = blank(a.shape)
  for (const [i, { divisor }] of cells.entries()) divisors.value[i] = divisor
  return arithmetic.divide(a, divisors)
}

/**
 * Σ x/divisor, the division before the sum or after it; and Σ g/divisor over the cells that an entry lies in.
 */
function averageModel(
  shapeOf: (x: Tensor, attributes: Attributes) => readonly number[],
  averagesOf: (x: Tensor, attributes: Attributes) => Averages,
): Model {
  return {
    shapes: ({ x }, attributes) => ({ y: shapeOf(x, attributes) }),
    forward: (arithmetic, { x }, attributes) => {
      const { shape, cells } = averagesOf(x, attributes)
      const gathered = rowsOf(cells.map(({ places }) => places))
      const sums = arithmetic.sum(gather(exact(x), gathered.shape, gathered.index))
      return { y: reshaped(divided(arithmetic, sums, cells), shape) }
    },
    backward: (arithmetic, { x }, attributes, { y }) => {
      const { cells } = averagesOf(x, attributes)
      const shares = divided(arithmetic, reshaped(exact(y), [y.size]), cells)
      const cellsAt: number[][] = Array.from({ length: x.size }, () => [])
      for (const [i, { places }] of cells.entries()) for (const place of places) cellsAt[place].push(i)
      const gathered = rowsOf(cellsAt)
      return { x: reshaped(arithmetic.sum(gather(shares, gathered.shape, gathered.index)), x.shape) }
    },
  }
}

export const avgPoolModel = averageModel(
  ({ shape: [N, C, H, W] }, attributes) => [N, C, ...positionsOf([H, W], windowOf(attributes))],
  windowAverages,
)

export const avgPoolCalls = completeCalls('avgPool2d', avgPoolModel, (kind, profile) =>
  fc
    .record({ drawn: drawPooling(kind, profile), countIncludePad: fc.constantFrom(undefined, true, false, false) })
    .map(({ drawn: { inputs, attributes }, countIncludePad }) => ({
      inputs,
      attributes: countIncludePad === undefined ? attributes : { ...attributes, countIncludePad },
    })),
)

export const adaptivePoolModel = averageModel(
  ({ shape: [N, C] }, attributes) => [N, C, ...pair(attributes.output)],
  adaptiveAverages,
)

/** An axis and its cells: as many as entries, one, a divisor of the length, or cells that overlap. */
const axes = fc.record({
  cells: fc.integer({ min: 1, max: 4 }),
  each: fc.integer({ min: 1, max: 3 }),
  rest: fc.constantFrom(0, 0, 1, 2, 3),
})

function drawAdaptive(kind: DataKind, profile: Profile) {
  return fc
    .record({ N: sizes(2), C: sizes(3), height: axes, across: axes, square: fc.boolean(), x: fillings(kind, profile) })
    .map(({ N, C, height, across, square, x }) => {
      const cells = [height.cells, square ? height.cells : across.cells]
      const [H, W] = [height, across].map(({ each, rest }, d) => cells[d] * each + rest)
      return {
        inputs: { x: fill([N, C, H, W], x, profile) },
        attributes: { output: square ? height.cells : cells },
      }
    })
}

export const adaptivePoolCalls = completeCalls('adaptiveAvgPool2d', adaptivePoolModel, drawAdaptive)

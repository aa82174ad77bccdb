import { rowMajor, sizeOf, type Tensor, tensor } from '../oracle/tensor.js'
import type { Interval } from './expression/interval.js'

/** A range for each element of a value, row by row: what its digits leave open. Bounds belong to it. */
export type Box = Interval

/** Bounds closer than this, relative to their size, count as equal: float64 noise at a tie, far below any digit written. */
const noise = 1e-9

const pointBoxes = new WeakMap<Tensor, Box>()

/** The box that holds exactly this value, which must not change. */
export function pointBox(value: Tensor): Box {
  const known = pointBoxes.get(value)
  if (known !== undefined) return known
  const data = [...rowMajor(value)]
  const box: Box = { shape: value.shape, low: data, high: data }
  pointBoxes.set(value, box)
  return box
}

/** The middle of a box. */
export function centre(box: Box): Tensor {
  return tensor(
    box.shape,
    box.low.map((low, i) => (low === box.high[i] ? low : (low + box.high[i]) / 2)),
  )
}

/** Whether two ranges have a number in common; ranges that touch have. Whole numbers that differ are apart, however large. */
export function rangesMeet(a: Range, b: Range): boolean {
  const slack = Math.min(0.4, noise * Math.max(size(a[0]), size(a[1]), size(b[0]), size(b[1]), 1e-300))
  return a[0] <= b[1] + slack && b[0] <= a[1] + slack
}

function size(bound: number): number {
  return Number.isFinite(bound) ? Math.abs(bound) : 0
}

/** Low and high bound. */
export type Range = readonly [number, number]

/** The range of one element. */
export function rangeAt(box: Box, i: number): Range {
  return [box.low[i], box.high[i]]
}

/** The ranges of `length` elements from one on, in row-major order. */
export function slice({ low, high }: Box, from: number, length: number): Box {
  return { shape: [length], low: low.slice(from, from + length), high: high.slice(from, from + length) }
}

/** Whether two boxes have a value in common. Boxes of different sizes have none; a column and a row of one length may. */
export function meet(a: Box, b: Box): boolean {
  return a.low.length === b.low.length && a.low.every((_, i) => rangesMeet(rangeAt(a, i), rangeAt(b, i)))
}

/** The smallest box around two boxes of one size. */
export function hull(a: Box, b: Box): Box {
  return {
    shape: a.shape,
    low: a.low.map((low, i) => Math.min(low, b.low[i])),
    high: a.high.map((high, i) => Math.max(high, b.high[i])),
  }
}

/** The box with every range wider by `half` on either side. */
export function widen(box: Box, half: number): Box {
  return { shape: box.shape, low: box.low.map((low) => low - half), high: box.high.map((high) => high + half) }
}

/** The same ranges under the shape of what they are compared with, where the sizes agree: a column vector as a vector. */
export function reshaped(box: Box, shape: readonly number[]): Box {
  return sizeOf(shape) === box.low.length ? { ...box, shape } : box
}

/** Whether every range is a single number. */
export function isPoint(box: Box): boolean {
  return box.low.every((low, i) => low === box.high[i])
}

import type { DeviceArray } from './deviceArray.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import type { GpuCall, GpuOperator } from './operator.js'
import { covering, longest, packed } from './ranges.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

/**
 * The weighted mean of the 2·radius + 1 entries around each along an axis of `length` entries, `inner` numbers apart; beyond its
 * ends the axis is reflected, the end not repeated.
 */
const blurred = kernel(
  'gaussianBlur',
  function (this: Thread, size: number, x: Values, weights: Values, length: number, inner: number, radius: number) {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, inner)
    const position = row - quotient(row, length) * length
    const first = i - position * inner
    let sum = 0
    for (let offset = -radius; offset <= radius; offset += 1) {
      let place = Math.abs(position + offset)
      if (place >= length) place = 2 * (length - 1) - place
      sum += weights[offset + radius] * x[first + place * inner]
    }
    return sum
  },
  (...[, , , , radius]) => 2 * radius + 1,
)

/** The adjoint: an entry gathers from every position that reads it, directly or as the reflection of a place beyond an end. */
const blurredGradient = kernel(
  'gradient of gaussianBlur',
  function (
    this: Thread,
    size: number,
    gradient: Values,
    weights: Values,
    length: number,
    inner: number,
    radius: number,
  ) {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, inner)
    const position = row - quotient(row, length) * length
    const first = i - position * inner
    const last = length - 1
    let sum = 0
    for (let offset = -radius; offset <= radius; offset += 1) {
      const weight = weights[offset + radius]
      const direct = position - offset
      const before = -position - offset
      const behind = 2 * last - position - offset
      if (direct >= 0 && direct <= last) sum += weight * gradient[first + direct * inner]
      if (position > 0 && before >= 0) sum += weight * gradient[first + before * inner]
      if (position < last && behind <= last) sum += weight * gradient[first + behind * inner]
    }
    return sum
  },
  (...[, , , , radius]) => 2 * radius + 1,
)

/** Weights ∝ exp(−i²/2σ²) for −radius ≤ i ≤ radius, of sum 1. */
function gaussianWeights(sigma: number, radius: number): Float32Array {
  const weights = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-(((i - radius) / sigma) ** 2) / 2))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return Float32Array.from(weights, (weight) => weight / total)
}

/** One of the two maps along rows, then along columns: each is the same for both orders, and so is its adjoint. */
async function alongBoth(call: GpuCall, x: DeviceArray, along: typeof blurred): Promise<DeviceArray> {
  const { workspace } = call
  const { H, W } = call.sizes
  const radius = call.number('radius')
  const weights = workspace.array(gaussianWeights(call.number('sigma'), radius))
  const alongRows = await workspace.run(along, x.length, x, weights, W, 1, radius)
  return workspace.run(along, x.length, alongRows, weights, H, W, radius)
}

export const gaussianBlur: GpuOperator = {
  forward: async (call) => ({ y: await alongBoth(call, call.input('image'), blurred) }),
  backward: async (call) => ({ image: await alongBoth(call, call.gradient('y'), blurredGradient) }),
}

/**
 * y[i, j] of every plane, between two rows and two columns. Of every output row and then of every output column `taps` holds the
 * first position that it reads, the second one, and the weights of both.
 */
const interpolated = kernel(
  'resize',
  function (
    this: Thread,
    size: number,
    x: Values,
    taps: Values,
    height: number,
    width: number,
    outHeight: number,
    outWidth: number,
  ): number {
    const at = this.thread.x
    if (at >= size) return 0
    const line = quotient(at, outWidth)
    const plane = quotient(line, outHeight)
    const i = 4 * (line - plane * outHeight)
    const j = 4 * (outHeight + at - line * outWidth)
    const upper = (plane * height + taps[i]) * width
    const lower = (plane * height + taps[i + 1]) * width
    const left = taps[j]
    const right = taps[j + 1]
    const inUpper = taps[j + 2] * x[upper + left] + taps[j + 3] * x[upper + right]
    const inLower = taps[j + 2] * x[lower + left] + taps[j + 3] * x[lower + right]
    return taps[i + 2] * inUpper + taps[i + 3] * inLower
  },
)

/**
 * The adjoint: an entry gathers from the outputs that read it, with the same weights. `readers` holds the first and the end of
 * the outputs over every row, then over every column.
 */
const interpolatedGradient = kernel(
  'gradient of resize',
  function (
    this: Thread,
    size: number,
    gradient: Values,
    taps: Values,
    readers: Values,
    height: number,
    width: number,
    outHeight: number,
    outWidth: number,
    mostRows: number,
    mostColumns: number,
  ): number {
    const at = this.thread.x
    if (at >= size) return 0
    const line = quotient(at, width)
    const plane = quotient(line, height)
    const row = line - plane * height
    const column = at - line * width
    const firstRow = readers[2 * row]
    const endRow = Math.min(readers[2 * row + 1], firstRow + mostRows)
    const firstColumn = readers[2 * (height + column)]
    const endColumn = Math.min(readers[2 * (height + column) + 1], firstColumn + mostColumns)
    let sum = 0
    for (let i = firstRow; i < endRow; i += 1) {
      let rowWeight = taps[4 * i + 3]
      if (taps[4 * i] === row) rowWeight = taps[4 * i + 2]
      let ofRow = 0
      for (let start = firstColumn; start < endColumn; start += 64) {
        const end = Math.min(start + 64, endColumn)
        let part = 0
        for (let j = start; j < end; j += 1) {
          const tap = 4 * (outHeight + j)
          let weight = taps[tap + 3]
          if (taps[tap] === column) weight = taps[tap + 2]
          part += weight * gradient[(plane * outHeight + i) * outWidth + j]
        }
        ofRow += part
      }
      sum += rowWeight * ofRow
    }
    return sum
  },
  (...[, , , , , , , mostRows, mostColumns]) => mostRows * (1 + roundsOfSum(mostColumns)),
)

/** What an output position reads: two neighbours and their weights. */
interface Tap {
  readonly at: number
  readonly next: number
  readonly weight: number
  readonly nextWeight: number
}

/**
 * Position i of `to` stands at (i + ½)·from/to − ½ of `from`, at most its last and at least its first, and reads its neighbours
 * there. In whole numbers over 2·to, so that nothing is rounded before the weights.
 */
function bilinearTaps(from: number, to: number): readonly Tap[] {
  return Array.from({ length: to }, (_, i) => {
    const place = Math.min(Math.max((2 * i + 1) * from - to, 0), 2 * to * (from - 1))
    const rest = place % (2 * to)
    const at = (place - rest) / (2 * to)
    return { at, next: Math.min(at + 1, from - 1), weight: 1 - rest / (2 * to), nextWeight: rest / (2 * to) }
  })
}

function tapsOf(workspace: Workspace, rows: readonly Tap[], columns: readonly Tap[]): DeviceArray {
  const numbers = [...rows, ...columns].flatMap(({ at, next, weight, nextWeight }) => [at, next, weight, nextWeight])
  return workspace.array(Float32Array.from(numbers))
}

/** For each of `length` positions the outputs that read it. */
function readersOf(taps: readonly Tap[], length: number) {
  const reads = taps.map(({ at, next }) => ({ from: at, to: next + 1 }))
  return covering(reads, length)
}

export const resize: GpuOperator = {
  forward: async (call) => {
    const { workspace } = call
    const { N, C, H, W } = call.sizes
    const [height, width] = [call.number('height'), call.number('width')]
    const taps = tapsOf(workspace, bilinearTaps(H, height), bilinearTaps(W, width))
    const size = N * C * height * width
    return { y: await workspace.run(interpolated, size, call.input('image'), taps, H, W, height, width) }
  },
  backward: async (call) => {
    const { workspace } = call
    const { N, C, H, W } = call.sizes
    const [height, width] = [call.number('height'), call.number('width')]
    const [rows, columns] = [bilinearTaps(H, height), bilinearTaps(W, width)]
    const [overRows, overColumns] = [readersOf(rows, H), readersOf(columns, W)]
    const taps = tapsOf(workspace, rows, columns)
    const readers = workspace.array(packed(overRows, overColumns))
    const sizes = [H, W, height, width, longest(overRows), longest(overColumns)] as const
    return {
      image: await workspace.run(interpolatedGradient, N * C * H * W, call.gradient('y'), taps, readers, ...sizes),
    }
  },
}

import type { DeviceArray } from './deviceArray.js'
import { guarded } from './guard.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

/**
 * How the entries of a flat array fall into groups: as x[repeats, groups, area], where a group has all entries of one middle
 * index. Entry i of group c is at (n·groups + c)·area + rest, i = n·area + rest.
 */
export interface Grouping {
  readonly repeats: number
  readonly groups: number
  readonly area: number
}

/** Every `length` numbers are a group. */
export function inRows(x: DeviceArray, length: number): Grouping {
  return { repeats: 1, groups: x.length / length, area: length }
}

/** Every `length`-th number is of one group. */
export function inColumns(x: DeviceArray, length: number): Grouping {
  return { repeats: x.length / length, groups: length, area: 1 }
}

/** A thread goes through this many entries of a group at most: longer groups fall into chunks, whose results are combined. */
const chunk = 1024

function chunksOf({ repeats, area }: Grouping): number {
  return Math.ceil((repeats * area) / chunk)
}

/**
 * Of every chunk its group's first entry r; after all of these, of every chunk the mean of x − r, so that equal entries give
 * exactly 0; then of every chunk √(σ² + ε), σ² its biased variance. Squares are summed in units of 1 and of 2⁷⁰, one of which
 * neither overflows nor vanishes. A loop that a thread does not need has no rounds for it: on webasm a return does not end it.
 */
const chunkMoments = kernel(
  'mean and deviation',
  function (
    this: Thread,
    size: number,
    x: Values,
    count: number,
    chunk: number,
    chunks: number,
    groups: number,
    area: number,
    epsilon: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const kind = quotient(i, groups * chunks)
    const piece = i - kind * groups * chunks
    const group = quotient(piece, chunks)
    const start = (piece - group * chunks) * chunk
    const end = Math.min(start + chunk, count)
    const reference = x[group * area]
    let lastOfSum = end
    if (kind !== 1 && kind !== 2) lastOfSum = start
    let lastOfSquares = end
    if (kind !== 2) lastOfSquares = start
    const repeat = quotient(start, area)
    const firstRest = start - repeat * area
    const first = (repeat * groups + group) * area + firstRest
    const gap = (groups - 1) * area
    let at = first
    let rest = firstRest
    let total = 0
    for (let from = start; from < lastOfSum; from += 64) {
      const to = Math.min(from + 64, lastOfSum)
      let sum = 0
      for (let k = from; k < to; k += 1) {
        sum += x[at] - reference
        at += 1
        rest += 1
        if (rest === area) {
          rest = 0
          at += gap
        }
      }
      total += sum
    }
    const mean = total / (end - start)
    let again = first
    let restAgain = firstRest
    let squares = 0
    let scaledSquares = 0
    for (let next = start; next < lastOfSquares; next += 64) {
      const until = Math.min(next + 64, lastOfSquares)
      let part = 0
      let scaledPart = 0
      for (let j = next; j < until; j += 1) {
        const away = x[again] - reference - mean
        const scaled = away * 8.470329472543003e-22
        part += away * away
        scaledPart += scaled * scaled
        again += 1
        restAgain += 1
        if (restAgain === area) {
          restAgain = 0
          again += gap
        }
      }
      squares += part
      scaledSquares += scaledPart
    }
    if (kind === 0) return reference
    if (kind === 1) return mean
    if (scaledSquares > 1e-12) {
      const scaledEpsilon = epsilon * 8.470329472543003e-22 * 8.470329472543003e-22
      return Math.sqrt(scaledSquares / (end - start) + scaledEpsilon) * 1.1805916207174113e21
    }
    return Math.sqrt(squares / (end - start) + epsilon)
  },
  (_x, count, chunk) => 2 * roundsOfSum(Math.min(count, chunk)),
)

/** The same numbers of groups from those of their chunks, whose ε was 0: σ² is the mean of σ² + (mean − group's mean)². */
const groupMoments = kernel(
  'mean and deviation of chunks',
  function (
    this: Thread,
    size: number,
    parts: Values,
    count: number,
    chunk: number,
    chunks: number,
    groups: number,
    epsilon: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const kind = quotient(i, groups)
    const group = i - kind * groups
    if (kind === 0) return parts[group * chunks]
    const first = (groups + group) * chunks
    const second = first + groups * chunks
    const last = count - (chunks - 1) * chunk
    const base = parts[first]
    let total = ((parts[first + chunks - 1] - base) * last) / chunk
    for (let k = 1; k < chunks - 1; k += 1) total += parts[first + k] - base
    const mean = base + (total * chunk) / count
    let squares = 0
    let scaledSquares = 0
    for (let from = 0; from < chunks; from += 16) {
      const to = Math.min(from + 16, chunks)
      let part = 0
      let scaledPart = 0
      for (let m = from; m < to; m += 1) {
        let weight = 1
        if (m === chunks - 1) weight = last / chunk
        const away = parts[first + m] - mean
        const deviation = parts[second + m]
        const scaledAway = away * 8.470329472543003e-22
        const scaledDeviation = deviation * 8.470329472543003e-22
        part += weight * (away * away + deviation * deviation)
        scaledPart += weight * (scaledAway * scaledAway + scaledDeviation * scaledDeviation)
      }
      squares += part
      scaledSquares += scaledPart
    }
    if (kind === 1) return mean
    if (scaledSquares > 1e-12) {
      const scaledEpsilon = epsilon * 8.470329472543003e-22 * 8.470329472543003e-22
      return Math.sqrt((scaledSquares * chunk) / count + scaledEpsilon) * 1.1805916207174113e21
    }
    return Math.sqrt((squares * chunk) / count + epsilon)
  },
  (_parts, _count, _chunk, chunks) => 3 * chunks,
)

/**
 * What groups are standardized by: of every group its first entry r; after all of these, of every group the mean of x − r; then
 * of every group √(σ² + ε), σ² its biased variance.
 */
export async function momentsOf(
  workspace: Workspace,
  x: DeviceArray,
  grouping: Grouping,
  epsilon: number,
): Promise<DeviceArray> {
  const { repeats, groups, area } = grouping
  const [count, chunks] = [repeats * area, chunksOf(grouping)]
  const held = guarded(epsilon)
  const scalars = [count, chunk, chunks, groups] as const
  const parts = await workspace.run(chunkMoments, 3 * groups * chunks, x, ...scalars, area, chunks === 1 ? held : 0)
  return chunks === 1 ? parts : workspace.run(groupMoments, 3 * groups, parts, ...scalars, held)
}

/**
 * Of every chunk Σ scale⊙a; after all of these, of every chunk Σ scale⊙a⊙b. The scale's entry for an entry of the group is at
 * group·scaleGroup + rest·scaleRest.
 */
const chunkProducts = kernel(
  'sum and sum of products',
  function (
    this: Thread,
    size: number,
    a: Values,
    b: Values,
    scale: Values,
    scaleGroup: number,
    scaleRest: number,
    count: number,
    chunk: number,
    chunks: number,
    groups: number,
    area: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    let piece = i
    if (i >= groups * chunks) piece = i - groups * chunks
    const group = quotient(piece, chunks)
    const start = (piece - group * chunks) * chunk
    let end = Math.min(start + chunk, count)
    if (i >= size) end = start
    const repeat = quotient(start, area)
    const gap = (groups - 1) * area
    let rest = start - repeat * area
    let at = (repeat * groups + group) * area + rest
    let total = 0
    for (let from = start; from < end; from += 64) {
      const to = Math.min(from + 64, end)
      let sum = 0
      for (let k = from; k < to; k += 1) {
        const scaled = a[at] * scale[group * scaleGroup + rest * scaleRest]
        if (i < groups * chunks) {
          sum += scaled
        } else {
          sum += scaled * b[at]
        }
        at += 1
        rest += 1
        if (rest === area) {
          rest = 0
          at += gap
        }
      }
      total += sum
    }
    return total
  },
  (...[, , , , , count, chunk]) => roundsOfSum(Math.min(count, chunk)),
)

/** The sums of every `chunks` numbers. */
const sumsOfChunks = kernel(
  'sums of chunks',
  function (this: Thread, size: number, parts: Values, chunks: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    let total = 0
    for (let from = 0; from < chunks; from += 64) {
      const to = Math.min(from + 64, chunks)
      let sum = 0
      for (let k = from; k < to; k += 1) sum += parts[i * chunks + k]
      total += sum
    }
    return total
  },
  (_, chunks) => roundsOfSum(chunks),
)

/** Numbers that entries are multiplied with, or added to: one a group, or one a place inside it; or the same for all. */
export interface Affine {
  readonly values: DeviceArray
  readonly steps: readonly [group: number, rest: number]
}

/** The same number for all entries. */
export async function everywhere(workspace: Workspace, value: number): Promise<Affine> {
  return { values: await workspace.filled(1, value), steps: [0, 0] }
}

/** Σ scale⊙a of every group; after all of these, Σ scale⊙a⊙b of every group. */
export async function sumsOfProducts(
  workspace: Workspace,
  a: DeviceArray,
  b: DeviceArray,
  scale: Affine,
  grouping: Grouping,
): Promise<DeviceArray> {
  const { repeats, groups, area } = grouping
  const chunks = chunksOf(grouping)
  const scalars = [...scale.steps, repeats * area, chunk, chunks, groups, area] as const
  const sums = await workspace.run(chunkProducts, 2 * groups * chunks, a, b, scale.values, ...scalars)
  return chunks === 1 ? sums : workspace.run(sumsOfChunks, 2 * groups, sums, chunks)
}

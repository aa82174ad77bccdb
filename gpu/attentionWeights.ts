import type { DeviceArray } from './deviceArray.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import { productByTiles, takesTiles } from './tiles.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

/**
 * Sizes of an attention: N items with `heads` heads each, T queries, S keys. Queries, keys and values are [N,rows,heads·width],
 * the heads side by side; weights are [N,heads,T,S].
 */
export interface Sizes {
  readonly N: number
  readonly heads: number
  readonly T: number
  readonly S: number
}

/** What a query may attend to, and how products become logits. */
interface Settings {
  /** [T,S], 1 where the query may attend to the key. */
  readonly mask: DeviceArray | undefined
  readonly scale: number
  /** Whether a query may attend only to keys up to its own position. */
  readonly causal: boolean
  /** The position of the first query, where they are not all there. */
  readonly first?: number
}

/** Queries [N,T,heads·width] and the keys [N,S,heads·width] that they may attend to. */
export interface Queries extends Sizes, Settings {
  readonly query: DeviceArray
  readonly key: DeviceArray
}

/** Stands for the logit of a key that a query may not attend to. */
const shut = Math.fround(-2e38)

/** scale·q·k, and `shut` where the mask is 0 or, where time counts, the key comes later. A maskStep of 0 repeats one entry. */
const logits = kernel(
  'logits of attention',
  function (
    this: Thread,
    size: number,
    query: Values,
    key: Values,
    mask: Values,
    T: number,
    S: number,
    heads: number,
    width: number,
    scale: number,
    maskStep: number,
    causal: number,
    before: number,
    shut: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, S)
    const s = i - row * S
    const item = quotient(row, T)
    const t = row - item * T
    if (causal === 1 && s > before + t) return shut
    if (mask[(t * S + s) * maskStep] === 0) return shut
    const n = quotient(item, heads)
    const head = item - n * heads
    let q = ((n * T + t) * heads + head) * width
    let k = ((n * S + s) * heads + head) * width
    let sum = 0
    for (let start = 0; start < width; start += 64) {
      const end = Math.min(start + 64, width)
      let part = 0
      for (let d = start; d < end; d += 1) {
        part += query[q] * key[k]
        q += 1
        k += 1
      }
      sum += part
    }
    return scale * sum
  },
  (_query, _key, _mask, _T, _S, _heads, width) => roundsOfSum(width),
)

/** The same from the products q·k. */
const logitsOfProducts = kernel(
  'logits of attention from products',
  function (
    this: Thread,
    size: number,
    products: Values,
    mask: Values,
    T: number,
    S: number,
    scale: number,
    maskStep: number,
    causal: number,
    before: number,
    shut: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, S)
    const s = i - row * S
    const t = row - quotient(row, T) * T
    if (causal === 1 && s > before + t) return shut
    if (mask[(t * S + s) * maskStep] === 0) return shut
    return scale * products[i]
  },
)

/** q·k of every query with every key [N,heads,T,S] by tiles, where they take tiles. */
export async function productsByTiles(
  workspace: Workspace,
  query: DeviceArray,
  key: DeviceArray,
  { N, heads, T, S }: Sizes,
): Promise<DeviceArray | undefined> {
  const width = query.length / (N * heads * T)
  if (!takesTiles(workspace, [T, width, S])) return undefined
  const step = heads * width
  const steps = [T * step, 0, step, 1, S * step, 0, 1, step] as const
  const apart = { count: heads, a: width, b: width, sideBySide: false }
  return workspace.array(await productByTiles(workspace, N, query, key, [T, S, 1, width, ...steps], apart))
}

/** scale·q·k of every query with every key [N,heads,T,S], `shut` where the query may not attend to the key. */
export async function products(workspace: Workspace, queries: Queries): Promise<DeviceArray> {
  const { query, key, N, heads, T, S, mask, scale, causal, first = 0 } = queries
  const rows = N * heads * T
  const takesPart = mask ?? (await workspace.filled(1, 1))
  const numbers = [scale, mask === undefined ? 0 : 1, causal ? 1 : 0, first, shut] as const
  const made = await productsByTiles(workspace, query, key, queries)
  if (made !== undefined) return workspace.run(logitsOfProducts, rows * S, made, takesPart, T, S, ...numbers)
  return workspace.run(logits, rows * S, query, key, takesPart, T, S, heads, query.length / rows, ...numbers)
}

/**
 * For every 64 logits of a row their maximum, and, after those of all rows, the sums of e^(x − maximum) over what is not shut:
 * neighbouring threads then do the same work.
 */
const partsOfRows = kernel(
  'parts of softmax',
  function (this: Thread, size: number, x: Values, length: number, parts: number, shut: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const count = size * 0.5
    const at = i - quotient(i, count) * count
    const row = quotient(at, parts)
    const start = (at - row * parts) * 64
    const first = row * length + start
    let last = row * length + Math.min(start + 64, length)
    let maximum = x[first]
    for (let k = first + 1; k < last; k += 1) maximum = Math.max(maximum, x[k])
    if (i < count) last = first
    let sum = 0
    for (let s = first; s < last; s += 1) {
      if (x[s] > shut) sum += Math.exp(x[s] - maximum)
    }
    if (i < count) return maximum
    return sum
  },
  () => 128,
)

/** The same of whole rows, from what their parts have. */
const wholeRows = kernel(
  'rows of softmax',
  function (this: Thread, size: number, x: Values, parts: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const rows = size * 0.5
    const row = i - quotient(i, rows) * rows
    const first = row * parts
    let maximum = x[first]
    for (let k = 1; k < parts; k += 1) maximum = Math.max(maximum, x[first + k])
    if (i < rows) return maximum
    const sums = rows * parts + first
    let sum = 0
    for (let start = 0; start < parts; start += 64) {
      const end = Math.min(start + 64, parts)
      let part = 0
      for (let k = start; k < end; k += 1) {
        if (x[sums + k] > 0) part += x[sums + k] * Math.exp(x[first + k] - maximum)
      }
      sum += part
    }
    return sum
  },
  (_, parts) => parts + roundsOfSum(parts),
)

const weightsOfRows = kernel(
  'weights of attention',
  function (this: Thread, size: number, x: Values, rows: Values, length: number, shut: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    if (x[i] <= shut) return 0
    const row = quotient(i, length)
    return Math.exp(x[i] - rows[row]) / rows[quotient(size, length) + row]
  },
)

/** The weights [N,heads,T,S]; the logits are given back as soon as these are made. */
export async function attentionWeights(workspace: Workspace, queries: Queries): Promise<DeviceArray> {
  const { N, heads, T, S } = queries
  const rows = N * heads * T
  const parts = Math.ceil(S / 64)
  const x = await products(workspace, queries)
  const ofParts = await workspace.run(partsOfRows, 2 * rows * parts, x, S, parts, shut)
  const ofRows = parts === 1 ? ofParts : await workspace.run(wholeRows, 2 * rows, ofParts, parts)
  const weights = await workspace.run(weightsOfRows, rows * S, x, ofRows, S, shut)
  await workspace.device.release(x)
  return weights
}

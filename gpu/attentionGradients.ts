import { productsByTiles, type Sizes } from './attentionWeights.js'
import { add } from './blocks.js'
import type { DeviceArray } from './deviceArray.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

/** What a weight gains: gₜ·vₛ, and what is given for it. An extraStep of 0 repeats one entry. */
const gainsOfWeights = kernel(
  'gradient of the weights of attention',
  function (
    this: Thread,
    size: number,
    gradient: Values,
    value: Values,
    extra: Values,
    T: number,
    S: number,
    heads: number,
    width: number,
    extraStep: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, S)
    const item = quotient(row, T)
    const n = quotient(item, heads)
    const head = item - n * heads
    let g = ((n * T + (row - item * T)) * heads + head) * width
    let v = ((n * S + (i - row * S)) * heads + head) * width
    let sum = 0
    for (let start = 0; start < width; start += 64) {
      const end = Math.min(start + 64, width)
      let part = 0
      for (let m = start; m < end; m += 1) {
        part += gradient[g] * value[v]
        g += 1
        v += 1
      }
      sum += part
    }
    return sum + extra[i * extraStep]
  },
  (_gradient, _value, _extra, _T, _S, _heads, width) => roundsOfSum(width),
)

/**
 * Four numbers for every 64 weights w of a row: the heaviest of them, what that one gains, Σ w, and Σ w·(gain − what the heaviest
 * gains).
 */
const partsOfRows = kernel(
  'parts of the mean gradient of the weights of attention',
  function (this: Thread, size: number, weights: Values, gains: Values, length: number, parts: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const at = quotient(i, 4)
    const which = i - at * 4
    const row = quotient(at, parts)
    const start = (at - row * parts) * 64
    const first = row * length + start
    const last = row * length + Math.min(start + 64, length)
    let heaviest = first
    let whole = 0
    for (let k = first; k < last; k += 1) {
      if (weights[k] > weights[heaviest]) heaviest = k
      whole += weights[k]
    }
    if (which === 0) return weights[heaviest]
    if (which === 2) return whole
    const reference = gains[heaviest]
    if (which === 1) return reference
    let sum = 0
    for (let s = first; s < last; s += 1) sum += weights[s] * (gains[s] - reference)
    return sum
  },
  () => 128,
)

/** Two numbers a row: what its heaviest weight gains, and the weighted mean of what the weights gain beyond that. */
const wholeRows = kernel(
  'mean gradient of the weights of attention',
  function (this: Thread, size: number, x: Values, parts: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, 2)
    const first = 4 * row * parts
    let heaviest = first
    for (let p = 1; p < parts; p += 1) {
      if (x[first + 4 * p] > x[heaviest]) heaviest = first + 4 * p
    }
    const reference = x[heaviest + 1]
    if (i === row * 2) return reference
    let sum = 0
    for (let start = 0; start < parts; start += 64) {
      const end = Math.min(start + 64, parts)
      let share = 0
      for (let k = start; k < end; k += 1) {
        const at = first + 4 * k
        share += x[at + 3] + x[at + 2] * (x[at + 1] - reference)
      }
      sum += share
    }
    return sum
  },
  (_, parts) => parts + roundsOfSum(parts),
)

/** slope·(gain − the weighted mean of the row's gains), the mean taken from the heaviest weight's gain on. */
const deltas = kernel(
  'gradient of the logits of attention',
  function (
    this: Thread,
    size: number,
    slopes: Values,
    gains: Values,
    rows: Values,
    length: number,
    scale: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, length)
    return scale * (slopes[i] * (gains[i] - rows[2 * row] - rows[2 * row + 1]))
  },
)

/** gₜ·vₛ of every query with every key, and what is given for their weights. */
async function gains(
  workspace: Workspace,
  output: DeviceArray,
  value: DeviceArray,
  extra: DeviceArray | undefined,
  sizes: Sizes,
): Promise<DeviceArray> {
  const made = await productsByTiles(workspace, output, value, sizes)
  if (made !== undefined) return extra === undefined ? made : add(workspace, made, extra)
  const { N, heads, T, S } = sizes
  const [added, step] = extra === undefined ? [await workspace.filled(1, 0), 0] : [extra, 1]
  const width = value.length / (N * heads * S)
  return workspace.run(gainsOfWeights, N * heads * T * S, output, value, added, T, S, heads, width, step)
}

/**
 * scale·slopeₛ·(∂wₛ − Σ w·∂w) with ∂wₜₛ = gₜ·vₛ + the gradient of the weights, for weights that are shares of a row. Means are
 * taken from the heaviest key's gain on, so that its own difference from the mean keeps its digits where its weight is nearly 1.
 */
export async function gradientOfShares(
  workspace: Workspace,
  weights: DeviceArray,
  slopes: DeviceArray,
  value: DeviceArray,
  given: { readonly output: DeviceArray; readonly weights?: DeviceArray | undefined },
  sizes: Sizes,
  scale: number,
): Promise<DeviceArray> {
  const { N, heads, T, S } = sizes
  const rows = N * heads * T
  const gained = await gains(workspace, given.output, value, given.weights, sizes)
  const parts = Math.ceil(S / 64)
  const ofParts = await workspace.run(partsOfRows, 4 * rows * parts, weights, gained, S, parts)
  const ofRows = await workspace.run(wholeRows, 2 * rows, ofParts, parts)
  const delta = await workspace.run(deltas, rows * S, slopes, gained, ofRows, S, scale)
  await workspace.device.release(gained)
  return delta
}

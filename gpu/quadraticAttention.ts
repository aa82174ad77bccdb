import { Refusal } from '../oracle/contract.js'
import type { Attention } from './attention.js'
import { blocksOf, gatherBlocks, ofQueries, partOf } from './attentionBlocks.js'
import { gradientOfShares } from './attentionGradients.js'
import { products } from './attentionWeights.js'
import type { DeviceArray } from './deviceArray.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import { concatenate } from './layout.js'
import { mixture, mixtureBack } from './mixture.js'
import type { GpuCall, GpuOperator } from './operator.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

/** Two numbers for every 64 products of a row: the largest |x|, and the sum of (x/largest)². */
const partsOfRows = kernel(
  'parts of sums of squares',
  function (this: Thread, size: number, x: Values, length: number, parts: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const at = quotient(i, 2)
    const row = quotient(at, parts)
    const start = (at - row * parts) * 64
    const first = row * length + start
    const last = row * length + Math.min(start + 64, length)
    let peak = 0
    for (let k = first; k < last; k += 1) peak = Math.max(peak, Math.abs(x[k]))
    if (i === at * 2 || peak === 0) return peak
    let sum = 0
    for (let s = first; s < last; s += 1) {
      const ratio = x[s] / peak
      sum += ratio * ratio
    }
    return sum
  },
  () => 128,
)

/** The same two numbers of whole rows, from those of their parts. */
const wholeRows = kernel(
  'rows of sums of squares',
  function (this: Thread, size: number, x: Values, parts: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, 2)
    const first = row * parts
    let peak = 0
    for (let k = 0; k < parts; k += 1) peak = Math.max(peak, x[2 * (first + k)])
    if (i === row * 2 || peak === 0) return peak
    let sum = 0
    for (let start = 0; start < parts; start += 64) {
      const end = Math.min(start + 64, parts)
      let part = 0
      for (let s = start; s < end; s += 1) {
        const ratio = x[2 * (first + s)] / peak
        part += x[2 * (first + s) + 1] * ratio * ratio
      }
      sum += part
    }
    return sum
  },
  (_, parts) => parts + roundsOfSum(parts),
)

/** The weights x²/Σ x² of a row. */
const weightsOfRows = kernel(
  'weights of quadraticAttention',
  function (this: Thread, size: number, x: Values, rows: Values, length: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, length)
    const ratio = x[i] / rows[2 * row]
    return (ratio * ratio) / rows[2 * row + 1]
  },
)

/** x/Σ x², half of what a weight changes by with its product while the sum stays. */
const slopesOfRows = kernel(
  'slopes of quadraticAttention',
  function (this: Thread, size: number, x: Values, rows: Values, length: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, length)
    return x[i] / rows[2 * row] / rows[2 * row + 1] / rows[2 * row]
  },
)

/** All products q·k, and two numbers for every query: the largest |q·k|, and Σ (q·k/largest)². */
async function productsAndRows(workspace: Workspace, attention: Attention) {
  const { T, S } = attention
  const x = await products(workspace, attention)
  const parts = Math.ceil(S / 64)
  const ofParts = await workspace.run(partsOfRows, 2 * T * parts, x, S, parts)
  return { x, rows: parts === 1 ? ofParts : await workspace.run(wholeRows, 2 * T, ofParts, parts) }
}

/** Some queries' output, and what tells whether a query has no products. */
async function outputOf(workspace: Workspace, attention: Attention) {
  const { x, rows } = await productsAndRows(workspace, attention)
  const weights = await workspace.run(weightsOfRows, x.length, x, rows, attention.S)
  const output = await mixture(workspace, weights, attention.value, attention)
  for (const array of [x, weights]) await workspace.device.release(array)
  return { output, rows }
}

/**
 * With d = Σₛ (q·kₛ)², weights w = (q·k)²/d and y the output: ∂L/∂vₛ = Σₜ wₜₛ·gₜ; ∂L/∂(q·kₛ) = 2(q·kₛ)/d·(g·vₛ − g·y), where
 * g·y = Σ w·(g·v).
 */
async function gradientsOf(workspace: Workspace, attention: Attention, output: DeviceArray) {
  const { query, key, value, S } = attention
  const { x, rows } = await productsAndRows(workspace, attention)
  const [weights, slopes] = await Promise.all([
    workspace.run(weightsOfRows, x.length, x, rows, S),
    workspace.run(slopesOfRows, x.length, x, rows, S),
  ])
  const delta = await gradientOfShares(workspace, weights, slopes, value, { output }, attention, 2)
  const [ofQuery, ofKey, ofValue] = await Promise.all([
    mixture(workspace, delta, key, attention),
    mixtureBack(workspace, delta, query, attention),
    mixtureBack(workspace, weights, output, attention),
  ])
  for (const array of [x, weights, slopes, delta]) await workspace.device.release(array)
  return { gradients: { query: ofQuery, key: ofKey, value: ofValue }, rows }
}

/**
 * Has a query refused whose products with all keys are 0, which only they tell: no more numbers than two a query, read together
 * with the next results.
 */
async function refuseBareQueries(workspace: Workspace, ofBlocks: readonly DeviceArray[]): Promise<void> {
  const verify = (rows: Float32Array): void => {
    const bare = rows.findIndex((peak, i) => i % 2 === 0 && peak === 0)
    if (bare >= 0)
      throw new Refusal(
        'quadraticAttention',
        `query ${bare / 2} has q·k = 0 with every key, in float32, so that its weights are 0/0; it should have another product with one key at least`,
      )
  }
  workspace.checks.push({ array: await concatenate(workspace, ofBlocks), verify })
}

function attentionOf(call: GpuCall): Attention {
  const { T, S } = call.sizes
  const inputs = { query: call.input('query'), key: call.input('key'), value: call.input('value') }
  return { N: 1, heads: 1, T, S, ...inputs, mask: undefined, scale: 1, causal: false }
}

/**
 * From the products q·k themselves, block by block where there are too many: on a device D multiplications for each of the T·S
 * are soon done, and φ(q)·φ(k), which would save them, takes sums that cancel, for which float32 has no digits to spare.
 */
export const quadraticAttention: GpuOperator = {
  forward: async (call) => {
    const { workspace } = call
    const attention = attentionOf(call)
    const outputs: DeviceArray[] = []
    const rows: DeviceArray[] = []
    for (const block of blocksOf(attention, workspace.device.elements)) {
      const part = await outputOf(workspace, await partOf(workspace, attention, block))
      outputs.push(part.output)
      rows.push(part.rows)
    }
    const output = await concatenate(workspace, outputs)
    await refuseBareQueries(workspace, rows)
    return { output }
  },
  backward: async (call) => {
    const { workspace } = call
    const [attention, gradient] = [attentionOf(call), call.gradient('output')]
    const rows: DeviceArray[] = []
    const gradients = await gatherBlocks(workspace, attention, workspace.device.elements, async (part, block) => {
      const output = await ofQueries(workspace, gradient, attention, block)
      const answer = await gradientsOf(workspace, part, output)
      rows.push(answer.rows)
      return answer.gradients
    })
    await refuseBareQueries(workspace, rows)
    return { ...gradients }
  },
}

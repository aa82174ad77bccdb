import type { DeviceArray } from './deviceArray.js'
import { kernel, type Thread, type Values } from './kernel.js'
import type { GpuCall, GpuOperator } from './operator.js'
import { total } from './reduction.js'
import { partOf } from './rowLengths.js'

declare function quotient(i: number, n: number): number
declare function logistic(x: number): number
declare function softplus(x: number): number

/** 1 + K scores a word: −c·p, then c·nₖ of each of its K negatives. */
const wordScores = kernel(
  'scores of words',
  function (
    this: Thread,
    size: number,
    center: Values,
    positive: Values,
    negatives: Values,
    K: number,
    D: number,
    part: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const n = quotient(i, K + 1)
    const k = i - n * (K + 1)
    const first = n * D
    const other = (n * K + k - 1) * D
    let features = D
    if (i >= size) features = 0
    let total = 0
    for (let start = 0; start < features; start += part) {
      const end = Math.min(start + part, features)
      let sum = 0
      for (let d = start; d < end; d += 1) {
        if (k === 0) {
          sum -= center[first + d] * positive[first + d]
        } else {
          sum += center[first + d] * negatives[other + d]
        }
      }
      total += sum
    }
    return total
  },
  (...[, , , , D, part]) => D + Math.ceil(D / part),
)

/** weight·softplus(score) */
const scoreLosses = kernel(
  'negativeSampling',
  function (this: Thread, size: number, scores: Values, weight: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    return weight * softplus(scores[i])
  },
)

/** weight·g·σ(score), negated for the positive, the first of every 1 + K: what the gradients of the vectors are made of. */
const scoreSlopes = kernel(
  'slopes of negativeSampling',
  function (this: Thread, size: number, scores: Values, gradient: Values, K: number, weight: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const slope = weight * gradient[0] * logistic(scores[i])
    if (i === quotient(i, K + 1) * (K + 1)) return -slope
    return slope
  },
)

/** ∂/∂c = s₀·p + Σ sₖ·nₖ with the slopes s. */
const centerGradient = kernel(
  'gradient of negativeSampling with respect to center',
  function (
    this: Thread,
    size: number,
    slopes: Values,
    positive: Values,
    negatives: Values,
    K: number,
    D: number,
    part: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const n = quotient(i, D)
    const d = i - n * D
    let others = K
    if (i >= size) others = 0
    let total = slopes[n * (K + 1)] * positive[i]
    for (let start = 0; start < others; start += part) {
      const end = Math.min(start + part, others)
      let sum = 0
      for (let k = start; k < end; k += 1) sum += slopes[n * (K + 1) + k + 1] * negatives[(n * K + k) * D + d]
      total += sum
    }
    return total
  },
  (...[, , , K, , part]) => K + Math.ceil(K / part),
)

/** s·c for `count` of a word's vectors, from the one with slope `from` on. */
const otherGradient = kernel(
  'gradient of negativeSampling with respect to other words',
  function (
    this: Thread,
    size: number,
    slopes: Values,
    center: Values,
    from: number,
    count: number,
    K: number,
    D: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, D)
    const n = quotient(row, count)
    return slopes[n * (K + 1) + from + row - n * count] * center[n * D + i - row * D]
  },
)

function scoresOf(call: GpuCall): Promise<DeviceArray> {
  const { N, K, D } = call.sizes
  const vectors = [call.input('center'), call.input('positive'), call.input('negatives')] as const
  return call.workspace.run(wordScores, N * (K + 1), ...vectors, K, D, partOf(D))
}

export const negativeSampling: GpuOperator = {
  /** The mean over N of softplus(−c·p) + Σₖ softplus(c·nₖ) */
  forward: async (call) => {
    const scores = await scoresOf(call)
    const losses = await call.workspace.run(scoreLosses, scores.length, scores, 1 / call.sizes.N)
    return { loss: await total(call.workspace, losses) }
  },
  /** With s = −σ(−c·p)/N and sₖ = σ(c·nₖ)/N: ∂/∂c = s·p + Σ sₖ·nₖ, ∂/∂p = s·c, ∂/∂nₖ = sₖ·c. */
  backward: async (call) => {
    const { workspace } = call
    const { N, K, D } = call.sizes
    const [c, p, others] = [call.input('center'), call.input('positive'), call.input('negatives')]
    const scores = await scoresOf(call)
    const slopes = await workspace.run(scoreSlopes, scores.length, scores, call.gradient('loss'), K, 1 / N)
    const [center, positive, negatives] = await Promise.all([
      workspace.run(centerGradient, N * D, slopes, p, others, K, D, partOf(K)),
      workspace.run(otherGradient, N * D, slopes, c, 0, 1, K, D),
      workspace.run(otherGradient, N * K * D, slopes, c, 1, K, K, D),
    ])
    return { center, positive, negatives }
  },
}

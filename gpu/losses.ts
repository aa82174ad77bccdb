import { statistics } from './activations.js'
import type { DeviceArray } from './deviceArray.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import type { GpuCall, GpuOperator } from './operator.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

/** Sums are taken as a tree whose nodes add this many numbers each: parallel, and its rounding grows with its depth only. */
const group = 64

const groupSums = kernel(
  'sum',
  function (this: Thread, size: number, x: Values, length: number, group: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const end = Math.min((i + 1) * group, length)
    let sum = 0
    for (let k = i * group; k < end; k += 1) sum += x[k]
    return sum
  },
)

/** The sum of all numbers, as an array of one. */
async function total(workspace: Workspace, x: DeviceArray): Promise<DeviceArray> {
  let sums = x
  while (sums.length > 1)
    sums = await workspace.run(groupSums, Math.ceil(sums.length / group), sums, sums.length, group)
  return sums
}

/** How a loss is reduced: the weight of each item, and whether the items are added. */
function reductionOf(call: GpuCall, items: number) {
  const { reduction } = call.attributes
  return { weight: reduction === 'mean' ? 1 / items : 1, added: reduction !== 'none' }
}

/** Σ weight·(p − t)² over each group of items. */
const squaredErrors = kernel(
  'squaredError',
  function (
    this: Thread,
    size: number,
    prediction: Values,
    target: Values,
    length: number,
    group: number,
    weight: number,
  ) {
    const i = this.thread.x
    if (i >= size) return 0
    const end = Math.min((i + 1) * group, length)
    let sum = 0
    for (let k = i * group; k < end; k += 1) {
      const difference = prediction[k] - target[k]
      sum += weight * difference * difference
    }
    return sum
  },
)

/** weight·(p − t)·g, where g is the item's gradient, or the only one (gradientStep 0). */
const squaredErrorGradient = kernel(
  'gradient of squaredError',
  function (
    this: Thread,
    size: number,
    prediction: Values,
    target: Values,
    gradient: Values,
    gradientStep: number,
    weight: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    return weight * (prediction[i] - target[i]) * gradient[i * gradientStep]
  },
)

export const squaredError: GpuOperator = {
  forward: async (call) => {
    const [prediction, target] = [call.input('prediction'), call.input('target')]
    const { length } = prediction
    const { weight, added } = reductionOf(call, length)
    const items = added ? group : 1
    const factor = call.number('factor') * weight
    const size = Math.ceil(length / items)
    const losses = await call.workspace.run(squaredErrors, size, prediction, target, length, items, factor)
    return { loss: added ? await total(call.workspace, losses) : losses }
  },
  /** ∂/∂p = 2·factor·(p − t) = −∂/∂t */
  backward: async (call) => {
    const [prediction, target, gradient] = [call.input('prediction'), call.input('target'), call.gradient('loss')]
    const { weight, added } = reductionOf(call, prediction.length)
    const factor = 2 * call.number('factor') * weight
    const differentiate = (a: DeviceArray, b: DeviceArray) =>
      call.workspace.run(squaredErrorGradient, a.length, a, b, gradient, added ? 0 : 1, factor)
    const [gradPrediction, gradTarget] = await Promise.all([
      differentiate(prediction, target),
      differentiate(target, prediction),
    ])
    return { prediction: gradPrediction, target: gradTarget }
  },
}

/**
 * weight·(log Σ e^s − (1 − smoothing)·s_target − smoothing·mean(s)) with s = logits − maximum; `rows` holds the maximum and
 * the sum of exponentials of each row.
 */
const crossEntropies = kernel(
  'crossEntropy',
  function (
    this: Thread,
    size: number,
    logits: Values,
    target: Values,
    rows: Values,
    classes: number,
    smoothing: number,
    weight: number,
  ): number {
    const n = this.thread.x
    if (n >= size) return 0
    const maximum = rows[2 * n]
    const first = n * classes
    let sum = 0
    for (let start = 0; start < classes; start += 64) {
      const end = Math.min(start + 64, classes)
      let part = 0
      for (let c = start; c < end; c += 1) part += maximum - logits[first + c]
      sum += part
    }
    const atTarget = maximum - logits[first + target[n]]
    return weight * (Math.log(rows[2 * n + 1]) + (1 - smoothing) * atTarget + (smoothing * sum) / classes)
  },
  (_logits, _target, _rows, classes) => roundsOfSum(classes),
)

/** weight·(softmax − q)·g, where q mixes the one-hot target with the uniform distribution. */
const crossEntropyGradient = kernel(
  'gradient of crossEntropy',
  function (
    this: Thread,
    size: number,
    logits: Values,
    target: Values,
    rows: Values,
    gradient: Values,
    gradientStep: number,
    classes: number,
    smoothing: number,
    weight: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const n = quotient(i, classes)
    const c = i - n * classes
    const probability = Math.exp(logits[i] - rows[2 * n]) / rows[2 * n + 1]
    let wanted = smoothing / classes
    if (c === target[n]) wanted += 1 - smoothing
    return weight * gradient[n * gradientStep] * (probability - wanted)
  },
)

export const crossEntropy: GpuOperator = {
  forward: async (call) => {
    const { N, C } = call.sizes
    const [logits, target] = [call.input('logits'), call.input('target')]
    const { weight, added } = reductionOf(call, N)
    const rows = await rowStatistics(call)
    const smoothing = call.number('labelSmoothing')
    const losses = await call.workspace.run(crossEntropies, N, logits, target, rows, C, smoothing, weight)
    return { loss: added ? await total(call.workspace, losses) : losses }
  },
  /** ∂/∂z = softmax(z) − q */
  backward: async (call) => {
    const { N, C } = call.sizes
    const [logits, target, gradient] = [call.input('logits'), call.input('target'), call.gradient('loss')]
    const { weight, added } = reductionOf(call, N)
    const rows = await rowStatistics(call)
    const scalars = [added ? 0 : 1, C, call.number('labelSmoothing'), weight] as const
    return {
      logits: await call.workspace.run(crossEntropyGradient, N * C, logits, target, rows, gradient, ...scalars),
    }
  },
}

function rowStatistics(call: GpuCall): Promise<DeviceArray> {
  return statistics(call.workspace, call.input('logits'), { outer: call.sizes.N, length: call.sizes.C, inner: 1 })
}

/** Σ λ|w| or Σ λw² over each group of weights. */
const penalties = kernel(
  'weightPenalty',
  function (this: Thread, size: number, weight: Values, length: number, group: number, norm: number, lambda: number) {
    const i = this.thread.x
    if (i >= size) return 0
    const end = Math.min((i + 1) * group, length)
    let sum = 0
    for (let k = i * group; k < end; k += 1) {
      let magnitude = Math.abs(weight[k])
      if (norm === 2) magnitude = magnitude * magnitude
      sum += lambda * magnitude
    }
    return sum
  },
)

/** λ·sign(w)·g, 0 at 0, or 2λw·g */
const penaltyGradient = kernel(
  'gradient of weightPenalty',
  function (this: Thread, size: number, weight: Values, gradient: Values, norm: number, lambda: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const w = weight[i]
    let slope = 2 * w
    if (norm === 1) {
      slope = 0
      if (w > 0) slope = 1
      if (w < 0) slope = -1
    }
    return gradient[0] * lambda * slope
  },
)

export const weightPenalty: GpuOperator = {
  forward: async (call) => {
    const weight = call.input('weight')
    const scalars = [weight.length, group, call.number('norm'), call.number('lambda')] as const
    const sums = await call.workspace.run(penalties, Math.ceil(weight.length / group), weight, ...scalars)
    return { loss: await total(call.workspace, sums) }
  },
  backward: async (call) => {
    const weight = call.input('weight')
    const scalars = [call.number('norm'), call.number('lambda')] as const
    return {
      weight: await call.workspace.run(penaltyGradient, weight.length, weight, call.gradient('loss'), ...scalars),
    }
  },
}

import { statistics } from './activations.js'
import type { DeviceArray } from './deviceArray.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import type { GpuCall, GpuOperator } from './operator.js'
import { group, reductionOf, total } from './reduction.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number
declare function logOnePlus(x: number): number

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

/** The parts of Σ factor·(p − t)², or all of its items where they are not `added`. */
export function squaredErrorParts(
  workspace: Workspace,
  prediction: DeviceArray,
  target: DeviceArray,
  factor: number,
  added = true,
): Promise<DeviceArray> {
  const { length } = prediction
  const items = added ? group : 1
  return workspace.run(squaredErrors, Math.ceil(length / items), prediction, target, length, items, factor)
}

/** 2·factor·(p − t)·g, the gradient with respect to p of Σ factor·(p − t)², or of its items. */
export function squaredErrorSlopes(
  workspace: Workspace,
  prediction: DeviceArray,
  target: DeviceArray,
  gradient: DeviceArray,
  factor: number,
  added = true,
): Promise<DeviceArray> {
  const scalars = [added ? 0 : 1, 2 * factor] as const
  return workspace.run(squaredErrorGradient, prediction.length, prediction, target, gradient, ...scalars)
}

export const squaredError: GpuOperator = {
  forward: async (call) => {
    const [prediction, target] = [call.input('prediction'), call.input('target')]
    const { weight, added } = reductionOf(call, prediction.length)
    const factor = call.number('factor') * weight
    const losses = await squaredErrorParts(call.workspace, prediction, target, factor, added)
    return { loss: added ? await total(call.workspace, losses) : losses }
  },
  /** ∂/∂p = 2·factor·(p − t) = −∂/∂t */
  backward: async (call) => {
    const [prediction, target, gradient] = [call.input('prediction'), call.input('target'), call.gradient('loss')]
    const { weight, added } = reductionOf(call, prediction.length)
    const factor = call.number('factor') * weight
    const [gradPrediction, gradTarget] = await Promise.all([
      squaredErrorSlopes(call.workspace, prediction, target, gradient, factor, added),
      squaredErrorSlopes(call.workspace, target, prediction, gradient, factor, added),
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
    return weight * (logOnePlus(rows[2 * n + 1] - 1) + (1 - smoothing) * atTarget + (smoothing * sum) / classes)
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

/** How cross-entropies are taken of rows of logits, and how much each of them counts. */
interface CrossEntropySettings {
  readonly classes: number
  readonly smoothing: number
  readonly weight: number
}

function rowStatistics(workspace: Workspace, logits: DeviceArray, classes: number): Promise<DeviceArray> {
  return statistics(workspace, logits, { outer: logits.length / classes, length: classes, inner: 1 })
}

/** The weighted cross-entropy of each row. */
export async function crossEntropyItems(
  workspace: Workspace,
  logits: DeviceArray,
  target: DeviceArray,
  { classes, smoothing, weight }: CrossEntropySettings,
): Promise<DeviceArray> {
  const rows = await rowStatistics(workspace, logits, classes)
  return workspace.run(crossEntropies, target.length, logits, target, rows, classes, smoothing, weight)
}

/** The gradient with respect to the logits of the sum of all items, or of each by itself where they are not `added`. */
export async function crossEntropySlopes(
  workspace: Workspace,
  logits: DeviceArray,
  target: DeviceArray,
  gradient: DeviceArray,
  { classes, smoothing, weight }: CrossEntropySettings,
  added = true,
): Promise<DeviceArray> {
  const rows = await rowStatistics(workspace, logits, classes)
  const scalars = [added ? 0 : 1, classes, smoothing, weight] as const
  return workspace.run(crossEntropyGradient, logits.length, logits, target, rows, gradient, ...scalars)
}

export const crossEntropy: GpuOperator = {
  forward: async (call) => {
    const { added, ...settings } = crossEntropyOf(call)
    const losses = await crossEntropyItems(call.workspace, call.input('logits'), call.input('target'), settings)
    return { loss: added ? await total(call.workspace, losses) : losses }
  },
  /** ∂/∂z = softmax(z) − q */
  backward: async (call) => {
    const [logits, target, gradient] = [call.input('logits'), call.input('target'), call.gradient('loss')]
    const { added, ...settings } = crossEntropyOf(call)
    return { logits: await crossEntropySlopes(call.workspace, logits, target, gradient, settings, added) }
  },
}

function crossEntropyOf(call: GpuCall) {
  const { N, C } = call.sizes
  return { classes: C, smoothing: call.number('labelSmoothing'), ...reductionOf(call, N) }
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

/** The parts of λ·Σ|w| or λ·Σw². */
export function penaltyParts(
  workspace: Workspace,
  weight: DeviceArray,
  norm: number,
  lambda: number,
): Promise<DeviceArray> {
  return workspace.run(penalties, Math.ceil(weight.length / group), weight, weight.length, group, norm, lambda)
}

export const weightPenalty: GpuOperator = {
  forward: async (call) => {
    const parts = await penaltyParts(call.workspace, call.input('weight'), call.number('norm'), call.number('lambda'))
    return { loss: await total(call.workspace, parts) }
  },
  backward: async (call) => {
    const weight = call.input('weight')
    const scalars = [call.number('norm'), call.number('lambda')] as const
    return {
      weight: await call.workspace.run(penaltyGradient, weight.length, weight, call.gradient('loss'), ...scalars),
    }
  },
}

import { kernel, type Thread, type Values } from './kernel.js'
import type { GpuOperator } from './operator.js'
import { group, reductionOf, total } from './reduction.js'

declare function logistic(x: number): number
declare function softplus(x: number): number

/** Σ weight·(t·softplus(−z) + (1 − t)·softplus(z)) over each group of items. */
const losses = kernel(
  'binaryCrossEntropy',
  function (
    this: Thread,
    size: number,
    logits: Values,
    target: Values,
    length: number,
    group: number,
    weight: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const end = Math.min((i + 1) * group, length)
    let sum = 0
    for (let k = i * group; k < end; k += 1)
      sum += weight * (target[k] * softplus(-logits[k]) + (1 - target[k]) * softplus(logits[k]))
    return sum
  },
)

/** weight·((1 − t)·σ(z) − t·σ(−z))·g, which is σ(z) − t with its digits where σ is near 1. */
const gradients = kernel(
  'gradient of binaryCrossEntropy',
  function (
    this: Thread,
    size: number,
    logits: Values,
    target: Values,
    gradient: Values,
    gradientStep: number,
    weight: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const slope = (1 - target[i]) * logistic(logits[i]) - target[i] * logistic(-logits[i])
    return weight * gradient[i * gradientStep] * slope
  },
)

export const binaryCrossEntropy: GpuOperator = {
  forward: async (call) => {
    const [logits, target] = [call.input('logits'), call.input('target')]
    const { length } = logits
    const { weight, added } = reductionOf(call, length)
    const items = added ? group : 1
    const sums = await call.workspace.run(losses, Math.ceil(length / items), logits, target, length, items, weight)
    return { loss: added ? await total(call.workspace, sums) : sums }
  },
  backward: async (call) => {
    const [logits, target, gradient] = [call.input('logits'), call.input('target'), call.gradient('loss')]
    const { weight, added } = reductionOf(call, logits.length)
    const step = added ? 0 : 1
    return {
      logits: await call.workspace.run(gradients, logits.length, logits, target, gradient, step, weight),
    }
  },
}

import type { DeviceArray } from './deviceArray.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import { transform } from './linear.js'
import type { GpuCall, GpuOperator } from './operator.js'
import { parameterGradients, transformBackward } from './transformGradients.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

/** max(0, Σₑ weight[f,e]·x[row,e] + bias[f]) */
const hiddenUnits = kernel(
  'hidden units of feedForward',
  function (
    this: Thread,
    size: number,
    x: Values,
    weight: Values,
    bias: Values,
    features: number,
    units: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, units)
    const f = i - row * units
    let sum = 0
    for (let start = 0; start < features; start += 64) {
      const end = Math.min(start + 64, features)
      let part = 0
      for (let e = start; e < end; e += 1) part += x[row * features + e] * weight[f * features + e]
      sum += part
    }
    return Math.max(sum + bias[f], 0)
  },
  (_x, _weight, _bias, features) => roundsOfSum(features),
)

/** Σₑ gradient[row,e]·weight[e,f] where hidden unit f is active, else 0. */
const activeGradient = kernel(
  'gradient of the hidden units of feedForward',
  function (
    this: Thread,
    size: number,
    hidden: Values,
    gradient: Values,
    weight: Values,
    features: number,
    units: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    if (hidden[i] <= 0) return 0
    const row = quotient(i, units)
    const f = i - row * units
    let sum = 0
    for (let start = 0; start < features; start += 64) {
      const end = Math.min(start + 64, features)
      let part = 0
      for (let e = start; e < end; e += 1) part += gradient[row * features + e] * weight[e * units + f]
      sum += part
    }
    return sum
  },
  (_hidden, _gradient, _weight, features) => roundsOfSum(features),
)

/** Two layers of E features and F hidden units. */
export interface FeedForward {
  readonly weight1: DeviceArray
  readonly bias1: DeviceArray
  readonly weight2: DeviceArray
  readonly bias2: DeviceArray
  readonly E: number
  readonly F: number
}

function hiddenOf(workspace: Workspace, x: DeviceArray, { weight1, bias1, E, F }: FeedForward): Promise<DeviceArray> {
  return workspace.run(hiddenUnits, (x.length / E) * F, x, weight1, bias1, E, F)
}

/** W₂·max(0, W₁·x + b₁) + b₂ at every position, and the hidden units. */
export async function feed(workspace: Workspace, x: DeviceArray, layers: FeedForward) {
  const { weight2, bias2, E, F } = layers
  const hidden = await hiddenOf(workspace, x, layers)
  return { y: await transform(workspace, hidden, weight2, bias2, [F, E]), hidden }
}

/** With h = W₁·x + b₁ and δ = (W₂ᵀ·g)⊙[h > 0]: W₂: g·max(0, h)ᵀ, b₂: g, W₁: δ·xᵀ, b₁: δ, summed over positions; x: W₁ᵀ·δ. */
export async function feedBackward(
  workspace: Workspace,
  x: DeviceArray,
  layers: FeedForward,
  hidden: DeviceArray,
  gradient: DeviceArray,
) {
  const { weight1, weight2, E, F } = layers
  const delta = await workspace.run(activeGradient, hidden.length, hidden, gradient, weight2, E, F)
  const [first, second] = await Promise.all([
    transformBackward(workspace, x, weight1, delta, [E, F]),
    parameterGradients(workspace, hidden, gradient, [F, E]),
  ])
  return { x: first.x, weight1: first.weight, bias1: first.bias, weight2: second.weight, bias2: second.bias }
}

/** The layers whose parameters' names begin with `prefix`. */
export function feedForwardOf(call: GpuCall, prefix = ''): FeedForward {
  const { E, F } = call.sizes
  return {
    weight1: call.input(`${prefix}weight1`),
    bias1: call.input(`${prefix}bias1`),
    weight2: call.input(`${prefix}weight2`),
    bias2: call.input(`${prefix}bias2`),
    E,
    F,
  }
}

export const feedForward: GpuOperator = {
  forward: async (call) => ({ y: (await feed(call.workspace, call.input('x'), feedForwardOf(call))).y }),
  backward: async (call) => {
    const [x, layers] = [call.input('x'), feedForwardOf(call)]
    const hidden = await hiddenOf(call.workspace, x, layers)
    return feedBackward(call.workspace, x, layers, hidden, call.gradient('y'))
  },
}

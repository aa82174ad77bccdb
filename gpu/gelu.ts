import type { DeviceArray } from './deviceArray.js'
import { kernel, type Thread, type Values } from './kernel.js'
import type { GpuCall, GpuOperator } from './operator.js'
import type { Workspace } from './workspace.js'

declare function logistic(x: number): number
declare function normalDistribution(x: number): number
declare function normalDensity(x: number): number

/** x·Φ(x) */
const exactValues = kernel('gelu', function (this: Thread, size: number, x: Values): number {
  const i = this.thread.x
  if (i >= size) return 0
  return x[i] * normalDistribution(x[i])
})

/** (x·Φ(x))′ = Φ(x) + x·φ(x) */
const exactGradient = kernel('gradient of gelu', function (this: Thread, size: number, x: Values, gradient: Values) {
  const i = this.thread.x
  if (i >= size) return 0
  return gradient[i] * (normalDistribution(x[i]) + x[i] * normalDensity(x[i]))
})

/**
 * x·σ(2u) with u = √(2/π)·(x + 0.044715x³): ½(1 + tanh u) is σ(2u), which keeps its digits for negative u. Beyond ±30 nothing of
 * u matters.
 */
const tangentValues = kernel('gelu by tanh', function (this: Thread, size: number, x: Values): number {
  const i = this.thread.x
  if (i >= size) return 0
  const moderate = Math.max(-30, Math.min(x[i], 30))
  return x[i] * logistic(1.5957691216 * moderate * (1 + 0.044715 * moderate * moderate))
})

/** σ(2u) + x·σ(2u)·σ(−2u)·2u′ */
const tangentGradient = kernel(
  'gradient of gelu by tanh',
  function (this: Thread, size: number, x: Values, gradient: Values): number {
    const i = this.thread.x
    if (i >= size) return 0
    const moderate = Math.max(-30, Math.min(x[i], 30))
    const square = moderate * moderate
    const argument = 1.5957691216 * moderate * (1 + 0.044715 * square)
    const slope = 1.5957691216 * (1 + 0.134145 * square)
    return gradient[i] * logistic(argument) * (1 + moderate * logistic(-argument) * slope)
  },
)

/** The two forms of Φ: the distribution function itself, or by tanh. */
export type Approximate = 'none' | 'tanh'

/** x·Φ(x), entry by entry. */
export function geluOf(workspace: Workspace, x: DeviceArray, approximate: Approximate): Promise<DeviceArray> {
  return workspace.run(approximate === 'tanh' ? tangentValues : exactValues, x.length, x)
}

/** The gradient with respect to x, from that with respect to geluOf's result. */
export function geluBackward(
  workspace: Workspace,
  x: DeviceArray,
  gradient: DeviceArray,
  approximate: Approximate,
): Promise<DeviceArray> {
  return workspace.run(approximate === 'tanh' ? tangentGradient : exactGradient, x.length, x, gradient)
}

function formOf(call: GpuCall): Approximate {
  return call.attributes.approximate === 'tanh' ? 'tanh' : 'none'
}

export const gelu: GpuOperator = {
  forward: async (call) => ({ y: await geluOf(call.workspace, call.input('x'), formOf(call)) }),
  backward: async (call) => ({
    x: await geluBackward(call.workspace, call.input('x'), call.gradient('y'), formOf(call)),
  }),
}

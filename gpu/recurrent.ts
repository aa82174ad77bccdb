import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import { matrix, multiply, sumRows, transform, transposed } from './linear.js'
import type { GpuCall, GpuOperator } from './operator.js'

declare function quotient(i: number, n: number): number
declare function hyperbolicTangent(x: number): number
declare function slopeOfTangent(x: number): number

const activations = ['identity', 'tanh', 'relu']

/** h[n,j] = f(input[n,j] + Σₖ weight[j,k]·previous[n,k] + bias[j]), f by its place in `activations`. */
const step = kernel(
  'step of rnn',
  function (
    this: Thread,
    size: number,
    input: Values,
    previous: Values,
    weight: Values,
    bias: Values,
    units: number,
    activation: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const n = quotient(i, units)
    const j = i - n * units
    let sum = 0
    for (let start = 0; start < units; start += 64) {
      const end = Math.min(start + 64, units)
      let part = 0
      for (let k = start; k < end; k += 1) part += weight[j * units + k] * previous[n * units + k]
      sum += part
    }
    const total = input[i] + (sum + bias[j])
    if (activation === 1) return hyperbolicTangent(total)
    if (activation === 2) return Math.max(total, 0)
    return total
  },
  (_input, _previous, _weight, _bias, units) => roundsOfSum(units),
)

/** δ[n,k] = (gradient[n,k] + Σⱼ next[n,j]·weight[j,k])·f′(a[n,k]). */
const stepGradient = kernel(
  'gradient of a step of rnn',
  function (
    this: Thread,
    size: number,
    gradient: Values,
    preActivation: Values,
    next: Values,
    weight: Values,
    units: number,
    activation: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const n = quotient(i, units)
    const k = i - n * units
    let sum = 0
    for (let start = 0; start < units; start += 64) {
      const end = Math.min(start + 64, units)
      let part = 0
      for (let j = start; j < end; j += 1) part += next[n * units + j] * weight[j * units + k]
      sum += part
    }
    const total = gradient[i] + sum
    const a = preActivation[i]
    if (activation === 1) return total * slopeOfTangent(a)
    if (activation === 2 && a <= 0) return 0
    return total
  },
  (_gradient, _preActivation, _next, _weight, units) => roundsOfSum(units),
)

/** One call's sizes and parameters, and Wxₜ + b of all steps. */
async function prepare(call: GpuCall) {
  const { device } = call
  const { T, N, I, H } = call.sizes
  return {
    device,
    steps: T,
    area: N * H,
    units: H,
    inputs: await transform(device, call.input('x'), call.input('weightInput'), call.optional('biasInput'), [I, H]),
    initial: call.optional('h0') ?? new Float32Array(N * H),
    weight: call.input('weightHidden'),
    bias: call.optional('biasHidden') ?? new Float32Array(H),
    activation: activations.indexOf(String(call.attributes.activation)),
  }
}

type Recurrence = Awaited<ReturnType<typeof prepare>>

/** h₀ and every step's hidden state, one after the other as [T + 1, N, H]. */
async function hiddenStates({ device, steps, area, units, inputs, initial, weight, bias, activation }: Recurrence) {
  const hidden = new Float32Array((steps + 1) * area)
  hidden.set(initial)
  let previous: Float32Array = initial
  for (let t = 0; t < steps; t++) {
    const input = inputs.subarray(t * area, (t + 1) * area)
    previous = await device.run(step, area, input, previous, weight, bias, units, activation)
    hidden.set(previous, (t + 1) * area)
  }
  return hidden
}

/** δₜ = ∂L/∂aₜ of all steps as [T, N, H], backward through time; aₜ is what f is applied to, computed for all steps at once. */
async function deltas(recurrence: Recurrence, previous: Float32Array, gradient: Float32Array) {
  const { device, steps, area, units, inputs, weight, bias, activation } = recurrence
  const identity = activations.indexOf('identity')
  const preActivations = await device.run(step, inputs.length, inputs, previous, weight, bias, units, identity)
  const result = new Float32Array(steps * area)
  let next: Float32Array = new Float32Array(area)
  for (let t = steps - 1; t >= 0; t--) {
    const [g, a] = [gradient, preActivations].map((values) => values.subarray(t * area, (t + 1) * area))
    next = await device.run(stepGradient, area, g, a, next, weight, units, activation)
    result.set(next, t * area)
  }
  return result
}

export const rnn: GpuOperator = {
  forward: async (call) => {
    const recurrence = await prepare(call)
    return { hidden: (await hiddenStates(recurrence)).subarray(recurrence.area) }
  },
  /** ∂L/∂W = Σ δₜᵀ·xₜ, ∂L/∂U = Σ δₜᵀ·hₜ₋₁, ∂L/∂b = ∂L/∂c = Σ δₜ, ∂L/∂xₜ = δₜ·W, ∂L/∂h₀ = δ₁·U */
  backward: async (call) => {
    const { device } = call
    const { T, N, I, H } = call.sizes
    const recurrence = await prepare(call)
    const previous = (await hiddenStates(recurrence)).subarray(0, T * N * H)
    const flat = await deltas(recurrence, previous, call.gradient('hidden'))
    const delta = matrix(flat, H)
    const weight = matrix(recurrence.weight, H)
    const [x, h0, weightInput, weightHidden, bias] = await Promise.all([
      multiply(device, delta, matrix(call.input('weightInput'), I), [T * N, H, I]),
      multiply(device, matrix(flat.subarray(0, N * H), H), weight, [N, H, H]),
      multiply(device, transposed(delta), matrix(call.input('x'), I), [H, T * N, I]),
      multiply(device, transposed(delta), matrix(previous, H), [H, T * N, H]),
      sumRows(device, flat, H),
    ])
    const gradients = { x, h0, weightInput, weightHidden, biasInput: bias, biasHidden: bias }
    return Object.fromEntries(Object.entries(gradients).filter(([name]) => name in call.shapes))
  },
}

import { windowOf } from './blocks.js'
import type { DeviceArray } from './deviceArray.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import { matrix, multiply, sumRows, transform, transposed } from './linear.js'
import type { GpuCall, GpuOperator } from './operator.js'
import { sequenceOf } from './sequence.js'

declare function quotient(i: number, n: number): number
declare function hyperbolicTangent(x: number): number
declare function slopeOfTangent(x: number): number

const activations = ['identity', 'tanh', 'relu']

/** h[n,j] = f(input[offset + …][n,j] + Σₖ weight[j,k]·previous[n,k] + bias[j]), f by its place in `activations`. */
const step = kernel(
  'step of rnn',
  function (
    this: Thread,
    size: number,
    input: Values,
    previous: Values,
    weight: Values,
    bias: Values,
    offset: number,
    units: number,
    activation: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const n = quotient(i, units)
    const j = i - n * units
    let p = j * units
    let q = n * units
    let sum = 0
    for (let start = 0; start < units; start += 64) {
      const end = Math.min(start + 64, units)
      let part = 0
      for (let k = start; k < end; k += 1) {
        part += weight[p] * previous[q]
        p += 1
        q += 1
      }
      sum += part
    }
    const total = input[offset + i] + (sum + bias[j])
    if (activation === 1) return hyperbolicTangent(total)
    if (activation === 2) return Math.max(total, 0)
    return total
  },
  (_input, _previous, _weight, _bias, _offset, units) => roundsOfSum(units),
)

/** δ[n,k] = (gradient[n,k] + Σⱼ next[n,j]·weight[j,k])·f′(a[n,k]), where the gradient and a lie `offset` numbers on. */
const stepGradient = kernel(
  'gradient of a step of rnn',
  function (
    this: Thread,
    size: number,
    gradient: Values,
    preActivation: Values,
    next: Values,
    weight: Values,
    offset: number,
    units: number,
    activation: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const n = quotient(i, units)
    const k = i - n * units
    let p = n * units
    let q = k
    let sum = 0
    for (let start = 0; start < units; start += 64) {
      const end = Math.min(start + 64, units)
      let part = 0
      for (let j = start; j < end; j += 1) {
        part += next[p] * weight[q]
        p += 1
        q += units
      }
      sum += part
    }
    const total = gradient[offset + i] + sum
    const a = preActivation[offset + i]
    if (activation === 1) return total * slopeOfTangent(a)
    if (activation === 2 && a <= 0) return 0
    return total
  },
  (_gradient, _preActivation, _next, _weight, _offset, units) => roundsOfSum(units),
)

/** One call's sizes and parameters, and Wxₜ + b of all steps. */
async function prepare(call: GpuCall) {
  const { workspace } = call
  const { T, N, I, H } = call.sizes
  return {
    workspace,
    steps: T,
    area: N * H,
    units: H,
    inputs: await transform(workspace, call.input('x'), call.input('weightInput'), call.optional('biasInput'), [I, H]),
    initial: call.optional('h0') ?? (await workspace.filled(N * H, 0)),
    weight: call.input('weightHidden'),
    bias: call.optional('biasHidden') ?? (await workspace.filled(H, 0)),
    activation: activations.indexOf(String(call.attributes.activation)),
  }
}

type Recurrence = Awaited<ReturnType<typeof prepare>>

/** h₀ and every step's hidden state, in this order. */
async function hiddenStates({ workspace, steps, area, units, inputs, initial, weight, bias, activation }: Recurrence) {
  const states = [initial]
  for (let t = 0; t < steps; t++) {
    const { values, offset } = windowOf(workspace, inputs, t * area, area)
    states.push(await workspace.run(step, area, values, states[t], weight, bias, offset, units, activation))
  }
  return states
}

/** δₜ = ∂L/∂aₜ of every step, backward through time; aₜ is what f is applied to, computed for all steps at once. */
async function deltas(recurrence: Recurrence, previous: DeviceArray, gradient: DeviceArray) {
  const { workspace, steps, area, units, inputs, weight, bias, activation } = recurrence
  const identity = activations.indexOf('identity')
  const preActivations = await workspace.run(step, inputs.length, inputs, previous, weight, bias, 0, units, identity)
  const result: DeviceArray[] = []
  let next = await workspace.filled(area, 0)
  for (let t = steps - 1; t >= 0; t--) {
    const { values, offset } = windowOf(workspace, gradient, t * area, area)
    const before = windowOf(workspace, preActivations, t * area, area).values
    next = await workspace.run(stepGradient, area, values, before, next, weight, offset, units, activation)
    result.unshift(next)
  }
  return result
}

export const rnn: GpuOperator = {
  forward: async (call) => {
    const [, ...states] = await hiddenStates(await prepare(call))
    return { hidden: await sequenceOf(call.workspace, states) }
  },
  /** ∂L/∂W = Σ δₜᵀ·xₜ, ∂L/∂U = Σ δₜᵀ·hₜ₋₁, ∂L/∂b = ∂L/∂c = Σ δₜ, ∂L/∂xₜ = δₜ·W, ∂L/∂h₀ = δ₁·U */
  backward: async (call) => {
    const { workspace } = call
    const { T, N, I, H } = call.sizes
    const recurrence = await prepare(call)
    const previous = await sequenceOf(workspace, (await hiddenStates(recurrence)).slice(0, T))
    const steps = await deltas(recurrence, previous, call.gradient('hidden'))
    const flat = await sequenceOf(workspace, steps)
    const delta = matrix(flat, H)
    const weight = matrix(recurrence.weight, H)
    const [x, h0, weightInput, weightHidden, bias] = await Promise.all([
      multiply(workspace, delta, matrix(call.input('weightInput'), I), [T * N, H, I]),
      multiply(workspace, matrix(steps[0], H), weight, [N, H, H]),
      multiply(workspace, transposed(delta), matrix(call.input('x'), I), [H, T * N, I]),
      multiply(workspace, transposed(delta), matrix(previous, H), [H, T * N, H]),
      sumRows(workspace, flat, H),
    ])
    const gradients = { x, h0, weightInput, weightHidden, biasInput: bias, biasHidden: bias }
    return Object.fromEntries(Object.entries(gradients).filter(([name]) => name in call.shapes))
  },
}

import { columnsOf, windowOf } from './blocks.js'
import type { DeviceArray } from './deviceArray.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import { slice } from './layout.js'
import { matrix, multiply, sumRows, transform, transposed } from './linear.js'
import type { GpuCall, GpuOperator } from './operator.js'
import { sequenceOf } from './sequence.js'
import { takesTiles } from './tiles.js'

declare function quotient(i: number, n: number): number
declare function logistic(x: number): number
declare function hyperbolicTangent(x: number): number
declare function slopeOfTangent(x: number): number

/** What all gates of a step apply their functions to: a[n,r] = input[offset + …][n,r] + Σₖ weight[r,k]·state[n,k] + bias[r]. */
const gates = kernel(
  'gates of lstm',
  function (
    this: Thread,
    size: number,
    input: Values,
    state: Values,
    weight: Values,
    bias: Values,
    offset: number,
    units: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const rows = 4 * units
    const n = quotient(i, rows)
    const r = i - n * rows
    let sum = 0
    for (let start = 0; start < units; start += 64) {
      const end = Math.min(start + 64, units)
      let part = 0
      for (let k = start; k < end; k += 1) part += weight[r * units + k] * state[n * units + k]
      sum += part
    }
    return input[offset + i] + (sum + bias[r])
  },
  (_input, _state, _weight, _bias, _offset, units) => roundsOfSum(units),
)

/** The same from products[n,r] = Σₖ weight[r,k]·state[n,k]. */
const gatesOfProducts = kernel(
  'gates of lstm from products',
  function (this: Thread, size: number, input: Values, products: Values, bias: Values, offset: number, rows: number) {
    const i = this.thread.x
    if (i >= size) return 0
    return input[offset + i] + (products[i] + bias[i - quotient(i, rows) * rows])
  },
)

/** The state after a step: hₜ = σ(o)·tanh(cₜ) in its first half, cₜ = σ(f)·cₜ₋₁ + σ(i)·tanh(g) in its second one. */
const nextState = kernel(
  'state of lstm',
  function (this: Thread, size: number, before: Values, state: Values, area: number, units: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const half = quotient(i, area)
    const unit = i - half * area
    const n = quotient(unit, units)
    const first = n * 4 * units + (unit - n * units)
    const kept = logistic(before[first + units]) * state[area + unit]
    const cell = kept + logistic(before[first]) * hyperbolicTangent(before[first + 2 * units])
    if (half === 1) return cell
    return logistic(before[first + 3 * units]) * hyperbolicTangent(cell)
  },
)

/**
 * Five blocks of H a sequence: δ of the four gates, and what the cell before the step receives. With h = gₜ + what the next
 * step hands back, and c = the cell's own gradient + h·σ(o)·tanh′(cₜ): c·tanh(g)·σ′(i), c·cₜ₋₁·σ′(f), c·σ(i)·tanh′(g),
 * h·tanh(cₜ)·σ′(o), c·σ(f). `gradient` is that for the hidden states of all steps, `offset` is where the step's begins.
 */
const stepGradient = kernel(
  'gradient of a step of lstm',
  function (
    this: Thread,
    size: number,
    before: Values,
    previous: Values,
    state: Values,
    gradient: Values,
    fromNext: Values,
    next: Values,
    offset: number,
    area: number,
    units: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const n = quotient(i, 5 * units)
    const block = quotient(i - n * 5 * units, units)
    const j = i - (n * 5 + block) * units
    const unit = n * units + j
    const first = n * 4 * units + j
    const inputGate = before[first]
    const forgetGate = before[first + units]
    const candidate = before[first + 2 * units]
    const outputGate = before[first + 3 * units]
    const cell = state[area + unit]
    const h = gradient[offset + unit] + fromNext[unit]
    if (block === 3) return h * hyperbolicTangent(cell) * logistic(outputGate) * logistic(-outputGate)
    const c = next[(n * 5 + 4) * units + j] + h * logistic(outputGate) * slopeOfTangent(cell)
    if (block === 0) return c * hyperbolicTangent(candidate) * logistic(inputGate) * logistic(-inputGate)
    if (block === 1) return c * previous[area + unit] * logistic(forgetGate) * logistic(-forgetGate)
    if (block === 2) return c * logistic(inputGate) * slopeOfTangent(candidate)
    return c * logistic(forgetGate)
  },
)

/** What the last step hands back: nothing through its gates, the gradient of the cell in the fifth block. */
const lastGradient = kernel(
  'gradient after the last step of lstm',
  function (this: Thread, size: number, cell: Values, units: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const n = quotient(i, 5 * units)
    const column = i - n * 5 * units
    if (column < 4 * units) return 0
    return cell[n * units + (column - 4 * units)]
  },
)

/** One call's sizes and parameters, and Wxₜ + b of all steps. */
async function prepare(call: GpuCall) {
  const { workspace } = call
  const { T, N, I, H } = call.sizes
  const zeros = async (length: number) => workspace.filled(length, 0)
  const initial = await sequenceOf(workspace, [
    call.optional('h0') ?? (await zeros(N * H)),
    call.optional('c0') ?? (await zeros(N * H)),
  ])
  return {
    workspace,
    steps: T,
    area: N * H,
    units: H,
    inputs: await transform(workspace, call.input('x'), call.input('weightInput'), call.optional('biasInput'), [
      I,
      4 * H,
    ]),
    initial,
    weight: call.input('weightHidden'),
    bias: call.optional('biasHidden') ?? (await zeros(4 * H)),
  }
}

type Recurrence = Awaited<ReturnType<typeof prepare>>

/** Hidden state and cell before every step and after the last, [T+1,2,N,H], and what every step's gates apply their functions to. */
async function unroll({ workspace, steps, area, units, inputs, initial, weight, bias }: Recurrence) {
  const states = [initial]
  const before: DeviceArray[] = []
  const sizes = [area / units, units, 4 * units] as const
  const byTiles = takesTiles(workspace, sizes)
  const columns = transposed(matrix(weight, units))
  for (let t = 0; t < steps; t++) {
    const { values, offset } = windowOf(workspace, inputs, 4 * t * area, 4 * area)
    if (byTiles) {
      const products = await multiply(workspace, matrix(states[t], units), columns, sizes)
      before.push(await workspace.run(gatesOfProducts, 4 * area, values, products, bias, offset, 4 * units))
    } else {
      before.push(await workspace.run(gates, 4 * area, values, states[t], weight, bias, offset, units))
    }
    states.push(await workspace.run(nextState, 2 * area, before[t], states[t], area, units))
  }
  return { states, before }
}

type Unrolled = Awaited<ReturnType<typeof unroll>>

/** The five blocks of every step, backward through time: [N,5H] each; and what the first hidden state receives. */
async function deltas(recurrence: Recurrence, call: GpuCall, { states, before }: Unrolled) {
  const { workspace, steps, area, units, weight } = recurrence
  const gradient = call.gradient('hidden')
  const result: DeviceArray[] = []
  let next = await workspace.run(lastGradient, 5 * area, call.gradient('cell'), units)
  let fromNext = await workspace.filled(area, 0)
  for (let t = steps - 1; t >= 0; t--) {
    const { values, offset } = windowOf(workspace, gradient, t * area, area)
    const step = [before[t], states[t], states[t + 1], values, fromNext, next] as const
    next = await workspace.run(stepGradient, 5 * area, ...step, offset, area, units)
    const [rows, columns] = [area / units, 4 * units]
    fromNext = await multiply(workspace, matrix(next, 5 * units), matrix(weight, units), [rows, columns, units])
    result.unshift(next)
  }
  return { result, first: fromNext }
}

export const lstm: GpuOperator = {
  forward: async (call) => {
    const { workspace } = call
    const recurrence = await prepare(call)
    const { area, steps } = recurrence
    const { states } = await unroll(recurrence)
    const all = await sequenceOf(workspace, states.slice(1))
    const [hidden, cell] = await Promise.all([
      columnsOf(workspace, all, 2 * area, { first: 0, width: area }),
      slice(workspace, all, (2 * steps - 1) * area, area),
    ])
    return { hidden, cell }
  },
  /** ∂L/∂W = Σ δₜᵀ·xₜ, ∂L/∂U = Σ δₜᵀ·hₜ₋₁, ∂L/∂b = ∂L/∂c = Σ δₜ, ∂L/∂xₜ = δₜ·W, ∂L/∂h₀ = δ₁·U */
  backward: async (call) => {
    const { workspace } = call
    const { T, N, I, H } = call.sizes
    const recurrence = await prepare(call)
    const { area } = recurrence
    const unrolled = await unroll(recurrence)
    const { result, first } = await deltas(recurrence, call, unrolled)
    const flat = await sequenceOf(workspace, result)
    const delta = matrix(flat, 5 * H)
    const states = await sequenceOf(workspace, unrolled.states.slice(0, T))
    const previous = await columnsOf(workspace, states, 2 * area, { first: 0, width: area })
    const [x, weightInput, weightHidden, sums, c0] = await Promise.all([
      multiply(workspace, delta, matrix(call.input('weightInput'), I), [T * N, 4 * H, I]),
      multiply(workspace, transposed(delta), matrix(call.input('x'), I), [4 * H, T * N, I]),
      multiply(workspace, transposed(delta), matrix(previous, H), [4 * H, T * N, H]),
      sumRows(workspace, flat, 5 * H),
      columnsOf(workspace, result[0], 5 * H, { first: 4 * H, width: H }),
    ])
    const bias = await slice(workspace, sums, 0, 4 * H)
    const gradients = { x, h0: first, c0, weightInput, weightHidden, biasInput: bias, biasHidden: bias }
    return Object.fromEntries(Object.entries(gradients).filter(([name]) => name in call.shapes))
  },
}

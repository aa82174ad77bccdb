import { windowOf } from './blocks.js'
import type { DeviceArray } from './deviceArray.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import { slice } from './layout.js'
import { matrix, multiply, sumRows, transform, transposed } from './linear.js'
import type { GpuCall, GpuOperator } from './operator.js'
import { sequenceOf } from './sequence.js'

declare function quotient(i: number, n: number): number
declare function logistic(x: number): number
declare function hyperbolicTangent(x: number): number
declare function slopeOfTangent(x: number): number

/**
 * A whole step: hₜ = (1 − z)·n + z·hₜ₋₁ with r = σ(·) and z = σ(·) of the sums of input and hidden terms, and
 * n = tanh(input term + r·hidden term). The three hidden terms U·hₜ₋₁ + c of a unit are summed together.
 */
const step = kernel(
  'step of gru',
  function (
    this: Thread,
    size: number,
    input: Values,
    previous: Values,
    weight: Values,
    bias: Values,
    offset: number,
    units: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const n = quotient(i, units)
    const j = i - n * units
    const area = units * units
    let reset = 0
    let update = 0
    let candidate = 0
    for (let start = 0; start < units; start += 64) {
      const end = Math.min(start + 64, units)
      let resetPart = 0
      let updatePart = 0
      let candidatePart = 0
      for (let k = start; k < end; k += 1) {
        const h = previous[n * units + k]
        const at = j * units + k
        resetPart += weight[at] * h
        updatePart += weight[area + at] * h
        candidatePart += weight[2 * area + at] * h
      }
      reset += resetPart
      update += updatePart
      candidate += candidatePart
    }
    const from = offset + n * 3 * units + j
    const r = input[from] + (reset + bias[j])
    const z = input[from + units] + (update + bias[units + j])
    const a = input[from + 2 * units] + logistic(r) * (candidate + bias[2 * units + j])
    return logistic(-z) * hyperbolicTangent(a) + logistic(z) * previous[i]
  },
  (_input, _previous, _weight, _bias, _offset, units) => roundsOfSum(units),
)

/**
 * Five blocks of H a sequence, from the terms of input and hidden state of all steps. With h = gₜ + what the next step hands
 * back: of the reset gate h·(1 − z)·tanh′·(U·hₜ₋₁ + c)·σ′, of the update gate h·(hₜ₋₁ − n)·σ′, of the new state at its hidden
 * term, h·(1 − z)·tanh′·r, and at its input term, h·(1 − z)·tanh′; and h·z, which the state before receives at once.
 */
const stepGradient = kernel(
  'gradient of a step of gru',
  function (
    this: Thread,
    size: number,
    input: Values,
    hidden: Values,
    previous: Values,
    gradient: Values,
    fromNext: Values,
    termOffset: number,
    offset: number,
    units: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const n = quotient(i, 5 * units)
    const block = quotient(i - n * 5 * units, units)
    const j = i - (n * 5 + block) * units
    const unit = n * units + j
    const from = termOffset + n * 3 * units + j
    const reset = input[from] + hidden[from]
    const update = input[from + units] + hidden[from + units]
    const ofHidden = hidden[from + 2 * units]
    const a = input[from + 2 * units] + logistic(reset) * ofHidden
    const h = gradient[offset + unit] + fromNext[unit]
    if (block === 4) return h * logistic(update)
    if (block === 1) return h * (previous[unit] - hyperbolicTangent(a)) * logistic(update) * logistic(-update)
    const ofNew = h * logistic(-update) * slopeOfTangent(a)
    if (block === 0) return ofNew * ofHidden * logistic(reset) * logistic(-reset)
    if (block === 2) return ofNew * logistic(reset)
    return ofNew
  },
)

/**
 * What the state before a step receives: Σᵣ δ[n,r]·weight[r,j] over `rows` rows of weight, and the last of the blocks of δ, which
 * has `columns` columns.
 */
export const stateGradient = kernel(
  'gradient of a state of gru',
  function (
    this: Thread,
    size: number,
    delta: Values,
    weight: Values,
    units: number,
    rows: number,
    columns: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const n = quotient(i, units)
    const j = i - n * units
    const first = n * columns
    let sum = 0
    for (let start = 0; start < rows; start += 64) {
      const end = Math.min(start + 64, rows)
      let part = 0
      for (let r = start; r < end; r += 1) part += delta[first + r] * weight[r * units + j]
      sum += part
    }
    return sum + delta[first + (columns - units) + j]
  },
  (_delta, _weight, _units, rows) => roundsOfSum(rows),
)

/** The gates' δ at the input terms, [rows,3H]: blocks 0, 1 and 3 of the five. */
const inputDeltas = kernel(
  'gradient of the input terms of gru',
  function (this: Thread, size: number, delta: Values, units: number): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, 3 * units)
    const column = i - row * 3 * units
    if (column < 2 * units) return delta[row * 5 * units + column]
    return delta[row * 5 * units + column + units]
  },
)

/** One call's sizes and parameters, and Wxₜ + b of all steps. */
export async function prepare(call: GpuCall) {
  const { workspace } = call
  const { T, N, I, H } = call.sizes
  const bias = call.optional('biasInput')
  return {
    workspace,
    steps: T,
    area: N * H,
    units: H,
    inputs: await transform(workspace, call.input('x'), call.input('weightInput'), bias, [I, 3 * H]),
    initial: call.optional('h0') ?? (await workspace.filled(N * H, 0)),
    weight: call.input('weightHidden'),
    bias: call.optional('biasHidden') ?? (await workspace.filled(3 * H, 0)),
  }
}

export type Recurrence = Awaited<ReturnType<typeof prepare>>

/** h₀ and every step's hidden state, in this order. */
async function hiddenStates({ workspace, steps, area, units, inputs, initial, weight, bias }: Recurrence) {
  const states = [initial]
  for (let t = 0; t < steps; t++) {
    const { values, offset } = windowOf(workspace, inputs, 3 * t * area, 3 * area)
    states.push(await workspace.run(step, area, values, states[t], weight, bias, offset, units))
  }
  return states
}

/** The five blocks of every step, backward through time: [N,5H] each; and what the first state receives. */
async function deltas(
  recurrence: Recurrence,
  states: readonly DeviceArray[],
  previous: DeviceArray,
  gradient: DeviceArray,
) {
  const { workspace, steps, area, units, inputs, weight, bias } = recurrence
  const hidden = await transform(workspace, previous, weight, bias, [units, 3 * units])
  const result: DeviceArray[] = []
  let fromNext = await workspace.filled(area, 0)
  for (let t = steps - 1; t >= 0; t--) {
    const ofInput = windowOf(workspace, inputs, 3 * t * area, 3 * area)
    const ofHidden = windowOf(workspace, hidden, 3 * t * area, 3 * area)
    const g = windowOf(workspace, gradient, t * area, area)
    const arrays = [ofInput.values, ofHidden.values, states[t], g.values, fromNext] as const
    const delta = await workspace.run(stepGradient, 5 * area, ...arrays, ofInput.offset, g.offset, units)
    fromNext = await workspace.run(stateGradient, area, delta, weight, units, 3 * units, 5 * units)
    result.unshift(delta)
  }
  return { result, first: fromNext }
}

export const gru: GpuOperator = {
  forward: async (call) => {
    const [, ...states] = await hiddenStates(await prepare(call))
    return { hidden: await sequenceOf(call.workspace, states) }
  },
  /** With δ at the input and δ′ at the hidden terms: x: δₜ·W, W: Σ δₜᵀ·xₜ, U: Σ δ′ₜᵀ·hₜ₋₁, b: Σ δₜ, c: Σ δ′ₜ. */
  backward: async (call) => {
    const { workspace } = call
    const { T, N, I, H } = call.sizes
    const recurrence = await prepare(call)
    const states = (await hiddenStates(recurrence)).slice(0, T)
    const previous = await sequenceOf(workspace, states)
    const { result, first } = await deltas(recurrence, states, previous, call.gradient('hidden'))
    const flat = await sequenceOf(workspace, result)
    const atInput = await workspace.run(inputDeltas, 3 * T * N * H, flat, H)
    const [delta, deltaHidden] = [matrix(atInput, 3 * H), matrix(flat, 5 * H)]
    const [x, weightInput, weightHidden, biasInput, sums] = await Promise.all([
      multiply(workspace, delta, matrix(call.input('weightInput'), I), [T * N, 3 * H, I]),
      multiply(workspace, transposed(delta), matrix(call.input('x'), I), [3 * H, T * N, I]),
      multiply(workspace, transposed(deltaHidden), matrix(previous, H), [3 * H, T * N, H]),
      sumRows(workspace, atInput, 3 * H),
      sumRows(workspace, flat, 5 * H),
    ])
    const biasHidden = await slice(workspace, sums, 0, 3 * H)
    const gradients = { x, h0: first, weightInput, weightHidden, biasInput, biasHidden }
    return Object.fromEntries(Object.entries(gradients).filter(([name]) => name in call.shapes))
  },
}

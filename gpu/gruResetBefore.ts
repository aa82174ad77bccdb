import { add, besides, windowOf } from './blocks.js'
import type { DeviceArray } from './deviceArray.js'
import { prepare, type Recurrence, stateGradient } from './gru.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import { concatenate, slice } from './layout.js'
import { matrix, multiply, sumRows, transform, transposed } from './linear.js'
import type { GpuOperator } from './operator.js'
import { sequenceOf } from './sequence.js'

declare function quotient(i: number, n: number): number
declare function logistic(x: number): number
declare function hyperbolicTangent(x: number): number
declare function slopeOfTangent(x: number): number

/** What U meets of the state for the candidate: r·h, with r = σ(·) of the sum of input and hidden terms. */
const keptState = kernel(
  'kept state of gruResetBefore',
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
    let reset = 0
    for (let start = 0; start < units; start += 64) {
      const end = Math.min(start + 64, units)
      let part = 0
      for (let k = start; k < end; k += 1) part += weight[j * units + k] * previous[n * units + k]
      reset += part
    }
    return logistic(input[offset + n * 3 * units + j] + (reset + bias[j])) * previous[i]
  },
  (_input, _previous, _weight, _bias, _offset, units) => roundsOfSum(units),
)

/** hₜ = (1 − z)·n + z·hₜ₋₁ with z = σ(·) from the state and n = tanh(·) from what is kept of it, summed together. */
const step = kernel(
  'step of gruResetBefore',
  function (
    this: Thread,
    size: number,
    input: Values,
    previous: Values,
    kept: Values,
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
    let update = 0
    let candidate = 0
    for (let start = 0; start < units; start += 64) {
      const end = Math.min(start + 64, units)
      let updatePart = 0
      let candidatePart = 0
      for (let k = start; k < end; k += 1) {
        const at = area + j * units + k
        updatePart += weight[at] * previous[n * units + k]
        candidatePart += weight[area + at] * kept[n * units + k]
      }
      update += updatePart
      candidate += candidatePart
    }
    const from = offset + n * 3 * units + j
    const z = input[from + units] + (update + bias[units + j])
    const a = input[from + 2 * units] + (candidate + bias[2 * units + j])
    return logistic(-z) * hyperbolicTangent(a) + logistic(z) * previous[i]
  },
  (_input, _previous, _kept, _weight, _bias, _offset, units) => roundsOfSum(units),
)

/**
 * Three blocks of H a sequence, from what the functions of all steps are applied to: with h = gₜ + what the next step hands back,
 * δ of the candidate h·(1 − z)·tanh′, of the update gate h·(hₜ₋₁ − n)·σ′, and h·z, which the state before receives at once.
 */
const commonGradient = kernel(
  'gradient of candidate and update gate of gruResetBefore',
  function (
    this: Thread,
    size: number,
    before: Values,
    previous: Values,
    gradient: Values,
    fromNext: Values,
    beforeOffset: number,
    offset: number,
    units: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const n = quotient(i, 3 * units)
    const block = quotient(i - n * 3 * units, units)
    const j = i - (n * 3 + block) * units
    const unit = n * units + j
    const update = before[beforeOffset + n * 3 * units + units + j]
    const candidate = before[beforeOffset + n * 3 * units + 2 * units + j]
    const h = gradient[offset + unit] + fromNext[unit]
    if (block === 0) return h * logistic(-update) * slopeOfTangent(candidate)
    if (block === 1) return h * (previous[unit] - hyperbolicTangent(candidate)) * logistic(update) * logistic(-update)
    return h * logistic(update)
  },
)

/**
 * Four blocks of H a sequence, from those three and from what r·hₜ₋₁ receives, q: δ of the reset gate q·hₜ₋₁·σ′, of the update gate and
 * of the candidate, and what the state before receives at once, h·z + q·r.
 */
const stepGradient = kernel(
  'gradient of a step of gruResetBefore',
  function (
    this: Thread,
    size: number,
    before: Values,
    previous: Values,
    common: Values,
    ofKept: Values,
    beforeOffset: number,
    units: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const n = quotient(i, 4 * units)
    const block = quotient(i - n * 4 * units, units)
    const j = i - (n * 4 + block) * units
    const unit = n * units + j
    const first = n * 3 * units + j
    if (block === 1) return common[first + units]
    if (block === 2) return common[first]
    const reset = before[beforeOffset + first]
    if (block === 0) return ofKept[unit] * previous[unit] * logistic(reset) * logistic(-reset)
    return common[first + 2 * units] + ofKept[unit] * logistic(reset)
  },
)

/** Every step's hidden state, with h₀ before them, and what of it U meets for the candidate. */
async function unroll({ workspace, steps, area, units, inputs, initial, weight, bias }: Recurrence) {
  const states = [initial]
  const kept: DeviceArray[] = []
  for (let t = 0; t < steps; t++) {
    const { values, offset } = windowOf(workspace, inputs, 3 * t * area, 3 * area)
    kept.push(await workspace.run(keptState, area, values, states[t], weight, bias, offset, units))
    states.push(await workspace.run(step, area, values, states[t], kept[t], weight, bias, offset, units))
  }
  return { states, kept }
}

/** Weight and bias of the gates, and of the candidate. */
async function parts({ workspace, units, weight, bias }: Recurrence) {
  const [ofGates, ofCandidate] = [
    [0, 2 * units],
    [2 * units, units],
  ]
  const [gateWeight, candidateWeight, gateBias, candidateBias] = await Promise.all([
    ...[ofGates, ofCandidate].map(([first, rows]) => slice(workspace, weight, first * units, rows * units)),
    ...[ofGates, ofCandidate].map(([first, rows]) => slice(workspace, bias, first, rows)),
  ])
  return { gateWeight, candidateWeight, gateBias, candidateBias }
}

export const gruResetBefore: GpuOperator = {
  forward: async (call) => {
    const { states } = await unroll(await prepare(call))
    return { hidden: await sequenceOf(call.workspace, states.slice(1)) }
  },
  /** x: δₜ·W, W: Σ δₜᵀ·xₜ, U of the gates: Σ δₜᵀ·hₜ₋₁, of the candidate: Σ δₜᵀ·(r⊙hₜ₋₁), both biases: Σ δₜ. */
  backward: async (call) => {
    const { workspace } = call
    const { T, N, I, H } = call.sizes
    const recurrence = await prepare(call)
    const { inputs, area, weight } = recurrence
    const { states, kept } = await unroll(recurrence)
    const { gateWeight, candidateWeight, gateBias, candidateBias } = await parts(recurrence)
    const [previous, met] = await Promise.all([sequenceOf(workspace, states.slice(0, T)), sequenceOf(workspace, kept)])
    const [ofGates, ofCandidate] = await Promise.all([
      transform(workspace, previous, gateWeight, gateBias, [H, 2 * H]),
      transform(workspace, met, candidateWeight, candidateBias, [H, H]),
    ])
    const before = await add(workspace, inputs, await besides(workspace, ofGates, ofCandidate, [2 * H, H]))
    const gradient = call.gradient('hidden')
    const [deltas, commons]: [DeviceArray[], DeviceArray[]] = [[], []]
    let fromNext = await workspace.filled(area, 0)
    for (let t = T - 1; t >= 0; t--) {
      const a = windowOf(workspace, before, 3 * t * area, 3 * area)
      const g = windowOf(workspace, gradient, t * area, area)
      const given = [a.values, states[t], g.values, fromNext] as const
      const common = await workspace.run(commonGradient, 3 * area, ...given, a.offset, g.offset, H)
      const ofKept = await multiply(workspace, matrix(common, 3 * H), matrix(candidateWeight, H), [N, H, H])
      const delta = await workspace.run(stepGradient, 4 * area, a.values, states[t], common, ofKept, a.offset, H)
      fromNext = await workspace.run(stateGradient, area, delta, weight, H, 2 * H, 4 * H)
      deltas.unshift(delta)
      commons.unshift(common)
    }
    const [flat, ofNew] = await Promise.all([sequenceOf(workspace, deltas), sequenceOf(workspace, commons)])
    const delta = matrix(flat, 4 * H)
    const [x, weightInput, gateRows, candidateRows, sums] = await Promise.all([
      multiply(workspace, delta, matrix(call.input('weightInput'), I), [T * N, 3 * H, I]),
      multiply(workspace, transposed(delta), matrix(call.input('x'), I), [3 * H, T * N, I]),
      multiply(workspace, transposed(delta), matrix(previous, H), [2 * H, T * N, H]),
      multiply(workspace, transposed(matrix(ofNew, 3 * H)), matrix(met, H), [H, T * N, H]),
      sumRows(workspace, flat, 4 * H),
    ])
    const [weightHidden, bias] = await Promise.all([
      concatenate(workspace, [gateRows, candidateRows]),
      slice(workspace, sums, 0, 3 * H),
    ])
    const gradients = { x, h0: fromNext, weightInput, weightHidden, biasInput: bias, biasHidden: bias }
    return Object.fromEntries(Object.entries(gradients).filter(([name]) => name in call.shapes))
  },
}

import { float, optional, output } from './contract.js'
import { hyperbolicTangent, logistic, sechSquared } from './elementary.js'
import { addProduct } from './linear.js'
import { defineOperator } from './operator.js'
import {
  dimensionNames,
  gathererOf,
  logisticSlope,
  type Network,
  parameters,
  stepOf,
  termsOf,
} from './recurrentSteps.js'
import { rowMajor, tensor, zeros } from './tensor.js'

/** Where a GRU's reset gate acts: on U·h + c, or on the h that U meets. */
type ResetGate = 'after U' | 'before U'

/**
 * What the steps of a GRU compute: its function writes the terms of step t, those of the input and of the hidden state, and
 * returns what U meets in the third block, [N,H].
 */
function gruSteps(network: Network, resetGate: ResetGate) {
  const terms = termsOf(network)
  const [N, H] = [network.x.shape[1], network.weightHidden.shape[1]]
  const [kept, fromKept] = [new Float64Array(N * H), new Float64Array(N * 3 * H)]
  return (t: number, previous: Float64Array, fromInput: Float64Array, fromHidden: Float64Array): Float64Array => {
    terms.input(t, fromInput)
    terms.hidden(previous, fromHidden.fill(0))
    if (resetGate === 'after U') return previous
    for (let i = 0; i < N * H; i++) {
      const [reset] = gruPositions(i, H)
      kept[i] = logistic(fromInput[reset] + fromHidden[reset]) * previous[i]
    }
    terms.hidden(kept, fromKept.fill(0))
    for (let i = 0; i < N * H; i++) {
      const [, , candidate] = gruPositions(i, H)
      fromHidden[candidate] = fromKept[candidate]
    }
    return kept
  }
}

/** The hidden states of all steps, [T,N,H]. */
function runGru(network: Network, resetGate: ResetGate): Float64Array {
  const [T, N] = network.x.shape
  const H = network.weightHidden.shape[1]
  const writeTerms = gruSteps(network, resetGate)
  const [fromInput, fromHidden] = [new Float64Array(N * 3 * H), new Float64Array(N * 3 * H)]
  const hidden = new Float64Array(T * N * H)
  for (let t = 0; t < T; t++) {
    const previous = stepOf(hidden, t - 1, network.h0, N * H)
    writeTerms(t, previous, fromInput, fromHidden)
    for (let i = 0; i < N * H; i++) {
      const { update, candidate } = gruGates(fromInput, fromHidden, i, H, resetGate)
      hidden[t * N * H + i] = logistic(-update) * hyperbolicTangent(candidate) + logistic(update) * previous[i]
    }
  }
  return hidden
}

/** Where reset, update and candidate of unit i of [N,H] stand in [N,3H]. */
function gruPositions(i: number, H: number): readonly [number, number, number] {
  const first = Math.floor(i / H) * 3 * H + (i % H)
  return [first, first + H, first + 2 * H]
}

/** The pre-activations of reset, update and candidate of unit i of [N,H], and where they stand in [N,3H]. */
function gruGates(fromInput: Float64Array, fromHidden: Float64Array, i: number, H: number, resetGate: ResetGate) {
  const positions = gruPositions(i, H)
  const reset = fromInput[positions[0]] + fromHidden[positions[0]]
  const update = fromInput[positions[1]] + fromHidden[positions[1]]
  const share = resetGate === 'after U' ? logistic(reset) : 1
  const candidate = fromInput[positions[2]] + share * fromHidden[positions[2]]
  return { positions, reset, update, candidate }
}

const gruContract = {
  family: 'recurrent',
  inputs: { x: float('T', 'N', 'I'), h0: optional(float('N', 'H')), ...parameters('3H') },
  attributes: {},
  outputs: { hidden: output('T', 'N', 'H') },
  dimensionNames,
} as const

export const gru = defineOperator({
  ...gruContract,
  name: 'gru',
  summary:
    'three blocks of W·x + b and U·h + c: reset r = σ(·), update z = σ(·), new n = tanh(W·x + b + r⊙(U·h + c)); hₜ = (1 − z)⊙n + z⊙hₜ₋₁',
  source:
    'Learning Phrase Representations using RNN Encoder-Decoder (2014), equations 5 to 8, with r applied after U and z on the old state',
  forward: (inputs) => {
    const [T, N] = inputs.x.shape
    return { hidden: tensor([T, N, inputs.weightHidden.shape[1]], runGru(inputs, 'after U')) }
  },
  /**
   * With h = ∂L/∂hₜ = gₜ + zₜ₊₁⊙∂L/∂hₜ₊₁ + Uᵀ·δ′ₜ₊₁: δ of new = h⊙(1 − z)⊙tanh′, of update = h⊙(hₜ₋₁ − n)⊙σ′,
   * of reset = δ(new)⊙(U·hₜ₋₁ + c)⊙σ′; δ′ is the same with δ(new)⊙r.
   */
  backward: (inputs, _, { hidden: gradient }) => {
    const [T, N] = inputs.x.shape
    const H = inputs.weightHidden.shape[1]
    const hidden = runGru(inputs, 'after U')
    const [g, U] = [rowMajor(gradient), rowMajor(inputs.weightHidden)]
    const [writeTerms, gatherer] = [gruSteps(inputs, 'after U'), gathererOf(inputs)]
    // Each step's terms give way to its δ and δ′.
    const [deltaInput, deltaHidden] = [new Float64Array(N * 3 * H), new Float64Array(N * 3 * H)]
    const fromNext = zeros([N, H])
    for (let t = T - 1; t >= 0; t--) {
      const previous = stepOf(hidden, t - 1, inputs.h0, N * H)
      writeTerms(t, previous, deltaInput, deltaHidden)
      for (let i = 0; i < N * H; i++) {
        const { positions, reset, update, candidate } = gruGates(deltaInput, deltaHidden, i, H, 'after U')
        const h = g[t * N * H + i] + fromNext.data[i]
        const ofNew = h * logistic(-update) * sechSquared(candidate)
        const ofUpdate = h * (previous[i] - hyperbolicTangent(candidate)) * logisticSlope(update)
        const ofReset = ofNew * deltaHidden[positions[2]] * logisticSlope(reset)
        for (const [gate, value] of [ofReset, ofUpdate, ofNew].entries()) {
          deltaInput[positions[gate]] = value
          deltaHidden[positions[gate]] = gate === 2 ? value * logistic(reset) : value
        }
        fromNext.data[i] = h * logistic(update)
      }
      gatherer.input(t, deltaInput)
      gatherer.hidden(deltaHidden, previous)
      addProduct(fromNext.data, 0, deltaHidden, 0, U, 0, [N, 3 * H, H])
    }
    return { ...gatherer.gradients, ...(inputs.h0 && { h0: fromNext }) }
  },
})

export const gruResetBefore = defineOperator({
  ...gruContract,
  name: 'gruResetBefore',
  summary:
    'gru with its reset gate before U: reset r = σ(·) and update z = σ(·) of W·x + b + U·h + c, new n = tanh(W·x + b + U·(r⊙h) + c); hₜ = (1 − z)⊙n + z⊙hₜ₋₁',
  source:
    'Learning Phrase Representations using RNN Encoder-Decoder (2014), equations 5 to 8, with biases; there as here z keeps the old state',
  forward: (inputs) => {
    const [T, N] = inputs.x.shape
    return { hidden: tensor([T, N, inputs.weightHidden.shape[1]], runGru(inputs, 'before U')) }
  },
  /**
   * With h = ∂L/∂hₜ = gₜ + zₜ₊₁⊙∂L/∂hₜ₊₁ + rₜ₊₁⊙qₜ₊₁ + U_rᵀ·δrₜ₊₁ + U_zᵀ·δzₜ₊₁: δn = h⊙(1 − z)⊙tanh′, q = U_nᵀ·δn is what
   * r⊙hₜ₋₁ receives, δr = q⊙hₜ₋₁⊙σ′, δz = h⊙(hₜ₋₁ − n)⊙σ′. U_n meets r⊙hₜ₋₁, U_r and U_z meet hₜ₋₁; both biases receive δ.
   */
  backward: (inputs, _, { hidden: gradient }) => {
    const [T, N] = inputs.x.shape
    const H = inputs.weightHidden.shape[1]
    const hidden = runGru(inputs, 'before U')
    const [g, U] = [rowMajor(gradient), rowMajor(inputs.weightHidden)]
    const [writeTerms, gatherer] = [gruSteps(inputs, 'before U'), gathererOf(inputs)]
    const [fromInput, fromHidden] = [new Float64Array(N * 3 * H), new Float64Array(N * 3 * H)]
    // δ of the two gates and of the candidate, which meet different states: zeros in the blocks of the others.
    const [deltaGates, deltaNew] = [new Float64Array(N * 3 * H), new Float64Array(N * 3 * H)]
    const [fromNext, ofKept] = [zeros([N, H]), new Float64Array(N * H)]
    for (let t = T - 1; t >= 0; t--) {
      const previous = stepOf(hidden, t - 1, inputs.h0, N * H)
      const kept = writeTerms(t, previous, fromInput, fromHidden)
      for (let i = 0; i < N * H; i++) {
        const { positions, update, candidate } = gruGates(fromInput, fromHidden, i, H, 'before U')
        const h = g[t * N * H + i] + fromNext.data[i]
        deltaNew[positions[2]] = h * logistic(-update) * sechSquared(candidate)
        deltaGates[positions[1]] = h * (previous[i] - hyperbolicTangent(candidate)) * logisticSlope(update)
        fromNext.data[i] = h * logistic(update)
      }
      addProduct(ofKept.fill(0), 0, deltaNew, 0, U, 0, [N, 3 * H, H])
      for (let i = 0; i < N * H; i++) {
        const { positions, reset } = gruGates(fromInput, fromHidden, i, H, 'before U')
        deltaGates[positions[0]] = ofKept[i] * previous[i] * logisticSlope(reset)
        fromNext.data[i] += ofKept[i] * logistic(reset)
      }
      for (const delta of [deltaGates, deltaNew]) gatherer.input(t, delta)
      gatherer.hidden(deltaGates, previous)
      gatherer.hidden(deltaNew, kept)
      addProduct(fromNext.data, 0, deltaGates, 0, U, 0, [N, 3 * H, H])
    }
    return { ...gatherer.gradients, ...(inputs.h0 && { h0: fromNext }) }
  },
})

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
import { copy, rowMajor, type Tensor, tensor, zeros } from './tensor.js'

type Activation = 'tanh' | 'relu' | 'identity'

const activate: Readonly<Record<Activation, (a: number) => number>> = {
  tanh: hyperbolicTangent,
  relu: (a) => Math.max(a, 0),
  identity: (a) => a,
}

/** f′ at the pre-activation a. */
const derivative: Readonly<Record<Activation, (a: number) => number>> = {
  tanh: sechSquared,
  relu: (a) => (a > 0 ? 1 : 0),
  identity: () => 1,
}

/** The hidden states hₜ of all steps, [T,N,H]. */
function runRnn(network: Network, activation: Activation): Float64Array {
  const [T, N] = network.x.shape
  const H = network.weightHidden.shape[1]
  const terms = termsOf(network)
  const a = new Float64Array(N * H)
  const hidden = new Float64Array(T * N * H)
  for (let t = 0; t < T; t++) {
    terms.input(t, a)
    terms.hidden(stepOf(hidden, t - 1, network.h0, N * H), a)
    for (let i = 0; i < N * H; i++) hidden[t * N * H + i] = activate[activation](a[i])
  }
  return hidden
}

export const rnn = defineOperator({
  name: 'rnn',
  family: 'recurrent',
  summary: 'hₜ = f(W·xₜ + b + U·hₜ₋₁ + c); h₀ = 0 where it is not given',
  source: 'Deep Learning (MIT Press 2016), section 10.2; ntua/1.3',
  inputs: { x: float('T', 'N', 'I'), h0: optional(float('N', 'H')), ...parameters('H') },
  attributes: { activation: { type: 'choice', values: ['tanh', 'relu', 'identity'], default: 'tanh' } },
  outputs: { hidden: output('T', 'N', 'H') },
  dimensionNames,
  forward: (inputs, { activation }) => {
    const [T, N] = inputs.x.shape
    return { hidden: tensor([T, N, inputs.weightHidden.shape[1]], runRnn(inputs, activation)) }
  },
  /** Backpropagation through time: δₜ = f′(aₜ)⊙(∂L/∂hₜ + Uᵀ·δₜ₊₁). */
  backward: (inputs, { activation }, { hidden: gradient }) => {
    const [T, N] = inputs.x.shape
    const H = inputs.weightHidden.shape[1]
    const hidden = runRnn(inputs, activation)
    const [g, U] = [rowMajor(gradient), rowMajor(inputs.weightHidden)]
    const [terms, gatherer] = [termsOf(inputs), gathererOf(inputs)]
    const delta = new Float64Array(N * H)
    const fromNext = zeros([N, H])
    for (let t = T - 1; t >= 0; t--) {
      const previous = stepOf(hidden, t - 1, inputs.h0, N * H)
      terms.input(t, delta)
      terms.hidden(previous, delta) // The step's pre-activations give way to its δ.
      for (let i = 0; i < N * H; i++)
        delta[i] = derivative[activation](delta[i]) * (g[t * N * H + i] + fromNext.data[i])
      gatherer.input(t, delta)
      gatherer.hidden(delta, previous)
      addProduct(fromNext.data.fill(0), 0, delta, 0, U, 0, [N, H, H])
    }
    return { ...gatherer.gradients, ...(inputs.h0 && { h0: fromNext }) }
  },
})

/** Cells and hidden states of all steps, each [T,N,H]. */
function runLstm(network: Network & { readonly c0?: Tensor }) {
  const [T, N] = network.x.shape
  const H = network.weightHidden.shape[1]
  const terms = termsOf(network)
  const a = new Float64Array(N * 4 * H)
  const [cells, hidden] = [new Float64Array(T * N * H), new Float64Array(T * N * H)]
  for (let t = 0; t < T; t++) {
    terms.input(t, a)
    terms.hidden(stepOf(hidden, t - 1, network.h0, N * H), a)
    const c = stepOf(cells, t - 1, network.c0, N * H)
    for (let i = 0; i < N * H; i++) {
      const [input, forget, candidate, out] = gatesAt(i, H)
      const at = t * N * H + i
      cells[at] = logistic(a[forget]) * c[i] + logistic(a[input]) * hyperbolicTangent(a[candidate])
      hidden[at] = logistic(a[out]) * hyperbolicTangent(cells[at])
    }
  }
  return { cells, hidden }
}

/** Where the four gates of unit i of [N,H] stand in [N,4H]. */
function gatesAt(i: number, H: number): readonly [number, number, number, number] {
  const first = Math.floor(i / H) * 4 * H + (i % H)
  return [first, first + H, first + 2 * H, first + 3 * H]
}

export const lstm = defineOperator({
  name: 'lstm',
  family: 'recurrent',
  summary:
    'aₜ = W·xₜ + b + U·hₜ₋₁ + c in four blocks: input i = σ(a), forget f = σ(a), candidate g = tanh(a), output o = σ(a); cₜ = f⊙cₜ₋₁ + i⊙g, hₜ = o⊙tanh(cₜ); cell is the last cₜ',
  source:
    'Long Short-Term Memory (1997), appendix A.1; the forget gate: Learning to Forget: Continual Prediction with LSTM (1999), section 3',
  inputs: {
    x: float('T', 'N', 'I'),
    h0: optional(float('N', 'H')),
    c0: optional(float('N', 'H')),
    ...parameters('4H'),
  },
  attributes: {},
  outputs: { hidden: output('T', 'N', 'H'), cell: output('N', 'H') },
  dimensionNames,
  forward: (inputs) => {
    const [T, N] = inputs.x.shape
    const H = inputs.weightHidden.shape[1]
    const { cells, hidden } = runLstm(inputs)
    return { hidden: tensor([T, N, H], hidden), cell: tensor([N, H], cells.slice((T - 1) * N * H)) }
  },
  /**
   * ∂L/∂hₜ = gₜ + Uᵀ·δₜ₊₁; ∂L/∂cₜ = ∂L/∂hₜ⊙o⊙tanh′(cₜ) + ∂L/∂cₜ₊₁⊙fₜ₊₁; then for the four blocks
   * δ = ∂L/∂cₜ⊙g⊙σ′, ∂L/∂cₜ⊙cₜ₋₁⊙σ′, ∂L/∂cₜ⊙i⊙tanh′, ∂L/∂hₜ⊙tanh(cₜ)⊙σ′.
   */
  backward: (inputs, _, gradients) => {
    const [T, N] = inputs.x.shape
    const H = inputs.weightHidden.shape[1]
    const { cells, hidden } = runLstm(inputs)
    const [g, U] = [rowMajor(gradients.hidden), rowMajor(inputs.weightHidden)]
    const [terms, gatherer] = [termsOf(inputs), gathererOf(inputs)]
    const delta = new Float64Array(N * 4 * H)
    const [gradientH, gradientC] = [zeros([N, H]), copy(gradients.cell)]
    for (let t = T - 1; t >= 0; t--) {
      const previous = stepOf(hidden, t - 1, inputs.h0, N * H)
      const previousCell = stepOf(cells, t - 1, inputs.c0, N * H)
      terms.input(t, delta)
      terms.hidden(previous, delta) // The step's pre-activations give way to its δ.
      for (let i = 0; i < N * H; i++) {
        const at = t * N * H + i
        const gates = gatesAt(i, H)
        const [input, forget, candidate, out] = gates.map((gate) => delta[gate])
        const h = g[at] + gradientH.data[i]
        const c = gradientC.data[i] + h * logistic(out) * sechSquared(cells[at])
        delta[gates[0]] = c * hyperbolicTangent(candidate) * logisticSlope(input)
        delta[gates[1]] = c * previousCell[i] * logisticSlope(forget)
        delta[gates[2]] = c * logistic(input) * sechSquared(candidate)
        delta[gates[3]] = h * hyperbolicTangent(cells[at]) * logisticSlope(out)
        gradientC.data[i] = c * logistic(forget)
      }
      gatherer.input(t, delta)
      gatherer.hidden(delta, previous)
      addProduct(gradientH.data.fill(0), 0, delta, 0, U, 0, [N, 4 * H, H])
    }
    return { ...gatherer.gradients, ...(inputs.h0 && { h0: gradientH }), ...(inputs.c0 && { c0: gradientC }) }
  },
})

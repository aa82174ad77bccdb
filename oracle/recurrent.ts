import { float, optional, output } from './contract.js'
import { product, sumLeading } from './linear.js'
import { defineOperator } from './operator.js'
import { reshape, rowMajor, type Tensor, tensor, zeros } from './tensor.js'

type Activation = 'tanh' | 'relu' | 'identity'

const activate: Readonly<Record<Activation, (a: number) => number>> = {
  tanh: Math.tanh,
  relu: (a) => Math.max(a, 0),
  identity: (a) => a,
}

/** f′ at the pre-activation a. tanh′ as 1/cosh² keeps its digits where tanh is near 1. */
const derivative: Readonly<Record<Activation, (a: number) => number>> = {
  tanh: (a) => {
    const e = Math.exp(-2 * Math.abs(a))
    return (4 * e) / ((1 + e) * (1 + e))
  },
  relu: (a) => (a > 0 ? 1 : 0),
  identity: () => 1,
}

interface Parameters {
  readonly x: Tensor
  readonly h0?: Tensor
  readonly weightInput: Tensor
  readonly weightHidden: Tensor
  readonly biasInput?: Tensor
  readonly biasHidden?: Tensor
}

/** Pre-activations aₜ and hidden states hₜ of all steps, each [T,N,H]. */
function run({ x, h0, weightInput, weightHidden, biasInput, biasHidden }: Parameters, activation: Activation) {
  const [T, N] = x.shape
  const H = weightHidden.shape[0]
  const preActivations = rowMajor(product(reshape(x, [T * N, x.shape[2]]), weightInput.transpose(1, 0)))
  const hidden = new Float64Array(T * N * H)
  const [b, c] = [biasInput && rowMajor(biasInput), biasHidden && rowMajor(biasHidden)]
  let previous = h0 ?? zeros([N, H])
  for (let t = 0; t < T; t++) {
    const recurrent = rowMajor(product(previous, weightHidden.transpose(1, 0)))
    const from = t * N * H
    for (let i = 0; i < N * H; i++) {
      preActivations[from + i] += recurrent[i] + (b?.[i % H] ?? 0) + (c?.[i % H] ?? 0)
      hidden[from + i] = activate[activation](preActivations[from + i])
    }
    previous = tensor([N, H], hidden.subarray(from, from + N * H))
  }
  return { preActivations, hidden }
}

export const rnn = defineOperator({
  name: 'rnn',
  family: 'recurrent',
  summary: 'hₜ = f(W·xₜ + b + U·hₜ₋₁ + c); h₀ = 0 where it is not given',
  source: 'Deep Learning (MIT Press 2016), section 10.2; ntua/1.3',
  inputs: {
    x: float('T', 'N', 'I'),
    h0: optional(float('N', 'H')),
    weightInput: float('H', 'I'),
    weightHidden: float('H', 'H'),
    biasInput: optional(float('H')),
    biasHidden: optional(float('H')),
  },
  attributes: { activation: { type: 'choice', values: ['tanh', 'relu', 'identity'], default: 'tanh' } },
  outputs: { hidden: output('T', 'N', 'H') },
  dimensionNames: { T: 'steps', N: 'sequences', I: 'input features', H: 'hidden units' },
  forward: (inputs, { activation }) => {
    const [T, N] = inputs.x.shape
    return { hidden: tensor([T, N, inputs.weightHidden.shape[0]], run(inputs, activation).hidden) }
  },
  /** Backpropagation through time: δₜ = f′(aₜ)⊙(∂L/∂hₜ + Uᵀ·δₜ₊₁), then W, U, b, c gather δₜ·xₜᵀ, δₜ·hₜ₋₁ᵀ, δₜ, δₜ. */
  backward: (inputs, { activation }, { hidden: gradient }) => {
    const { x, h0, weightInput, weightHidden, biasInput, biasHidden } = inputs
    const [T, N, I] = x.shape
    const H = weightHidden.shape[0]
    const { preActivations, hidden } = run(inputs, activation)
    const g = rowMajor(gradient)
    const delta = new Float64Array(T * N * H)
    let fromNext = zeros([N, H])
    for (let t = T - 1; t >= 0; t--) {
      const from = t * N * H
      for (let i = 0; i < N * H; i++)
        delta[from + i] = derivative[activation](preActivations[from + i]) * (g[from + i] + fromNext.data[i])
      fromNext = product(tensor([N, H], delta.subarray(from, from + N * H)), weightHidden)
    }
    const deltas = tensor([T * N, H], delta)
    const previous = new Float64Array(T * N * H)
    if (h0 !== undefined) previous.set(rowMajor(h0))
    previous.set(hidden.subarray(0, (T - 1) * N * H), N * H)
    return {
      x: reshape(product(deltas, weightInput), x.shape),
      ...(h0 === undefined ? {} : { h0: fromNext }),
      weightInput: product(deltas.transpose(1, 0), reshape(x, [T * N, I])),
      weightHidden: product(deltas.transpose(1, 0), tensor([T * N, H], previous)),
      ...(biasInput === undefined ? {} : { biasInput: sumLeading(deltas, [H]) }),
      ...(biasHidden === undefined ? {} : { biasHidden: sumLeading(deltas, [H]) }),
    }
  },
})

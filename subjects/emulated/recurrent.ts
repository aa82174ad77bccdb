import type { Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensors, tensor } from '../../oracle/tensor.js'
import { tanhGradient } from './activations.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { flip, matrix, products, sumOfRows } from './linear.js'

export function rnn(arithmetic: EmulatedArithmetic): Operator {
  const activate = (activation: unknown, a: number) =>
    activation === 'tanh' ? arithmetic.tanh(a) : activation === 'relu' ? Math.max(0, a) : a
  const slope = (activation: unknown, y: number, g: number) =>
    activation === 'tanh' ? tanhGradient(arithmetic, y, g) : activation === 'relu' && y <= 0 ? 0 : g

  /** The states [N·H] of step 0 (the initial one) to step T. */
  function states({ x, h0, weightInput, weightHidden, biasInput, biasHidden }: Tensors, activation: unknown) {
    const [T, N, I] = x.shape
    const H = weightHidden.shape[0]
    const [data, W, U] = [rowMajor(x), matrix(rowMajor(weightInput), I), matrix(rowMajor(weightHidden), H)]
    const biases = [biasInput, biasHidden].flatMap((bias) => (bias === undefined ? [] : [rowMajor(bias)]))
    const result = [h0 === undefined ? new Float64Array(N * H) : rowMajor(h0)]
    for (let t = 0; t < T; t++) {
      const fromInput = products(arithmetic, matrix(data.subarray(t * N * I, (t + 1) * N * I), I), flip(W), [
        1,
        N,
        I,
        H,
      ])
      const fromState = products(arithmetic, matrix(result[t], H), flip(U), [1, N, H, H])
      result.push(
        fromInput.map((value, i) => {
          const a = biases.reduce((sum, bias) => arithmetic.add(sum, bias[i % H]), arithmetic.add(value, fromState[i]))
          return activate(activation, a)
        }),
      )
    }
    return result
  }

  return {
    forward(inputs, { activation }) {
      const [T, N] = inputs.x.shape
      const [, ...hidden] = states(inputs, activation)
      return {
        hidden: tensor(
          [T, N, inputs.weightHidden.shape[0]],
          hidden.flatMap((state) => [...state]),
        ),
      }
    },
    backward(inputs, { activation }, { hidden: gradient }) {
      const { x, h0, weightInput, weightHidden, biasInput, biasHidden } = inputs
      const [T, N, I] = x.shape
      const H = weightHidden.shape[0]
      const hidden = states(inputs, activation)
      const g = rowMajor(gradient)
      const [W, U] = [matrix(rowMajor(weightInput), I), matrix(rowMajor(weightHidden), H)]
      const deltas = new Float64Array(T * N * H)
      let fromNext = new Float64Array(N * H)
      for (let t = T - 1; t >= 0; t--) {
        const delta = fromNext.map((next, i) =>
          slope(activation, hidden[t + 1][i], arithmetic.add(g[t * N * H + i], next)),
        )
        deltas.set(delta, t * N * H)
        fromNext = Float64Array.from(products(arithmetic, matrix(delta, H), U, [1, N, H, H]))
      }
      const delta = matrix(deltas, H)
      const before = Float64Array.from(hidden.slice(0, T).flatMap((state) => [...state]))
      const bias = sumOfRows(arithmetic, deltas, H)
      return {
        x: tensor(x.shape, products(arithmetic, delta, W, [1, T * N, H, I])),
        weightInput: tensor([H, I], products(arithmetic, flip(delta), matrix(rowMajor(x), I), [1, H, T * N, I])),
        weightHidden: tensor([H, H], products(arithmetic, flip(delta), matrix(before, H), [1, H, T * N, H])),
        ...(h0 === undefined ? {} : { h0: tensor([N, H], fromNext) }),
        ...(biasInput === undefined ? {} : { biasInput: tensor([H], bias) }),
        ...(biasHidden === undefined ? {} : { biasHidden: tensor([H], bias) }),
      }
    },
  }
}

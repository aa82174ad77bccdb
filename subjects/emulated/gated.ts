import type { Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensor, type Tensors, tensor } from '../../oracle/tensor.js'
import { logistic, tanhGradient } from './activations.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { flip, matrix, products, sumOfRows } from './linear.js'

/** The features [N, rows] of one step from a state [N, columns]: a·Wᵀ, and the bias where there is one. */
export function terms(
  arithmetic: EmulatedArithmetic,
  a: Float64Array,
  weight: Tensor,
  bias: Tensor | undefined,
): Float64Array {
  const [rows, columns] = weight.shape
  const N = a.length / columns
  const y = products(arithmetic, matrix(a, columns), flip(matrix(rowMajor(weight), columns)), [1, N, columns, rows])
  const b = bias && rowMajor(bias)
  return b === undefined ? y : y.map((value, i) => arithmetic.add(value, b[i % rows]))
}

/** Step t of a sequence [T,N,·]. */
export function stepOf(x: Tensor, t: number): Float64Array {
  const size = x.size / x.shape[0]
  return rowMajor(x).slice(t * size, (t + 1) * size)
}

export const initial = (state: Tensor | undefined, size: number) =>
  state === undefined ? new Float64Array(size) : rowMajor(state).slice()

/** g·s·(1 − s), the gradient through s = σ(a). */
export function logisticGradient(arithmetic: EmulatedArithmetic, s: number, g: number): number {
  return arithmetic.multiply(g, arithmetic.multiply(s, arithmetic.subtract(1, s)))
}

/** Gradients of x, weights and biases from δ [T·N, rows] at W·x + b and at U·h + c. */
export function gathered(
  arithmetic: EmulatedArithmetic,
  { x, weightInput, weightHidden, biasInput, biasHidden }: Tensors,
  before: readonly Float64Array[],
  atInput: readonly Float64Array[],
  atHidden: readonly Float64Array[],
): Tensors {
  const [T, N, I] = x.shape
  const [rows, H] = weightHidden.shape
  const together = (steps: readonly Float64Array[]) => Float64Array.from(steps.flatMap((step) => [...step]))
  const [delta, deltaHidden, previous] = [together(atInput), together(atHidden), together(before)]
  const W = matrix(rowMajor(weightInput), I)
  const sums = (d: Float64Array, a: Float64Array, columns: number) =>
    products(arithmetic, flip(matrix(d, rows)), matrix(a, columns), [1, rows, T * N, columns])
  return {
    x: tensor(x.shape, products(arithmetic, matrix(delta, rows), W, [1, T * N, rows, I])),
    weightInput: tensor([rows, I], sums(delta, rowMajor(x), I)),
    weightHidden: tensor([rows, H], sums(deltaHidden, previous, H)),
    ...(biasInput === undefined ? {} : { biasInput: tensor([rows], sumOfRows(arithmetic, delta, rows)) }),
    ...(biasHidden === undefined ? {} : { biasHidden: tensor([rows], sumOfRows(arithmetic, deltaHidden, rows)) }),
  }
}

/** δ of one step carried back through U: [N,H]. */
export function carried(arithmetic: EmulatedArithmetic, delta: Float64Array, weightHidden: Tensor): Float64Array {
  const [rows, H] = weightHidden.shape
  const N = delta.length / rows
  return products(arithmetic, matrix(delta, rows), matrix(rowMajor(weightHidden), H), [1, N, rows, H])
}

/** Where gate `gate` of unit i stands among `gates` blocks of H. */
export const place = (i: number, gate: number, gates: number, H: number) =>
  Math.floor(i / H) * gates * H + gate * H + (i % H)

export function lstm(arithmetic: EmulatedArithmetic): Operator {
  function run(inputs: Tensors) {
    const { x, h0, c0, weightInput, weightHidden, biasInput, biasHidden } = inputs
    const [T, N] = x.shape
    const H = weightHidden.shape[1]
    let [h, c] = [initial(h0, N * H), initial(c0, N * H)]
    const steps = Array.from({ length: T }, (_, t) => {
      const [beforeH, beforeC] = [h, c]
      const fromState = terms(arithmetic, h, weightHidden, biasHidden)
      const a = terms(arithmetic, stepOf(x, t), weightInput, biasInput).map((value, i) =>
        arithmetic.add(value, fromState[i]),
      )
      const gate = (g: number, i: number) => a[place(i, g, 4, H)]
      const units = Array.from({ length: N * H }, (_, i) => {
        const [input, forget, out] = [0, 1, 3].map((g) => logistic(arithmetic, gate(g, i)))
        const candidate = arithmetic.tanh(gate(2, i))
        const cell = arithmetic.add(arithmetic.multiply(forget, beforeC[i]), arithmetic.multiply(input, candidate))
        const squashed = arithmetic.tanh(cell)
        return { input, forget, candidate, out, cell, squashed, hidden: arithmetic.multiply(out, squashed) }
      })
      h = Float64Array.from(units, ({ hidden }) => hidden)
      c = Float64Array.from(units, ({ cell }) => cell)
      return { beforeH, beforeC, units, hidden: h }
    })
    return { steps, cell: c }
  }
  return {
    forward(inputs) {
      const { steps, cell } = run(inputs)
      const [T, N] = inputs.x.shape
      const H = inputs.weightHidden.shape[1]
      return {
        hidden: tensor(
          [T, N, H],
          steps.flatMap(({ hidden }) => [...hidden]),
        ),
        cell: tensor([N, H], cell),
      }
    },
    backward(inputs, _, gradients) {
      const { steps } = run(inputs)
      const [T, N] = inputs.x.shape
      const H = inputs.weightHidden.shape[1]
      const { add, multiply } = operationsOf(arithmetic)
      let fromNext = new Float64Array(N * H)
      const ofCell = Float64Array.from(rowMajor(gradients.cell))
      const deltas: Float64Array[] = new Array(T)
      for (let t = T - 1; t >= 0; t--) {
        const { units, beforeC } = steps[t]
        const g = stepOf(gradients.hidden, t)
        const delta = new Float64Array(N * 4 * H)
        for (const [i, { input, forget, candidate, out, squashed }] of units.entries()) {
          const dh = add(g[i], fromNext[i])
          const dc = add(ofCell[i], tanhGradient(arithmetic, squashed, multiply(dh, out)))
          delta[place(i, 0, 4, H)] = logisticGradient(arithmetic, input, multiply(dc, candidate))
          delta[place(i, 1, 4, H)] = logisticGradient(arithmetic, forget, multiply(dc, beforeC[i]))
          delta[place(i, 2, 4, H)] = tanhGradient(arithmetic, candidate, multiply(dc, input))
          delta[place(i, 3, 4, H)] = logisticGradient(arithmetic, out, multiply(dh, squashed))
          ofCell[i] = multiply(dc, forget)
        }
        deltas[t] = delta
        fromNext = Float64Array.from(carried(arithmetic, delta, inputs.weightHidden))
      }
      const before = steps.map(({ beforeH }) => beforeH)
      return {
        ...gathered(arithmetic, inputs, before, deltas, deltas),
        ...(inputs.h0 === undefined ? {} : { h0: tensor([N, H], fromNext) }),
        ...(inputs.c0 === undefined ? {} : { c0: tensor([N, H], ofCell) }),
      }
    },
  }
}

/** Sum and product without the name of the arithmetic, for formulas with many of them. */
export function operationsOf(arithmetic: EmulatedArithmetic) {
  return {
    add: (a: number, b: number) => arithmetic.add(a, b),
    multiply: (a: number, b: number) => arithmetic.multiply(a, b),
  }
}

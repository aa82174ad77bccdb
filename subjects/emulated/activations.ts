import type { Operator } from '../../oracle/contract.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { elementwise, rowwise } from './layout.js'

/** σ(x): 1/(1 + e^−x), or, for negative x in the other formulation, e^x/(1 + e^x). */
export function logistic(arithmetic: EmulatedArithmetic, x: number): number {
  if (arithmetic.options.formulation === 'textbook' || x >= 0)
    return arithmetic.divide(1, arithmetic.add(1, arithmetic.exp(-x)))
  const e = arithmetic.exp(x)
  return arithmetic.divide(e, arithmetic.add(1, e))
}

export function sigmoid(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward: ({ x }) => ({ y: elementwise([x], (value) => logistic(arithmetic, value)) }),
    backward: ({ x }, _, { y }) => ({
      x: elementwise([x, y], (value, g) => {
        const s = logistic(arithmetic, value)
        return arithmetic.multiply(g, arithmetic.multiply(s, arithmetic.subtract(1, s)))
      }),
    }),
  }
}

/** g·(1 − y²), the gradient through y = tanh(x). */
export function tanhGradient(arithmetic: EmulatedArithmetic, y: number, g: number): number {
  return arithmetic.multiply(g, arithmetic.subtract(1, arithmetic.multiply(y, y)))
}

export function tanh(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward: ({ x }) => ({ y: elementwise([x], (value) => arithmetic.tanh(value)) }),
    backward: ({ x }, _, { y }) => ({
      x: elementwise([x, y], (value, g) => tanhGradient(arithmetic, arithmetic.tanh(value), g)),
    }),
  }
}

export function relu(): Operator {
  return {
    forward: ({ x }) => ({ y: elementwise([x], (value) => Math.max(0, value)) }),
    backward: ({ x }, _, { y }) => ({ x: elementwise([x, y], (value, g) => (value > 0 ? g : 0)) }),
  }
}

/** x − max − log Σe^(x − max) of a row. */
export function logProbabilities(arithmetic: EmulatedArithmetic, row: readonly number[]): number[] {
  const shifted = shift(arithmetic, row)
  const logSum = arithmetic.log(arithmetic.sum(shifted.map((x) => arithmetic.exp(x))))
  return shifted.map((x) => arithmetic.subtract(x, logSum))
}

/** The softmax of a row: e^(x − max) over its sum, or e^(log softmax). */
export function probabilities(arithmetic: EmulatedArithmetic, row: readonly number[]): number[] {
  if (arithmetic.options.formulation === 'logarithmic')
    return logProbabilities(arithmetic, row).map((x) => arithmetic.exp(x))
  const powers = shift(arithmetic, row).map((x) => arithmetic.exp(x))
  const sum = arithmetic.sum(powers)
  return powers.map((power) => arithmetic.divide(power, sum))
}

function shift(arithmetic: EmulatedArithmetic, row: readonly number[]): number[] {
  const maximum = Math.max(...row)
  return row.map((x) => arithmetic.subtract(x, maximum))
}

export function softmax(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward: ({ x }, { axis }) => ({ y: rowwise(Number(axis), [x], (row) => probabilities(arithmetic, row)) }),
    backward: ({ x }, { axis }, { y }) => ({
      x: rowwise(Number(axis), [x, y], (row, g) => {
        const p = probabilities(arithmetic, row)
        const mean = arithmetic.dot(g, p)
        return p.map((value, i) => arithmetic.multiply(value, arithmetic.subtract(g[i], mean)))
      }),
    }),
  }
}

export function logSoftmax(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward: ({ x }, { axis }) => ({ y: rowwise(Number(axis), [x], (row) => logProbabilities(arithmetic, row)) }),
    backward: ({ x }, { axis }, { y }) => ({
      x: rowwise(Number(axis), [x, y], (row, g) => {
        const p = probabilities(arithmetic, row)
        const sum = arithmetic.sum(g)
        return p.map((value, i) => arithmetic.subtract(g[i], arithmetic.multiply(value, sum)))
      }),
    }),
  }
}

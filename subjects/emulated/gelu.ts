import type { Operator } from '../../oracle/contract.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { errorFunction } from './functions.js'
import { elementwise } from './layout.js'

/** ½(1 + erf(x/√2)), or ½(1 + tanh(√(2/π)(x + 0.044715x³))), each step rounded. */
function weight(arithmetic: EmulatedArithmetic, x: number, approximate: unknown): number {
  const inner =
    approximate === 'none'
      ? errorFunction(arithmetic, arithmetic.multiply(x, arithmetic.round(Math.SQRT1_2)))
      : tangent(arithmetic, x)
  return arithmetic.multiply(0.5, arithmetic.add(1, inner))
}

/** tanh of √(2/π)(x + 0.044715x³), an argument so large that its cube overflows held at 30. */
function tangent(arithmetic: EmulatedArithmetic, x: number): number {
  const held = Math.min(Math.max(x, -30), 30)
  const cube = arithmetic.multiply(arithmetic.multiply(held, held), held)
  const sum = arithmetic.add(held, arithmetic.multiply(arithmetic.round(0.044715), cube))
  return arithmetic.tanh(arithmetic.multiply(arithmetic.round(Math.sqrt(2 / Math.PI)), sum))
}

/** x·(d/dx of the weight), 0 where the exponential or 1 − tanh² is. */
function curve(arithmetic: EmulatedArithmetic, x: number, approximate: unknown): number {
  const held = Math.min(Math.max(x, -40), 40)
  const square = arithmetic.multiply(held, held)
  if (approximate === 'none') {
    const bell = arithmetic.exp(arithmetic.multiply(-0.5, square))
    return arithmetic.multiply(held, arithmetic.multiply(bell, arithmetic.round(1 / Math.sqrt(2 * Math.PI))))
  }
  const t = tangent(arithmetic, x)
  const slope = arithmetic.subtract(1, arithmetic.multiply(t, t))
  const inner = arithmetic.add(1, arithmetic.multiply(arithmetic.round(3 * 0.044715), square))
  const argumentSlope = arithmetic.multiply(arithmetic.round(Math.sqrt(2 / Math.PI)), inner)
  return arithmetic.multiply(held, arithmetic.multiply(0.5, arithmetic.multiply(slope, argumentSlope)))
}

export function gelu(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward: ({ x }, { approximate }) => ({
      y: elementwise([x], (value) => arithmetic.multiply(value, weight(arithmetic, value, approximate))),
    }),
    backward: ({ x }, { approximate }, { y }) => ({
      x: elementwise([x, y], (value, g) =>
        arithmetic.multiply(
          g,
          arithmetic.add(weight(arithmetic, value, approximate), curve(arithmetic, value, approximate)),
        ),
      ),
    }),
  }
}

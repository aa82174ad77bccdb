import type { Operator } from '../../oracle/contract.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { elementwise } from './layout.js'

/** max(0, x) + negativeSlope·min(0, x) */
export function leakyRelu(arithmetic: EmulatedArithmetic): Operator {
  const through = (slope: number, x: number, value: number) =>
    x > 0 ? value : arithmetic.multiply(arithmetic.round(slope), value)
  return {
    forward: ({ x }, { negativeSlope }) => ({
      y: elementwise([x], (value) => through(Number(negativeSlope), value, value)),
    }),
    backward: ({ x }, { negativeSlope }, { y }) => ({
      x: elementwise([x, y], (value, g) => through(Number(negativeSlope), value, g)),
    }),
  }
}

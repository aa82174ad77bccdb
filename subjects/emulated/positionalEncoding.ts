import type { Operator } from '../../oracle/contract.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { wave } from './functions.js'
import { build } from './layout.js'

/** The angle position·e^(−2i/dim·log 10000), or position/10000^(2i/dim), rounded at every step. */
function angleOf(arithmetic: EmulatedArithmetic, position: number, column: number, dim: number): number {
  const exponent = arithmetic.divide(arithmetic.round(column), arithmetic.round(dim))
  const power = arithmetic.multiply(exponent, arithmetic.round(Math.log(10_000)))
  return arithmetic.options.formulation === 'textbook'
    ? arithmetic.divide(arithmetic.round(position), arithmetic.exp(power))
    : arithmetic.multiply(arithmetic.round(position), arithmetic.exp(-power))
}

export function positionalEncoding(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward(_, attributes) {
      const [length, dim] = [Number(attributes.length), Number(attributes.dim)]
      return {
        y: build([length, dim], (place) => {
          const column = place % dim
          const angle = angleOf(arithmetic, Math.floor(place / dim), column - (column % 2), dim)
          return wave(arithmetic, column % 2 === 0 ? Math.sin : Math.cos, angle)
        }),
      }
    },
  }
}

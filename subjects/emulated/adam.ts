import type { Operator } from '../../oracle/contract.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { squareRoot } from './functions.js'
import { elementwise } from './layout.js'

/** β^step by multiplication. */
function power(arithmetic: EmulatedArithmetic, beta: number, step: number): number {
  let result = 1
  for (let i = 0; i < step; i++) result = arithmetic.multiply(result, beta)
  return result
}

export function adam(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward({ parameter, gradient, mean, variance }, attributes) {
      const [rate, beta1, beta2, epsilon] = ['learningRate', 'beta1', 'beta2', 'epsilon'].map((name) =>
        arithmetic.round(Number(attributes[name])),
      )
      const average = (beta: number, old: number, next: number) =>
        arithmetic.add(arithmetic.multiply(beta, old), arithmetic.multiply(arithmetic.subtract(1, beta), next))
      const newMean = elementwise([mean, gradient], (m, g) => average(beta1, m, g))
      const newVariance = elementwise([variance, gradient], (v, g) => average(beta2, v, arithmetic.multiply(g, g)))
      const [first, second] = [beta1, beta2].map((beta) =>
        arithmetic.subtract(1, power(arithmetic, beta, Number(attributes.step))),
      )
      return {
        parameter: elementwise([parameter, newMean, newVariance], (p, m, v) => {
          const root = squareRoot(arithmetic, arithmetic.divide(v, second))
          const direction = arithmetic.divide(arithmetic.divide(m, first), arithmetic.add(root, epsilon))
          return arithmetic.subtract(p, arithmetic.multiply(rate, direction))
        }),
        mean: newMean,
        variance: newVariance,
      }
    },
  }
}

import type { Operator } from '../../oracle/contract.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { elementwise } from './layout.js'

export function sgd(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward({ parameter, gradient, velocity }, attributes) {
      const [rate, momentum, decay] = ['learningRate', 'momentum', 'weightDecay'].map((name) =>
        arithmetic.round(Number(attributes[name])),
      )
      const decayed = elementwise([parameter, gradient], (p, g) => arithmetic.add(g, arithmetic.multiply(decay, p)))
      const next =
        velocity === undefined
          ? decayed
          : elementwise([velocity, decayed], (v, g) => arithmetic.add(arithmetic.multiply(momentum, v), g))
      return {
        parameter: elementwise([parameter, next], (p, v) => arithmetic.subtract(p, arithmetic.multiply(rate, v))),
        velocity: next,
      }
    },
  }
}

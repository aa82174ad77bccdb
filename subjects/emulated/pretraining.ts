import type { Operator } from '../../oracle/contract.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { elementwise } from './layout.js'

export function maskTokens(arithmetic: EmulatedArithmetic): Operator {
  const [mask, replace] = [0.8, 0.9].map((threshold) => arithmetic.round(threshold))
  return {
    forward({ ids, draws, actions, replacements }, attributes) {
      const rate = arithmetic.round(Number(attributes.rate))
      const maskId = Number(attributes.maskId)
      return {
        ids: elementwise([ids, draws, actions, replacements], (id, draw, action, replacement) => {
          if (draw >= rate || action >= replace) return id
          return action < mask ? maskId : replacement
        }),
        chosen: elementwise([draws], (draw) => (draw < rate ? 1 : 0)),
      }
    },
  }
}

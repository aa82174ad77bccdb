import type { Operator } from '../../oracle/contract.js'
import { rowMajor } from '../../oracle/tensor.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { logistic, softplus } from './functions.js'
import { build, elementwise } from './layout.js'
import { incoming, reduce } from './losses.js'

/** t·softplus(−z) + (1 − t)·softplus(z), or, as many libraries write it, max(z, 0) − z·t + log(1 + e^−|z|). */
function item(arithmetic: EmulatedArithmetic, z: number, t: number): number {
  if (arithmetic.options.formulation === 'textbook')
    return arithmetic.add(
      arithmetic.multiply(t, softplus(arithmetic, -z)),
      arithmetic.multiply(arithmetic.subtract(1, t), softplus(arithmetic, z)),
    )
  const linear = arithmetic.subtract(Math.max(z, 0), arithmetic.multiply(z, t))
  return arithmetic.add(linear, softplus(arithmetic, -Math.abs(z)))
}

export function binaryCrossEntropy(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward: ({ logits, target }, attributes) => ({
      loss: reduce(
        arithmetic,
        elementwise([logits, target], (z, t) => item(arithmetic, z, t)),
        attributes,
      ),
    }),
    backward({ logits, target }, attributes, { loss }) {
      const g = incoming(arithmetic, loss, attributes, logits.size)
      const [z, t] = [rowMajor(logits), rowMajor(target)]
      return {
        logits: build(logits.shape, (i) =>
          arithmetic.multiply(g(i), arithmetic.subtract(logistic(arithmetic, z[i]), t[i])),
        ),
      }
    },
  }
}

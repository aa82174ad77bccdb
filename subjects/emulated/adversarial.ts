import type { Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { logistic, logProbabilities } from './activations.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { elementwise } from './layout.js'

/** log(1 + e^x): max(x, 0) + log(1 + e^−|x|), or less the logarithm of 0's probability beside x. */
function softplus(arithmetic: EmulatedArithmetic, x: number): number {
  if (arithmetic.options.formulation === 'logarithmic') return -logProbabilities(arithmetic, [0, x])[0]
  return arithmetic.add(Math.max(x, 0), arithmetic.log(arithmetic.add(1, arithmetic.exp(-Math.abs(x)))))
}

/** The mean of softplus(±x). */
function mean(arithmetic: EmulatedArithmetic, x: Tensor, sign: 1 | -1): number {
  const sum = arithmetic.sum(rowMajor(x).map((value) => softplus(arithmetic, sign * value)))
  return arithmetic.divide(sum, arithmetic.round(x.size))
}

/** ±σ(±x)·g/N for every entry. */
function slopes(arithmetic: EmulatedArithmetic, x: Tensor, sign: 1 | -1, g: Tensor): Tensor {
  const share = arithmetic.divide(rowMajor(g)[0], arithmetic.round(x.size))
  return elementwise([x], (value) => arithmetic.multiply(sign * logistic(arithmetic, sign * value), share))
}

export function discriminatorLoss(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward: ({ real, fake }) => ({
      loss: tensor([], [arithmetic.add(mean(arithmetic, real, -1), mean(arithmetic, fake, 1))]),
    }),
    backward: ({ real, fake }, _, { loss }) => ({
      real: slopes(arithmetic, real, -1, loss),
      fake: slopes(arithmetic, fake, 1, loss),
    }),
  }
}

export function generatorLoss(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward: ({ fake }, { kind }) => ({
      loss: tensor([], [kind === 'minimax' ? -mean(arithmetic, fake, 1) : mean(arithmetic, fake, -1)]),
    }),
    backward: ({ fake }, { kind }, { loss }) => ({
      fake:
        kind === 'minimax'
          ? elementwise([slopes(arithmetic, fake, 1, loss)], (value) => -value)
          : slopes(arithmetic, fake, -1, loss),
    }),
  }
}

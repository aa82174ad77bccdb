import type { Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensor, type Tensors, tensor } from '../../oracle/tensor.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { logistic, softplus } from './functions.js'
import { build, run } from './layout.js'

/** Every pair of a center and another vector of its word, with the sign with which its score is a loss. */
function pairsOf({ center, positive, negatives }: Tensors) {
  const [N, K, D] = negatives.shape
  const row = (x: Tensor, at: number) => Array.from(rowMajor(x).subarray(at * D, (at + 1) * D))
  return run(0, N).map((n) => [
    { sign: -1, center: row(center, n), other: row(positive, n) },
    ...run(n * K, K).map((at) => ({ sign: 1, center: row(center, n), other: row(negatives, at) })),
  ])
}

export function negativeSampling(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward(inputs) {
      const pairs = pairsOf(inputs)
      const items = pairs
        .flat()
        .map(({ sign, center, other }) => softplus(arithmetic, sign * arithmetic.dot(center, other)))
      return { loss: tensor([], [arithmetic.divide(arithmetic.sum(items), arithmetic.round(pairs.length))]) }
    },
    backward(inputs, _, { loss }) {
      const pairs = pairsOf(inputs)
      const g = arithmetic.divide(rowMajor(loss)[0], arithmetic.round(pairs.length))
      const [, K, D] = inputs.negatives.shape
      const slopes = pairs.map((word) =>
        word.map(({ sign, center, other }) => {
          const score = arithmetic.dot(center, other)
          return sign * arithmetic.multiply(g, logistic(arithmetic, sign * score))
        }),
      )
      const ofOther = (n: number, k: number, d: number) => arithmetic.multiply(slopes[n][k], pairs[n][k].center[d])
      return {
        center: build(inputs.center.shape, (i) => {
          const n = Math.floor(i / D)
          return arithmetic.dot(
            slopes[n],
            pairs[n].map(({ other }) => other[i % D]),
          )
        }),
        positive: build(inputs.positive.shape, (i) => ofOther(Math.floor(i / D), 0, i % D)),
        negatives: build(inputs.negatives.shape, (i) =>
          ofOther(Math.floor(i / (K * D)), 1 + (Math.floor(i / D) % K), i % D),
        ),
      }
    },
  }
}

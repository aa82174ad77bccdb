import type { Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensor } from '../../oracle/tensor.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { squareRoot } from './functions.js'
import { build } from './layout.js'

export function cosineSimilarity(arithmetic: EmulatedArithmetic): Operator {
  const rowOf = (x: Tensor, n: number) => {
    const D = x.shape[x.shape.length - 1]
    return Array.from(rowMajor(x).subarray(n * D, (n + 1) * D))
  }
  const length = (row: readonly number[]) => squareRoot(arithmetic, arithmetic.dot(row, row))
  return {
    forward({ a, b }, attributes) {
      const epsilon = arithmetic.round(Number(attributes.epsilon))
      return {
        y: build(a.shape.slice(0, -1), (n) => {
          const [p, q] = [rowOf(a, n), rowOf(b, n)]
          const denominator = arithmetic.multiply(length(p), length(q))
          return arithmetic.divide(arithmetic.dot(p, q), Math.max(denominator, epsilon))
        }),
      }
    },
    /** g·(b/(‖a‖‖b‖) − y·a/‖a‖²), or g·b/ε. */
    backward({ a, b }, attributes, { y }) {
      const epsilon = arithmetic.round(Number(attributes.epsilon))
      const g = rowMajor(y)
      const D = a.shape[a.shape.length - 1]
      const gradient = (mine: Tensor, other: Tensor) => {
        const rows = Array.from(g, (incoming, n) => {
          const [p, q] = [rowOf(mine, n), rowOf(other, n)]
          const [sizeP, sizeQ] = [length(p), length(q)]
          const denominator = arithmetic.multiply(sizeP, sizeQ)
          if (!(denominator > epsilon))
            return q.map((value) => arithmetic.multiply(incoming, arithmetic.divide(value, epsilon)))
          const cosine = arithmetic.divide(arithmetic.dot(p, q), denominator)
          return p.map((value, i) => {
            const unit = arithmetic.divide(value, sizeP)
            const across = arithmetic.subtract(arithmetic.divide(q[i], sizeQ), arithmetic.multiply(cosine, unit))
            return arithmetic.multiply(incoming, arithmetic.divide(across, sizeP))
          })
        })
        return build(mine.shape, (i) => rows[Math.floor(i / D)][i % D])
      }
      return { a: gradient(a, b), b: gradient(b, a) }
    },
  }
}

import { type Operator, Refusal } from '../../oracle/contract.js'
import type { Tensors } from '../../oracle/tensor.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { type Rows, rowsOf, stacked } from './attention.js'

const column = (rows: Rows, c: number): number[] => rows.map((row) => row[c])

export function quadraticAttention(arithmetic: EmulatedArithmetic): Operator {
  /** φ(x) = vec(xxᵀ) */
  const features = (x: readonly number[]) => x.flatMap((a) => x.map((b) => arithmetic.multiply(a, b)))

  /** Sums over the keys for each query: through φ in linear time, or, in the other formulation, from the squares. */
  function run(inputs: Tensors) {
    const [query, key, value] = [rowsOf(inputs.query), rowsOf(inputs.key), rowsOf(inputs.value)]
    for (const [t, q] of query.entries())
      if (key.every((k) => k.reduce((sum, x, d) => sum + x * q[d], 0) === 0))
        throw new Refusal(
          'quadraticAttention',
          `query ${t} has the product 0 with every key; it should have another with one`,
        )
    const products = query.map((q) => key.map((k) => arithmetic.dot(q, k)))
    const squares = products.map((row) => row.map((x) => arithmetic.multiply(x, x)))
    const ones = value.map((row) => [...row, 1])
    const columns = ones[0].map((_, m) => column(ones, m))
    const linear = arithmetic.options.formulation === 'logarithmic'
    const moments = linear
      ? features(key[0]).map((_, f) => columns.map((v) => arithmetic.dot(column(key.map(features), f), v)))
      : []
    const sums = query.map((q, t) =>
      linear
        ? columns.map((_, m) => arithmetic.dot(features(q), column(moments, m)))
        : columns.map((v) => arithmetic.dot(squares[t], v)),
    )
    const denominators = sums.map((row) => row[row.length - 1])
    const output = sums.map((row, t) => row.slice(0, -1).map((sum) => arithmetic.divide(sum, denominators[t])))
    return { query, key, value, products, squares, denominators, output }
  }

  return {
    forward(inputs) {
      return { output: stacked([inputs.query.shape[0], inputs.value.shape[1]], [run(inputs).output]) }
    },
    backward(inputs, _, gradients) {
      const { query, key, value, products, squares, denominators, output } = run(inputs)
      const g = rowsOf(gradients.output)
      const deltas = products.map((row, t) =>
        row.map((product, s) => {
          const differences = value[s].map((v, m) => arithmetic.subtract(v, output[t][m]))
          const share = arithmetic.divide(arithmetic.dot(g[t], differences), denominators[t])
          return arithmetic.multiply(arithmetic.multiply(2, product), share)
        }),
      )
      const weights = squares.map((row, t) => row.map((square) => arithmetic.divide(square, denominators[t])))
      return {
        query: stacked(inputs.query.shape, [
          deltas.map((row) => query[0].map((_, d) => arithmetic.dot(row, column(key, d)))),
        ]),
        key: stacked(inputs.key.shape, [
          key.map((row, s) => row.map((_, d) => arithmetic.dot(column(deltas, s), column(query, d)))),
        ]),
        value: stacked(inputs.value.shape, [
          value.map((row, s) => row.map((_, m) => arithmetic.dot(column(weights, s), column(g, m)))),
        ]),
      }
    },
  }
}

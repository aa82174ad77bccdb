import type { Operator } from '../../oracle/contract.js'
import { rowMajor, sizeOf, type Tensor, tensor } from '../../oracle/tensor.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { build, pick, run } from './layout.js'

/** Where the entries of a row and a column of a matrix begin and how far apart they are. */
interface Matrices {
  readonly data: Float64Array
  /** Entries between one matrix and the next; 0 where all items share one. */
  readonly item: number
  readonly row: number
  readonly column: number
}

function matrices(x: Tensor): Matrices {
  const [rows, columns] = x.shape.slice(-2)
  return { data: rowMajor(x), item: x.shape.length > 2 ? rows * columns : 0, row: columns, column: 1 }
}

const transposed = (m: Matrices): Matrices => ({ ...m, row: m.column, column: m.row })

/** `items` products of M×K and K×N matrices. */
export function products(
  arithmetic: EmulatedArithmetic,
  a: Matrices,
  b: Matrices,
  [items, M, K, N]: readonly [number, number, number, number],
): Float64Array {
  return rowMajor(
    build([items, M, N], (place) => {
      const [item, m, n] = [Math.floor(place / (M * N)), Math.floor(place / N) % M, place % N]
      return arithmetic.dot(
        pick(a.data, run(item * a.item + m * a.row, K, a.column)),
        pick(b.data, run(item * b.item + n * b.column, K, b.row)),
      )
    }),
  )
}

/** A matrix in row-major order. */
export function matrix(data: Float64Array, columns: number): Matrices {
  return { data, item: 0, row: columns, column: 1 }
}

/** aᵀ, without moving anything. */
export const flip = transposed

/** The sum over rows of `size` entries each. */
export function sumOfRows(arithmetic: EmulatedArithmetic, data: Float64Array, size: number): Float64Array {
  return Float64Array.from({ length: size }, (_, i) => arithmetic.sum(pick(data, run(i, data.length / size, size))))
}

export function matmul(arithmetic: EmulatedArithmetic): Operator {
  const sizes = (a: Tensor, b: Tensor) => {
    const [M, K] = a.shape.slice(-2)
    const N = b.shape[b.shape.length - 1]
    const leading = (a.shape.length > b.shape.length ? a : b).shape.slice(0, -2)
    return { M, K, N, leading, items: sizeOf(leading) }
  }
  return {
    forward({ a, b }) {
      const { M, K, N, leading, items } = sizes(a, b)
      return { y: tensor([...leading, M, N], products(arithmetic, matrices(a), matrices(b), [items, M, K, N])) }
    },
    backward({ a, b }, _, { y }) {
      const { M, K, N, items } = sizes(a, b)
      const g = { ...matrices(y), item: M * N }
      const toA = products(arithmetic, g, transposed(matrices(b)), [items, M, N, K])
      const toB = products(arithmetic, transposed(matrices(a)), g, [items, K, M, N])
      return {
        a: tensor(a.shape, a.size === toA.length ? toA : sumOfRows(arithmetic, toA, a.size)),
        b: tensor(b.shape, b.size === toB.length ? toB : sumOfRows(arithmetic, toB, b.size)),
      }
    },
  }
}

export function linear(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward({ x, weight, bias }) {
      const [O, I] = weight.shape
      const rows = x.size / I
      const y = products(arithmetic, matrix(rowMajor(x), I), transposed(matrices(weight)), [1, rows, I, O])
      const b = bias === undefined ? undefined : rowMajor(bias)
      const shape = [...x.shape.slice(0, -1), O]
      return { y: build(shape, (place) => (b === undefined ? y[place] : arithmetic.add(y[place], b[place % O]))) }
    },
    backward({ x, weight, bias }, _, { y }) {
      const [O, I] = weight.shape
      const rows = x.size / I
      const g = matrix(rowMajor(y), O)
      return {
        x: tensor(x.shape, products(arithmetic, g, matrices(weight), [1, rows, O, I])),
        weight: tensor(weight.shape, products(arithmetic, transposed(g), matrix(rowMajor(x), I), [1, O, rows, I])),
        ...(bias === undefined ? {} : { bias: tensor([O], sumOfRows(arithmetic, g.data, O)) }),
      }
    },
  }
}

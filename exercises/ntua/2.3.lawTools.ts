import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { numberOf } from '../computation.js'
import type { Values } from '../exercise.js'

/** 1 + the size of logits of similarities at a temperature: what an error of a similarity grows by. */
export const heat = (given: Values) => 1 + 1 / numberOf(given, 'temperature')

/** The rows of a matrix in another order. */
export function reordered(x: Tensor, order: readonly number[]): Tensor {
  const [, width] = x.shape
  const data = rowMajor(x)
  return tensor(
    [order.length, width],
    order.flatMap((n) => [...data.subarray(n * width, (n + 1) * width)]),
  )
}

/** All rows equal to the first. */
export const collapsed = (x: Tensor) => reordered(x, new Array(x.shape[0]).fill(0))

/** Rows for columns. */
export function transposed(x: Tensor): Tensor {
  const [rows, columns] = x.shape
  return tensor(
    [columns, rows],
    Array.from({ length: x.size }, (_, at) => x.get(at % rows, Math.floor(at / rows))),
  )
}

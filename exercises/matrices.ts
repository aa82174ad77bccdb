import { map, reshape, type Tensor, tensor, zeros } from '../oracle/tensor.js'
import { forward, joined, negated } from './computation.js'
import type { Operators } from './exercise.js'
import { plus } from './training.js'

/** a·b, by `matmul`; leading dimensions as it takes them. */
export function times(operators: Operators, a: Tensor, b: Tensor): Promise<Tensor> {
  return forward(operators, 'matmul', 'y', { a, b })
}

/** a − b of equal shapes. */
export function minus(a: Tensor, b: Tensor): Tensor {
  return plus(a, negated(b))
}

/** The transpose of a matrix, a view. */
export function transposed(x: Tensor): Tensor {
  return x.transpose(1, 0)
}

/** A tensor times a number, by `linear`. */
export async function scaledBy(operators: Operators, x: Tensor, factor: number): Promise<Tensor> {
  const call = { x: reshape(x, [x.size, 1]), weight: tensor([1, 1], [factor]) }
  return reshape(await forward(operators, 'linear', 'y', call), x.shape)
}

/** Given data times a number. */
export function scaledGiven(x: Tensor, factor: number): Tensor {
  return map(x, (value) => factor * value)
}

export function ones(shape: readonly number[]): Tensor {
  return map(zeros(shape), () => 1)
}

export function identityMatrix(size: number): Tensor {
  const x = zeros([size, size])
  for (let i = 0; i < size; i++) x.set(i, i, 1)
  return x
}

/** 1 where the column is at most the row. */
export function lowerTriangle(size: number): Tensor {
  const x = zeros([size, size])
  for (let i = 0; i < size; i++) for (let j = 0; j <= i; j++) x.set(i, j, 1)
  return x
}

/** The sum of every row of a matrix [rows, columns], [rows]; by `matmul`. */
export async function rowSums(operators: Operators, x: Tensor): Promise<Tensor> {
  return reshape(await times(operators, x, ones([x.shape[1], 1])), [x.shape[0]])
}

/** Matrices side by side, [rows, Σ columns]. */
export function sideBySide(parts: readonly Tensor[]): Tensor {
  const columns = parts.reduce((sum, part) => sum + part.shape[1], 0)
  return transposed(joined(parts.map(transposed), [columns, parts[0].shape[0]]))
}

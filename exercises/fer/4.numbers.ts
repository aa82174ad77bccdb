import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import type { Values } from '../exercise.js'

/** Host arithmetic on the values of fer/4, for what solvers do wrong. */

export function numbersOf(values: Values, name: string): Float64Array {
  return rowMajor(tensorOf(values, name))
}

export function differences(values: Values, [first, second]: readonly [string, string]): Float64Array {
  const right = numbersOf(values, second)
  return numbersOf(values, first).map((value, i) => value - right[i])
}

export function sum(values: ArrayLike<number>): number {
  return Array.from(values).reduce((total, value) => total + value, 0)
}

export function asTensor(numbers: Float64Array): Tensor {
  return tensor([numbers.length], numbers)
}

export const parameters = ['kernel', 'bias']

/** The embeddings of the pair that belongs together, and of the one that does not. */
export const positive = ['firstEmbedding', 'secondEmbedding'] as const
export const negative = ['firstEmbedding', 'negativeEmbedding'] as const

import type { Tensor } from '../../oracle/tensor.js'
import { numberOf, product } from '../computation.js'
import type { Operators, Values } from '../exercise.js'

/** Factors of a number by the given sizes. */
export type Factors = (sizes: Readonly<Record<string, number>>) => readonly number[]

/** The product of factors by the given sizes named in `from`. */
export function ofSizes(
  values: Values,
  from: readonly string[],
  factors: Factors,
  operators: Operators,
): Promise<Tensor> {
  const [first, ...rest] = factors(Object.fromEntries(from.map((name) => [name, numberOf(values, name)])))
  return product(operators, first, ...(rest.length === 0 ? [1] : rest))
}

import type { Tensor } from '../../oracle/tensor.js'
import { forward, type Numeric, scalarOf, weightedSum } from '../computation.js'
import type { Operators, Quantity } from '../exercise.js'

/** A quantity that is a count. */
export function countStep(quantity: Omit<Quantity, 'kind'>): Quantity {
  return { kind: 'whole', ...quantity }
}

/** The sum of products of two numbers each. */
export function sumOfProducts(operators: Operators, terms: readonly (readonly [Numeric, Numeric])[]): Promise<Tensor> {
  return weightedSum(
    operators,
    terms.map(([first]) => first),
    terms.map(([, second]) => second),
  )
}

/** Positions of a window along a side, by `convOutputSize`; `ceil`: the last window may reach over the edge. */
export async function positions(
  operators: Operators,
  {
    input,
    kernel,
    stride,
    padding = 0,
    ceil = false,
  }: {
    readonly input: number
    readonly kernel: number
    readonly stride: number
    readonly padding?: number
    readonly ceil?: boolean
  },
): Promise<Tensor> {
  const over = (input + 2 * padding - kernel) % stride
  const reached = ceil && over > 0 ? input + stride - over : input
  const attributes = { input: [reached], kernel: [kernel], stride: [stride], padding: [padding], dilation: [1] }
  return scalarOf(await forward(operators, 'convOutputSize', 'size', {}, attributes))
}

import type { Attributes, Operator } from '../oracle/contract.js'
import type { Tensors } from '../oracle/tensor.js'
import type { Operators } from './exercise.js'

/** What forward passes of operators have cost, by the shapes of their calls. */
export interface OperationCounts {
  /** Multiplications with an addition each: one for every term of a matrix product. */
  multiplyAdds: number
  /** The elements of the largest tensor that an operator answered with. */
  largestAnswer: number
}

type Cost = (inputs: Tensors, outputs: Tensors, attributes: Attributes) => number

const free: Cost = () => 0

/** Multiply-adds of a forward pass, as the operator's definition writes its matrix products; biases and functions are free. */
const costs: Readonly<Record<string, Cost>> = {
  matmul: ({ a }, { y }) => y.size * (a.shape.at(-1) ?? 1),
  linear: ({ x }, { y }) => y.size * (x.shape.at(-1) ?? 1),
  conv1d: ({ weight }, { y }) => y.size * weight.shape[1] * weight.shape[2],
  rnn: ({ x, weightHidden }, { hidden }) => hidden.size * (x.shape[2] + weightHidden.shape[1]),
  scaledDotProductAttention: ({ query, value }, { weights }) =>
    weights.size * ((query.shape.at(-1) ?? 1) + (value.shape.at(-1) ?? 1)),
  /** Four projections, and in every head the products of queries with keys and of weights with values. */
  multiHeadAttention: ({ query, key }, { weights }) => {
    const [E, H] = [query.shape[2], weights.shape[1]]
    return (2 * query.size + 2 * key.size) * E + weights.size * 2 * (E / H)
  },
  softmax: free,
  tanh: free,
  relu: free,
  squaredError: free,
  weightPenalty: free,
}

/** Operators that count what they are called for. Throws an Error for one whose cost is not known. */
export function countingOperators(operators: Operators): {
  readonly operators: Operators
  readonly counts: OperationCounts
} {
  const counts: OperationCounts = { multiplyAdds: 0, largestAnswer: 0 }
  const counting = (name: string, operator: Operator): Operator => ({
    ...operator,
    async forward(inputs, attributes = {}) {
      const outputs = await operator.forward(inputs, attributes)
      if (costs[name] === undefined) throw new Error(`there is no count of ${name}`)
      counts.multiplyAdds += costs[name](inputs, outputs, attributes)
      for (const output of Object.values(outputs)) counts.largestAnswer = Math.max(counts.largestAnswer, output.size)
      return outputs
    },
  })
  return {
    operators: Object.fromEntries(
      Object.entries(operators).map(([name, operator]) => [name, counting(name, operator)]),
    ),
    counts,
  }
}

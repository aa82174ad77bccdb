import type { Tensor, Tensors } from '../../../oracle/tensor.js'
import type { Graph, Value } from '../graph.js'
import { optionalInput, type Translation } from '../translation.js'

/** MatMul takes leading dimensions as the contract has them: equal, or absent on one side. */
export const matmul: Translation = {
  since: 13,
  build: (graph, { inputs: { a, b } }) =>
    graph.output('y', graph.node('MatMul', [graph.input('a', a), graph.input('b', b)])),
}

/** Gemm with the transposed weight where x is a matrix, as exporters write it; MatMul and Add elsewhere. */
export const linear: Translation = {
  since: 13,
  build: (graph, { inputs: { x, weight, bias } }) => {
    const parameters = { weight: graph.input('weight', weight), bias: optionalInput(graph, 'bias', bias) }
    graph.output('y', linearOf(graph, graph.input('x', x), parameters, x.shape.length))
  },
}

/** x·Wᵀ + b of values that are in the graph already. */
export function linearOf(
  graph: Graph,
  x: Value,
  { weight, bias }: { readonly weight: Value; readonly bias: Value | undefined },
  rank: number,
): Value {
  if (rank === 2) return graph.node('Gemm', [x, weight, bias], { transB: 1 })
  const product = graph.node('MatMul', [x, graph.node('Transpose', [weight], { perm: [1, 0] })])
  return bias === undefined ? product : graph.node('Add', [product, bias])
}

/** Inputs of the graph for those weights and biases of a call whose names begin with the prefix, which is left out of the names. */
export function parametersOf(graph: Graph, inputs: Tensors, prefix: string): (name: string) => Value | undefined {
  const values = new Map<string, Value>()
  return (name) => {
    const x: Tensor | undefined = inputs[prefix + name]
    if (x === undefined) return undefined
    const known = values.get(name) ?? graph.input(prefix + name, x)
    values.set(name, known)
    return known
  }
}

/** The value of a required input. */
export function required(value: Value | undefined): Value {
  if (value === undefined) throw new TypeError('a required input of a valid call is missing')
  return value
}

import { reshape, rowMajor, type Tensor, type Tensors, tensor, zeros } from '../../../oracle/tensor.js'
import { type Graph, type NodeAttribute, squeezed } from '../graph.js'
import type { Translation } from '../translation.js'

/** The blocks of a weight or bias, one a gate, in another order: entry i of `order` says which of the contract's blocks is ONNX's i-th. */
function reordered(x: Tensor, order: readonly number[]): Tensor {
  const data = rowMajor(x)
  const block = data.length / order.length
  const result = new Float64Array(data.length)
  for (const [to, from] of order.entries()) result.set(data.subarray(from * block, (from + 1) * block), to * block)
  return tensor(x.shape, result)
}

/** One direction: ONNX's weights, biases and states have a first dimension for it. */
function ofOneDirection(x: Tensor): Tensor {
  return reshape(x, [1, ...x.shape])
}

/** Both biases in one row; zeros for one that is missing, nothing where both are. */
function biases({ biasInput, biasHidden }: Tensors, order: readonly number[]): Tensor | undefined {
  const given = biasInput ?? biasHidden
  if (given === undefined) return undefined
  const parts = [biasInput, biasHidden].map((bias) => [...rowMajor(reordered(bias ?? zeros(given.shape), order))])
  return tensor([1, 2 * given.shape[0]], parts.flat())
}

/** Adds a recurrent node; answers with the values of Y, Y_h and, for LSTM, Y_c. */
function recurrent(
  graph: Graph,
  type: string,
  {
    inputs,
    order,
    attributes,
  }: { inputs: Tensors; order: readonly number[]; attributes: Record<string, NodeAttribute> },
): readonly string[] {
  const { x, h0, c0, weightInput, weightHidden } = inputs
  const bias = biases(inputs, order)
  const given = [
    graph.input('x', x),
    graph.input('weightInput', ofOneDirection(reordered(weightInput, order))),
    graph.input('weightHidden', ofOneDirection(reordered(weightHidden, order))),
    bias && graph.input('bias', bias),
    undefined,
    h0 && graph.input('h0', ofOneDirection(h0)),
    c0 && graph.input('c0', ofOneDirection(c0)),
  ]
  const settings = { hidden_size: weightHidden.shape[1], ...attributes }
  return graph.nodeOf(type, given, settings, type === 'LSTM' ? [true, false, true] : [true])
}

const activations: Readonly<Record<string, Record<string, NodeAttribute>>> = {
  tanh: { activations: ['Tanh'] },
  relu: { activations: ['Relu'] },
  identity: {
    activations: ['Affine'],
    activation_alpha: Float32Array.of(1),
    activation_beta: Float32Array.of(0),
  },
}

export const rnn: Translation = {
  since: 14,
  build: (graph, { inputs, attributes }) => {
    const settings = activations[String(attributes.activation)]
    const [hidden] = recurrent(graph, 'RNN', { inputs, order: [0], attributes: settings })
    graph.output('hidden', hidden, squeezed(1))
  },
}

/** ONNX's gates are input, output, forget, candidate. */
export const lstm: Translation = {
  since: 14,
  build: (graph, { inputs }) => {
    const [hidden, , cell] = recurrent(graph, 'LSTM', { inputs, order: [0, 3, 1, 2], attributes: {} })
    graph.output('hidden', hidden, squeezed(1))
    graph.output('cell', cell, squeezed(0))
  },
}

/** ONNX's gates are update, reset, new; the reset gate acts behind the product where `linear_before_reset` is set, else before it. */
function gruOf(linearBeforeReset: 0 | 1): Translation {
  return {
    since: 14,
    build: (graph, { inputs }) => {
      const attributes = { linear_before_reset: linearBeforeReset }
      const [hidden] = recurrent(graph, 'GRU', { inputs, order: [1, 0, 2], attributes })
      graph.output('hidden', hidden, squeezed(1))
    },
  }
}

export const gru = gruOf(1)

export const gruResetBefore = gruOf(0)

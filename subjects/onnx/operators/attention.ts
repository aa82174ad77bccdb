import { reshape, sizeOf, type Tensor, type Tensors } from '../../../oracle/tensor.js'
import { float, type Graph, type NodeAttribute, type Value } from '../graph.js'
import { numberOf, positiveOf, type Translation } from '../translation.js'
import { linearOf, parametersOf, required } from './linear.js'

/** The product of queries and keys is answered as it is after the softmax: the weights. */
const afterSoftmax = 3

/** Attention of values that are in the graph already, of 3 dimensions (heads side by side) or 4; the mask is of booleans, true for «takes part». */
function attend(
  graph: Graph,
  {
    query,
    key,
    value,
    mask,
  }: Readonly<Record<'query' | 'key' | 'value', Value>> & { readonly mask: Value | undefined },
  attributes: Readonly<Record<string, NodeAttribute>>,
) {
  const settings = { ...attributes, qk_matmul_output_mode: afterSoftmax }
  const [output, , , weights] = graph.nodeOf('Attention', [query, key, value, mask], settings, [
    true,
    false,
    false,
    true,
  ])
  return { output, weights }
}

/** All leading dimensions as ONNX's first, and one head. ONNX multiplies query and key by the root of the scale, which is above 0. */
export const scaledDotProductAttention: Translation = {
  since: 23,
  build: (graph, { inputs: { query, key, value, mask }, attributes, outputShapes }) => {
    const items = (name: string, x: Tensor) =>
      graph.input(name, reshape(x, [sizeOf(x.shape.slice(0, -2)), 1, ...x.shape.slice(-2)]))
    const values = {
      query: items('query', query),
      key: items('key', key),
      value: items('value', value),
      mask: mask && graph.input('mask', mask, 'bool'),
    }
    const { output, weights } = attend(graph, values, {
      scale: float(positiveOf(attributes, 'scale')),
      is_causal: attributes.causal === true ? 1 : 0,
    })
    graph.output('output', output, (answer) => reshape(answer, outputShapes.output))
    graph.output('weights', weights, (answer) => reshape(answer, outputShapes.weights))
  },
}

/** Projections as in linear, Attention, and the last projection. */
function attendInHeads(
  graph: Graph,
  { query, key, value, mask }: Parameters<typeof attend>[1],
  parameter: (name: string) => Value | undefined,
  { heads, causal }: { readonly heads: number; readonly causal: boolean },
) {
  const project = (x: Value, name: string) =>
    linearOf(graph, x, { weight: required(parameter(`weight${name}`)), bias: parameter(`bias${name}`) }, 3)
  const projected = { query: project(query, 'Query'), key: project(key, 'Key'), value: project(value, 'Value'), mask }
  const settings = { q_num_heads: heads, kv_num_heads: heads, is_causal: causal ? 1 : 0 }
  const { output, weights } = attend(graph, projected, settings)
  return { output: project(output, 'Output'), weights }
}

export const multiHeadAttention: Translation = {
  since: 23,
  build: (graph, { inputs, attributes }) => {
    const values = {
      query: graph.input('query', inputs.query),
      key: graph.input('key', inputs.key),
      value: graph.input('value', inputs.value),
      mask: inputs.mask && graph.input('mask', inputs.mask, 'bool'),
    }
    const settings = { heads: numberOf(attributes, 'heads'), causal: attributes.causal === true }
    const { output, weights } = attendInHeads(graph, values, parametersOf(graph, inputs, ''), settings)
    graph.output('output', output)
    graph.output('weights', weights)
  },
}

function fed(graph: Graph, x: Value, parameter: (name: string) => Value | undefined, rank: number): Value {
  const layer = (input: Value, i: number) =>
    linearOf(graph, input, { weight: required(parameter(`weight${i}`)), bias: required(parameter(`bias${i}`)) }, rank)
  return layer(graph.node('Relu', [layer(x, 1)]), 2)
}

/** Gemm or MatMul and Add, Relu, and once more. */
export const feedForward: Translation = {
  since: 13,
  build: (graph, { inputs }) => {
    const y = fed(graph, graph.input('x', inputs.x), parametersOf(graph, inputs, ''), inputs.x.shape.length)
    graph.output('y', y)
  },
}

/** A transformer layer in the making: every part adds what it answers to x and normalizes the sum. */
function layerOf(graph: Graph, inputs: Tensors, epsilon: number, heads: number) {
  const normalized = (x: Value, part: string) => {
    const parameter = parametersOf(graph, inputs, `${part}.`)
    const parameters = [required(parameter('gain')), parameter('bias')]
    return graph.node('LayerNormalization', [x, ...parameters], { axis: -1, epsilon: float(epsilon) })
  }
  return {
    attended: (x: Value, part: string, values: Parameters<typeof attend>[1], causal: boolean, norm: string) => {
      const { output } = attendInHeads(graph, values, parametersOf(graph, inputs, `${part}.`), { heads, causal })
      return normalized(graph.node('Add', [x, output]), norm)
    },
    fed: (x: Value, norm: string) => {
      const y = fed(graph, x, parametersOf(graph, inputs, 'feedForward.'), 3)
      return normalized(graph.node('Add', [x, y]), norm)
    },
  }
}

export const encoderLayer: Translation = {
  since: 23,
  build: (graph, { inputs, attributes }) => {
    const layer = layerOf(graph, inputs, numberOf(attributes, 'epsilon'), numberOf(attributes, 'heads'))
    const x = graph.input('x', inputs.x)
    const mask = inputs.mask && graph.input('mask', inputs.mask, 'bool')
    const attended = layer.attended(x, 'attention', { query: x, key: x, value: x, mask }, false, 'norm1')
    graph.output('y', layer.fed(attended, 'norm2'))
  },
}

export const decoderLayer: Translation = {
  since: 23,
  build: (graph, { inputs, attributes }) => {
    const layer = layerOf(graph, inputs, numberOf(attributes, 'epsilon'), numberOf(attributes, 'heads'))
    const [x, memory] = [graph.input('x', inputs.x), graph.input('memory', inputs.memory)]
    const self = { query: x, key: x, value: x, mask: undefined }
    const attended = layer.attended(x, 'selfAttention', self, true, 'norm1')
    const cross = { query: attended, key: memory, value: memory, mask: undefined }
    graph.output('y', layer.fed(layer.attended(attended, 'crossAttention', cross, false, 'norm2'), 'norm3'))
  },
}

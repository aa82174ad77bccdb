import { float, type Graph, type Value } from '../graph.js'
import { numberOf, optionalInput, positiveOf, type Translation } from '../translation.js'

/** A constant of one value, repeated. */
function repeated(graph: Graph, length: number, value: number): Value {
  return graph.constant(graph.float, [length], new Array(length).fill(value))
}

/** ONNX's scale is required: ones where there is no gain. */
export const layerNorm: Translation = {
  since: 17,
  build: (graph, { inputs: { x, gain, bias }, attributes }) => {
    const scale = optionalInput(graph, 'gain', gain) ?? repeated(graph, x.shape[x.shape.length - 1], 1)
    const inputs = [graph.input('x', x), scale, optionalInput(graph, 'bias', bias)]
    const epsilon = float(numberOf(attributes, 'epsilon'))
    graph.output('y', graph.node('LayerNormalization', inputs, { axis: -1, epsilon }))
  },
}

/**
 * ONNX's scale, bias, mean and variance are required. In training the last two are running averages, which do not enter y; it then has
 * the new averages as outputs.
 */
export const batchNorm: Translation = {
  since: 15,
  build: (graph, { inputs: { x, gain, bias, mean, variance }, attributes }) => {
    const channels = x.shape[1]
    const inputs = [
      graph.input('x', x),
      optionalInput(graph, 'gain', gain) ?? repeated(graph, channels, 1),
      optionalInput(graph, 'bias', bias) ?? repeated(graph, channels, 0),
      optionalInput(graph, 'mean', mean) ?? repeated(graph, channels, 0),
      optionalInput(graph, 'variance', variance) ?? repeated(graph, channels, 1),
    ]
    const training = attributes.training === true
    const settings = { epsilon: float(numberOf(attributes, 'epsilon')), training_mode: training ? 1 : 0 }
    const [y] = graph.nodeOf('BatchNormalization', inputs, settings, training ? [true, true, true] : [true])
    graph.output('y', y)
  },
}

/** ONNX Runtime refuses alpha = 0 and beta = 0. */
export const localResponseNorm: Translation = {
  since: 13,
  build: (graph, { inputs: { x }, attributes }) => {
    const settings = {
      size: numberOf(attributes, 'size'),
      alpha: float(positiveOf(attributes, 'alpha')),
      beta: float(positiveOf(attributes, 'beta')),
      bias: float(numberOf(attributes, 'k')),
    }
    graph.output('y', graph.node('LRN', [graph.input('x', x)], settings))
  },
}

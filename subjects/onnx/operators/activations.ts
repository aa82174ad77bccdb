import { float } from '../graph.js'
import { numberOf, type Translation } from '../translation.js'

/** An operator of ONNX that takes x and nothing else. */
function elementwise(type: string): Translation {
  return { since: 13, build: (graph, { inputs: { x } }) => graph.output('y', graph.node(type, [graph.input('x', x)])) }
}

export const sigmoid = elementwise('Sigmoid')
export const tanh = elementwise('Tanh')
export const relu = elementwise('Relu')

export const leakyRelu: Translation = {
  since: 13,
  build: (graph, { inputs: { x }, attributes }) => {
    const alpha = float(numberOf(attributes, 'negativeSlope'))
    graph.output('y', graph.node('LeakyRelu', [graph.input('x', x)], { alpha }))
  },
}

export const gelu: Translation = {
  since: 20,
  build: (graph, { inputs: { x }, attributes }) =>
    graph.output('y', graph.node('Gelu', [graph.input('x', x)], { approximate: String(attributes.approximate) })),
}

/** Along one axis, as from opset 13 on. */
function alongAxis(type: string): Translation {
  return {
    since: 13,
    build: (graph, { inputs: { x }, attributes }) =>
      graph.output('y', graph.node(type, [graph.input('x', x)], { axis: numberOf(attributes, 'axis') })),
  }
}

export const softmax = alongAxis('Softmax')
export const logSoftmax = alongAxis('LogSoftmax')

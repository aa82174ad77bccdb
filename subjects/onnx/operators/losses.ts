import type { Graph, Value } from '../graph.js'
import { numberOf, type Translation } from '../translation.js'

/** λ·Σ|w| by ReduceL1, λ·Σw² by ReduceSumSquare. */
export const weightPenalty: Translation = {
  since: 13,
  build: (graph, { inputs: { weight }, attributes }) => {
    const type = attributes.norm === 1 ? 'ReduceL1' : 'ReduceSumSquare'
    const sum = graph.node(type, [graph.input('weight', weight)], { keepdims: 0 })
    const lambda = graph.constant(graph.float, [], [numberOf(attributes, 'lambda')])
    graph.output('loss', graph.node('Mul', [sum, lambda]))
  },
}

/** Sub and Mul, and ReduceMean or ReduceSum over everything. */
export const squaredError: Translation = {
  since: 13,
  build: (graph, { inputs: { prediction, target }, attributes }) => {
    const difference = graph.node('Sub', [graph.input('prediction', prediction), graph.input('target', target)])
    const squares = graph.node('Mul', [difference, difference])
    const factor = graph.constant(graph.float, [], [numberOf(attributes, 'factor')])
    const losses = graph.node('Mul', [squares, factor])
    graph.output('loss', attributes.reduction === 'none' ? losses : reduced(graph, losses, attributes.reduction))
  },
}

function reduced(graph: Graph, losses: Value, reduction: unknown): Value {
  return graph.node(reduction === 'mean' ? 'ReduceMean' : 'ReduceSum', [losses], { keepdims: 0 })
}

/** SoftmaxCrossEntropyLoss, which has no smoothing. */
export const crossEntropy: Translation = {
  since: 13,
  supports: { attributes: { labelSmoothing: [0] } },
  build: (graph, { inputs: { logits, target }, attributes }) => {
    const inputs = [graph.input('logits', logits), graph.input('target', target, 'int64')]
    graph.output('loss', graph.node('SoftmaxCrossEntropyLoss', inputs, { reduction: String(attributes.reduction) }))
  },
}

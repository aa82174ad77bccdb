import { numberOf, type Translation } from '../translation.js'

/** ONNX has no single id. */
export const oneHot: Translation = {
  since: 13,
  supports: { ranks: { ids: [1, 2, 3, 4, 5, 6] } },
  build: (graph, { inputs: { ids }, attributes }) => {
    const depth = graph.constant('int64', [], [numberOf(attributes, 'classes')])
    const values = graph.constant(graph.float, [2], [0, 1])
    graph.output('y', graph.node('OneHot', [graph.input('ids', ids, 'int64'), depth, values], { axis: -1 }))
  },
}

/** Gather of the table's rows. */
export const embedding: Translation = {
  since: 13,
  build: (graph, { inputs: { ids, table } }) => {
    const inputs = [graph.input('table', table), graph.input('ids', ids, 'int64')]
    graph.output('y', graph.node('Gather', inputs, { axis: 0 }))
  },
}

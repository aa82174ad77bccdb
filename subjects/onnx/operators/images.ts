import type { Tensor } from '../../../oracle/tensor.js'
import { numberOf, type Translation } from '../translation.js'

/** Mul and Add of a value a channel. */
export const adjustColor: Translation = {
  since: 13,
  build: (graph, { inputs: { image, scale, shift } }) => {
    const perChannel = (name: string, x: Tensor) =>
      graph.node('Unsqueeze', [graph.input(name, x), graph.constant('int64', [2], [1, 2])])
    const scaled = graph.node('Mul', [graph.input('image', image), perChannel('scale', scale)])
    graph.output('y', graph.node('Add', [scaled, perChannel('shift', shift)]))
  },
}

/** Resize to given sizes: linear, half-pixel centres, no antialiasing. */
export const resize: Translation = {
  since: 13,
  build: (graph, { inputs: { image }, outputShapes: { y } }) => {
    const inputs = [graph.input('image', image), undefined, undefined, graph.constant('int64', [4], [...y])]
    graph.output('y', graph.node('Resize', inputs, { mode: 'linear', coordinate_transformation_mode: 'half_pixel' }))
  },
}

/** Slice along the two last axes. */
export const crop: Translation = {
  since: 13,
  build: (graph, { inputs: { image }, attributes }) => {
    const at = (...names: readonly string[]) => names.reduce((sum, name) => sum + numberOf(attributes, name), 0)
    const list = (...entries: readonly number[]) => graph.constant('int64', [entries.length], entries)
    const starts = list(at('top'), at('left'))
    const ends = list(at('top', 'height'), at('left', 'width'))
    graph.output('y', graph.node('Slice', [graph.input('image', image), starts, ends, list(2, 3)]))
  },
}

/** Slice backwards along the last axis, to an end before every entry. */
export const horizontalFlip: Translation = {
  since: 13,
  build: (graph, { inputs: { image } }) => {
    const list = (entry: number) => graph.constant('int64', [1], [entry])
    const inputs = [graph.input('image', image), list(-1), list(-(2 ** 31)), list(3), list(-1)]
    graph.output('y', graph.node('Slice', inputs))
  },
}

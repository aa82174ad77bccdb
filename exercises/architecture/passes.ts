import { reshape, sizeOf, type Tensor, type Tensors } from '../../oracle/tensor.js'
import type { Operators } from '../exercise.js'
import { plus } from '../training.js'
import {
  call,
  copies,
  edgesRepeated,
  factor,
  keptAt,
  type Pass,
  passingFilters,
  reshaped,
  rowsOf,
  stacked,
  step,
  summedExamples,
  through,
} from './layerCalls.js'
import { positionsOf } from './layers.js'
import type { Pooling } from './notation.js'
import type { Node } from './plan.js'
import { pairOr } from './signal.js'

/**
 * Runs a layer on what it reads, [N, …] each, with its parameters by its own names (a tied one under the name that the layer
 * has for it). `random` draws what dropout keeps.
 */
export async function passOf(
  node: Node,
  reads: readonly Tensor[],
  parameters: Tensors,
  operators: Operators,
  random: () => number,
): Promise<Pass> {
  const { layer } = node
  const [x] = reads
  const [N] = x.shape
  const own = [{ names: ['x'], x }]
  switch (layer.kind) {
    case 'input':
      return { answer: x, back: async (gradient) => ({ reads: [gradient], parameters: {} }) }
    case 'relu':
    case 'tanh':
    case 'sigmoid':
    case 'gelu':
      return call(operators, layer.kind, own, {}, {})
    case 'softmax':
      return call(operators, 'softmax', own, {}, { axis: node.signal.kind === 'image' ? 1 : -1 })
    case 'dropout': {
      const p = layer.p ?? 0.5
      return through(x, (y) => step(operators, 'dropout', 'x', y, { p }, { mask: keptAt(x.shape, p, random) }))
    }
    case 'scale': {
      const rows = [1, 1, x.size, 1]
      return through(
        x,
        (y) => reshaped(y, rows),
        (y) => step(operators, 'adjustColor', 'image', y, {}, factor(layer.factor)),
        (y) => reshaped(y, x.shape),
      )
    }
    case 'localResponseNorm': {
      const { size = 5, alpha = 1e-4, beta = 0.75, k = 2 } = layer
      return call(operators, 'localResponseNorm', own, {}, { size, alpha, beta, k })
    }
    case 'conv': {
      const groups = layer.groups === 'channels' ? x.shape[1] : (layer.groups ?? 1)
      const [stride, padding, dilation] = [pairOr(layer.stride, 1), pairOr(layer.padding, 0), pairOr(layer.dilation, 1)]
      return call(operators, 'conv2d', own, parameters, { stride, padding, dilation, groups })
    }
    case 'depthwiseSeparableConv': {
      const attributes = { stride: pairOr(layer.stride, 1), padding: pairOr(layer.padding, 0) }
      return call(operators, 'depthwiseSeparableConv2d', own, parameters, attributes)
    }
    case 'maxPool':
      return maxPool(layer, x, operators)
    case 'avgPool': {
      const attributes = { kernel: pairOr(layer.kernel, 1), stride: pairOr(layer.stride ?? layer.kernel, 1) }
      return call(operators, 'avgPool2d', own, {}, { ...attributes, padding: pairOr(layer.padding, 0) })
    }
    case 'adaptiveAvgPool':
      return call(operators, 'adaptiveAvgPool2d', own, {}, { output: pairOr(layer.output, 1) })
    case 'globalAvgPool':
      return call(operators, 'adaptiveAvgPool2d', own, {}, { output: [1, 1] })
    case 'batchNorm':
    case 'layerNorm':
      return call(operators, layer.kind, own, parameters, { epsilon: layer.epsilon ?? 1e-5 })
    case 'flatten':
      return through(x, (y) => reshaped(y, [N, x.size / N]))
    case 'linear':
      return call(operators, 'linear', own, parameters, {})
    case 'embedding': {
      const pass = await call(operators, 'embedding', [{ names: ['ids'], x }], parameters, {})
      return { answer: pass.answer, back: async (g) => ({ ...(await pass.back(g)), reads: [undefined] }) }
    }
    case 'learnedPositions': {
      const { table } = parameters
      const rows = await rowsOf(operators, reshape(table, [1, ...table.shape]), 0, x.shape[1])
      return {
        answer: plus(x, copies(reshape(rows.answer, x.shape.slice(1)), N)),
        async back(gradient) {
          const summed = await summedExamples(operators, gradient)
          const onTable = await rows.back(reshape(summed, rows.answer.shape))
          return { reads: [gradient], parameters: { table: reshape(onTable, table.shape) } }
        },
      }
    }
    case 'sinusoidalPositions': {
      const [, length, dim] = x.shape
      const { y } = await operators.positionalEncoding.forward({}, { length, dim })
      return {
        answer: plus(x, copies(y, N)),
        back: async (gradient) => ({ reads: [gradient], parameters: {} }),
      }
    }
    case 'classToken': {
      const { token } = parameters
      const [, length, width] = x.shape
      const tokens = copies(reshape(token, [1, width]), N)
      return {
        answer: await stacked(operators, [tokens, x]),
        async back(gradient) {
          const [first, rest] = [await rowsOf(operators, gradient, 0, 1), await rowsOf(operators, gradient, 1, length)]
          const onToken = await summedExamples(operators, first.answer)
          return { reads: [rest.answer], parameters: { token: reshape(onToken, [width]) } }
        },
      }
    }
    case 'selectToken':
      return through(
        x,
        (y) => rowsOf(operators, y, layer.index ?? 0, 1),
        (y) => reshaped(y, [N, x.shape[2]]),
      )
    case 'patchEmbedding':
      return call(operators, 'patchEmbedding', [{ names: ['image'], x }], parameters, { patch: layer.patch })
    case 'multiHeadAttention': {
      const memory = reads[1]
      const sources =
        memory === undefined
          ? [{ names: ['query', 'key', 'value'], x }]
          : [
              { names: ['query'], x },
              { names: ['key', 'value'], x: memory },
            ]
      const attributes = { heads: layer.heads, causal: layer.causal ?? false }
      return call(operators, 'multiHeadAttention', sources, parameters, attributes, 'output')
    }
    case 'zeroPadding': {
      const weight = passingFilters(layer.channels, x.shape[1])
      return through(x, (y) => step(operators, 'conv2d', 'x', y, { stride: layer.stride }, { weight }))
    }
    case 'sum':
      return {
        answer: reads.reduce((sum, one) => plus(sum, one)),
        back: async (gradient) => ({ reads: reads.map(() => gradient), parameters: {} }),
      }
    case 'concatenation':
      return {
        answer: await stacked(operators, reads),
        async back(gradient) {
          const parts: Tensor[] = []
          let from = 0
          for (const { shape } of reads) {
            parts.push(reshape((await rowsOf(operators, gradient, from, shape[1])).answer, shape))
            from += shape[1]
          }
          return { reads: parts, parameters: {} }
        },
      }
  }
}

/** The contract counts positions with the quotient rounded down: where it is to be rounded up, the image's edge is repeated. */
async function maxPool(layer: Pooling, x: Tensor, operators: Operators): Promise<Pass> {
  const [kernel, padding] = [pairOr(layer.kernel, 1), pairOr(layer.padding, 0)]
  const stride = pairOr(layer.stride ?? layer.kernel, 1)
  const [rows, columns] = [0, 1].map((d) => {
    const length = x.shape[d + 2]
    const room = length + 2 * padding[d] - kernel[d]
    const positions = positionsOf(length, room, stride[d], padding[d], layer.ceil === true)
    return Math.max((positions - 1) * stride[d] - room, 0)
  })
  const repeated = await edgesRepeated(operators, x, rows, columns)
  return through(x, ...repeated, (y) => step(operators, 'maxPool2d', 'x', y, { kernel, stride, padding }))
}

/** How many inputs a unit of a weight of this shape has. */
export function fanIn(shape: readonly number[]): number {
  return shape.length === 1 ? shape[0] : sizeOf(shape.slice(1))
}

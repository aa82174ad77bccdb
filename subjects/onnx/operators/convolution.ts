import type { Attributes } from '../../../oracle/contract.js'
import { reshape } from '../../../oracle/tensor.js'
import type { NodeAttribute } from '../graph.js'
import { numberOf, numbersOf, optionalInput, type Translation } from '../translation.js'

/** The contract's padding is the same on both sides. */
function onBothSides(padding: readonly number[]): readonly number[] {
  return [...padding, ...padding]
}

function settings(attributes: Attributes, list: (name: string) => readonly number[]): Record<string, NodeAttribute> {
  return {
    strides: list('stride'),
    pads: onBothSides(list('padding')),
    dilations: list('dilation'),
    group: numberOf(attributes, 'groups'),
  }
}

function convolution(list: (attributes: Attributes, name: string) => readonly number[]): Translation {
  return {
    since: 13,
    build: (graph, { inputs: { x, weight, bias }, attributes }) => {
      const inputs = [graph.input('x', x), graph.input('weight', weight), optionalInput(graph, 'bias', bias)]
      graph.output(
        'y',
        graph.node(
          'Conv',
          inputs,
          settings(attributes, (name) => list(attributes, name)),
        ),
      )
    },
  }
}

export const conv1d = convolution((attributes, name) => [numberOf(attributes, name)])
export const conv2d = convolution(numbersOf)

/** Conv with as many groups as channels, then Conv with 1×1 windows. */
export const depthwiseSeparableConv2d: Translation = {
  since: 13,
  build: (graph, { inputs: { x, depthwise, pointwise, bias }, attributes }) => {
    const [strides, padding] = [numbersOf(attributes, 'stride'), numbersOf(attributes, 'padding')]
    const each = graph.node('Conv', [graph.input('x', x), graph.input('depthwise', depthwise)], {
      strides,
      pads: onBothSides(padding),
      group: x.shape[1],
    })
    const inputs = [each, graph.input('pointwise', pointwise), optionalInput(graph, 'bias', bias)]
    graph.output('y', graph.node('Conv', inputs))
  },
}

/** Conv with windows and strides of a patch, its positions in a row; as exporters write it. */
export const patchEmbedding: Translation = {
  since: 13,
  build: (graph, { inputs: { image, weight, bias }, attributes }) => {
    const patch = numberOf(attributes, 'patch')
    const kernels = reshape(weight, [weight.shape[0], image.shape[1], patch, patch])
    const inputs = [graph.input('image', image), graph.input('weight', kernels), optionalInput(graph, 'bias', bias)]
    const features = graph.node('Conv', inputs, { strides: [patch, patch], kernel_shape: [patch, patch] })
    const rows = graph.node('Reshape', [features, graph.constant('int64', [3], [0, 0, -1])])
    graph.output('y', graph.node('Transpose', [rows], { perm: [0, 2, 1] }))
  },
}

/** A pooling node's attributes, as the contract's windows have them. */
function windows(attributes: Attributes): Record<string, NodeAttribute> {
  return {
    kernel_shape: numbersOf(attributes, 'kernel'),
    strides: numbersOf(attributes, 'stride'),
    pads: onBothSides(numbersOf(attributes, 'padding')),
  }
}

export const maxPool2d: Translation = {
  since: 13,
  build: (graph, { inputs: { x }, attributes }) =>
    graph.output('y', graph.node('MaxPool', [graph.input('x', x)], windows(attributes))),
}

export const avgPool2d: Translation = {
  since: 13,
  build: (graph, { inputs: { x }, attributes }) => {
    const counts = { count_include_pad: attributes.countIncludePad === true ? 1 : 0 }
    graph.output('y', graph.node('AveragePool', [graph.input('x', x)], { ...windows(attributes), ...counts }))
  },
}

/** GlobalAveragePool, which has one cell. */
export const adaptiveAvgPool2d: Translation = {
  since: 13,
  supports: { attributes: { output: [[1, 1]] } },
  build: (graph, { inputs: { x } }) => graph.output('y', graph.node('GlobalAveragePool', [graph.input('x', x)])),
}

/** ReduceMean over the time, of all its steps. Its axes became an input with opset 18. */
export const meanOverTime: Translation = {
  since: 13,
  supports: { without: ['lengths'] },
  build: (graph, { inputs: { x } }) => {
    const mean =
      graph.opset >= 18
        ? graph.node('ReduceMean', [graph.input('x', x), graph.constant('int64', [1], [0])], { keepdims: 0 })
        : graph.node('ReduceMean', [graph.input('x', x)], { axes: [0], keepdims: 0 })
    graph.output('y', mean)
  },
}

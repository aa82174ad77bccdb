import { describe, expect, it } from 'vitest'
import { tensor, zeros } from '../../oracle/tensor.js'
import { float, Graph } from './graph.js'
import { decodeModel } from './messages.js'

describe('a graph', () => {
  it('is read back as it was built', () => {
    const graph = new Graph(21, 'float32')
    const inputs = [graph.input('x', zeros([1, 2, 5, 5])), graph.constant('float32', [2, 2, 1, 1], [1, 2, 3, 4])]
    graph.output('y', graph.node('Conv', inputs, { strides: [2, 1], auto_pad: 'NOTSET', group: 1 }))
    const model = decodeModel(graph.bytes())
    expect(model.opsetImport).toEqual([{ domain: '', version: 21 }])
    expect(model.graph.node).toHaveLength(1)
    const [node] = model.graph.node
    expect([node.opType, node.input, node.output]).toEqual(['Conv', ['x', 'constant0'], ['value0']])
    expect(
      node.attribute.map(({ name, type, i, ints, s }) => [name, type, i ?? ints ?? Buffer.from(s ?? []).toString()]),
    ).toEqual([
      ['strides', 7, [2, 1]],
      ['auto_pad', 3, 'NOTSET'],
      ['group', 2, 1],
    ])
    expect(model.graph.initializer).toMatchObject([
      { name: 'constant0', dims: [2, 2, 1, 1], dataType: 1, floatData: [1, 2, 3, 4] },
    ])
    expect(model.graph.input[0].type?.tensorType).toEqual({ elemType: 1, shape: { dim: [{}, {}, {}, {}] } })
  })

  it('keeps floats, lists of floats, whole numbers and lists of words apart', () => {
    const graph = new Graph(14, 'float64')
    const settings = { epsilon: float(1), activation_alpha: Float32Array.of(1), size: 1, activations: ['Tanh', 'Relu'] }
    graph.output('y', graph.node('RNN', [graph.input('x', zeros([1])), undefined, 'w', undefined], settings))
    const [{ input, attribute }] = decodeModel(graph.bytes()).graph.node
    expect(input).toEqual(['x', '', 'w'])
    expect(attribute).toMatchObject([
      { name: 'epsilon', type: 1, f: 1 },
      { name: 'activation_alpha', type: 6, floats: [1] },
      { name: 'size', type: 2, i: 1 },
      {
        name: 'activations',
        type: 8,
        strings: [Buffer.from('Tanh'), Buffer.from('Relu')],
      },
    ])
  })

  it('is the same for calls that differ in sizes and numbers only', () => {
    const bytes = (rows: number, value: number) => {
      const graph = new Graph(13, 'float32')
      graph.output('y', graph.node('Relu', [graph.input('x', tensor([rows], new Array(rows).fill(value)))]))
      return graph.bytes()
    }
    expect(bytes(1, 0)).toEqual(bytes(7, 3))
  })
})

describe('a model', () => {
  it('has the field numbers of onnx.proto', () => {
    // ModelProto: ir_version (1) 8, opset_import (8) with version (2) 13, graph (7) with output (12) of name (1) "y".
    const bytes = [0x08, 8, 0x42, 2, 0x10, 13, 0x3a, 5, 0x62, 3, 0x0a, 1, 'y'.charCodeAt(0)]
    expect(decodeModel(Uint8Array.from(bytes))).toMatchObject({
      irVersion: 8,
      opsetImport: [{ version: 13 }],
      graph: { output: [{ name: 'y' }] },
    })
  })

  it('is refused where the bytes hold none', () => {
    expect(() => decodeModel(Buffer.from('this is no model'))).toThrow('it is no ONNX model')
    expect(() => decodeModel(new Uint8Array())).toThrow('it is no ONNX model: it has no graph with outputs')
  })

  it('holds no float64 number as an attribute, which would be rounded to float32', () => {
    const withAlpha = (precision: 'float32' | 'float64', alpha: number) => () =>
      new Graph(21, precision).node('LeakyRelu', ['x'], { alpha: float(alpha) })
    expect(withAlpha('float64', 0.1)).toThrow('alpha 0.1 in float64: LeakyRelu has it in float32')
    expect(withAlpha('float64', 0.125)).not.toThrow()
    expect(withAlpha('float32', 0.1)).not.toThrow()
  })
})

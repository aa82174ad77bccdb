import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { runLaws } from '../../properties/index.js'
import { encodeModel } from './messages.js'
import { openModelFile } from './modelFile.js'

type Model = Parameters<typeof encodeModel>[0]
type Node = NonNullable<Model['graph']['node']>[number]
type Sizes = readonly (number | undefined)[]

const folder = mkdtempSync(join(tmpdir(), 'answerkey-onnx-'))
afterAll(() => rmSync(folder, { recursive: true }))

const value = (name: string, sizes: Sizes) => ({
  name,
  type: {
    tensorType: { elemType: 1, shape: { dim: sizes.map((size) => (size === undefined ? {} : { dimValue: size })) } },
  },
})
const ints = (name: string, list: number[]) => ({ name, type: 7, ints: list })

/** Writes a model of opset 17 whose weights hold halves of whole numbers, no two the same; answers with its path. */
function written(
  name: string,
  {
    inputs,
    weights,
    nodes,
    outputs,
  }: {
    inputs: Readonly<Record<string, Sizes>>
    weights: Readonly<Record<string, readonly number[]>>
    nodes: readonly Node[]
    outputs: Readonly<Record<string, Sizes>>
  },
): string {
  const path = join(folder, `${name}.onnx`)
  const graph = {
    node: [...nodes],
    initializer: Object.entries(weights).map(([weight, dims], w) => ({
      name: weight,
      dims: [...dims],
      dataType: 1,
      floatData: Array.from(
        { length: dims.reduce((product, size) => product * size, 1) },
        (_, i) => (((i * 7 + w) % 11) - 5) / 2,
      ),
    })),
    input: Object.entries(inputs).map((entry) => value(...entry)),
    output: Object.entries(outputs).map((entry) => value(...entry)),
  }
  writeFileSync(path, encodeModel({ irVersion: 8, opsetImport: [{ version: 17 }], graph }))
  return path
}

/** The number of laws by status, and what is wrong. */
async function tested(path: string, as: string) {
  const subject = await openModelFile(path, as, 10)
  try {
    const report = await runLaws(subject, { runs: 5, seed: 3, shrinkSeconds: 0 })
    const laws = Object.values(report.operators).flatMap((operator) => operator.laws)
    return { ...report.summary, held: laws.filter(({ status }) => status === 'held').map(({ law }) => law) }
  } finally {
    await subject.close()
  }
}

const convolution = {
  inputs: { image: [undefined, 4, undefined, undefined] },
  weights: { 'layer.weight': [6, 2, 3, 2], 'layer.bias': [6] },
  outputs: { features: [] },
}
const conv: Node = {
  opType: 'Conv',
  input: ['image', 'layer.weight', 'layer.bias'],
  output: ['features'],
  attribute: [ints('strides', [2, 1]), ints('pads', [1, 0, 1, 0]), { name: 'group', type: 2, i: 2 }],
}

describe('a model file', () => {
  it('is tested with its own weights, stride, padding and groups', async () => {
    const result = await tested(written('conv', { ...convolution, nodes: [conv] }), 'conv2d')
    expect(result).toMatchObject({ broken: 0, errored: 0, suspicious: 0 })
    expect(result.held).toEqual(
      expect.arrayContaining(['agrees with the oracle', 'treats each image alone', 'is affine in x']),
    )
  })

  it('is found out where it computes something else', async () => {
    const scaled: Node = { opType: 'Mul', input: ['plain', 'layer.weight_scale'], output: ['features'] }
    const weights = { ...convolution.weights, 'layer.weight_scale': [1] }
    const path = written('wrong', { ...convolution, weights, nodes: [{ ...conv, output: ['plain'] }, scaled] })
    const result = await tested(path, 'conv2d')
    expect(result.broken).toBeGreaterThan(0)
    expect(result.held).not.toContain('agrees with the oracle')
  })

  it('is given images of its fixed sizes only', async () => {
    const fixed = { ...convolution, inputs: { image: [2, 4, 9, 7] } }
    const result = await tested(written('fixed', { ...fixed, nodes: [conv] }), 'conv2d')
    expect(result).toMatchObject({ broken: 0, errored: 0, suspicious: 0 })
    expect(result.held).toContain('agrees with the oracle')
    expect(result.held).not.toContain('treats each image alone')
    expect(result.unsupported).toBeGreaterThan(0)
  })

  it('may hold a weight transposed, as the second factor of a product', async () => {
    const path = written('linear', {
      inputs: { x: [undefined, undefined, 3] },
      weights: { 'onnx::MatMul_5': [3, 3], bias: [3] },
      nodes: [
        { opType: 'MatMul', input: ['x', 'onnx::MatMul_5'], output: ['product'] },
        { opType: 'Add', input: ['product', 'bias'], output: ['y'] },
      ],
      outputs: { y: [] },
    })
    const result = await tested(path, 'linear')
    expect(result).toMatchObject({ broken: 0, errored: 0, suspicious: 0 })
    expect(result.held).toContain('agrees with the oracle')
  })

  it('may hold the gates of a recurrent network in the order of ONNX', async () => {
    const path = written('lstm', {
      inputs: { x: [undefined, undefined, 2] },
      weights: { w: [1, 12, 2], r: [1, 12, 3], b: [1, 24] },
      nodes: [
        {
          opType: 'LSTM',
          input: ['x', 'w', 'r', 'b'],
          output: ['all', '', 'last'],
          attribute: [{ name: 'hidden_size', type: 2, i: 3 }],
        },
        {
          opType: 'Constant',
          output: ['one'],
          attribute: [{ name: 'value', type: 4, t: { dims: [1], dataType: 7, int64Data: [1] } }],
        },
        {
          opType: 'Constant',
          output: ['zero'],
          attribute: [{ name: 'value', type: 4, t: { dims: [1], dataType: 7, int64Data: [0] } }],
        },
        { opType: 'Squeeze', input: ['all', 'one'], output: ['hidden'] },
        { opType: 'Squeeze', input: ['last', 'zero'], output: ['cell'] },
      ],
      outputs: { cell: [], hidden: [] },
    })
    const result = await tested(path, 'lstm')
    expect(result).toMatchObject({ broken: 0, errored: 0, suspicious: 0 })
    expect(result.held).toContain('agrees with the oracle')
  })

  it('has a GRU of one of two kinds, and says which where the other is meant', async () => {
    const gru = (linearBeforeReset: number) =>
      written(`gru${linearBeforeReset}`, {
        inputs: { x: [undefined, undefined, 2] },
        weights: { w: [1, 9, 2], r: [1, 9, 3], b: [1, 18] },
        nodes: [
          {
            opType: 'GRU',
            input: ['x', 'w', 'r', 'b'],
            output: ['all'],
            attribute: [
              { name: 'hidden_size', type: 2, i: 3 },
              { name: 'linear_before_reset', type: 2, i: linearBeforeReset },
            ],
          },
          {
            opType: 'Constant',
            output: ['one'],
            attribute: [{ name: 'value', type: 4, t: { dims: [1], dataType: 7, int64Data: [1] } }],
          },
          { opType: 'Squeeze', input: ['all', 'one'], output: ['hidden'] },
        ],
        outputs: { hidden: [] },
      })
    for (const [linearBeforeReset, own, other] of [
      [0, 'gruResetBefore', 'gru'],
      [1, 'gru', 'gruResetBefore'],
    ] as const) {
      const path = gru(linearBeforeReset)
      expect(await tested(path, own)).toMatchObject({ broken: 0, errored: 0, suspicious: 0 })
      const opened = openModelFile(path, other, 10)
      await expect(opened).rejects.toThrow(`its GRU has linear_before_reset ${linearBeforeReset}, which is ${own}`)
    }
  })

  it('has attributes and names that the command line says', async () => {
    const nodes: Node[] = [
      { opType: 'Gemm', input: ['x', 'first', 'shift'], output: ['a'], attribute: [{ name: 'transB', type: 2, i: 1 }] },
      { opType: 'Relu', input: ['a'], output: ['b'] },
      {
        opType: 'Gemm',
        input: ['b', 'second', 'offset'],
        output: ['y'],
        attribute: [{ name: 'transB', type: 2, i: 1 }],
      },
    ]
    const weights = { second: [2, 2], first: [2, 2], offset: [2], shift: [2] }
    const path = written('fed', { inputs: { x: [undefined, 2] }, weights, nodes, outputs: { y: [] } })
    await expect(openModelFile(path, 'feedForward', 10)).rejects.toThrow('which of second, first is weight1?')
    const named = 'feedForward,weight1=first,bias1=shift,weight2=second,bias2=offset'
    expect(await tested(path, named)).toMatchObject({ broken: 0, errored: 0, suspicious: 0 })
    const exchanged = 'feedForward,weight1=second,bias1=shift,weight2=first,bias2=offset'
    expect((await tested(path, exchanged)).broken).toBeGreaterThan(0)
  })
})

describe('a model file that cannot be tested says why:', () => {
  const path = written('errors', { ...convolution, nodes: [conv] })
  const noModel = join(folder, 'text.onnx')
  writeFileSync(noModel, 'this is no model')
  const twoInputs = written('two', { ...convolution, inputs: { image: [1, 4, 9, 9], other: [1, 1, 1] }, nodes: [conv] })

  it.each([
    ['it is not there', join(folder, 'none.onnx'), 'conv2d', 'none.onnx: there is no such file'],
    ['it is a folder', folder, 'conv2d', 'it cannot be read: EISDIR'],
    ['it is no model', noModel, 'conv2d', 'it is no ONNX model'],
    ['it has too many inputs', twoInputs, 'conv2d', 'its input other fits no input of conv2d that is left'],
    ['its input has another rank', path, 'conv1d', 'its input image fits no input of conv1d'],
    ['the operator is unknown', path, 'conv', 'there is no operator conv; known: matmul'],
    ['the operator is not said', path, undefined, 'which operator is it?'],
    [
      'an attribute is unknown',
      path,
      'conv2d,strides=2',
      'strides=2 should be name=value; conv2d has x, weight, bias, stride',
    ],
    ['an attribute is missing', path, 'patchEmbedding,weight=nowhere', 'it has no nowhere, which should be weight'],
    [
      'an attribute is out of range',
      path,
      'localResponseNorm,size=x',
      'attribute size is x; it should be a whole number',
    ],
  ])('%s', async (_, file, as, message) => {
    await expect(openModelFile(file, as, 10)).rejects.toThrow(message)
  })
})

import { afterAll, describe, expect, it } from 'vitest'
import { contract, oracle } from '../../oracle/index.js'
import { fromNested, rowMajor, type Tensors } from '../../oracle/tensor.js'
import { runLaws } from '../../properties/index.js'
import { openSubject } from '../open.js'
import type { OpenSubject } from '../subject.js'
import { openOnnxRuntime } from './onnxRuntime.js'
import { newestOpset, oldestOpset } from './terms.js'
import { translations } from './translations.js'

const open: OpenSubject[] = []
async function opened(spec: string, opset?: number): Promise<OpenSubject> {
  const subject = await openOnnxRuntime(spec, opset, 10)
  open.push(subject)
  return subject
}
afterAll(async () => {
  await Promise.all(open.map((subject) => subject.close()))
})

/** Laws that are not as they should be, of a few cases each. */
async function failing(subject: OpenSubject, operators: readonly string[]): Promise<readonly string[]> {
  const report = await runLaws(subject, { operators, runs: 4, seed: 4, shrinkSeconds: 0 })
  return Object.entries(report.operators).flatMap(([operator, { laws }]) =>
    laws
      .filter(({ status }) => status === 'broken' || status === 'errored' || status === 'suspicious')
      .map(({ law, message }) => `${operator} ${law}: ${message}`),
  )
}

describe('ONNX Runtime', () => {
  it('is named with its package, version and opset', async () => {
    const { name, precision } = await opened('onnxruntime')
    expect(name).toMatch(/^onnxruntime-node \d+\.\d+\.\d+, opset \d+$/)
    expect(precision).toBe('float32')
    expect((await opened('onnxruntime:web:float64', 17)).name).toMatch(/^onnxruntime-web \S+, opset 17, float64$/)
  })

  it.each([
    ['onnxruntime', undefined],
    ['onnxruntime', 17],
    ['onnxruntime:web', undefined],
  ])('obeys the laws of operators of every kind: %s, opset %s', async (spec, opset) => {
    const operators = ['matmul', 'linear', 'conv2d', 'maxPool2d', 'layerNorm', 'softmax', 'lstm', 'embedding', 'resize']
    expect(await failing(await opened(spec, opset), operators)).toEqual([])
  })

  it('computes in float64 where it is asked for it', async () => {
    const subject = await opened('onnxruntime:float64')
    expect(subject.precision).toBe('float64')
    expect(await failing(subject, ['matmul', 'tanh'])).toEqual([])
  })

  it('says that an operator is not implemented where it has no kernel of the precision', async () => {
    const { operators } = await opened('onnxruntime:float64')
    const call = operators.localResponseNorm.forward({ x: fromNested([[[[1]]]]) }, {})
    await expect(call).rejects.toMatchObject({ kind: 'unimplemented' })
    const [weightInput, weightHidden] = [fromNested([[1], [1], [1], [1]]), fromNested([[1], [1], [1], [1]])]
    const sequence = operators.lstm.forward({ x: fromNested([[[1]]]), weightInput, weightHidden }, {})
    await expect(sequence).rejects.toMatchObject({ kind: 'unimplemented' })
  })

  it('lacks what its opset does not have', async () => {
    const names = Object.keys((await opened('onnxruntime', oldestOpset)).operators)
    expect(names).toContain('conv2d')
    for (const younger of ['layerNorm', 'gelu', 'scaledDotProductAttention']) expect(names).not.toContain(younger)
    expect(Object.keys((await opened('onnxruntime', newestOpset)).operators)).toEqual(Object.keys(translations))
  })

  it('knows no other opsets and no other spellings', async () => {
    await expect(openOnnxRuntime('onnxruntime', newestOpset + 1, 10)).rejects.toThrow(
      `${oldestOpset} to ${newestOpset}`,
    )
    await expect(openOnnxRuntime('onnxruntime:float16', undefined, 10)).rejects.toThrow(':float32 or :float64')
    await expect(openOnnxRuntime('onnxruntime:web:float64:cuda', undefined, 10)).rejects.toThrow(':float32 or :float64')
  })

  it('alone has an opset, and a model file alone an operator', async () => {
    await expect(openSubject('oracle', 1, { opset: 20 })).rejects.toThrow('--opset is for onnxruntime')
    await expect(openSubject('onnxruntime', 1, { as: 'conv2d' })).rejects.toThrow('--as is for model files')
  })

  it('gives every gate its own weights, and every state its place', async () => {
    const { operators } = await opened('onnxruntime')
    const column = (length: number, by: number) => Array.from({ length }, (_, i) => [(i - 1.5) * by])
    const x = fromNested([[[0.5]], [[-1]]])
    const state = (value: number) => fromNested([[value]])
    const gates = (count: number): Tensors => ({
      x,
      h0: state(0.25),
      weightInput: fromNested(column(count, 0.7)),
      weightHidden: fromNested(column(count, -0.4)),
      biasInput: fromNested(column(count, 0.3).flat()),
      biasHidden: fromNested(column(count, -0.9).flat()),
    })
    for (const [operator, inputs] of [
      ['lstm', { ...gates(4), c0: state(-0.5) }],
      ['gru', gates(3)],
      ['gruResetBefore', gates(3)],
      ['rnn', gates(1)],
    ] as const) {
      const actual = await operators[operator].forward(inputs, {})
      const expected = await oracle.operators[operator].forward(inputs, {})
      expect(Object.keys(actual)).toEqual(Object.keys(contract[operator].outputs))
      for (const [name, y] of Object.entries(expected))
        for (const [i, value] of rowMajor(y).entries()) expect(rowMajor(actual[name])[i]).toBeCloseTo(value, 5)
    }
  })

  it('refuses a bad call before it builds a model of it', async () => {
    const { operators } = await opened('onnxruntime')
    const call = operators.matmul.forward({ a: fromNested([[1, 2]]), b: fromNested([[1]]) }, {})
    await expect(call).rejects.toThrow(/^matmul: /)
  })
})

import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { Failure, Refusal } from '../../oracle/contract.js'
import { contract } from '../../oracle/index.js'
import { fromNested, type Nested, tensor, toNested } from '../../oracle/tensor.js'
import { runLaws } from '../../properties/index.js'
import { openSubject } from '../open.js'
import type { OpenSubject } from '../subject.js'
import { fromWorkingDirectory, lackOf } from './tensorflow.js'

let subject: OpenSubject

beforeAll(async () => {
  subject = await openSubject('tfjs', 10)
})
afterAll(() => subject.close())

/** The outputs or gradients of one call, as nested arrays. */
async function answer(
  operator: string,
  inputs: Record<string, Nested>,
  attributes = {},
  gradients?: Record<string, Nested>,
): Promise<Record<string, Nested>> {
  const tensors = (nested: Record<string, Nested>) =>
    Object.fromEntries(Object.entries(nested).map(([name, x]) => [name, fromNested(x)]))
  const { forward, backward } = subject.operators[operator]
  const found =
    gradients === undefined
      ? await forward(tensors(inputs), attributes)
      : await backward?.(tensors(inputs), attributes, tensors(gradients))
  return Object.fromEntries(Object.entries(found ?? {}).map(([name, x]) => [name, toNested(x)]))
}

test('is named with the version that is installed and with the backend, and computes in float32', async () => {
  const manifest: unknown = fromWorkingDirectory()('@tensorflow/tfjs/package.json')
  const { name, precision, profile } = subject
  expect(manifest).toHaveProperty('version')
  expect(name).toBe(`TensorFlow.js ${Object(manifest).version} (cpu)`)
  expect([precision, profile?.name]).toEqual(['float32', 'ieee'])
})

test('has only operators of the contract, and declares limits only of those that it has', async () => {
  const { operators, supports } = subject
  expect(Object.keys(operators).filter((name) => !(name in contract))).toEqual([])
  expect(Object.keys(supports ?? {}).filter((name) => !(name in operators))).toEqual([])
})

test('holds laws of operators of every kind: a layer, an image, a loss, a sequence and an optimizer', async () => {
  const { operators } = await runLaws(subject, {
    operators: ['linear', 'maxPool2d', 'binaryCrossEntropy', 'embedding', 'batchNorm', 'adam'],
    laws: ['agrees with the oracle', "has the oracle's gradient", 'does not modify its inputs'],
    runs: 10,
    seed: 3,
  })
  const broken = Object.entries(operators).flatMap(([operator, { laws }]) =>
    laws.filter(({ status }) => status !== 'held').map(({ law, status }) => `${operator} ${law}: ${status}`),
  )
  expect(broken).toEqual([])
  expect(Object.keys(operators)).toHaveLength(6)
})

test('turns images and weights to channels last and back', async () => {
  const x = [[[[1, 2, 3]], [[10, 20, 30]]]]
  const weight = [[[[1, 1]], [[2, 0]]]]
  expect(await answer('conv2d', { x, weight })).toEqual({ y: [[[[23, 45]]]] })
  expect(await answer('conv2d', { x, weight }, {}, { y: [[[[1, 10]]]] })).toEqual({
    x: [[[[1, 11, 10]], [[2, 20, 0]]]],
    weight: [[[[21, 32]], [[210, 320]]]],
  })
})

test('takes the time axis, the gates and the two biases of an LSTM to where the layer has them', async () => {
  const inputs = {
    x: [[[0]], [[0]]],
    weightInput: [[0], [0], [0], [0]],
    weightHidden: [[0], [0], [0], [0]],
    biasInput: [20, -20, 0.5, 10],
    biasHidden: [20, -20, 0.5, 10],
  }
  const { hidden, cell } = await answer('lstm', inputs)
  // Input and output gates open, the forget gate shut: both steps have the cell tanh(1).
  const once = Math.tanh(Math.tanh(1))
  expect(Object(hidden).flat(2)).toEqual([expect.closeTo(once, 6), expect.closeTo(once, 6)])
  expect(Object(cell).flat()).toEqual([expect.closeTo(Math.tanh(1), 6)])
})

test('takes the gates and the two biases of a GRU to where the layer has them, whose reset gate acts before the matrix', async () => {
  const inputs = { x: [[[0]]], h0: [[1]], weightInput: [[0], [0], [0]], weightHidden: [[0], [0], [1]] }
  const shut = await answer('gruResetBefore', { ...inputs, biasInput: [-20, -10, 0.25], biasHidden: [-20, -10, 0.25] })
  expect(Object(shut.hidden).flat(2)).toEqual([expect.closeTo(Math.tanh(0.5), 6)])
  const open = await answer('gruResetBefore', { ...inputs, biasInput: [20, -20, 0.5] })
  expect(Object(open.hidden).flat(2)).toEqual([expect.closeTo(Math.tanh(1.5), 6)])
})

test('says of a valid call what TensorFlow.js lacks instead of failing', async () => {
  const { conv2d, oneHot } = subject.operators
  const inputs = { x: tensor([1, 1, 3, 3], new Float64Array(9)), weight: tensor([1, 1, 2, 2], new Float64Array(4)) }
  const dilated = conv2d.forward(inputs, { stride: 2, dilation: 2 })
  await expect(dilated).rejects.toEqual(
    new Failure('unimplemented', 'TensorFlow.js has no convolution with both a stride and a dilation'),
  )
  const gradient = conv2d.backward?.(inputs, { dilation: 2 }, {})
  await expect(gradient).rejects.toMatchObject({ kind: 'unimplemented' })
  const alone = oneHot.forward({ ids: tensor([1], [0]) }, { classes: 1 })
  await expect(alone).rejects.toMatchObject({ kind: 'unimplemented' })
})

test('refuses a bad call that TensorFlow.js would answer', async () => {
  const { embedding, matmul } = subject.operators
  const outside = embedding.forward({ ids: tensor([1], [7]), table: tensor([2, 1], [0, 0]) }, {})
  await expect(outside).rejects.toBeInstanceOf(Refusal)
  const [a, b] = [tensor([1, 1], [1]), tensor([1, 1], [1])]
  const misshapen = matmul.backward?.({ a, b }, {}, { y: tensor([1], [1]) })
  await expect(misshapen).rejects.toBeInstanceOf(Refusal)
})

test('says how to install what is missing, and which backend does not start', async () => {
  await expect(openSubject('tfjs:nonesuch', 10)).rejects.toThrow(
    /tfjs:nonesuch: @tensorflow\/tfjs-backend-nonesuch is not installed .*npm install @tensorflow\/tfjs-backend-nonesuch/,
  )
  await expect(openSubject('tfjs:webgl', 10)).rejects.toThrow(/^tfjs:webgl: it does not load: .*webgl/)
  const elsewhere = mkdtempSync(join(tmpdir(), 'answerkey-'))
  const directory = vi.spyOn(process, 'cwd').mockReturnValue(elsewhere)
  await expect(openSubject('tfjs', 10)).rejects.toThrow(
    `tfjs: @tensorflow/tfjs is not installed in ${elsewhere}: npm install @tensorflow/tfjs`,
  )
  directory.mockRestore()
})

test('takes an operation for which the backend has no kernel for not supported, and no other failure', () => {
  const missing = new Error("Kernel 'Einsum' not registered for backend 'wasm'")
  expect(lackOf(missing)).toMatchObject({
    kind: 'unimplemented',
    message: expect.stringContaining('the backend wasm has no Einsum'),
  })
  const other = new TypeError('x is undefined')
  expect(lackOf(other)).toBe(other)
})

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { contract, oracle } from '../oracle/index.js'
import { fromNested, type Tensors, toNested } from '../oracle/tensor.js'
import { runLaws } from '../properties/index.js'
import { openSubject } from './open.js'
import { openProcess } from './process.js'
import type { OpenSubject } from './subject.js'

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const misbehaving = `python3 '${file('./fixtures/misbehaving.py')}'`
const hasPython = spawnSync('python3', ['--version']).status === 0

beforeEach((context) => {
  if (!hasPython) context.skip('python3 is not installed')
})

describe('a command that cannot be tested says why', () => {
  it.each([
    [
      'is not there',
      'no-such-program --at-all',
      /ended with status 127 before it said hello; its standard error:\n.*not found/,
    ],
    ['ends at once', `${misbehaving} ends`, /ended with status 3 before it said hello.*\n.*no module named numpy/],
    ['talks first', `${misbehaving} talks`, /it wrote "Loading the model..." instead of its hello/],
    ['knows another version', `${misbehaving} refuses`, /it refused the hello: this is version 2 of the protocol/],
    ['has no operators', `${misbehaving} nothing`, /operators: it should name at least one operator/],
    ['has no forward pass', `${misbehaving} backward`, /operators: every operator should have a "forward" pass/],
  ])('one that %s', async (_, command, message) => {
    await expect(openProcess(command, 1)).rejects.toThrow(message)
  })
})

describe('a command', () => {
  let subject: OpenSubject
  beforeAll(async () => {
    if (hasPython) subject = await openProcess(misbehaving, 1)
  })
  afterAll(async () => {
    if (hasPython) await subject.close()
  })

  const call = (operator: string, inputs: Tensors = { x: fromNested([1]) }, attributes = {}) =>
    Promise.resolve(subject.operators[operator].forward(inputs, attributes))

  it('says its name, precision and passes', () => {
    expect(subject.name).toBe('misbehaving')
    expect(subject.precision).toBe('float32')
    expect(subject.profile).toBeUndefined()
    expect(subject.operators.relu.backward).toBeDefined()
    expect(subject.operators.tanh.backward).toBeUndefined()
  })

  it('answers forward and backward', async () => {
    const x = fromNested([[-1, 2]])
    expect(toNested((await call('relu', { x })).y)).toEqual([[0, 2]])
    const gradients = await subject.operators.relu.backward?.({ x }, {}, { y: fromNested([[3, 4]]) })
    expect(toNested(gradients?.x ?? x)).toEqual([[3, 4]])
  })

  it.each([
    ['refuses', 'sigmoid', 'Refusal', /^sigmoid: x is not to my taste$/],
    ['never answers', 'tanh', 'Failure', /^tanh.forward did not return within 1 s$/],
    [
      'ends',
      'softmax',
      'Failure',
      /^softmax.forward: its process ended with status 3; its standard error:\nSegmentation fault$/,
    ],
    ['answers another pass', 'logSoftmax', 'Failure', /answered "gradients"; it should answer "outputs"/],
    [
      'prints',
      'matmul',
      'Failure',
      /it wrote "shape is \[1, 2\]", which is no answer; what it prints belongs on standard error/,
    ],
    [
      'says that it crashed',
      'linear',
      'Failure',
      /^ZeroDivisionError: division by zero; its standard error:\nTraceback: line 7$/,
    ],
    ['lacks a case', 'oneHot', 'Failure', /^ids of rank 3$/],
    ['could not read the call', 'squaredError', 'Failure', /it could not read a request: unexpected end of line/],
    ['answers what nobody asked', 'dropout', 'Failure', /it answered a request 1000000 that nobody made/],
    [
      'answers no tensor',
      'layerNorm',
      'Failure',
      /answered no tensor for y: a tensor of shape \[2\] should hold 2 numbers, got 1/,
    ],
    ['answers no object', 'crop', 'Failure', /it answered "\[\\"sorry\\"\]"; it should answer an id with/],
  ])('that %s fails with the reason', async (_, operator, name, message) => {
    const error: unknown = await call(operator).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name, message: expect.stringMatching(message) })
  })

  it('says what it does not implement', async () => {
    await expect(call('oneHot')).rejects.toMatchObject({ kind: 'unimplemented' })
  })

  it('answers again after every failure', async () => {
    expect(toNested((await call('relu', { x: fromNested([3]) })).y)).toEqual([3])
  })

  it('is not waited for again once it has hung twice', async () => {
    await expect(call('tanh')).rejects.toThrow('did not return')
    const started = performance.now()
    await expect(call('tanh')).rejects.toThrow('2 times; it is not called again')
    expect(performance.now() - started).toBeLessThan(100)
  })

  it('answers with what JSON has no numeral for, and with float32 numbers in nine digits', async () => {
    const expected = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Math.fround(0.1)]
    expect(toNested((await call('gelu')).y)).toEqual(expected)
  })

  it('may answer several calls out of order', async () => {
    const answers = [1, 2, 3].map((value) => call('leakyRelu', { x: fromNested([value]) }))
    expect((await Promise.all(answers)).map(({ y }) => toNested(y))).toEqual([[1], [2], [3]])
  })

  it('is asked the calls again that were underway when another ended it', async () => {
    const answers = await Promise.allSettled([call('relu'), call('softmax'), call('relu'), call('relu')])
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
  })

  it('gets every attribute, computed ones too, pairs as [height, width], and numbers in the digits of its precision', async () => {
    const x = fromNested([
      [
        [
          [Math.fround(0.1), -0.5],
          [3, 4],
        ],
      ],
    ])
    const error: unknown = await call('maxPool2d', { x }, { kernel: 2 }).catch((thrown: unknown) => thrown)
    const request: unknown = JSON.parse(error instanceof Error ? error.message : '')
    expect(request).toEqual({
      id: expect.any(Number),
      operator: 'maxPool2d',
      pass: 'forward',
      inputs: { x: { shape: [1, 1, 2, 2], data: [0.100000001, -0.5, 3, 4] } },
      attributes: { kernel: [2, 2], stride: [2, 2], padding: [0, 0] },
    })
  })

  it('gets a bad call as it is, but for defaults', async () => {
    const inputs = { x: fromNested([[1.5]]), surplus: fromNested([Number.NaN]) }
    const error: unknown = await call('maxPool2d', inputs, { colour: 1, padding: Number.POSITIVE_INFINITY }).catch(
      (thrown: unknown) => thrown,
    )
    const request: unknown = JSON.parse(error instanceof Error ? error.message : '')
    expect(request).toMatchObject({
      inputs: { x: { shape: [1, 1], data: [1.5] }, surplus: { shape: [1], data: ['NaN'] } },
      attributes: { colour: 1, padding: ['Infinity', 'Infinity'] },
    })
  })
})

describe('several processes', () => {
  it('share the calls', async () => {
    const subject = await openProcess(misbehaving, 5, { workers: 2 })
    const inputs = { parameter: fromNested([1]), gradient: fromNested([1]) }
    const ask = () => subject.operators.sgd.forward(inputs, { learningRate: 1 })
    const answers = await Promise.all([ask(), ask(), ask(), ask()])
    expect(new Set(answers.map(({ parameter }) => toNested(parameter))).size).toBe(2)
    await subject.close()
  })
})

describe('a profile', () => {
  it.each([
    ['by name', 'wgsl', { name: 'wgsl', division: 5, flushesSubnormals: true }],
    ['in figures', 'figures', { name: 'its own figures', division: 6, flushesSubnormals: true }],
  ])('%s is taken over', async (_, greeting, expected) => {
    const subject = await openProcess(`${misbehaving} ${greeting}`, 5)
    expect(subject.profile).toMatchObject(expected)
    await subject.close()
  })

  it('has the accuracies that its figures say', async () => {
    const { profile, close } = await openProcess(`${misbehaving} figures`, 5)
    const u = 2 ** -24
    expect(profile?.exp(1, 2)).toBe(32 * u)
    expect(profile?.log(1, 0)).toBe(0.5)
    expect(profile?.tanh(1, 1)).toBe(6 * u)
    await close()
  })
})

describe('what `answerkey test` is given', () => {
  it('is a command where it has arguments', async () => {
    const subject = await openSubject(misbehaving, 5)
    expect(subject.name).toBe('misbehaving')
    await subject.close()
  })

  it('is told apart from a file that should have been one', async () => {
    const path = file('./fixtures/misbehaving.py')
    await expect(openSubject(path, 5)).rejects.toThrow(`answerkey test "python3 ${path}"`)
  })
})

describe('answerkey.py', () => {
  it('makes a subject of functions that obeys the laws of its operators', async (context) => {
    const numpy = spawnSync('python3', ['-c', 'import numpy'])
    if (numpy.status !== 0) context.skip('python3 has no numpy')
    const subject = await openSubject(`python3 '${file('../examples/subjects/numpy_subject.py')}'`, 10)
    const operators = ['linear', 'relu', 'softmax', 'crossEntropy']
    const report = await runLaws(subject, { operators, runs: 5, seed: 1, concurrency: 4 })
    await subject.close()
    expect(Object.keys(report.operators)).toEqual(operators)
    expect(report.summary).toMatchObject({ broken: 0, errored: 0 })
  })

  it('knows the names of every output of the contract', (context) => {
    const script = `
import json, sys
sys.path.insert(0, ${JSON.stringify(file('../python'))})
try:
    import answerkey
except ModuleNotFoundError:
    sys.exit(4)
names = json.loads(sys.argv[1])
print(json.dumps([answerkey.OUTPUTS.get(name, ["y"]) for name in names]))`
    const names = Object.keys(oracle.operators)
    const { status, stdout } = spawnSync('python3', ['-c', script, JSON.stringify(names)], { encoding: 'utf8' })
    if (status === 4) context.skip('python3 has no numpy')
    expect(JSON.parse(stdout)).toEqual(names.map((name) => Object.keys(contract[name].outputs)))
  })
})

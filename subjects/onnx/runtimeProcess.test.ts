import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromNested, toNested } from '../../oracle/tensor.js'
import type { OpenSubject } from '../subject.js'
import { openOnnxRuntime } from './onnxRuntime.js'

/** A runtime whose native code goes wrong in every way, by the operator that it runs. */
const badRuntime = `
const does = {
  Relu: () => {},
  Sigmoid: () => process.kill(process.pid, 'SIGSEGV'),
  Tanh: () => { for (;;) Math.random() },
  Softmax: () => { for (const held = []; ; ) held.push(Buffer.alloc(2 ** 24, held.length)) },
  LeakyRelu: () => process.exit(0),
  LogSoftmax: () => console.log('printed by the runtime'),
}
class Tensor { constructor(type, data, dims) { Object.assign(this, { type, data, dims }) } }
const InferenceSession = {
  create: async (model) => ({
    inputNames: ['x'],
    run: async ({ x }) => {
      const text = Buffer.from(model).toString('latin1')
      const [name] = Object.keys(does).filter((each) => text.includes(each)).sort((a, b) => b.length - a.length)
      does[name]()
      if (name === 'LogSoftmax') await new Promise((resolve) => setTimeout(resolve, 50))
      return { value0: new Tensor('float32', x.data.map((value) => Math.max(value, 0)), x.dims) }
    },
    release: async () => {},
  }),
}
module.exports = { InferenceSession, Tensor, env: {} }
`

const before = process.cwd()
const folder = mkdtempSync(join(tmpdir(), 'answerkey-bad-runtime-'))
const open: OpenSubject[] = []
beforeAll(() => {
  const own = join(folder, 'node_modules', 'onnxruntime-node')
  mkdirSync(own, { recursive: true })
  writeFileSync(
    join(own, 'package.json'),
    JSON.stringify({ name: 'onnxruntime-node', version: '0.0.1', main: 'index.js' }),
  )
  writeFileSync(join(own, 'index.js'), badRuntime)
  process.chdir(folder)
})
afterAll(async () => {
  process.chdir(before)
  await Promise.all(open.map((subject) => subject.close()))
  rmSync(folder, { recursive: true })
})

describe('ONNX Runtime in its process', () => {
  it.each([
    ['crashes', 'sigmoid', /sigmoid\.forward: its process (was ended by SIGSEGV|ended with status 139)/],
    ['hangs', 'tanh', /tanh\.forward did not return within 1 s/],
    ['ends', 'leakyRelu', /leakyRelu\.forward: its process ended with status 0/],
    ['takes too much memory', 'softmax', /softmax\.forward: its process held more than 400 MB of memory/],
  ])('costs one call where it %s', async (_, operator, message) => {
    const timeout = operator === 'softmax' ? 20 : 1
    const subject = await openOnnxRuntime('onnxruntime', 17, timeout, { memoryMegabytes: 400 })
    open.push(subject)
    const x = fromNested([-1, 2])
    const bad = subject.operators[operator].forward({ x }, {})
    await expect(bad).rejects.toThrow(message)
    const { y } = await subject.operators.relu.forward({ x }, {})
    expect(toNested(y)).toEqual([0, 2])
  })

  it('may print', async () => {
    const subject = await openOnnxRuntime('onnxruntime', 17, 5)
    open.push(subject)
    const { y } = await subject.operators.logSoftmax.forward({ x: fromNested([-1, 2]) }, {})
    expect(toNested(y)).toEqual([0, 2])
  })

  it('says why it does not start', async () => {
    await expect(openOnnxRuntime('onnxruntime:web', undefined, 5)).rejects.toThrow(
      /^onnxruntime:web: onnxruntime-web: it is not installed in .*; to install it: npm install onnxruntime-web$/,
    )
  })
})

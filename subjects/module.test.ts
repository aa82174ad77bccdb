import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fromNested, toNested } from '../oracle/tensor.js'
import { openModule } from './module.js'
import type { OpenSubject } from './subject.js'

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url))

describe('a module that cannot be tested says why', () => {
  it.each([
    ['is not there', 'absent.ts', /there is no such file/],
    ['does not parse', 'unreadable.mjs', /it does not load: .*SyntaxError|ParseError/],
    ['exports no operators', 'nothing.mjs', /it exports no `operators`/],
    [
      'declares what there is not',
      'misdeclaring.mjs',
      /what it declares is wrong \(`supports\.conv2d`: it has no attribute group\)/,
    ],
    ['has an operator without forward', 'misspelt.mjs', /its operator softmax has no `forward` function/],
  ])('one that %s', async (_, name, message) => {
    await expect(openModule(fixture(name), 1)).rejects.toThrow(message)
  })
})

describe('a module whose calls go wrong', () => {
  let subject: OpenSubject
  beforeAll(async () => {
    subject = await openModule(fixture('misbehaving.ts'), 0.5)
  })
  afterAll(() => subject.close())

  const call = async (operator: string, inputs: Record<string, number[] | number[][]>) =>
    subject.operators[operator].forward(
      Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, fromNested(x)])),
      {},
    )

  it('declares its precision and passes', () => {
    expect(subject.precision).toBe('float32')
    expect(subject.operators.relu.backward).toBeUndefined()
  })

  it('answers where it is right', async () => {
    expect(toNested((await call('relu', { x: [-1, 2] })).y)).toEqual([0, 2])
  })

  it.each([
    ['throws', 'sigmoid', 'TypeError: x.map is not a function'],
    ['answers no object', 'matmul', 'matmul.forward answered "sorry"; it should answer an object of tensors by name'],
    ['answers ragged rows', 'linear', 'linear.forward answered no tensor for y: nested arrays are ragged'],
    ['loops for ever', 'tanh', 'tanh.forward did not return within 0.5 s'],
    ['keeps no promise', 'softmax', 'softmax.forward did not return within 0.5 s'],
    ['ends its thread', 'logSoftmax', 'logSoftmax.forward ended its worker'],
    ['says why it ends', 'gelu', 'gelu.forward ended its worker; it printed:\nout of ideas'],
    ['posts messages of its own', 'sgd', 'sgd.forward posted a message of its own to the thread that tests it'],
  ])('one that %s fails with the reason', async (_, operator, message) => {
    await expect(call(operator, { x: [1] })).rejects.toThrow(message)
  })

  it('asks the calls again that were underway when another ended the thread', async () => {
    const answers = await Promise.allSettled(
      ['relu', 'logSoftmax', 'relu', 'relu'].map((name) => call(name, { x: [1] })),
    )
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
  })

  it('answers again after a crash', async () => {
    expect(toNested((await call('relu', { x: [3] })).y)).toEqual([3])
  })

  it('is not waited for again once it has hung twice', async () => {
    await expect(call('tanh', { x: [1] })).rejects.toThrow('did not return')
    const started = performance.now()
    await expect(call('tanh', { x: [1] })).rejects.toThrow('it is not called again')
    expect(performance.now() - started).toBeLessThan(100)
  })

  it('shows a change that it makes to an input', async () => {
    const prediction = fromNested([1, 2])
    await subject.operators.squaredError.forward({ prediction, target: fromNested([1, 2]) }, {})
    expect(toNested(prediction)).toEqual([7, 2])
  })
})

it('a module gets every attribute of a valid call, defaults filled in', async () => {
  const subject = await openModule(fixture('misbehaving.ts'), 5)
  const x = fromNested([[[[1, 2]]]])
  const { attributes } = await subject.operators.maxPool2d.forward({ x }, { kernel: [1, 2] })
  expect(toNested(attributes)).toEqual([1, 2, 1, 2, 0, 0])
  await subject.close()
})

it('a module may take nested arrays', async () => {
  const subject = await openModule(fixture('nested.mjs'), 5)
  const { y } = await subject.operators.matmul.forward({ a: fromNested([[1, 2]]), b: fromNested([[3], [4]]) }, {})
  expect(toNested(y)).toEqual([[11]])
  await subject.close()
})

it('a module says what it supports, and in which dialect', async () => {
  const { supports, dialects, close } = await openModule(fixture('declaring.mjs'), 5)
  expect(supports).toEqual({ conv2d: { attributes: { groups: [1] }, without: ['bias'] } })
  expect(dialects).toEqual(['keras'])
  await close()
})

describe('a module that leaks memory', () => {
  it.each([
    ['in objects', 'leakyRelu', /ended its worker \(.*memory limit.*\)|held more than 200 MB of memory/],
    ['in typed arrays', 'embedding', /held more than 200 MB of memory/],
  ])('%s is ended when it holds more than it may', async (_, operator, message) => {
    const subject = await openModule(fixture('misbehaving.ts'), 60, { memoryMegabytes: 200 })
    await expect(subject.operators[operator].forward({ x: fromNested([1]) }, {})).rejects.toThrow(message)
    expect(toNested((await subject.operators.relu.forward({ x: fromNested([3]) }, {})).y)).toEqual([3])
    await subject.close()
  })
})

it('the processes that a module has started end with it', async () => {
  const subject = await openModule(fixture('misbehaving.ts'), 30)
  await subject.operators.dropout.forward({ x: fromNested([1]) }, {})
  expect(sleepers()).toBe(process.platform === 'linux' ? 1 : 0)
  await subject.close()
  expect(sleepers()).toBe(0)
})

/** Processes that the fixture's operator has started; none where the system does not tell. */
function sleepers(): number {
  if (process.platform !== 'linux') return 0
  const commandOf = (id: string) => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'latin1')
    } catch {
      return ''
    }
  }
  return readdirSync('/proc').filter((id) => /^\d+$/.test(id) && commandOf(id).startsWith('sleep\0' + '96543')).length
}

it('a module may answer with an ndarray of a scalar', async () => {
  const subject = await openModule(fixture('scalar.mjs'), 5)
  const { y } = await subject.operators.relu.forward({ x: fromNested(3) }, {})
  expect(toNested(y)).toBe(3)
  await subject.close()
})

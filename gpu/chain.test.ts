import fc from 'fast-check'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { defaultGiven, exercises, solve } from '../exercises/index.js'
import { contract, oracle } from '../oracle/index.js'
import {
  fromNested,
  item,
  reshape,
  rowMajor,
  scalar,
  type Tensor,
  type Tensors,
  tensor,
  toNested,
} from '../oracle/tensor.js'
import { keeperOf } from '../oracle/unread.js'
import { laws, profileNamed } from '../properties/index.js'
import { DeviceArray } from './deviceArray.js'
import { availableBackends, operatorNames } from './index.js'

const { backends } = await availableBackends()
afterAll(() => Promise.all(backends.map((backend) => backend.close())))

async function messageOf(call: () => unknown): Promise<string> {
  try {
    await call()
    return 'no error'
  } catch (error) {
    return `${error}`
  }
}

/** [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]] */
const grid = tensor(
  [3, 4],
  Array.from({ length: 12 }, (_, i) => i),
)

/** Views of a matrix of 3 rows of 4: some with strides of their own, some in the middle of its memory. */
const views: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  itself: (x) => x,
  'another shape': (x) => reshape(x, [2, 6]),
  'a row': (x) => x.pick(1, null),
  'a row under another shape': (x) => reshape(x.pick(2, null), [2, 2]),
  'a column': (x) => x.pick(null, 2),
  'an element': (x) => x.pick(1, 1),
  transposed: (x) => x.transpose(1, 0),
  'a part': (x) => x.lo(1, 1).hi(2, 2),
  backwards: (x) => x.step(-1, -2),
}

describe.each(backends)('a chain on $name', ({ name, chain, implementation, profileName }) => {
  async function relu(of: ReturnType<typeof chain>, x: Tensor): Promise<Tensor> {
    return (await of.implementation.operators.relu.forward({ x }, {})).y
  }

  it('keeps results on the device until they are read, together', async () => {
    const opened = chain()
    const { matmul, linear } = opened.implementation.operators
    const [a, b] = [fromNested([[1, 2]]), fromNested([[3], [5]])]
    const { y } = await matmul.forward({ a, b }, {})
    const twice = await linear.forward({ x: y, weight: fromNested([[2]]) }, {})
    expect(y.shape).toEqual([1, 1])
    expect([item(y), item(twice.y), opened.reads]).toEqual([Number.NaN, Number.NaN, 0])
    await opened.read([y, twice.y, a])
    expect([item(y), item(twice.y), opened.reads]).toEqual([13, 26, 1])
    await opened.read([y])
    expect([keeperOf(y), opened.reads]).toEqual([undefined, 1])
    await opened.release()
    expect(item(y)).toBe(13)
  })

  it.each(Object.entries(views))('takes views of what was not read: %s', async (_, view) => {
    const opened = chain()
    const x = await relu(opened, grid)
    const y = await relu(opened, view(x))
    await opened.read([y])
    expect(item(x.pick(0, 0))).toBeNaN()
    expect(toNested(y)).toEqual(toNested(view(grid)))
    await opened.release()
  })

  it('passes gradients on', async () => {
    const opened = chain()
    const { linear, tanh } = opened.implementation.operators
    const [x, weight] = [fromNested([0.5, -1]), fromNested([[1, 2]])]
    const inOracle = (inputs: Tensors, y: Tensor) => oracle.operators.tanh.backward?.(inputs, {}, { y })
    const { y } = await linear.forward({ x, weight }, {})
    const above = await tanh.forward({ x: y }, {})
    const below = await tanh.backward?.({ x: y }, {}, { y: above.y })
    const gradients = await linear.backward?.({ x, weight }, {}, { y: below?.x ?? scalar(0) })
    await opened.read([...Object.values(gradients ?? {})])
    const slope = inOracle({ x: fromNested([-1.5]) }, fromNested([Math.tanh(-1.5)]))?.x.get(0) ?? Number.NaN
    expect(rowMajor(gradients?.weight ?? scalar(0))[1]).toBeCloseTo(-slope, 5)
    expect(opened.reads).toBe(1)
    await opened.release()
  })

  it('joins, negates and adds on the device, and computes on the host when it reads', async () => {
    const opened = chain()
    const x = await relu(opened, fromNested([1, 2]))
    const keeper = keeperOf(x)
    const vector = keeper?.joined([scalar(5), scalar(6), x.pick(1), fromNested([[7]]), x]) ?? x
    const opposite = keeper?.negated(x.step(-1)) ?? x
    const sum = keeper?.plus(x, fromNested([0.5, 0.25])) ?? x
    const product = keeper?.later([x, vector], [], () => [item(x.pick(1)) * item(vector.pick(3))]) ?? x
    const more = keeper?.later([product, x], [1], () => [item(product) + x.size]) ?? x
    expect([item(product), item(more), opened.reads]).toEqual([Number.NaN, Number.NaN, 0])
    await opened.read([more, opposite, sum])
    expect([toNested(vector), toNested(opposite)]).toEqual([
      [5, 6, 2, 7, 1, 2],
      [-2, -1],
    ])
    expect([item(product), toNested(more), opened.reads]).toEqual([14, [16], 1])
    await opened.release()
  })

  it('reads what the host needs on the way, and counts it', async () => {
    const opened = chain()
    const ids = await relu(opened, fromNested([2, 0]))
    const { embedding } = opened.implementation.operators
    const { y } = await embedding.forward({ ids, table: grid }, {})
    expect([toNested(ids), item(y.pick(0, 0)), opened.reads]).toEqual([[2, 0], Number.NaN, 1])
    const later = keeperOf(y)?.later([y], [1], () => [-item(y.pick(0, 3)) + 15]) ?? y
    const z = await relu(opened, later)
    expect([item(later), opened.reads]).toEqual([4, 2])
    await opened.read([z])
    expect([item(z), opened.reads]).toEqual([4, 3])
    await opened.release()
  })

  it('refuses bad calls in the oracle’s words, read or not', async () => {
    const opened = chain()
    const [x, ids] = [await relu(opened, grid), await relu(opened, fromNested([5]))]
    const { matmul, embedding } = opened.implementation.operators
    const { operators } = oracle
    const wrongShape = await messageOf(() => operators.matmul.forward({ a: grid, b: grid }, {}))
    expect(await messageOf(() => matmul.forward({ a: x, b: x }, {}))).toBe(wrongShape)
    const wrongId = await messageOf(() => operators.embedding.forward({ ids: fromNested([5]), table: grid }, {}))
    expect(await messageOf(() => embedding.forward({ ids, table: x }, {}))).toBe(wrongId)
    await opened.release()
  })

  it('leaves nobody who takes unread numbers for numbers', async () => {
    const [opened, other] = [chain(), chain()]
    const x = await relu(opened, fromNested([1]))
    const refusal = 'Refusal: relu: x holds NaN at [0]; it should hold finite numbers'
    expect(await messageOf(() => implementation.operators.relu.forward({ x }, {}))).toBe(refusal)
    expect(await messageOf(() => oracle.operators.relu.forward({ x }, {}))).toBe(refusal)
    expect(await messageOf(() => relu(other, x))).toBe(refusal)
    await Promise.all([opened.release(), other.release()])
    const released = `Failure: gpu:${name}: the chain was released`
    expect(await messageOf(() => relu(opened, x))).toBe(released)
    expect(await messageOf(() => opened.read([x]))).toBe(released)
    expect(item(x)).toBeNaN()
  })

  it('gives the device back what an exercise held', async () => {
    const spies = [vi.spyOn(DeviceArray, 'ofHost'), vi.spyOn(DeviceArray, 'ofDevice')]
    const opened = chain()
    for (const exercise of exercises) {
      const values = await solve(exercise, defaultGiven(exercise), opened.implementation)
      await opened.read(Object.values(values))
    }
    const arrays = spies.flatMap(({ mock }) => mock.results.map(({ value }) => value))
    for (const spy of spies) spy.mockRestore()
    const held = () => arrays.filter((array) => array instanceof DeviceArray && array.handle !== undefined).length
    expect(arrays.length).toBeGreaterThan(100)
    if (!['webasm', 'cpu'].includes(name)) expect(held()).toBeGreaterThan(50)
    await opened.release()
    expect(held()).toBe(0)
  })

  it.each(operatorNames)('%s computes the same from unread numbers, and reads nothing', async (operator) => {
    const [{ calls }] = laws.filter((law) => law.operator === operator && law.kind === 'oracle')
    const { inputs: declared } = contract[operator]
    for (const { inputs, given, gradients } of fc.sample(calls(profileNamed(profileName, 'float32')), {
      seed: 3,
      numRuns: 3,
    })) {
      const opened = chain()
      const keeper = keeperOf(await relu(opened, scalar(0)))
      const unread = (x: Tensor) => {
        const around = keeper?.joined([
          fromNested([7]),
          reshape(x.transpose(...reversed(x)), [x.size]),
          fromNested([8]),
        ])
        const inside = around?.lo(1).hi(x.size) ?? x
        return reshape(
          inside,
          reversed(x).map((d) => x.shape[d]),
        ).transpose(...reversed(x))
      }
      const asUnread = (tensors: Tensors) =>
        Object.fromEntries(
          Object.entries(tensors).map(([at, x]) => [at, (declared[at]?.kind ?? 'float') === 'float' ? unread(x) : x]),
        )
      const [there, here] = [opened.implementation.operators[operator], implementation.operators[operator]]
      const forward = await there.forward(asUnread(inputs), given)
      const backward = await there.backward?.(asUnread(inputs), given, asUnread(gradients))
      expect(opened.reads).toBe(0)
      const results = [forward, backward ?? {}]
      await opened.read(results.flatMap((tensors) => Object.values(tensors)))
      expect(results.map(nested)).toEqual(
        [await here.forward(inputs, given), (await here.backward?.(inputs, given, gradients)) ?? {}].map(nested),
      )
      await opened.release()
    }
  })
})

describe.each(backends)('$name, a call that only its numbers show to be a bad one', ({ chain }) => {
  it('is refused when numbers are read', async () => {
    const opened = chain()
    const { relu, quadraticAttention } = opened.implementation.operators
    const { y: query } = await relu.forward({ x: fromNested([[-1, -2]]) }, {})
    const unit = fromNested([[1, 1]])
    const { output } = await quadraticAttention.forward({ query, key: unit, value: unit }, {})
    await expect(opened.read([output])).rejects.toThrow('query 0 has q·k = 0 with every key')
    await opened.release()
  })
})

/** The axes of a tensor, last first. */
function reversed(x: Tensor): number[] {
  return x.shape.map((_, d) => x.shape.length - 1 - d)
}

function nested(tensors: Tensors) {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, toNested(x)]))
}

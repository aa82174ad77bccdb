import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Precision } from '../../oracle/contract.js'
import { contract, oracle } from '../../oracle/index.js'
import { rowMajor, sizeOf, tensor, toNested } from '../../oracle/tensor.js'
import { validateCall } from '../../oracle/validation.js'
import { formats, roundTo } from '../precision.js'
import { calls, lawsOf } from './calls.js'
import { convolutions } from './convolutions.js'
import { masks, sequences } from './sequences.js'
import { numbers, shapes, tensors } from './tensors.js'

const precisions = Object.keys(formats).filter((name): name is Precision => name in formats)

/** What fast-check makes of the first value for which `fails` holds. */
function shrunk<Value>(arbitrary: fc.Arbitrary<Value>, fails: (value: Value) => boolean, seed = 1): Value {
  const { counterexample } = fc.check(
    fc.property(arbitrary, (value) => !fails(value)),
    { seed, numRuns: 1000 },
  )
  if (counterexample === null) throw new Error('no value fails')
  return counterexample[0]
}

describe('numbers', () => {
  it.each(precisions)('lie in the range, and %s holds them', (precision) => {
    const { largest, smallestSubnormal } = formats[precision]
    const ranges = [
      [-8, 8],
      [0, 1],
      [0.1, 0.3],
      [-1000.5, -1000],
      [3, 3],
      [0, 0],
      [-largest, largest],
      [0, 64 * smallestSubnormal],
    ]
    for (const [least, most] of ranges)
      for (const x of fc.sample(numbers({ precision, least, most }), { seed: 5, numRuns: 300 })) {
        expect(x).toBeGreaterThanOrEqual(least)
        expect(x).toBeLessThanOrEqual(most)
        expect(Object.is(roundTo(precision, x), x), `${x} in ${precision}`).toBe(true)
        expect(Object.is(x, -0)).toBe(false)
      }
  })

  it('are not only whole, nor only small', () => {
    const drawn = fc.sample(numbers(), { seed: 1, numRuns: 1000 })
    const share = (has: (x: number) => boolean) => drawn.filter(has).length / drawn.length
    expect(share(Number.isInteger)).toBeGreaterThan(0.25)
    expect(share((x) => x * 8 !== Math.round(x * 8))).toBeGreaterThan(0.2)
    expect(share((x) => Math.abs(x) > 4)).toBeGreaterThan(0.2)
    expect(share((x) => x === 0)).toBeGreaterThan(0.005)
  })

  it('refuse a range in which the precision has none', () => {
    expect(() => numbers({ precision: 'bfloat16', least: 1.001, most: 1.002 })).toThrow(RangeError)
    expect(() => numbers({ precision: 'float16', most: 1e5 })).toThrow('float16 has numbers from -65504 to 65504')
    expect(() => numbers({ least: 1, most: 0 })).toThrow(RangeError)
  })

  it('shrink to the first whole number that fails', () => {
    expect(shrunk(numbers(), (x) => x >= 2.5)).toBe(3)
    expect(shrunk(numbers({ least: -100, most: 100 }), (x) => x <= -20)).toBe(-20)
  })
})

describe('tensors', () => {
  it('have the shape that was asked for, and shapes the constraints', () => {
    for (const x of fc.sample(tensors([2, 3]), 50)) expect(x.shape).toEqual([2, 3])
    for (const x of fc.sample(tensors(shapes({ leastRank: 1, mostRank: 2, mostLength: 5 })), 200)) {
      expect([1, 2]).toContain(x.shape.length)
      expect(x.shape.every((length) => length >= 1 && length <= 5)).toBe(true)
      expect(x.data.length).toBe(sizeOf(x.shape))
    }
    const ranks = new Set(fc.sample(shapes(), 200).map((shape) => shape.length))
    expect([...ranks].sort()).toEqual([0, 1, 2, 3])
  })

  it('shrink in shape and number by number', () => {
    const seeds = [1, 2, 3, 4, 5, 6, 7, 8]
    for (const seed of seeds) {
      const x = shrunk(tensors(shapes()), (drawn) => rowMajor(drawn).some((value) => value > 3.3), seed)
      expect(rowMajor(x).filter((value) => value !== 0)).toEqual(Float64Array.of(4))
      expect(x.size).toBeLessThanOrEqual(4)
    }
  })

  it('are shown as nested arrays', () => {
    const [x] = fc.sample(tensors([2, 1], { least: 3, most: 3 }), 1)
    expect(fc.stringify(x)).toBe('tensor([2, 1], [[3],[3]])')
  })
})

describe('convolutions', () => {
  it.each([1, 2] as const)('over %i axes are valid calls whose output has the shape that is said', (dimensions) => {
    const operator = dimensions === 1 ? 'conv1d' : 'conv2d'
    for (const { shapes: of, groups, ...settings } of fc.sample(convolutions(dimensions), { seed: 3, numRuns: 300 })) {
      const zeros = (shape: readonly number[]) => tensor(shape, new Float64Array(sizeOf(shape)))
      const inputs = { x: zeros(of.x), weight: zeros(of.weight), bias: zeros(of.bias) }
      const { stride, padding, dilation } = settings
      const attributes =
        dimensions === 1
          ? { stride: stride[0], padding: padding[0], dilation: dilation[0], groups }
          : { stride, padding, dilation, groups }
      expect(validateCall(contract[operator], inputs, attributes).outputShapes.y).toEqual(of.y)
      expect(of.weight.slice(2)).toEqual(settings.kernel)
    }
  })

  it('reach what is easily forgotten, and shrink to nothing of it', () => {
    const drawn = fc.sample(convolutions(2), { seed: 1, numRuns: 500 })
    const share = (has: (c: (typeof drawn)[number]) => boolean) => drawn.filter(has).length / drawn.length
    expect(share(({ groups }) => groups > 1)).toBeGreaterThan(0.2)
    expect(share(({ kernel, stride }) => stride[0] > kernel[0])).toBeGreaterThan(0.1)
    expect(share(({ dilation }) => dilation[1] > 1)).toBeGreaterThan(0.2)
    expect(share(({ padding }) => padding[0] !== padding[1])).toBeGreaterThan(0.2)
    const smallest = shrunk(convolutions(2), ({ groups }) => groups > 1)
    expect(smallest).toMatchObject({ groups: 2, kernel: [1, 1], stride: [1, 1], padding: [0, 0], dilation: [1, 1] })
    expect(smallest.shapes).toEqual({ x: [1, 2, 1, 1], weight: [2, 1, 1, 1], bias: [2], y: [1, 2, 1, 1] })
  })
})

describe('masks', () => {
  it.each(['any', 'causal', 'padding'] as const)('of kind %s hold 0 and 1, and no row is empty', (kind) => {
    const drawn = fc.sample(masks(3, 4, kind), { seed: 1, numRuns: 300 })
    for (const mask of drawn)
      for (let t = 0; t < 3; t++) {
        const row = [0, 1, 2, 3].map((s) => mask.get(t, s))
        expect(row.every((value) => value === 0 || value === 1)).toBe(true)
        expect(row).toContain(1)
        if (kind === 'causal') expect(row.slice(t + 1).every((value) => value === 0)).toBe(true)
        if (kind === 'padding') expect(row).toEqual([0, 1, 2, 3].map((s) => mask.get(0, s)).toSorted((a, b) => b - a))
      }
    expect(drawn.some((mask) => rowMajor(mask).reduce((sum, value) => sum + value, 0) < 6)).toBe(true)
  })

  it('shrink to one that allows all', () => {
    expect(toNested(shrunk(masks(2, 3), () => true))).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ])
    expect(toNested(shrunk(masks(2, 2, 'causal'), () => true))).toEqual([
      [1, 0],
      [1, 1],
    ])
    expect(toNested(shrunk(masks(1, 3, 'padding'), () => true))).toEqual([[1, 1, 1]])
  })
})

describe('sequences', () => {
  it('have ids below the vocabulary, lengths up to the longest, and zeros after the end', () => {
    for (const { ids, lengths } of fc.sample(sequences({ vocabulary: 5 }), { seed: 1, numRuns: 300 })) {
      const [N, T] = ids.shape
      expect(lengths.shape).toEqual([N])
      expect(Math.max(...rowMajor(lengths))).toBe(T)
      expect(Math.min(...rowMajor(lengths))).toBeGreaterThanOrEqual(1)
      for (let n = 0; n < N; n++)
        for (let t = 0; t < T; t++) {
          const id = ids.get(n, t)
          expect(Number.isInteger(id) && id >= 0 && id < 5).toBe(true)
          if (t >= lengths.get(n)) expect(id).toBe(0)
        }
    }
  })

  it('shrink to the shortest batch that fails', () => {
    const { ids, lengths } = shrunk(sequences(), ({ lengths: of }) => new Set(rowMajor(of)).size > 1)
    expect([...rowMajor(lengths)].sort()).toEqual([1, 2])
    expect(rowMajor(ids).every((id) => id === 0)).toBe(true)
  })
})

describe('calls', () => {
  it.each(Object.keys(contract))('of %s are answered by the oracle, forward and backward', (operator) => {
    for (const { inputs, attributes, gradients } of fc.sample(calls(operator), { seed: 1, numRuns: 20 })) {
      const outputs = oracle.operators[operator].forward(inputs, attributes)
      expect(Object.keys(outputs)).toEqual(Object.keys(contract[operator].outputs))
      oracle.operators[operator].backward?.(inputs, attributes, gradients)
    }
  })

  it('hold numbers of the precision', () => {
    for (const { inputs } of fc.sample(calls('linear', { precision: 'float16' }), { seed: 1, numRuns: 200 }))
      for (const x of Object.values(inputs))
        expect(rowMajor(x).every((value) => Object.is(roundTo('float16', value), value))).toBe(true)
  })

  it('shrink to a call that can be worked out by hand', () => {
    const { inputs, attributes } = shrunk(calls('conv2d'), ({ inputs: { x } }) => x.shape[1] > 1)
    expect(inputs.x.size + inputs.weight.size).toBeLessThanOrEqual(8)
    expect(attributes).toMatchObject({ stride: [1, 1], padding: [0, 0], dilation: [1, 1] })
  })

  it('and laws refuse an operator that does not exist', () => {
    expect(() => calls('softmaxx')).toThrow('unknown operator softmaxx; known: matmul')
    expect(() => lawsOf('toString')).toThrow(RangeError)
    expect(lawsOf('softmax').map(({ name }) => name)).toContain('has entries that sum to one')
  })
})

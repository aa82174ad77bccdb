import { describe, expect, it } from 'vitest'
import { contract, oracle } from '../../oracle/index.js'
import { fromNested, type Nested, rowMajor } from '../../oracle/tensor.js'
import { formats, roundTo } from '../../properties/precision.js'
import type { ArithmeticOptions } from './arithmetic.js'
import { EmulatedArithmetic } from './arithmetic.js'
import { emulated } from './emulated.js'
import { calls } from './fixtures/calls.js'

const plain: ArithmeticOptions = {
  precision: 'float32',
  accumulate: 'same',
  order: 'natural',
  fused: false,
  flushesSubnormals: false,
  functions: 'rounded',
  formulation: 'textbook',
  seed: 0,
}
const arithmetic = (options: Partial<ArithmeticOptions>) => new EmulatedArithmetic({ ...plain, ...options })

const half = 2 ** -24

describe('emulated arithmetic', () => {
  it('loses small terms one by one in the natural order, and none where they come first', () => {
    const terms = [1, half, half, half, half]
    expect(arithmetic({}).sum(terms)).toBe(1)
    expect(arithmetic({ order: 'reversed' }).sum(terms)).toBe(1 + 4 * half)
  })

  it('adds pairs first where sums are pairwise', () => {
    expect(arithmetic({ order: 'pairwise' }).sum([1, half, half, half])).toBe(1 + 2 * half)
  })

  it('keeps every term where sums are wider, and rounds once at the end', () => {
    expect(arithmetic({ accumulate: 'wider' }).sum([1, half, half, half])).toBe(1 + 4 * half)
    expect(arithmetic({ precision: 'float16', accumulate: 'wider' }).sum([2048, 1, 1])).toBe(2050)
    expect(arithmetic({ precision: 'float16' }).sum([2048, 1, 1])).toBe(2048)
  })

  it('takes all terms of a shuffled sum once, in an order that the seed decides', () => {
    const powers = Array.from({ length: 20 }, (_, i) => 2 ** i)
    expect(arithmetic({ order: 'shuffled', seed: 5 }).sum(powers)).toBe(2 ** 20 - 1)
    const mixed = Array.from({ length: 40 }, (_, i) => (-1) ** i / (i + 1) ** 3)
    const sums = Array.from({ length: 20 }, (_, seed) => arithmetic({ order: 'shuffled', seed }).sum(mixed))
    expect(new Set(sums).size).toBeGreaterThan(1)
  })

  it('rounds a product and its addition once where they are fused', () => {
    const x = 1 + 2 ** -13
    expect(arithmetic({ fused: true }).dot([1, x], [-1, x])).toBe(2 ** -12 + 2 ** -26)
    expect(arithmetic({}).dot([1, x], [-1, x])).toBe(2 ** -12)
  })

  it('makes a subnormal 0 where they are flushed', () => {
    expect(arithmetic({}).multiply(1e-30, 1e-10)).toBe(Math.fround(1e-40))
    expect(arithmetic({ flushesSubnormals: true }).multiply(1e-30, 1e-10)).toBe(0)
  })

  it.each(['largest', 'scattered'] as const)(
    'is off by no more than WGSL allows where functions are %s',
    (functions) => {
      const wgsl = arithmetic({ functions, seed: 3 })
      const ulp = (y: number) => 2 * formats.float32.unitRoundoff * 2 ** Math.floor(Math.log2(Math.abs(y)))
      for (let i = 1; i < 500; i++) {
        const x = Math.fround(i / 17 - 15)
        expect(Math.abs(wgsl.exp(x) - Math.exp(x))).toBeLessThanOrEqual((3 + 2 * Math.abs(x)) * ulp(Math.exp(x)))
        expect(Math.abs(wgsl.divide(x, 7) - x / 7)).toBeLessThanOrEqual(2.5 * ulp(x / 7))
        expect(Math.abs(wgsl.tanh(x) - Math.tanh(x))).toBeLessThanOrEqual(1e-5 + half)
        const y = Math.abs(x)
        const allowed = y >= 0.5 && y <= 2 ? 2 ** -21 : 3 * ulp(Math.log(y))
        if (x !== 0) expect(Math.abs(wgsl.log(y) - Math.log(y))).toBeLessThanOrEqual(allowed)
      }
    },
  )

  it('has the same error for the same argument', () => {
    expect(arithmetic({ functions: 'scattered', seed: 9 }).exp(3)).toBe(
      arithmetic({ functions: 'scattered', seed: 9 }).exp(3),
    )
  })
})

/** Answers of both passes under one name each; the gradient of every output is 1. */
async function answers(implementation: ReturnType<typeof emulated>, operator: string) {
  const { inputs, attributes } = calls[operator]
  const { forward, backward } = implementation.operators[operator]
  const outputs = await forward(inputs, attributes)
  const ones = Object.fromEntries(Object.keys(outputs).map((name) => [name, fromNested(onesLike(outputs[name].shape))]))
  return { ...outputs, ...(backward === undefined ? {} : await backward(inputs, attributes, ones)) }
}

function onesLike(shape: readonly number[]): Nested {
  const [length, ...rest] = shape
  return length === undefined ? 1 : Array.from({ length }, () => onesLike(rest))
}

describe('an emulated implementation', () => {
  it('has every operator of the contract, with a backward pass where there is one', () => {
    const { operators } = emulated()
    expect(Object.keys(operators).toSorted()).toEqual(Object.keys(contract).toSorted())
    for (const [name, { backward }] of Object.entries(operators))
      expect(backward !== undefined, name).toBe(contract[name].differentiable)
  })

  it('is tried with a call of every operator', () => {
    expect(Object.keys(calls).toSorted()).toEqual(Object.keys(contract).toSorted())
  })

  it.each(Object.keys(calls))('agrees with the oracle about %s up to rounding', async (operator) => {
    const expected = await answers(oracle, operator)
    for (const precision of ['float64', 'float32', 'float16', 'bfloat16'] as const)
      for (const formulation of ['textbook', 'logarithmic'] as const)
        for (const order of ['natural', 'reversed', 'pairwise', 'shuffled'] as const) {
          const actual = await answers(emulated({ precision, formulation, order }), operator)
          expect(Object.keys(actual).toSorted()).toEqual(Object.keys(expected).toSorted())
          for (const [name, x] of Object.entries(expected)) {
            expect(actual[name].shape).toEqual(x.shape)
            for (const [i, value] of rowMajor(actual[name]).entries()) {
              expect(roundTo(precision, value)).toBe(value)
              expect(Math.abs(value - rowMajor(x)[i])).toBeLessThan(100 * formats[precision].unitRoundoff)
            }
          }
        }
  })

  it('refuses a bad call', () => {
    expect(() => emulated().operators.relu.forward({ x: fromNested([Number.NaN]) }, {})).toThrow(/relu: x holds NaN/)
  })

  it('says in its name what it does', () => {
    expect(emulated({ order: 'pairwise', fused: true }).name).toBe('float32, pairwise sums, fused')
  })
})

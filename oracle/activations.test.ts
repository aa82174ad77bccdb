import { describe, expect, it } from 'vitest'
import { gelu, leakyRelu, logSoftmax, softmax } from './activations.js'
import { backwardOf } from './operator.js'
import { fromNested, rowMajor, scalar, tensor, toNested } from './tensor.js'
import { describeCalls } from './testing/everyCall.js'
import { Random } from './testing/random.js'

const random = new Random(1)
describeCalls(
  [leakyRelu, gelu],
  [
    { operator: 'leakyRelu', inputs: { x: random.tensor([3, 4]) }, attributes: {} },
    { operator: 'leakyRelu', inputs: { x: scalar(-2) }, attributes: { negativeSlope: 0.5 } },
    { operator: 'gelu', inputs: { x: random.tensor([3, 4]) }, attributes: {} },
    { operator: 'gelu', inputs: { x: random.tensor([2, 1, 3]) }, attributes: { approximate: 'tanh' } },
  ],
)

describe('leakyRelu', () => {
  it('scales what is not positive, and its slope at 0 is negativeSlope', () => {
    const x = tensor([3], [-2, 0, 3])
    expect(toNested(leakyRelu.forward({ x }, { negativeSlope: 0.1 }).y)).toEqual([-0.2, 0, 3])
    expect(toNested(backwardOf(leakyRelu)({ x }, { negativeSlope: 0.1 }, { y: tensor([3], [1, 1, 1]) }).x)).toEqual([
      0.1, 0.1, 1,
    ])
  })

  it('refuses a negative slope', () => {
    expect(() => leakyRelu.forward({ x: scalar(1) }, { negativeSlope: -0.1 })).toThrow(
      'leakyRelu: attribute negativeSlope is -0.1; it should be a number ≥ 0',
    )
  })
})

describe('gelu', () => {
  it('is x·Φ(x) with all its digits in the lower tail', () => {
    // Φ(−1) = 0.158655253931457…, Φ(−10) = 7.61985302416052606…e-24, Φ(−30) = 4.90671392714819…e-198
    const y = rowMajor(gelu.forward({ x: tensor([3], [-1, -10, -30]) }).y)
    expect(y[0]).toBeCloseTo(-0.15865525393145705, 16)
    expect(y[1] / -7.619853024160526e-23).toBeCloseTo(1, 14)
    expect(y[2] / (-30 * 4.906713927148187e-198)).toBeCloseTo(1, 13)
  })

  it('holds at the ends of float64, in both forms, with its slope', () => {
    const x = tensor([4], [-1e300, -1e155, 1e155, 1e300])
    for (const approximate of ['none', 'tanh']) {
      expect(rowMajor(gelu.forward({ x }, { approximate }).y).map(Math.abs)).toEqual(
        Float64Array.of(0, 0, 1e155, 1e300),
      )
      const slope = backwardOf(gelu)({ x }, { approximate }, { y: tensor([4], [1, 1, 1, 1]) }).x
      expect(rowMajor(slope).map(Math.abs)).toEqual(Float64Array.of(0, 0, 1, 1))
    }
  })

  it('tanh form: ½x(1 + tanh(√(2/π)(x + 0.044715x³)))', () => {
    for (const x of [-3, -0.5, 0, 0.7, 2.5]) {
      const textbook = 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
      expect(rowMajor(gelu.forward({ x: scalar(x) }, { approximate: 'tanh' }).y)[0]).toBeCloseTo(textbook, 15)
    }
  })

  it('refuses another approximation', () => {
    expect(() => gelu.forward({ x: scalar(1) }, { approximate: 'sigmoid' })).toThrow(
      "gelu: attribute approximate is sigmoid; it should be 'none' or 'tanh'",
    )
  })
})

describe('softmax and logSoftmax', () => {
  it('keep the digits of a probability near 1', () => {
    const x = fromNested([50, 0])
    expect(rowMajor(logSoftmax.forward({ x }).y)[0] / -Math.exp(-50)).toBeCloseTo(1, 14)
  })

  it('are finite at 1e300 and for a single entry', () => {
    expect(toNested(softmax.forward({ x: fromNested([1e300, -1e300, 1e300]) }).y)).toEqual([0.5, 0, 0.5])
    expect(toNested(softmax.forward({ x: fromNested([1e300]) }).y)).toEqual([1])
  })
})

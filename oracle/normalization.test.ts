import { describe, expect, it } from 'vitest'
import { batchNorm, layerNorm } from './normalization.js'
import { backwardOf } from './operator.js'
import { dropout, localResponseNorm } from './regularization.js'
import { fromNested, rowMajor, tensor, toNested, zeros } from './tensor.js'
import { describeCalls } from './testing/everyCall.js'
import { Random } from './testing/random.js'

const random = new Random(5)
const statistics = { mean: random.tensor([3]), variance: tensor([3], [0.5, 1, 2]) }
const parameters = { gain: random.tensor([3]), bias: random.tensor([3]) }
const mask = random.integers([2, 5], 0, 1)
describeCalls(
  [layerNorm, batchNorm, localResponseNorm, dropout],
  [
    { operator: 'layerNorm', inputs: { x: random.tensor([2, 4, 3]), ...parameters }, attributes: {} },
    { operator: 'layerNorm', inputs: { x: random.tensor([5]) }, attributes: { epsilon: 0.1 } },
    { operator: 'batchNorm', inputs: { x: random.tensor([4, 3, 2]), ...parameters }, attributes: {} },
    { operator: 'batchNorm', inputs: { x: random.tensor([5, 3]) }, attributes: { epsilon: 0.1 } },
    {
      operator: 'batchNorm',
      inputs: { x: random.tensor([2, 3, 2, 2]), ...parameters, ...statistics },
      attributes: { training: false },
    },
    { operator: 'batchNorm', inputs: { x: random.tensor([2, 3]), ...statistics }, attributes: { training: false } },
    { operator: 'localResponseNorm', inputs: { x: random.tensor([2, 7, 2, 1]) }, attributes: {} },
    {
      operator: 'localResponseNorm',
      inputs: { x: random.tensor([1, 4, 1, 2]) },
      attributes: { size: 3, alpha: 1.5, beta: 0.4, k: 0.7 },
    },
    { operator: 'dropout', inputs: { x: random.tensor([2, 5]), mask }, attributes: { p: 0.3 } },
  ],
)

describe('layerNorm', () => {
  it('has mean 0 and variance 1, worked by hand', () => {
    // mean 2, variance 2/3 + 1/3
    const { y } = layerNorm.forward({ x: fromNested([1, 2, 3]) }, { epsilon: 1 / 3 })
    expect(toNested(y)).toEqual([-1, 0, 1])
  })

  it('gives exactly the bias for a constant row, of any size', () => {
    const bias = tensor([3], [1, 2, 3])
    for (const value of [0, 1e6 + 0.1, 1e300, -1.7e308, 1e-310]) {
      const x = tensor([3], [value, value, value])
      expect(toNested(layerNorm.forward({ x, bias }).y)).toEqual([1, 2, 3])
      // The slope of a constant row is 1/√ε times what differs from the mean gradient.
      const slope = backwardOf(layerNorm)({ x }, { epsilon: 0.25 }, { y: tensor([3], [3, 0, 0]) }).x
      expect(toNested(slope)).toEqual([4, -2, -2])
    }
  })

  it('neither overflows nor loses a small spread on a large offset', () => {
    const y = rowMajor(layerNorm.forward({ x: fromNested([-1.7e308, 1.7e308]) }).y)
    expect(y[0]).toBeCloseTo(-1, 15)
    expect(y[1]).toBeCloseTo(1, 15)
    const far = rowMajor(
      layerNorm.forward({ x: fromNested([4e4 + 0.25, 4e4 + 0.5, 4e4 + 0.75]) }, { epsilon: 1e-12 }).y,
    )
    const near = rowMajor(layerNorm.forward({ x: fromNested([0.25, 0.5, 0.75]) }, { epsilon: 1e-12 }).y)
    expect(far).toEqual(near)
  })

  it('refuses an epsilon of 0 and a gain of another length', () => {
    expect(() => layerNorm.forward({ x: zeros([2]) }, { epsilon: 0 })).toThrow(
      'layerNorm: attribute epsilon is 0; it should be a number > 0',
    )
    expect(() => layerNorm.forward({ x: zeros([2, 3]), gain: zeros([2]) })).toThrow(
      'layerNorm: gain has 2 features, x has 3',
    )
  })
})

describe('batchNorm', () => {
  it('takes mean and variance over items and positions of a channel', () => {
    const x = random.tensor([2, 2, 3])
    const { y } = batchNorm.forward({ x })
    for (let c = 0; c < 2; c++) {
      const entries = (t: typeof x) => [0, 1].flatMap((n) => [0, 1, 2].map((l) => t.get(n, c, l)))
      const mean = entries(x).reduce((sum, value) => sum + value, 0) / 6
      const variance = entries(x).reduce((sum, value) => sum + (value - mean) ** 2, 0) / 6
      for (const [i, value] of entries(y).entries())
        expect(value).toBeCloseTo((entries(x)[i] - mean) / Math.sqrt(variance + 1e-5), 13)
    }
  })

  it('is layerNorm of the transposed matrix', () => {
    const x = random.tensor([4, 3])
    expect(toNested(batchNorm.forward({ x }).y)).toEqual(
      toNested(layerNorm.forward({ x: x.transpose(1, 0) }).y.transpose(1, 0)),
    )
  })

  it.each([
    [
      'a mean in training',
      { x: zeros([2, 3]), mean: zeros([3]) },
      {},
      "batchNorm: input mean is superfluous where training is true: the batch's own statistics are used; leave it out",
    ],
    [
      'no variance outside training',
      { x: zeros([2, 3]), mean: zeros([3]) },
      { training: false },
      'batchNorm: input variance is missing; where training is false it should have shape [C]',
    ],
    [
      'a negative variance',
      { x: zeros([2, 1]), mean: zeros([1]), variance: tensor([1], [-1]) },
      { training: false },
      'batchNorm: variance holds -1 at [0]; it should hold numbers from 0',
    ],
    ['too low a rank', { x: zeros([3]) }, {}, 'batchNorm: x has rank 1 (shape [3]); it should have shape [N, C, …]'],
    [
      'a gain by another count',
      { x: zeros([2, 3, 4]), gain: zeros([4]) },
      {},
      'batchNorm: gain has 4 channels, x has 3',
    ],
  ])('refuses %s', (_, inputs, attributes, message) => {
    expect(() => batchNorm.forward(inputs, attributes)).toThrow(message)
  })
})

describe('localResponseNorm', () => {
  it('divides by a power of the squares of neighbouring channels, worked by hand', () => {
    const x = tensor([1, 3, 1, 1], [1, 2, 4])
    // size 3, alpha 3, k 1: 1 + 1 + 4 = 6, 1 + 1 + 4 + 16 = 22, 1 + 4 + 16 = 21
    const y = rowMajor(localResponseNorm.forward({ x }, { size: 3, alpha: 3, beta: 1, k: 1 }).y)
    for (const [i, value] of [1 / 6, 2 / 22, 4 / 21].entries()) expect(y[i]).toBeCloseTo(value, 15)
  })

  it('holds where the squares overflow', () => {
    const x = tensor([1, 1, 1, 1], [1e200])
    const settings = { size: 1, alpha: 1, beta: 0.5, k: 1 }
    expect(rowMajor(localResponseNorm.forward({ x }, settings).y)[0]).toBeCloseTo(1, 14)
    expect(rowMajor(localResponseNorm.forward({ x }, { ...settings, alpha: 0 }).y)[0]).toBe(1e200)
    const slope = backwardOf(localResponseNorm)({ x }, { ...settings, beta: 0.25 }, { y: tensor([1, 1, 1, 1], [1]) }).x
    expect(rowMajor(slope)[0] / 0.5e-100).toBeCloseTo(1, 13)
  })

  it('refuses an even size', () => {
    expect(() => localResponseNorm.forward({ x: zeros([1, 3, 1, 1]) }, { size: 4 })).toThrow(
      'localResponseNorm: attribute size is 4; it should be odd',
    )
  })
})

describe('dropout', () => {
  it('enlarges what is kept by 1/(1 − p)', () => {
    const inputs = { x: tensor([3], [1, 2, 3]), mask: tensor([3], [1, 0, 1]) }
    expect(toNested(dropout.forward(inputs, { p: 0.5 }).y)).toEqual([2, 0, 6])
    expect(toNested(backwardOf(dropout)(inputs, { p: 0.5 }, { y: tensor([3], [1, 1, 1]) }).x)).toEqual([2, 0, 2])
  })

  it('refuses p = 1, no p, and a mask of fractions', () => {
    const inputs = { x: tensor([1], [1]), mask: tensor([1], [1]) }
    expect(() => dropout.forward(inputs, { p: 1 })).toThrow(
      'dropout: attribute p is 1; it should be a number ≥ 0 and < 1',
    )
    expect(() => dropout.forward(inputs)).toThrow('dropout: attribute p is missing')
    expect(() => dropout.forward({ ...inputs, mask: tensor([1], [0.5]) }, { p: 0 })).toThrow(
      'dropout: mask holds 0.5 at [0]; it should hold 0 and 1 only',
    )
  })
})

import { describe, expect, it } from 'vitest'
import { adam } from './optimizers.js'
import { maskTokens } from './pretraining.js'
import { rowMajor, type Tensor, tensor, toNested, zeros } from './tensor.js'
import { describeCalls } from './testing/everyCall.js'
import { Random } from './testing/random.js'

const random = new Random(8)
const state = {
  parameter: random.tensor([2, 3]),
  gradient: random.tensor([2, 3]),
  mean: random.tensor([2, 3]),
  variance: tensor([2, 3], random.tensor([2, 3]).data.map(Math.abs)),
}
const tokens = {
  ids: random.integers([3, 5], 0, 9),
  draws: random.tensor([3, 5], 1),
  actions: random.tensor([3, 5], 1),
  replacements: random.integers([3, 5], 0, 9),
}
describeCalls(
  [adam, maskTokens],
  [
    { operator: 'adam', inputs: state, attributes: { step: 3 } },
    { operator: 'maskTokens', inputs: tokens, attributes: { maskId: 4, rate: 0.5 } },
  ],
)

describe('adam', () => {
  it('takes a first step of the learning rate, whatever the size of the gradient', () => {
    const gradient = tensor([3], [1e-3, -5, 1e6])
    const fresh = { parameter: zeros([3]), gradient, mean: zeros([3]), variance: zeros([3]) }
    const { parameter } = adam.forward(fresh, { step: 1, learningRate: 0.1 })
    for (const [i, step] of [-0.1, 0.1, -0.1].entries()) expect(rowMajor(parameter)[i]).toBeCloseTo(step, 5)
  })

  it('follows algorithm 1 over ten steps', () => {
    const [rate, beta1, beta2, epsilon] = [0.01, 0.8, 0.95, 1e-3]
    let current: Record<string, Tensor> = {
      parameter: tensor([1], [2]),
      mean: zeros([1]),
      variance: zeros([1]),
    }
    let [p, m, v] = [2, 0, 0]
    for (let step = 1; step <= 10; step++) {
      const g = Math.sin(step) + p
      m = beta1 * m + (1 - beta1) * g
      v = beta2 * v + (1 - beta2) * g * g
      const gradient = tensor([1], [Math.sin(step) + current.parameter.data[0]])
      p -= (rate * (m / (1 - beta1 ** step))) / (Math.sqrt(v / (1 - beta2 ** step)) + epsilon)
      current = { ...adam.forward({ ...current, gradient }, { step, learningRate: rate, beta1, beta2, epsilon }) }
      expect(current.parameter.data[0]).toBeCloseTo(p, 13)
    }
  })

  it('takes betas of 0, and leaves the parameter alone where gradient and mean are 0', () => {
    const still = { parameter: tensor([1], [3]), gradient: zeros([1]), mean: zeros([1]), variance: zeros([1]) }
    expect(toNested(adam.forward(still, { step: 1, beta1: 0, beta2: 0 }).parameter)).toEqual([3])
  })

  it.each([
    ['no step', state, {}, 'adam: attribute step is missing; it should be a whole number ≥ 1'],
    ['a step of 0', state, { step: 0 }, 'adam: attribute step is 0; it should be a whole number ≥ 1'],
    ['a beta of 1', state, { step: 1, beta2: 1 }, 'adam: attribute beta2 is 1; it should be a number ≥ 0 and < 1'],
    [
      'a negative variance',
      { ...state, variance: tensor([2, 3], [0, 0, -1, 0, 0, 0]) },
      { step: 1 },
      'adam: variance holds -1 at [0, 2]; it should hold numbers from 0',
    ],
    [
      'a gradient of another shape',
      { ...state, gradient: zeros([6]) },
      { step: 1 },
      'adam: gradient has shape [6], parameter has [2, 3]; they should be equal',
    ],
  ])('refuses %s', (_, inputs, attributes, message) => {
    expect(() => adam.forward(inputs, attributes)).toThrow(message)
  })
})

describe('maskTokens', () => {
  it('masks, replaces or keeps what is chosen, worked by hand', () => {
    const inputs = {
      ids: tensor([1, 6], [1, 2, 3, 4, 5, 6]),
      draws: tensor([1, 6], [0.1, 0.1, 0.1, 0.2, 0.15, 0.1]),
      actions: tensor([1, 6], [0, 0.85, 0.95, 0, 0, 0.8]),
      replacements: tensor([1, 6], [7, 8, 9, 10, 11, 12]),
    }
    const { ids, chosen } = maskTokens.forward(inputs, { maskId: 0 })
    expect(toNested(ids)).toEqual([[0, 8, 3, 4, 5, 12]])
    expect(toNested(chosen)).toEqual([[1, 1, 1, 0, 0, 1]])
  })

  it('refuses no maskId, a rate above 1, and an id that is negative or a fraction', () => {
    expect(() => maskTokens.forward(tokens)).toThrow(
      'maskTokens: attribute maskId is missing; it should be a whole number ≥ 0',
    )
    expect(() => maskTokens.forward(tokens, { maskId: 0, rate: 1.1 })).toThrow('maskTokens: attribute rate is 1.1')
    const oneId = { draws: zeros([1, 1]), actions: zeros([1, 1]), replacements: zeros([1, 1]) }
    expect(() => maskTokens.forward({ ...oneId, ids: tensor([1, 1], [-1]) }, { maskId: 0 })).toThrow(
      'maskTokens: ids holds -1 at [0, 0]; it should hold whole numbers from 0',
    )
    expect(() => maskTokens.forward({ ...oneId, ids: tensor([1, 1], [0.5]) }, { maskId: 0 })).toThrow(
      'maskTokens: ids holds 0.5 at [0, 0]; it should hold whole numbers',
    )
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tensor } from '../oracle/tensor.js'
import { laws } from './laws.js'
import { ieee } from './profile.js'
import { roundingsOf } from './roundings.js'

describe('the operations of a formula that round', () => {
  it('are none where nothing is computed', () => {
    expect(roundingsOf('relu', { x: tensor([3], [-1, 0, 2]) }, {})).toEqual([])
    expect(roundingsOf('horizontalFlip', { image: tensor([1, 1, 1, 2], [1, 2]) }, {})).toEqual([])
  })

  it('are those of the textbook', () => {
    const softmax = roundingsOf('softmax', { x: tensor([2, 3], [1, 2, 3, 4, 5, 6]) }, { axis: -1 })
    expect(softmax).toEqual(['subtraction', 'exp', 'sums of up to 3 terms', 'division'])
    const product = { a: tensor([2, 5], Array(10).fill(1)), b: tensor([5, 1], Array(5).fill(1)) }
    expect(roundingsOf('matmul', product, {})).toEqual(['sums of up to 5 terms'])
    expect(roundingsOf('tanh', { x: tensor([1], [1]) }, {})).toEqual(['tanh'])
  })

  it('of a product of one term are a multiplication', () => {
    expect(roundingsOf('matmul', { a: tensor([1, 1], [2]), b: tensor([1, 1], [3]) }, {})).toEqual(['multiplication'])
  })

  it('of the backward pass are its own; where the gradient is not given, and so zero, there are none', () => {
    const x = tensor([2], [1, 2])
    expect(roundingsOf('tanh', { x }, {}, { y: x })).toEqual(['tanh', 'multiplication', 'addition'])
    expect(roundingsOf('tanh', { x }, {}, {})).toEqual([])
  })

  it('are known for any call of any operator', () => {
    for (const law of laws.filter(({ name }) => name === 'agrees with the oracle'))
      for (const { inputs, attributes, gradients } of fc.sample(law.calls(ieee('float32')), { seed: 2, numRuns: 3 })) {
        expect(Array.isArray(roundingsOf(law.operator, inputs, attributes))).toBe(true)
        expect(Array.isArray(roundingsOf(law.operator, inputs, attributes, gradients))).toBe(true)
      }
  })
})

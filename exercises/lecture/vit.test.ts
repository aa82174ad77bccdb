import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { map, scalar, toNested } from '../../oracle/tensor.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { exerciseVit } from './vit.js'

const given = defaultGiven(exerciseVit)
const solved = await solve(exerciseVit, given, oracle)
const numbers = Object.fromEntries(Object.entries(solved).map(([name, value]) => [name, toNested(value)]))

describe('lecture/vit', () => {
  it('has the tokens and parameters that are published for B/16 and L/16', () => {
    expect([numbers.patchCount, numbers.tokenCount, numbers.pixels]).toEqual([196, 197, 768])
    expect([numbers.parameters1, numbers.parameters2]).toEqual([86_567_656, 304_326_632])
    expect([numbers.inputShape1, numbers.weightsShape1]).toEqual([
      [197, 768],
      [12, 197, 197],
    ])
    // Millions of parameters of the paper's table 1, 86 and 307, which count another head.
    expect(Math.abs(Number(numbers.parameters2) / 307e6 - 1)).toBeLessThan(0.01)
  })

  it('has the patches and tokens that are worked by hand', () => {
    expect(numbers.patches).toEqual([
      [1, 0, 0, 1],
      [2, 1, -1, 0],
    ])
    // (1, 0, 0, 1)·W_E is the sum of the first and the last row, (2, 1, −1, 0)·W_E is 2·first + second − third.
    expect(numbers.embedded).toEqual([
      [2.5, -1, -0.5, 3],
      [2.5, 1, -1.5, 0],
    ])
    expect(numbers.encoderInput).toEqual([
      [1, 1, -1, 0.5],
      [3, -1, -0.5, 3],
      [2.5, 1, -0.5, -0.5],
    ])
  })

  it('has the gradients that are worked by hand', () => {
    // Rows of the patches' gradient (0, 1, 1, 0) and (−1, 0.5, 0, 2).
    expect(numbers.biasGradient).toEqual([-1, 1.5, 1, 2])
    expect(numbers.weightGradient).toEqual([
      [-2, 2, 1, 4],
      [-1, 0.5, 0, 2],
      [1, -0.5, 0, -2],
      [0, 1, 1, 0],
    ])
    // (0, 1, 1, 0)·W_Eᵀ = (0, 1, 1, −1), (−1, 0.5, 0, 2)·W_Eᵀ = (1, −1.5, 2, 2.5).
    expect(numbers.imageGradient).toEqual([
      [0, 1, 1, -1.5],
      [1, -1, 2, 2.5],
    ])
  })

  it.each([
    ['a patch embedding', { embedded: map(solved.embedded, (value) => value + 1) }],
    ['patches exchanged', { positions: given.positions, output: solved.afterAttention }],
    ['gradients of pixels', { imageGradient: map(solved.imageGradient, (value) => value + 1) }],
    ['gradients of positions', { biasGradient: map(solved.biasGradient, (value) => value + 1) }],
    ['what is added', { afterAttention: solved.attention }],
    ['the attention weights', { attention1: map(solved.attention1, (value) => value + 1) }],
    ['the architectures', { parameters2: scalar(307e6) }],
  ] as const)('law breaks where something is wrong: %s', async (name, replaced) => {
    const law = exerciseVit.laws.find((one) => one.name.startsWith(name))
    const wrong = (values: Values) => solve(exerciseVit, values, oracle, { replaced })
    await expect(law?.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should (be|have)/)
  })
})

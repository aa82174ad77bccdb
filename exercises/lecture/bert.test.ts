import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { item, map, scalar, toNested } from '../../oracle/tensor.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { exerciseBert } from './bert.js'

const given = defaultGiven(exerciseBert)
const solved = await solve(exerciseBert, given, oracle)
const numbers = Object.fromEntries(Object.entries(solved).map(([name, value]) => [name, toNested(value)]))

describe('lecture/bert', () => {
  it('has the parameters that are published for base and large, about the 110 and 340 million of the paper', () => {
    expect([numbers.parameters1, numbers.parameters2]).toEqual([109_482_240, 335_141_888])
    expect(Math.round(Number(numbers.parameters1) / 10e6)).toBe(11)
    expect(Math.abs(Number(numbers.parameters2) / 340e6 - 1)).toBeLessThan(0.02)
  })

  it('masks as by hand', () => {
    // Words stand at places 1, 2 and 4; 0.1 and 0 are below 0.15. 0.35: [MASK]; 0.85: the random word 5.
    expect(numbers.chosen).toEqual([0, 1, 0, 0, 1, 0])
    expect(numbers.masked).toEqual([1, 3, 5, 2, 5, 2])
    expect(numbers.segments).toEqual([0, 0, 0, 0, 1, 1])
  })

  it('reads the sums of three embeddings', () => {
    // Place 1: [MASK] (0.5, 0.5, −0.5, 0), first sentence (0.5, 0, 0, −0.5), position (1, 0, 0, 0).
    expect([solved.sums.pick(0, null), solved.sums.pick(1, null)].map(toNested)).toEqual([
      [1.5, 0, 0, -0.5],
      [2, 0.5, -0.5, -0.5],
    ])
    // Place 4: the random word (−1, 1, 0, 2), second sentence (0, 1, 0, 0.5), position (0, 1, 0, 1): mean 1.375.
    expect(toNested(solved.sums.pick(4, null))).toEqual([-1, 3, 0, 3.5])
    const deviation = Math.sqrt((2.375 ** 2 + 1.625 ** 2 + 1.375 ** 2 + 2.125 ** 2) / 4)
    const expected = [-2.375, 0.5 * 1.625, -1.375, 2 * 2.125].map(
      (value, i) => value / deviation + [0, 0.5, -0.5, 1][i],
    )
    for (const [i, value] of expected.entries()) expect(solved.input.get(4, i)).toBeCloseTo(value, 10)
  })

  it('has the losses that are worked by hand', () => {
    const e = Math.E
    const words = [Math.log(5 + e ** 2 + e) - 2, Math.log(4 + 2 * e + e ** 2) - 2]
    expect(item(solved.wordLoss)).toBeCloseTo((words[0] + words[1]) / 2, 12)
    expect(numbers.pairLogits).toEqual([2, 0])
    expect(item(solved.pairLoss)).toBeCloseTo(Math.log(1 + e ** -2), 12)
    expect(item(solved.loss)).toBeCloseTo((words[0] + words[1]) / 2 + Math.log(1 + e ** -2), 12)
    expect(numbers.nextPairs).toBe(500)
  })

  it.each([
    ['the sum of three', { sums: solved.tokenEmbeddings }],
    ['only words', { chosen: map(solved.chosen, () => 1) }],
    ['every encoder input', { input: solved.sums }],
    ['scores where', { wordGradient: map(solved.wordGradient, (value) => value + 1) }],
    ['the gradients of each', { wordGradient: map(solved.wordGradient, (value) => 2 * value) }],
    ['both scores', { pairLogits: solved.pairLogits }],
    ['half of the pairs', { nextPairs: scalar(501) }],
    ['the architectures', { parameters1: scalar(110e6) }],
  ] as const)('law breaks where something is wrong: %s', async (name, replaced) => {
    const law = exerciseBert.laws.find((one) => one.name.startsWith(name))
    const wrong = (values: Values) => solve(exerciseBert, values, oracle, { replaced })
    await expect(law?.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should (be|have)/)
  })
})

import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { map, rowMajor, toNested } from '../../oracle/tensor.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { seq2seq } from './seq2seq.js'

describe('lecture/seq2seq', () => {
  it('has the scores of the lecture, and its distribution, aligned vectors and context, rounded', async () => {
    const solved = await solve(seq2seq, defaultGiven(seq2seq), oracle)
    expect(toNested(solved.attentionScores)).toEqual([15, 60, 15, 35])
    const rounded = (name: string) => toNested(map(solved[name], (value) => Math.round(value) + 0))
    expect(rounded('attentionDistribution')).toEqual([0, 1, 0, 0])
    expect(rounded('alignedVectors')).toEqual([
      [0, 0, 0],
      [5, 0, 1],
      [0, 0, 0],
      [0, 0, 0],
    ])
    expect(rounded('contextVector')).toEqual([5, 0, 1])
  })

  it('has the shares of the softmax', async () => {
    const solved = await solve(seq2seq, defaultGiven(seq2seq), oracle)
    const sum = 1 + 2 * Math.exp(-45) + Math.exp(-25)
    const expected = [Math.exp(-45), 1, Math.exp(-45), Math.exp(-25)].map((power) => power / sum)
    for (const [i, share] of rowMajor(solved.attentionDistribution).entries())
      expect(Math.abs(share / expected[i] - 1)).toBeLessThan(1e-13)
  })

  it.each([
    [0, 'contextVector'],
    [1, 'attentionDistribution'],
    [2, 'contextVector'],
    [3, 'attentionDistribution'],
    [4, 'attentionDistribution'],
    [5, 'contextVector'],
  ])('law %i breaks where %s is wrong', async (i, target) => {
    const wrong = async (values: Values): Promise<Values> => {
      const right = await solve(seq2seq, values, oracle)
      const moved = map(right[target], (value) => value)
      moved.data[0] += i === 2 ? 6 : 0.01 + 0.01 * rowMajor(values.encoderStates)[0]
      return solve(seq2seq, values, oracle, { replaced: { [target]: moved } })
    }
    const given = defaultGiven(seq2seq)
    await expect(seq2seq.laws[i].check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should/)
  })
})

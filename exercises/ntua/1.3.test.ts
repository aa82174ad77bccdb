import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { map, type Nested, rowMajor, toNested } from '../../oracle/tensor.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { classify } from './1.3.experiment.js'
import { exercise13 } from './1.3.js'

function rounded(nested: Nested, decimals: number): Nested {
  return typeof nested === 'number' ? Number(nested.toFixed(decimals)) : nested.map((one) => rounded(one, decimals))
}

describe('ntua/1.3', () => {
  it('has the states and logits of the source', async () => {
    const solved = await solve(exercise13, defaultGiven(exercise13), oracle)
    const nested = Object.fromEntries(Object.entries(solved).map(([name, value]) => [name, toNested(value)]))
    expect(nested).toMatchObject({ x1: [0, -1, 2], x2: [0, 0, 0], x3: [-2, -2, 1], h1: [5, 2], h2: [5, 2], h3: [9, 4] })
    expect(nested).toMatchObject({ logits: [4, 9, 14], class: 2, meanClass: 2 })
    expect(rounded(nested.meanHidden, 12)).toEqual(rounded([19 / 3, 8 / 3], 12))
    expect(rounded(nested.meanLogits, 12)).toEqual(rounded([8 / 3, 19 / 3, 10], 12))
  })

  it('has the probabilities of the softmax', async () => {
    const solved = await solve(exercise13, defaultGiven(exercise13), oracle)
    const sum = 1 + Math.exp(-5) + Math.exp(-10)
    expect(rounded(toNested(solved.probabilities), 12)).toEqual(
      rounded([Math.exp(-10) / sum, Math.exp(-5) / sum, 1 / sum], 12),
    )
  })

  it('draws given data on which ReLU acts', () => {
    for (const given of fc.sample(exercise13.arbitrary(), { numRuns: 200, seed: 1 })) {
      const [weights, table] = [rowMajor(given.inputWeights), rowMajor(given.vocabulary)]
      const first = 3 * rowMajor(given.sentence)[0]
      const products = [0, 1].map((row) =>
        [0, 1, 2].reduce((sum, i) => sum + weights[3 * row + i] * table[first + i], 0),
      )
      const zeroRow = [0, 1].some((row) => weights.slice(3 * row, 3 * row + 3).every((weight) => weight === 0))
      expect(Math.min(...products) < 0 || zeroRow).toBe(true)
    }
  })

  it.each([
    // h after «great»: ReLU(−5, 2) = (0, 2), logits (2, 0, −2). After «is» 2 + … : W·(1, −2, 0) = (2, 5), logits (5, 2, −1).
    [[4], 0],
    [[1], 0],
    // «bad»: W·(−2, −1, 1) = (3, 0), logits (0, 3, 6).
    [[3], 2],
    // «great bad»: (0, 2) + (3, 0) = (3, 2), logits (2, 3, 4).
    [[4, 3], 2],
    // «bad great»: ReLU((3, 0) + (−5, 2)) = (0, 2).
    [[3, 4], 0],
  ])('classifies the words %j as %i', async (sentence, label) => {
    expect(await classify(defaultGiven(exercise13), [sentence], oracle.operators)).toEqual([label])
  })

  it.each(exercise13.laws.map((law) => [law.name, law] as const))(
    'law breaks where something is wrong: %s',
    async (name, law) => {
      const given = defaultGiven(exercise13)
      const wrong = async (values: Values): Promise<Values> => {
        const right = await solve(exercise13, values, oracle)
        const target = name.startsWith('a word')
          ? 'x1'
          : name.startsWith('prob')
            ? 'probabilities'
            : name.startsWith('class')
              ? 'meanHidden'
              : 'h2'
        return solve(exercise13, values, oracle, {
          replaced: { [target]: map(right[target], (value) => 1.01 * value + 0.01) },
        })
      }
      await expect(law.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
    },
  )
})

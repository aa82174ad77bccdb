import { describe, expect, it } from 'vitest'
import { handwritten } from '../../marking/fixtures/handwritten.js'
import { markDocument } from '../../marking/mark.js'
import { oracle } from '../../oracle/index.js'
import { map, rowMajor, toNested } from '../../oracle/tensor.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { exercise21a } from './2.1a.js'

const [sheet, knownSolution] = exercise21a.conventions[0].conventions

function decimals(values: Values, name: string, digits: number): readonly number[] {
  return [...rowMajor(values[name])].map((value) => Number(value.toFixed(digits)))
}

describe('ntua/2.1a', () => {
  it('has the numbers of the known solution, with its query', async () => {
    const solved = await solve(exercise21a, defaultGiven(exercise21a), oracle, { conventions: [knownSolution] })
    expect(toNested(solved.usedQuery)).toEqual([-2, 1, -1])
    expect(toNested(solved.scores)).toEqual([4.5, 0, 4.5, 0])
    expect(toNested(solved.dimension)).toBe(3)
    expect(decimals(solved, 'scaledScores', 3)).toEqual([2.598, 0, 2.598, 0])
    expect(decimals(solved, 'normalizer', 3)).toEqual([28.876])
    expect(decimals(solved, 'probabilities', 3)).toEqual([0.465, 0.035, 0.465, 0.035])
    // The one of its four vectors without a slip.
    for (const [i, component] of [-0.698, 0.465, -0.232].entries())
      expect(Math.abs(rowMajor(solved.y3)[i] - component)).toBeLessThan(0.001)
  })

  it('has other scores with the query of the sheet', async () => {
    const solved = await solve(exercise21a, defaultGiven(exercise21a), oracle, { conventions: [sheet] })
    // 4 − 1 − ½, −2 − 1½ + ½, 3 − 1 + ½, 4 + 2½ − 1½.
    expect(toNested(solved.scores)).toEqual([2.5, -3, 2.5, 5])
  })

  it.each([
    ['[2.5, -3, 2.5, 5]', sheet.name],
    ['[4.5, 0, 4.5, 0]', knownSolution.name],
  ])('scores %s are recognised as those of the %s', async (scores, convention) => {
    const report = await markDocument(handwritten(exercise21a, `Score = X \\cdot q = ${scores}`), {
      exercises: [exercise21a],
    })
    expect(report.exercises).toEqual([{ exercise: 'ntua/2.1a', convention }])
    const verdicts = report.claims.map(({ verdict }) => verdict)
    expect(verdicts.filter((verdict) => verdict !== 'missing')).toEqual(['correct', 'correct'])
  })

  it('takes the query that a sheet of other numbers states', async () => {
    // −2·1 + 1·2 + ½·(−2), and so on.
    const text = '# Given\nq = [1, 2, -2]\n# Solution\nX \\cdot q = [-1, 5, 1.5, -10]'
    const report = await markDocument(handwritten(exercise21a, text), { exercises: [exercise21a] })
    const verdicts = report.claims.map(({ verdict }) => verdict)
    expect(verdicts.filter((verdict) => verdict !== 'missing')).toEqual(['correct'])
  })

  it('finds the signs that the known solution lost in its first weighted vector', async () => {
    const text = 'p = [0.465, 0.035, 0.465, 0.035]\ny_1 = [0.93, 0.465, 0.232]\ny_3 = [-0.698, 0.465, -0.232]'
    const { claims } = await markDocument(handwritten(exercise21a, text), { exercises: [exercise21a] })
    const written = claims.filter(({ verdict }) => !['missing', 'correct', 'rounded'].includes(verdict))
    expect(written.map(({ quantity, index, verdict }) => [quantity, index, verdict])).toEqual([['y1', 0, 'wrong']])
    expect(written[0].explanations.map(({ mistake }) => mistake)).toContain('sign of a weighted component lost')
  })

  it.each(exercise21a.laws.map((law) => [law.name, law] as const))(
    'law breaks where something is wrong: %s',
    async (_, law) => {
      const given = defaultGiven(exercise21a)
      const wrong = async (values: Values): Promise<Values> => {
        const right = await solve(exercise21a, values, oracle)
        let next = 1
        const probabilities = map(right.probabilities, (p) => p + 0.01 * next++)
        return solve(exercise21a, values, oracle, { replaced: { probabilities } })
      }
      await expect(law.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
    },
  )
})

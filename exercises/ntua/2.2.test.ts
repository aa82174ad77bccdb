import { describe, expect, it } from 'vitest'
import { handwritten } from '../../marking/fixtures/handwritten.js'
import { markDocument } from '../../marking/mark.js'
import { oracle } from '../../oracle/index.js'
import { item, map, rowMajor, type Tensor, toNested } from '../../oracle/tensor.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { exercise22 } from './2.2.js'

describe('ntua/2.2', () => {
  it('has the images that one gets by hand', async () => {
    const solved = await solve(exercise22, defaultGiven(exercise22), oracle)
    expect(toNested(solved.flipped)).toEqual([
      [2, 5, 3, 1],
      [6, 8, 4, 0],
      [12, 9, 10, 7],
    ])
    expect(toNested(solved.cropped)).toEqual([
      [8, 6],
      [9, 12],
    ])
    expect(toNested(solved.recoloured.pick(0, null))).toEqual([3.5, 6.5, 9.5, 5])
    // Along the rows (¼, ½, ¼), the second pixel standing on both sides of the first: (2, 3, 3.75, 3.5), (2, 4, 6.5, 7), (8.5, 9, 10, 10.5);
    // then along the columns.
    const blurred = [2, 3.5, 5.125, 5.25, 3.625, 5, 6.6875, 7, 5.25, 6.5, 8.25, 8.75]
    rowMajor(solved.blurred).forEach((pixel, i) => {
      expect(Math.abs(pixel - blurred[i])).toBeLessThan(1e-12)
    })
    expect([solved.centreWeight, solved.sideWeight, solved.retained].map(item)).toEqual([0.5, 0.25, 0])
    expect(toNested(solved.enlarged)).toEqual([
      [8, 7.5, 6.5, 6],
      [8.25, 8.0625, 7.6875, 7.5],
      [8.75, 9.1875, 10.0625, 10.5],
      [9, 9.75, 11.25, 12],
    ])
  })

  it('finds the flip best, as the known solution does', async () => {
    const solved = await solve(exercise22, defaultGiven(exercise22), oracle)
    expect(item(solved.best)).toBe(3)
    expect(Math.abs(item(solved.imageMean) - 67 / 12)).toBeLessThan(1e-12)
  })

  it('has the losses of the logits', async () => {
    const solved = await solve(exercise22, defaultGiven(exercise22), oracle)
    const softplus = (x: number) => Math.log1p(Math.exp(x))
    const mean = (numbers: readonly number[]) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length
    const [real, fake] = [
      [1, 2, 0.5],
      [-1, 0.5, -2],
    ]
    const minimax = -mean(fake.map(softplus))
    const expected = [mean(real.map((u) => softplus(-u))) - minimax, mean(fake.map((v) => softplus(-v))), minimax]
    for (const [i, name] of ['discriminatorLoss', 'generatorLoss', 'minimaxLoss'].entries())
      expect(Math.abs(item(solved[name]) - expected[i])).toBeLessThan(1e-12)
  })

  it('recognises the mean over all images as a convention', async () => {
    const text = 'L_D = 0.388\ng_v = [0.045, 0.104, 0.020]'
    const report = await markDocument(handwritten(exercise22, text), { exercises: [exercise22] })
    expect(report.exercises).toEqual([{ exercise: 'ntua/2.2', convention: 'mean over all images' }])
    const verdicts = report.claims.map(({ verdict }) => verdict)
    expect(verdicts.filter((verdict) => verdict !== 'missing')).toEqual(['correct', 'correct'])
  })

  it('does not mark down losses that are computed from rounded probabilities', async () => {
    // −(ln 0.73 + ln 0.88 + ln 0.62)/3 − (ln 0.73 + ln 0.38 + ln 0.88)/3 = 0.777; exactly it is 0.776.
    const text = 'D_{real} = [0.73, 0.88, 0.62]\nD_{fake} = [0.27, 0.62, 0.12]\nL_D = 0.777'
    const { claims } = await markDocument(handwritten(exercise22, text), { exercises: [exercise22] })
    const verdicts = claims.map(({ verdict }) => verdict).filter((verdict) => verdict !== 'missing')
    expect(verdicts).toEqual(['correct', 'correct', 'rounded'])
  })

  /** What is wrong while a law is checked: quantities that are replaced by what is made of their right values. */
  const broken: readonly (readonly [string, readonly string[], (right: Values, name: string) => Tensor])[] = [
    ['the finest pattern', ['blurred'], (right) => right.image],
    ['exchanging', ['realProbabilities'], (right) => map(right.realProbabilities, (p) => p * p)],
    ['gradient', ['realSlopes', 'generatorSlopes'], disturbed],
    ['loss', ['discriminatorLoss', 'generatorLoss'], disturbed],
    ['loses 2', ['discriminatorLoss'], disturbed],
    ['technique', ['best', 'flipped'], disturbed],
    ['variance of an image', ['blurredVariance'], disturbed],
    ['', ['flipped', 'blurred', 'recoloured', 'enlarged'], disturbed],
  ]

  it.each(exercise22.laws.map((law) => [law.name, law] as const))(
    'law breaks where something is wrong: %s',
    async (name, law) => {
      const [, targets, change] = broken.find(([part]) => name.includes(part)) ?? broken[0]
      const wrong = async (values: Values): Promise<Values> => {
        const right = await solve(exercise22, values, oracle)
        const replaced = Object.fromEntries(targets.map((target) => [target, change(right, target)]))
        return solve(exercise22, values, oracle, { replaced })
      }
      const given = defaultGiven(exercise22)
      await expect(law.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
    },
  )
})

function disturbed(right: Values, name: string): Tensor {
  let next = 0
  return map(right[name], (value) => 1.2 * value + 0.01 * next++)
}

import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { copy, item, rowMajor, scalar, toNested } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { sharif3 } from './3.js'

const given = defaultGiven(sharif3)

describe('sharif/3', () => {
  it('scores by hand: (1, ¾, −½) by the dot product, (0, 1⅞, 1¼) in general', async () => {
    const solved = await solve(sharif3, given, oracle)
    expect(toNested(solved.dotScores)).toEqual([1, 0.75, -0.5])
    expect(toNested(solved.generalQuery)).toEqual([0, 1.25])
    expect(toNested(solved.generalScores)).toEqual([0, 1.875, 1.25])
    const units = [
      [0, 0.75],
      [1.75, 2.25],
      [2.5, 1.75],
    ]
    expect(toNested(solved.tanhPreActivations)).toEqual(units)
    for (const [s, [first, second]] of units.entries())
      expect(rowMajor(solved.tanhScores)[s]).toBeCloseTo(Math.tanh(first) - 1.5 * Math.tanh(second), 12)
    const exponentials = [1, 0.75, -0.5].map(Math.exp)
    const sum = exponentials.reduce((total, value) => total + value, 0)
    const context = rowMajor(solved.dotContext)
    expect(context[0]).toBeCloseTo((exponentials[0] - exponentials[2]) / sum, 12)
    expect(context[1]).toBeCloseTo((1.5 * exponentials[1] + exponentials[2]) / sum, 12)
  })

  it('counts multiply-adds and parameters for S = 10, D = A = 512, either way', async () => {
    const solved = await solve(sharif3, given, oracle)
    const names = ['dotOperations', 'generalOperations', 'tanhOperations', 'generalParameters', 'tanhParameters']
    expect(names.map((name) => item(solved[name]))).toEqual([5120, 2_626_560, 5_248_000, 262_144, 524_800])
    const [{ conventions }] = sharif3.conventions
    const shared = await solve(sharif3, given, oracle, { conventions: [conventions[1]] })
    expect(item(shared.generalOperations)).toBe(512 * 512 + 5120)
    expect(item(shared.tanhOperations)).toBe(512 * 512 + 10 * (512 * 512 + 512))
  })

  it.each([
    ['tanhWeights', /luongAttention/],
    ['generalContext', /luongAttention/],
    ['dotOutput', /distributions/],
    ['tanhContext', /lies between/],
    ['generalScores', /general is dot/],
    ['tanhScores', /at most Σ/],
    ['coverageLoss', /coverage penalty/],
    ['generalOperations', /multiply-adds/],
    ['tanhParameters', /multiply-adds/],
    ['generalLogits', /two halves/],
  ])('a wrong %s breaks the law %s', async (quantity, name) => {
    const law = sharif3.laws.find((one) => name.test(one.name))
    const sizes = { positions: scalar(3), stateSize: scalar(2), layerUnits: scalar(4) }
    const wrong = async (values: Values) => {
      const moved = copy(tensorOf(await solve(sharif3, values, oracle), quantity))
      moved.data[0] += 5
      return solve(sharif3, values, oracle, { replaced: { [quantity]: moved } })
    }
    const check = law?.check({ ...given, ...sizes }, wrong, 2 ** -52, oracle.operators)
    await expect(check).rejects.toThrow(/should be|possible/)
  })

  it.each([
    ['tanhWeights', /reads only encoder states/],
    ['dotWeights', /another order/],
  ])('%s that depend on the decoder state or on the order break the law %s', async (quantity, name) => {
    const law = sharif3.laws.find((one) => name.test(one.name))
    const wrong = async (values: Values) => {
      const moved = copy(tensorOf(await solve(sharif3, values, oracle), quantity))
      moved.data[0] += tensorOf(values, 'decoder').get(0) + tensorOf(values, 'encoder').get(0, 1)
      return solve(sharif3, values, oracle, { replaced: { [quantity]: moved } })
    }
    await expect(law?.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
  })
})

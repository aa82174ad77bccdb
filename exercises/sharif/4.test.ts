import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { copy, item, rowMajor, scalar, toNested } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { sharif4 } from './4.js'

const given = defaultGiven(sharif4)

describe('sharif/4', () => {
  it('has, by hand, the similarities and outputs of three words', async () => {
    const solved = await solve(sharif4, given, oracle)
    expect(toNested(solved.scores)).toEqual([
      [0.5, -0.75, -1.5],
      [1.5, -0.25, -2.5],
      [0.75, 0.875, -0.25],
    ])
    expect(toNested(solved.similarities.pick(0, null))).toEqual([0.25, 0.5625, 2.25])
    // (¼·1 + 9/16·½ − 9/4, −¼ + 9/16·3/2 + 9/4·3) over 49/16.
    const [first, second] = rowMajor(solved.quadraticOutput.pick(0, null))
    expect(first).toBeCloseTo((0.25 + 0.28125 - 2.25) / 3.0625, 12)
    expect(second).toBeCloseTo((-0.25 + 0.84375 + 6.75) / 3.0625, 12)
    // The first position attends to itself alone.
    expect(toNested(solved.causalOutput.pick(0, null))).toEqual([1, -1])
  })

  it('counts N²(D + M) and 2ND²(M + 2); for D = M the linear form wins beyond about D²', async () => {
    const solved = await solve(sharif4, given, oracle)
    expect(item(solved.softmaxTime)).toBe(8192 ** 2 * 128)
    expect(item(solved.linearTime)).toBe(2 * 8192 * 64 ** 2 * 66)
    expect(item(solved.crossover)).toBe(64 ** 2 + 2 * 64)
    const there = await solve(sharif4, { ...given, length: scalar(4224) }, oracle)
    expect(item(there.softmaxTime)).toBe(item(there.linearTime))
  })

  it.each([
    ['(q·k + 1)²', 'all products', 9],
    ['(q·k)²', 'different products', 3],
    ['(q·k + 1)²', 'different products', 6],
  ])('has φ(q)·φ(k) = sim(q, k) by the kernel %s with %s', async (kernel, layout, length) => {
    const all = sharif4.conventions.flatMap(({ conventions }) => conventions)
    const conventions = all.filter(({ name }) => [kernel, layout, 'features a row at a time'].includes(name))
    const solved = await solve(sharif4, { ...given, querySize: scalar(2) }, oracle, { conventions })
    const [q, k] = ['queryFeatures', 'keyFeatures'].map((name) => tensorOf(solved, name))
    expect(q.shape).toEqual([3, length])
    expect(numberOf(solved, 'featureSize')).toBe(length)
    for (const t of [0, 1, 2])
      for (const s of [0, 1, 2]) {
        const product = Array.from({ length }, (_, f) => q.get(t, f) * k.get(s, f)).reduce((sum, x) => sum + x, 0)
        expect(product).toBeCloseTo(solved.similarities.get(t, s), 12)
      }
  })

  it.each([
    ['keyFeatures', /φ\(q\)·φ\(k\)/],
    ['numerators', /linear form has/],
    ['linearDenominators', /linear form has/],
    ['quadraticOutput', /quadraticAttention/],
    ['quadraticWeights', /quadraticAttention/],
    ['causalOutput', /running sums/],
    ['softmaxOutput', /scaledDotProductAttention/],
    ['linearTime', /multiply-adds of the formulas/],
    ['softmaxMemory', /multiply-adds of the formulas/],
    ['crossover', /crossover/],
  ])('a wrong %s breaks the law %s', async (quantity, name) => {
    const law = sharif4.laws.find((one) => name.test(one.name))
    const sizes = { length: scalar(3), querySize: scalar(2), valueSize: scalar(4) }
    const wrong = async (values: Values) => {
      const moved = copy(tensorOf(await solve(sharif4, values, oracle), quantity))
      moved.data[0] += 5
      return solve(sharif4, values, oracle, { replaced: { [quantity]: moved } })
    }
    await expect(law?.check({ ...given, ...sizes }, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
  })

  it('weights that depend on the sign of a query break their law', async () => {
    const law = sharif4.laws.find(({ name }) => name.startsWith('opposite'))
    const wrong = async (values: Values) => {
      const solved = await solve(sharif4, values, oracle)
      return { ...solved, quadraticWeights: tensorOf(solved, 'scores') }
    }
    await expect(law?.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
  })
})

import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { copy, item, rowMajor, scalar, toNested } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { multiHead } from './multi-head.js'

const given = defaultGiven(multiHead)

describe('lecture/multi-head', () => {
  it('splits 512 features into 8 heads of 64, whose concatenation is as wide as the model', async () => {
    const solved = await solve(multiHead, given, oracle)
    expect([solved.headSize, solved.concatenatedSize].map(item)).toEqual([64, 512])
    // W^Q, W^K, W^V and W^O of 512 × 512.
    expect(item(solved.parameters)).toBe(1_048_576)
    expect(item(solved.operations)).toBe(4 * 10 * 512 ** 2 + 8 * 2 * 10 ** 2 * 64)
    expect(item(solved.operations)).toBe(item(solved.singleOperations))
    const [{ conventions }] = multiHead.conventions
    const withBiases = await solve(multiHead, given, oracle, { conventions: [conventions[1]] })
    expect(item(withBiases.parameters)).toBe(1_050_624)
  })

  it('computes the first head’s scores and weights as by hand', async () => {
    const solved = await solve(multiHead, given, oracle)
    expect(toNested(solved.queries1)).toEqual([
      [1, 0.5],
      [1, 1],
      [0, 1],
    ])
    expect(toNested(solved.keys1)).toEqual([
      [1, 1],
      [1, 0.5],
      [1, 0.5],
    ])
    expect(toNested(solved.scores1)).toEqual([
      [1.5, 1.25, 1.25],
      [2, 1.5, 1.5],
      [1, 0.5, 0.5],
    ])
    const exponentials = [1.5, 1.25, 1.25].map((score) => Math.exp(score / Math.SQRT2))
    const sum = exponentials.reduce((total, value) => total + value, 0)
    const [first] = rowMajor(solved.weights1)
    expect(first).toBeCloseTo(exponentials[0] / sum, 12)
  })

  it.each([
    ['output', /operator multiHeadAttention/],
    ['weights2', /operator multiHeadAttention/],
    ['head1', /own rows of W\^O/],
    ['head2', /exchanged/],
    ['weights1', /sum to 1/],
    ['operations', /head by head/],
    ['parameters', /head by head/],
    ['concatenatedSize', /as wide as the model/],
  ])('a wrong %s breaks the law %s', async (quantity, name) => {
    const law = multiHead.laws.find((one) => name.test(one.name))
    const sizes = { words: scalar(3), modelSize: scalar(4), headCount: scalar(2) }
    const wrong = async (values: Values) => {
      const solved = await solve(multiHead, values, oracle)
      const moved = copy(tensorOf(solved, quantity))
      moved.data[0] += 5
      return { ...solved, [quantity]: moved }
    }
    await expect(law?.check({ ...given, ...sizes }, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
  })

  it('outputs that depend on where a word stands break the law of order', async () => {
    const law = multiHead.laws.find(({ name }) => /another order/.test(name))
    const wrong = async (values: Values) => {
      const solved = await solve(multiHead, values, oracle)
      const moved = copy(solved.output)
      moved.data[0] += 1
      return { ...solved, output: moved }
    }
    await expect(law?.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
  })
})

import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { fromNested, rowMajor, tensor, toNested } from '../../oracle/tensor.js'
import { solve } from '../exercise.js'
import { exercise11d } from './1.1d.js'

describe('ntua/1.1d', () => {
  it('solves ridge regression: w = t/(1 + 6λ) for two of six points that stand alone', async () => {
    // XᵀX/6 = I/6 and Xᵀt/6 = (3, −4)/6, so that (1/6 + λ)·w = (3, −4)/6.
    const given = {
      x: fromNested([
        [1, 0],
        [0, 1],
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
      ]),
      target: fromNested([[3], [-4], [0], [0], [0], [0]]),
      lambdas: tensor([3], [0.5, 1, 1.5]),
    }
    const solved = await solve(exercise11d, given, oracle)
    const expected = [4, 7, 10].map((divisor) => ({
      loss: ((3 - 3 / divisor) ** 2 + (-4 + 4 / divisor) ** 2) / 6,
      squared: 25 / divisor ** 2,
    }))
    const [losses, squares] = [solved.trainingLosses, solved.squaredWeights].map(rowMajor)
    for (const [i, { loss, squared }] of expected.entries()) {
      expect(losses[i]).toBeCloseTo(loss, 12)
      expect(squares[i]).toBeCloseTo(squared, 12)
    }
  })

  it('answers: training accuracy falls, test accuracy rises until it falls', async () => {
    const { trainingAccuracy, testAccuracy } = Object.fromEntries(
      exercise11d.quantities.map((quantity) => [quantity.name, quantity]),
    )
    expect(toNested(await trainingAccuracy.compute({}, oracle.operators))).toBe(-1)
    expect(toNested(await testAccuracy.compute({}, oracle.operators))).toBe(1)
    expect(testAccuracy.meaning).toMatch(/then falls/)
  })
})

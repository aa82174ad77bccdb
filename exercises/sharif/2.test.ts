import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { copy, item, scalar, toNested } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { sharif2 } from './2.js'

const given = defaultGiven(sharif2)

describe('sharif/2', () => {
  it('computes the pair as by hand: a = (2, −1), p = (2, 0), x′ = (1, −½, ½, 1½), J₁ = ⅜', async () => {
    const solved = await solve(sharif2, given, oracle)
    expect(toNested(solved.preActivation)).toEqual([2, -1])
    expect(toNested(solved.parent)).toEqual([2, 0])
    expect(toNested(solved.reconstruction)).toEqual([1, -0.5, 0.5, 1.5])
    expect(item(solved.reconstructionLoss)).toBe(0.375)
    expect(toNested(solved.logits)).toEqual([2, 0.5, -0.5])
    const sum = Math.exp(2) + Math.exp(0.5) + Math.exp(-0.5)
    expect(item(solved.classificationLoss)).toBeCloseTo(Math.log(sum) - 0.5, 12)
    // r·pᵀ: the second unit is not active.
    expect(toNested(solved.weight2Gradient)).toEqual([
      [0, 0],
      [1, 0],
      [1, 0],
      [-1, 0],
    ])
  })

  it('folds the sentence into ReLU(W₁[p; x₃] + b₁) = (2½, 0), or from the right into (1¼, 0)', async () => {
    const solved = await solve(sharif2, given, oracle)
    expect(toNested(solved.sentenceVector)).toEqual([2.5, 0])
    const [{ conventions }] = sharif2.conventions
    const fromRight = await solve(sharif2, given, oracle, { conventions: [conventions[1]] })
    expect(toNested(fromRight.phrase)).toEqual([0, 0.5])
    expect(toNested(fromRight.sentenceVector)).toEqual([1.25, 0])
  })

  it.each([
    [50, 50, 3, 10_303],
    [2, 2, 3, 31],
    [1, 1, 1, 9],
    [100, 20, 3, 4 * 100 * 20 + 20 + 200 + 63],
  ])('has 4·D_x·D_p + D_p + 2·D_x + D_c·D_p + D_c parameters: %i, %i, %i', async (x, p, c, expected) => {
    const sizes = { wordSize: scalar(x), parentSize: scalar(p), classes: scalar(c) }
    const solved = await solve(sharif2, { ...given, ...sizes }, oracle)
    expect(numberOf(solved, 'parameters')).toBe(expected)
    const products = ['shapeWeight1', 'shapeBias1', 'shapeWeight2', 'shapeBias2', 'shapeWeight3', 'shapeBias3'].map(
      (name) => solved[name].get(0) * solved[name].get(1),
    )
    expect(products.reduce((sum, size) => sum + size, 0)).toBe(expected)
  })

  it.each([
    ['weight1Gradient', /recursiveAutoencoder/],
    ['inputGradient', /recursiveAutoencoder/],
    ['weight3Gradient', /convex in W₂/],
    ['preActivationGradient', /convex in b₁/],
    ['sentenceVector', /sentence’s vector/],
    ['probabilities', /sum to 1/],
    ['parameters', /weights and biases/],
  ])('a wrong %s breaks the law %s', async (quantity, name) => {
    const law = sharif2.laws.find((one) => name.test(one.name))
    const sizes = { wordSize: scalar(2), parentSize: scalar(3), classes: scalar(4) }
    const wrong = async (values: Values) => {
      const moved = copy(tensorOf(await solve(sharif2, values, oracle), quantity))
      moved.data[0] += 5
      return solve(sharif2, values, oracle, { replaced: { [quantity]: moved } })
    }
    await expect(law?.check({ ...given, ...sizes }, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
  })
})

import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { copy, item, rowMajor, scalar, toNested } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { sharif1 } from './1.js'

const given = defaultGiven(sharif1)

describe('sharif/1', () => {
  it('has, by hand, the eigenvalues 8, 2 and 0 and the singular values √(15/16) and √(3/4)', async () => {
    const solved = await solve(sharif1, given, oracle)
    expect(toNested(solved.covariance)).toEqual([
      [3, 3, 2],
      [3, 3, 2],
      [2, 2, 4],
    ])
    for (const [i, value] of [8, 2, 0].entries()) expect(rowMajor(solved.eigenvalues)[i]).toBeCloseTo(value, 12)
    expect(item(solved.singularValue1)).toBeCloseTo(Math.sqrt(15) / 4, 12)
    expect(item(solved.singularValue2)).toBeCloseTo(Math.sqrt(3) / 2, 12)
    // 2λ − λ²/σ: 1 − 1/32 and 1 − 1/8; the third direction has σ = 0.
    expect(item(solved.minimalLoss)).toBeCloseTo(31 / 32 + 7 / 8, 12)
    // 15/16 of (1, 1, 1)/√3 and 3/4 of (1, 1, −2)/√6.
    const [first] = rowMajor(solved.reconstructionMap)
    expect(first).toBeCloseTo(15 / 16 / 3 + 3 / 4 / 6, 12)
  })

  it('drops a direction whose eigenvalue is below λ', async () => {
    const solved = await solve(sharif1, { ...given, lambda: scalar(4) }, oracle)
    expect(item(solved.singularValue1)).toBeCloseTo(Math.SQRT1_2, 12)
    expect(item(solved.singularValue2)).toBe(0)
    expect(item(solved.minimalLoss)).toBeCloseTo(8 - 2 + 2, 12)
  })

  it('takes eigenvectors of any signs', async () => {
    const [{ conventions }] = sharif1.conventions
    const first = await solve(sharif1, given, oracle, { conventions: [conventions[0]] })
    const opposite = await solve(sharif1, given, oracle, { conventions: [conventions[3]] })
    expect([...rowMajor(opposite.directions)]).toEqual([...rowMajor(first.directions)].map((value) => -value))
    expect(toNested(opposite.reconstructionMap)).toEqual(toNested(first.reconstructionMap))
  })

  it.each([
    ['minimalLoss', /at W₂ = U·diag\(s\)/],
    ['optimalDecoder', /at W₂ = U·diag\(s\)/],
    ['minimalLoss', /no weights/],
    ['singularValue1', /rotated basis/],
    ['encoderGradient', /W₁W₁ᵀ/],
    ['decoderGradient', /degree 4/],
    ['loss', /linearAutoencoder/],
    ['reconstructionMap', /eigenvalues sum/],
  ])('a wrong %s breaks the law %s', async (quantity, name) => {
    const law = sharif1.laws.find((one) => name.test(one.name))
    const wrong = async (values: Values) => {
      const solved = await solve(sharif1, values, oracle)
      const moved = copy(tensorOf(solved, quantity))
      for (let i = 0; i < moved.size; i++) moved.data[i] += 10
      return solve(sharif1, values, oracle, { replaced: { [quantity]: moved } })
    }
    await expect(law?.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be|below/)
  })
})

import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { map, rowMajor, scalar, toNested } from '../../oracle/tensor.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { positionalEncoding } from './positional-encoding.js'

const { sin, cos, PI } = Math

describe('lecture/positional-encoding', () => {
  it('has sines and cosines of pos and of pos/100 for width 4', async () => {
    const solved = await solve(positionalEncoding, defaultGiven(positionalEncoding), oracle)
    const expected = [0, 1, 2, 3].flatMap((pos) => [sin(pos), cos(pos), sin(pos / 100), cos(pos / 100)])
    rowMajor(solved.encodings).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 14)
    })
    expect(solved.encodings.shape).toEqual([4, 4])
    rowMajor(solved.frequencies).forEach((value, i) => {
      expect(value).toBeCloseTo([1, 0.01][i], 15)
    })
    rowMajor(solved.wavelengths).forEach((value, i) => {
      expect(value).toBeCloseTo([2 * PI, 200 * PI][i], 10)
    })
  })

  it('has the wavelengths of the lecture for width 512: from 2π to near 10000·2π', async () => {
    const given = { ...defaultGiven(positionalEncoding), width: scalar(512) }
    const solved = await solve(positionalEncoding, given, oracle)
    const waves = rowMajor(solved.wavelengths)
    expect(waves.length).toBe(256)
    expect(waves[0]).toBeCloseTo(2 * PI, 12)
    expect([waves[255], rowMajor(solved.longestWavelength)[0]].map((wave) => wave / (2 * PI * 10000))).toEqual([
      // 10000^(−2/512)
      expect.closeTo(0.96466, 5),
      expect.closeTo(0.96466, 5),
    ])
    const { alternatives } = positionalEncoding.quantities.find(({ name }) => name === 'longestWavelength') ?? {}
    expect(alternatives?.map(({ value }) => toNested(value(given)))).toEqual([20000 * PI])
  })

  it('turns position 1 into position 3 by the rotation of a shift by 2', async () => {
    const solved = await solve(positionalEncoding, defaultGiven(positionalEncoding), oracle)
    const [c, s, slowC, slowS] = [cos(2), sin(2), cos(0.02), sin(0.02)]
    const expected = [
      [c, s, 0, 0],
      [-s, c, 0, 0],
      [0, 0, slowC, slowS],
      [0, 0, -slowS, slowC],
    ].flat()
    rowMajor(solved.rotation).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 14)
    })
    rowMajor(solved.rotatedEncoding).forEach((value, i) => {
      expect(value).toBeCloseTo([sin(3), cos(3), sin(0.03), cos(0.03)][i], 14)
    })
  })

  it.each([
    [0, 'rotation'],
    [1, 'rotation'],
    [2, 'encodings'],
    [3, 'encodings'],
    [4, 'similarity'],
    [5, 'wavelengths'],
  ])('law %i breaks where %s is wrong', async (i, target) => {
    const wrong = async (values: Values): Promise<Values> => {
      const right = await solve(positionalEncoding, values, oracle)
      const size = rowMajor(values.length)[0]
      return solve(positionalEncoding, values, oracle, {
        replaced: { [target]: map(right[target], (value) => value + 0.01 * size) },
      })
    }
    const given = defaultGiven(positionalEncoding)
    await expect(positionalEncoding.laws[i].check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should/)
  })
})

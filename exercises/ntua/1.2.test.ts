import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { scalar, toNested } from '../../oracle/tensor.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { exercise12 } from './1.2.js'

describe('ntua/1.2', () => {
  it('gives 55 × 55 × 96, 290,400 units, 34,944 parameters, and 39,574,528 of a fully connected layer', async () => {
    const solved = await solve(exercise12, defaultGiven(exercise12), oracle)
    // (227 − 11)/4 + 1 = 55; 55·55·96; (11·11·3 + 1)·96; 227·227·3; (154,587 + 1)·256.
    expect(toNested(solved.outputShape)).toEqual([55, 55, 96])
    expect(toNested(solved.units)).toBe(290_400)
    expect(toNested(solved.parameters)).toBe(34_944)
    expect(toNested(solved.inputUnits)).toBe(154_587)
    expect(toNested(solved.denseParameters)).toBe(39_574_528)
  })

  it.each([
    // A window of 3 over 7 padded to 9 in steps of 2: at 0, 2, 4, 6. Over 4 padded to 6: at 0, 2, and 4 does not fit.
    [{ inputWidth: 7, inputHeight: 4, filterSize: 3, stride: 2, padding: 1 }, [4, 2]],
    [{ inputWidth: 5, inputHeight: 5, filterSize: 5, stride: 3, padding: 0 }, [1, 1]],
    [{ inputWidth: 6, inputHeight: 3, filterSize: 1, stride: 4, padding: 0 }, [2, 1]],
  ])('counts windows: %j', async (sizes, expected) => {
    const changed = Object.fromEntries(Object.entries(sizes).map(([name, value]) => [name, scalar(value)]))
    const solved = await solve(exercise12, { ...defaultGiven(exercise12), ...changed }, oracle)
    expect([toNested(solved.outputWidth), toNested(solved.outputHeight)]).toEqual(expected)
  })

  it.each(exercise12.laws.map((law) => [law.name, law] as const))(
    'law breaks where parameters are miscounted: %s',
    async (_, law) => {
      const sizes = {
        inputWidth: 6,
        inputHeight: 5,
        inputDepth: 2,
        filterSize: 3,
        filters: 2,
        stride: 2,
        padding: 0,
        denseUnits: 3,
      }
      const given = Object.fromEntries(Object.entries(sizes).map(([name, value]) => [name, scalar(value)]))
      // Biases forgotten: 3·3·2·2 and 6·5·2·3.
      const wrong = (values: Values) =>
        solve(exercise12, values, oracle, { replaced: { parameters: scalar(36), denseParameters: scalar(180) } })
      await expect(law.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
    },
  )
})

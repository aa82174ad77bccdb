import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { scalar, tensor, toNested } from '../../oracle/tensor.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { exercise14 } from './1.4.js'

describe('ntua/1.4', () => {
  it('has 256 inputs and outputs and a code of 50', async () => {
    const solved = await solve(exercise14, defaultGiven(exercise14), oracle)
    expect([solved.inputSize, solved.outputSize, solved.latentSize].map(toNested)).toEqual([256, 256, 50])
    expect([solved.classifierInput, solved.classifierOutput].map(toNested)).toEqual([50, 3])
    // 257·500 + 501·250 + 251·50, and 51·250 + 251·500 + 501·256 for the way back.
    expect(toNested(solved.encoderParameters)).toBe(128_500 + 125_250 + 12_550)
    expect(toNested(solved.autoencoderParameters)).toBe(266_300 + 12_750 + 125_500 + 128_256)
  })

  it('accepts 512 for two concatenated vectors, and says so', () => {
    for (const name of ['inputSize', 'outputSize']) {
      const alternatives = exercise14.quantities.find((quantity) => quantity.name === name)?.alternatives ?? []
      expect(alternatives.map(({ value }) => toNested(value(defaultGiven(exercise14))))).toEqual([512])
      for (const { note } of alternatives) expect(note).toMatch(/concatenated/)
    }
  })

  it('explains 768,000 as all words at once', async () => {
    const given = defaultGiven(exercise14)
    const explained = []
    for (const mistake of exercise14.mistakes)
      for (const quantity of mistake.quantities)
        if (quantity === 'inputSize' && toNested(await mistake.compute(quantity, given, oracle.operators)) === 768_000)
          explained.push(mistake.name)
    expect(explained).toEqual(['vocabulary multiplied in, both vectors'])
  })

  it.each(exercise14.laws.map((law) => [law.name, law] as const))(
    'law breaks where parameters are miscounted: %s',
    async (_, law) => {
      const sizes = { vocabularySize: 4, vectorSize: 3, classes: 2 }
      const scalars = Object.fromEntries(Object.entries(sizes).map(([name, value]) => [name, scalar(value)]))
      const given = { ...scalars, hiddenWidths: tensor([5], [3, 2, 1, 2, 3]) }
      const wrong = (values: Values) =>
        solve(exercise14, values, oracle, { replaced: { autoencoderParameters: scalar(40) } })
      await expect(law.check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be/)
    },
  )
})

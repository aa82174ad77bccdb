import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { scalar, tensor, toNested } from '../../oracle/tensor.js'
import { defaultGiven, solve, type Values } from '../exercise.js'
import { type Counterexample, examine, sequenceCheck, weightsGiven } from './3.check.js'
import { exercise3 } from './3.js'
import { allSequences, rightClassOf, sequenceText } from './3.sequences.js'

const { operators } = oracle

function check(numbers: readonly number[]): Promise<Counterexample | undefined> {
  return sequenceCheck(weightsGiven(numbers), operators)
}

describe('fer/3', () => {
  it('has the states, the output, the class and the number of parameters of the source', async () => {
    const solved = await solve(exercise3, defaultGiven(exercise3), oracle)
    const nested = Object.fromEntries(Object.entries(solved).map(([name, value]) => [name, toNested(value)]))
    expect(nested).toMatchObject({ h1: -1, h2: -2, h3: -1, sequenceClass: 0, rightClass: 0, recurrentParameters: 6 })
    expect(nested.sequenceOutput).toBeCloseTo(0.26894, 5)
  })

  it('puts the example of the statement, three even and two odd members, into class 0', () => {
    expect(rightClassOf([0, 1, 2, 3, 0])).toBe(0)
    expect(sequenceText([0, 1, 2, 3, 0])).toBe('00, 01, 10, 11, 00')
  })

  it('counts a tie as class 0', () => {
    expect([rightClassOf([1, 2]), rightClassOf([1]), rightClassOf([3, 1, 0])]).toEqual([0, 1, 1])
  })

  it('tries every sequence up to eight members, and every longer beginning of the random ones', async () => {
    const { sequences, wrong } = await examine(defaultGiven(exercise3), operators, { random: 10 })
    const all = [1, 2, 3, 4, 5, 6, 7, 8].reduce((sum, length) => sum + 4 ** length, 0)
    expect([sequences, wrong]).toEqual([all + 10 * (200 - 8), 0])
    expect(new Set(allSequences(3).map(sequenceText)).size).toBe(64)
  })

  it.each([
    ['the source’s own', [0, 2, 1, -1, 1, 0]],
    ['decimals', [0, 0.2, 1, -0.1, 3, 0]],
    ['a third', [0, 2 / 3, 1, -1 / 3, 1, -1 / 6]],
    ['both signs turned', [0, -2, 1, 1, -1, 0]],
    ['a threshold between a tie and a lead of one', [0, 2, 1, -1, 1, -0.999]],
  ])('finds nothing against right weights: %s', async (_, numbers) => {
    expect(await check(numbers)).toBeUndefined()
  })

  it.each([
    // All shorter sequences are right: the first of this length in lexicographic order.
    ['a positive bias of the output', [0, 2, 1, -1, 1, 0.5], '00, 01', 1, 0],
    ['a threshold of a lead of one', [0, 2, 1, -1, 1, -1], '01', 0, 1],
    ['the first bit', [2, 0, 1, -1, 1, 0], '01', 0, 1],
    ['no bias in the cell', [0, 2, 1, 0, 1, 0], '00, 01', 1, 0],
    ['a state that decays a little', [0, 2, 0.99, -1, 1, 0], '00, 01', 1, 0],
    ['decimals that almost cancel', [0, 0.2, 1, -0.1, 3, 1e-6], '00, 01', 1, 0],
  ])('finds the shortest sequence against wrong weights: %s', async (_, numbers, text, modelClass, rightClass) => {
    const found = await check(numbers)
    expect(found && { ...found, sequence: sequenceText(found.sequence) }).toEqual({
      sequence: text,
      modelClass,
      rightClass,
    })
  })

  it('finds a wrong sequence that is longer than eight members', async () => {
    // With a state that decays by 1e-4 a step a lead of some 70 members is needed to shift a tie by more than one half.
    const weights = [0, 2, 1 - 1e-4, -1, 1, -0.5]
    const found = await check(weights)
    const sequence = found?.sequence ?? []
    expect(sequence.length).toBeGreaterThan(100)
    const logit = (some: readonly number[]) =>
      some.reduce((h, member) => weights[2] * h + 2 * (member % 2) - 1, 0) - 0.5
    expect([found?.modelClass, found?.rightClass]).toEqual([logit(sequence) > 0 ? 1 : 0, rightClassOf(sequence)])
    // No member can be left out.
    for (const left of sequence.keys()) {
      const shorter = sequence.filter((_, t) => t !== left)
      expect(logit(shorter) > 0 ? 1 : 0).toBe(rightClassOf(shorter))
    }
  })

  it('checks several hidden units: odd and even members counted apart', async () => {
    const weights: Values = {
      inputWeights: tensor([2, 2], [0, 1, 0, -1]),
      hiddenWeight: tensor([2, 2], [1, 0, 0, 1]),
      hiddenBias: tensor([2], [0, 1]),
      outputWeight: tensor([2], [1, -1]),
      outputBias: scalar(0),
    }
    expect(await sequenceCheck(weights, operators)).toBeUndefined()
    expect(await sequenceCheck(weights, operators, { activation: 'relu' })).toBeUndefined()
    expect(await sequenceCheck(weights, operators, { activation: 'tanh' })).toBeDefined()
  })

  it('checks the cell with its activation', async () => {
    const own = defaultGiven(exercise3)
    const found = await sequenceCheck(own, operators, { activation: 'relu' })
    expect(found && sequenceText(found.sequence)).toBe('00, 01')
    expect(await sequenceCheck(own, operators, { activation: 'tanh' })).toBeDefined()
  })

  it.each([
    [0, 'h3'],
    [1, 'logit'],
    [2, 'h3'],
    [3, 'logit'],
    [6, 'recurrentParameters'],
  ])('law %i breaks where %s is wrong', async (i, target) => {
    const wrong = async (values: Values): Promise<Values> => {
      const last = toNested(values.x3)
      const replaced = { [target]: scalar(JSON.stringify(last) === '[1,1]' ? 4 : 3.5) }
      return solve(exercise3, values, oracle, { replaced })
    }
    await expect(exercise3.laws[i].check(defaultGiven(exercise3), wrong, 2 ** -52, operators)).rejects.toThrow(
      /should be/,
    )
  })

  it('law 4 breaks for weights that are not right', async () => {
    const given = { ...defaultGiven(exercise3), ...weightsGiven([0, 2, 0.5, -1, 1, 0]) }
    const solveIt = (values: Values) => solve(exercise3, values, oracle)
    await expect(exercise3.laws[4].check(given, solveIt, 2 ** -52, operators)).rejects.toThrow(/it should be 0/)
  })

  it('law 5 breaks where a wrong model is said to be right', async () => {
    // A recurrent operator that puts the state where it would be with right weights.
    const blind = { ...operators, linear: { forward: () => ({ y: tensor([4, 256, 1], new Array(1024).fill(-1)) }) } }
    const solveIt = (values: Values) => solve(exercise3, values, oracle)
    await expect(exercise3.laws[5].check(defaultGiven(exercise3), solveIt, 2 ** -52, blind)).rejects.toThrow(
      /should be/,
    )
  })
})

import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { item, rowMajor, tensor, toNested } from '../../oracle/tensor.js'
import { defaultGiven, quantitiesUnder, solve } from '../exercise.js'
import { loss } from './loss.js'
import { words } from './loss.quantities.js'

const given = defaultGiven(loss)

describe('lecture/loss', () => {
  it('has the lecture’s vocabulary and its indices', () => {
    // The lecture's table: a 0, am 1, I 2, thanks 3, student 4, <eos> 5.
    expect(Object.fromEntries(words.map((word, id) => [word, id]))).toEqual({
      a: 0,
      am: 1,
      I: 2,
      thanks: 3,
      student: 4,
      '<eos>': 5,
    })
  })

  it('writes the one-hot vector of «am» as the lecture does', async () => {
    const { oneHots } = await solve(loss, given, oracle)
    expect(toNested(oneHots.pick(1, null))).toEqual([0, 1, 0, 0, 0, 0])
    expect(words[rowMajor(given.targets)[1]]).toBe('am')
  })

  it('has the losses of the target’s probability alone', async () => {
    const { untrainedLoss, tokenLosses, sentenceLoss, perplexity } = await solve(loss, given, oracle)
    expect(item(untrainedLoss)).toBeCloseTo(-Math.log(0.2), 14)
    const probabilities = [0.93, 0.8, 0.99, 0.94, 0.98]
    const losses = probabilities.map((p) => -Math.log(p))
    for (const [t, value] of rowMajor(tokenLosses).entries()) expect(value).toBeCloseTo(losses[t], 14)
    const mean = losses.reduce((sum, value) => sum + value, 0) / 5
    expect(item(sentenceLoss)).toBeCloseTo(mean, 14)
    expect(item(perplexity)).toBeCloseTo(Math.exp(mean), 13)
  })

  it('decodes «I am a student <eos>» from the trained output, and not from the untrained one', async () => {
    const { decoded } = await solve(loss, given, oracle)
    expect([...rowMajor(decoded)].map((id) => words[id]).join(' ')).toBe('I am a student <eos>')
    const untrained = Array.from({ length: 5 }, () => [...rowMajor(given.untrained)]).flat()
    const other = await solve(loss, { ...given, trained: tensor([5, 6], untrained) }, oracle)
    expect([...rowMajor(other.decoded)].map((id) => words[id]).join(' ')).not.toBe('I am a student <eos>')
  })

  it('has losses in bits and sums under the other conventions, and the same perplexity', async () => {
    const conventions = loss.conventions.map(({ conventions: [, other] }) => other)
    expect(quantitiesUnder(loss, conventions).length).toBe(loss.quantities.length)
    const [natural, other] = [await solve(loss, given, oracle), await solve(loss, given, oracle, { conventions })]
    expect(item(other.untrainedLoss)).toBeCloseTo(Math.log2(5), 14)
    expect(item(other.sentenceLoss)).toBeCloseTo((5 * item(natural.sentenceLoss)) / Math.LN2, 13)
    expect(item(other.perplexity)).toBe(item(natural.perplexity))
  })

  it('knows the loss of probabilities that go through another softmax', async () => {
    const mistake = loss.mistakes.find(({ name }) => name === 'softmax of probabilities (one word)')
    const wrong = await mistake?.compute('untrainedLoss', given, oracle.operators)
    // −ln of e^0.2/(4·e^0.2 + 2·e^0.1).
    const expected = -Math.log(Math.exp(0.2) / (4 * Math.exp(0.2) + 2 * Math.exp(0.1)))
    expect(wrong === undefined ? Number.NaN : item(wrong)).toBeCloseTo(expected, 14)
  })
})

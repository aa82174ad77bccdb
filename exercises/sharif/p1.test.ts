import { describe, expect, it } from 'vitest'
import { oracle } from '../../oracle/index.js'
import { item, rowMajor, toNested } from '../../oracle/tensor.js'
import { defaultGiven, type Solve, solve } from '../exercise.js'
import { randomNumbers } from '../training.js'
import { logisticRegressionAccuracy, majorityAccuracy, naiveBayesAccuracy } from './bagOfWords.js'
import { sharifP1 } from './p1.js'
import { splitMails } from './spamTexts.js'

describe('sharif/p1', () => {
  it('completes the analogy, classifies the mean vector and counts the LSTM, by hand', async () => {
    const solved = await solve(sharifP1, defaultGiven(sharifP1), oracle)
    // (3, 2, 3) − (1, 1, 0) + (1, 0, 0), of length √19; queen (3, 0, 3), of length √18, has the dot product 18 with it.
    expect(toNested(solved.analogy)).toEqual([3, 1, 3])
    expect(rowMajor(solved.analogySimilarities)[3]).toBeCloseTo(18 / Math.sqrt(19 * 18), 12)
    expect(item(solved.answer)).toBe(3)
    // king and prince: 8/√(22·3).
    expect(rowMajor(solved.similarities)[4]).toBeCloseTo(8 / Math.sqrt(66), 12)
    // king, water, king, woman: (3 − 1 + 3 + 1, 2 + 1 + 2 + 0, 3 − 1 + 3 + 0)/4.
    expect(toNested(solved.mean)).toEqual([1.5, 1.25, 1.25])
    expect(toNested(solved.hiddenSums)).toEqual([2, -0.5])
    expect(toNested(solved.hidden)).toEqual([2, 0])
    expect(toNested(solved.logits)).toEqual([1, -0.5])
    expect(item(solved.class)).toBe(0)
    // −log(e^−0.5/(e + e^−0.5)) = log(1 + e^1.5).
    expect(item(solved.loss)).toBeCloseTo(Math.log(1 + Math.exp(1.5)), 12)
    // 4·24·(100 + 24 + 1), and 2,323 vectors of 100 numbers more.
    expect(item(solved.frozenParameters)).toBe(12_000)
    expect(item(solved.trainedParameters)).toBe(244_300)
  })

  it('moves the rows of the words of the text only, a repeated one twice as far', async () => {
    const solved = await solve(sharifP1, defaultGiven(sharifP1), oracle)
    const p = 1 / (1 + Math.exp(-1.5))
    // δ = (p, −p), W₂ᵀδ = (1.5·p, −2·p), the second unit is off, and the first weighs (1, −1, 1).
    const g = [1.5 * p, -1.5 * p, 1.5 * p]
    const shares = [0, 0.25, 0.5, 0, 0, 0.25]
    rowMajor(solved.vectorsGradient).forEach((value, i) => {
      expect(value).toBeCloseTo(shares[Math.floor(i / 3)] * g[i % 3], 12)
    })
  })
})

describe('the laws of sharif/p1', () => {
  const given = defaultGiven(sharifP1)
  const law = (start: string) => {
    const found = sharifP1.laws.find(({ name }) => name.startsWith(start))
    if (found === undefined) throw new Error(`no law begins with «${start}»`)
    return found
  }

  it.each([
    ['a cosine is', 'dot product', 'similarities'],
    ['the analogy closes', 'difference the wrong way', 'analogy'],
    ['the answer is none', 'words of the question not left out', 'answer'],
    ['the mean vector is', 'repeated words once', 'mean'],
    ['probabilities sum', 'loss of the other class', 'loss'],
    ['the gradient by the table', 'every word moved', 'vectorsGradient'],
    ['the loss changes', 'derivative of the ReLU forgotten', 'meanGradient'],
    ['an LSTM that is run', 'one gate only', 'frozenParameters'],
  ])('«%s …» breaks with the mistake «%s»', async (start, name, quantity) => {
    const mistake = sharifP1.mistakes.find((one) => one.name === name)
    const wrong: Solve = async (values) => {
      const solved = await solve(sharifP1, values, oracle)
      const replacement = await mistake?.compute(quantity, solved, oracle.operators)
      return solve(sharifP1, values, oracle, replacement && { replaced: { [quantity]: replacement } })
    }
    await law(start).check(given, (values) => solve(sharifP1, values, oracle), 2 ** -52, oracle.operators)
    await expect(law(start).check(given, wrong, 2 ** -52, oracle.operators)).rejects.toThrow(/should be|the answer is/)
  })
})

describe('baselines on the words', () => {
  const text = (label: number, ...words: readonly number[]) => ({ label, words })

  it('are those of a calculation by hand', () => {
    const training = [text(0, 1, 2), text(1, 3, 3), text(1, 3, 1)]
    // Of words 1 to 3 and 0: ham has 2, 2, 1 of 6 (0 once), spam 2, 1, 4 of 8.
    const test = [text(0, 2), text(1, 3), text(1, 1), text(0, 1, 2)]
    expect(majorityAccuracy(training, test)).toBe(2 / 4)
    // Word 1: ham 2/5·2/6 = 2/15, spam 3/5·2/8 = 3/20.
    expect(naiveBayesAccuracy(training, test, 3)).toBe(1)
    expect(logisticRegressionAccuracy(training, test.slice(0, 2), 3)).toBe(1)
  })

  it('tell classes apart that share no word, and not those that share all', () => {
    const training = Array.from({ length: 10 }, (_, i) => text(i % 2, 1 + (i % 2), 1 + (i % 2)))
    expect(naiveBayesAccuracy(training, training, 2)).toBe(1)
    expect(logisticRegressionAccuracy(training, training, 2)).toBe(1)
    const alike = training.map(({ label }) => text(label, 1, 2))
    expect(naiveBayesAccuracy(alike, alike, 2)).toBe(0.5)
    expect(logisticRegressionAccuracy(alike, alike, 2)).toBe(0.5)
  })
})

describe('mails to learn from and mails held out', () => {
  it('have no mail in common, and half of each are spam', () => {
    const { training, test, unlabelled } = splitMails({ training: 40, test: 60 }, randomNumbers(5))
    expect([training.length, test.length]).toEqual([40, 60])
    for (const mails of [training, test]) expect(2 * mails.filter(({ spam }) => spam).length).toBe(mails.length)
    const texts = [...training, ...test, ...unlabelled].map(({ words }) => words.join(' '))
    expect(new Set(texts).size).toBe(texts.length)
  })
})

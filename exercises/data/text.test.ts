import { describe, expect, it } from 'vitest'
import { mails, numberOfWord, vectorSize, words, wordsInMails, wordVectors } from './text.js'

describe('the extract of word vectors and mails', () => {
  it('has a vector for every word, and every word once', () => {
    expect(wordVectors().length).toBe(words.length * vectorSize)
    expect(new Set(words).size).toBe(words.length)
    expect(words.filter((word) => !/^[a-z]+$/.test(word))).toEqual([])
  })

  it('holds the published vector of «king», rounded', () => {
    // The first and the last numbers of «king» in glove.6B.100d.txt.
    const vector = wordVectors().subarray((numberOfWord('king') - 1) * vectorSize, numberOfWord('king') * vectorSize)
    for (const [i, published] of [-0.32307, -0.87616, 0.21977, 0.25268, 0.22976].entries())
      expect(Math.abs(vector[i] - published)).toBeLessThanOrEqual(0.5 / 36 + 1e-6)
  })

  it('holds mails of 24 to 72 words, mostly known, of both classes', () => {
    const all = mails()
    expect(all.filter(({ spam }) => spam).length).toBeGreaterThan(500)
    expect(all.filter(({ spam }) => !spam).length).toBeGreaterThan(1000)
    const isRight = ({ words: numbers }: (typeof all)[number]) =>
      numbers.length >= 24 &&
      numbers.length <= 72 &&
      numbers.filter((word) => word > 0).length >= 0.6 * numbers.length &&
      Math.max(...numbers) <= wordsInMails
    expect(all.filter((mail) => !isRight(mail))).toEqual([])
  })

  it('does not have the same mail twice', () => {
    expect(new Set(mails().map((mail) => mail.words.join(' '))).size).toBe(mails().length)
  })

  it('knows no word that it does not have', () => {
    expect(() => numberOfWord('qwertz')).toThrow(/qwertz/)
  })
})

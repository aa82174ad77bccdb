import { describe, expect, it } from 'vitest'
import { displayed, displayWidth } from './words.js'

describe('the characters of a text', () => {
  it('are those that a reader sees, each at its place', () => {
    expect(displayed('e\u0301漢x')).toEqual([
      { text: 'e\u0301', at: 0, width: 1 },
      { text: '漢', at: 2, width: 2 },
      { text: 'x', at: 3, width: 1 },
    ])
  })

  it('are found in texts as long as a book, in memory that grows with their length', () => {
    const sentence = 'το σφάλμα e\u0301 είναι 0,683 '
    const text = sentence.repeat(20_000)
    const shown = displayed(text)
    expect(shown.map((character) => character.text).join('')).toBe(text)
    expect(shown.every(({ text: character, at }) => text.startsWith(character, at))).toBe(true)
    expect(displayWidth(text)).toBe(20_000 * displayWidth(sentence))
  })

  it('take as many columns where the width of a text is asked for', () => {
    const differing: string[] = []
    for (let code = 0; code < 0x3400; code++)
      for (const text of [`e${String.fromCodePoint(code)}`, `${String.fromCodePoint(code)}1`]) {
        const shown = displayed(text)
        if (displayWidth(text) !== shown.reduce((sum, { width }) => sum + width, 0)) differing.push(code.toString(16))
      }
    expect(differing).toEqual([])
  })

  it('are found where no plain character stands', () => {
    expect(displayWidth('漢'.repeat(10_000))).toBe(20_000)
  })
})

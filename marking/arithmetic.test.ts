import { describe, expect, test } from 'vitest'
import { readDocument } from './document/reader.js'
import { markDocument } from './mark.js'
import type { FileReport } from './report.js'

/** Marks a page that answers no known exercise. */
function mark(text: string): Promise<FileReport> {
  return markDocument(readDocument('page.md', Buffer.from(`# Page\n\n$${text}$\n`)), { exercises: [] })
}

describe('the arithmetic of a page that answers no known exercise', () => {
  test('is checked behind a side that a general rule has judged', async () => {
    const { claims } = await mark(String.raw`\sigma(z) = z = 3 + 4 = 8`)
    expect(claims).toMatchObject([
      { text: String.raw`\sigma(z) = z`, verdict: 'wrong' },
      { verdict: 'arithmetic', message: '3 + 4 is 7, not 8: one digit differs' },
    ])
  })

  test('takes a number for a value of a function, not for its rule', async () => {
    const { claims } = await mark(String.raw`\sigma(z) = 0.500 + 0.122 = 0.662`)
    expect(claims).toMatchObject([{ text: String.raw`\sigma(z) = 0.500 + 0.122 = 0.662`, verdict: 'arithmetic' }])
  })

  test('is unread where a number is divided by zero, and nothing agrees with it', async () => {
    const { claims, unread } = await mark(String.raw`\frac{5}{0} = 3`)
    expect(claims).toEqual([])
    expect(unread.map(({ why }) => why)).toContain('it divides by zero')
  })

  test('says what a number is not without saying it twice', async () => {
    const { claims } = await mark('3 + 4 = 7 = 8')
    expect(claims.map(({ message }) => message)).toEqual(['', '7 is not 8: one digit differs'])
  })
})

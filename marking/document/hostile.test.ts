import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostileDocument } from '../fixtures/hostileDocuments.js'
import { UnreadableFile } from './document.js'
import { readDocument } from './reader.js'

describe('a hostile document', () => {
  it('is read within two seconds, or refused with a reason', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(hostileDocument(), ({ file, content }) => {
        const start = process.cpuUsage()
        try {
          const document = readDocument(file, content)
          for (const item of document.items) {
            const span = item.kind === 'chain' ? item.chain.span : item.span
            expect(document.placeOf(span.start).line).toBeLessThanOrEqual(document.placeOf(span.end).line)
          }
        } catch (error) {
          if (!(error instanceof UnreadableFile)) throw error
        }
        const time = process.cpuUsage(start).user / 1000
        expect(time).toBeLessThan(2000)
      }),
      { numRuns: 300 },
    )
  })

  const bombs: readonly (readonly [string, string, string])[] = [
    ['nested braces', 'md', `$x = ${'{'.repeat(10_000)}1${'}'.repeat(10_000)}$\n\n$1 + 1 = 2$`],
    ['nested braces', 'tex', `$x = ${'{'.repeat(10_000)}1${'}'.repeat(10_000)}$\n\n$1 + 1 = 2$`],
    ['nested sections', 'tex', `${'\\section{'.repeat(10_000)}${'}'.repeat(10_000)}\n\n$1 + 1 = 2$`],
    ['nested environments', 'tex', `${'\\begin{itemize}\\item '.repeat(3000)}\n\n$1 + 1 = 2$`],
    ['nested tables', 'tex', `${'\\begin{tabular}{l}'.repeat(3000)}1${'\\end{tabular}'.repeat(3000)}\n\n$1 + 1 = 2$`],
    ['nested quotations', 'md', `${'> '.repeat(20_000)}\n\n$1 + 1 = 2$`],
    ['nested lists', 'md', `${'- '.repeat(20_000)}\n\n$1 + 1 = 2$`],
    ['many nested lists', 'md', `${`${'1. '.repeat(1300)}\n\n`.repeat(50)}$1 + 1 = 2$`],
    ['a line of dollars', 'md', `${'$'.repeat(100_000)}\n\n$1 + 1 = 2$`],
    ['a line of asterisks', 'md', `${'*a '.repeat(50_000)}\n\n$1 + 1 = 2$`],
    ['a line of underscores', 'md', `${'_a_'.repeat(50_000)}\n\n$1 + 1 = 2$`],
    ['a line of brackets', 'md', `${'[a]('.repeat(40_000)}\n\n$1 + 1 = 2$`],
    ['a line of comments', 'md', `${'<!-- '.repeat(40_000)}\n\n$1 + 1 = 2$`],
    ['a long number', 'md', `$x = ${'9'.repeat(10_000)}$ and $y = 1e999$\n\n$1 + 1 = 2$`],
    ['doubling commands', 'md', `$\\def\\a{\\a\\a} \\a$\n\n$1 + 1 = 2$`],
  ]

  it.each(bombs)('with %s in .%s is read besides', { timeout: 60_000 }, (_, kind, text) => {
    const start = process.cpuUsage()
    const document = readDocument(`solution.${kind}`, text)
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(5000)
    const chains = document.items.flatMap((item) => (item.kind === 'chain' ? [item.text] : []))
    expect(chains).toContain('1 + 1 = 2')
  })

  it.each([
    ['yaml', `a: &a [1, 1]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n`],
    ['yaml', 'a: 1\na: 2\nb: 0.5\n'],
    ['json', '{"ntua/1.1b": {"y_5": 1e999, "y_3": 0.731}}'],
    ['yaml', `y_5: ${'9'.repeat(10_000)}\n`],
    ['yaml', `__proto__:\n  constructor: 1\n`],
  ])('as an answer sheet in .%s says what it cannot read', (kind, text) => {
    const document = readDocument(`solution.${kind}`, text)
    expect(document.items.length + document.unread.length).toBeGreaterThan(0)
  })

  it.each([
    ['yaml', '- '.repeat(20_000)],
    ['yaml', '['.repeat(100_000)],
    ['yaml', '{'.repeat(100_000)],
    ['json', '{"a":'.repeat(20_000)],
    ['ipynb', '['.repeat(100_000)],
  ])('nested too deeply for .%s is refused', (kind, text) => {
    expect(() => readDocument(`solution.${kind}`, text)).toThrow('is nested more than 100 levels deep')
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { walk } from '../expression/walk.js'
import type { Document } from './document.js'
import { readDocument } from './reader.js'

/** Sides of equations that are read, and such as are not. */
const side = fc.oneof(
  fc.integer({ min: -9, max: 99 }).map(String),
  fc.constantFrom(
    'x_1',
    'w_{35}',
    '\\delta_5',
    '\\frac{1}{2}',
    '0.148',
    '(1 + 2)',
    '\\sigma(z)',
    '2 \\cdot 3',
    'e^{-1}',
  ),
  fc.constantFrom('\\int f', '\\left( 2', '\\unknown', '5 !', '\\lim x'),
)
const equation = fc.array(side, { minLength: 2, maxLength: 4 }).map((sides) => sides.join(' = '))
const words = fc.constantFrom('Thus', 'και', 'the output is', 'dakle', '', 'so we get', 'μετά')

interface Written {
  readonly text: string
  /** Where the signs of equality stand that somebody has written as mathematics. */
  readonly equations: readonly number[]
}

/** Blocks of a document, with delimiters of mathematics in all ways that its format has. */
function written(kind: 'md' | 'tex'): fc.Arbitrary<Written> {
  const wrappers: readonly (readonly [string, string])[] = [
    ['$', '$'],
    ['\\(', '\\)'],
    ['$$', '$$'],
    ['\\[', '\\]'],
    ['$$\n', '\n$$'],
    ['\\begin{align}\n', '\n\\end{align}'],
    ['\\begin{equation*}', '\\end{equation*}'],
    ...(kind === 'md'
      ? ([
          ['```math\n', '\n```'],
          ['- $', '$'],
          ['> $', '$'],
        ] as const)
      : ([
          ['\\textbf{$', '$}'],
          ['\\begin{itemize}\\item $', '$\\end{itemize}'],
          ['\\begin{multline}', '\\end{multline}'],
        ] as const)),
  ]
  const block = fc.tuple(words, fc.constantFrom(...wrappers), equation, words)
  return fc.array(block, { minLength: 1, maxLength: 6 }).map((blocks) => {
    let text = kind === 'tex' ? '\\newcommand{\\m}{x}\n\\begin{document}\n' : ''
    const equations: number[] = []
    for (const [before, [open, close], inside, after] of blocks) {
      const alone = open.endsWith('\n') || /^[->]/.test(open)
      text += alone ? `${before}\n\n` : `${before} `
      const start = text.length + open.length
      for (const { index } of inside.matchAll(/=/g)) equations.push(start + index)
      text += `${open}${inside}${close}${alone ? '\n\n' : ' '}${after}\n\n`
    }
    return { text: kind === 'tex' ? `${text}\\end{document}\n` : text, equations }
  })
}

/** Where a document says that a chain or something unread stands: lines are enough, for a block is its own. */
function linesSpokenOf(document: Document): ReadonlySet<number> {
  const lines = new Set(document.unread.map(({ place }) => place.line))
  for (const item of document.items) {
    if (item.kind !== 'chain') continue
    for (const expression of item.chain.sides)
      for (const { span } of walk(expression)) lines.add(document.placeOf(span.start).line)
  }
  return lines
}

describe('an equation between delimiters', () => {
  for (const kind of ['md', 'tex'] as const)
    it(`is in a chain or unread, never lost: .${kind}`, { timeout: 120_000 }, () => {
      fc.assert(
        fc.property(written(kind), ({ text, equations }) => {
          const document = readDocument(`solution.${kind}`, text)
          const spoken = linesSpokenOf(document)
          const lost = equations.filter((at) => !spoken.has(text.slice(0, at).split('\n').length))
          expect(lost.map((at) => text.slice(Math.max(0, at - 20), at + 20))).toEqual([])
          const links = document.items.reduce(
            (count, item) => count + (item.kind === 'chain' ? item.chain.relations.length : 0),
            0,
          )
          expect(links + document.unread.length * 3).toBeGreaterThanOrEqual(equations.length)
        }),
        { numRuns: 200 },
      )
    })
})

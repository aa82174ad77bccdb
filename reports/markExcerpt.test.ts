import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { excerptOf, sourceLines } from './markExcerpt.js'
import { displayWidth } from './words.js'

function place(line: number, column: number, endColumn: number) {
  return { line, column, endLine: line, endColumn }
}

/** The place of `part` in its line. */
function placeOf(part: string, line: string) {
  const at = line.indexOf(part)
  return place(1, at + 1, at + part.length + 1)
}

describe('excerptOf', () => {
  it('marks the place under its line', () => {
    const line = '$$1 - 0.317 = 0.983$$'
    expect(excerptOf(placeOf('0.983', line), [line], 70)).toEqual({ line, carets: `${' '.repeat(14)}^^^^^` })
  })

  it.each([
    ['wide characters take two columns', '答案 = 0.983', '0.983', '       ^^^^^'],
    ['an accent takes none', 'e\u0301 = 0.983', '0.983', '    ^^^^^'],
    ['a family is one character', '👩‍👩‍👧 = 0.983', '0.983', '     ^^^^^'],
    ['a wide place has wide marks', 'x = 答案', '答案', '    ^^^^'],
  ])('%s', (_, line, part, carets) => {
    expect(excerptOf(placeOf(part, line), [line], 70)).toEqual({ line, carets })
  })

  it('spreads tabs', () => {
    const line = 'a\t= 3'
    expect(excerptOf(placeOf('3', line), [line], 70)).toEqual({ line: 'a   = 3', carets: '      ^' })
  })

  it('leaves out what a line is indented by', () => {
    const line = '      y = 3'
    expect(excerptOf(placeOf('3', line), [line], 70)).toEqual({ line: 'y = 3', carets: '    ^' })
  })

  it('cuts a long line around the place', () => {
    const line = `${'a + '.repeat(50)}b = 0.983${' + c'.repeat(50)}`
    const excerpt = excerptOf(placeOf('0.983', line), [line], 40)
    expect(excerpt?.line).toMatch(/^….*0\.983…$/)
    expect(excerpt?.line.indexOf('0.983')).toBe(excerpt?.carets.indexOf('^'))
  })

  it('shows the line up to its end where the place goes on', () => {
    expect(excerptOf({ line: 1, column: 5, endLine: 2, endColumn: 3 }, ['x = 1 +', '2'], 70)).toEqual({
      line: 'x = 1 +',
      carets: '    ^^^',
    })
  })

  it.each([
    ['a line that is not there', place(9, 1, 2)],
    ['a place behind the end of its line', place(1, 40, 41)],
    ['an empty place', place(1, 2, 2)],
  ])('shows nothing of %s', (_, there) => {
    expect(excerptOf(there, ['x = 1'], 70)).toBeUndefined()
  })

  it('steers no terminal', () => {
    const line = '\u001b[31m = 3 \u202e'
    expect(excerptOf(placeOf('3', line), [line], 70)?.line).toBe('�[31m = 3 �')
  })

  it('always fits, with its marks under the place', () => {
    const line = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(
        line,
        fc.nat(),
        fc.nat({ max: 300 }),
        fc.integer({ min: 10, max: 80 }),
        (text, a, length, columns) => {
          const start = a % text.length
          const excerpt = excerptOf(place(1, start + 1, start + 1 + length), [text], columns)
          if (excerpt === undefined) return
          expect(displayWidth(excerpt.line)).toBeLessThanOrEqual(columns)
          expect(excerpt.carets.length).toBeLessThanOrEqual(columns)
          expect(excerpt.carets).toMatch(/^ *\^+$/)
        },
      ),
    )
  })

  it('is quick with a line as long as a book', () => {
    const line = `${'x'.repeat(5_000_000)} = 0.983`
    const started = performance.now()
    expect(excerptOf(placeOf('0.983', line), [line], 70)?.carets).toMatch(/\^{5}$/)
    expect(performance.now() - started).toBeLessThan(500)
  })
})

describe('sourceLines', () => {
  it('ends lines as the reader does', () => {
    expect(sourceLines('\ufeffa\r\nb\rc\nd')).toEqual(['a', 'b', 'c', 'd'])
  })
})

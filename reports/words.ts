import type { Nested } from '../oracle/tensor.js'
import type { WireTensor } from '../oracle/wire.js'

/** `1 law`, `3 laws`. */
export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`
}

/** An error in units of what is allowed: `0.31×`, `120×`, `2.3e+14×`. */
export function multiple(ratio: number): string {
  if (!Number.isFinite(ratio)) return '∞×'
  if (ratio >= 1e6) return `${ratio.toExponential(1)}×`
  return `${ratio === 0 || ratio >= 100 ? Math.round(ratio) : Number(ratio.toPrecision(2))}×`
}

/** Milliseconds as a person reads them: `12 ms`, `3.4 s`. */
export function duration(milliseconds: number): string {
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
}

/** A tensor as nested lists, cut short where it is large. */
export function tensorText({ shape, data, type }: WireTensor): string {
  const most = 64
  if (data.length > most)
    return `${shape.join('×')} numbers (${data.slice(0, 8).join(', ')}, …)${type === 'int' ? ', whole' : ''}`
  let next = 0
  const build = (depth: number): string =>
    depth === shape.length
      ? String(data[next++])
      : `[${Array.from({ length: shape[depth] }, () => build(depth + 1)).join(', ')}]`
  return build(0)
}

/** Numbers to six significant digits, nested as they are. */
export function toNestedText(value: Nested): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(6))) : `[${value.map(toNestedText).join(', ')}]`
}

/** Columns of equal width, two blanks between them; the first is aligned left, the rest as `right` says. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): readonly string[] {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => visibleLength(row[c] ?? ''))))
  return rows.map((row) =>
    row
      .map((cell, c) => {
        const blanks = ' '.repeat(widths[c] - visibleLength(cell))
        return right.includes(c) ? blanks + cell : cell + blanks
      })
      .join('  ')
      .trimEnd(),
  )
}

function visibleLength(text: string): number {
  return isSimple(text) ? text.length : displayWidth(text.replaceAll(colourCodes, '').normalize('NFC'))
}

/** Characters as a reader sees them, an accent with its letter. */
const characters = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** The characters of a text as a reader sees them, and how many columns of a terminal each takes: 2 for wide ones. */
export function displayed(
  text: string,
): readonly { readonly text: string; readonly at: number; readonly width: number }[] {
  const shown: { text: string; at: number; width: number }[] = []
  let start = 0
  while (start < text.length) {
    const end = endOfPart(text, start)
    for (const { segment, index } of characters.segment(text.slice(start, end)))
      shown.push({ text: segment, at: start + index, width: widthOf(segment) })
    start = end
  }
  return shown
}

/**
 * Where a part ends that is segmented by itself: every segment of V8 holds a copy of all that is segmented, so that a long text
 * would take memory by its square. Between two plain characters where there are any.
 */
function endOfPart(text: string, start: number): number {
  const most = start + 256
  if (most >= text.length) return text.length
  for (let end = most; end > start + 128; end--) if (/^[ -~]{2}$/.test(text.slice(end - 1, end + 1))) return end
  return most
}

/** How many columns of a terminal a text takes. */
export function displayWidth(text: string): number {
  return isSimple(text) ? text.length : displayed(text).reduce((sum, { width }) => sum + width, 0)
}

/**
 * Whether a text is of letters of Europe's alphabets and signs of mathematics only, each of which is a character by itself and takes one
 * column: nearly every text is, and to find the characters of another takes long.
 */
function isSimple(text: string): boolean {
  return /^[ -~\u00a1-\u00a8\u00aa-\u00ac\u00af-\u02ff\u0370-\u03ff\u0400-\u0482\u1d00-\u1dbf\u1e00-\u1fff\u2010-\u2027\u2030-\u203b\u2070-\u209c\u2190-\u2193\u2200-\u22ff\u2500-\u257f]*$/.test(
    text,
  )
}

function widthOf(character: string): number {
  if (/^[\p{M}\u200b-\u200f\u2060]+$/u.test(character)) return 0
  return /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u.test(
    character,
  )
    ? 2
    : 1
}

/**
 * A text that steers no terminal and turns no line around: characters that control, reorder, or are none, replaced by �; line ends
 * and tabs stay, and so does its length.
 */
export function printable(text: string): string {
  return text.replaceAll(unprintable, (found) => '\ufffd'.repeat(found.length))
}

/** A text without halves of surrogate pairs. */
export function wellFormed(text: string): string {
  return text.replaceAll(/\p{Surrogate}/gu, '\ufffd')
}

/** Control characters but tab and line feed; separators and marks that reorder text; what is no character. */
const unprintable =
  /(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}\p{Noncharacter_Code_Point}]|[\u202a-\u202e\u2066-\u2069]/gu

/** A text in one line, at most so many characters of its end. */
export function oneLine(text: string, most: number): string {
  // No character has more than a few parts: what is far from the end need not be looked at.
  const flat = printable(
    text
      .slice(-20 * most)
      .replaceAll(/\s+/g, ' ')
      .trim(),
  )
  const shown = displayed(flat)
  return shown.length > most
    ? `…${shown
        .slice(1 - most)
        .map((character) => character.text)
        .join('')}`
    : flat
}

/** A text in lines of at most so many columns, broken between words; a longer word stands by itself. */
export function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = []
  let width = 0
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const added = visibleLength(word)
    if (lines.length > 0 && width + 1 + added <= columns) {
      lines[lines.length - 1] += ` ${word}`
      width += 1 + added
    } else {
      lines.push(word)
      width = added
    }
  }
  return lines
}

// The escape character begins every colour code.
const colourCodes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g')

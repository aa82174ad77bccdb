import type { Span } from '../expression/ast.js'

/** A stretch of mathematics between delimiters: the whole, and what stands inside. */
export interface MathRegion {
  readonly outer: Span
  readonly inner: Span
  /** Whether it was meant to stand on a line of its own: `$$…$$`, `\[…\]`. */
  readonly display: boolean
}

/** A delimiter that opens mathematics which never ends. */
export interface UnclosedMath {
  readonly at: number
  readonly delimiter: string
}

export interface MathRegions {
  readonly regions: readonly MathRegion[]
  readonly unclosed: readonly UnclosedMath[]
}

/** A character of the private use area, in place of every character of mathematics while Markdown is parsed. */
export const mask = '\ue000'

const closers: Readonly<Record<string, string>> = { $$: '$$', $: '$', '\\[': '\\]', '\\(': '\\)' }

/**
 * Finds `$…$`, `$$…$$`, `\(…\)` and `\[…\]`, outside of code. Mathematics on the line ends with its paragraph and has no spaces
 * inside its dollars where a digit or letter follows them, so that «5 $ and 6 $» is none.
 */
export function findMath(text: string): MathRegions {
  const regions: MathRegion[] = []
  const unclosed: UnclosedMath[] = []
  let at = 0
  while (at < text.length) {
    const fence = at === 0 || text[at - 1] === '\n' ? /^ {0,3}(```+|~~~+)/.exec(text.slice(at, at + 20)) : null
    if (fence !== null) {
      const close = text.indexOf(`\n${fence[1]}`, at)
      at = close < 0 ? text.length : endOfLine(text, close + 1)
      continue
    }
    if (text[at] === '`') {
      const ticks = /^`+/.exec(text.slice(at, at + 20))?.[0] ?? '`'
      const close = text.indexOf(ticks, at + ticks.length)
      at = close < 0 || text.slice(at, close).includes('\n\n') ? at + ticks.length : close + ticks.length
      continue
    }
    const delimiter = delimiterAt(text, at)
    if (delimiter === undefined) {
      at += text[at] === '\\' ? 2 : 1
      continue
    }
    const close = closingDelimiter(text, at + delimiter.length, delimiter)
    if (close === undefined) {
      if (delimiter !== '$' || /^\$[^\s\d$][^$\n]*[=\\]/.test(text.slice(at, at + 300)))
        unclosed.push({ at, delimiter })
      at += delimiter.length
      continue
    }
    const end = close + closers[delimiter].length
    regions.push({
      outer: { start: at, end },
      inner: { start: at + delimiter.length, end: close },
      display: delimiter === '$$' || delimiter === '\\[',
    })
    at = end
  }
  return { regions, unclosed }
}

function delimiterAt(text: string, at: number): string | undefined {
  if (text.startsWith('$$', at)) return '$$'
  if (text[at] === '$') return '$'
  if (text.startsWith('\\[', at) || text.startsWith('\\(', at)) return text.slice(at, at + 2)
  return undefined
}

/** Where the closing delimiter stands; mathematics ends with its paragraph at the latest. */
function closingDelimiter(text: string, from: number, delimiter: string): number | undefined {
  const closer = closers[delimiter]
  for (let at = from; at < text.length; at++) {
    if (text.startsWith(closer, at) && at > from)
      return delimiter === '$' && !isClosingDollar(text, from, at) ? undefined : at
    if (text[at] === '\\') at++
    else if (text[at] === '\n' && /^\n[ \t]*\r?(\n|$)/.test(text.slice(at, at + 200))) return undefined
  }
  return undefined
}

/** Spaces inside both dollars or neither, and no digit behind the second: else they are sums of money. */
function isClosingDollar(text: string, from: number, at: number): boolean {
  const spacesAlike = /\s/.test(text[from]) === /\s/.test(text[at - 1])
  return spacesAlike && !/\d/.test(text[at + 1] ?? '')
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}

/** The text with all mathematics masked, so that no Markdown is seen in it; offsets stay. */
export function maskMath(text: string, regions: readonly MathRegion[]): string {
  return replaceSpans(
    text,
    regions.map(({ outer }) => outer),
    mask,
  )
}

/** The text with the delimiters of mathematics and the marks of emphasis blanked; offsets stay. */
export function blankMarkup(text: string, regions: readonly MathRegion[], emphasis: readonly Span[]): string {
  const delimiters = regions.flatMap(({ outer, inner }) => [
    { start: outer.start, end: inner.start },
    { start: inner.end, end: outer.end },
  ])
  return replaceSpans(
    text,
    [...delimiters, ...emphasis].sort((a, b) => a.start - b.start),
    ' ',
  )
}

function replaceSpans(text: string, spans: readonly Span[], character: string): string {
  let result = ''
  let at = 0
  for (const { start, end } of spans) {
    result += text.slice(at, start) + character.repeat(end - start)
    at = end
  }
  return result + text.slice(at)
}

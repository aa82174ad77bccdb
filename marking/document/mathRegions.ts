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
  /** Comments, scripts, and the marks of quotation within mathematics: nothing of the solution. */
  readonly hidden: readonly Span[]
}

/** A character of the private use area, in place of every character of mathematics while Markdown is parsed. */
export const mask = '\ue000'

const closers: Readonly<Record<string, string>> = { $$: '$$', $: '$', '\\[': '\\]', '\\(': '\\)' }

/** Environments that are mathematics by themselves. */
const environment =
  /\\begin\{((?:align|alignat|flalign|gather|multline|equation|eqnarray|displaymath|math|split|aligned|cases)\*?)\}/y
const inert = /<!--|<(script|style|template|textarea|iframe|object|svg)(?![a-z])/iy
/** Signs with which something begins that is no plain text. */
const signs = /[$\\`<\n~]/g

/**
 * Finds `$…$`, `$$…$$`, `\(…\)`, `\[…\]` and environments such as `align`, outside of code, comments and scripts. Mathematics on the
 * line ends with its paragraph and has no spaces inside its dollars where a digit or letter follows them, so that «5 $ and 6 $» is
 * none.
 */
export function findMath(text: string): MathRegions {
  const regions: MathRegion[] = []
  const unclosed: UnclosedMath[] = []
  const hidden: Span[] = []
  const search = new ClosingSearch(text)
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
      const close = search.find(ticks, at + ticks.length)
      at = close === undefined || text.slice(at, close).includes('\n\n') ? at + ticks.length : close + ticks.length
      continue
    }
    inert.lastIndex = at
    const opened = inert.exec(text)
    if (opened !== null) {
      const closer = opened[1] === undefined ? '-->' : `</${opened[1]}`
      const close = search.find(closer, at + opened[0].length)
      const end = close === undefined ? at + opened[0].length : close + closer.length
      if (close !== undefined) hidden.push({ start: at, end })
      at = end
      continue
    }
    environment.lastIndex = at
    const begin = environment.exec(text)
    const delimiter = begin === null ? delimiterAt(text, at) : begin[0]
    if (delimiter === undefined) {
      signs.lastIndex = at + (text[at] === '\\' ? 2 : 1)
      const sign = signs.exec(text)
      at = sign === null ? text.length : text[sign.index] === '\n' ? sign.index + 1 : sign.index
      continue
    }
    const closer = begin === null ? closers[delimiter] : `\\end{${begin[1]}}`
    const close = search.closing(at + delimiter.length, closer)
    if (close === undefined) {
      if (delimiter !== '$' || /^\$[^\s\d$][^$\n]*[=\\]/.test(text.slice(at, at + 300)))
        unclosed.push({ at, delimiter })
      at += delimiter.length
      continue
    }
    const end = close + closer.length
    const outer = { start: at, end }
    regions.push({
      outer,
      inner: begin === null ? { start: at + delimiter.length, end: close } : outer,
      display: delimiter !== '$' && delimiter !== '\\(',
    })
    hidden.push(...quotationMarks(text, outer))
    at = end
  }
  return { regions, unclosed, hidden }
}

/** The marks of quotation at the beginnings of the further lines of a quoted stretch. */
function quotationMarks(text: string, { start, end }: Span): readonly Span[] {
  if (!text.slice(start, end).includes('\n')) return []
  const line = text.lastIndexOf('\n', start) + 1
  if (!/^ {0,3}>/.test(text.slice(line, line + 5))) return []
  return [...text.slice(start, end).matchAll(/(?<=\n) {0,3}(?:> ?)+/g)].map(({ 0: marks, index }) => ({
    start: start + index,
    end: start + index + marks.length,
  }))
}

/** Searches what closes something, in linear time: what was not found once is not searched again. */
class ClosingSearch {
  private readonly text: string
  private readonly absent = new Set<string>()
  private readonly absentUntil = new Map<string, number>()

  constructor(text: string) {
    this.text = text
  }

  /** Where a text stands next. */
  find(what: string, from: number): number | undefined {
    if (this.absent.has(what)) return undefined
    const at = this.text.indexOf(what, from)
    if (at < 0) this.absent.add(what)
    return at < 0 ? undefined : at
  }

  /** Where the closing delimiter stands; mathematics ends with its paragraph at the latest. */
  closing(from: number, closer: string): number | undefined {
    const { text } = this
    if (from < (this.absentUntil.get(closer) ?? 0)) return undefined
    let at = from
    for (; at < text.length; at++) {
      if (text.startsWith(closer, at) && at > from)
        return closer === '$' && !isClosingDollar(text, from, at) ? undefined : at
      if (text[at] === '\\') at++
      else if (text[at] === '\n' && /^\n[ \t]*\r?(\n|$)/.test(text.slice(at, at + 200))) break
    }
    this.absentUntil.set(closer, at)
    return undefined
  }
}

function delimiterAt(text: string, at: number): string | undefined {
  if (text.startsWith('$$', at)) return '$$'
  if (text[at] === '$') return '$'
  if (text.startsWith('\\[', at) || text.startsWith('\\(', at)) return text.slice(at, at + 2)
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

/** The text with all mathematics masked and what is hidden blanked, so that no Markdown is seen in either; offsets stay. */
export function maskMath(text: string, regions: readonly MathRegion[], hidden: readonly Span[] = []): string {
  const outers = regions.map(({ outer }) => outer)
  return replaceSpans(hide(text, hidden), outers, mask)
}

/** The text with the delimiters of mathematics, the marks of emphasis and what is hidden blanked; offsets stay. */
export function blankMarkup(
  text: string,
  regions: readonly MathRegion[],
  emphasis: readonly Span[],
  hidden: readonly Span[] = [],
): string {
  const delimiters = regions.flatMap(({ outer, inner }) => [
    { start: outer.start, end: inner.start },
    { start: inner.end, end: outer.end },
  ])
  const blanks = [...delimiters, ...emphasis].sort((a, b) => a.start - b.start)
  return replaceSpans(hide(text, hidden), blanks, ' ')
}

/** Blanks stretches, line by line; text behind one at the beginning of its line is not indented by that. */
function hide(text: string, spans: readonly Span[]): string {
  let result = ''
  let at = 0
  for (const { start, end } of spans) {
    const blank = text.slice(start, end).replaceAll(/[^\n]/g, ' ')
    const last = Math.max(blank.lastIndexOf('\n') + 1, 0)
    const begins = last > 0 || start === 0 || text[start - 1] === '\n'
    const indents = begins && last < blank.length && /^[ \t]*[^\s]/.test(text.slice(end, end + 20))
    result += text.slice(at, start) + (indents ? `${blank.slice(0, last)}\u200b${blank.slice(last + 1)}` : blank)
    at = end
  }
  return result + text.slice(at)
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

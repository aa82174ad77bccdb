import type { Span } from '../expression/ast.js'
import { type Nesting, optionalAt } from './latexSyntax.js'

export const tableEnvironments: ReadonlySet<string> = new Set(['tabular', 'tabularx', 'tabulary', 'longtable', 'tabu'])

const rules =
  /\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|(?:cline|cmidrule)\s*(?:\([a-z]*\))?\s*\{[^{}]*\})/g

/** A cell of a table: its text, line by line without rules, and how many columns it covers. */
export interface Cell {
  readonly pieces: readonly Span[]
  readonly columns: number
}

/** The rows of a table, from the inside of its environment, its format and the rules between its rows left out. */
export function tableRows(
  text: string,
  name: string,
  inner: Span,
  nesting: Nesting,
  closingDollar: (from: number) => number | undefined,
): readonly (readonly Cell[])[] {
  let at = (optionalAt(text, inner.start)?.end ?? inner.start - 1) + 1
  for (let i = 0; i < (name === 'tabularx' || name === 'tabulary' ? 2 : 1); i++)
    at = (nesting.argumentAt(text, at)?.end ?? at - 1) + 1
  return split(at, inner.end, '\\\\')
    .filter(({ start, end }) => text.slice(start, end).replaceAll(rules, '').trim() !== '')
    .map((row) => split(row.start, row.end, '&').map((cell) => cellOf(text, cell)))

  /** Stretches between a separator outside of braces, of mathematics and of environments. */
  function split(start: number, end: number, separator: '\\\\' | '&'): readonly Span[] {
    const stretches: Span[] = []
    let from = start
    for (let at = start; at < end; ) {
      if (text.startsWith(separator, at)) {
        stretches.push({ start: from, end: at })
        const distance = separator === '&' ? undefined : optionalAt(text, at + 2)
        from = distance === undefined ? at + separator.length : distance.end + 1
        at = from
      } else if (text[at] === '{') at = (nesting.argumentAt(text, at)?.end ?? at) + 1
      else if (text[at] === '$') at = (closingDollar(at + 1) ?? at) + 1
      else if (text.startsWith('\\begin', at)) at = nesting.endOf(at)?.end ?? at + 6
      else at += text[at] === '\\' ? 2 : 1
    }
    stretches.push({ start: from, end })
    return stretches
  }
}

function cellOf(text: string, { start, end }: Span): Cell {
  const dropped = /\\multicolumn\s*\{(\d{1,2})\}\s*\{[^{}]*\}|\\multirow\s*\{[^{}]*\}\s*\{[^{}]*\}|\n/g
  const source = text.slice(start, end)
  const without = [...source.matchAll(rules), ...source.matchAll(dropped)].sort((a, b) => a.index - b.index)
  const pieces: Span[] = []
  let columns = 1
  let at = start
  for (const { 0: written, 1: covered, index } of without) {
    pieces.push({ start: at, end: start + index })
    at = start + index + written.length
    if (covered !== undefined) columns = Math.max(1, Number(covered))
  }
  pieces.push({ start: at, end })
  return { pieces: pieces.filter(({ start, end }) => end > start), columns }
}

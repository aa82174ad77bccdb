import type { Span } from '../expression/ast.js'

/** The cells of each row of a table, without what separates them. */
export type Rows = readonly (readonly Span[])[]

/** The rows of a Markdown table, or of one in plain text whose columns tabulators or wide spaces separate. */
export function rowsOf(text: string, span: Span): Rows {
  const lines = linesOf(text, span)
  const barred = lines.every((line) => text.slice(line.start, line.end).includes('|'))
  return lines
    .map((line) => (barred ? barredCells(text, line) : spacedCells(text, line)))
    .filter((row) => row.length > 0 && !row.every((cell) => /^\s*:?[-=]+:?\s*$/.test(text.slice(cell.start, cell.end))))
}

/** The rows of a LaTeX tabular: `&` between cells, `\\` between rows, rules left out; a cell over several columns stands in the first. */
export function tabularRows(text: string, span: Span): Rows {
  const rows: Span[][] = []
  let row: Span[] = []
  let { start } = span
  const close = (end: number): void => {
    row.push(...cellOf(text, { start, end }))
  }
  for (let at = span.start; at < span.end; at++) {
    if (text[at] === '&') {
      close(at)
      start = at + 1
    } else if (text.startsWith('\\\\', at)) {
      close(at)
      rows.push(row)
      row = []
      start = at + 2
      at++
    } else if (text[at] === '\\') at++
  }
  close(span.end)
  return [...rows, row].filter((cells) => cells.some(({ start, end }) => text.slice(start, end).trim() !== ''))
}

/** A cell without rules and without the command of a merged one, and empty ones for the further columns that it covers. */
function cellOf(text: string, { start, end }: Span): readonly Span[] {
  const rules = /^(\s|\\(hline|toprule|midrule|bottomrule)\b|\\(cline|cmidrule)(\([^)]*\))?\{[^}]*\})*/
  const from = start + (rules.exec(text.slice(start, end))?.[0].length ?? 0)
  const merged = /^\\multi(column|row)\{(\d+)\}\{[^}]*\}\{/.exec(text.slice(from, end))
  if (merged === null) return [{ start: from, end }]
  const inside = { start: from + merged[0].length, end: text.lastIndexOf('}', end - 1) }
  const covered = merged[1] === 'column' ? Math.min(Number(merged[2]), 50) - 1 : 0
  return [inside, ...Array.from({ length: covered }, () => ({ start: end, end }))]
}

/** A stretch of a passage: a table in plain text, or what is none. */
export interface Stretch {
  readonly span: Span
  readonly isTable: boolean
}

/**
 * The tables in plain text within a passage, and what lies between: at least two lines in a row with the same number of
 * columns, three or more (two, where tabulators part them), the first of words and symbols, those below mostly of numbers.
 */
export function withPlainTables(text: string, passage: Span): readonly Stretch[] {
  const lines = linesOf(text, passage)
  const stretches: { span: Span; isTable: boolean }[] = []
  const add = (span: Span, isTable: boolean): void => {
    const previous = stretches[stretches.length - 1]
    if (previous !== undefined && !isTable && !previous.isTable)
      previous.span = { start: previous.span.start, end: span.end }
    else stretches.push({ span, isTable })
  }
  for (let first = 0; first < lines.length; ) {
    const last = endOfTable(text, lines, first)
    if (last > first) add({ start: lines[first].start, end: lines[last].end }, true)
    else add(lines[first], false)
    first = last + 1
  }
  return stretches
}

/** The last line of the table that begins at a line; the line itself where none does. */
function endOfTable(text: string, lines: readonly Span[], first: number): number {
  const { length } = columnsOf(first)
  const tabbed = text.slice(lines[first].start, lines[first].end).includes('\t')
  if (length < (tabbed ? 2 : 3) || !columnsOf(first).every((cell) => /\p{L}|∂|Δ/u.test(cell) && !/[=≈]/u.test(cell)))
    return first
  let last = first
  while (last + 1 < lines.length) {
    const cells = columnsOf(last + 1)
    if (cells.length !== length || !cells.slice(1).some((cell) => /\d/.test(cell))) break
    last++
  }
  return last

  function columnsOf(line: number): readonly string[] {
    return spacedCells(text, lines[line]).map(({ start, end }) => text.slice(start, end))
  }
}

function linesOf(text: string, { start, end }: Span): readonly Span[] {
  const lines: Span[] = []
  let at = start
  for (const line of text.slice(start, end).split('\n')) {
    lines.push({ start: at, end: at + line.length })
    at += line.length + 1
  }
  return lines.filter((line) => text.slice(line.start, line.end).trim() !== '')
}

/** The cells between bars, an outer bar on either side or none. */
function barredCells(text: string, line: Span): readonly Span[] {
  const cells: Span[] = []
  let start = line.start + (/^\s*\|/.exec(text.slice(line.start, line.end))?.[0].length ?? 0)
  for (let i = start; i < line.end; i++) {
    if (text[i] !== '|' || text[i - 1] === '\\') continue
    cells.push({ start, end: i })
    start = i + 1
  }
  if (text.slice(start, line.end).trim() !== '') cells.push({ start, end: line.end })
  return cells
}

/** The cells between tabulators, or between at least two spaces where the line has no tabulator. */
function spacedCells(text: string, line: Span): readonly Span[] {
  const source = text.slice(line.start, line.end)
  const separator = source.includes('\t') ? /\t/g : / {2,}/g
  const cells: Span[] = []
  let start = source.length - source.trimStart().length
  const end = source.trimEnd().length
  for (const { 0: gap, index } of source.matchAll(separator)) {
    if (index < start || index >= end) continue
    cells.push({ start: line.start + start, end: line.start + index })
    start = index + gap.length
  }
  cells.push({ start: line.start + start, end: line.start + end })
  return cells
}

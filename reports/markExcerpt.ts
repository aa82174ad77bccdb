import type { Claim } from '../marking/report.js'
import { displayed, printable } from './words.js'

/** A line of a solution as far as a terminal has room for it, and the signs to stand under its place. */
export interface Excerpt {
  readonly line: string
  readonly carets: string
}

/** The lines of a file, as the reader of solutions counts them: they end with LF, CR LF or CR. */
export function sourceLines(source: string): readonly string[] {
  return source.replace(/^\ufeff/, '').split(/\r\n|\n|\r/)
}

/** Characters before and after the beginning of a place that may be shown. */
const nearby = 1000

/** One character of a line as it is shown, and where it stood. */
interface Cell {
  readonly text: string
  readonly width: number
  readonly at: number
}

/**
 * The line on which a claim stands, with `^` under its place: tabs spread, wide characters counted as two columns, cut with `…` to
 * `columns`. `undefined` where the claim stands nowhere on the line.
 */
export function excerptOf(
  { line, column, endLine, endColumn }: Pick<Claim, 'line' | 'column' | 'endLine' | 'endColumn'>,
  lines: readonly string[],
  columns: number,
): Excerpt | undefined {
  const whole = lines[line - 1] ?? ''
  // Of a line as long as a book, what stands near the place.
  const start = Math.max(0, column - 1 - nearby)
  const raw = whole.slice(start, column - 1 + nearby)
  const [place, end] = [
    column - 1 - start,
    Math.min((endLine > line ? whole.length : endColumn - 1) - start, raw.trimEnd().length),
  ]
  if (place >= end) return undefined
  const cells = cellsOf(raw)
  const indent = cells.findIndex(({ text }) => text.trim() !== '')
  const from = cells.findLastIndex(({ at }) => at <= place)
  const to = cells.findLastIndex(({ at }) => at < end)
  const [first, last] = windowOf(cells, Math.min(indent, from), from, to, columns)
  const shown = cells.slice(first, last + 1)
  const [cutLeft, cutRight] = [start > 0 || first > Math.min(indent, from), last < cells.length - 1]
  const before = widthOf(cells.slice(first, from)) + (cutLeft ? 1 : 0)
  const marked = Math.max(1, widthOf(cells.slice(from, Math.min(to, last) + 1)))
  return {
    line: `${cutLeft ? '…' : ''}${shown.map(({ text }) => text).join('')}${cutRight ? '…' : ''}`.trimEnd(),
    carets: `${' '.repeat(before)}${'^'.repeat(marked)}`,
  }
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, { width }) => sum + width, 0)
}

/** The characters of a line as they are shown: a tab as the spaces up to the next fourth column. */
function cellsOf(raw: string): readonly Cell[] {
  const cells: Cell[] = []
  let columnsBefore = 0
  for (const { text, at, width } of displayed(printable(raw))) {
    const spaces = 4 - (columnsBefore % 4)
    const cell = text === '\t' ? { text: ' '.repeat(spaces), at, width: spaces } : { text, at, width }
    cells.push(cell)
    columnsBefore += cell.width
  }
  return cells
}

/**
 * First and last cell that are shown: all from the line's beginning where there is room, else as much before the place as
 * leaves it whole; of a place that is too long, its beginning.
 */
function windowOf(
  cells: readonly Cell[],
  indent: number,
  from: number,
  to: number,
  columns: number,
): readonly [first: number, last: number] {
  if (widthOf(cells.slice(indent)) <= columns) return [indent, cells.length - 1]
  // A column at either end is kept for the sign of the cut.
  const room = columns - 2
  let first = from
  let width = cells[from].width
  let last = from
  while (last < to && width + cells[last + 1].width <= room) width += cells[++last].width
  while (first > indent && width + cells[first - 1].width <= room) width += cells[--first].width
  while (last < cells.length - 1 && width + cells[last + 1].width <= room) width += cells[++last].width
  return [first, last]
}

import type { Expression, Span } from '../expression/ast.js'
import type { SymbolTable } from '../expression/names.js'
import { readFragment } from '../expression/reader.js'
import { walk } from '../expression/walk.js'
import type { Fragment } from './fragments.js'

/** A fragment out of a table, with the words of its column's head, and its text with an equals sign between symbol and value. */
export interface TableFragment extends Fragment {
  readonly text: string
  readonly head: string
}

/**
 * What a table asserts: a symbol in the first column equals each value in its row, a symbol in the head each value below it; a
 * cell that holds an equation asserts that. `text` has the delimiters of mathematics blanked.
 */
export function tableFragments(text: string, span: Span, symbols: SymbolTable): readonly TableFragment[] {
  const rows = rowsOf(text, span).filter((row) => !row.every((cell) => /^\s*:?-+:?\s*$/.test(sourceOf(cell))))
  const [head, ...body] = rows
  if (head === undefined) return []
  const fragments: TableFragment[] = []
  for (const row of body)
    for (const [column, cell] of row.entries()) {
      const source = sourceOf(cell)
      const words = head[column] === undefined ? '' : sourceOf(head[column]).trim()
      if (/[=≈]|\\approx/u.test(source)) fragments.push(fragment(cell, source, words))
      else if (isValue(cell) && column > 0 && isSymbol(row[0])) fragments.push(equation(row[0], cell, words))
      else if (isValue(cell) && head[column] !== undefined && isSymbol(head[column]))
        fragments.push(equation(head[column], cell, ''))
    }
  return fragments

  function sourceOf({ start, end }: Span): string {
    return text.slice(start, end)
  }

  function expressionOf(cell: Span): Expression | undefined {
    const { chains, notUnderstood } = readFragment(sourceOf(cell), { offset: cell.start, symbols })
    return chains.length === 1 && notUnderstood.length === 0 && chains[0].sides.length === 1
      ? chains[0].sides[0]
      : undefined
  }

  function isSymbol(cell: Span): boolean {
    const expression = expressionOf(cell)
    return expression?.kind === 'name'
  }

  function isValue(cell: Span): boolean {
    const expression = expressionOf(cell)
    return expression !== undefined && [...walk(expression)].every(({ kind }) => kind !== 'name')
  }

  function equation(symbol: Span, value: Span, words: string): TableFragment {
    const between = `=${' '.repeat(value.start - symbol.end - 1)}`
    return fragment({ start: symbol.start, end: value.end }, `${sourceOf(symbol)}${between}${sourceOf(value)}`, words)
  }
}

function fragment(span: Span, text: string, head: string): TableFragment {
  return { span, text, head, delimited: true, display: true }
}

/** The cells of each row, without the bars. */
function rowsOf(text: string, span: Span): readonly (readonly Span[])[] {
  const rows: Span[][] = []
  let at = span.start
  for (const line of text.slice(span.start, span.end).split('\n')) {
    const cells: Span[] = []
    let start = at + line.indexOf('|') + 1
    for (let i = start; i < at + line.length; i++) {
      if (text[i] !== '|' || text[i - 1] === '\\') continue
      cells.push({ start, end: i })
      start = i + 1
    }
    if (line.slice(start - at).trim() !== '') cells.push({ start, end: at + line.length })
    rows.push(cells)
    at += line.length + 1
  }
  return rows
}

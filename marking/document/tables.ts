import { plainSymbol } from '../../exercises/plainText.js'
import type { Chain, Expression, Name, Reading, Span } from '../expression/ast.js'
import { keyOf, type SymbolTable } from '../expression/names.js'
import { readFragment } from '../expression/reader.js'
import { walk } from '../expression/walk.js'
import { conceptsIn } from '../words.js'
import type { Fragment } from './fragments.js'
import { type Rows, rowsOf } from './tableCells.js'
import { firstKnown, keyAtTime, LayerTable, oldValues, type Role, roleOfHead, timeIn } from './tableHeads.js'

/** What a cell of a table asserts. */
export interface TableFragment extends Fragment {
  readonly text: string
  /** Words of the row and the column that tell the stage of the solution. */
  readonly head: string
  /** The symbol that the cell gives a value of, as it is printed before it. */
  readonly lead: string
  /** The reading of the cell with that symbol before it. */
  completed(reading: Reading): Reading
}

/** The symbol that a cell gives a value of, and words for the stage that it belongs to. */
interface Meaning {
  readonly key: string
  /** Where the row or column names it. */
  readonly span: Span
  readonly head: string
  /** `7×7` says 7. */
  readonly isLength: boolean
}

const empty = /^[\s\-–—−.…/?x]*$|^n\/?a$/iu

/**
 * What a table asserts: a row or a column names a quantity; words or signs at the other end say which value of it (old, Δ, new,
 * before, after, step 1); in a table of layers the row names the layer and the column what is said of it. A cell that holds
 * an equation of its own asserts that. A column of numbers that names nothing known is listed as unread, once. `text` has
 * the delimiters of mathematics blanked; `rows` are those of the table in `span`, the head first.
 */
export function tableFragments(
  text: string,
  span: Span,
  symbols: SymbolTable,
  rows: Rows = rowsOf(text, span),
): readonly TableFragment[] {
  const [head, ...body] = rows
  if (head === undefined) return []
  const sourceOf = ({ start, end }: Span): string => text.slice(start, end)
  const heads = head.map((cell) => sourceOf(cell).trim())
  const labels = body.map(([first]) => (first === undefined ? '' : sourceOf(first).trim()))
  const headKeys = heads.map((source) => symbolIn(source, symbols))
  const rowKeys = labels.map((label) => symbolIn(label, symbols))
  const roles = heads.map(roleOfHead)
  const layers = new LayerTable(symbols)
  const tags = layers.isEmpty ? labels.map(() => undefined) : layers.rowTags(labels)
  const isLayerTable = tags.filter((tag) => tag !== undefined).length * 2 > labels.length
  const complained = new Set<string>()

  const fragments: TableFragment[] = []
  for (const [row, cells] of body.entries())
    for (const [column, cell] of cells.entries()) {
      const source = sourceOf(cell)
      if (empty.test(source)) continue
      const isOwn = /[=≈]|\\approx/u.test(source)
      const meaning = column === 0 && (rowKeys[row] !== undefined || isLayerTable) ? undefined : meaningOf(row, column)
      const value = valueSpan(cell)
      if (isOwn) fragments.push(equationFragment(cell, meaning))
      else if (value === undefined) continue
      else if (meaning !== undefined) fragments.push(fragment(value, meaning))
      else if (isNothing(row, column)) fragments.push(nothingFragment(value, row))
      else if (column > 0) complain(cell, row, column)
    }
  return fragments

  /** Lists a column of numbers that names nothing of the exercise, or a layer that it says nothing of, once. */
  function complain(cell: Span, row: number, column: number): void {
    if (symbols.keys.size === 0) return
    const aspect = isLayerTable ? layers.aspectOf(heads[column] ?? '') : undefined
    if (aspect !== undefined && /^\s*[01]\s*$/.test(sourceOf(cell))) return
    const about =
      aspect !== undefined && layers.knows(aspect) ? `«${labels[row]}»` : `the column «${heads[column] ?? ''}»`
    if (complained.has(about)) return
    complained.add(about)
    const why = `${about} names nothing that the exercise knows`
    fragments.push({
      ...plain(cell),
      head: '',
      completed: (reading) => ({ ...reading, chains: [], notUnderstood: [{ why, span: cell }] }),
    })
  }

  function meaningOf(row: number, column: number): Meaning | undefined {
    const first = body[row][0]
    const headCell = head[column] ?? first
    const aspect = isLayerTable ? layers.aspectOf(heads[column] ?? '') : undefined
    if (aspect !== undefined) {
      const key = layers.keyAt(aspect, row, tags)
      return key === undefined ? undefined : { key, span: first, head: '', isLength: layers.isLength(aspect) }
    }
    if (isLayerTable) return undefined
    const [rowKey, headKey, role] = [rowKeys[row], headKeys[column], roles[column]]
    if (rowKey !== undefined && column > 0) {
      const time = timeIn(heads[column] ?? '')
      const timed = time === undefined ? undefined : keyAtTime(labels[row], time, symbols)
      if (timed !== undefined) return { key: timed, span: first, head: '', isLength: false }
      if (layers.aspectOf(heads[column] ?? '') === 'shape') {
        const key = shapeKey(rowKey, symbols)
        return key === undefined ? undefined : { key, span: first, head: '', isLength: false }
      }
      const key = role === undefined ? undefined : keyInRole(rowKey, role, symbols)
      if (key !== undefined) return { key, span: first, head: stageHead(role), isLength: false }
      return isPair(row) ? { key: rowKey, span: first, head: heads[column] ?? '', isLength: false } : undefined
    }
    const time = timeIn(labels[row])
    const timed = time === undefined || column === 0 ? undefined : keyAtTime(heads[column] ?? '', time, symbols)
    if (timed !== undefined) return { key: timed, span: headCell, head: '', isLength: false }
    if (headKey !== undefined) {
      const stage = stageOfRow(row)
      return stage === undefined ? undefined : { key: headKey, span: headCell, head: stage, isLength: false }
    }
    const joined =
      column === 0 || labels[row] === ''
        ? undefined
        : firstKnown(
            [`${heads[column]} ${labels[row]}`, `${labels[row]} ${heads[column]}`, `${heads[column]}_{${labels[row]}}`],
            symbols,
          )
    return joined === undefined ? undefined : { key: joined, span: first, head: '', isLength: false }
  }

  /** Whether a row has nothing but its name and one value. */
  function isPair(row: number): boolean {
    return body[row].length === 2 && heads.length <= 2
  }

  /** Words for the stage that a row's values belong to; undefined where rows cannot be told apart. */
  function stageOfRow(row: number): string | undefined {
    const said = conceptsIn(labels[row])
    if (said.has('later')) return 'new'
    if (said.has('earlier')) return oldValues
    if (body.length === 1) return ''
    const time = timeIn(labels[row])
    if (body.length !== 2 || time === undefined) return undefined
    return row === 0 ? oldValues : 'new'
  }

  /** The part of a cell that is a value: without the words behind it («290,400 units»). */
  function valueSpan(cell: Span): Span | undefined {
    if (isValue(cell)) return cell
    const counted = /^\s*[-−]?\d[\d.,]*(?=\s+\p{L}{2,}[\p{L}\s]*$)/u.exec(sourceOf(cell))
    if (counted === null) return undefined
    const inside = { start: cell.start, end: cell.start + counted[0].length }
    return isValue(inside) ? inside : undefined
  }

  function isValue(cell: Span): boolean {
    const { chains, notUnderstood } = readFragment(sourceOf(cell), { offset: cell.start, symbols })
    const [chain] = chains
    if (chains.length !== 1 || notUnderstood.length > 0 || chain.sides.length !== 1) return false
    const nodes = walk(chain.sides[0])
    return nodes.every(({ kind }) => kind !== 'name') && nodes.some(({ kind }) => kind === 'numeral')
  }

  function fragment(cell: Span, meaning: Meaning): TableFragment {
    const name = nameOf(meaning)
    return {
      ...plain(cell),
      head: meaning.head,
      lead: `${plainSymbol(meaning.key)} = `,
      completed: (reading) => led(reading, name, meaning.isLength),
    }
  }

  /** A cell with an equation of its own, which begins with the symbol or is led by it. */
  function equationFragment(cell: Span, meaning: Meaning | undefined): TableFragment {
    const { chains } = readFragment(sourceOf(cell), { offset: cell.start, symbols })
    const isNamed = chains.length !== 1 || chains[0].sides[0].kind === 'name'
    if (meaning === undefined || isNamed) return { ...plain(cell), head: meaning?.head ?? '' }
    return fragment(cell, meaning)
  }

  /** A 0 in the column of the parameters, of a layer that has none. */
  function isNothing(row: number, column: number): boolean {
    const isParameters = isLayerTable && layers.aspectOf(heads[column] ?? '') === 'parameters'
    return isParameters && /^\s*0\s*$/.test(sourceOf(body[row][column])) && layers.hasNoParameters(row, tags)
  }

  function nothingFragment(cell: Span, row: number): TableFragment {
    const zero: Expression = { kind: 'numeral', text: '0', decimal: '0', value: 0, half: 0.5, whole: true, span: cell }
    return {
      ...plain(cell),
      head: '',
      lead: `${labels[row]}: 0 = `,
      completed: (reading) => led(reading, zero, false),
    }
  }

  function plain(cell: Span): Omit<TableFragment, 'head'> {
    const unchanged = (reading: Reading): Reading => reading
    return { span: cell, text: sourceOf(cell), lead: '', completed: unchanged, delimited: true, display: true }
  }
}

function nameOf({ key, span }: Meaning): Name {
  return { kind: 'name', key, text: plainSymbol(key), span }
}

/** A reading whose first chain begins with what a cell gives the value of. */
function led(reading: Reading, name: Expression, isLength: boolean): Reading {
  const [first, ...others] = reading.chains
  if (first === undefined) return reading
  const sides = isLength ? first.sides.map(sideLength) : first.sides
  const chain: Chain = { sides: [name, ...sides], relations: ['=', ...first.relations], span: first.span }
  return { ...reading, chains: [chain, ...others] }
}

/** `7×7` as 7: of a square window or field its side is meant. */
function sideLength(expression: Expression): Expression {
  if (expression.kind !== 'operation' || expression.operator !== '*') return expression
  const { left, right } = expression
  const first = sideLength(left)
  return first.kind === 'numeral' && right.kind === 'numeral' && right.whole && first.value === right.value
    ? { ...first, span: expression.span }
    : expression
}

/** The one symbol of the exercise that a head or label names, alone or among words. */
function symbolIn(source: string, symbols: SymbolTable): string | undefined {
  const whole = keyOf(source)
  if (whole !== undefined && symbols.keys.has(whole)) return whole
  // Where no exercise is known, what looks like a symbol is one.
  if (symbols.keys.size === 0 && /^\p{L}$|\p{L}.*[_^₀-₉\d]/u.test(source.trim())) return whole
  const among = source
    .split(/[\s,;:()]+/u)
    .filter((word) => /[_^₀-₉\d\\]/u.test(word) || /^\p{L}$/u.test(word))
    .flatMap((word) => keyOf(word) ?? [])
  const known = [...new Set(among.filter((key) => symbols.keys.has(key)))]
  return known.length === 1 ? known[0] : undefined
}

function stageHead(role: Role | undefined): string {
  return role === 'old' ? oldValues : role === 'new' ? 'new' : ''
}

/** The key of the dimensions of what a symbol stands for. */
function shapeKey(key: string, symbols: SymbolTable): string | undefined {
  const tag = key.replaceAll(/[_^(){} ]/g, '')
  return firstKnown([`shape_{${tag}}`, `dim_{${tag}}`, `shape ${tag}`], symbols)
}

/** The key of what a row's symbol is in a column's role: its change, its gradient, or itself. */
function keyInRole(key: string, role: Role, { keys }: SymbolTable): string | undefined {
  if (role === 'change') return [`Delta ${key}`, `nabla ${key}`].find((other) => keys.has(other))
  if (role !== 'gradient') return role === 'label' ? undefined : key
  const below = [...keys].find((other) => /^∂[^/]+\//u.test(other) && other.endsWith(`/∂${key}`))
  return below ?? [`nabla ${key}`, `d${key}`].find((other) => keys.has(other))
}

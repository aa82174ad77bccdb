import { isAlias, isMap, isScalar, isSeq, type Node, parseDocument, type Scalar } from 'yaml'
import type { Expression, Matrix, Span } from '../expression/ast.js'
import { noSymbols, type SymbolTable } from '../expression/names.js'
import { readFragment } from '../expression/reader.js'
import { walk } from '../expression/walk.js'
import type { Document, Item, ReadingOptions, Unread } from './document.js'
import { checkSheetNesting } from './limits.js'
import type { Origin } from './source.js'

/** More errors of a broken sheet are counted. */
const mostErrors = 20

const wanted = 'a number, a list of numbers, or an expression in the symbols of the exercise'

/**
 * Reads an answer sheet in YAML or JSON: exercise ids, below them quantities, below them a number, a nested list or a further
 * mapping. Digits count as they stand in the file. What is no value is listed as unread, with what it held and should hold.
 * A sheet without exercise ids has the empty id.
 */
export function readSheet(origin: Origin, text: string, options: ReadingOptions): Document {
  const { file, placeOf } = origin
  checkSheetNesting(file, text)
  const parsed = parseDocument(text, { keepSourceTokens: true, prettyErrors: false, uniqueKeys: true })
  const items: Item[] = []
  const unread: Unread[] = []
  const report = (offset: number, why: string, held?: string): void => {
    const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1).split('\n', 1)[0]
    unread.push({ place: placeOf(offset), text: held ?? line.slice(0, 200).trim(), why })
  }
  for (const { pos, message } of parsed.errors.slice(0, mostErrors))
    report(pos[0], `broken ${kindOf(file)}: ${message}`)
  if (parsed.errors.length > mostErrors)
    report(parsed.errors[mostErrors].pos[0], `${parsed.errors.length - mostErrors} more errors of this kind`)

  const top = parsed.contents
  if (isMap(top)) {
    for (const { key, value } of top.items) {
      const name = keyText(key)
      if (isMap(value) && isExerciseId(name)) {
        const symbols = options.symbolsOf?.({ id: name })
        for (const entry of value.items)
          readEntry(name, [keyText(entry.key)], entry.value, symbols, offsetOf(entry.key))
      } else readEntry('', [name], value, options.symbolsOf?.({ id: '' }), offsetOf(key))
    }
  } else if (parsed.errors.length === 0)
    report(
      0,
      `an answer sheet maps exercise ids to quantities; this one holds ${isSeq(top) ? 'a list' : 'a single value'}`,
    )
  return { ...origin, items, unread }

  function readEntry(
    exercise: string,
    path: readonly string[],
    value: unknown,
    symbols: SymbolTable | undefined,
    keyOffset: number,
  ): void {
    if (isMap(value)) {
      for (const entry of value.items)
        readEntry(exercise, [...path, keyText(entry.key)], entry.value, symbols, offsetOf(entry.key))
      return
    }
    const problems: Problem[] = []
    const expression = readValue(value, symbols, problems, keyOffset, 0)
    for (const { offset, held } of problems) report(offset, `${path.join(' ')} holds ${held}; it should hold ${wanted}`)
    if (expression === undefined || problems.length > 0) return
    const { span } = expression
    items.push({ kind: 'entry', exercise, path, value: expression, text: text.slice(span.start, span.end), span })
  }

  function readValue(
    node: unknown,
    symbols: SymbolTable | undefined,
    problems: Problem[],
    keyOffset: number,
    depth: number,
  ): Expression | undefined {
    if (isSeq(node)) {
      const span = rangeOf(node)
      const entries = node.items.map((item) => readValue(item, symbols, problems, span.start, depth + 1))
      const known = entries.filter((entry) => entry !== undefined)
      if (entries.length === 0) problems.push({ offset: span.start, held: 'an empty list' })
      if (known.length < entries.length || entries.length === 0) return undefined
      const nested = listMatrix(known, span)
      if (nested === undefined)
        problems.push({ offset: span.start, held: 'lists of different lengths, or nested deeper than a matrix' })
      return nested
    }
    if (isScalar(node)) return readScalar(node, symbols, problems)
    const offset = offsetOf(node) === 0 ? keyOffset : offsetOf(node)
    problems.push({ offset, held: isMap(node) ? 'a mapping inside a list' : isAlias(node) ? 'an alias' : 'nothing' })
    return undefined
  }

  function readScalar(node: Scalar, symbols: SymbolTable | undefined, problems: Problem[]): Expression | undefined {
    const { start, end } = rangeOf(node)
    const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? 1 : 0
    const written = text.slice(start + quoted, end - quoted)
    const { chains, notUnderstood } = readFragment(written, { offset: start + quoted, symbols, decimalSign: '.' })
    const [only] = chains
    const expression =
      chains.length === 1 && only.sides.length === 1 && notUnderstood.length === 0 ? only.sides[0] : undefined
    if (expression !== undefined && isAnswer(expression, symbols ?? noSymbols, symbols === undefined)) return expression
    const huge = /^[-+]?[\d.]+e[+]?\d{3,}$/i.test(written)
    problems.push({
      offset: start,
      held: written.trim() === '' ? 'nothing' : `«${written}»${huge ? ', too large for a number' : ''}`,
    })
    return undefined
  }
}

interface Problem {
  readonly offset: number
  readonly held: string
}

/** Whether all names of an expression are symbols of the exercise; of an unknown exercise at least no usual word for «no number». */
function isAnswer(expression: Expression, symbols: SymbolTable, unknownExercise: boolean): boolean {
  return walk(expression).every((node) => {
    if (node.kind !== 'name') return true
    if (unknownExercise) return !/^(nan|inf|infinity|null|none|true|false|yes|no)$/i.test(node.text)
    return symbols.keys.has(node.key) || node.key === 'e' || node.key === 'pi'
  })
}

/** A list as one row; a list of equally long lists as rows. */
function listMatrix(entries: readonly Expression[], span: Span): Matrix | undefined {
  const rows = entries.filter((entry) => entry.kind === 'matrix')
  if (rows.length === 0) return { kind: 'matrix', rows: [entries], list: true, span }
  if (rows.length < entries.length || rows.some(({ list }) => !list)) return undefined
  const lists = rows.map(({ rows: [row] }) => row)
  return lists.some(({ length }) => length !== lists[0].length)
    ? undefined
    : { kind: 'matrix', rows: lists, list: false, span }
}

/** `ntua/1.1b`, or `1.1b` for short. */
function isExerciseId(key: string): boolean {
  return /^[a-z]+\/\S+$/i.test(key) || /^\d+(\.\d+)*[a-z]?$/i.test(key)
}

function keyText(key: unknown): string {
  if (!isScalar(key)) return ''
  return key.source ?? String(key.value)
}

function rangeOf(node: Node): Span {
  const [start, end] = node.range ?? [0, 0]
  return { start, end }
}

function offsetOf(node: unknown): number {
  return isScalar(node) || isSeq(node) || isMap(node) || isAlias(node) ? rangeOf(node).start : 0
}

function kindOf(file: string): string {
  return file.toLowerCase().endsWith('.json') ? 'JSON' : 'YAML'
}

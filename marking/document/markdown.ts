import type { Chain, Expression, Reading, Span } from '../expression/ast.js'
import { noSymbols, type SymbolTable } from '../expression/names.js'
import type { DecimalSign } from '../expression/numerals.js'
import { readFragment } from '../expression/reader.js'
import { walk } from '../expression/walk.js'
import type { Document, Item, ReadingOptions, Section, Unread } from './document.js'
import { type Fragment, findFragments } from './fragments.js'
import { readLines } from './lines.js'
import { blankMarkup, findMath, type MathRegion, maskMath } from './mathRegions.js'
import { findStatedValues, plainSentences, type Value } from './prose.js'
import { type PlacedLine, placeLines } from './sections.js'
import { placeFinder, withEdits } from './source.js'
import { tableFragments } from './tables.js'

/** Lines of one block and one section, read together. */
interface Passage {
  readonly span: Span
  readonly section: Section
  readonly kind: 'text' | 'table' | 'math'
}

/** A fragment with its text, the head of its column if it stands in a table, and its reading. */
interface Read extends Fragment {
  readonly text: string
  readonly head: string
  readonly reading: Reading
}

/**
 * Reads a solution in Markdown with mathematics, or in text as it is converted from a PDF: its headings with or without
 * hashes, mathematics with or without dollars, values stated in prose.
 */
export function readMarkdown(file: string, text: string, options: ReadingOptions): Document {
  const { regions, unclosed } = findMath(text)
  const { lines, emphasis } = readLines(maskMath(text, regions))
  const blanked = blankMarkup(text, regions, emphasis)
  const passages = joinPassages(passagesOf(placeLines(lines)), blanked)
  const placeOf = placeFinder(text)
  const unread: Unread[] = unclosed.map(({ at, delimiter }) => {
    const line = text.slice(at, at + 200).split('\n', 1)[0]
    return { place: placeOf(at), text: line.trim(), why: `«${delimiter}» is never closed in its paragraph` }
  })
  const symbolsOf = rememberedSymbols(options)

  const readAll = (decimalSign: DecimalSign | undefined): readonly (readonly Read[])[] =>
    passages.map((passage) => {
      const symbols = symbolsOf(passage.section)
      return fragmentsOf(passage, blanked, regions, symbols).map((fragment) => ({
        ...fragment,
        reading: readFragment(fragment.text, { offset: fragment.span.start, symbols, decimalSign }),
      }))
    })
  const firstReading = readAll(undefined)
  const decimalSign = decimalSignOf(firstReading.flat())
  const reads = decimalSign === ',' ? readAll(',') : firstReading

  const items: Item[] = []
  for (const [i, passage] of passages.entries()) {
    items.push(...itemsOf(passage, reads[i], blanked, decimalSign, symbolsOf(passage.section)))
    if (passage.section.role === 'statement') continue
    for (const { span, reading } of reads[i])
      for (const { why, span: place } of reading.notUnderstood)
        unread.push({ place: placeOf(place.start), text: excerpt(blanked, span, place), why })
  }
  items.sort((a, b) => startOf(a) - startOf(b))
  unread.sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
  return { file, items, unread, placeOf, edited: (edits) => withEdits(text, edits) }
}

/** Lines of one block in one section as one passage; a table or fenced mathematics by itself. */
function passagesOf(lines: readonly PlacedLine[]): readonly Passage[] {
  const passages: (Passage & { block: number })[] = []
  for (const { line, section } of lines) {
    const kind = line.kind === 'table' || line.kind === 'math' ? line.kind : 'text'
    const previous = passages[passages.length - 1]
    if (previous?.block === line.block && sameSection(previous.section, section)) {
      passages[passages.length - 1] = { ...previous, span: { start: previous.span.start, end: line.span.end } }
    } else passages.push({ span: line.span, section, kind, block: line.block })
  }
  return passages
}

function sameSection(a: Section, b: Section): boolean {
  return a.source === b.source && a.number === b.number && a.part === b.part && a.title === b.title && a.role === b.role
}

/** Passages between which an equality goes on, `… =` and `= …`, as one. */
function joinPassages(passages: readonly Passage[], text: string): readonly Passage[] {
  const joined: Passage[] = []
  for (const passage of passages) {
    const previous = joined[joined.length - 1]
    const begins = /^\s*(=|\\approx|≈)/u.test(text.slice(passage.span.start, passage.span.end))
    const between = previous === undefined ? '' : text.slice(previous.span.end, passage.span.start)
    const follows = previous?.kind === 'text' && passage.kind === 'text' && between.trim() === ''
    if (previous !== undefined && begins && follows && sameSection(previous.section, passage.section))
      joined[joined.length - 1] = { ...previous, span: { start: previous.span.start, end: passage.span.end } }
    else joined.push(passage)
  }
  return joined
}

function fragmentsOf(
  { span, kind }: Passage,
  text: string,
  regions: readonly MathRegion[],
  symbols: SymbolTable,
): readonly Omit<Read, 'reading'>[] {
  if (kind === 'table') return tableFragments(text, span, symbols)
  const inside = regions.filter(({ outer }) => outer.start >= span.start && outer.end <= span.end)
  const fragments =
    kind === 'math'
      ? [{ span, delimited: true, display: true }]
      : joinContinued(findFragments(text, span, inside, symbols), text)
  return fragments.map((fragment) => ({
    ...fragment,
    text: text.slice(fragment.span.start, fragment.span.end),
    head: '',
  }))
}

/** Fragments with nothing between them, of which the second begins with a relation, as one. */
function joinContinued<F extends { readonly span: Span }>(fragments: readonly F[], text: string): readonly F[] {
  const joined: F[] = []
  for (const fragment of fragments) {
    const previous = joined[joined.length - 1]
    const begins = /^\s*(=|\\approx|≈)/u.test(text.slice(fragment.span.start, fragment.span.end))
    if (previous !== undefined && begins && text.slice(previous.span.end, fragment.span.start).trim() === '')
      joined[joined.length - 1] = { ...previous, span: { start: previous.span.start, end: fragment.span.end } }
    else joined.push(fragment)
  }
  return joined
}

function itemsOf(
  passage: Passage,
  reads: readonly Read[],
  text: string,
  decimalSign: DecimalSign | undefined,
  symbols: SymbolTable,
): readonly Item[] {
  const { section } = passage
  const items: Item[] = []
  const bare: Value[] = []
  const taken: Span[] = []
  for (const { span, reading, delimited, display, head, text: source } of reads) {
    const [first] = reading.chains
    const single = reading.chains.length === 1 && first.sides.length === 1 && reading.notUnderstood.length === 0
    if (single && !display && passage.kind === 'text') {
      bare.push({ expression: first.sides[0], span })
      continue
    }
    if (delimited || reading.chains.length > 0) taken.push(span)
    const place = head === '' ? section : { ...section, title: head }
    const textOf = (chain: Span) => source.slice(chain.start - span.start, chain.end - span.start)
    for (const chain of reading.chains) items.push({ kind: 'chain', chain, section: place, text: textOf(chain.span) })
  }
  if (passage.kind !== 'text') return items
  const numbers = plainNumbers(text, passage.span, [...taken, ...bare.map(({ span }) => span)], decimalSign)
  const stated = findStatedValues(text, passage.span, [...bare, ...numbers], taken, symbols)
  for (const { words, value, span, clause } of stated)
    items.push({ kind: 'prose', words, value, section, text: squeezed(text, clause), span })
  for (const span of plainSentences(text, passage.span, [...taken, ...stated.map(({ clause }) => clause)]))
    items.push({ kind: 'sentence', section, text: squeezed(text, span), span })
  return items
}

/** Numbers and shapes (`256×1`) in the prose outside of `taken`. */
function plainNumbers(
  text: string,
  passage: Span,
  taken: readonly Span[],
  decimalSign: DecimalSign | undefined,
): readonly Value[] {
  const values: Value[] = []
  const source = text.slice(passage.start, passage.end)
  for (const match of source.matchAll(/(?<![\p{L}\d_.,^])[-−]?\d[\d.,]*\d?(?:\s*[x×]\s*\d+)*%?/gu)) {
    const written = match[0].replace(/[.,]+$/u, '')
    const start = passage.start + match.index
    const span = { start, end: start + written.length }
    if (taken.some((other) => other.start < span.end && other.end > span.start)) continue
    const { chains } = readFragment(written, { offset: start, decimalSign })
    if (chains.length === 1 && chains[0].sides.length === 1) values.push({ expression: chains[0].sides[0], span })
  }
  return values
}

/** The decimal sign of a document, from its numerals that have only one reading. */
function decimalSignOf(reads: readonly Read[]): DecimalSign | undefined {
  let points = 0
  let commas = 0
  for (const expression of reads.flatMap(({ reading }) => reading.chains.flatMap(({ sides }: Chain) => sides)))
    for (const node of walk(expression) as Iterable<Expression>) {
      if (node.kind !== 'numeral' || node.alternative !== undefined || node.whole) continue
      if (node.text.includes(',')) commas++
      else if (node.text.includes('.')) points++
    }
  if (points === commas) return undefined
  return points > commas ? '.' : ','
}

function rememberedSymbols({ symbolsOf }: ReadingOptions): (section: Section) => SymbolTable {
  const remembered = new Map<string, SymbolTable>()
  return ({ source, number, part }) => {
    const key = `${source}/${number}/${part}`
    const known = remembered.get(key)
    if (known !== undefined) return known
    const symbols = symbolsOf?.({ source, number, part }) ?? noSymbols
    remembered.set(key, symbols)
    return symbols
  }
}

function startOf(item: Item): number {
  return item.kind === 'chain' ? item.chain.span.start : item.span.start
}

/** A stretch of text in one line, single spaces between. */
function squeezed(text: string, { start, end }: Span): string {
  return text.slice(start, end).replaceAll(/\s+/gu, ' ').trim()
}

/** A fragment for the list of what is unread: long ones cut to what stands around the place. */
function excerpt(text: string, fragment: Span, place: Span): string {
  if (fragment.end - fragment.start <= 160) return squeezed(text, fragment)
  const start = Math.max(fragment.start, place.start - 60)
  const end = Math.min(fragment.end, start + 160)
  return `${start > fragment.start ? '… ' : ''}${squeezed(text, { start, end })}${end < fragment.end ? ' …' : ''}`
}

import type { Chain, Reading, Span } from '../expression/ast.js'
import { noSymbols, type SymbolTable } from '../expression/names.js'
import type { DecimalSign } from '../expression/numerals.js'
import { readFragment } from '../expression/reader.js'
import { walk } from '../expression/walk.js'
import type { Document, Item, ReadingOptions, Section, Unread } from './document.js'
import { beginsWithRelation, type Fragment, findFragments } from './fragments.js'
import type { Line } from './lines.js'
import type { MathRegion } from './mathRegions.js'
import { clauseBefore, findStatedValues, plainSentences, type Value } from './prose.js'
import { type PlacedLine, placeLines } from './sections.js'
import type { Origin } from './source.js'
import { SpanSet } from './spans.js'
import { withPlainTables } from './tableCells.js'
import { type TableFragment, tableFragments } from './tables.js'
import { withoutRepetition } from './unread.js'

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
  /** What a table says before it: `Δw₀₃ = `. */
  readonly lead: string
  readonly reading: Reading
}

/** A document taken apart into lines and stretches of mathematics, whatever its format. */
export interface Structure {
  /** What is read, the delimiters of mathematics and all markup blanked. */
  readonly text: string
  readonly regions: readonly MathRegion[]
  readonly lines: readonly Line[]
  readonly problems: readonly Problem[]
}

/** What could not be read of a document's structure, and where. */
export interface Problem {
  readonly at: number
  readonly text: string
  readonly why: string
}

/** Reads what a document asserts: its mathematics, delimited or not, tables, and values and sentences in prose. */
export function readStructure(
  { text, regions, lines, problems }: Structure,
  origin: Origin,
  options: ReadingOptions,
): Document {
  const { placeOf } = origin
  const passages = withTables(joinPassages(passagesOf(placeLines(lines)), text), text, regions)
  const unread: Unread[] = problems.map(({ at, text, why }) => ({ place: placeOf(at), text, why }))
  const symbolsOf = rememberedSymbols(options)

  const readAll = (decimalSign: DecimalSign | undefined): readonly (readonly Read[])[] =>
    passages.map((passage) => {
      const symbols = symbolsOf(passage.section)
      return fragmentsOf(passage, text, regions, symbols).map((fragment) => ({
        ...fragment,
        reading: fragment.completed(readFragment(fragment.text, { offset: fragment.span.start, symbols, decimalSign })),
      }))
    })
  const firstReading = readAll(undefined)
  const decimalSign = decimalSignOf(firstReading.flat())
  const reads = decimalSign === ',' ? readAll(',') : firstReading

  const items: Item[] = []
  for (const [i, passage] of passages.entries()) {
    items.push(...itemsOf(passage, reads[i], text, decimalSign, symbolsOf(passage.section)))
    if (passage.section.role === 'statement') continue
    for (const { span, reading } of reads[i])
      for (const { why, span: place } of reading.notUnderstood)
        unread.push({ place: placeOf(place.start), text: excerpt(text, span, place), why })
  }
  items.sort((a, b) => startOf(a) - startOf(b))
  unread.sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
  return { ...origin, items, unread: withoutRepetition(unread) }
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
    const begins = beginsWithRelation(text.slice(passage.span.start, passage.span.end))
    const between = previous === undefined ? '' : text.slice(previous.span.end, passage.span.start)
    const follows = previous?.kind === 'text' && passage.kind === 'text' && between.trim() === ''
    if (previous !== undefined && begins && follows && sameSection(previous.section, passage.section))
      joined[joined.length - 1] = { ...previous, span: { start: previous.span.start, end: passage.span.end } }
    else joined.push(passage)
  }
  return joined
}

/** Passages with the tables in plain text parted from what stands around them. */
function withTables(passages: readonly Passage[], text: string, regions: readonly MathRegion[]): readonly Passage[] {
  const displays = regions.filter(({ display }) => display)
  return passages.flatMap((passage): readonly Passage[] => {
    if (passage.kind !== 'text' || regionsIn(passage.span, displays).length > 0) return [passage]
    const stretches = withPlainTables(text, passage.span)
    if (!stretches.some(({ isTable }) => isTable)) return [passage]
    return stretches.map(({ span, isTable }) => ({ ...passage, span, kind: isTable ? 'table' : 'text' }))
  })
}

/** The regions, in order, that lie within a span. */
function regionsIn(span: Span, regions: readonly MathRegion[]): readonly MathRegion[] {
  let [low, high] = [0, regions.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (regions[middle].outer.start < span.start) low = middle + 1
    else high = middle
  }
  let end = low
  while (end < regions.length && regions[end].outer.end <= span.end) end++
  return regions.slice(low, end)
}

function fragmentsOf(
  { span, kind }: Passage,
  text: string,
  regions: readonly MathRegion[],
  symbols: SymbolTable,
): readonly TableFragment[] {
  if (kind === 'table') return tableFragments(text, span, symbols)
  const inside = regionsIn(span, regions)
  const fragments =
    kind === 'math'
      ? [{ span, delimited: true, display: true }]
      : joinContinued(findFragments(text, span, inside, symbols), text)
  return fragments.map((fragment) => ({
    ...fragment,
    text: text.slice(fragment.span.start, fragment.span.end),
    head: '',
    lead: '',
    completed: (reading) => reading,
  }))
}

/** Fragments with nothing between them, of which the second begins with a relation, as one. */
function joinContinued<F extends { readonly span: Span }>(fragments: readonly F[], text: string): readonly F[] {
  const joined: F[] = []
  for (const fragment of fragments) {
    const previous = joined[joined.length - 1]
    const begins = beginsWithRelation(text.slice(fragment.span.start, fragment.span.end))
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
  for (const { span, reading, delimited, display, head, lead, text: source } of reads) {
    const [first] = reading.chains
    const single = reading.chains.length === 1 && first.sides.length === 1 && reading.notUnderstood.length === 0
    if (single && !display && passage.kind === 'text') {
      bare.push({ expression: first.sides[0], span })
      continue
    }
    if (delimited || reading.chains.length > 0) taken.push(span)
    const place = head === '' ? section : { ...section, title: head }
    const textOf = (chain: Span) => source.slice(chain.start - span.start, chain.end - span.start)
    const words = passage.kind === 'text' ? clauseBefore(text, { start: passage.span.start, end: span.start }) : ''
    for (const [i, chain] of reading.chains.entries())
      items.push({
        kind: 'chain',
        chain,
        section: place,
        text: `${i === 0 ? lead : ''}${textOf(chain.span)}`,
        ...(i === 0 && words !== '' ? { words } : {}),
        ...(implication.test(source.slice(chain.span.end - span.start)) ? { isPremise: true } : {}),
      })
  }
  if (passage.kind !== 'text') return items
  const numbers = plainNumbers(text, passage.span, [...taken, ...bare.map(({ span }) => span)], decimalSign)
  const stated = findStatedValues(text, passage.span, [...bare, ...numbers], taken, symbols)
  for (const { words, value, span, clause, isLoose } of stated)
    items.push({
      kind: 'prose',
      words,
      value,
      section,
      text: squeezed(text, clause),
      span,
      ...(isLoose ? { isLoose } : {}),
    })
  for (const span of plainSentences(text, passage.span, [...taken, ...stated.map(({ clause }) => clause)]))
    items.push({ kind: 'sentence', section, text: squeezed(text, span), span })
  return items
}

/** What leads from a premise to what follows from it. */
const implication =
  /^[\s)}]*(\\(Rightarrow|implies|to|rightarrow|Longrightarrow|longrightarrow)(?![a-zA-Z])|→|⇒|[=-]>)/u

/** A list of numbers in brackets, a number or a product of whole ones. */
const plainValue =
  /[([]\s*[-−]?\d[\d.]*\s*(?:[,;]\s*[-−]?\d[\d.]*\s*)+[)\]]|(?<![\p{L}\d_.,^])[-−]?\d[\d.,]*\d?(?:\s*[x×]\s*\d+)*%?/gu

/** Numbers, lists and shapes (`256×1`) in the prose outside of `taken`. */
function plainNumbers(
  text: string,
  passage: Span,
  taken: readonly Span[],
  decimalSign: DecimalSign | undefined,
): readonly Value[] {
  const values: Value[] = []
  const used = new SpanSet(taken)
  const source = text.slice(passage.start, passage.end)
  for (const match of source.matchAll(plainValue)) {
    const written = match[0].replace(/[.,]+$/u, '')
    const start = passage.start + match.index
    const span = { start, end: start + written.length }
    if (used.touch(span)) continue
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
    for (const node of walk(expression)) {
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

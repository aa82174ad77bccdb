import type { Exercise } from '../exercises/exercise.js'
import type { Document, Item, Place, Section } from './document/document.js'
import type { Expression, Relation, Span } from './expression/ast.js'
import { walk } from './expression/walk.js'
import type { Claim } from './report.js'

/** A side of a chain: a lone name, an expression of numerals only, or one with names in it. */
export interface Side {
  readonly expression: Expression
  readonly kind: 'name' | 'numeric' | 'symbolic'
  /** Keys of the names in it. */
  readonly keys: readonly string[]
}

/** A chain of equalities, an entry of a sheet or an answer in prose, as the marker takes it up. */
export interface Statement {
  readonly kind: 'chain' | 'entry' | 'prose' | 'sentence'
  readonly sides: readonly Side[]
  readonly relations: readonly Relation[]
  readonly section: Section | undefined
  /** Keys of an entry below its exercise. */
  readonly path: readonly string[]
  /** An implication leads from the chain to what follows: `y > 0.5 ⇒ 1`. */
  readonly isPremise: boolean
  /** A number that may be said of something else than what is asked for: «each filter has 364 parameters». */
  readonly isLoose: boolean
  /** The words before a chain or a number in prose, or the sentence. */
  readonly words: string
  readonly text: string
  readonly span: Span
}

/** Constants that stand for themselves wherever no symbol of the exercise is meant. */
const constants: ReadonlySet<string> = new Set(['e', 'pi'])

/** A side with the kind and the names that it has. */
export function sideOf(expression: Expression): Side {
  const keys = walk(expression).flatMap((node) => (node.kind === 'name' ? [node.key] : []))
  const numeric = keys.every((key) => constants.has(key))
  return {
    expression,
    keys,
    kind: expression.kind === 'name' ? 'name' : numeric ? 'numeric' : 'symbolic',
  }
}

/** An item of a document as a statement. */
export function statementOf(item: Item): Statement {
  const common = { path: [], words: '', relations: [], text: item.text, isPremise: false, isLoose: false }
  switch (item.kind) {
    case 'chain': {
      const { chain, section, words = '', isPremise = false } = item
      return {
        ...common,
        kind: 'chain',
        words,
        isPremise,
        sides: chain.sides.map(sideOf),
        relations: chain.relations,
        section,
        span: chain.span,
      }
    }
    case 'entry':
      return {
        ...common,
        kind: 'entry',
        sides: [sideOf(item.value)],
        section: undefined,
        path: item.path,
        span: item.span,
      }
    case 'prose':
      return {
        ...common,
        kind: 'prose',
        isLoose: item.isLoose ?? false,
        sides: [sideOf(item.value)],
        section: item.section,
        words: item.words,
        span: item.span,
      }
    case 'sentence':
      return { ...common, kind: 'sentence', sides: [], section: item.section, words: item.text, span: item.span }
  }
}

/** A chain about a list of names, (y₃, y₄) = (0.731, 0.5), as one chain for each name; any other statement as it is. */
export function namesApart(statement: Statement): readonly Statement[] {
  const [left, ...others] = statement.sides.map(({ expression }) =>
    expression.kind === 'matrix' ? expression.rows.flat() : [],
  )
  const isList = left !== undefined && left.length > 1 && left.every(({ kind }) => kind === 'name')
  if (!isList || others.length === 0 || others.some(({ length }) => length !== left.length)) return [statement]
  return left.map((name, i) => ({ ...statement, sides: [name, ...others.map((cells) => cells[i])].map(sideOf) }))
}

/** The text of a statement up to the end of one of its sides, brackets closed. */
export function textUpTo(statement: Statement, side: Side): string {
  if (statement.kind !== 'chain') return statement.text
  const known = textsUpTo.get(side)
  if (known !== undefined) return known
  const text = inOneLine(statement.text.slice(0, boundsIn(statement, side.expression)[1]))
  textsUpTo.set(side, text)
  return text
}

/** Texts of chains up to a side, which every hypothesis asks for. */
const textsUpTo = new WeakMap<Side, string>()

/** The text of a part of a statement, with the brackets that belong to it. */
export function textOf(statement: Statement, part: Expression): string {
  return inOneLine(statement.text.slice(...boundsIn(statement, part)))
}

function inOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

const opening = /(\\left\s*)?(\(|\[|\\\{)\s*$/
const closing = /^\s*(\\right\s*)?(\)|\]|\\\})/

/**
 * Where a part of a statement begins and ends in its text. Both are counted from the end, since words that stand before a
 * displayed formula are joined to it without what lies between; a bracket that opens or closes only there belongs to it.
 */
function boundsIn({ text, span }: Statement, part: Expression): readonly [number, number] {
  let start = Math.max(0, text.length - (span.end - part.span.start))
  let end = Math.max(0, text.length - (span.end - part.span.end))
  for (;;) {
    const { unopened, unclosed } = unmatched(text.slice(start, end))
    const [after] = closing.exec(text.slice(end)) ?? []
    const [before] = opening.exec(text.slice(0, start)) ?? []
    if (unclosed > 0 && after !== undefined) end += after.length
    else if (unopened > 0 && before !== undefined) start -= before.length
    else return [start, end]
  }
}

/** How many round and square brackets of a text close what it does not open, and how many it leaves open. */
export function unmatched(text: string): { readonly unopened: number; readonly unclosed: number } {
  let [unopened, unclosed] = [0, 0]
  for (const [bracket] of text.matchAll(/[()[\]]/g)) {
    if (bracket === '(' || bracket === '[') unclosed++
    else if (unclosed > 0) unclosed--
    else unopened++
  }
  return { unopened, unclosed }
}

/** Where a side stands in the file. */
export function placeOf(document: Document, side: Side): Place {
  return document.placeOf(side.expression.span.start)
}

/** Where a stretch of a document begins and ends, the end being the place behind its last character. */
export function regionOf(document: Document, span: Span): Region {
  const known = regions.get(span)
  if (known !== undefined) return known
  const { line: endLine, column: endColumn } = document.placeOf(span.end)
  const region: Region = { ...document.placeOf(span.start), endLine, endColumn }
  regions.set(span, region)
  return region
}

type Region = Pick<Claim, 'line' | 'column' | 'endLine' | 'endColumn'>

/** Regions of spans, which are those of one document, and which every hypothesis asks for. */
const regions = new WeakMap<Span, Region>()

/**
 * The exercises that a section of a solution may answer. Exercises of several sources have the same number: then it is that of
 * the source of `meant`, where one is meant.
 */
export function exercisesAnswered(
  section: Pick<Section, 'number' | 'part' | 'source'>,
  exercises: readonly Exercise[],
  meant: string | undefined,
): readonly Exercise[] {
  const numbered = exercises.filter((exercise) => answers(exercise, section))
  const ofMeant = numbered.filter((exercise) => meant !== undefined && sourceOf(exercise.id) === sourceOf(meant))
  return ofMeant.length > 0 ? ofMeant : numbered
}

/** Whether exercises are of more than one source. */
export function areOfSeveralSources(exercises: readonly Exercise[]): boolean {
  return new Set(exercises.map(({ id }) => sourceOf(id))).size > 1
}

function sourceOf(id: string): string {
  return id.split('/', 1)[0]
}

/** Whether an exercise is what a section of a solution answers. */
function answers(exercise: Exercise, section: Pick<Section, 'number' | 'part' | 'source'>): boolean {
  const { number, part } = exercise.heading
  if (section.number !== number) return false
  if (section.source !== undefined && !exercise.id.startsWith(`${section.source}/`)) return false
  return part === undefined || letterOf(part) === letterOf(section.part)
}

/** Parts by letter: question 1 is (a). */
function letterOf(part: string | undefined): string | undefined {
  return part !== undefined && /^\d+$/.test(part) ? 'abcdefghij'[Number(part) - 1] : part
}

import { defaultGiven, type Exercise, solve, type Values } from '../exercises/exercise.js'
import { Failure, Refusal } from '../oracle/contract.js'
import { oracle } from '../oracle/index.js'
import { rowMajor, sameShape, type Tensor, tensor, toNested } from '../oracle/tensor.js'
import { alignEntry, nearest } from './alignment.js'
import { type Box, meet, pointBox } from './boxes.js'
import type { Document } from './document/document.js'
import { evaluateBox } from './evaluation.js'
import type { Expression } from './expression/ast.js'
import { walk } from './expression/walk.js'
import { type Marked, markExercise, noExercise } from './hypotheses.js'
import { type MarkedPart, type PlacedPart, reportOf } from './parts.js'
import type { Claim, FileReport, Finding, UnreadLine } from './report.js'
import {
  areOfSeveralSources,
  exercisesAnswered,
  regionOf,
  type Side,
  type Statement,
  statementOf,
} from './statements.js'
import { type Datum, SymbolIndex, symbolText } from './symbols.js'
import type { World } from './world.js'

export interface MarkOptions {
  /** The exercises that a solution may answer. */
  readonly exercises: readonly Exercise[]
  /** Id of the exercise that is meant where the document does not say. */
  readonly exercise?: string
}

/** The statements that answer one exercise, and what the document itself states as given. */
interface Answer {
  readonly exercise: Exercise
  readonly statements: Statement[]
  readonly stated: Statement[]
}

/** Marks a document that has been read: every claim, what is missing, what could not be read. */
export async function markDocument(document: Document, options: MarkOptions): Promise<FileReport> {
  return (await examineDocument(document, options)).report
}

/** The marking of a document, and each exercise that it answers as the solution understands it. */
export interface Examination {
  readonly report: FileReport
  /** By the exercise's id, empty for statements that answer no known exercise. */
  readonly worlds: ReadonlyMap<string, World>
}

/** Marks a document (see markDocument) for those who go on with the exercises' own values: repair. */
export async function examineDocument(document: Document, options: MarkOptions): Promise<Examination> {
  const worlds = new Map<string, World>()
  const { answered, unread } = assign(document, options)
  const parts = [onlyUnread(unread)]
  for (const [place, answer] of answered.entries()) {
    const { part, world } = await markAnswer(answer, document)
    parts.push({ place, part })
    worlds.set(answer.exercise.id, world)
  }
  return { report: reportOf(document.file, parts), worlds }
}

/** Which of how many shares of the marking of a document, counted from 0. */
export interface Share {
  readonly index: number
  readonly of: number
}

/**
 * One of `of` shares of the marking of a document, which several threads may take at a time: put together by `reportOf`, they are
 * what markDocument says.
 */
export async function markShare(
  document: Document,
  options: MarkOptions,
  { index, of }: Share,
): Promise<readonly PlacedPart[]> {
  const { answered, unread } = assign(document, options)
  const parts = index === 0 ? [onlyUnread(unread)] : []
  for (const place of shares(answered, of)[index])
    parts.push({ place, part: (await markAnswer(answered[place], document)).part })
  return parts
}

/** The exercises that a document answers, shared out so that each share has about as many statements. */
function shares(answered: readonly Answer[], of: number): readonly (readonly number[])[] {
  const result = Array.from({ length: of }, () => ({ statements: 0, places: [] as number[] }))
  const largestFirst = answered
    .map(({ statements }, place) => ({ place, statements: statements.length }))
    .toSorted((a, b) => b.statements - a.statements)
  for (const { place, statements } of largestFirst) {
    const least = Math.min(...result.map((share) => share.statements))
    const share = result.find((one) => one.statements === least)
    share?.places.push(place)
    if (share !== undefined) share.statements += statements
  }
  return result.map(({ places }) => places)
}

/** The part of no exercise, before all others: lines that could not be read. */
function onlyUnread(unread: readonly UnreadLine[]): PlacedPart {
  return { place: -1, part: { exercises: [], claims: [], unread, findings: [] } }
}

/** Marks what answers one exercise. */
async function markAnswer(
  { exercise, statements, stated }: Answer,
  document: Document,
): Promise<{ readonly part: MarkedPart; readonly world: World }> {
  const index = new SymbolIndex(exercise)
  const chosen = statements.filter((statement) => chooses(statement, index))
  const variants = await statedGiven([...stated, ...chosen], index, document)
  const known = inOrder(statements, index).map((statement) => withSymbols(statement, index))
  const marked = await markExercise(
    known,
    index,
    variants.map(({ values }) => values),
    document,
  )
  const { world, unread } = marked
  const isKnown = exercise !== noExercise
  const claims = [...(await finished(marked, isKnown))]
  const findings = [...variants[marked.variant].findings, ...marked.findings]
  if (!isKnown) return { world, part: { exercises: [], claims, unread, findings } }
  claims.push(...missing(marked, statements, document))
  const [first] = chosen
  if (first !== undefined) claims.push(...(await refuted(marked, first, document)))
  findings.push(...trivial(marked))
  return {
    world,
    part: { exercises: [{ exercise: exercise.id, convention: marked.convention }], claims, unread, findings },
  }
}

/** Which exercise each item of a document answers, and what could not be read of it. */
function assign(
  document: Document,
  { exercises, exercise: forcedId }: MarkOptions,
): { readonly answered: readonly Answer[]; readonly unread: readonly UnreadLine[] } {
  const forced = exercises.find(({ id }) => id === forcedId)
  const answered = new Map<Exercise, Answer>()
  const unread: UnreadLine[] = document.unread.map(({ place, text, why }) => ({ line: place.line, text, why }))
  const complained = new Set<string>()
  const complain = (about: string, statement: Statement, why: string): void => {
    if (complained.has(about)) return
    complained.add(about)
    unread.push({ line: document.placeOf(statement.span.start).line, text: statement.text, why })
  }
  for (const item of document.items) {
    const statement = statementOf(item)
    const exercise = exerciseOf()
    if (exercise === noExercise && statement.kind !== 'chain') continue
    const answer = answered.get(exercise) ?? { exercise, statements: [], stated: [] }
    answered.set(exercise, answer)
    const isGiven = statement.section?.role === 'statement' || (item.kind === 'entry' && item.path[0] === 'given')
    ;(isGiven ? answer.stated : answer.statements).push(statement)

    function exerciseOf(): Exercise {
      if (item.kind === 'entry') {
        const named = exercises.find(({ id }) => id === item.exercise)
        if (named !== undefined) return named
        if (forced !== undefined && item.exercise === '') return forced
        const suggestion = nearest(
          item.exercise,
          exercises.map(({ id }) => id),
        )
        const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`
        complain(`entry ${item.exercise}`, statement, `there is no exercise ${item.exercise}${hint}`)
        return noExercise
      }
      const { section } = item
      const meant = exercisesAnswered(section, exercises, forcedId)
      const several = areOfSeveralSources(meant)
      if (meant.length > 0 && !several) return meant[0]
      if (forced !== undefined && section.number === undefined) return forced
      if (item.kind === 'chain')
        complain(
          `section ${section.number ?? ''} ${section.part ?? ''}`,
          statement,
          several
            ? `exercise ${section.number} may be ${meant.map(({ id }) => id).join(' or ')}: name it in the heading, or with --exercise`
            : section.number === undefined
              ? 'no heading says which exercise this answers; only the arithmetic of its lines is checked'
              : `no exercise ${section.number}${section.part === undefined ? '' : ` (${section.part})`} is known; only the arithmetic of its lines is checked`,
        )
      return noExercise
    }
  }
  return { answered: [...answered.values()].filter(({ statements }) => statements.length > 0), unread }
}

/** A statement in which e is no constant where the exercise calls something e. */
function withSymbols(statement: Statement, index: SymbolIndex): Statement {
  const isSymbolic = ({ kind, keys, expression }: Side): boolean =>
    kind === 'numeric' &&
    keys.some((key) => index.candidates(key).length > 0 && !(key === 'e' && isOnlyRaised(expression)))
  if (!statement.sides.some(isSymbolic)) return statement
  return {
    ...statement,
    sides: statement.sides.map((side) => (isSymbolic(side) ? { ...side, kind: 'symbolic' } : side)),
  }
}

/** Whether e stands in an expression only as e^x: then it is Euler's number, whatever else the exercise calls e. */
function isOnlyRaised(expression: Expression): boolean {
  const isE = (node: Expression): boolean => node.kind === 'name' && node.key === 'e'
  const nodes = walk(expression)
  const powers = nodes.filter((node) => node.kind === 'operation' && node.operator === '^' && isE(node.left))
  return nodes.filter(isE).length === powers.length
}

/** Entries of a sheet in the order in which they are computed; chains as they stand. */
function inOrder(statements: readonly Statement[], index: SymbolIndex): readonly Statement[] {
  const order = index.all().map(({ name }) => name)
  const rank = (statement: Statement): number => {
    const datum = statement.kind === 'entry' ? alignEntry(statement.path, index) : undefined
    return datum === undefined ? -1 : order.indexOf(datum.name)
  }
  return statements.some(({ kind }) => kind === 'entry') ? statements.toSorted((a, b) => rank(a) - rank(b)) : statements
}

/** A given datum as the document's own statement of the exercise has it. */
interface Stated {
  readonly datum: Datum & { readonly kind: 'given' }
  readonly value: Tensor
  /** The source's value may have been rounded to what is stated. */
  readonly mayBeRounded: boolean
  readonly line: number
}

/** Given data of the document's own, and how a report says so. */
interface Variant {
  readonly values: Values
  readonly findings: readonly Finding[]
}

/**
 * Given data that the document's own statement of the exercise has otherwise than the source: 0.2 may be 0.15, rounded, or
 * another value than the source's; both are to be tried.
 */
async function statedGiven(
  stated: readonly Statement[],
  index: SymbolIndex,
  document: Document,
): Promise<readonly Variant[]> {
  const found = new Map<string, Stated>()
  for (const statement of stated) {
    const one = statedBy(statement, index, document)
    // What is stated first counts: later «b = 1» may count parameters.
    if (one !== undefined && !found.has(one.datum.name)) found.set(one.datum.name, one)
  }
  const asWritten = [...found.values()]
  const ofSourceShape = asWritten.flatMap((one) => {
    const { shape, size } = one.datum.given.value
    return one.value.size === size ? [{ ...one, value: tensor(shape, rowMajor(one.value)) }] : []
  })
  // Other shapes than the source's go together, or are not this exercise's data.
  const isOfSourceShape = asWritten.every(({ datum, value }) => sameShape(value.shape, datum.given.value.shape))
  const fits = isOfSourceShape || (await complaintAbout(index.exercise, valuesOf(asWritten))) === undefined
  const used = (fits ? asWritten : ofSourceShape).filter(isOther)
  const sure = used.filter(({ mayBeRounded }) => !mayBeRounded)
  return Promise.all((sure.length < used.length ? [sure, used] : [used]).map((own) => variantOf(own, index)))
}

/** The source's data with some stated otherwise; the source's alone where nothing can be computed from those. */
async function variantOf(own: readonly Stated[], { exercise }: SymbolIndex): Promise<Variant> {
  const values = valuesOf(own)
  const complaint = own.length === 0 ? undefined : await complaintAbout(exercise, values)
  const findings = own.map(({ datum, value, line }) => {
    const stated = `${symbolText(datum)} = ${JSON.stringify(toNested(value))}`
    const source = JSON.stringify(toNested(datum.given.value))
    const finding =
      complaint === undefined
        ? `the sheet's own data are used: ${stated} instead of ${source}`
        : `${stated} is not used, the source's ${source} is: ${complaint}`
    return { exercise: exercise.id, line, finding }
  })
  return { values: complaint === undefined ? values : {}, findings }
}

/** The given datum that a statement gives a value to; none where it does nothing of the kind. */
function statedBy({ kind, path, sides, span }: Statement, index: SymbolIndex, document: Document): Stated | undefined {
  const [left, right] = kind === 'entry' ? [undefined, sides[0]] : sides
  if (right?.kind !== 'numeric') return undefined
  const datum =
    kind === 'entry'
      ? alignEntry(path[0] === 'given' ? path.slice(1) : path, index)
      : left?.expression.kind === 'name'
        ? givenCalled(left.expression.key, index)
        : undefined
  if (datum?.kind !== 'given') return undefined
  const evaluated = evaluateBox(right.expression, { habit: 'rounds' })
  const shape = 'box' in evaluated ? statedShape(evaluated.box, datum.given.value) : undefined
  if (!('box' in evaluated) || shape === undefined) return undefined
  // The box is a little wider than the numeral: twelve digits are those that were written.
  const middles = evaluated.box.low.map((low, i) => Number(((low + evaluated.box.high[i]) / 2).toPrecision(12)))
  // In an answer sheet given data are exact.
  const mayBeRounded =
    kind !== 'entry' && sameShape(shape, datum.given.value.shape) && meet(evaluated.box, pointBox(datum.given.value))
  return { datum, value: tensor(shape, middles), mayBeRounded, line: document.placeOf(span.start).line }
}

/** Whether a datum is stated otherwise than the source has it. */
function isOther({ datum, value }: Stated): boolean {
  const source = datum.given.value
  return !sameShape(value.shape, source.shape) || rowMajor(value).some((x, i) => x !== rowMajor(source)[i])
}

function valuesOf(stated: readonly Stated[]): Values {
  return Object.fromEntries(stated.map(({ datum, value }) => [datum.name, value]))
}

/** The shape of a stated value, of as many dimensions as the datum; none where it is no value of such a datum. */
function statedShape(box: Box, { shape, size }: Tensor): readonly number[] | undefined {
  if (shape.length === 2 && box.shape.length === 2) return box.shape
  if (box.low.length === size) return shape
  const isVector = shape.length === 1 && box.shape.filter((length) => length > 1).length <= 1
  return isVector ? [box.low.length] : undefined
}

/** Why an exercise cannot be solved with these data; `undefined` where it can. */
async function complaintAbout(exercise: Exercise, stated: Values): Promise<string | undefined> {
  try {
    await solve(exercise, { ...defaultGiven(exercise), ...stated }, oracle)
    return undefined
  } catch (error) {
    if (error instanceof Refusal || error instanceof Failure || error instanceof RangeError) return error.message
    throw error
  }
}

/** The given datum of this symbol, which a quantity may share. */
function givenCalled(key: string, index: SymbolIndex): Datum | undefined {
  return index.candidates(key).find(({ kind }) => kind === 'given')
}

/** Whether a statement gives a value to a datum that the solver may choose, and not to a quantity of the same symbol. */
function chooses({ kind, path, sides: [left, right] }: Statement, index: SymbolIndex): boolean {
  const isShared = left?.expression.kind === 'name' && index.candidates(left.expression.key).length > 1
  const datum =
    kind === 'entry'
      ? alignEntry(path, index)
      : kind === 'chain' && left?.expression.kind === 'name' && right?.kind === 'numeric' && !isShared
        ? givenCalled(left.expression.key, index)
        : undefined
  return datum !== undefined && (index.exercise.choice?.of.includes(datum.name) ?? false)
}

/** A claim that the solver's choice does what is asked, at the first line of the choice, where it does not. */
async function refuted({ world }: Marked, first: Statement, document: Document): Promise<readonly Claim[]> {
  const message = await world.exercise.choice?.refute(world.given, oracle.operators)
  if (message === undefined) return []
  return [
    {
      ...regionOf(document, first.span),
      ...{ exercise: world.exercise.id, text: first.text, quantity: null, index: null, claimed: null, expected: null },
      ...{ carriedValue: null, verdict: 'wrong', root: true, carriedFrom: null, message, explanations: [], notes: [] },
    },
  ]
}

/** The claims of a marked exercise, with the mistakes that explain its root errors. */
async function finished({ world, drafts }: Marked, known: boolean): Promise<readonly Claim[]> {
  return Promise.all(
    drafts.map(async ({ claim, explain, slip }) => {
      const explanations = explain === undefined ? [] : await explain(world)
      const otherwise = slip === undefined ? 'no known mistake yields this' : `perhaps a slip: ${slip}`
      const message =
        explain !== undefined && claim.verdict === 'wrong' && claim.expected !== null && explanations.length === 0
          ? `${claim.message}; ${otherwise}`
          : claim.message
      return { ...claim, exercise: known ? claim.exercise : null, message, explanations }
    }),
  )
}

/** A claim for each quantity that is asked for and not found, at the end of what answers the exercise. */
function missing({ world, drafts }: Marked, statements: readonly Statement[], document: Document): readonly Claim[] {
  const found = new Set(drafts.map(({ claim }) => claim.quantity))
  const { start } = statements[statements.length - 1].span
  const place = regionOf(document, { start, end: start })
  return world.exercise.quantities
    .filter(({ asked, name }) => asked && !found.has(name))
    .map((quantity) => ({
      ...place,
      exercise: world.exercise.id,
      text: '',
      quantity: quantity.name,
      index: null,
      claimed: null,
      expected: quantity.kind === 'symbolic' ? null : toNested(world.truth[quantity.name]),
      carriedValue: null,
      verdict: 'missing',
      root: false,
      carriedFrom: null,
      message: quantity.meaning,
      explanations: [],
      notes: [],
    }))
}

/** Wrong zeros and ones, from which much follows by itself; not those of an entry among others. */
function trivial({ world, drafts }: Marked): readonly Finding[] {
  const used = new Set(world.exercise.quantities.flatMap(({ from }) => from))
  return drafts.flatMap(({ claim }) => {
    const { quantity, root, claimed, expected, line, index } = claim
    if (!root || index !== null || claimed === expected || (claimed !== 0 && claimed !== 1)) return []
    const datum = quantity === null ? undefined : world.index.datum(quantity)
    if (datum?.kind === 'quantity' && (datum.quantity.kind === 'class' || !used.has(datum.name))) return []
    const name = datum === undefined ? 'the value' : symbolText(datum)
    const effect =
      claimed === 0
        ? 'what is computed from it becomes trivial'
        : 'as a factor it drops out of what is computed from it'
    return [{ exercise: world.exercise.id, line, finding: `${name} is wrongly ${claimed} here: ${effect}` }]
  })
}

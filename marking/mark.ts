import type { Exercise, Values } from '../exercises/exercise.js'
import { oracle } from '../oracle/index.js'
import { rowMajor, sizeOf, tensor, toNested } from '../oracle/tensor.js'
import { alignEntry, nearest } from './alignment.js'
import { meet, pointBox } from './boxes.js'
import type { Document } from './document/document.js'
import { evaluateBox } from './evaluation.js'
import { type Marked, markExercise, noExercise } from './hypotheses.js'
import type { Claim, FileReport, Finding, Summary, UnreadLine } from './report.js'
import { areOfSeveralSources, exercisesAnswered, regionOf, type Statement, statementOf } from './statements.js'
import { type Datum, SymbolIndex, symbolText } from './symbols.js'

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
  const { answered, unread } = assign(document, options)
  const claims: Claim[] = []
  const findings: Finding[] = []
  const lines: UnreadLine[] = [
    ...document.unread.map(({ place, text, why }) => ({ line: place.line, text, why })),
    ...unread,
  ]
  const exercises: { exercise: string; convention: string | null }[] = []
  for (const { exercise, statements, stated } of answered) {
    const index = new SymbolIndex(exercise)
    const chosen = statements.filter((statement) => chooses(statement, index))
    const variant = statedGiven([...stated, ...chosen], index, document)
    const marked = await markExercise(inOrder(statements, index), index, variant.values, document)
    const known = exercise !== noExercise
    claims.push(...(await finished(marked, known)))
    findings.push(...variant.findings, ...marked.findings)
    if (!known) continue
    lines.push(...marked.unread)
    exercises.push({ exercise: exercise.id, convention: marked.convention })
    claims.push(...missing(marked, statements, document))
    const [first] = chosen
    if (first !== undefined) claims.push(...(await refuted(marked, first, document)))
    findings.push(...trivial(marked))
  }
  claims.sort((a, b) => a.line - b.line || a.column - b.column)
  lines.sort((a, b) => a.line - b.line)
  return {
    file: document.file,
    exercises,
    claims,
    unread: lines,
    findings,
    summary: summarise(claims, lines),
  }
}

/** Which exercise each item of a document answers. */
function assign(
  document: Document,
  { exercises, exercise: forcedId }: MarkOptions,
): { readonly answered: readonly Answer[]; readonly unread: readonly UnreadLine[] } {
  const forced = exercises.find(({ id }) => id === forcedId)
  const answered = new Map<Exercise, Answer>()
  const unread: UnreadLine[] = []
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

/** Entries of a sheet in the order in which they are computed; chains as they stand. */
function inOrder(statements: readonly Statement[], index: SymbolIndex): readonly Statement[] {
  const order = index.all().map(({ name }) => name)
  const rank = (statement: Statement): number => {
    const datum = statement.kind === 'entry' ? alignEntry(statement.path, index) : undefined
    return datum === undefined ? -1 : order.indexOf(datum.name)
  }
  return statements.some(({ kind }) => kind === 'entry') ? statements.toSorted((a, b) => rank(a) - rank(b)) : statements
}

/** Given data that the document's own statement of the exercise has otherwise than the source. */
function statedGiven(
  stated: readonly Statement[],
  index: SymbolIndex,
  document: Document,
): { readonly values: Values; readonly findings: readonly Finding[] } {
  const values: Record<string, Values[string]> = {}
  const findings: Finding[] = []
  const seen = new Set<string>()
  for (const { kind, path, sides, span } of stated) {
    const [left, right] = kind === 'entry' ? [undefined, sides[0]] : sides
    if (right?.kind !== 'numeric') continue
    const datum =
      kind === 'entry'
        ? alignEntry(path[0] === 'given' ? path.slice(1) : path, index)
        : left?.expression.kind === 'name'
          ? givenCalled(left.expression.key, index)
          : undefined
    if (datum?.kind !== 'given') continue
    const evaluated = evaluateBox(right.expression, { habit: 'rounds' })
    const { value } = datum.given
    if (!('box' in evaluated) || evaluated.box.low.length !== sizeOf(value.shape)) continue
    // What is stated first counts: later «b = 1» may count parameters.
    if (seen.has(datum.name)) continue
    seen.add(datum.name)
    // The box is a little wider than the numeral: twelve digits are those that were written.
    const middles = evaluated.box.low.map((low, i) => Number(((low + evaluated.box.high[i]) / 2).toPrecision(12)))
    // In an answer sheet given data are exact; elsewhere 0.2 may be 0.15, rounded.
    const isSame =
      kind === 'entry' ? rowMajor(value).every((x, i) => x === middles[i]) : meet(evaluated.box, pointBox(value))
    if (isSame) continue
    values[datum.name] = tensor(value.shape, middles)
    findings.push({
      exercise: index.exercise.id,
      line: document.placeOf(span.start).line,
      finding: `the sheet's own data are used: ${symbolText(datum)} = ${JSON.stringify(toNested(values[datum.name]))} instead of ${JSON.stringify(toNested(value))}`,
    })
  }
  return { values, findings }
}

/** The given datum of this symbol, which a quantity may share. */
function givenCalled(key: string, index: SymbolIndex): Datum | undefined {
  return index.candidates(key).find(({ kind }) => kind === 'given')
}

/** Whether a statement gives a value to a datum that the solver may choose. */
function chooses({ kind, path, sides: [left, right] }: Statement, index: SymbolIndex): boolean {
  const datum =
    kind === 'entry'
      ? alignEntry(path, index)
      : kind === 'chain' && left?.expression.kind === 'name' && right?.kind === 'numeric'
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
async function finished({ drafts }: Marked, known: boolean): Promise<readonly Claim[]> {
  return Promise.all(
    drafts.map(async ({ claim, explain }) => {
      const explanations = explain === undefined ? [] : await explain()
      return { ...claim, exercise: known ? claim.exercise : null, explanations }
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

/** Wrong zeros, from which much follows by itself. */
function trivial({ world, drafts }: Marked): readonly Finding[] {
  const nameOf = (quantity: string | null): string => {
    const datum = quantity === null ? undefined : world.index.datum(quantity)
    return datum === undefined ? 'the value' : symbolText(datum)
  }
  return drafts.flatMap(({ claim }) =>
    claim.root && claim.claimed === 0 && claim.expected !== 0
      ? [
          {
            exercise: world.exercise.id,
            line: claim.line,
            finding: `${nameOf(claim.quantity)} is wrongly 0 here: what is computed from it becomes trivial`,
          },
        ]
      : [],
  )
}

function summarise(claims: readonly Claim[], unread: readonly UnreadLine[]): Summary {
  const count = (verdict: Claim['verdict']): number => claims.filter((claim) => claim.verdict === verdict).length
  return {
    correct: count('correct'),
    rounded: count('rounded'),
    carried: count('carried'),
    arithmetic: count('arithmetic'),
    transcription: count('transcription'),
    wrong: count('wrong'),
    unsupported: count('unsupported'),
    missing: count('missing'),
    unread: unread.length,
  }
}

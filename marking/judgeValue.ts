import type { Values } from '../exercises/exercise.js'
import { type Box, meet, pointBox, type Range, rangeAt, reshaped } from './boxes.js'
import { type ClaimedValue, claimedValues } from './claimedValue.js'
import { type Context, cellsOf, evaluateBox, type Habit, wholeFactors } from './evaluation.js'
import { explain } from './explanations.js'
import type { Relation } from './expression/ast.js'
import {
  arithmeticMessage,
  carriedMessage,
  givenMessage,
  roundedMessage,
  transcriptionMessage,
  unsupportedMessage,
  wrongMessage,
} from './messages.js'
import { findMiscopied } from './miscopied.js'
import { middle } from './numbers.js'
import type { Lapse, Replay } from './replay.js'
import { slipOf } from './slips.js'
import { type Side, type Statement, textOf } from './statements.js'
import type { Subject, Support } from './subject.js'
import { symbolText } from './symbols.js'
import { type Miscopied, miscopiedByNumber, quantityWithValue } from './transcription.js'
import { agreement, type Evidence, isRight, judge, type Verdict, type Written } from './verdict.js'

/** The side of numerals before a claim: the line's own arithmetic. */
export interface Line {
  readonly side: Side
  readonly value: ClaimedValue
  /** Other readings of its numerals: 154.587 as a whole number. */
  readonly others?: readonly ClaimedValue[]
  readonly verdict: Verdict
  /** What it was judged as. */
  readonly subject: Subject | undefined
}

export interface CellJudgement {
  readonly index: number | readonly number[] | null
  readonly verdict: Verdict
  readonly claimed: number
  /** Half a unit of the last place written. */
  readonly half: number
  readonly expected: number | null
  /** What follows from the solution's own values. */
  readonly own: number | null
  readonly rootLine: number | undefined
  readonly message: string
  /** It is right, though it does not follow from the wrong values before it. */
  readonly comesBack?: boolean
  /** The numerals of the line do not give it, whatever earlier values they may repeat. */
  readonly isSurelyFalse?: boolean
}

export interface ValueJudgement {
  readonly value: ClaimedValue
  /** Whether there was anything to compare it with. */
  readonly checked: boolean
  readonly verdict: Verdict
  readonly cells: readonly CellJudgement[]
  /** Everything agrees by the numbers as they stand: there was no need to look at what rounding does. */
  readonly isPlain: boolean
  /** The verdict on the value itself, however its line came to it: what later lines rest on. */
  readonly outcome: Verdict
  readonly rootLine: number | undefined
  readonly byOtherHabit: boolean
  /** It is right only if shortened otherwise than the solution does, also as the solution's own values give it. */
  readonly againstHabit: boolean
  /** What the line's numerals give. */
  readonly lineBox: Box | undefined
  /** An accepted other value, where that is what was claimed. */
  readonly expected: Box | undefined
  readonly message: string
  readonly notes: readonly string[]
}

/** A claim of a value, and all that it is judged by. */
export interface ValueClaim {
  readonly statement: Statement
  readonly side: Side
  readonly relation: Relation
  readonly subject: Subject | undefined
  readonly line: Line | undefined
  /** The formula that the chain gave before. */
  readonly formula: Side | undefined
  readonly replay: Replay
  readonly habit: Habit
  /** What the solution has for the symbols among the numerals of the side. */
  readonly boxOfKey?: (key: string) => Box | undefined
  /** What went wrong in this chain before. */
  readonly cause: Verdict | undefined
  /** The ranges of what its quantity is computed from and stands on no line, looked up where something does not fit plainly. */
  readonly unwritten?: readonly Range[]
}

/** How much a verdict takes away: of several readings of a numeral, the kindest counts. */
const severity: Readonly<Record<Verdict, number>> = {
  correct: 0,
  rounded: 1,
  carried: 2,
  unsupported: 3,
  transcription: 4,
  wrong: 5,
  arithmetic: 6,
  missing: 7,
}

/** What the numerals of a line stand for at this place of a solution: for values that its quantity is computed from, if known. */
export function contextOf(replay: Replay, habit: Habit, subject?: Subject, unwritten?: readonly Range[]): Context {
  return { habit, rangeOfNumeral: (numeral) => replay.rangeOfNumeral(numeral, subject?.quantity?.from, unwritten) }
}

/** Judges a numeric side of a chain, an entry of a sheet or a number in prose; says why where it has no value. */
export async function judgeValue(claim: ValueClaim): Promise<ValueJudgement | { readonly why: string }> {
  const values = valuesOf(claim)
  if ('why' in values) return values
  const plain = values.find((value) => isPlainlyRight(value, claim))
  if (plain !== undefined) return plainJudgement(plain, claim)
  // Now numerals that repeat earlier values are taken as what these were computed to be.
  const { subject } = claim
  const isOfAny = claim.line !== undefined && claim.line.subject === undefined
  await claim.replay.settle(isOfAny ? undefined : subject?.quantity?.from)
  const settled = settledClaim({ ...claim, unwritten: await claim.replay.unwritten(subject?.quantity?.from ?? []) })
  const narrowed = valuesOf(settled)
  if ('why' in narrowed) return narrowed
  const support = await subject?.support.of(claim.replay)
  const { line } = settled
  const lines = [line, ...(line?.others ?? []).map((value) => (line === undefined ? line : { ...line, value }))]
  const judged = lines.flatMap((line) => narrowed.map((value) => judgeReading(value, { ...settled, line }, support)))
  const best = judged.toSorted((a, b) => severityOf(a) - severityOf(b))[0]
  return best.cells.every(({ verdict }) => isRight(verdict) || verdict === 'carried')
    ? best
    : transcribed(best, settled, support)
}

function valuesOf({
  subject,
  side,
  replay,
  habit,
  boxOfKey,
  relation,
  unwritten,
}: ValueClaim): readonly ClaimedValue[] | { readonly why: string } {
  return claimedValues(side.expression, {
    context: { ...contextOf(replay, habit, subject, unwritten), ...(boxOfKey && { boxOfKey }) },
    usualHalf: replay.usualHalf,
    isExact: subject?.isExact ?? true,
    isShape: subject?.quantity?.kind === 'shape',
    relation,
  })
}

/** The claim with its line read again, from what is known by now of the values that it repeats. */
function settledClaim(claim: ValueClaim): ValueClaim {
  const { line, replay, habit, unwritten } = claim
  if (line === undefined) return claim
  const meant = evaluateBox(line.value.expression, contextOf(replay, habit, line.subject, unwritten))
  return 'box' in meant ? { ...claim, line: { ...line, value: { ...line.value, meant: meant.box } } } : claim
}

/** Whether the line, the step and the truth all agree with what is written by the numbers as they stand. */
function isPlainlyRight(
  { cells, box, isComputed }: ClaimedValue,
  { subject, line, habit, replay }: ValueClaim,
): boolean {
  const size = box.low.length
  if (subject?.point === undefined || subject.truth.low.length !== size || subject.point.low.length !== size)
    return false
  // Numerals of few digits may leave more open than the values that they repeat.
  if (isComputed && cells.some(({ rounded: [low, high] }) => high - low > 4 * replay.usualHalf)) return false
  const others = [subject.truth.low, subject.point.low]
  if (line !== undefined && line.value.box.low.length === size) others.push(line.value.values)
  return cells.every((written, i) =>
    others.every((values) => agreement(written, [values[i], values[i]], habit) === 'yes'),
  )
}

function plainJudgement(value: ClaimedValue, { line }: ValueClaim): ValueJudgement {
  const isLine = line !== undefined && line.value.box.low.length === value.box.low.length
  return {
    value,
    checked: true,
    verdict: 'correct',
    cells: [],
    isPlain: true,
    outcome: 'correct',
    rootLine: undefined,
    byOtherHabit: false,
    againstHabit: false,
    lineBox: isLine ? line.value.meant : undefined,
    expected: undefined,
    message: '',
    notes: [],
  }
}

function severityOf({ cells, verdict }: ValueJudgement): number {
  return severity[verdict] + cells.filter((cell) => !isRight(cell.verdict)).length
}

function judgeReading(value: ClaimedValue, claim: ValueClaim, support: Support | undefined): ValueJudgement {
  const { subject, line } = claim
  const size = value.box.low.length
  const lineBox = line !== undefined && line.value.box.low.length === size ? line.value.meant : undefined
  const known = subject !== undefined && subject.truth.low.length === size ? subject : undefined
  const rest = known === undefined ? undefined : support
  const steps = (rest?.steps ?? []).filter(({ box }) => box.low.length === size)
  const base = {
    value,
    isPlain: false,
    lineBox,
    rootLine: undefined,
    byOtherHabit: false,
    againstHabit: false,
    expected: undefined,
    notes: [],
    message: '',
  }
  const accepted = alternative(value, subject, claim.replay.world.truth)
  if (accepted !== undefined && (lineBox === undefined || meet(lineBox, value.box)))
    return {
      ...base,
      checked: true,
      verdict: 'correct',
      outcome: 'correct',
      cells: [],
      expected: accepted.box,
      notes: [accepted.note],
    }
  if (subject !== undefined && known === undefined && lineBox === undefined)
    return { ...base, checked: true, ...wrongSize(value, subject, claim.habit, support) }
  if (known === undefined && lineBox === undefined)
    return { ...base, checked: false, verdict: 'correct', outcome: 'correct', cells: [] }

  const evidence = value.cells.map(
    (written, i): Evidence => ({
      written,
      habit: claim.habit,
      line: lineBox === undefined ? undefined : rangeAt(lineBox, i),
      steps: steps.map(({ box, basis, rootLine }) => ({ range: rangeAt(box, i), basis, rootLine })),
      fair: rest?.fair === undefined ? undefined : rangeAt(rest.fair, i),
      truth: known?.truth.low[i],
      slips: mayComeBack(rest?.lapse ?? 'slip', lineBox !== undefined || value.isComputed),
    }),
  )
  const cells = evidence.map((cell, i) => judgeCell(cell, i, value, claim))
  const alone = evidence.map((cell) => judge({ ...cell, line: undefined }))
  const worst = worstOf(cells.map(({ verdict }) => verdict))
  const byOtherHabit = evidence.filter(
    ({ written, habit, truth }) =>
      truth !== undefined && agreement(written, [truth, truth], habit) === 'by the other habit',
  )
  return {
    ...base,
    checked: true,
    cells,
    verdict: worst,
    outcome: known === undefined ? worst : worstOf(alone.map(({ verdict }) => verdict)),
    rootLine: alone.find(({ rootLine }) => rootLine !== undefined)?.rootLine,
    byOtherHabit: byOtherHabit.length > 0,
    againstHabit: byOtherHabit.some(
      ({ written, habit, steps }) =>
        !steps.some(({ basis, range }) => basis === 'own' && agreement(written, range, habit) === 'yes'),
    ),
    message: cells.find(({ verdict }) => verdict === worst)?.message ?? '',
  }
}

/** Whether the true value may come back after an earlier wrong one: after a slip, and in numerals after a bare value. */
function mayComeBack(lapse: Lapse, inNumerals: boolean): boolean {
  return lapse === 'slip' || (lapse === 'bare' && inNumerals)
}

function worstOf(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce<Verdict>(
    (worst, verdict) => (severity[verdict] > severity[worst] ? verdict : worst),
    'correct',
  )
}

/** A value with too few or too many entries: carried, where it follows from an earlier one of a wrong size. */
function wrongSize(
  value: ClaimedValue,
  subject: Subject,
  habit: Habit,
  support: Support | undefined,
): Pick<ValueJudgement, 'verdict' | 'outcome' | 'cells' | 'rootLine' | 'message'> {
  const follows = support?.steps.find(
    ({ box, basis }) =>
      basis !== 'own' &&
      box.low.length === value.cells.length &&
      value.cells.every((written, i) => agreement(written, rangeAt(box, i), habit) !== 'no'),
  )
  const verdict = follows === undefined ? 'wrong' : 'carried'
  const rootLine = follows?.rootLine
  const message = `${sizeMessage(value, subject)}${rootLine === undefined ? '' : `, as follows from line ${rootLine}`}`
  const cell = {
    index: null,
    verdict,
    claimed: value.values[0],
    half: value.halves[0],
    expected: null,
    own: null,
  } as const
  return { verdict, outcome: verdict, cells: [{ ...cell, rootLine, message }], rootLine, message }
}

function sizesDiffer(value: ClaimedValue, { truth }: Subject): boolean {
  return value.box.low.length !== truth.low.length
}

function sizeMessage({ box }: ClaimedValue, { truth }: Subject): string {
  const size = box.low.length
  return `has ${size} ${size === 1 ? 'entry' : 'entries'}, should have ${truth.low.length}`
}

function isConstant(numbers: readonly number[]): boolean {
  return numbers.every((number) => number === numbers[0])
}

/**
 * Another way to write the value: one that the exercise accepts with what it assumes, a length as a shape (11 × 11 × 3 for 11),
 * zeros of another number than there are.
 */
function alternative(
  value: ClaimedValue,
  subject: Subject | undefined,
  truth: Values,
): { readonly box: Box; readonly note: string } | undefined {
  const factors = wholeFactors(value.expression)
  if (subject?.isGiven && factors !== undefined && factors.length > 1 && subject.truth.low.length === 1) {
    if (factors[0] === subject.truth.low[0]) return { box: subject.truth, note: `${factors.join('×')} read as a shape` }
  }
  if (subject?.isGiven && sizesDiffer(value, subject) && isConstant([...value.values, ...subject.truth.low]))
    return { box: subject.truth, note: sizeMessage(value, subject) }
  for (const { value: other, note } of subject?.quantity?.alternatives ?? []) {
    const box = pointBox(other(truth))
    if (box.low.length === value.box.low.length && meet(reshaped(box, value.box.shape), value.box)) return { box, note }
  }
  return subject?.quantity?.kind === 'shape' ? otherOrder(value, subject) : undefined
}

/** The shape of an image with its channels first instead of last, or last instead of first. */
function otherOrder(
  { values }: ClaimedValue,
  { truth }: Subject,
): { readonly box: Box; readonly note: string } | undefined {
  const [a, b, c] = truth.low
  if (values.length !== 3 || truth.low.length !== 3 || new Set(truth.low).size !== 2) return undefined
  const order = [
    { lengths: [b, c, a], note: 'written with the first length last' },
    { lengths: [c, a, b], note: 'written with the last length first' },
  ].find(({ lengths }) => lengths.every((length, i) => length === values[i]))
  if (order === undefined || values.every((value, i) => value === truth.low[i])) return undefined
  return { box: { shape: [3], low: order.lengths, high: order.lengths }, note: order.note }
}

function judgeCell(evidence: Evidence, i: number, value: ClaimedValue, claim: ValueClaim): CellJudgement {
  const { subject, line, replay, habit, statement } = claim
  const judged = judge(evidence)
  const alone = judge({ ...evidence, line: undefined })
  const own = evidence.steps.find(({ basis }) => basis === 'own')
  const [claimed, half, truth] = [value.values[i], value.halves[i], evidence.truth]
  const name = subject?.name ?? subject?.part?.datum.name
  const datum = name === undefined ? undefined : replay.world.index.datum(name)
  const symbol = datum === undefined ? undefined : symbolText(datum)
  const cell = {
    index: indexOf(i, value.box),
    claimed: Number(claimed.toPrecision(12)),
    half,
    expected: truth ?? null,
    own: own === undefined || truth === undefined || isRight(alone.verdict) ? null : middle(own.range),
    rootLine: judged.rootLine,
    comesBack: judged.comesBack,
  }
  if (judged.verdict === 'arithmetic' && line !== undefined && evidence.line !== undefined) {
    // The side before it was called wrong already: the right value after it costs nothing more.
    const isCalledWrong = claim.cause === 'transcription' || !(isRight(line.verdict) || line.verdict === 'carried')
    if (isCalledWrong && isRight(alone.verdict)) return { ...cell, verdict: alone.verdict, message: '' }
    const numerals = cellsOf(line.side.expression)
    const part = numerals.length === value.values.length ? numerals[i] : line.side.expression
    const slip = slipOf(evidence.line, claimed, half, part, contextOf(replay, habit, subject, claim.unwritten))
    const isValueOf = slip === undefined ? quantityWithValue(claimed, half, subject?.name ?? '', replay) : undefined
    const written = textOf(statement, part)
    return {
      ...cell,
      verdict: 'arithmetic',
      message: arithmeticMessage(written, evidence.line, claimed, half, slip, isValueOf),
      isSurelyFalse: failsByItself(evidence.written, i, line.side),
    }
  }
  const verdict = subject?.isGiven && judged.verdict === 'wrong' ? 'transcription' : judged.verdict
  if (verdict === 'wrong' && claim.cause === 'transcription' && evidence.line !== undefined)
    return { ...cell, verdict: 'transcription', message: 'follows from the numeral that was copied wrongly' }
  return { ...cell, verdict, message: messageOf() }

  function messageOf(): string {
    if (verdict === 'correct' || truth === undefined) return ''
    if (verdict === 'rounded') return roundedMessage(truth)
    if (verdict === 'carried') return carriedMessage(judged.rootLine, truth)
    if (verdict === 'unsupported') return unsupportedMessage(own?.range)
    if (subject?.isGiven) return givenMessage(symbol ?? '', truth)
    return wrongMessage(symbol, own === undefined ? truth : middle(own.range), subject?.quantity)
  }
}

/** Whether a number is not what the numerals before it give by themselves, rounded or cut. */
function failsByItself(written: Written, i: number, { expression }: Side): boolean {
  return (['rounds', 'cuts'] as const).every((habit) => {
    const evaluated = evaluateBox(expression, { habit })
    return 'box' in evaluated && agreement(written, rangeAt(evaluated.box, i), habit) === 'no'
  })
}

function indexOf(i: number, { shape }: Box): number | readonly number[] | null {
  const lengths = shape.filter((length) => length > 1)
  if (lengths.length === 0) return null
  return lengths.length === 1 ? i : [Math.floor(i / shape[shape.length - 1]), i % shape[shape.length - 1]]
}

/** The same judgement as a transcription, where one numeral of the line explains it. */
async function transcribed(
  judged: ValueJudgement,
  claim: ValueClaim,
  support: Support | undefined,
): Promise<ValueJudgement> {
  if (claim.subject === undefined || claim.cause !== undefined) return judged
  const found = await miscopiedIn(judged, claim, claim.subject, support)
  if (found.length === 0 || (await isKnownMistake(claim, judged, found))) return judged
  const message = transcriptionMessage(found)
  return {
    ...judged,
    verdict: 'transcription',
    message,
    cells: judged.cells.map((cell) => (isRight(cell.verdict) ? cell : { ...cell, verdict: 'transcription', message })),
  }
}

async function miscopiedIn(
  { value, cells, outcome }: ValueJudgement,
  claim: ValueClaim,
  subject: Subject,
  support: Support | undefined,
): Promise<readonly Miscopied[]> {
  const { line, replay } = claim
  const isClaimOfNumerals = value.isComputed && cells.length > 0
  if (subject.quantity !== undefined) {
    const found = isClaimOfNumerals
      ? await findMiscopied(claim, value.expression, (box) => rightFor(box, subject, support))
      : isRight(outcome) && line !== undefined
        ? await findMiscopied(claim, line.value.expression, (box) => meet(box, value.box))
        : []
    if (found.length > 0) return found
  }
  if (!isClaimOfNumerals || !isFollowedByTruth(claim, subject)) return []
  const one = miscopiedByNumber(value.expression, replay, (box) => meet(box, subject.truth))
  return one === undefined ? [] : [one]
}

/** Whether the next side of the chain is the true value: then the numerals before it are not those that were computed with. */
function isFollowedByTruth({ statement: { sides }, side, habit }: ValueClaim, { truth }: Subject): boolean {
  const next = sides[sides.indexOf(side) + 1]
  const evaluated = next?.kind === 'numeric' ? evaluateBox(next.expression, { habit }) : undefined
  return evaluated !== undefined && 'box' in evaluated && meet(evaluated.box, truth)
}

/**
 * Whether a known mistake of the exercise yields the value where no formula stands before it, or where the numerals that do not fit the
 * formula are values of its symbols before or after: they are then those of a wrong rule, not miscopied ones.
 */
async function isKnownMistake(
  { subject, formula, replay }: ValueClaim,
  { value }: ValueJudgement,
  found: readonly Miscopied[],
): Promise<boolean> {
  const mayBeMiscopied = formula !== undefined && !found.every(({ isNamesake }) => isNamesake)
  if (mayBeMiscopied || subject?.quantity === undefined || found.some(({ sign }) => sign)) return false
  const explanations = await explain(subject.quantity, value.box, replay.snapshot())
  return explanations.some(({ mistake }) => replay.world.exercise.mistakes.some(({ name }) => name === mistake))
}

/** Whether a value is what the exercise or the solution's own values give. */
function rightFor(box: Box, { truth }: Subject, support: Support | undefined): boolean {
  return meet(box, truth) || (support?.steps ?? []).some((step) => meet(box, reshaped(step.box, box.shape)))
}

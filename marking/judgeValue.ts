import type { Values } from '../exercises/exercise.js'
import { type Box, meet, pointBox, rangeAt, reshaped } from './boxes.js'
import { type ClaimedValue, claimedValues } from './claimedValue.js'
import { type Context, cellsOf, type Habit, wholeFactors } from './evaluation.js'
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
import type { Replay } from './replay.js'
import { slipOf } from './slips.js'
import { type Side, type Statement, textOf } from './statements.js'
import type { Subject } from './subject.js'
import { symbolText } from './symbols.js'
import { type Miscopied, quantityWithValue } from './transcription.js'
import { agreement, type Evidence, isRight, judge, type Verdict } from './verdict.js'

/** The side of numerals before a claim: the line's own arithmetic. */
export interface Line {
  readonly side: Side
  readonly value: ClaimedValue
  readonly verdict: Verdict
}

export interface CellJudgement {
  readonly index: number | readonly number[] | null
  readonly verdict: Verdict
  readonly claimed: number
  readonly expected: number | null
  /** What follows from the solution's own values. */
  readonly own: number | null
  readonly rootLine: number | undefined
  readonly message: string
}

export interface ValueJudgement {
  readonly value: ClaimedValue
  /** Whether there was anything to compare it with. */
  readonly checked: boolean
  readonly verdict: Verdict
  readonly cells: readonly CellJudgement[]
  /** The verdict on the value itself, however its line came to it: what later lines rest on. */
  readonly outcome: Verdict
  readonly rootLine: number | undefined
  readonly byOtherHabit: boolean
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
  /** What went wrong in this chain before. */
  readonly cause: Verdict | undefined
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
export function contextOf(replay: Replay, habit: Habit, subject?: Subject): Context {
  return { habit, rangeOfNumeral: (numeral) => replay.rangeOfNumber(numeral.value, subject?.quantity?.from) }
}

/** Judges a numeric side of a chain, an entry of a sheet or a number in prose; says why where it has no value. */
export async function judgeValue(claim: ValueClaim): Promise<ValueJudgement | { readonly why: string }> {
  const { subject, side, replay, habit, relation } = claim
  const values = claimedValues(side.expression, {
    context: contextOf(replay, habit, subject),
    usualHalf: replay.usualHalf,
    isExact: subject?.isExact ?? true,
    isShape: subject?.quantity?.kind === 'shape',
    relation,
  })
  if ('why' in values) return values
  const judged = values.map((value) => judgeReading(value, claim))
  const best = judged.toSorted((a, b) => severityOf(a) - severityOf(b))[0]
  return best.cells.every(({ verdict }) => isRight(verdict) || verdict === 'carried') ? best : transcribed(best, claim)
}

function severityOf({ cells, verdict }: ValueJudgement): number {
  return severity[verdict] + cells.filter((cell) => !isRight(cell.verdict)).length
}

function judgeReading(value: ClaimedValue, claim: ValueClaim): ValueJudgement {
  const { subject, line } = claim
  const size = value.box.low.length
  const lineBox = line !== undefined && line.value.box.low.length === size ? line.value.meant : undefined
  const known = subject !== undefined && subject.truth.low.length === size ? subject : undefined
  const base = { value, lineBox, rootLine: undefined, byOtherHabit: false, expected: undefined, notes: [], message: '' }
  const accepted = alternative(value, subject, claim.replay.world.truth)
  if (accepted !== undefined)
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
    return { ...base, checked: true, ...wrongSize(value, subject) }
  if (known === undefined && lineBox === undefined)
    return { ...base, checked: false, verdict: 'correct', outcome: 'correct', cells: [] }

  const evidence = value.cells.map(
    (written, i): Evidence => ({
      written,
      habit: claim.habit,
      line: lineBox === undefined ? undefined : rangeAt(lineBox, i),
      steps: (known?.steps ?? []).map(({ box, basis, rootLine }) => ({ range: rangeAt(box, i), basis, rootLine })),
      fair: known?.fair === undefined ? undefined : rangeAt(known.fair, i),
      truth: known?.truth.low[i],
      slips: known?.slips ?? true,
    }),
  )
  const cells = evidence.map((cell, i) => judgeCell(cell, i, value, claim))
  const alone = evidence.map((cell) => judge({ ...cell, line: undefined }))
  const worst = worstOf(cells.map(({ verdict }) => verdict))
  return {
    ...base,
    checked: true,
    cells,
    verdict: worst,
    outcome: known === undefined ? worst : worstOf(alone.map(({ verdict }) => verdict)),
    rootLine: alone.find(({ rootLine }) => rootLine !== undefined)?.rootLine,
    byOtherHabit: evidence.some(
      ({ written, habit, truth }) =>
        truth !== undefined && agreement(written, [truth, truth], habit) === 'by the other habit',
    ),
    message: cells.find(({ verdict }) => verdict === worst)?.message ?? '',
  }
}

function worstOf(verdicts: readonly Verdict[]): Verdict {
  return verdicts.reduce<Verdict>(
    (worst, verdict) => (severity[verdict] > severity[worst] ? verdict : worst),
    'correct',
  )
}

/** A value with too few or too many entries. */
function wrongSize(value: ClaimedValue, subject: Subject): Pick<ValueJudgement, 'verdict' | 'outcome' | 'cells'> {
  const cell = { index: null, claimed: value.values[0], expected: null, own: null, rootLine: undefined }
  const message = sizeMessage(value, subject)
  return { verdict: 'wrong', outcome: 'wrong', cells: [{ ...cell, verdict: 'wrong', message }] }
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
  return undefined
}

function judgeCell(evidence: Evidence, i: number, value: ClaimedValue, claim: ValueClaim): CellJudgement {
  const { subject, line, replay, habit, statement } = claim
  const judged = judge(evidence)
  const alone = judge({ ...evidence, line: undefined })
  const own = evidence.steps.find(({ basis }) => basis === 'own')
  const [claimed, half, truth] = [value.values[i], value.halves[i], evidence.truth]
  const datum = subject?.name === undefined ? undefined : replay.world.index.datum(subject.name)
  const symbol = datum === undefined ? undefined : symbolText(datum)
  const cell = {
    index: indexOf(i, value.box),
    claimed: Number(claimed.toPrecision(12)),
    expected: truth ?? null,
    own: own === undefined || truth === undefined || isRight(alone.verdict) ? null : middle(own.range),
    rootLine: judged.rootLine,
  }
  if (judged.verdict === 'arithmetic' && line !== undefined && evidence.line !== undefined) {
    if (claim.cause === 'transcription' && isRight(alone.verdict))
      return { ...cell, verdict: alone.verdict, message: '' }
    const numerals = cellsOf(line.side.expression)
    const part = numerals.length === value.values.length ? numerals[i] : line.side.expression
    const slip = slipOf(evidence.line, claimed, half, part, contextOf(replay, habit, subject))
    const isValueOf = slip === undefined ? quantityWithValue(claimed, half, subject?.name ?? '', replay) : undefined
    const written = textOf(statement, part)
    return {
      ...cell,
      verdict: 'arithmetic',
      message: arithmeticMessage(written, evidence.line, claimed, half, slip, isValueOf),
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

function indexOf(i: number, { shape }: Box): number | readonly number[] | null {
  const lengths = shape.filter((length) => length > 1)
  if (lengths.length === 0) return null
  return lengths.length === 1 ? i : [Math.floor(i / shape[shape.length - 1]), i % shape[shape.length - 1]]
}

/** The same judgement as a transcription, where one numeral of the line explains it. */
async function transcribed(judged: ValueJudgement, claim: ValueClaim): Promise<ValueJudgement> {
  const { subject, line, cause } = claim
  if (subject?.quantity === undefined || cause !== undefined) return judged
  const isClaimOfNumerals = judged.value.isComputed && judged.cells.length > 0
  const found: readonly Miscopied[] = isClaimOfNumerals
    ? await findMiscopied(claim, judged.value.expression, (box) => rightFor(box, subject))
    : isRight(judged.outcome) && line !== undefined
      ? await findMiscopied(claim, line.value.expression, (box) => meet(box, judged.value.box))
      : []
  if (found.length === 0) return judged
  const message = transcriptionMessage(found)
  return {
    ...judged,
    verdict: 'transcription',
    message,
    cells: judged.cells.map((cell) => (isRight(cell.verdict) ? cell : { ...cell, verdict: 'transcription', message })),
  }
}

/** Whether a value is what the exercise or the solution's own values give. */
function rightFor(box: Box, { truth, steps }: Subject): boolean {
  return meet(box, truth) || steps.some((step) => meet(box, reshaped(step.box, box.shape)))
}

import { type Range, rangesMeet } from './boxes.js'
import type { Habit } from './evaluation.js'

/** What is said of a claim in `mark --format json`; in the order in which totals are shown. */
export const verdicts = [
  'correct',
  'rounded',
  'carried',
  'arithmetic',
  'transcription',
  'wrong',
  'unsupported',
  'missing',
] as const
export type Verdict = (typeof verdicts)[number]

/** A number as it was written: the values that its digits stand for if they were rounded, and if they were cut off. */
export interface Written {
  readonly rounded: Range
  readonly cut: Range
}

/** What a claim's value is compared with. */
export interface Evidence {
  readonly written: Written
  /** How the solution shortens decimals. */
  readonly habit: Habit
  /** R: the line's own numerals, evaluated. */
  readonly line: Range | undefined
  /** F: what the right rule yields, from the solution's own earlier values first, then from mended ones. */
  readonly steps: readonly {
    readonly range: Range
    readonly basis: 'own' | 'true' | 'mixed'
    readonly rootLine: number | undefined
  }[]
  /** All values that rounding, in this line and before, explains. */
  readonly fair: Range | undefined
  /** T: what the exercise gives. */
  readonly truth: number | undefined
  /** Every wrong earlier value that this line rests on was a slip, after which the true value may come back. */
  readonly slips: boolean
}

export interface Judgement {
  readonly verdict: Verdict
  /** Line of the root error that a carried value comes from. */
  readonly rootLine: number | undefined
  /** The line's own arithmetic is false. */
  readonly lineFails: boolean
  /** It does not follow from the wrong values before it, but is as it should be. */
  readonly comesBack: boolean
}

type Agreement = 'yes' | 'by the other habit' | 'no'

/** Whether a number agrees with what was written, under the solution's habit or under the other one. */
export function agreement(written: Written, range: Range, habit: Habit): Agreement {
  const isRounded = rangesMeet(written.rounded, range)
  if (habit === 'rounds' && isRounded) return 'yes'
  if (isCut(written, range)) return habit === 'cuts' ? 'yes' : 'by the other habit'
  return isRounded ? 'by the other habit' : 'no'
}

/** Whether what is written may be some value of a range, cut off: 2.24 is all from 2.24 to 2.25, but 2.25 itself is not cut to it. */
function isCut({ rounded, cut: [low, high] }: Written, range: Range): boolean {
  if (!rangesMeet([low, high], range)) return false
  const isExact = low === rounded[0] && high === rounded[1]
  const middle = (range[0] + range[1]) / 2
  const isAt = (end: number, other: number): boolean =>
    !isExact && Math.abs(end) >= Math.abs(other) && Math.abs(middle - end) <= ties * Math.abs(end)
  return !(isNarrow(range) && (isAt(low, high) || isAt(high, low)))
}

/** A few steps of float64: values nearer to a bound are on it. 0.999999999 is near to 1, and cut to 0.999. */
const ties = 8 * Number.EPSILON

/** Whether a range is one number, and what float64 makes of it. */
function isNarrow([low, high]: Range): boolean {
  return rangesMeet([low, low], [high, high])
}

/** The verdict on one number. A claim with neither a value nor a rule to compare it with is judged by its line alone. */
export function judge(evidence: Evidence): Judgement {
  const { written, habit, line, steps, fair, truth, slips } = evidence
  const agrees = (range: Range): Agreement => agreement(written, range, habit)
  const lineAgrees = line === undefined ? 'yes' : agrees(line)
  const said = (verdict: Verdict, rootLine?: number): Judgement => ({
    verdict,
    rootLine,
    lineFails: lineAgrees === 'no',
    comesBack: false,
  })
  if (lineAgrees === 'no') return said('arithmetic')
  if (truth === undefined) return said(lineAgrees === 'yes' ? 'correct' : 'rounded')

  const truthAgrees = agrees([truth, truth])
  const right = truthAgrees === 'yes' ? 'correct' : 'rounded'
  const owns = steps.filter(({ basis }) => basis === 'own')
  const own = owns.find(({ range }) => agrees(range) !== 'no') ?? owns[0]
  const ownAgrees = own === undefined ? 'yes' : agrees(own.range)
  const explainedByRounding = fair !== undefined && rangesMeet(fair, [truth, truth])
  if (truthAgrees !== 'no') {
    if (own === undefined || ownAgrees !== 'no') return said(right)
    if (explainedByRounding) return said(right)
    return slips ? { ...said(right), comesBack: true } : said('unsupported')
  }
  if (ownAgrees !== 'no' && own !== undefined)
    return explainedByRounding ? said('rounded') : said('carried', own.rootLine)
  if (explainedByRounding && fair !== undefined && agrees(fair) !== 'no') return said('rounded')
  // The line's own numerals, rounded as they are, allow the truth.
  if (line !== undefined && rangesMeet(line, [truth, truth])) return said('rounded')
  const other = steps.find(({ basis, range }) => basis !== 'own' && agrees(range) !== 'no')
  if (other === undefined) return said('wrong')
  return other.basis === 'true' ? { ...said('rounded'), comesBack: true } : said('carried', other.rootLine)
}

/** Verdicts that take nothing away from a solution. */
export function isRight(verdict: Verdict): boolean {
  return verdict === 'correct' || verdict === 'rounded'
}

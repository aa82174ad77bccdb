import { plainFormula } from '../exercises/plainText.js'
import type { Box } from './boxes.js'
import type { ClaimedValue } from './claimedValue.js'
import { evaluatePoint, type Habit } from './evaluation.js'
import type { Relation } from './expression/ast.js'
import { numberText } from './numbers.js'
import type { Replay } from './replay.js'
import type { Claim } from './report.js'
import { type Side, type Statement, textOf } from './statements.js'
import { subjectOf } from './subject.js'
import { symbolText } from './symbols.js'
import { isCondition, isReasoned } from './words.js'

export type Inequality = Extract<Relation, '≤' | '≥' | '<' | '>'>

export function isInequality(relation: Relation): relation is Inequality {
  return relation === '≤' || relation === '≥' || relation === '<' || relation === '>'
}

/** Relative difference below which two float64 values of one number agree. */
const agreement = 1e-12

/** Whether the inequality holds for two numbers; 0.7 · 0.7 and 0.49 are equal. */
export function holds(left: number, relation: Inequality, right: number): boolean {
  const equal = Math.abs(left - right) <= agreement * Math.max(Math.abs(left), Math.abs(right))
  if (relation === '≤') return equal || left < right
  if (relation === '≥') return equal || left > right
  return !equal && (relation === '<' ? left < right : left > right)
}

/** One side of an inequality: the numbers that it is in truth, and those that it may be by the solution's own values. */
export interface Compared {
  readonly side: Side
  /** All its numbers are numerals of the line itself. */
  readonly isWritten: boolean
  readonly truth: readonly number[]
  readonly own: Box | undefined
  readonly rootLine: number | undefined
  /** «y₅ is 0.317», of a side in symbols. */
  readonly text: string
}

export type InequalityJudgement =
  | ({ readonly kind: 'claim' } & Pick<Claim, 'verdict' | 'root' | 'carriedFrom' | 'message' | 'notes'>)
  /** What is not read as a claim, and why. */
  | { readonly kind: 'none'; readonly why: string }

/** A side of numerals as what it is compared by. */
export function comparedNumerals(side: Side, { values: middles }: ClaimedValue): Compared {
  const values = evaluatePoint(side.expression, () => undefined)?.low ?? middles
  const own: Box = { shape: [values.length], low: values, high: values }
  return { side, isWritten: true, truth: values, own, rootLine: undefined, text: '' }
}

/** A side with names in it as what it is compared by; undefined where one of them is unknown or it has no value. */
export async function comparedFormula(
  side: Side,
  replay: Replay,
  stage: number,
  habit: Habit,
): Promise<Compared | undefined> {
  const subject = await subjectOf({ kind: 'expression', side }, replay, stage, habit)
  if (subject === undefined) return undefined
  const own = (await subject.support.of(replay)).steps.find(({ basis }) => basis === 'own')
  const datum = side.expression.kind === 'name' ? replay.world.index.resolve(side.expression.key, stage) : undefined
  const isNumber = datum !== undefined && subject.truth.low.length === 1
  const text = isNumber ? `${symbolText(datum)} is ${numberText(subject.truth.low[0])}` : ''
  return { side, isWritten: false, truth: subject.truth.low, own: own?.box, rootLine: own?.rootLine, text }
}

/**
 * Judges an inequality: at the true values, then at the solution's own. One that holds for neither is false where the
 * words before it give it as a reason or both sides name quantities or numbers; else it may be a condition, such as the
 * threshold of a class, which claims nothing.
 */
export function judgeInequality(
  statement: Statement,
  { left, relation, right }: { readonly left: Compared; readonly relation: Inequality; readonly right: Compared },
): InequalityJudgement {
  const isBare = left.isWritten !== right.isWritten && statement.relations.every(isInequality)
  if (isBare && (statement.isPremise || isCondition(statement.words, statement.section?.title ?? '')))
    return { kind: 'none', why: 'a condition, which claims nothing' }
  const truth = compare(left.truth, relation, right.truth)
  if (truth === undefined) return { kind: 'none', why: 'an inequality of values of different sizes' }
  if (truth) return { kind: 'claim', verdict: 'correct', root: false, carriedFrom: null, message: '', notes: [] }
  const printed = ({ side, isWritten, truth: [value] }: Compared): string =>
    isWritten ? String(Number(value.toPrecision(12))) : plainFormula(textOf(statement, side.expression))
  const written = `${printed(left)} ${relation} ${printed(right)}`
  const reason = [left.text, right.text].filter((text) => text !== '').join(', ')
  const rootLine = left.rootLine ?? right.rootLine
  if (rootLine !== undefined && mayHold(left.own, relation, right.own)) {
    const message = `right from the wrong value of line ${rootLine}; ${reason}`
    return { kind: 'claim', verdict: 'carried', root: false, carriedFrom: rootLine, message, notes: [] }
  }
  if (isBare && !isReasoned(statement.words)) return { kind: 'none', why: 'a condition, which claims nothing' }
  const message = `${written} is false${reason === '' ? '' : `: ${reason}`}`
  const verdict = left.isWritten && right.isWritten ? 'arithmetic' : 'wrong'
  return { kind: 'claim', verdict, root: true, carriedFrom: null, message, notes: [] }
}

/** Whether it holds cell by cell, a single number for all; undefined where sizes differ. */
function compare(left: readonly number[], relation: Inequality, right: readonly number[]): boolean | undefined {
  const length = Math.max(left.length, right.length)
  if (![left, right].every((side) => side.length === 1 || side.length === length)) return undefined
  return Array.from({ length }, (_, i) =>
    holds(left[left.length === 1 ? 0 : i], relation, right[right.length === 1 ? 0 : i]),
  ).every(Boolean)
}

/** Whether it holds for some values within the digits. */
function mayHold(left: Box | undefined, relation: Inequality, right: Box | undefined): boolean {
  if (left === undefined || right === undefined) return false
  const below = relation === '<' || relation === '≤'
  return compare(below ? left.low : left.high, relation, below ? right.high : right.low) ?? false
}

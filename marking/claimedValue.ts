import type { Box, Range } from './boxes.js'
import { rangeAt } from './boxes.js'
import { type Context, cellsOf, evaluateBox, signedNumeral, wholeFactors } from './evaluation.js'
import type { Expression, Numeral, Relation } from './expression/ast.js'
import { replaceNumerals } from './expression/readings.js'
import { numeralsOf } from './expression/walk.js'
import type { Written } from './verdict.js'

/** A side as the value that it claims, cell by cell, under one reading of its numerals. */
export interface ClaimedValue {
  readonly expression: Expression
  readonly box: Box
  /** The same, where numerals that repeat earlier values stand for these: what the line's arithmetic rests on. */
  readonly meant: Box
  /** Its cells are not all numerals: there is something to work out. */
  readonly isComputed: boolean
  readonly cells: readonly Written[]
  /** The middle of each cell, as written. */
  readonly values: readonly number[]
  /** Half a unit of the last place of each cell; 0 where it is no numeral. */
  readonly halves: readonly number[]
}

/** How digits are to be understood at a place. */
export interface Digits {
  readonly context: Context
  /** Half a unit of the last place that the solution usually writes. */
  readonly usualHalf: number
  /** Whole numbers claim themselves only, as counts do. */
  readonly isExact: boolean
  /** The claim is of a tensor's lengths: the factors of a product stand for them. */
  readonly isShape: boolean
  readonly relation: Relation
}

/** Every reading of a side that has a value, or why it has none. */
export function claimedValues(
  expression: Expression,
  digits: Digits,
): readonly ClaimedValue[] | { readonly why: string } {
  let why = 'it has no value'
  const readings = decimalsAreClear(expression) ? [expression] : [expression, replaceNumerals(expression, otherReading)]
  const found = readings.flatMap((reading) => {
    const factors = digits.isShape ? wholeFactors(reading) : undefined
    if (factors !== undefined && factors.length > 1) return [shapeValue(reading, factors)]
    for (const simplified of [same, withoutZeros]) {
      const expression = simplified(reading)
      const evaluated = evaluateBox(expression, asWritten(digits.context))
      const meant = evaluateBox(expression, digits.context)
      if ('box' in evaluated && 'box' in meant) return [claimedValue(expression, evaluated.box, meant.box, digits)]
      if ('why' in evaluated) why = evaluated.why
    }
    return []
  })
  // A reading whose value knows no bounds agrees with everything.
  const bounded = found.filter(({ box }) => box.low.every(Number.isFinite) && box.high.every(Number.isFinite))
  if (bounded.length > 0) return bounded
  return found.length > 0 ? found : { why }
}

function shapeValue(expression: Expression, factors: readonly number[]): ClaimedValue {
  const box: Box = { shape: [factors.length], low: factors, high: factors }
  return {
    expression,
    box,
    meant: box,
    isComputed: true,
    cells: factors.map((factor) => ({ rounded: [factor, factor], cut: [factor, factor] })),
    values: factors,
    halves: factors.map(() => 0),
  }
}

/** From here on a number without decimals says no more than that it was rounded to a whole one. */
const withoutDecimals = 100

function claimedValue(expression: Expression, box: Box, meant: Box, digits: Digits): ClaimedValue {
  const cells = cellsOf(expression)
  const numerals = cells.length === box.low.length ? cells.map(signedNumeral) : []
  const finest = Math.min(
    ...numerals.flatMap((cell) => (cell !== undefined && !cell.numeral.whole ? [cell.numeral.half] : [])),
    digits.relation === '=' ? digits.usualHalf : 0.5,
  )
  const halves = box.low.map((_, i) => {
    const cell = numerals[i]
    if (cell === undefined) return 0
    if (!cell.numeral.whole) return cell.numeral.half
    // 28.5 → 28: positions are whole.
    if (digits.isExact) return digits.relation === '→' ? 0.5 : 0
    // 108 stands for 108.2 where decimals are no longer written.
    return Math.abs(cell.value) >= withoutDecimals ? 0.5 : finest
  })
  const written = box.low.map((_, i): Written => {
    const cell = numerals[i]
    if (cell !== undefined) return digitsOf(cell.value, halves[i])
    const range = workedOut(rangeAt(box, i), meant.low.length === box.low.length ? rangeAt(meant, i) : undefined)
    return { rounded: range, cut: range }
  })
  const values = written.map(({ rounded: [low, high] }, i) => numerals[i]?.value ?? (low + high) / 2)
  const usual = written.map(({ rounded, cut }) => (digits.context.habit === 'rounds' ? rounded : cut))
  return {
    expression,
    values,
    halves,
    meant,
    isComputed: numerals.length === 0 || numerals.some((cell) => cell === undefined),
    cells: written,
    box: { shape: box.shape, low: usual.map(([low]) => low), high: usual.map(([, high]) => high) },
  }
}

/** What is to be worked out: all that its digits and what they stand for leave open. */
function workedOut(digits: Range, meant: Range | undefined): Range {
  if (meant === undefined) return digits
  const [low, high] = [Math.max(digits[0], meant[0]), Math.min(digits[1], meant[1])]
  return low <= high ? [low, high] : digits
}

/** Every numeral with decimals as all that is written like it; a whole one that repeats a rounded value as that value. */
function asWritten({ rangeOfNumeral, ...context }: Context): Context {
  return { ...context, rangeOfNumeral: (numeral) => (numeral.whole ? rangeOfNumeral?.(numeral) : undefined) }
}

const clear = new WeakMap<Expression, boolean>()

/** Whether a numeral of the expression shows which sign separates its decimals: 26.67 beside 6.333. */
function decimalsAreClear(expression: Expression): boolean {
  const known = clear.get(expression)
  if (known !== undefined) return known
  const numerals = numeralsOf(expression)
  const isClear =
    numerals.some(({ alternative, whole }) => alternative === undefined && !whole) ||
    !numerals.some(({ alternative }) => alternative !== undefined)
  clear.set(expression, isClear)
  return isClear
}

function same(expression: Expression): Expression {
  return expression
}

/** A numeral with two readings under the less likely one: all of a side are read alike. */
function otherReading(numeral: Numeral): Numeral {
  return { ...numeral, ...numeral.alternative }
}

/** The expression without summands that are vectors of zeros: a bias of no effect, whatever its length. */
function withoutZeros(expression: Expression): Expression {
  if (expression.kind === 'call') return { ...expression, arguments: expression.arguments.map(withoutZeros) }
  if (expression.kind === 'matrix' && expression.rows.length === 1 && expression.rows[0].length === 1)
    return withoutZeros(expression.rows[0][0])
  if (expression.kind !== 'operation') return expression
  const [left, right] = [withoutZeros(expression.left), withoutZeros(expression.right)]
  if (expression.operator === '+' && isZeroVector(right)) return left
  if (expression.operator === '+' && isZeroVector(left)) return right
  return { ...expression, left, right }
}

function isZeroVector(expression: Expression): boolean {
  return (
    expression.kind === 'matrix' &&
    expression.rows.flat().every((cell) => cell.kind === 'numeral' && cell.whole && cell.value === 0)
  )
}

/** The values that are rounded, and that are cut, to these digits. */
export function digitsOf(value: number, half: number): Written {
  const rounded: Range = [value - half, value + half]
  if (value === 0) return { rounded, cut: [-2 * half, 2 * half] }
  return { rounded, cut: value > 0 ? [value, value + 2 * half] : [value - 2 * half, value] }
}

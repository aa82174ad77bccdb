import { map, type Tensor } from '../oracle/tensor.js'
import { type Box, pointBox, type Range } from './boxes.js'
import type { Expression, Numeral } from './expression/ast.js'
import { evaluate, sigmoid, Unevaluable } from './expression/evaluate.js'
import { evaluateInterval, intervalOf, monotone } from './expression/interval.js'
import { numeralsOf } from './expression/walk.js'

/** How a solution shortens decimals: to the nearest, or by cutting off what follows. */
export type Habit = 'rounds' | 'cuts'

/** The range of values that a side of a chain may have, or why it has none. */
export type Evaluated = { readonly box: Box } | { readonly why: string }

/** What names and numerals stand for at a place of a solution. */
export interface Context {
  readonly habit: Habit
  /** The range of a symbol. */
  boxOfKey?(key: string): Box | undefined
  /** The range of a numeral that stands for a value written before; all that is written like it where there is none. */
  rangeOfNumeral?(numeral: Numeral): Range | undefined
}

/** Functions that every exercise knows. */
const known = { sigma: monotone(sigmoid) }

/**
 * Evaluates an expression over ranges: a numeral with decimals stands for the value written before that it repeats, or for
 * all that is written like it; whole numbers stand for themselves, names for the ranges of their symbols.
 */
export function evaluateBox(expression: Expression, context: Context): Evaluated {
  const { habit, boxOfKey, rangeOfNumeral } = context
  if (boxOfKey !== undefined) return evaluateOnce(expression, context)
  const ranges = rangeOfNumeral === undefined ? [] : numeralsOf(expression).map(rangeOfNumeral)
  const key = `${habit} ${ranges.map((range) => range?.join(' ')).join()}`
  const before = evaluations.get(expression) ?? new Map<string, Evaluated>()
  evaluations.set(expression, before)
  const known = before.get(key)
  if (known !== undefined) return known
  const evaluated = evaluateOnce(expression, context)
  if (before.size >= mostEvaluations) before.clear()
  before.set(key, evaluated)
  return evaluated
}

/** Evaluations of expressions without symbols, which every hypothesis asks for, by what their numerals stand for. */
const evaluations = new WeakMap<Expression, Map<string, Evaluated>>()

/** More evaluations of one expression than this are not kept. */
const mostEvaluations = 16

function evaluateOnce(expression: Expression, { habit, boxOfKey, rangeOfNumeral }: Context): Evaluated {
  const meantBy = (numeral: Numeral): Numeral => {
    const known = rangeOfNumeral?.(numeral)
    if (known !== undefined) return ranging(numeral, known)
    return habit === 'rounds' || numeral.whole ? numeral : { ...numeral, value: numeral.value + numeral.half }
  }
  if (expression.kind === 'numeral') {
    const meant = meantBy(expression)
    return { box: intervalOf(meant, meant.whole) }
  }
  try {
    const box = evaluateInterval(expression, {
      valueOf: (key) => boxOfKey?.(key),
      meantBy,
      isExact: (numeral) => numeral.whole,
      functions: known,
    })
    return box.low.some(Number.isNaN) ? { why: 'its value is not a number' } : { box }
  } catch (error) {
    if (error instanceof Unevaluable || error instanceof RangeError) return { why: error.message }
    throw error
  }
}

/** Evaluates an expression at exact values of its names; `undefined` where that is not possible. */
export function evaluatePoint(
  expression: Expression,
  valueOfKey: (key: string) => Tensor | undefined,
): Box | undefined {
  try {
    const box = pointBox(evaluate(expression, valueOfKey, { sigma: (x) => map(x, sigmoid) }))
    return box.low.every(Number.isFinite) ? box : undefined
  } catch (error) {
    if (error instanceof Unevaluable || error instanceof RangeError) return undefined
    throw error
  }
}

/** The numeral with another range. */
function ranging(numeral: Numeral, [low, high]: Range): Numeral {
  return { ...numeral, value: (low + high) / 2, half: (high - low) / 2, whole: low === high && Number.isInteger(low) }
}

/** A numeral with the sign before it, as the claim of a value; `undefined` for any other expression. */
export function signedNumeral(
  expression: Expression,
): { readonly numeral: Numeral; readonly value: number } | undefined {
  if (expression.kind === 'numeral') return { numeral: expression, value: expression.value }
  if (expression.kind !== 'negation') return undefined
  const inner = signedNumeral(expression.operand)
  return inner === undefined ? undefined : { numeral: inner.numeral, value: -inner.value }
}

/** The cells of a value as it is written, row by row: the entries of a matrix, or the expression itself. */
export function cellsOf(expression: Expression): readonly Expression[] {
  if (expression.kind === 'transposition') return cellsOf(expression.operand)
  return expression.kind === 'matrix' ? expression.rows.flat() : [expression]
}

/** The factors of a product of numerals, or the entries of a list of them, in order; a single numeral is one factor. */
export function wholeFactors(expression: Expression): readonly number[] | undefined {
  if (expression.kind === 'numeral') return expression.whole ? [expression.value] : undefined
  if (expression.kind === 'matrix' && expression.list) {
    const entries = expression.rows
      .flat()
      .map((entry) => (entry.kind === 'numeral' && entry.whole ? [entry.value] : []))
    return entries.every(({ length }) => length === 1) ? entries.flat() : undefined
  }
  if (expression.kind !== 'operation' || expression.operator !== '*') return undefined
  const [left, right] = [wholeFactors(expression.left), wholeFactors(expression.right)]
  return left === undefined || right === undefined ? undefined : [...left, ...right]
}

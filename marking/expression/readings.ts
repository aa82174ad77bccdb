import type { Expression, Numeral } from './ast.js'
import { rebuilt, walk } from './walk.js'

/** The most readings that are listed; an expression with more ambiguous numerals than that is read alike throughout. */
const mostReadings = 16

/**
 * Every reading of an expression whose numerals are ambiguous (`290.400`, `34,944`), the likeliest first; the expression
 * itself where none is. With more than four ambiguous numerals only the two readings that treat all of them alike.
 */
export function readings(expression: Expression): readonly Expression[] {
  const ambiguous = walk(expression).filter((node) => node.kind === 'numeral' && node.alternative !== undefined)
  const count = 2 ** ambiguous.length
  if (count > mostReadings) return [expression, replaceNumerals(expression, other)]
  return Array.from({ length: count }, (_, choice) =>
    replaceNumerals(expression, (numeral) => ((choice >> ambiguous.indexOf(numeral)) & 1 ? other(numeral) : numeral)),
  )
}

/** The numeral under its other reading, or itself where it has none. */
export function other(numeral: Numeral): Numeral {
  const { decimal, value, half, whole, alternative } = numeral
  if (alternative === undefined) return numeral
  return { ...numeral, ...alternative, alternative: { decimal, value, half, whole } }
}

/** The expression with `replace` applied to each of its numerals. */
export function replaceNumerals(expression: Expression, replace: (numeral: Numeral) => Expression): Expression {
  if (expression.kind === 'numeral') return replace(expression)
  return rebuilt(expression, (operand) => replaceNumerals(operand, replace))
}

import { type Range, rangesMeet } from './boxes.js'
import { type Context, evaluateBox } from './evaluation.js'
import type { Expression } from './expression/ast.js'
import { decimalsOf, middle, numberText } from './numbers.js'

/**
 * What kind of slip turns the value of a line's numerals into what was written: the sign, the decimal point, two digits
 * exchanged, one digit, the last place, a term or factor left out. `undefined` where none does.
 */
export function slipOf(
  line: Range,
  claimed: number,
  half: number,
  numerals: Expression | undefined,
  context: Context,
): string | undefined {
  const right = middle(line)
  const written: Range = [claimed - half, claimed + half]
  const gives = (value: number): boolean => rangesMeet(written, [value - half, value + half])
  if (rangesMeet(written, [-line[1], -line[0]])) return 'the sign is wrong'
  for (const shift of [10, 0.1, 100, 0.01])
    if (right !== 0 && gives(right * shift)) return 'the decimal point is in the wrong place'
  const decimals = decimalsOf(half)
  const [rightDigits, claimedDigits] = [digits(right, decimals), digits(claimed, decimals)]
  if (rightDigits.length === claimedDigits.length && right * claimed >= 0) {
    const differing = [...rightDigits].flatMap((digit, i) => (digit === claimedDigits[i] ? [] : [i]))
    const [i, j] = differing
    if (differing.length === 2 && rightDigits[i] === claimedDigits[j] && rightDigits[j] === claimedDigits[i])
      return 'two digits are exchanged'
    if (Math.abs(right - claimed) <= 4 * half) return 'the last place is off'
    if (differing.length === 1) return 'one digit differs'
  }
  const without = numerals === undefined ? undefined : leftOut(numerals, written, context)
  return without === undefined ? undefined : `${without} was left out`
}

function digits(value: number, decimals: number): string {
  return Math.abs(value).toFixed(decimals)
}

/** The text of a term or factor without which the line gives what was written. */
function leftOut(expression: Expression, written: Range, context: Context): string | undefined {
  for (const { rest, part } of omissions(expression)) {
    const evaluated = evaluateBox(rest, context)
    if (!('box' in evaluated) || evaluated.box.low.length !== 1) continue
    if (!rangesMeet([evaluated.box.low[0], evaluated.box.high[0]], written)) continue
    const left = evaluateBox(part, context)
    if ('box' in left) return numberText(middle([left.box.low[0], left.box.high[0]]))
  }
  return undefined
}

/** The expression with one term or factor left out, in every way. */
function omissions(expression: Expression): readonly { readonly rest: Expression; readonly part: Expression }[] {
  if (expression.kind !== 'operation') return []
  const { left, right } = expression
  return [
    { rest: left, part: right },
    ...(expression.operator === '+' || expression.operator === '*' ? [{ rest: right, part: left }] : []),
    ...omissions(left).map(({ rest, part }) => ({ rest: { ...expression, left: rest }, part })),
    ...omissions(right).map(({ rest, part }) => ({ rest: { ...expression, right: rest }, part })),
  ]
}

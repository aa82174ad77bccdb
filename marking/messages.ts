import type { Quantity } from '../exercises/exercise.js'
import { plainFormula } from '../exercises/plainText.js'
import type { Range } from './boxes.js'
import { decimalsOf, middle, numberText } from './numbers.js'
import type { Miscopied } from './transcription.js'

/** Longer than this, a formula is not repeated in a message. */
const quotable = 70

/** A formula as a message quotes it: without LaTeX. */
function quoted(latex: string): string {
  return /[\\{_^]/.test(latex) ? plainFormula(latex) : latex
}

/** `0.683`, to as many decimals as the claim beside it has and two more where that hides the difference. */
function besides(value: number, claimed: number, half: number): string {
  if (half === 0 || !Number.isFinite(half)) return numberText(value)
  const decimals = decimalsOf(half)
  const text = numberText(value, decimals)
  return text === numberText(claimed, decimals) ? numberText(value, decimals + 2) : text
}

/** «1 - 0.317 is 0.683, not 0.983: one digit differs». */
export function arithmeticMessage(
  numerals: string,
  line: Range,
  claimed: number,
  half: number,
  slip: string | undefined,
  isValueOf: string | undefined,
): string {
  const reason = isValueOf === undefined ? slip : `${numberText(claimed, decimalsOf(half))} is ${isValueOf}`
  const right = besides(middle(line), claimed, half)
  const written = quoted(numerals)
  const what = written.length <= quotable && !numerals.includes('\\begin') ? written : 'the side before it'
  const is = what === right ? 'is' : `is ${right},`
  return `${what} ${is} not ${half === 0 ? numberText(claimed) : numberText(claimed, decimalsOf(half))}${reason === undefined ? '' : `: ${reason}`}`
}

/** «0.5 stands where y_3 = 0.731 belongs; 0.5 is y_4». */
export function transcriptionMessage(miscopied: readonly Miscopied[]): string {
  return miscopied
    .map(({ numeral, belongs, value, sign, isValueOf }) => {
      const right = belongs === value ? value : `${quoted(belongs)} = ${value}`
      const place = `${quoted(numeral)} stands where ${right} belongs`
      if (sign) return `${place}: the sign is wrong`
      return isValueOf === undefined ? place : `${place}; ${quoted(numeral)} is ${isValueOf}`
    })
    .join('; ')
}

/** «follows from line 62; the exercise gives 0.683». */
export function carriedMessage(rootLine: number | undefined, truth: number): string {
  const from = rootLine === undefined ? 'an earlier wrong value' : `the wrong value of line ${rootLine}`
  return `right from ${from}; the exercise gives ${numberText(truth)}`
}

export function roundedMessage(truth: number): string {
  return `within what rounding explains of ${numberText(truth)}`
}

/** «δ_5 should be 0.148». */
export function wrongMessage(symbol: string | undefined, expected: number, quantity: Quantity | undefined): string {
  const rule = quantity === undefined || quantity.formula === '' ? '' : ` = ${plainFormula(quantity.formula)}`
  return `${symbol ?? 'this'} should be ${numberText(expected)}${symbol === undefined ? '' : `: ${symbol}${rule}`}`
}

/** «the value is right, but it does not follow from the wrong δ_5 of line 70». */
export function unsupportedMessage(own: Range | undefined): string {
  const follows = own === undefined ? '' : `, which give ${numberText(middle(own))}`
  return `the value is right, but it does not follow from the solution's earlier lines${follows}`
}

/** «the sheet gives w_03 = −1». */
export function givenMessage(symbol: string, truth: number): string {
  return `the exercise gives ${symbol} = ${numberText(truth)}`
}

/** «this formula is not that of δ_3, which is …». */
export function formulaMessage(symbol: string | undefined, formula: string | undefined): string {
  if (symbol === undefined || formula === undefined) return 'the two sides are not the same'
  return `this is not ${symbol}, which is ${plainFormula(formula)}`
}

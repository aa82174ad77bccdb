import type { Edit } from '../document/document.js'
import { signedNumeral } from '../evaluation.js'
import type { Expression, Numeral, Operation, Span } from '../expression/ast.js'
import { type Notation, writtenExactly, writtenLike } from './notation.js'

/** The text of a stretch of a statement, as the file has it. */
export type TextAt = (span: Span) => string

/** A number as it is written: a numeral with its sign, a numeral times a power of ten, or a fraction of whole numbers. */
export type Literal =
  | { readonly kind: 'numeral'; readonly expression: Expression; readonly numeral: Numeral; readonly value: number }
  | {
      readonly kind: 'scientific'
      readonly expression: Operation
      readonly mantissa: Literal & { readonly kind: 'numeral' }
      readonly exponent: Literal & { readonly kind: 'numeral' }
      readonly value: number
    }
  | {
      readonly kind: 'fraction'
      readonly expression: Expression
      readonly numerator: Numeral
      readonly denominator: Numeral
      readonly value: number
    }

/** The number that an expression writes down without anything to work out; `undefined` for every other expression. */
export function literalOf(expression: Expression): Literal | undefined {
  const numeral = numeralLiteral(expression)
  if (numeral !== undefined) return numeral
  if (expression.kind === 'negation') {
    const inner = literalOf(expression.operand)
    return inner?.kind === 'fraction' ? { ...inner, expression, value: -inner.value } : undefined
  }
  if (expression.kind !== 'operation') return undefined
  const { operator, left, right } = expression
  if (operator === '/' && left.kind === 'numeral' && right.kind === 'numeral' && left.whole && right.whole)
    return { kind: 'fraction', expression, numerator: left, denominator: right, value: left.value / right.value }
  const mantissa = numeralLiteral(left)
  if (operator !== '*' || mantissa === undefined || right.kind !== 'operation' || right.operator !== '^')
    return undefined
  const exponent = numeralLiteral(right.right)
  if (right.left.kind !== 'numeral' || right.left.value !== 10 || exponent === undefined) return undefined
  return { kind: 'scientific', expression, mantissa, exponent, value: mantissa.value * 10 ** exponent.value }
}

function numeralLiteral(expression: Expression): (Literal & { readonly kind: 'numeral' }) | undefined {
  const signed = signedNumeral(expression)
  return signed === undefined ? undefined : { kind: 'numeral', expression, ...signed }
}

/** Whether a number as it stands is this value to its digits; whole numbers stand for values of `usualHalf` around them. */
export function agrees(literal: Literal, value: number, { cuts }: Notation, usualHalf: number): boolean {
  const slack = 1e-9 * Math.max(Math.abs(value), 1e-300)
  if (literal.kind !== 'numeral') return Math.abs(literal.value - value) <= Math.max(slack, halfOf(literal))
  const { numeral } = literal
  const half = numeral.whole ? (Number.isInteger(value) ? 0 : usualHalf) : numeral.half
  const difference = Math.abs(value) - Math.abs(literal.value)
  const sameSign = literal.value === 0 || value === 0 || Math.sign(literal.value) === Math.sign(value)
  const rounded = Math.abs(value - literal.value) <= half + slack
  return rounded || (cuts && sameSign && difference >= -slack && difference <= 2 * half + slack)
}

function halfOf(literal: Literal): number {
  return literal.kind === 'scientific' ? literal.mantissa.numeral.half * 10 ** literal.exponent.value : 0
}

/** Where a number stands, which decides about parentheses around a negative one. */
export interface Surroundings {
  readonly before: string
  readonly after: string
}

/** The edits that put a value where a number stands, in its notation; `isExact` for what is given or counted. */
export function editsOf(
  literal: Literal,
  value: number,
  isExact: boolean,
  textAt: TextAt,
  notation: Notation,
  surroundings: Surroundings,
): readonly Edit[] {
  if (literal.kind === 'scientific') return scientificEdits(literal, value, textAt, notation, surroundings)
  if (literal.kind === 'fraction') return [fractionEdit(literal, value, textAt, notation, surroundings)]
  const size = Math.abs(value)
  const usual = writtenLike(size, { numeral: literal.numeral, source: textAt(literal.numeral.span) }, notation)
  const exact = writtenExactly(size, notation)
  const isShort = isExact && !Number.isInteger(size) && exact.length <= longestExact
  return signedEdits(literal, isShort ? exact : usual, value < 0, notation, surroundings)
}

/** Longer than this, a given number is written in the solution's precision, not in full. */
const longestExact = 8

/** The size in place of a signed numeral, its own minus sign kept, left out or put before it. */
export function signedEdits(
  { numeral, expression }: Literal & { readonly kind: 'numeral' },
  size: string,
  negative: boolean,
  notation: Notation,
  { before, after }: Surroundings,
): readonly Edit[] {
  const isNegative = negative && /[1-9]/.test(size)
  const hadSign = expression.kind === 'negation' && expression.operand === numeral
  const { start, end } = expression.span
  if (hadSign && isNegative) return [{ span: numeral.span, text: size }]
  if (!isNegative) {
    // «0.5 · (-0.3)» becomes «0.5 · 0.3».
    const [open] = /(?<=(?:[-+*/·×⋅−]|\\cdot|\\times)\s*)\(\s*$/u.exec(before) ?? []
    const [close] = /^\s*\)(?![\^²³])/u.exec(after) ?? []
    if (hadSign && open !== undefined && close !== undefined)
      return [{ span: { start: start - open.length, end: end + close.length }, text: size }]
    return [{ span: { start, end }, text: size }]
  }
  const isBase = /^\s*[\^²³⁴⁵⁶⁷⁸⁹]/u.test(after)
  const [gap, sign] = /([-+−])\s*$/u.exec(before) ?? []
  if (gap !== undefined && !isBase) {
    // «+ 0.3» becomes «- 0.3», not «+ (-0.3)»; a minus sign at the beginning goes.
    const begins = /(?:^|[=≈([{&,→])\s*$/u.test(before.slice(0, before.length - gap.length))
    const turned = sign === '+' ? notation.minus : begins ? '' : '+'
    return [{ span: { start: start - gap.length, end }, text: `${turned}${gap.slice(1)}${size}`.trimStart() }]
  }
  const text = `${notation.minus}${size}`
  const isFactor = /(?:[*/·×⋅]|\\(?:cdot|times|odot))\s*$/u.test(before)
  return [{ span: { start, end }, text: isFactor || isBase ? `(${text})` : text }]
}

function scientificEdits(
  { mantissa, exponent }: Literal & { readonly kind: 'scientific' },
  value: number,
  textAt: TextAt,
  notation: Notation,
  surroundings: Surroundings,
): readonly Edit[] {
  const source = textAt(mantissa.numeral.span)
  const digits = /[.,}](\d+)$/.exec(source)?.[1].length ?? 0
  const [size, power] = Math.abs(value).toExponential(digits).split('e')
  const written = size.replace('.', /\{,\}|,|\./.exec(source)?.[0] ?? notation.decimalSign)
  const alone = { before: '', after: '' }
  return [
    ...signedEdits(mantissa, written, value < 0, notation, surroundings),
    ...signedEdits(exponent, String(Math.abs(Number(power))), Number(power) < 0, notation, alone),
  ]
}

/** The fraction with another numerator, or with the smallest denominator that fits; a decimal number where none does. */
function fractionEdit(
  { numerator, denominator, expression }: Literal & { readonly kind: 'fraction' },
  value: number,
  textAt: TextAt,
  notation: Notation,
  surroundings: Surroundings,
): Edit {
  const below = [denominator.value, ...Array.from({ length: 1000 }, (_, i) => i + 1)].find((candidate) => {
    const above = value * candidate
    return candidate > 0 && Math.abs(above - Math.round(above)) <= 1e-9 * Math.max(1, Math.abs(above))
  })
  const inside = expression.kind === 'negation' ? expression.operand : expression
  const sign = value < 0 ? notation.minus : ''
  const wrap = (text: string) => (value < 0 && /[-+*/·×−⋅]\s*$/u.test(surroundings.before) ? `(${text})` : text)
  if (below === undefined) {
    const numeral = { ...numerator, whole: true }
    return { span: expression.span, text: wrap(writtenLike(value, { numeral, source: '0' }, notation)) }
  }
  const source = textAt(inside.span)
  const at = (span: Span): readonly [number, number] => [span.start - inside.span.start, span.end - inside.span.start]
  const [from, to] = at(numerator.span)
  const [start, end] = at(denominator.span)
  const above = String(Math.round(Math.abs(value) * below))
  const fraction = `${source.slice(0, from)}${above}${source.slice(to, start)}${below}${source.slice(end)}`
  return { span: expression.span, text: wrap(`${sign}${below === 1 ? above : fraction}`) }
}

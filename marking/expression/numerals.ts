import type { Digits, Numeral, Span } from './ast.js'
import { isSign, type Node, type NumberNode, spanOf } from './nodes.js'

/** Which sign separates decimals in a document; where it is not known, the likelier reading of each numeral is taken. */
export type DecimalSign = '.' | ','

/** Where numbers stand beside each other: on the line, in parentheses, in brackets or a cell, or as arguments of max and min. */
export type NumberContext = 'line' | 'parentheses' | 'list' | 'arguments'

/**
 * The numeral that a text spells, with every digit kept; `undefined` where its points and commas make no number. A single
 * separator before exactly three digits may group thousands or begin the decimals: `34,944` and `290.400` keep both readings.
 */
export function readNumeral(text: string, span: Span, decimalSign?: DecimalSign): Numeral | undefined {
  const [, mantissa, power] = /^([^eE]+)(?:[eE](.+))?$/u.exec(plainExponent(text)) ?? []
  if (mantissa === undefined) return undefined
  const exponent = Number((power ?? '0').replace('−', '-'))
  const parts = separate(mantissa)
  const digitsOf = (plain: string | undefined): Digits | undefined =>
    plain === undefined ? undefined : scaled(plain, exponent, power !== undefined)
  const decimal = digitsOf(asDecimal(parts))
  const grouped = digitsOf(asGrouped(parts))
  const groupedFirst = parts.separators[0] !== (decimalSign ?? '.')
  const [first, second] = groupedFirst ? [grouped ?? decimal, decimal] : [decimal ?? grouped, grouped]
  if (first === undefined || !Number.isFinite(first.value)) return undefined
  const alternative = second === first ? undefined : second
  return { kind: 'numeral', text, ...first, ...(alternative === undefined ? {} : { alternative }), span }
}

/** `1.2\mathrm{e}{-3}` as `1.2e-3`. */
function plainExponent(text: string): string {
  return text.replace(/\\(?:mathrm|text|rm) *\{[eE]\} *\{([^}]*)\}$/u, 'e$1')
}

interface Parts {
  /** The runs of digits, and the separators between them: `.`, `,` or a thin space. */
  readonly digits: readonly string[]
  readonly separators: readonly ('.' | ',' | ' ')[]
}

function separate(mantissa: string): Parts {
  const digits: string[] = ['']
  const separators: ('.' | ',' | ' ')[] = []
  for (const piece of mantissa.match(/\d+|\{,\}|\\,|[.,]/g) ?? []) {
    if (/^\d/.test(piece)) digits[digits.length - 1] = piece
    else {
      separators.push(piece === '.' ? '.' : piece === '\\,' ? ' ' : ',')
      digits.push('')
    }
  }
  return { digits, separators }
}

/** Digits whose one separator begins the decimals. */
function asDecimal({ digits, separators }: Parts): string | undefined {
  if (separators.length === 0) return digits[0]
  if (separators.length > 1 || separators[0] === ' ') return undefined
  return `${digits[0] === '' ? '0' : digits[0]}.${digits[1]}`
}

/** Digits whose separators group thousands, all but a last and different one, which begins the decimals. */
function asGrouped({ digits, separators }: Parts): string | undefined {
  if (separators.length === 0) return undefined
  const last = separators.length - 1
  const withDecimals = last > 0 && separators[last] !== separators[0]
  const grouping = withDecimals ? separators.slice(0, last) : separators
  const groups = digits.slice(1, grouping.length + 1)
  const [first] = digits
  if (first.length < 1 || first.length > 3 || first.startsWith('0')) return undefined
  if (groups.some((group) => group.length !== 3) || grouping.some((separator) => separator !== grouping[0]))
    return undefined
  const whole = [first, ...groups].join('')
  return withDecimals ? `${whole}.${digits[last + 1]}` : whole
}

/** A plain decimal times a power of ten, its last digit being the last place that is claimed. */
function scaled(plain: string, exponent: number, hasExponent: boolean): Digits {
  const [whole, decimals = ''] = plain.split('.')
  const places = decimals.length - exponent
  const decimal = exponent === 0 ? plain : shifted(whole + decimals, places)
  return {
    decimal,
    value: Number(decimal),
    half: Number(`5e${-places - 1}`),
    whole: decimals === '' && !plain.includes('.') && !hasExponent,
  }
}

/** Digits with the decimal point `places` from their end. */
function shifted(digits: string, places: number): string {
  if (Math.abs(places) > 400) return places > 0 ? '0' : 'Infinity'
  if (places <= 0) return digits.padEnd(digits.length - places, '0')
  const padded = digits.padStart(places + 1, '0')
  return `${padded.slice(0, -places)}.${padded.slice(-places)}`
}

/**
 * Joins numbers with the bare commas between them into one number where the comma is part of it, and leaves the commas that
 * separate: `34,944` and `0,731` on the line are numbers, `(1,2)` and `[500,250,50]` lists.
 */
export function joinCommas(nodes: readonly Node[], context: NumberContext, decimalSign?: DecimalSign): readonly Node[] {
  const joined: Node[] = []
  for (let i = 0; i < nodes.length; ) {
    const run = commaRun(nodes, i)
    if (run.length < 2) joined.push(nodes[i])
    else {
      const text = run.map(({ text }) => text).join(',')
      const [first, last] = [run[0], run[run.length - 1]]
      if (isOneNumber(text, run, nodes, context, decimalSign))
        joined.push({ kind: 'number', text, spaced: first.spaced, span: spanOf(first, last) })
      else joined.push(...nodes.slice(i, i + 2 * run.length - 1))
    }
    i += Math.max(1, 2 * run.length - 1)
  }
  return joined
}

/** The numbers from place `i` on that only commas without spaces separate; one node or none where there is no such run. */
function commaRun(nodes: readonly Node[], i: number): readonly NumberNode[] {
  const run: NumberNode[] = []
  for (let at = i; ; at += 2) {
    const number = nodes[at]
    if (number?.kind !== 'number' || (at > i && number.spaced)) break
    run.push(number)
    const comma = nodes[at + 1]
    if (!isSign(comma, ',') || comma.spaced) break
  }
  return run.length === 0 ? [] : run
}

function isOneNumber(
  text: string,
  run: readonly NumberNode[],
  nodes: readonly Node[],
  context: NumberContext,
  decimalSign: DecimalSign | undefined,
): boolean {
  const numeral = readNumeral(text, spanOf(run[0]), decimalSign)
  if (numeral === undefined) return false
  if (context === 'line') return true
  const separatesElsewhere = nodes.some((node, i) => isSign(node, ',') && nodes[i + 1]?.spaced === true)
  const pure = nodes.every(
    (node) => node.kind === 'number' || isSign(node, ',') || isSign(node, '-') || isSign(node, '+'),
  )
  if (separatesElsewhere) return true
  if (context === 'arguments') return false
  if (!pure) return true
  if (context === 'list') return false
  return numeral.whole || decimalSign === ',' || run[0].text === '0'
}

/**
 * Reads the letter x between numbers as the sign of a product: `227x227x3`, `11 x 11`. Between two single digits in a sum it
 * stays a letter: `2x1 + 3x2` has the symbols x₁ and x₂. So it does behind the index of a name: `w03x0`.
 */
export function joinTimes(nodes: readonly Node[]): readonly Node[] {
  const inSum = nodes.some((node) => isSign(node, '+') || isSign(node, '-'))
  const joined: Node[] = []
  for (const [i, node] of nodes.entries()) {
    const { spaced, span } = node
    joined.push(isTimes(node, i) ? { kind: 'command', name: 'times', spaced, span } : node)
  }
  return joined

  function isTimes(node: Node, i: number): boolean {
    const [indexed, before, after] = [joined[i - 2], joined[i - 1], nodes[i + 1]]
    if (node.kind !== 'letters' || !/^[xX]$/.test(node.text)) return false
    const follows = before?.kind === 'number' || (before?.kind === 'group' && before.open === '(')
    if (!follows || after?.kind !== 'number' || node.spaced !== after.spaced) return false
    if (indexed?.kind === 'letters' && before.kind === 'number' && !before.spaced && !node.spaced) return false
    const digits = [before, after].some((side) => side.kind === 'number' && side.text.length > 1)
    return !inSum || digits
  }
}

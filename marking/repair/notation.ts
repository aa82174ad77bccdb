import type { Numeral } from '../expression/ast.js'

/** How many digits a solution writes: so many decimals whatever the size, or so many significant digits. */
export interface Precision {
  readonly kind: 'decimals' | 'significant'
  readonly digits: number
}

/** How a solution writes its numbers. */
export interface Notation {
  readonly precision: Precision
  /** What stands before the decimals: `.`, `,` or `{,}`. */
  readonly decimalSign: string
  readonly minus: string
  /** Decimals are cut off, not rounded. */
  readonly cuts: boolean
}

/** A numeral with what its source says of it. */
export interface Spelled {
  readonly numeral: Numeral
  /** As it stands in the document, a percent sign behind it included. */
  readonly source: string
}

/** A numeral's parts: `{,}` before the decimals, thousands' separators, exponent, percent sign. */
interface Spelling {
  readonly whole: string
  readonly decimals: string | undefined
  readonly decimalSign: string | undefined
  readonly grouping: string | undefined
  /** The letter, a sign that is always written, and the exponent. */
  readonly exponent: { readonly letter: string; readonly value: number } | undefined
  readonly percent: string
}

/** Three decimals: what a solution is taken to write where it has none to tell by. */
const usual: Precision = { kind: 'decimals', digits: 3 }

/** More decimals than these are never written: float64 has no more to tell of numbers near 1. */
const mostDecimals = 12

/** What most decimal numerals of a solution agree on, and the signs that it uses. `texts` is where its minus signs stand. */
export function notationOf(numerals: readonly Spelled[], texts: readonly string[], cuts: boolean): Notation {
  const decimals = numerals.filter(({ numeral, source }) => !numeral.whole && !/%|[eE]/.test(source))
  const spellings = decimals.map(({ source, numeral }) => spellingOf(source, numeral.whole))
  const byDecimals = mostFrequent(spellings.map((spelling) => spelling.decimals?.length ?? 0))
  const bySignificant = mostFrequent(decimals.map(({ numeral }) => significantDigits(numeral.decimal)))
  const signs = texts.join('')
  return {
    precision:
      byDecimals === undefined || bySignificant === undefined
        ? usual
        : bySignificant.count > byDecimals.count
          ? { kind: 'significant', digits: bySignificant.value }
          : { kind: 'decimals', digits: byDecimals.value },
    decimalSign: mostFrequent(spellings.flatMap(({ decimalSign }) => decimalSign ?? []))?.value ?? '.',
    minus: signs.includes('−') && !signs.includes('-') ? '−' : '-',
    cuts,
  }
}

function mostFrequent<T>(values: readonly T[]): { readonly value: T; readonly count: number } | undefined {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const [best] = [...counts].toSorted((a, b) => b[1] - a[1])
  return best === undefined ? undefined : { value: best[0], count: best[1] }
}

/** Digits from the first that is not zero. */
function significantDigits(decimal: string): number {
  return decimal.replace('.', '').replace(/^0+/, '').length
}

/** A number in the notation of the numeral that it takes the place of, with a minus sign before it where it is negative. */
export function writtenLike(value: number, like: Spelled, notation: Notation): string {
  const magnitude = magnitudeLike(Math.abs(value), like, notation)
  return value < 0 && /[1-9]/.test(magnitude) ? `${notation.minus}${magnitude}` : magnitude
}

/** The size of a number in the notation of a numeral: its separators, its percent sign or exponent, its digits. */
function magnitudeLike(size: number, { numeral, source }: Spelled, notation: Notation): string {
  const spelling = spellingOf(source, numeral.whole)
  if (spelling.exponent !== undefined) return scientific(size, spelling, notation)
  const scaled = spelling.percent === '' ? size : size * 100
  const digits = plainDigits(scaled, decimalsFor(scaled, spelling, notation), notation.cuts)
  return dressed(shortened(digits, scaled, spelling, notation), spelling, notation) + spelling.percent
}

function spellingOf(source: string, isWhole: boolean): Spelling {
  const [, percent = ''] = /(\s*\\?%)\s*$/u.exec(source) ?? []
  const body = source.slice(0, source.length - percent.length)
  const [, mantissa = body, letter, power] = /^(.*?)(?:([eE]\+?)([-−]?\d+))?$/u.exec(body) ?? []
  const pieces = mantissa.split(/(\{,\}|\\,|[.,])/u)
  const separators = pieces.filter((_, i) => i % 2 === 1)
  const hasDecimals = separators.length > 0 && !isWhole
  const decimals = hasDecimals ? pieces[pieces.length - 1] : undefined
  const digits = (hasDecimals ? pieces.slice(0, -2) : pieces).filter((_, i) => i % 2 === 0)
  return {
    whole: digits.join(''),
    decimals,
    decimalSign: hasDecimals ? separators[separators.length - 1] : undefined,
    grouping: (hasDecimals ? separators.slice(0, -1) : separators)[0],
    exponent: letter === undefined ? undefined : { letter, value: Number(power.replace('−', '-')) },
    percent,
  }
}

/** How many decimals a number gets in place of a numeral: its own, or the solution's where that says more. */
function decimalsFor(value: number, spelling: Spelling, { precision }: Notation): number {
  const own = spelling.decimals?.length ?? 0
  if (Number.isInteger(value) && own === 0) return 0
  if (precision.kind === 'decimals') return Math.max(own, precision.digits - (spelling.percent === '' ? 0 : 2))
  const significant = Math.max(
    precision.digits,
    spelling.decimals === undefined ? 0 : significantDigits(`${spelling.whole}.${spelling.decimals}`),
  )
  return value === 0 ? own : Math.min(mostDecimals, Math.max(0, significant - 1 - Math.floor(Math.log10(value))))
}

/** Zeros at the end are left out where the numeral that is replaced had fewer digits than the solution writes, as if they had been. */
function shortened(digits: string, value: number, spelling: Spelling, { precision }: Notation): string {
  const own = spelling.decimals ?? ''
  const isFull =
    precision.kind === 'decimals'
      ? own.length >= precision.digits - (spelling.percent === '' ? 0 : 2)
      : significantDigits(`${spelling.whole}.${own}`) >= precision.digits
  if (isFull || !digits.includes('.')) return digits
  const [whole, decimals] = digits.split('.')
  const isExact = Math.abs(Number(digits) - value) <= 1e-12 * Math.max(1, value)
  const kept = isExact || own === '' || !own.endsWith('0') ? decimals.replace(/0+$/, '') : decimals
  return kept.length < own.length
    ? `${whole}.${decimals.slice(0, own.length)}`
    : kept === ''
      ? whole
      : `${whole}.${kept}`
}

/** A size to so many decimals, rounded or cut. */
function plainDigits(size: number, decimals: number, cuts: boolean): string {
  if (!cuts) return size.toFixed(decimals)
  const scaled = Math.trunc(Number((size * 10 ** decimals).toPrecision(14)))
  return (scaled / 10 ** decimals).toFixed(decimals)
}

/** Plain digits with the separators of a spelling. */
function dressed(digits: string, spelling: Spelling, notation: Notation): string {
  const [whole, decimals] = digits.split('.')
  const grouped =
    spelling.grouping === undefined ? whole : whole.replaceAll(/(?<=\d)(?=(?:\d{3})+$)/g, spelling.grouping)
  const first = whole === '0' && spelling.whole === '' && decimals !== undefined ? '' : grouped
  return decimals === undefined ? first : `${first}${spelling.decimalSign ?? notation.decimalSign}${decimals}`
}

/** `1.5e-3`: as many digits of the mantissa as there were. */
function scientific(size: number, spelling: Spelling, notation: Notation): string {
  const { letter = 'e' } = spelling.exponent ?? {}
  const [mantissa, power] = size.toExponential(spelling.decimals?.length ?? 0).split('e')
  const exponent = Number(power)
  const sign = letter.endsWith('+') && exponent < 0 ? letter.slice(0, -1) : letter
  return `${dressed(mantissa, { ...spelling, grouping: undefined }, notation)}${sign}${exponent < 0 ? notation.minus : ''}${Math.abs(exponent)}`
}

/** A number that is given or counted, as short as it can be written exactly, with the solution's decimal sign. */
export function writtenExactly(value: number, notation: Notation): string {
  const size = String(Number(Math.abs(value).toPrecision(mostDecimals)))
  return `${value < 0 ? notation.minus : ''}${size.replace('.', notation.decimalSign)}`
}

/** A computed number in the solution's own precision, where no numeral stands in whose notation it could be written. */
export function writtenUsually(value: number, notation: Notation): string {
  const decimals = '0'.repeat(notation.precision.digits)
  const source = notation.precision.kind === 'decimals' ? `0.${decimals}` : `0.${'1'.repeat(notation.precision.digits)}`
  const numeral: Numeral = {
    ...{ kind: 'numeral', text: source, decimal: source, value: 0, half: 0, whole: false },
    span: { start: 0, end: source.length },
  }
  return Number.isInteger(value)
    ? writtenExactly(value, notation)
    : writtenLike(value, { numeral, source: source.replace('.', notation.decimalSign) }, notation)
}

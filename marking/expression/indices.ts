import { latexSymbol } from '../../exercises/plainText.js'
import type { Expression, Name, Numeral, Span } from './ast.js'
import { rebuilt, walk } from './walk.js'

/** Letters that count: two and three of them side by side are several indices. */
const counting = 'ijklmnpqrtuv'

/** Letters side by side that are a word and no indices. */
const words: ReadonlySet<string> = new Set([
  'in',
  'min',
  'nil',
  'lim',
  'kl',
  'pt',
  'tr',
  'ln',
  'tk',
  'nn',
  'mlp',
  'out',
])

/** An entry of a tensor that a key may name: its base, and zero-based indices. */
export interface Entry {
  readonly base: string
  readonly place: readonly number[]
}

/**
 * The entries of tensors that a key may name: `Q_12` is the entry in row 1 and column 2 of Q or the twelfth of a vector Q, `W[0][1]` in
 * code counts from zero, `x_1^(2)` is the first of x^(2).
 */
export function entriesNamed(key: string): readonly Entry[] {
  const code = /^(.+?)((?:\[-?\d+\])+)$/.exec(key)
  if (code !== null) return [{ base: code[1], place: (code[2].match(/-?\d+/g) ?? []).map(Number) }]
  const written = /^([^_]+)_\(?(\d+|\d+,\d+)\)?((?:\^[^'/]+)?'*)$/.exec(key)
  if (written === null) return []
  const [, start, index, end] = written
  const base = `${start}${end}`
  // Counted from zero, or another symbol.
  if (/(^|,)0|^0/.test(index)) return []
  if (index.includes(',')) return [{ base, place: index.split(',').map((part) => Number(part) - 1) }]
  const whole: Entry = { base, place: [Number(index) - 1] }
  return index.length === 1 ? [whole] : [{ base, place: [...index].map((digit) => Number(digit) - 1) }, whole]
}

/** Where in a tensor's row-major data an entry stands; `undefined` where the tensor has no such entry. */
export function positionOf({ place }: Entry, shape: readonly number[]): number | undefined {
  const lengths = place.length === shape.length ? shape : shape.filter((length) => length > 1)
  const single = lengths.length === 0 ? [1] : lengths
  if (place.length !== single.length || shape.length === 0) return undefined
  const from = place.map((index, axis) => (index < 0 ? index + single[axis] : index))
  if (from.some((index, axis) => !Number.isInteger(index) || index < 0 || index >= single[axis])) return undefined
  return from.reduce((position, index, axis) => position * single[axis] + index, 0)
}

/** A row of a matrix that a key may name: its base, and its zero-based number; `q_1`, `q^(1)` and `q_e^(1)` are the first of q or q_e. */
export function rowNamed(key: string): { readonly base: string; readonly row: number } | undefined {
  const written = /^([^_^]+(?=_\d'*$)|[^^]+(?=\^\())(?:_(\d)|\^\((\d)\))('*)$/.exec(key)
  if (written === null) return undefined
  const [, start, below, above, end] = written
  return { base: `${start}${end}`, row: Number(below ?? above) - 1 }
}

/** A whole number as a numeral. */
export function wholeNumeral(value: number, span: Span): Numeral {
  return { kind: 'numeral', text: `${value}`, decimal: `${value}`, value, half: 0.5, whole: true, span }
}

/** An expression with a number in place of an index, in names too: `x_i` for i = 2 is `x_2`, `h_{t-1}` for t = 1 is `h_0`. */
export function withIndex(expression: Expression, index: string, value: number): Expression {
  if (expression.kind === 'name') return nameWithIndex(expression, index, value)
  const inside = rebuilt(expression, (operand) => withIndex(operand, index, value))
  return inside.kind === 'call' ? { ...inside, name: keyWithIndex(inside.name, index, value) } : inside
}

function nameWithIndex(name: Name, index: string, value: number): Expression {
  if (name.key === index) {
    const number = wholeNumeral(Math.abs(value), name.span)
    return value < 0 ? { kind: 'negation', operand: number, span: name.span } : number
  }
  const key = keyWithIndex(name.key, index, value)
  if (key === name.key) return name
  const [, above, below] = /^∂(.+)\/∂(.+)$/.exec(key) ?? []
  const text =
    above === undefined ? latexSymbol(key) : `\\frac{\\partial ${latexSymbol(above)}}{\\partial ${latexSymbol(below)}}`
  return { ...name, key, text }
}

/** Whether an expression has an index in it, by itself or in a name's scripts. */
export function dependsOn(expression: Expression, index: string): boolean {
  return walk(expression).some((node) => {
    if (node.kind === 'name') return node.key === index || keyWithIndex(node.key, index, 1) !== node.key
    return node.kind === 'call' && keyWithIndex(node.name, index, 1) !== node.name
  })
}

/** The letters that a key's scripts count with. */
export function indicesIn(key: string): readonly string[] {
  return [...key.matchAll(scripts)].flatMap(([, , script]) => {
    const inner = script.replace(/^\((.*)\)$/, '$1')
    if (/^[a-z]$/.test(inner)) return counting.includes(inner) ? [inner] : []
    return areIndices(inner) ? [...inner].filter((letter) => counting.includes(letter)) : []
  })
}

const scripts = /([_^])(\([^()]*\)|[^_^'/ ]+)/g

/** A key with a number in place of an index in its scripts. */
function keyWithIndex(key: string, index: string, value: number): string {
  return key.replaceAll(scripts, (whole, sign: string, script: string) => {
    const [open, inner, close] = /^\(.*\)$/.test(script) ? ['(', script.slice(1, -1), ')'] : ['', script, '']
    const parts = inner.split(',')
    const listed = open !== '' || parts.length > 1
    const replacements = parts.map((part) => partWithIndex(part, index, value, listed))
    const replaced = replacements.join(',')
    return replaced === inner ? whole : `${sign}${open}${replaced}${close}`
  })
}

/** `2i` is twice the index in a list of indices; elsewhere it is two of them. */
function partWithIndex(part: string, index: string, value: number, listed: boolean): string {
  if (part === index) return `${value}`
  const offset = new RegExp(`^${escaped(index)}([+-]\\d+)$`).exec(part)
  if (offset !== null) return `${value + Number(offset[1])}`
  const added = new RegExp(`^(.+)([+-])${escaped(index)}$`).exec(part)
  if (added !== null && value >= 0) return value === 0 ? added[1] : `${added[1]}${added[2]}${value}`
  const multiple = new RegExp(`^(\\d+)${escaped(index)}([+-]\\d+)?$`).exec(part)
  if (listed && multiple !== null && index.length === 1)
    return `${Number(multiple[1]) * value + Number(multiple[2] ?? 0)}`
  if (!areIndices(part) || index.length > 1) return part
  return [...part].map((sign) => (sign === index ? `${value}` : sign)).join(value > 9 ? ',' : '')
}

/** Whether letters and digits side by side are indices each by itself. */
function areIndices(part: string): boolean {
  return (
    /^[a-z\d]{2,3}$/.test(part) &&
    !words.has(part) &&
    [...part].every((sign) => counting.includes(sign) || /\d/.test(sign))
  )
}

function escaped(index: string): string {
  return index.replaceAll(/[^A-Za-z\d]/g, '\\$&')
}

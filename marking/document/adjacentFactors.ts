import { operatorOf } from '../expression/factors.js'
import { isGreekLetter, isWord, keyOf, type SymbolTable } from '../expression/names.js'
import { isCommand, isSign, type Token } from '../expression/nodes.js'
import { knownFunction, relations } from '../expression/vocabulary.js'

/** A token, and whether the mathematics that it may go on with holds a relation already. */
interface Place {
  readonly at: number
  readonly isSide: boolean
}

/** A name in the order of the text, and the first token behind it. */
interface Named {
  readonly text: string
  readonly end: number
}

/** Words of two letters that a sentence may begin with. */
const capitalWords: ReadonlySet<string> = new Set(
  'An As At By Do He If In Is It My No Of On Or So To Up We Da Er Es Im Ob So Um Wo Zu Il La Le Si Un El Se Te To'.split(
    ' ',
  ),
)

/** A factor or an index in parentheses or braces has no more tokens. */
const longestGroup = 500

/** A name before a token, where it begins, and whether it is raised to a power. */
interface Before extends Named {
  readonly from: number
  readonly isPower: boolean
}

/**
 * Whether an operand goes on with the mathematics that ends one space before it, as a factor: `W_hy h_3`, `2 D A + A`,
 * `y3 (1 - y3) w35 δ5`, `(1 - 0.3) 0.3`, `[[1, 2]] [[3], [4]]`. It does not where it begins an equation of its own, `x_1 = 1 x_2 = -1`, on
 * another line, or as a remark, `a = 3 (3.2)`.
 */
export function areFactors(
  tokens: readonly Token[],
  { at, isSide }: Place,
  symbols: SymbolTable,
  text: string,
): boolean {
  const [before, token] = [tokens[at - 1], tokens[at]]
  if (isNewLine(text, before, token)) return false
  if (isScript(before) || isPrefix(before) || awaitsNumber(before, token)) return true
  if (isSign(token, '(')) return opensFactor(tokens, at)
  const behindBracket = isClosing(before) || (isSign(tokens[at - 2], '^') && isClosing(tokens[at - 3]))
  if (isSign(token, '[')) return isSide && behindBracket
  if (token.kind === 'number') return isSide && isSign(before, ')')
  const name = nameAt(tokens, at, text)
  if (name === undefined || text[token.span.start - 2] === ' ') return false
  if (isNumeral(before, text)) {
    const isFactor = /^\d+$/.test(text.slice(before.span.start, before.span.end)) || isSide
    return isFactor && isSymbol(name.text, symbols) && !isRelation(tokens[name.end])
  }
  if (behindBracket) return isSide && isFactorBehindBracket(tokens, at, name, symbols, text)
  const other = nameBefore(tokens, at, text)
  if (other === undefined) return false
  const [first, second] = [isSymbolAt(tokens, other, symbols), isSymbol(name.text, symbols)]
  // A word before an equation says what it is of: «error t − y5 = 0.683».
  if (first && second) return isSide || !/^\p{L}{4,}$/u.test(other.text)
  const isShort = /^[d∂]\p{L}$|^\p{Lu}\p{L}$/u.test(name.text) && !capitalWords.has(name.text)
  const areNames = (first || other.isPower || isIndexed(other.text)) && (second || isShort || isIndexed(name.text))
  if (!areNames || isBeforeWord(tokens, name.end - 1, text)) return false
  const previous = tokens[other.from - 1]
  // Two names are a side of their own where no word stands before them: `x_1 W_Q = (1, 2)`, `q_1 = x_1 W_Q = (1, 2)`.
  return isSide ? isRelation(previous) || !isRelation(tokens[name.end]) : previous?.kind !== 'letters'
}

function isClosing(token: Token | undefined): boolean {
  return isSign(token, ')') || isSign(token, ']')
}

/** A name that begins with a token, subscript included, and the first token behind it. */
export function nameAt(tokens: readonly Token[], i: number, text: string): Named | undefined {
  const [first, script] = tokens.slice(i, i + 2)
  const isLetter = first?.kind === 'letters' || (first?.kind === 'command' && isGreekLetter(first.name))
  if (!isLetter) return undefined
  const isIndex = script?.kind === 'number' && !script.spaced
  const end = isIndex ? i + 2 : ((isSign(script, '_') ? endOfScript(tokens, i + 1) : undefined) ?? i + 1)
  return { text: text.slice(first.span.start, tokens[end - 1].span.end), end }
}

/** The first token behind a script that begins with its sign; undefined where there is none. */
function endOfScript(tokens: readonly Token[], sign: number): number | undefined {
  const inner = tokens[sign + 1]
  if (isSign(inner, '{')) {
    const close = indexOfSign(tokens, '}', sign)
    return close === undefined ? undefined : close + 1
  }
  if (inner?.kind === 'number') return sign + 2
  if (inner?.kind !== 'letters') return undefined
  const next = tokens[sign + 2]
  return next?.kind === 'number' && !next.spaced ? sign + 3 : sign + 2
}

/** The name, a power of it perhaps, that ends before a token, and where it begins. */
function nameBefore(tokens: readonly Token[], at: number, text: string): Before | undefined {
  for (let from = at - 1; from >= 0 && at - from <= 10; from--) {
    const name = isScript(tokens[from - 1]) ? undefined : nameAt(tokens, from, text)
    if (name === undefined) continue
    const end = isSign(tokens[name.end], '^') ? endOfScript(tokens, name.end) : name.end
    if (end === at) return { ...name, from, isPower: end > name.end }
  }
  return undefined
}

/** Whether a name is a symbol of the exercise, and none of the small letters that are words of prose as well: `Why`, but not «why». */
export function isSymbol(name: string, symbols: SymbolTable): boolean {
  const key = keyOf(name)
  return key !== undefined && symbols.keys.has(key) && !/^([aeiouyηο]|wh[oy])$/u.test(name)
}

/** The same; a letter that may be a word is none behind a relation or an operator: `= η δ_3`. */
function isSymbolAt(tokens: readonly Token[], { text, from }: Before, symbols: SymbolTable): boolean {
  const key = keyOf(text)
  const isOperand = isRelation(tokens[from - 1]) || isOperator(tokens[from - 1])
  return isSymbol(text, symbols) || (isOperand && key !== undefined && symbols.keys.has(key))
}

/** Whether a name has an index: `o3`, `w_35`. */
function isIndexed(name: string): boolean {
  return /\p{L}[_\d₀-₉]/u.test(name)
}

/** Whether the line goes on with a word behind a token. */
function isBeforeWord(tokens: readonly Token[], last: number, text: string): boolean {
  const token = tokens[last + 1]
  if (token?.kind !== 'letters' || !token.spaced || isNewLine(text, tokens[last], token)) return false
  return token.text.length > 1 && !isGreekLetter(token.text) && nameAt(tokens, last + 1, text)?.text === token.text
}

/** Whether a number stands for itself and is no index or power. */
function isNumeral(token: Token, text: string): boolean {
  return (
    token.kind === 'number' && !/\p{L}|_|\^|[₀-₉⁰¹²³⁴-⁹]/u.test(text.slice(token.span.start - 1, token.span.start + 1))
  )
}

/** Whether a line ends between two tokens. */
export function isNewLine(text: string, before: Token, { span }: Token): boolean {
  return text.slice(before.span.end, span.start).includes('\n')
}

/** A name behind parentheses or brackets that begins no equation of its own: `y3 (1 - y3) w35`. */
function isFactorBehindBracket(
  tokens: readonly Token[],
  at: number,
  name: Named,
  symbols: SymbolTable,
  text: string,
): boolean {
  if (/^[aeiouyηο]$/u.test(name.text)) return false
  const isName = isIndexed(name.text) || name.text.length === 1 || isSymbol(name.text, symbols)
  if (!isName && !(isFunction(name.text, symbols) && isSign(tokens[name.end], '('))) return false
  if (isRelation(tokens[name.end])) return !closesCall(tokens, at - 1, symbols, text)
  return !isBeforeWord(tokens, name.end - 1, text)
}

/** Whether a closing parenthesis is that of a function's argument. */
function closesCall(tokens: readonly Token[], close: number, symbols: SymbolTable, text: string): boolean {
  let depth = 0
  let open = close
  for (; open >= Math.max(0, close - longestGroup); open--) {
    if (isSign(tokens[open], ')')) depth++
    if (isSign(tokens[open], '(') && --depth === 0) break
  }
  let from = open - 1
  while (from > 0 && !tokens[from].spaced && !/[-+*/=(]/.test(text[tokens[from].span.start - 1] ?? ' ')) from--
  const before = from < 0 || tokens[open]?.spaced ? '' : text.slice(tokens[from].span.start, tokens[open - 1].span.end)
  return isFunction(before.replace(/[_'\d].*$/, ''), symbols)
}

function isFunction(name: string, symbols: SymbolTable): boolean {
  return knownFunction(name) !== undefined || symbols.functions.has(name)
}

/** Whether a parenthesis one space behind an operand holds a factor and no remark or number of an equation: `0.683 (0.216) = 0.148`. */
function opensFactor(tokens: readonly Token[], i: number): boolean {
  if (!isSign(tokens[i], '(')) return false
  const close = indexOfSign(tokens, ')', i)
  if (close === undefined || close === i + 1) return false
  const inside = tokens.slice(i + 1, close)
  const holdsTerms = inside.some((token) => token.kind === 'sign' && '+-*/^'.includes(token.text))
  const goesOn = isRelation(tokens[close + 1]) || isOperator(tokens[close + 1])
  return (
    (holdsTerms || goesOn) &&
    inside.every((token) => !isRelation(token) && (token.kind !== 'letters' || !isWord(token.text)))
  )
}

/** The next such sign behind a token, not far from it. */
function indexOfSign(tokens: readonly Token[], sign: string, behind: number): number | undefined {
  for (let i = behind + 1; i < tokens.length && i <= behind + longestGroup; i++) if (isSign(tokens[i], sign)) return i
  return undefined
}

/** Whether a function's name goes with the number behind it over a space: ln 0.881. */
function awaitsNumber(token: Token | undefined, next: Token): boolean {
  return token?.kind === 'letters' && next.kind === 'number' && knownFunction(token.text) !== undefined
}

/** Whether a sign belongs to what stands behind it, over a space: `∇ W`, `Δ w`. */
function isPrefix(token: Token): boolean {
  return (
    isCommand(token, 'nabla', 'Delta', 'partial', 'sqrt') ||
    (token.kind === 'letters' && /^(Delta|Δ)$/u.test(token.text))
  )
}

export function isOperator(token: Token | undefined): boolean {
  return token !== undefined && (operatorOf(token) !== undefined || isSign(token, '^'))
}

export function isScript(token: Token | undefined): boolean {
  return isSign(token, '_') || isSign(token, '^')
}

export function isRelation(token: Token | undefined): boolean {
  if (token?.kind === 'sign') return relations.has(token.text)
  return token?.kind === 'command' && relations.has(token.name)
}

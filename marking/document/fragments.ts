import type { Span } from '../expression/ast.js'
import { isGreekLetter, isWord, keyOf, type SymbolTable } from '../expression/names.js'
import { isCommand, isSign, type Token } from '../expression/nodes.js'
import { tokenize } from '../expression/tokenizer.js'
import { connectors, knownFunction, products, relations } from '../expression/vocabulary.js'
import type { MathRegion } from './mathRegions.js'

/** A stretch of a passage that is mathematics, delimited or not. */
export interface Fragment {
  readonly span: Span
  /** Whether delimiters say that it is mathematics. */
  readonly delimited: boolean
  /** Whether it stands on a line of its own. */
  readonly display: boolean
}

/** Tokens of prose that look like mathematics, in a row. */
interface Run {
  readonly tokens: readonly Token[]
  readonly span: Span
}

/**
 * The mathematics of a passage: its delimited regions, joined with what belongs to them outside of the delimiters (`Units =`
 * before, `+ 256` between), and equations in the prose. `text` has the delimiters blanked.
 */
export function findFragments(
  text: string,
  passage: Span,
  regions: readonly MathRegion[],
  symbols: SymbolTable,
): readonly Fragment[] {
  const fragments: Fragment[] = []
  let at = passage.start
  let open: Fragment | undefined
  for (let i = 0; i <= regions.length; i++) {
    const region = regions[i]
    const gap = { start: at, end: region?.outer.start ?? passage.end }
    const following = region && text.slice(region.inner.start, region.inner.end)
    const { first, last, middle, whole } = splitGap(text, gap, symbols, open, following)
    if (open !== undefined && first !== undefined) open = { ...open, span: { start: open.span.start, end: first.end } }
    if (open !== undefined && !(whole && region !== undefined)) {
      fragments.push(open)
      open = undefined
    }
    for (const span of middle) fragments.push({ span, delimited: false, display: false })
    if (region === undefined) break
    const start = open?.span.start ?? last?.start ?? region.inner.start
    open = {
      span: { start, end: region.inner.end },
      delimited: true,
      display: region.display || open?.display === true,
    }
    at = region.outer.end
  }
  return fragments
}

interface Gap {
  /** What belongs to the mathematics before the gap, and to that behind it. */
  readonly first: Span | undefined
  readonly last: Span | undefined
  /** Equations by themselves. */
  readonly middle: readonly Span[]
  /** The gap links the mathematics on both sides. */
  readonly whole: boolean
}

function splitGap(
  text: string,
  gap: Span,
  symbols: SymbolTable,
  before: Fragment | undefined,
  following: string | undefined,
): Gap {
  const tokens = tokenize(text.slice(gap.start, gap.end), gap.start)
  const runs = findRuns(tokens, symbols, text)
  const [leading] = runs
  const trailing = runs[runs.length - 1]
  const atStart = leading !== undefined && leading.tokens[0] === tokens[0]
  const first = before !== undefined && atStart && continuesMath(leading, text, before) ? leading : undefined
  const atEnd = trailing !== undefined && trailing.tokens.at(-1) === tokens.at(-1)
  const opens =
    following !== undefined &&
    atEnd &&
    (opensMath(trailing) || (beginsWithRelation(following) && isNamed(trailing, tokens, symbols, text)))
  const last = opens ? trailing : undefined
  const middle = runs
    .filter((run) => run !== first && run !== last)
    .flatMap((run) => outOfParentheses(run, symbols, text))
    .filter(({ tokens }) => tokens.some(isRelation) && tokens.length > 2)
  return {
    first: first?.span,
    last: last?.span,
    middle: middle.map(({ span }) => span),
    whole: first !== undefined && first === last,
  }
}

/** What of a run of prose is mathematics where it stands in parentheses: of «(so a = 3)» or «(a = 3, then …)» `a = 3`. */
function outOfParentheses({ tokens }: Run, symbols: SymbolTable, text: string): readonly Run[] {
  let [start, end] = [0, tokens.length]
  let depth = tokens.reduce((sum, token) => sum + (isSign(token, '(') ? 1 : isSign(token, ')') ? -1 : 0), 0)
  while (depth > 0 && isSign(tokens[start], '(')) [start, depth] = [start + 1, depth - 1]
  while (end > start) {
    const strayClosing = depth < 0 && isSign(tokens[end - 1], ')')
    if (!strayClosing && !isSign(tokens[end - 1], ',') && !isSign(tokens[end - 1], ';')) break
    if (strayClosing) depth++
    end--
  }
  if (start === 0 && isEnclosed(tokens.slice(0, end))) [start, end] = [1, end - 1]
  const inside = tokens.slice(start, end)
  if (inside.length === 0) return []
  if (start > 0) return findRuns(inside, symbols, text)
  return [{ tokens: inside, span: { start: inside[0].span.start, end: inside[inside.length - 1].span.end } }]
}

/** Whether one pair of parentheses holds all tokens, an equation among them. */
function isEnclosed(tokens: readonly Token[]): boolean {
  let depth = 0
  for (const [i, token] of tokens.entries()) {
    if (isSign(token, '(')) depth++
    else if (isSign(token, ')')) depth--
    if (depth === 0 && i < tokens.length - 1) return false
  }
  return depth === 0 && tokens.some(isRelation)
}

/** Whether a run goes on with the mathematics before it: with a relation, an operator, or the parenthesis that closes it. */
function continuesMath({ tokens }: Run, text: string, before: Fragment): boolean {
  const [first] = tokens
  if (isRelation(first) || isCommand(first, ...products) || isSign(first, '+') || isSign(first, '*')) return true
  if (isSign(first, '-')) return tokens.length > 1
  const source = text.slice(before.span.start, before.span.end)
  return isSign(first, ')') && source.split('(').length > source.split(')').length
}

/**
 * Whether the words before a relation are a symbol of the exercise and all that is spoken of: of «the error $= 0.683$» `error`; not
 * of «the gradient of the error».
 */
function isNamed({ tokens, span }: Run, all: readonly Token[], symbols: SymbolTable, text: string): boolean {
  let before = all.indexOf(tokens[0]) - 1
  while (before >= 0 && isLeadIn(all[before])) before--
  return all[before]?.kind !== 'letters' && isSymbol(text.slice(span.start, span.end), symbols)
}

/** Whether a run needs what follows: it ends with a relation, an operator or an opening parenthesis. */
function opensMath({ tokens }: Run): boolean {
  const last = tokens[tokens.length - 1]
  if (isRelation(last)) return true
  if (isSign(last, '-') || isSign(last, '(')) return tokens.length > 1
  return isCommand(last, ...products) || isSign(last, '+') || isSign(last, '*')
}

/** Rows of tokens that could be mathematics; words only as the left side of an equation. */
function findRuns(tokens: readonly Token[], symbols: SymbolTable, text: string): readonly Run[] {
  const runs: Run[] = []
  let start: number | undefined
  let depth = 0
  const finish = (end: number): void => {
    if (start === undefined) return
    const first = tokens[start]
    const named = isRelation(first) || (first.kind === 'letters' && isWord(first.text))
    const from = named ? startOfWords(tokens, start) : start
    const inside = tokens.slice(from, end)
    runs.push({ tokens: inside, span: { start: inside[0].span.start, end: inside[inside.length - 1].span.end } })
    start = undefined
    depth = 0
  }
  for (const [i, token] of tokens.entries()) {
    const role = depth > 0 && separatesInBrackets(token) ? 'operator' : roleOf(tokens, i, symbols, text)
    const previous = start === undefined || i === 0 ? undefined : roleOf(tokens, i - 1, symbols, text)
    const lastOpens = i === tokens.length - 1 && isSign(token, '(')
    const apart =
      previous === 'operand' &&
      role === 'operand' &&
      token.spaced &&
      depth === 0 &&
      !isScript(tokens[i - 1]) &&
      !awaitsNumber(tokens[i - 1], token) &&
      !opensFactor(tokens, i) &&
      !areFactors(tokens, i, symbols, text)
    const fits = role !== 'prose' && (!apart || lastOpens)
    if (!fits) finish(i)
    if (role === 'prose') continue
    if (start === undefined) start = i
    if (isSign(token, '(') || isSign(token, '{') || isSign(token, '[')) depth++
    if (isSign(token, ')') || isSign(token, '}') || isSign(token, ']')) depth = Math.max(0, depth - 1)
  }
  finish(tokens.length)
  return runs
}

/** Whether a sign stands between the entries of a list in brackets: `(5, 2)`, `[1; 2]`. */
function separatesInBrackets(token: Token): boolean {
  return isSign(token, ',') || isSign(token, ';')
}

/**
 * Whether a name one space behind a name of the exercise, or behind a whole number that is no value of an equation before,
 * belongs to it: `W_hy h_3`, `2 D A + A`, `Delta w_35`; but «x_1 = 1 x_2 = -1» are two equations.
 */
function areFactors(tokens: readonly Token[], i: number, symbols: SymbolTable, text: string): boolean {
  const name = nameAt(tokens, i, text)
  if (name === undefined || !isSymbol(name.text, symbols) || text[tokens[i].span.start - 2] === ' ') return false
  const isOwnEquation = isRelation(tokens[name.end])
  const previous = tokens[i - 1]
  if (previous.kind === 'letters' && /^(Delta|Δ)$/u.test(previous.text)) return true
  if (previous.kind === 'number' && !/\p{L}|_|\^/u.test(text[previous.span.start - 1] ?? ''))
    return !isOwnEquation && /^\d+$/.test(previous.text)
  for (let from = i - 1; from >= 0 && i - from <= 5; from--) {
    const before = nameAt(tokens, from, text)
    if (before?.end === i && isSymbol(before.text, symbols)) return true
  }
  return false
}

/** A name that begins with a token, subscript included, and the first token behind it. */
function nameAt(tokens: readonly Token[], i: number, text: string): { text: string; end: number } | undefined {
  const [first, script, inner] = tokens.slice(i, i + 3)
  if (first?.kind !== 'letters') return undefined
  let end = i + 1
  if (script !== undefined && !script.spaced && script.kind === 'number') end = i + 2
  else if (isSign(script, '_') && inner !== undefined && (inner.kind === 'letters' || inner.kind === 'number')) {
    end = i + 3
    if (tokens[end]?.kind === 'number' && inner.kind === 'letters' && !tokens[end].spaced) end++
  }
  return { text: text.slice(first.span.start, tokens[end - 1].span.end), end }
}

/** Whether a name is a symbol of the exercise, and none of the single small letters that are words of prose as well. */
function isSymbol(name: string, symbols: SymbolTable): boolean {
  const key = keyOf(name)
  return key !== undefined && symbols.keys.has(key) && !/^[aeiouyηο]$/u.test(name)
}

type Role = 'operand' | 'operator' | 'prose'

function roleOf(tokens: readonly Token[], i: number, symbols: SymbolTable, text: string): Role {
  const token = tokens[i]
  const [previous, next] = [tokens[i - 1], tokens[i + 1]]
  if (isRelation(token)) return 'operator'
  switch (token.kind) {
    case 'number':
      return isTime(text, token.span) ? 'prose' : 'operand'
    case 'text':
      return 'prose'
    case 'command':
      return products.has(token.name) ? 'operator' : /^(quad|qquad|newline)$/.test(token.name) ? 'prose' : 'operand'
    case 'letters': {
      if (isScript(previous)) return 'operand'
      const scripted =
        next !== undefined &&
        !next.spaced &&
        (next.kind === 'number' || isSign(next, '_') || isSign(next, '^') || isSign(next, "'"))
      const key = keyOf(text.slice(token.span.start, token.span.end))
      const known = key !== undefined && symbols.keys.has(key)
      if (scripted || known || token.text.length === 1 || isGreekLetter(token.text)) return 'operand'
      if (knownFunction(token.text) !== undefined && (isSign(next, '(') || next?.kind === 'number')) return 'operand'
      return isWord(token.text) || token.text.length > 2 || !/^[A-Za-z]+$/.test(token.text) ? 'prose' : 'operand'
    }
    case 'sign': {
      if ('+*/^_@'.includes(token.text) || token.text === '-') return 'operator'
      if ("(){}[]|%'".includes(token.text)) return 'operand'
      const betweenDigits =
        token.text === ',' && previous?.kind === 'number' && next?.kind === 'number' && !next.spaced && !token.spaced
      return betweenDigits ? 'operand' : 'prose'
    }
  }
}

/** Whether a parenthesis one space behind a number holds a factor and no remark: `1/2 (t - y5)^2`. */
function opensFactor(tokens: readonly Token[], i: number): boolean {
  if (!isSign(tokens[i], '(') || tokens[i - 1]?.kind !== 'number') return false
  const close = tokens.findIndex((token, k) => k > i && isSign(token, ')'))
  const inside = close < 0 ? [] : tokens.slice(i + 1, close)
  return (
    inside.some((token) => token.kind === 'sign' && '+-*/^'.includes(token.text)) &&
    inside.every((token) => token.kind !== 'letters' || !isWord(token.text))
  )
}

/** Whether a number is an hour or its minutes: 10:30. */
function isTime(text: string, { start, end }: Span): boolean {
  return /^\d:\d/.test(text.slice(end - 1, end + 2)) || /^\d:\d/.test(text.slice(start - 2, start + 1))
}

/** Whether a function's name goes with the number behind it over a space: ln 0.881. */
function awaitsNumber(token: Token | undefined, next: Token): boolean {
  return token?.kind === 'letters' && next.kind === 'number' && knownFunction(token.text) !== undefined
}

function isScript(token: Token | undefined): boolean {
  return isSign(token, '_') || isSign(token, '^')
}

/** Whether mathematics goes on with what stands before it: `= 3`. */
export function beginsWithRelation(text: string): boolean {
  return /^\s*(=|\\approx|≈)/u.test(text)
}

export function isRelation(token: Token | undefined): boolean {
  if (token?.kind === 'sign') return relations.has(token.text)
  return token?.kind === 'command' && relations.has(token.name)
}

/** The first of the words directly before a relation or a word, at most six: `Total Dimension per Word =`. */
function startOfWords(tokens: readonly Token[], before: number): number {
  let at = before
  while (at > 0 && before - at < 6) {
    const word = tokens[at - 1]
    if (word.kind !== 'letters' || isLeadIn(word)) break
    at--
  }
  return at
}

function isLeadIn(token: Token): boolean {
  return token.kind === 'letters' && leadIns.has(token.text.toLowerCase())
}

/** Words before the name of a quantity that are no part of it. */
const leadIns: ReadonlySet<string> = new Set([
  ...connectors,
  ...'ο η το οι τα τις τους των του της επομένως συνεπώς έτσι τότε είναι έχουμε the a an is are we have get now finally der die das also ist le la les un une el los las'.split(
    ' ',
  ),
])

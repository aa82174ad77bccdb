import type { Span } from '../expression/ast.js'
import { isGreekLetter, isWord, keyOf, type SymbolTable } from '../expression/names.js'
import { isCommand, isSign, type Token } from '../expression/nodes.js'
import { tokenize } from '../expression/tokenizer.js'
import { connectors, knownFunction, products, relations } from '../expression/vocabulary.js'
import { areFactors, isNewLine, isOperator, isRelation, isScript, isSymbol, nameAt } from './adjacentFactors.js'
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
  let isSide = false
  const finish = (end: number): void => {
    if (start === undefined) return
    const first = tokens[start]
    const named = isRelation(first) || (first.kind === 'letters' && isWord(first.text))
    const from = named ? startOfName(tokens, start, symbols, text) : start
    const inside = tokens.slice(from, end)
    runs.push({ tokens: inside, span: { start: inside[0].span.start, end: inside[inside.length - 1].span.end } })
    start = undefined
    depth = 0
    isSide = false
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
      !areFactors(tokens, { at: i, isSide }, symbols, text)
    const fits = role !== 'prose' && (!apart || lastOpens)
    if (!fits) finish(i)
    if (role === 'prose') continue
    if (start === undefined) start = i
    if (isRelation(token)) isSide = true
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

type Role = 'operand' | 'operator' | 'prose'

function roleOf(tokens: readonly Token[], i: number, symbols: SymbolTable, text: string): Role {
  const token = tokens[i]
  const [previous, next] = [tokens[i - 1], tokens[i + 1]]
  if (leadsToWords(tokens, i)) return 'prose'
  if (isRelation(token)) return 'operator'
  switch (token.kind) {
    case 'number':
      return isTime(text, token.span) ? 'prose' : 'operand'
    case 'text':
      return 'prose'
    case 'command':
      return isOperator(token) ? 'operator' : /^(quad|qquad|newline)$/.test(token.name) ? 'prose' : 'operand'
    case 'letters': {
      if (isScript(previous)) return 'operand'
      const scripted =
        next !== undefined &&
        !next.spaced &&
        (next.kind === 'number' || isSign(next, '_') || isSign(next, '^') || isSign(next, "'"))
      const key = keyOf(text.slice(token.span.start, token.span.end))
      const known = key !== undefined && symbols.keys.has(key) && !/^wh[oy]$/.test(token.text)
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

/** Whether a token is, or begins, an arrow that leads to words with a number: «→ class 2» is a sentence of its own. */
function leadsToWords(tokens: readonly Token[], i: number): boolean {
  const [token, next] = [tokens[i], tokens[i + 1]]
  const isTyped = isSign(token, '-') && isSign(next, '>') && !next.spaced
  if (!isTyped && !(token.kind === 'command' && relations.get(token.name) === '→')) return false
  const [word, number] = tokens.slice(isTyped ? i + 2 : i + 1)
  return word?.kind === 'letters' && isWord(word.text) && number?.kind === 'number'
}

/** Whether a number is an hour or its minutes: 10:30. */
function isTime(text: string, { start, end }: Span): boolean {
  return /^\d:\d/.test(text.slice(end - 1, end + 2)) || /^\d:\d/.test(text.slice(start - 2, start + 1))
}

/** Whether mathematics goes on with what stands before it: `= 3`. */
export function beginsWithRelation(text: string): boolean {
  return /^\s*(=|\\approx|≈)/u.test(text)
}

/**
 * The first of the words that a name before a relation has, at most six: `Total Dimension per Word =`. A name with an index, `net3 =`,
 * and the words on the line before it go together only where the exercise has them so.
 */
function startOfName(tokens: readonly Token[], start: number, symbols: SymbolTable, text: string): number {
  const from = startOfWords(tokens, start, () => true)
  const name = nameAt(tokens, start, text)
  const [first, last] = [tokens[from].span.start, tokens[start].span]
  const end = name === undefined ? last.start : tokens[name.end - 1].span.end
  if (from === start || isSymbol(text.slice(first, end).trim(), symbols)) return from
  if (name !== undefined && name.end > start + 1) return start
  return startOfWords(tokens, start, (at) => !isNewLine(text, tokens[at - 1], tokens[at]))
}

/** The first of the words directly before a token, at most six. */
function startOfWords(tokens: readonly Token[], before: number, goesOn: (at: number) => boolean): number {
  let at = before
  while (at > 0 && before - at < 6) {
    const word = tokens[at - 1]
    if (word.kind !== 'letters' || isLeadIn(word) || !goesOn(at)) break
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

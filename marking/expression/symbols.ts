import { readBracketsBehind, readLibraryCall } from './arrays.js'
import type { Expression, Name } from './ast.js'
import { readCall, readConditional, readFunction } from './calls.js'
import { readGradient, readInlineDerivative, readLineDifferential } from './differentials.js'
import { Misunderstanding } from './misunderstanding.js'
import { isFunctionName, isGreekLetter, isWord, keyOf, splitLetters } from './names.js'
import { type GroupNode, isCommand, isGroup, isSign, type LettersNode, type Node, spanOf } from './nodes.js'
import type { Parser } from './parser.js'
import { isListed, takeScripts } from './scripts.js'
import { accents, announcingWords, fonts, functionsOfSymbols, knownFunction } from './vocabulary.js'

/** Whether a symbol, a word or a function begins at the cursor. */
export function isNameStart(parser: Parser): boolean {
  const node = parser.peek()
  if (node === undefined) return false
  if (node.kind === 'letters' || node.kind === 'text') return true
  if (isGroup(node, '{')) return isSymbolGroup(node.nodes) && isSign(parser.peek(1), '_')
  if (node.kind !== 'command') return false
  if (isFont(node)) return isWordGroup(parser.peek(1)) || parser.peek(1)?.kind === 'letters'
  return (
    isGreekLetter(node.name) ||
    isPrefix(node) ||
    accents.has(node.name) ||
    knownFunction(node.name) !== undefined ||
    node.name === 'partial'
  )
}

/** Reads the symbol or the call at the cursor. Of several symbols in a row it reads the first and leaves the others. */
export function readNames(parser: Parser): Expression {
  joinUprightD(parser)
  const first = parser.peek()
  if (first?.kind === 'letters') {
    const differential = readLineDifferential(parser, first)
    if (differential !== undefined) return differential
    separateLetters(parser, first)
  }
  refuseSpelledWord(parser)
  const start = parser.peek()
  if (start === undefined) throw new Misunderstanding('a symbol is missing', { start: 0, end: 0 })
  if (isCommand(start, 'nabla', 'partial') && isSign(parser.peek(1), '_')) return readGradient(parser, start)
  if (isCommand(start, 'partial')) return readInlineDerivative(parser, start.span)
  const from = parser.at
  const word = wordAt(parser)
  if (word !== undefined) {
    const known = knownFunction(word.text)
    const argument = parser.peek(word.nodes)
    const called = argument?.kind === 'group' || argument?.kind === 'environment'
    if (known !== undefined && (called || !isListed(parser, word.text))) {
      parser.at += word.nodes
      return readFunction(parser, known, start.span)
    }
    if (isGroup(argument, '(') && !isListed(parser, word.text)) {
      const applied = readLibraryCall(parser, word, argument)
      if (applied !== undefined) return applied
    }
  }
  takeBase(parser, start)
  const isPlain = start.kind === 'letters' || start.kind === 'text'
  const isPlainWord = word !== undefined && (isPlain || word.nodes === 2) && isWord(word.text, '', true)
  takeScripts(parser)
  const name = nameOf(parser, from)
  const next = parser.peek()
  if (name.key === 'e' && isSign(next, '^') && !parser.surroundings.symbols.keys.has('e'))
    return readExponential(parser, name)
  if (isGroup(next, '(') && !next.spaced && isConditional(next.nodes)) return readConditional(parser, name, next)
  const value = isGroup(next, '(') ? functionValue(parser, name, next) : undefined
  if (value !== undefined) return value
  if (isGroup(next, '(') && callsFunction(parser, name, isPlainWord, next.nodes)) return readCall(parser, name)
  if (isGroup(next, '[') && !next.spaced) return readBracketsBehind(parser, name, next)
  if (isPlainWord && isPlain && isWord(start.text))
    return announced(parser, name, from) ?? refuseBesideWord(parser, name)
  return name
}

/** The symbol that a noun at the beginning of a side announces: `Bias C`, `error δ₅`. */
function announced(parser: Parser, name: Name, from: number): Expression | undefined {
  const next = parser.peek()
  if (from > 0 || next === undefined || isListed(parser, name.text)) return undefined
  if (!name.key.split(' ').every((word) => announcingWords.has(word))) return undefined
  if (!isNameStart(parser) || (next.kind === 'letters' && isWord(next.text))) return undefined
  const symbol = readNames(parser)
  if (symbol.kind !== 'name' || parser.peek() !== undefined) refuseBesideWord(parser, name, next)
  return symbol
}

/** Puts the symbols that a run of letters spells in its place. */
export function separateLetters(parser: Parser, node: LettersNode): void {
  const end = endOfScripts(parser, parser.at + 1)
  const scripts = parser.surroundings.textOf({ start: node.span.end, end: end.offset })
  const called = isGroup(parser.nodes[end.next], '(')
  const pieces = splitLetters(node.text, scripts, called, parser.surroundings.symbols)
  if (pieces.length === 1) return
  let { start } = node.span
  const nodes = pieces.map((text, i): LettersNode => {
    const span = { start, end: start + text.length }
    start = span.end
    return { kind: 'letters', text, spaced: i === 0 && node.spaced, span }
  })
  parser.nodes.splice(parser.at, 1, ...nodes)
}

/** `\mathrm{d}W` at the cursor becomes the symbol `dW`, where the exercise has one. */
function joinUprightD(parser: Parser): void {
  const [font, letter, symbol] = [parser.peek(), parser.peek(1), parser.peek(2)]
  if (font === undefined || !isFont(font) || !isGroup(letter, '{') || symbol?.kind !== 'letters') return
  const [d, ...others] = letter.nodes
  if (others.length > 0 || d?.kind !== 'letters' || d.text !== 'd') return
  const scripts = parser.surroundings.textOf({
    start: symbol.span.end,
    end: endOfScripts(parser, parser.at + 3).offset,
  })
  if (![symbol.text, symbol.text + scripts].some((text) => isListed(parser, `d${text}`))) return
  const joined: LettersNode = {
    kind: 'letters',
    text: `d${symbol.text}`,
    spaced: font.spaced,
    span: spanOf(font, symbol),
  }
  parser.nodes.splice(parser.at, 3, joined)
}

/** Where the digits, scripts and primes from node `next` on end, as far as one can tell without reading them. */
export function endOfScripts(parser: Parser, next: number): { readonly next: number; readonly offset: number } {
  const { nodes } = parser
  let at = next
  const [digits] = nodes.slice(at)
  if (digits?.kind === 'number' && !digits.spaced) at++
  for (;;) {
    if (isSign(nodes[at], "'")) at++
    else if ((isSign(nodes[at], '_') || isSign(nodes[at], '^')) && nodes[at + 1] !== undefined) at += 2
    else return { next: at, offset: nodes[at - 1].span.end }
  }
}

/** The word at the cursor, if one stands there, and how many nodes it is. */
function wordAt(parser: Parser): { readonly text: string; readonly nodes: number } | undefined {
  const node = parser.peek()
  if (node?.kind === 'letters' || node?.kind === 'text') return { text: node.text, nodes: 1 }
  if (node?.kind !== 'command') return undefined
  if (isFont(node)) {
    const argument = parser.peek(1)
    const word = isGroup(argument, '{') ? argument.nodes[0] : undefined
    return word?.kind === 'letters' && isWordGroup(argument) ? { text: word.text, nodes: 2 } : undefined
  }
  return { text: node.name, nodes: 1 }
}

/** Moves behind the symbol without its scripts; further words of a name of several go with it. */
export function takeBase(parser: Parser, node: Node): void {
  parser.at++
  if (node.kind === 'command') {
    if (isPrefix(node)) takePrefixed(parser)
    else if (accents.has(node.name) || isFont(node)) {
      if (parser.peek() === undefined) parser.refuse(node)
      parser.at++
    }
    return
  }
  if (node.kind !== 'letters') return
  if (/^(Δ|Delta|∇)$/u.test(node.text)) {
    takePrefixed(parser)
    return
  }
  if (!isWord(node.text)) return
  for (let next = parser.peek(); next?.kind === 'letters' && next.spaced && isWord(next.text); next = parser.peek()) {
    const textTo = (end: Node): string => parser.surroundings.textOf({ start: node.span.start, end: end.span.end })
    const whole = isListed(parser, textTo(next))
    const apart = isListed(parser, textTo(parser.nodes[parser.at - 1]))
    if (knownFunction(next.text) !== undefined || (apart && !whole)) return
    parser.at++
  }
}

/** The symbol behind Δ or ∇; nothing where the prefix stands alone or has scripts of its own. */
function takePrefixed(parser: Parser): void {
  const next = parser.peek()
  if (next === undefined || !isNameStart(parser)) return
  if (next.kind === 'text' || (next.kind === 'letters' && isWord(next.text))) return
  if (next.kind === 'letters') separateLetters(parser, next)
  const symbol = parser.peek()
  if (symbol !== undefined) takeBase(parser, symbol)
}

/** The name that the nodes from `from` to the cursor spell. */
function nameOf(parser: Parser, from: number): Name {
  const nodes = parser.nodes.slice(from, parser.at)
  const span = { start: nodes[0].span.start, end: Math.max(...nodes.map((node) => node.span.end)) }
  const { textOf } = parser.surroundings
  const written = textOf(span)
  const key = keyOf(plainScripts(written))
  if (key !== undefined) return { kind: 'name', key, text: written, span }
  // Scripts that were moved, x^2_1, or split, W^{(1)T}: the pieces that belong to the name.
  // A single letter that stands above or below the line as a character of its own: ᵢ.
  const [only] = nodes
  const letter = nodes.length === 1 && only.kind === 'letters' ? keyOf(only.text) : undefined
  if (letter !== undefined && only.kind === 'letters') return { kind: 'name', key: letter, text: only.text, span }
  const text = withClosedBraces(nodes.map((node) => textOf(node.span)).join(' '))
  const keyOfPieces = keyOf(plainScripts(text))
  if (keyOfPieces === undefined) throw new Misunderstanding(`«${written}» is no symbol`, span)
  return { kind: 'name', key: keyOfPieces, text, span }
}

/** Layers in brackets, steps in angle brackets and calligraphic indices as plain scripts: `W^{[1]}`, `h^{<t>}`, `\sigma_{\mathcal{B}}`. */
function plainScripts(text: string): string {
  if (!/[_^]/.test(text)) return text
  return text
    .replaceAll(/\^\s*\{\s*(?:\[|<|\\langle)\s*([^\]<>{}\\]*?)\s*(?:\]|>|\\rangle)\s*\}/g, '^{($1)}')
    .replaceAll(/\^\s*\[([^\]]*)\]/g, '^{($1)}')
    .replaceAll(/_\s*\{\s*[a-z]\s*=\s*(\d+)\s*\}/g, '_{$1}')
    .replaceAll(/(_\s*\{[^{}]*?)\\sim\b\s*/g, '$1\\to ')
    .replaceAll(/([_^]\s*\{?[^{}]*)\\(?:mathcal|mathscr)\s*\{?\s*(\p{L})\s*\}?/gu, '$1$2')
    .replaceAll(/([_^]\s*\{?[^{}]*)\\(hat|bar|tilde)\s*\{?\s*(\\?\p{L}+)\s*\}?/gu, '$1$2 $3')
}

function withClosedBraces(text: string): string {
  const open = text.split('{').length - text.split('}').length
  return open > 0 ? text + '}'.repeat(open) : text
}

/** `e^{x}` as exp(x). */
function readExponential(parser: Parser, name: Name): Expression {
  const caret = parser.nodes[parser.at++]
  const script = parser.scriptNodes(caret.span)
  const exponent = parser.inside(script.nodes).whole(caret.span)
  return { kind: 'call', name: 'exp', arguments: [exponent], span: { start: name.span.start, end: script.end } }
}

/** The value of a function that is a symbol of the exercise: `f(x_{p1})`, listed as `f(x_p1)`. */
function functionValue(parser: Parser, name: Name, group: GroupNode): Name | undefined {
  if (!isSymbolAlone(group.nodes)) return undefined
  const { textOf, symbols } = parser.surroundings
  const argument = keyOf(textOf(spanOf(group.nodes[0], group.nodes[group.nodes.length - 1])))
  const key = `${name.key}(${argument})`
  if (!symbols.keys.has(key)) return undefined
  parser.at++
  const span = spanOf(name, group)
  return { kind: 'name', key, text: textOf(span), span }
}

/** Whether a parenthesis behind a name holds its arguments rather than a factor. */
function callsFunction(parser: Parser, name: Name, isPlainWord: boolean, inside: readonly Node[]): boolean {
  const { symbols } = parser.surroundings
  if (isFunctionName(name.key, symbols) || /^(nabla |∂)/.test(name.key)) return true
  const separated = inside.some((node) => isSign(node, ',') || isSign(node, ';'))
  if (symbols.keys.has(name.key)) {
    if (separated) throw new Misunderstanding(`several arguments of ${name.text}, which is no function`, name.span)
    return false
  }
  if (separated || isPlainWord || name.key === 'O') return true
  if (!isSymbolAlone(inside)) return false
  if (functionsOfSymbols.has(name.key) || /_(theta|phi|psi)$/.test(name.key)) return true
  // A whole side F(x): nobody writes a product so.
  if (parser.depth === 0 && parser.at === parser.nodes.length - 1 && beginsSide(parser, name)) return true
  const symbol = parser.surroundings.textOf(spanOf(inside[0], inside[inside.length - 1]))
  if (!isListed(parser, symbol))
    throw new Misunderstanding(`${name.text}(${symbol}): a product or a function?`, name.span)
  return false
}

/** Whether a name is the first thing of what is being read. */
function beginsSide(parser: Parser, { span }: Name): boolean {
  return parser.nodes[0].span.start === span.start
}

/** A single letter with its scripts, fonts and accents. */
function isSymbolAlone(nodes: readonly Node[]): boolean {
  const bases = nodes.filter(
    (node, i) =>
      !isSign(node, '_') &&
      !isSign(node, '^') &&
      !isSign(nodes[i - 1], '_') &&
      !isSign(nodes[i - 1], '^') &&
      !isFont(node),
  )
  const [base, argument] = bases
  if (base === undefined) return false
  if (base.kind === 'command' && accents.has(base.name)) return bases.length === 2 && argument !== undefined
  if (isGroup(base, '{')) return bases.length === 1 && isSymbolAlone(base.nodes)
  const isLetter =
    (base.kind === 'letters' && base.text.length <= 2) || (base.kind === 'command' && isGreekLetter(base.name))
  return isLetter && bases.slice(1).every((node) => node.kind === 'number' || isSign(node, "'"))
}

/** Three and more Greek letters in a row, none a symbol of the exercise, are a word that was spelled as mathematics. */
function refuseSpelledWord(parser: Parser): void {
  const letters: Node[] = []
  for (let at = parser.at; ; at++) {
    const node = parser.nodes[at]
    if (node?.kind !== 'command' || !isGreekLetter(node.name) || isPrefix(node)) break
    letters.push(node)
  }
  if (letters.length < 3 || letters.some((node) => isListed(parser, parser.surroundings.textOf(node.span)))) return
  const span = { start: letters[0].span.start, end: letters[letters.length - 1].span.end }
  throw new Misunderstanding('Greek letters that spell a word', span)
}

/** A word is no factor: `Bias C` is no product. */
function refuseBesideWord(parser: Parser, name: Name, next = parser.peek()): Name {
  if (next === undefined || parser.surroundings.symbols.keys.has(name.key)) return name
  const factor =
    next.kind === 'number' || next.kind === 'letters' || (next.kind === 'command' && parser.beginsFactor(next))
  if (factor) throw new Misunderstanding(`the word «${name.text}» beside mathematics`, name.span)
  return name
}

/** `(y | x)`, `(y = 1 \mid x)`. */
function isConditional(nodes: readonly Node[]): boolean {
  return nodes.some((node, i) => i > 0 && i < nodes.length - 1 && (isSign(node, '|') || isCommand(node, 'mid', 'vert')))
}

function isFont(node: Node): boolean {
  return node.kind === 'command' && fonts.has(node.name)
}

function isPrefix(node: Node): boolean {
  return isCommand(node, 'Delta', 'nabla')
}

function isSymbolGroup(nodes: readonly Node[]): boolean {
  const [node] = nodes
  return nodes.length === 1 && (node.kind === 'letters' || (node.kind === 'command' && isGreekLetter(node.name)))
}

/** `{softmax}`: a group of letters and no more. */
function isWordGroup(node: Node | undefined): boolean {
  return isGroup(node, '{') && isSymbolGroup(node.nodes)
}

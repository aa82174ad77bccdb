import type { Expression, Name, Span } from './ast.js'
import { readCall, readFunction } from './calls.js'
import { readDerivative } from './fractions.js'
import { Misunderstanding } from './misunderstanding.js'
import { isFunctionName, isGreekLetter, isWord, keyOf, splitLetters } from './names.js'
import { isCommand, isGroup, isSign, type LettersNode, type Node } from './nodes.js'
import type { Parser } from './parser.js'
import { isListed, takeScripts } from './scripts.js'
import { accents, fonts, knownFunction } from './vocabulary.js'

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
  const first = parser.peek()
  if (first?.kind === 'letters') separateLetters(parser, first)
  refuseSpelledWord(parser)
  const start = parser.peek()
  if (start === undefined) throw new Misunderstanding('a symbol is missing', { start: 0, end: 0 })
  if (isCommand(start, 'partial')) return readInlineDerivative(parser, start.span)
  const word = wordAt(parser)
  if (word !== undefined) {
    const known = knownFunction(word.text)
    const argument = parser.peek(word.nodes)
    const called = argument?.kind === 'group' || argument?.kind === 'environment'
    if (known !== undefined && (called || !isListed(parser, word.text))) {
      parser.at += word.nodes
      return readFunction(parser, known, start.span)
    }
  }
  takeBase(parser, start)
  const isPlainWord = (start.kind === 'letters' || start.kind === 'text') && isWord(start.text, '', true)
  takeScripts(parser)
  const name = nameOf(parser, { start: start.span.start, end: parser.endOfPrevious() })
  const next = parser.peek()
  if (name.key === 'e' && isSign(next, '^') && !parser.surroundings.symbols.keys.has('e'))
    return readExponential(parser, name)
  if (isGroup(next, '(') && callsFunction(parser, name, isPlainWord, next.nodes)) return readCall(parser, name)
  if (isGroup(next, '[') && !next.spaced && next.nodes.length === 1 && !isGroup(next.nodes[0], '['))
    throw new Misunderstanding(`${name.text}[…]: an entry or a product?`, next.span)
  if (isPlainWord && isWord(start.text)) refuseBesideWord(parser, name)
  return name
}

/** Puts the symbols that a run of letters spells in its place. */
function separateLetters(parser: Parser, node: LettersNode): void {
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

/** Where the digits, scripts and primes from node `next` on end, as far as one can tell without reading them. */
function endOfScripts(parser: Parser, next: number): { readonly next: number; readonly offset: number } {
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
function takeBase(parser: Parser, node: Node): void {
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

function nameOf(parser: Parser, span: Span): Name {
  const text = parser.surroundings.textOf(span)
  const key = keyOf(text)
  if (key === undefined) throw new Misunderstanding(`«${text}» is no symbol`, span)
  return { kind: 'name', key, text, span }
}

/** `e^{x}` as exp(x). */
function readExponential(parser: Parser, name: Name): Expression {
  const caret = parser.nodes[parser.at++]
  const script = parser.scriptNodes(caret.span)
  const exponent = parser.inside(script.nodes).whole(caret.span)
  return { kind: 'call', name: 'exp', arguments: [exponent], span: { start: name.span.start, end: script.end } }
}

/** Whether a parenthesis behind a name holds its arguments rather than a factor. */
function callsFunction(parser: Parser, name: Name, isPlainWord: boolean, inside: readonly Node[]): boolean {
  const { symbols } = parser.surroundings
  if (isFunctionName(name.key, symbols)) return true
  const separated = inside.some((node) => isSign(node, ',') || isSign(node, ';'))
  if (symbols.keys.has(name.key)) {
    if (separated) throw new Misunderstanding(`several arguments of ${name.text}, which is no function`, name.span)
    return false
  }
  if (separated || isPlainWord) return true
  const [only] = inside
  const letter = inside.length === 1 && isSymbolGroup(inside) ? parser.surroundings.textOf(only.span) : undefined
  const isSymbol = only?.kind === 'command' || (only?.kind === 'letters' && only.text.length === 1)
  if (letter !== undefined && isSymbol && !isListed(parser, letter))
    throw new Misunderstanding(`${name.text}(${letter}): a product or a function?`, name.span)
  return false
}

/** `∂L/∂w` on the line. */
function readInlineDerivative(parser: Parser, place: Span): Expression {
  const above = takeDifferential(parser)
  if (!isSign(parser.peek(), '/') || !isCommand(parser.peek(1), 'partial'))
    throw new Misunderstanding('a derivative outside a fraction', place)
  parser.at++
  const below = takeDifferential(parser)
  const derivative = readDerivative(parser, above, below, { start: place.start, end: parser.endOfPrevious() })
  if (derivative === undefined) throw new Misunderstanding('a derivative of what is no symbol', place)
  return derivative
}

function takeDifferential(parser: Parser): readonly Node[] {
  const from = parser.at++
  const symbol = parser.peek()
  if (symbol === undefined || !isNameStart(parser))
    throw new Misunderstanding('a derivative of nothing', parser.nodes[from].span)
  if (symbol.kind === 'letters') separateLetters(parser, symbol)
  takeBase(parser, parser.nodes[parser.at])
  takeScripts(parser)
  return parser.nodes.slice(from, parser.at)
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

/** A word is no factor: `Bias C` is neither a product nor a symbol. */
function refuseBesideWord(parser: Parser, name: Name): void {
  const next = parser.peek()
  if (next === undefined || parser.surroundings.symbols.keys.has(name.key)) return
  const factor =
    next.kind === 'number' || next.kind === 'letters' || (next.kind === 'command' && parser.beginsFactor(next))
  if (factor) throw new Misunderstanding(`the word «${name.text}» beside mathematics`, name.span)
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

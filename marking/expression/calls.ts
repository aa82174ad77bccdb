import type { Call, Expression, Name, Numeral, Operation, Span } from './ast.js'
import { listEntries, split } from './brackets.js'
import { Misunderstanding } from './misunderstanding.js'
import { keyOf } from './names.js'
import { type GroupNode, isGroup, isSign, type Node } from './nodes.js'
import { readNumeral } from './numerals.js'
import type { Parser } from './parser.js'
import { readOver } from './sums.js'
import { overIndex, severalArguments } from './vocabulary.js'

/** A known function behind its name: `tanh(x)`, `\tanh x`, `\tanh^2(x)`, `\log_2 8`, `softmax [1, 2]`; alone it is a name. */
export function readFunction(parser: Parser, known: string, start: Span): Expression {
  const word = { start: start.start, end: parser.endOfPrevious() }
  const over = overIndex.get(known)
  const below = parser.peek()
  if (over !== undefined && isSign(below, '_')) {
    parser.at++
    const { nodes } = parser.scriptNodes(below.span)
    const body = readArgument(parser, known, start)
    return readOver(parser, over, nodes, start, body)
  }
  const { name: based, base } = readBase(parser, known)
  const name = based + readPrimes(parser)
  const power = readPower(parser)
  const argument = parser.peek()
  if (
    isSign(argument, '-') &&
    !(
      isSign(parser.peek(), '-') &&
      parser.peek(1)?.kind === 'number' &&
      parser.peek(1)?.spaced === false &&
      argument.spaced
    )
  )
    throw new Misunderstanding(`whether the minus belongs to the argument of ${known}`, argument.span)
  if (argument === undefined || (!isArgument(parser, argument) && !isSign(argument, '-'))) {
    const text = parser.surroundings.textOf(word) + name.slice(based.length)
    const alone: Expression = { kind: 'name', key: keyOf(text) ?? name, text, span: word }
    if (power === undefined) return alone
    const exponent = parser.inside(power).whole(start)
    if (exponent.kind !== 'numeral') throw new Misunderstanding(`${known} without an argument`, start)
    const span = { start: start.start, end: parser.endOfPrevious() }
    return { kind: 'operation', operator: '^', left: alone, right: exponent, span }
  }
  const values = isSign(argument, '-') ? [readNegative(parser)] : readArguments(parser, known, argument)
  const span = { start: start.start, end: parser.endOfPrevious() }
  const plain: Call = { kind: 'call', name, arguments: values, span }
  const call = base === undefined ? plain : toBase(plain, base)
  if (power === undefined) return call
  if (parser.isTransposition(power)) return { kind: 'transposition', operand: call, span: call.span }
  const exponent = parser.inside(power).whole(start)
  if (exponent.kind !== 'numeral')
    throw new Misunderstanding(`${known} raised before its argument: a power or an inverse?`, exponent.span)
  return { kind: 'operation', operator: '^', left: call, right: exponent, span: call.span }
}

/** A symbol and the parenthesis behind it: `g(a_5)`, `f(x, y)`. */
export function readCall(parser: Parser, name: Name): Call {
  const group = parser.peek()
  if (!isGroup(group, '(')) throw new Misunderstanding(`${name.text} without an argument`, name.span)
  parser.at++
  return {
    kind: 'call',
    name: name.key,
    arguments: readParenthesizedArguments(parser, group, 'parentheses'),
    span: { start: name.span.start, end: group.span.end },
  }
}

/** The one argument of a function that is taken over an index: a group, or an operand with its power. */
function readArgument(parser: Parser, known: string, start: Span): Expression {
  const argument = parser.peek()
  if (argument === undefined || !isArgument(parser, argument))
    throw new Misunderstanding(`${known} without an argument`, start)
  if (!isGroup(argument, '\\{')) return parser.postfix()
  parser.at++
  return parser.inside(argument.nodes).whole(argument.span)
}

function readPrimes(parser: Parser): string {
  let primes = ''
  while (isSign(parser.peek(), "'")) {
    primes += "'"
    parser.at++
  }
  return primes
}

/** `-0.5` behind a function without parentheses. */
function readNegative(parser: Parser): Expression {
  const minus = parser.nodes[parser.at++]
  const operand = parser.operand()
  return { kind: 'negation', operand, span: { start: minus.span.start, end: operand.span.end } }
}

/** `P(y = 1 | x)`: one symbol, as it is written but for spaces; `D_{KL}(p \| q)`: a call of two arguments. */
export function readConditional(parser: Parser, name: Name, group: GroupNode): Expression {
  parser.at++
  const span = { start: name.span.start, end: group.span.end }
  const { textOf } = parser.surroundings
  if (/(^|_)(D|KL|JS)/i.test(name.key) || name.key.startsWith('D')) {
    const sides = split(group.nodes, (node) => isSign(node, '|'))
    const values = sides.map((side) => parser.inside(side).whole(group.span))
    return { kind: 'call', name: name.key, arguments: values, span }
  }
  const inside = textOf(group.span).replaceAll(
    /\\(mid|vert|,|;|!)(?![A-Za-z])|\s+|\\left|\\right/g,
    (_, command: string | undefined) => (command === 'mid' || command === 'vert' ? '|' : ''),
  )
  return { kind: 'name', key: `${name.key}${inside}`, text: textOf(span), span }
}

/** The base of a logarithm, `\log_2`: of those without a function of their own, the natural one's and the base; other functions have no subscript. */
function readBase(parser: Parser, known: string): { readonly name: string; readonly base?: Numeral } {
  const node = parser.peek()
  if (
    known === 'log' &&
    node?.kind === 'number' &&
    !node.spaced &&
    /^(2|10)$/.test(node.text) &&
    isGroup(parser.peek(1), '(')
  ) {
    parser.at++
    return { name: `log${node.text}` }
  }
  if (!isSign(node, '_')) return { name: known }
  parser.at++
  const { nodes } = parser.scriptNodes(node.span)
  const [base] = nodes
  if (known !== 'log' || nodes.length !== 1) throw new Misunderstanding(`${known} with a subscript`, node.span)
  if (base.kind === 'letters' && base.text === 'e') return { name: 'ln' }
  if (base.kind === 'number' && (base.text === '2' || base.text === '10')) return { name: `log${base.text}` }
  const numeral = base.kind === 'number' ? readNumeral(base.text, base.span) : undefined
  if (numeral?.whole && numeral.value > 1) return { name: 'ln', base: numeral }
  throw new Misunderstanding('a logarithm whose base is no whole number above 1', base.span)
}

/** The logarithm to a base, ln x / ln b. */
function toBase(logarithm: Call, base: Numeral): Operation {
  const { span } = logarithm
  const right: Call = { kind: 'call', name: 'ln', arguments: [base], span: base.span }
  return { kind: 'operation', operator: '/', left: logarithm, right, span }
}

/** The nodes of a superscript that stands between a function and its argument. */
function readPower(parser: Parser): readonly Node[] | undefined {
  const node = parser.peek()
  if (!isSign(node, '^')) return undefined
  parser.at++
  return parser.scriptNodes(node.span).nodes
}

function isArgument(parser: Parser, node: Node): boolean {
  if (node.kind === 'number' || isGroup(node, '\\{')) return true
  return parser.beginsFactor(node)
}

function readArguments(parser: Parser, known: string, argument: Node): readonly Expression[] {
  if (isGroup(argument, '(') || isGroup(argument, '\\{') || isGroup(argument, '{')) {
    if (argument.open === '\\{' && !severalArguments.has(known)) return parser.refuse(argument)
    parser.at++
    return readParenthesizedArguments(parser, argument, severalArguments.has(known) ? 'arguments' : 'line')
  }
  const operand = parser.operand()
  const next = parser.peek()
  const closed = argument.kind === 'group' || argument.kind === 'environment'
  if (next !== undefined && !closed && (isSign(next, '^') || parser.beginsFactor(next)))
    throw new Misunderstanding(`how far the argument of ${known} goes without parentheses`, next.span)
  return [operand]
}

export function readParenthesizedArguments(
  parser: Parser,
  group: GroupNode,
  context: 'parentheses' | 'arguments' | 'line',
): readonly Expression[] {
  const entries = listEntries(parser, group.nodes, context)
  return entries.map((entry) => parser.inside(entry).whole(entry[0]?.span ?? group.span))
}

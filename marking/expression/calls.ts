import type { Call, Expression, Name, Span } from './ast.js'
import { listEntries } from './brackets.js'
import { Misunderstanding } from './misunderstanding.js'
import { keyOf } from './names.js'
import { type GroupNode, isGroup, isSign, type Node } from './nodes.js'
import type { Parser } from './parser.js'
import { severalArguments } from './vocabulary.js'

/** A known function behind its name: `tanh(x)`, `\tanh x`, `\tanh^2(x)`, `\log_2 8`, `softmax [1, 2]`; alone it is a name. */
export function readFunction(parser: Parser, known: string, start: Span): Expression {
  const word = { start: start.start, end: parser.endOfPrevious() }
  const name = readBase(parser, known)
  if (isSign(parser.peek(), "'")) throw new Misunderstanding(`the derivative of ${known} without a symbol`, start)
  const power = readPower(parser)
  const argument = parser.peek()
  if (argument === undefined || !isArgument(parser, argument)) {
    if (power !== undefined) throw new Misunderstanding(`${known} without an argument`, start)
    const text = parser.surroundings.textOf(word)
    return { kind: 'name', key: keyOf(text) ?? known, text, span: word }
  }
  const values = readArguments(parser, known, argument)
  const call: Call = {
    kind: 'call',
    name,
    arguments: values,
    span: { start: start.start, end: parser.endOfPrevious() },
  }
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

/** The base of a logarithm, `\log_2`; other functions have no subscript. */
function readBase(parser: Parser, known: string): string {
  const node = parser.peek()
  if (!isSign(node, '_')) return known
  parser.at++
  const { nodes } = parser.scriptNodes(node.span)
  const [base] = nodes
  if (known !== 'log' || nodes.length !== 1) throw new Misunderstanding(`${known} with a subscript`, node.span)
  if (base.kind === 'letters' && base.text === 'e') return 'ln'
  if (base.kind === 'number' && (base.text === '2' || base.text === '10')) return `log${base.text}`
  throw new Misunderstanding('a logarithm to another base than 2, e and 10', base.span)
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

function readParenthesizedArguments(
  parser: Parser,
  group: GroupNode,
  context: 'parentheses' | 'arguments' | 'line',
): readonly Expression[] {
  const entries = listEntries(parser, group.nodes, context)
  return entries.map((entry) => parser.inside(entry).whole(entry[0]?.span ?? group.span))
}

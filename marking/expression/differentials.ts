import type { Expression, Span } from './ast.js'
import { differentiated, readDerivative } from './fractions.js'
import { Misunderstanding } from './misunderstanding.js'
import { isGreekLetter, keyOf } from './names.js'
import { type CommandNode, isCommand, isSign, type LettersNode, type Node, spanOf } from './nodes.js'
import type { Parser } from './parser.js'
import { isListed, takeScripts } from './scripts.js'
import { endOfScripts, isNameStart, readNames, separateLetters, takeBase } from './symbols.js'

/** `\nabla_w E`, `\partial_w E`: the derivative of E with respect to w as one symbol, or a call of it. */
export function readGradient(parser: Parser, command: CommandNode): Expression {
  parser.at += 2
  const below = parser.scriptNodes(command.span)
  const { textOf } = parser.surroundings
  const variable = keyOf(textOf(contentsOf(below.nodes)))
  const symbol = parser.peek()
  if (symbol === undefined) {
    const span = { start: command.span.start, end: below.end }
    const key = keyOf(textOf(span))
    if (key === undefined) throw new Misunderstanding('a gradient of nothing', span)
    return { kind: 'name', key, text: textOf(span), span }
  }
  if (variable === undefined || !isNameStart(parser))
    throw new Misunderstanding('a gradient of what is no symbol', symbol.span)
  const of = readNames(parser)
  return differentiated(of, variable, command.span.start, textOf)
}

function contentsOf(nodes: readonly Node[]): Span {
  return spanOf(nodes[0], nodes[nodes.length - 1])
}

/** `∂L/∂w` on the line. */
export function readInlineDerivative(parser: Parser, place: Span): Expression {
  const above = takeDifferential(parser)
  if (!isSign(parser.peek(), '/') || !isCommand(parser.peek(1), 'partial'))
    throw new Misunderstanding('a derivative outside a fraction', place)
  parser.at++
  const below = takeDifferential(parser)
  const derivative = readDerivative(parser, above, below, { start: place.start, end: parser.endOfPrevious() })
  if (derivative === undefined) throw new Misunderstanding('a derivative of what is no symbol', place)
  return derivative
}

/** `dE/dw_{35}` on the line, where d is no symbol of the exercise; `undefined` where none stands at the cursor. */
export function readLineDifferential(parser: Parser, first: LettersNode): Expression | undefined {
  const { symbols, textOf } = parser.surroundings
  if (!isDifferential(first) || symbols.keys.has('d') || isListed(parser, first.text)) return undefined
  const slash = endOfScripts(parser, parser.at + 1).next
  const below = parser.nodes[slash + 1]
  if (!isSign(parser.nodes[slash], '/') || below?.kind !== 'letters' || !isDifferential(below)) return undefined
  const end = endOfScripts(parser, slash + 2)
  const keys = [
    { start: first.span.start + 1, end: parser.nodes[slash - 1].span.end },
    { start: below.span.start + 1, end: end.offset },
  ].map((span) => keyOf(textOf(span)))
  if (keys.some((key) => key === undefined)) return undefined
  parser.at = end.next
  const span = { start: first.span.start, end: end.offset }
  return { kind: 'name', key: `∂${keys[0]}/∂${keys[1]}`, text: textOf(span), span }
}

/** `dE`, `dw`, `dtheta`. */
function isDifferential({ text }: LettersNode): boolean {
  return text.startsWith('d') && (text.length === 2 || isGreekLetter(text.slice(1)))
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

import type { Call, Expression, Name, Span } from './ast.js'
import { Misunderstanding } from './misunderstanding.js'
import { keyOf } from './names.js'
import { type CommandNode, isCommand, isGroup, isSign, type Node, spanOf } from './nodes.js'
import type { Parser } from './parser.js'

/** `\frac{a}{b}`, `\frac12`, and derivatives: `\frac{\partial L}{\partial w}`. */
export function readFraction(parser: Parser, command: CommandNode): Expression {
  parser.at++
  const numerator = argument(parser, command)
  const denominator = argument(parser, command)
  const span = spanOf(command, denominator)
  const derivative = readDerivative(parser, contents(numerator), contents(denominator), span)
  if (derivative !== undefined) return derivative
  return {
    kind: 'operation',
    operator: '/',
    left: parser.inside(contents(numerator)).whole(numerator.span),
    right: parser.inside(contents(denominator)).whole(denominator.span),
    span,
  }
}

/** `\sqrt{x}`, `\sqrt[3]{x}`, `√3`. */
export function readRoot(parser: Parser, command: CommandNode): Expression {
  parser.at++
  const degree = parser.peek()
  if (isGroup(degree, '[')) {
    parser.at++
    const radicand = argument(parser, command)
    const index = parser.inside(degree.nodes).whole(degree.span)
    const one: Expression = {
      kind: 'numeral',
      text: '1',
      decimal: '1',
      value: 1,
      half: 0.5,
      whole: true,
      span: degree.span,
    }
    return {
      kind: 'operation',
      operator: '^',
      left: parser.inside(contents(radicand)).whole(radicand.span),
      right: { kind: 'operation', operator: '/', left: one, right: index, span: degree.span },
      span: spanOf(command, radicand),
    }
  }
  const radicand = parser.peek()
  if (!isGroup(radicand, '{')) {
    const operand = parser.operand()
    const next = parser.peek()
    if (isSign(next, '^')) throw new Misunderstanding('a power behind a root without braces', next.span)
    return root(operand, { start: command.span.start, end: parser.endOfPrevious() })
  }
  parser.at++
  return root(parser.inside(radicand.nodes).whole(radicand.span), spanOf(command, radicand))
}

function root(operand: Expression, span: Span): Call {
  return { kind: 'call', name: 'sqrt', arguments: [operand], span }
}

/** The next argument of a command: a braced group or one node; of a number without braces its first digit, as LaTeX has it. */
function argument(parser: Parser, command: CommandNode): Node {
  const node = parser.peek()
  if (node === undefined) throw new Misunderstanding(`\\${command.name} lacks an argument`, command.span)
  if (node.kind !== 'number' || node.text.length === 1) {
    parser.at++
    return node
  }
  const { start } = node.span
  const first: Node = { ...node, text: node.text[0], span: { start, end: start + 1 } }
  parser.nodes[parser.at] = {
    ...node,
    text: node.text.slice(1),
    spaced: false,
    span: { start: start + 1, end: node.span.end },
  }
  return first
}

function contents(node: Node): readonly Node[] {
  return isGroup(node, '{') ? node.nodes : [node]
}

/** A derivative as one symbol: `\partial L` over `\partial w`, or `dL` over `dw`. */
export function readDerivative(
  parser: Parser,
  numerator: readonly Node[],
  denominator: readonly Node[],
  span: { readonly start: number; readonly end: number },
): Name | undefined {
  const above = differential(parser, numerator)
  const below = differential(parser, denominator)
  if (above === undefined || below === undefined) {
    const [first] = [...numerator, ...denominator].filter((node) => isCommand(node, 'partial'))
    if (first !== undefined) parser.refuse(first)
    return undefined
  }
  return { kind: 'name', key: `∂${above}/∂${below}`, text: parser.surroundings.textOf(span), span }
}

/** The key of what a differential is of. */
function differential(parser: Parser, nodes: readonly Node[]): string | undefined {
  const [first] = nodes
  if (first === undefined) return undefined
  const last = nodes[nodes.length - 1]
  const { symbols, textOf } = parser.surroundings
  if (isCommand(first, 'partial')) {
    return nodes.length === 1 ? undefined : keyOf(textOf({ start: first.span.end, end: last.span.end }))
  }
  if (first.kind !== 'letters' || first.text.length < 2 || !first.text.startsWith('d') || symbols.keys.has('d'))
    return undefined
  return keyOf(textOf({ start: first.span.start + 1, end: last.span.end }))
}

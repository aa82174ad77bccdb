import type { Call, Expression, Name, Span } from './ast.js'
import { split } from './brackets.js'
import { wholeNumeral } from './indices.js'
import { Misunderstanding } from './misunderstanding.js'
import { keyOf } from './names.js'
import { type CommandNode, isCommand, isGroup, isSign, type Node, spanOf } from './nodes.js'
import type { Parser } from './parser.js'
import { fonts, knownFunction } from './vocabulary.js'

/** `\frac{a}{b}`, `\frac12`, and derivatives: `\frac{\partial L}{\partial w}`. */
export function readFraction(parser: Parser, command: CommandNode): Expression {
  parser.at++
  const numerator = argument(parser, command)
  const denominator = argument(parser, command)
  const span = spanOf(command, denominator)
  const derivative = readDerivativeFraction(parser, contents(numerator), contents(denominator), span)
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
    const one = wholeNumeral(1, degree.span)
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

/** A derivative in a fraction: of a symbol, `\frac{\partial L}{\partial w}`, of an expression, or an operator before what it applies to. */
function readDerivativeFraction(
  parser: Parser,
  numerator: readonly Node[],
  denominator: readonly Node[],
  span: Span,
): Expression | undefined {
  const above = differentialOf(parser, numerator)
  const below = differentialOf(parser, denominator)
  if (above === undefined || below === undefined || below.of.length === 0) {
    const [first] = [...numerator, ...denominator].filter((node) => isCommand(node, 'partial'))
    if (first !== undefined) parser.refuse(first)
    return undefined
  }
  const { textOf } = parser.surroundings
  const variable = variableOf(parser, below.of)
  if (variable === undefined) {
    if (above.sign === 'd') return undefined
    throw new Misunderstanding('a derivative with respect to what is no symbol', spanOf(below.of[0]))
  }
  if (above.of.length > 0) {
    const key = keyOf(textOf(spanOf(above.of[0], above.of[above.of.length - 1]))) ?? calledKey(parser, above.of)
    if (key !== undefined) return { kind: 'name', key: `∂${above.order}${key}/∂${variable}`, text: textOf(span), span }
    if (above.sign === 'd') return undefined
    return derivativeOf(parser.inside(above.of).whole(span), variable, above.order, span)
  }
  const next = parser.peek()
  if (next === undefined) throw new Misunderstanding('a derivative of nothing', span)
  const of = parser.postfix()
  const whole = { start: span.start, end: of.span.end }
  if (of.kind === 'name' || (of.kind === 'call' && isSymbolic(of.name)))
    return differentiated(of, variable, span.start, textOf, above.order)
  return derivativeOf(of, variable, above.order, whole)
}

/** The derivative of an expression with respect to one symbol. */
function derivativeOf(body: Expression, variable: string, order: string, span: Span): Call {
  if (order !== '' || variable.includes('∂')) throw new Misunderstanding('a higher derivative of an expression', span)
  return {
    kind: 'call',
    name: 'derivative',
    arguments: [body, { kind: 'name', key: variable, text: variable, span }],
    span,
  }
}

function isSymbolic(name: string): boolean {
  return knownFunction(name) === undefined
}

/** The derivative of a symbol as one symbol, and of a symbol's call as a call of that. */
export function differentiated(
  of: Expression,
  variable: string,
  start: number,
  textOf: (span: Span) => string,
  order = '',
): Name | Call {
  const span = { start, end: of.span.end }
  if (of.kind === 'name') return { kind: 'name', key: `∂${order}${of.key}/∂${variable}`, text: textOf(span), span }
  if (of.kind === 'call' && isSymbolic(of.name)) return { ...of, name: `∂${order}${of.name}/∂${variable}`, span }
  throw new Misunderstanding('a derivative of what is no symbol', of.span)
}

/** `f(x)`: the symbol f. */
function calledKey(parser: Parser, nodes: readonly Node[]): string | undefined {
  const last = nodes[nodes.length - 1]
  if (nodes.length < 2 || !isGroup(last, '(')) return undefined
  const name = nodes.slice(0, -1)
  return keyOf(parser.surroundings.textOf(spanOf(name[0], name[name.length - 1])))
}

/** `f(x_p)`, where the value of the function is a symbol of the exercise. */
function keyOfValue(parser: Parser, nodes: readonly Node[], span: Span): string | undefined {
  if (nodes.length < 2 || !isGroup(nodes[nodes.length - 1], '(')) return undefined
  const value = parser.inside(nodes).whole(span)
  return value.kind === 'name' ? value.key : undefined
}

/** The key of what a derivative is taken with respect to: `w`, `w^2`, `w_1∂w_2`. */
function variableOf(parser: Parser, nodes: readonly Node[]): string | undefined {
  const keys = split(nodes, (node) => isCommand(node, 'partial')).map((part) => {
    const [power, order] = part.slice(-2)
    const squared = isSign(power, '^') && order?.kind === 'number' && part.length > 2
    const symbol = squared ? part.slice(0, -2) : part
    if (symbol.length === 0) return undefined
    const span = spanOf(symbol[0], symbol[symbol.length - 1])
    const key = keyOf(parser.surroundings.textOf(span)) ?? keyOfValue(parser, symbol, span)
    return key === undefined || !squared ? key : `${key}^${order.text}`
  })
  return keys.every((key) => key !== undefined) ? keys.join('∂') : undefined
}

interface Differential {
  readonly sign: '∂' | 'd'
  /** `^2` for a second derivative. */
  readonly order: string
  /** What stands behind the sign; nothing where it is an operator. */
  readonly of: readonly Node[]
}

/** `\partial L`, `\partial^2 L`, `\partial`; `dL`, `d\sigma`, `\mathrm{d}L`, `d`. */
function differentialOf(parser: Parser, nodes: readonly Node[]): Differential | undefined {
  const [first, second] = nodes
  if (first === undefined) return undefined
  if (isCommand(first, 'partial')) return { sign: '∂', ...orderOf(nodes.slice(1)) }
  if (isCommand(first, ...fonts) && isGroup(second, '{') && isLetterD(second.nodes[0]) && second.nodes.length === 1)
    return { sign: 'd', ...orderOf(nodes.slice(2)) }
  if (first.kind === 'text' && first.text === 'd') return { sign: 'd', ...orderOf(nodes.slice(1)) }
  if (first.kind !== 'letters' || !first.text.startsWith('d') || parser.surroundings.symbols.keys.has('d'))
    return undefined
  if (first.text.length === 1)
    return isSign(second, '_') || isSign(second, "'") ? undefined : { sign: 'd', ...orderOf(nodes.slice(1)) }
  const start = first.span.start + 1
  return {
    sign: 'd',
    order: '',
    of: [{ ...first, text: first.text.slice(1), span: { ...first.span, start } }, ...nodes.slice(1)],
  }
}

function orderOf(nodes: readonly Node[]): { readonly order: string; readonly of: readonly Node[] } {
  const [caret, order] = nodes
  if (!isSign(caret, '^')) return { order: '', of: nodes }
  const number = isGroup(order, '{') ? order.nodes[0] : order
  if (number?.kind !== 'number') throw new Misunderstanding('a derivative whose order is no number', caret.span)
  return { order: `^${number.text}`, of: nodes.slice(2) }
}

function isLetterD(node: Node | undefined): boolean {
  return node?.kind === 'letters' && node.text === 'd'
}

/** `∂L/∂w` on the line as one symbol. */
export function readDerivative(
  parser: Parser,
  numerator: readonly Node[],
  denominator: readonly Node[],
  span: Span,
): Name | undefined {
  const read = readDerivativeFraction(parser, numerator, denominator, span)
  return read?.kind === 'name' ? read : undefined
}

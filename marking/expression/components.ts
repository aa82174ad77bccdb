import type { Expression } from './ast.js'
import { split } from './brackets.js'
import { Misunderstanding } from './misunderstanding.js'
import { isGroup, isSign, type Node } from './nodes.js'
import type { Parser } from './parser.js'
import { knownFunction, products } from './vocabulary.js'

/** What stands behind an operand and picks from it or applies to it: `softmax(z)_1`, `x.T`, `W.dot(x)`, `e.sum()`. */
export function readComponent(parser: Parser, operand: Expression): Expression | undefined {
  const node = parser.peek()
  const next = parser.peek(1)
  if (isSign(node, '.') && !node.spaced && next?.kind === 'letters' && !next.spaced)
    return readMethod(parser, operand, next)
  if (!isSign(node, '_')) return undefined
  if (operand.kind !== 'call' && operand.kind !== 'matrix' && operand.kind !== 'transposition' && !isClosed(parser))
    return undefined
  parser.at++
  const { nodes, end } = parser.scriptNodes(node.span)
  const span = { start: operand.span.start, end }
  if (isLengths(nodes)) return operand
  const indices = separateDigits(operand, nodes).map((part) => {
    const index = parser.inside(part).whole(node.span)
    if (index.kind !== 'numeral' && index.kind !== 'name' && index.kind !== 'operation')
      throw new Misunderstanding('an index that is no number', index.span)
    return index
  })
  return { kind: 'call', name: 'entry', arguments: [operand, ...indices], span }
}

/** What stands below a matrix are its lengths: `_{2 \times 2}`. */
function isLengths(nodes: readonly Node[]): boolean {
  return nodes.some(
    (node) => (node.kind === 'command' && products.has(node.name)) || (node.kind === 'letters' && node.text === 'x'),
  )
}

/** `21` below a matrix: row 2, column 1. */
function separateDigits(operand: Expression, nodes: readonly Node[]): readonly (readonly Node[])[] {
  const [only] = nodes
  const isMatrix = operand.kind === 'matrix' || operand.kind === 'transposition'
  if (!isMatrix || nodes.length !== 1 || only.kind !== 'number' || !/^\d\d$/.test(only.text))
    return split(nodes, (node) => isSign(node, ','))
  const middle = only.span.start + 1
  return [
    [{ ...only, text: only.text[0], span: { start: only.span.start, end: middle } }],
    [{ ...only, text: only.text[1], span: { start: middle, end: only.span.end } }],
  ]
}

/** Whether the node before the cursor closes a group. */
function isClosed(parser: Parser): boolean {
  const before = parser.nodes[parser.at - 1]
  return before?.kind === 'group' && before.open !== '{'
}

/** `x.T`, `W.dot(x)`, `z.sum()`, `x.mean()`. */
function readMethod(parser: Parser, operand: Expression, method: Node & { kind: 'letters' }): Expression {
  const span = { start: operand.span.start, end: method.span.end }
  if (method.text === 'T') {
    parser.at += 2
    return { kind: 'transposition', operand, span }
  }
  const group = parser.peek(2)
  if (!isGroup(group, '(')) return parser.refuse(method)
  const called = { start: span.start, end: group.span.end }
  if (/^(dot|matmul|mm)$/.test(method.text) && group.nodes.length > 0) {
    parser.at += 3
    const right = parser.inside(group.nodes).whole(group.span)
    return { kind: 'operation', operator: '*', left: operand, right, span: called }
  }
  if (method.text === 'transpose' && group.nodes.length === 0) {
    parser.at += 3
    return { kind: 'transposition', operand, span: called }
  }
  const known = knownFunction(method.text)
  if (known === undefined || group.nodes.length > 0) return parser.refuse(method)
  parser.at += 3
  return { kind: 'call', name: known, arguments: [operand], span: called }
}

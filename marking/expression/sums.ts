import type { Call, Expression, Name, Span } from './ast.js'
import { split } from './brackets.js'
import { dependsOn, indicesIn, withIndex } from './indices.js'
import { Misunderstanding } from './misunderstanding.js'
import { type CommandNode, isCommand, isSign, type LettersNode, type Node, spanOf } from './nodes.js'
import type { Parser } from './parser.js'
import { relationAt } from './relations.js'
import { memberships, valuelessRelations } from './vocabulary.js'
import { walk } from './walk.js'

/** What a sum runs over: its indices, and bounds or a set where they are written. */
interface Range {
  readonly indices: readonly Name[]
  readonly bounds: readonly Expression[]
}

/** Whether a sum or a product over an index begins here: `\sum`, `\prod`, `Σ_{i=1}^{3}`, `sum_{i=1}^{3}`. */
export function isSumSign(parser: Parser, node: Node): node is CommandNode | LettersNode {
  if (isCommand(node, 'sum', 'prod')) return true
  const limits = isSign(parser.peek(1), '_') ? parser.peek(2) : undefined
  if (limits === undefined) return false
  const bounded = limits.kind === 'group' && limits.nodes.some((_, i) => relationAt(limits.nodes, i) !== undefined)
  if (isCommand(node, 'Sigma')) return bounded
  return node.kind === 'letters' && (node.text === 'sum' || (node.text === 'Σ' && bounded))
}

/** The most terms, and the most nodes in all terms, that a sum with numeric bounds is written out to. */
const mostTerms = 100
const mostNodes = 2000

/** `\sum_{i=1}^{4} x_i`: written out where its bounds are numbers, else a call of `sumOver`; `\prod` alike. */
export function readSum(parser: Parser, command: CommandNode | LettersNode): Expression {
  const isSum = command.kind === 'letters' || command.name !== 'prod'
  parser.at++
  const { below, above } = readLimits(parser)
  const place = command.span
  const from = parser.at
  const body = parser.product()
  if (!isSum && parser.nodes.slice(from, parser.at).some((node) => isSign(node, '/')))
    throw new Misunderstanding('how far a product over an index goes', place)
  const range = below === undefined ? impliedRange(body, place) : readRange(parser, below, above, place)
  const span = { start: place.start, end: parser.endOfPrevious() }
  const name = isSum ? 'sumOver' : 'productOver'
  const names = walk(body).filter((node) => node.kind === 'name')
  const [first] = range.indices
  if (range.bounds.length === 2 && names.length > 0 && !dependsOn(body, first.key))
    throw new Misunderstanding(`a sum over ${first.text} of what does not depend on it`, place)
  return writtenOut(body, range, isSum ? '+' : '*', span) ?? overIndices(name, body, range, span)
}

/** `\max_i x_i`: the subscript of a function that is taken over an index. */
export function readOver(parser: Parser, name: string, below: readonly Node[], start: Span, body: Expression): Call {
  return overIndices(name, body, readRange(parser, below, undefined, start), {
    start: start.start,
    end: parser.endOfPrevious(),
  })
}

function readLimits(parser: Parser): {
  readonly below: readonly Node[] | undefined
  readonly above: readonly Node[] | undefined
} {
  let below: readonly Node[] | undefined
  let above: readonly Node[] | undefined
  for (;;) {
    const node = parser.peek()
    if (isSign(node, '_') && below === undefined) {
      parser.at++
      below = parser.scriptNodes(node.span).nodes
    } else if (isSign(node, '^') && above === undefined) {
      parser.at++
      above = parser.scriptNodes(node.span).nodes
    } else return { below, above }
  }
}

/** `i=1` below and `n` above, `i`, `i, j`, or `x \in S`. */
function readRange(parser: Parser, below: readonly Node[], above: readonly Node[] | undefined, place: Span): Range {
  const at = below.findIndex(
    (node, i) =>
      relationAt(below, i) !== undefined ||
      (node.kind === 'command' && (memberships.has(node.name) || valuelessRelations.has(node.name))),
  )
  const indices = (nodes: readonly Node[]): readonly Name[] =>
    split(nodes, (node) => isSign(node, ',')).map((part) => {
      const index = parser.inside(part).whole(place)
      if (index.kind !== 'name') throw new Misunderstanding('an index that is no symbol', index.span)
      return index
    })
  if (at < 0) {
    if (above !== undefined) throw new Misunderstanding('a sum whose index begins nowhere', place)
    return { indices: indices(below), bounds: [] }
  }
  const node = below[at]
  const named = indices(below.slice(0, at))
  if (named.length === 1 && isSign(node, '=') && above !== undefined) {
    const first = parser.inside(below.slice(at + 1)).whole(place)
    return { indices: named, bounds: [first, parser.inside(above).whole(place)] }
  }
  if (named.length === 1 && isCommand(node, 'in') && above === undefined) {
    const set = parser.inside(below.slice(at + 1)).whole(place)
    if (set.kind === 'name') return { indices: named, bounds: [set] }
  }
  throw new Misunderstanding(
    'a sum, a maximum or a minimum under a condition',
    spanOf(below[0], below[below.length - 1]),
  )
}

/** `\sum w_i x_i` without limits runs over the one index of its names. */
function impliedRange(body: Expression, place: Span): Range {
  const letters = new Set(walk(body).flatMap((node) => (node.kind === 'name' ? indicesIn(node.key) : [])))
  const [index] = letters
  if (letters.size !== 1) throw new Misunderstanding('a sum over what is not said', place)
  return { indices: [{ kind: 'name', key: index, text: index, span: place }], bounds: [] }
}

/** The terms of a sum or product whose bounds are whole numbers, put together; `undefined` where they are not, or too many. */
function writtenOut(
  body: Expression,
  { indices, bounds }: Range,
  operator: '+' | '*',
  span: Span,
): Expression | undefined {
  const [first, last] = bounds.map(wholeValue)
  const [index] = indices
  if (bounds.length !== 2 || first === undefined || last === undefined) return undefined
  const count = last - first + 1
  if (count < 1 || count > mostTerms || count * walk(body).length > mostNodes) return undefined
  const terms = Array.from({ length: count }, (_, i) => withIndex(body, index.key, first + i))
  return terms.reduce((left, right): Expression => ({ kind: 'operation', operator, left, right, span }))
}

function wholeValue(bound: Expression): number | undefined {
  if (bound.kind === 'numeral') return bound.whole ? bound.value : undefined
  const negated = bound.kind === 'negation' ? wholeValue(bound.operand) : undefined
  return negated === undefined ? undefined : -negated
}

/** The call over the last index inside that over the first. */
function overIndices(name: string, body: Expression, { indices, bounds }: Range, span: Span): Call {
  const [first, ...others] = [...indices].reverse()
  const innermost: Call = { kind: 'call', name, arguments: [body, first, ...bounds], span }
  return others.reduce<Call>((inner, index) => ({ kind: 'call', name, arguments: [inner, index], span }), innermost)
}

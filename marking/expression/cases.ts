import type { Expression, Relation } from './ast.js'
import { split } from './brackets.js'
import { Misunderstanding } from './misunderstanding.js'
import { type EnvironmentNode, isCommand, isSign, type Node } from './nodes.js'
import type { Parser } from './parser.js'
import { relationAt } from './relations.js'
import { conditionWords, otherwiseWords } from './vocabulary.js'

/** `\begin{cases} … \end{cases}`: values and the conditions beside them. */
export function readCases(parser: Parser, environment: EnvironmentNode): Expression {
  const rows = split(environment.nodes, (node) => isCommand(node, 'newline')).filter((row) => row.length > 0)
  const parts = rows.flatMap((row, i): readonly Expression[] => {
    const { value, condition } = sidesOf(row)
    const read = parser.inside(value).whole(environment.span)
    if (condition === 'otherwise' || (condition === undefined && i === rows.length - 1 && i > 0)) {
      if (i < rows.length - 1) throw new Misunderstanding('a case behind «otherwise»', environment.span)
      return [read]
    }
    if (condition === undefined) throw new Misunderstanding('a case without its condition', environment.span)
    return [read, readCondition(parser, condition, environment)]
  })
  if (parts.length < 2) throw new Misunderstanding('a single case', environment.span)
  return { kind: 'call', name: 'cases', arguments: parts, span: environment.span }
}

/** The value of a row and its condition, which `&`, a comma, a wide space or a word separates from it. */
function sidesOf(row: readonly Node[]): {
  readonly value: readonly Node[]
  readonly condition: readonly Node[] | 'otherwise' | undefined
} {
  const at = row.findIndex(
    (node, i) =>
      i > 0 && (isSign(node, '&') || isSign(node, ',') || isCommand(node, 'quad', 'qquad') || isWordNode(node)),
  )
  if (at < 0) return { value: row, condition: undefined }
  const rest = row.slice(at).filter((node) => !isSign(node, '&') && !isCommand(node, 'quad', 'qquad'))
  const condition = rest.filter((node, i) => !(isSign(node, ',') && i === 0) && !isWordNode(node) && !isSign(node, '.'))
  while (isSign(condition[condition.length - 1], ',')) condition.pop()
  const words = rest
    .filter(isWordNode)
    .map(wordOf)
    .join(' ')
    .split(/[^\p{L}]+/u)
  if (condition.length > 0) return { value: row.slice(0, at), condition }
  return { value: row.slice(0, at), condition: words.some((word) => otherwiseWords.has(word)) ? 'otherwise' : rest }
}

function isWordNode(node: Node): boolean {
  const words = wordOf(node).split(/[^\p{L}]+/u)
  return words.some((word) => conditionWords.has(word) || otherwiseWords.has(word))
}

function wordOf(node: Node): string {
  return node.kind === 'text' || node.kind === 'letters' ? node.text.toLowerCase() : ''
}

/** `x > 0`, `0 \le x < 1`, `x \neq 0`. */
function readCondition(parser: Parser, nodes: readonly Node[], place: EnvironmentNode): Expression {
  const sides: Node[][] = [[]]
  const relations: (Relation | '≠')[] = []
  for (let at = 0; at < nodes.length; at++) {
    const found = relationAt(nodes, at)
    const differs = isCommand(nodes[at], 'ne', 'neq')
    if (found === undefined && !differs) sides[sides.length - 1].push(nodes[at])
    else {
      relations.push(found?.relation ?? '≠')
      sides.push([])
      at += (found?.length ?? 1) - 1
    }
  }
  if (relations.length === 0) throw new Misunderstanding('a case whose condition is no relation', place.span)
  const read = sides.map((side) => parser.inside(side).whole(place.span))
  const conditions = relations.map(
    (name, i): Expression => ({
      kind: 'call',
      name,
      arguments: [read[i], read[i + 1]],
      span: place.span,
    }),
  )
  return conditions.reduce((left, right) => ({ kind: 'call', name: 'and', arguments: [left, right], span: place.span }))
}

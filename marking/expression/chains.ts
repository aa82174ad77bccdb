import { asideOf, isEllipsis, isIndexRange, isSet } from './asides.js'
import type { Aside, Chain, Expression, NotUnderstood, Reading, Relation, Span } from './ast.js'
import { split } from './brackets.js'
import { Misunderstanding } from './misunderstanding.js'
import { isCommand, isGroup, isSign, type Node, spanOf } from './nodes.js'
import { joinCommas } from './numerals.js'
import { Parser, type Surroundings } from './parser.js'
import { relationAt } from './relations.js'
import {
  caseEnvironments,
  connectors,
  lineEnvironments,
  matrixEnvironments,
  memberships,
  transparent,
  valuelessRelations,
} from './vocabulary.js'

/** How a statement is separated from the one before it: by a comma or a word, or by a line's end or wide space. */
type Separator = 'comma' | 'word' | 'space'

interface Statement {
  readonly separator: Separator
  readonly nodes: Node[]
}

/** Reads all chains in the nodes of a fragment. */
export function readChains(nodes: readonly Node[], surroundings: Surroundings): Reading {
  const statements = statementsOf(joinCommas(withLines(nodes), 'line', surroundings.decimalSign))
  const loose = looseNumbers(statements)
  const readings = statements.map((statement, i): Reading => {
    const what = isIndexRange(statements, i) ? 'the range of an index' : asideOf(statement.nodes)
    if (what !== undefined)
      return { chains: [], asides: [{ what, span: spanOfAll(statement.nodes) }], notUnderstood: [] }
    if (loose[i] || loose[i + 1])
      return {
        chains: [],
        asides: [],
        notUnderstood: [{ why: 'a list of numbers without brackets', span: spanOfAll(statement.nodes) }],
      }
    return readStatement(statement.nodes, surroundings)
  })
  return {
    chains: readings.flatMap(({ chains }) => chains),
    asides: readings.flatMap(({ asides }) => asides),
    notUnderstood: readings.flatMap(({ notUnderstood }) => notUnderstood),
  }
}

/** The nodes with lines of mathematics (aligned, split, …) in one row, a line's end between them. */
function withLines(nodes: readonly Node[]): readonly Node[] {
  return nodes.flatMap((node, i): readonly Node[] => {
    if (isGroup(node, '{') && isPlainGroup(nodes[i - 1]) && containsRelation(node.nodes)) return withLines(node.nodes)
    if (node.kind !== 'environment') return [node]
    const comment = node.nodes.every(
      (inside, k) =>
        inside.kind === 'text' ||
        isCommand(inside, 'newline') ||
        isSign(inside, '&') ||
        (k === 0 && isGroup(inside, '{')),
    )
    if (comment) return []
    const lines =
      lineEnvironments.has(node.name) ||
      (matrixEnvironments.has(node.name) && containsRelation(node.nodes)) ||
      (caseEnvironments.has(node.name) && isSystem(node.nodes))
    if (!lines) return [node]
    const format = (node.name === 'array' || node.name.startsWith('alig')) && isGroup(node.nodes[0], '{') ? 1 : 0
    const end: Node = {
      kind: 'command',
      name: 'newline',
      spaced: true,
      span: { start: node.span.end, end: node.span.end },
    }
    const start: Node = { ...end, span: { start: node.span.start, end: node.span.start } }
    return [start, ...withLines(node.nodes.slice(format)).filter((inside) => !isSign(inside, '&')), end]
  })
}

/** Whether every row of cases is an equation by itself, and none has a condition. */
function isSystem(nodes: readonly Node[]): boolean {
  const rows = split(nodes, (node) => isCommand(node, 'newline')).filter((row) => row.length > 0)
  return rows.every((row) => {
    const cells = split(row, (node) => isSign(node, '&'))
    const [first, second] = cells
    return (
      containsRelation(first) || (second !== undefined && relationAt(second, 0) !== undefined && cells.length === 2)
    )
  })
}

/** Whether a group behind this node is no argument or script of it. */
function isPlainGroup(before: Node | undefined): boolean {
  if (before === undefined) return true
  if (before.kind === 'command') return transparent.has(before.name) && !before.name.endsWith('brace')
  return !isSign(before, '_') && !isSign(before, '^') && !isGroup(before, '{')
}

function containsRelation(nodes: readonly Node[]): boolean {
  return nodes.some((node, i) => {
    if (relationAt(nodes, i) !== undefined) return true
    return isGroup(node, '{') && isPlainGroup(nodes[i - 1]) && containsRelation(node.nodes)
  })
}

/** Statements between separators; a line that begins with a relation or an operator goes on with the one before it. */
function statementsOf(nodes: readonly Node[]): readonly Statement[] {
  const statements: Statement[] = [{ separator: 'space', nodes: [] }]
  for (const node of nodes) {
    const separator = separatorOf(node)
    if (separator === undefined) statements[statements.length - 1].nodes.push(node)
    else statements.push({ separator, nodes: [] })
  }
  const joined: Statement[] = []
  for (const statement of statements) {
    const nodes = withoutComments(statement.nodes)
    if (nodes.length === 0) continue
    const previous = joined[joined.length - 1]
    if (previous !== undefined && statement.separator === 'space' && continues(previous.nodes, nodes)) {
      previous.nodes.push(...nodes)
    } else joined.push({ separator: statement.separator, nodes: [...nodes] })
  }
  return joined
}

function separatorOf(node: Node): Separator | undefined {
  if (isSign(node, ',') || isSign(node, ';')) return 'comma'
  if (isCommand(node, 'newline', 'quad', 'qquad')) return 'space'
  if (node.kind !== 'text') return undefined
  return connectors.has(node.text.toLowerCase().replaceAll(/[^\p{L}]/gu, '')) || /^[,;.]$/.test(node.text)
    ? 'word'
    : undefined
}

/** Without comments (`\text{ # output}`, `# output`, `\text{(output)}`), labels (`Was:`, `a)`) and the full stop. */
function withoutComments(nodes: readonly Node[]): readonly Node[] {
  const comment = nodes.findIndex((node) => isSign(node, '#'))
  const kept = (comment < 0 ? nodes : nodes.slice(0, comment)).filter(
    (node) => !isSign(node, '&') && (node.kind !== 'text' || !/^(#.*|\(.*\)|.*:|)$/u.test(node.text)),
  )
  while (kept.length > 0 && (isSign(kept[kept.length - 1], '.') || isSign(kept[kept.length - 1], ':'))) kept.pop()
  const [first, second] = kept
  const labelled = first?.kind === 'letters' && isSign(second, ':') && !isSign(kept[2], '=')
  const lettered =
    first?.kind === 'letters' && first.text.length === 1 && second?.kind === 'unmatched' && second.text === ')'
  return (labelled && !isSet(kept[2])) || lettered ? kept.slice(2) : kept
}

function continues(before: readonly Node[], nodes: readonly Node[]): boolean {
  const last = before.length - 1
  if (relationAt(before, last) !== undefined || isOperator(before[last])) return true
  if (relationAt(nodes, 0) !== undefined || (isOperator(nodes[0]) && !isSign(nodes[0], '-'))) return true
  return isSign(nodes[0], '-') && !containsRelation(nodes)
}

function isOperator(node: Node): boolean {
  return isCommand(node, 'cdot', 'times') || (node.kind === 'sign' && '+-*/'.includes(node.text))
}

/** Which statements are bare numbers behind a comma and an equation, `x = 1, 2`: what the comma separates is unclear there. */
function looseNumbers(statements: readonly Statement[]): readonly boolean[] {
  const loose: boolean[] = []
  for (const [i, { separator, nodes }] of statements.entries()) {
    const previous = statements[i - 1]
    const bare = separator === 'comma' && nodes.every((node) => node.kind === 'number' || isSign(node, '-'))
    loose.push(bare && previous !== undefined && (loose[i - 1] || containsRelation(previous.nodes)))
  }
  return loose
}

function spanOfAll(nodes: readonly Node[]): Span {
  return spanOf(nodes[0], nodes[nodes.length - 1])
}

interface Side {
  readonly expression: Expression | undefined
  /** The relation to the side before it. */
  readonly relation: Relation | undefined
  readonly span: Span
}

function readStatement(nodes: readonly Node[], surroundings: Surroundings): Reading {
  const notUnderstood: NotUnderstood[] = []
  const asides: Aside[] = []
  const sides: Side[] = []
  let start = 0
  let relation: Relation | undefined
  let membership = false
  const finish = (end: number): void => {
    const inside = nodes.slice(start, end)
    if (inside.length === 0) return
    const span = spanOf(inside[0], inside[inside.length - 1])
    if (membership) {
      asides.push({ what: 'a set membership', span })
      return
    }
    if (inside.length === 1 && isEllipsis(inside[0])) {
      asides.push({ what: 'an ellipsis', span })
      sides.push({ expression: undefined, relation: sides.length === 0 ? undefined : relation, span })
    } else if (inside.length === 1 && (isGroup(inside[0], '\\{') || isGroup(inside[0], '[)')))
      asides.push({ what: isGroup(inside[0], '[)') ? 'an interval' : 'a set', span })
    else {
      const expression = read(inside, span)
      sides.push({ expression, relation: sides.length === 0 ? undefined : relation, span })
    }
    relation = undefined
  }
  const read = (inside: readonly Node[], span: Span): Expression | undefined => {
    try {
      return new Parser(inside, surroundings, 0).whole(span)
    } catch (error) {
      if (!(error instanceof Misunderstanding)) throw error
      notUnderstood.push({ why: error.message, span: error.span })
      return undefined
    }
  }
  for (let at = 0; at < nodes.length; at++) {
    const node = nodes[at]
    if (node.kind === 'command' && (memberships.has(node.name) || valuelessRelations.has(node.name))) {
      finish(at)
      if (!memberships.has(node.name))
        asides.push({ what: `the relation \\${node.name}, which claims no value`, span: node.span })
      membership = memberships.has(node.name)
      relation = undefined
      start = at + 1
      continue
    }
    const found = relationAt(nodes, at)
    if (found === undefined) continue
    if (membership) {
      notUnderstood.push({ why: 'a relation behind a set', span: node.span })
      break
    }
    finish(at)
    // Of two relations in a row, `= =` over a line's end or `\Rightarrow =`, the last counts.
    relation = found.relation
    at += found.length - 1
    start = at + 1
  }
  finish(nodes.length)
  return { chains: chainsOf(sides, notUnderstood.length + asides.length > 0), asides, notUnderstood }
}

/** Chains out of sides: without those that could not be read, and parted where an arrow means an implication. */
function chainsOf(sides: readonly Side[], incomplete: boolean): readonly Chain[] {
  const chains: { sides: Expression[]; relations: Relation[]; start: number; end: number }[] = []
  /** What links the next side to the chain's last one, over sides that are left out. */
  let link: Relation | undefined
  for (const [i, { expression, relation, span }] of sides.entries()) {
    if (relation === undefined || (relation === '→' && isImplication(sides, i))) link = undefined
    else if (link !== undefined) link = combined(link, relation)
    if (expression === undefined) continue
    const chain = chains[chains.length - 1]
    if (chain === undefined || link === undefined)
      chains.push({ sides: [expression], relations: [], start: span.start, end: span.end })
    else {
      chain.relations.push(link)
      chain.sides.push(expression)
      chain.end = span.end
    }
    link = '='
  }
  return chains
    .filter(({ sides }) => !incomplete || sides.length > 1)
    .map(({ start, end, ...chain }) => ({ ...chain, span: { start, end } }))
}

/** What links the outer two of three sides; nothing where neither link is an equality. */
function combined(first: Relation, second: Relation): Relation | undefined {
  if (first === '=') return second
  return second === '=' || second === first ? first : undefined
}

/** Whether the arrow before side `i` leads from one statement to another: a relation stands on its right, or an inequality on its left. */
function isImplication(sides: readonly Side[], i: number): boolean {
  const next = sides[i + 1]?.relation
  if (next !== undefined && next !== '→') return true
  const before = sides[i - 1].relation
  return before === '<' || before === '>' || before === '≤' || before === '≥'
}

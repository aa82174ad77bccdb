import type { Expression, Matrix } from './ast.js'
import { readCases } from './cases.js'
import { operation } from './factors.js'
import { Misunderstanding } from './misunderstanding.js'
import { type EnvironmentNode, type GroupNode, isCommand, isGroup, isSign, type Node } from './nodes.js'
import { joinCommas, type NumberContext } from './numerals.js'
import type { Parser } from './parser.js'
import { caseEnvironments, matrixEnvironments } from './vocabulary.js'

/** `( … )`: an expression, or a list where commas, semicolons or wide spaces separate. */
export function readParenthesized(parser: Parser, group: GroupNode): Expression {
  const entries = listEntries(parser, group.nodes, 'parentheses')
  return entries.length > 1 ? list(parser, group, entries) : readSingle(parser, group)
}

/** `[ … ]`: a list; an expression where a single one with operators stands in it. */
export function readBracketed(parser: Parser, group: GroupNode): Expression {
  const { nodes } = group
  if (nodes.some((node) => isSign(node, ';') || isCommand(node, 'newline'))) {
    const rows = split(nodes, (node) => isSign(node, ';') || isCommand(node, 'newline'))
    return matrix(
      rows.map((row) => {
        const entries = listEntries(parser, row, 'list')
        return entries.length > 1 ? entries : splitAtSpaces(row)
      }),
      parser,
      group,
      false,
    )
  }
  const entries = listEntries(parser, nodes, 'list')
  if (entries.length > 1) return list(parser, group, entries)
  const spaced = splitAtSpaces(nodes)
  if (spaced.length > 1) return list(parser, group, spaced)
  const inside = readSingle(parser, group)
  const atom = inside.kind === 'negation' ? inside.operand.kind : inside.kind
  return atom === 'numeral' || atom === 'name'
    ? { kind: 'matrix', rows: [[inside]], list: true, span: group.span }
    : inside
}

/** `⟨a, b⟩`: the product of two vectors. */
export function readInnerProduct(parser: Parser, group: GroupNode): Expression {
  const entries = listEntries(parser, group.nodes, 'parentheses')
  if (entries.length !== 2 || entries.some(({ length }) => length === 0)) return parser.refuse(group)
  const [left, right] = entries.map((entry) => parser.inside(entry).whole(group.span))
  return { ...operation('*', left, right), span: group.span }
}

/** Pairs of bars: the absolute value, the Euclidean norm, floor and ceiling. */
export function readBars(parser: Parser, group: GroupNode): Expression {
  const name = { '|': 'abs', '‖': 'norm', '⌊': 'floor', '⌈': 'ceil' }[String(group.open)]
  if (name === undefined) return parser.refuse(group)
  const operand = parser.inside(group.nodes).whole(group.span)
  const norm = name === 'norm' ? readNorm(parser) : name
  return {
    kind: 'call',
    name: norm,
    arguments: [operand],
    span: { start: group.span.start, end: parser.endOfPrevious() },
  }
}

/** Which norm the subscript of a pair of double bars names, before or behind a power: `\|x\|_1`, `\|w\|^2_2`. */
function readNorm(parser: Parser): string {
  const at = isSign(parser.peek(), '^') && isSign(parser.peek(2), '_') ? 2 : 0
  const script = parser.peek(at)
  if (!isSign(script, '_')) return 'norm'
  const before = parser.at
  parser.at += at + 1
  const { nodes } = parser.scriptNodes(script.span)
  const [index] = nodes
  const text =
    index.kind === 'number' || index.kind === 'letters' ? index.text : index.kind === 'command' ? index.name : ''
  const norm = norms.get(text)
  if (nodes.length !== 1 || norm === undefined) throw new Misunderstanding('a norm that is not known', index.span)
  if (at > 0) {
    parser.nodes.splice(before + at, parser.at - before - at)
    parser.at = before
  }
  return norm
}

const norms: ReadonlyMap<string, string> = new Map([
  ['1', 'norm1'],
  ['2', 'norm'],
  ['F', 'norm'],
  ['infty', 'normMax'],
])

/** A matrix environment; a `pmatrix` of a single cell is a pair of parentheses. */
export function readEnvironment(parser: Parser, environment: EnvironmentNode): Expression {
  if (caseEnvironments.has(environment.name)) return readCases(parser, environment)
  if (!matrixEnvironments.has(environment.name)) return parser.refuse(environment)
  const nodes = withoutRules(environment)
  const format = environment.name === 'array' && isGroup(nodes[0], '{') ? 1 : 0
  const rows = split(nodes.slice(format), (node) => isCommand(node, 'newline'))
  while (rows.length > 1 && rows[rows.length - 1].length === 0) rows.pop()
  const cells = rows.map((row) => {
    const entries = split(row, (node) => isSign(node, '&'))
    return entries.length > 1 ? entries : listEntries(parser, row, 'parentheses')
  })
  if (
    environment.name !== 'bmatrix' &&
    environment.name !== 'Bmatrix' &&
    environment.name.startsWith('p') &&
    cells.length === 1 &&
    cells[0].length === 1
  )
    return parser.inside(cells[0][0]).whole(environment.span)
  const read = matrix(cells, parser, environment, false)
  const column = read.rows.length > 1 && read.rows.every((row) => row.length === 1)
  return (column ? stacked(read.rows.flat(), environment) : undefined) ?? read
}

/** The nodes of a matrix without the rules above, below and, in an array of several columns, between its rows. */
function withoutRules({ name, nodes }: EnvironmentNode): readonly Node[] {
  if (!nodes.some((node) => isCommand(node, 'hline'))) return nodes
  const severalColumns = name === 'array' && nodes.some((node) => isSign(node, '&'))
  const entries = nodes.filter((node) => !isCommand(node, 'hline', 'newline') && !isGroup(node, '{'))
  const [first, last] = [nodes.indexOf(entries[0]), nodes.indexOf(entries[entries.length - 1])]
  return nodes.filter((node, i) => !isCommand(node, 'hline') || !(severalColumns || i < first || i > last))
}

/** A single expression in a group; a matrix alone is itself. */
function readSingle(parser: Parser, group: GroupNode): Expression {
  const inside = parser.inside(group.nodes, group.open === '(' ? 'parentheses' : 'list').whole(group.span)
  if (inside.kind !== 'matrix') return inside
  if (group.open === '[' && isGroup(group.nodes[0], '[') && group.nodes.length === 1)
    return stacked([inside], group) ?? { ...inside, span: group.span }
  return { ...inside, span: group.span }
}

function list(parser: Parser, group: GroupNode, entries: readonly (readonly Node[])[]): Matrix {
  const read = matrix([entries], parser, group, true)
  return stacked(read.rows[0], group) ?? read
}

function isListOfLists(node: Node): boolean {
  return isGroup(node, '[') && isGroup(node.nodes[0], '[')
}

/** A list of lists, `[[1, 2], [3, 4]]`: the matrix whose rows they are. */
function stacked(entries: readonly Expression[], place: GroupNode | EnvironmentNode): Matrix | undefined {
  const rows = entries.flatMap((entry) => (entry.kind === 'matrix' ? [entry] : []))
  if (place.kind === 'group' && rows.length === entries.length && place.nodes.some(isListOfLists))
    throw new Misunderstanding('lists inside lists inside a list', place.span)
  if (rows.length < entries.length || !rows.some(({ list: isList }) => isList)) return undefined
  const columns = rows[0].rows[0].length
  if (rows.some((row) => !row.list || row.rows[0].length !== columns))
    throw new Misunderstanding('rows of different lengths in a list of lists', place.span)
  return { kind: 'matrix', rows: rows.map((row) => row.rows[0]), list: false, span: place.span }
}

function matrix(
  rows: readonly (readonly (readonly Node[])[])[],
  parser: Parser,
  place: GroupNode | EnvironmentNode,
  isList: boolean,
): Matrix {
  const columns = rows[0]?.length ?? 0
  if (rows.some((row) => row.length !== columns))
    throw new Misunderstanding('rows of different lengths in a matrix', place.span)
  return {
    kind: 'matrix',
    rows: rows.map((row) => row.map((cell) => parser.inside(cell).whole(cell[0]?.span ?? place.span))),
    list: isList,
    span: place.span,
  }
}

/** The entries that commas or wide spaces separate. */
export function listEntries(
  parser: Parser,
  nodes: readonly Node[],
  context: NumberContext,
): readonly (readonly Node[])[] {
  const joined = joinCommas(nodes, context, parser.surroundings.decimalSign)
  const entries = split(joined, (node) => isSign(node, ',') || isSign(node, ';') || isCommand(node, 'quad', 'qquad'))
  // A wide space beside a comma separates nothing more.
  return entries.length > 1
    ? entries.filter((entry, i) => entry.length > 0 || !besideWideSpace(joined, entries, i))
    : entries
}

function besideWideSpace(nodes: readonly Node[], entries: readonly (readonly Node[])[], entry: number): boolean {
  const before = entries.slice(0, entry).reduce((count, { length }) => count + length + 1, 0)
  return isCommand(nodes[before - 1], 'quad', 'qquad') || isCommand(nodes[before], 'quad', 'qquad')
}

/** The entries of a list that only spaces separate, `[1 -2 0.5]`: all of them numbers, signs tight. One entry otherwise. */
function splitAtSpaces(nodes: readonly Node[]): readonly (readonly Node[])[] {
  const entries: Node[][] = []
  for (const [i, node] of nodes.entries()) {
    const signed = isSign(node, '-') && nodes[i + 1]?.spaced === false
    if (node.kind !== 'number' && !signed) return [nodes]
    const afterSign = isSign(nodes[i - 1], '-')
    if (i === 0 || (node.spaced && !afterSign)) entries.push([node])
    else if (afterSign) entries[entries.length - 1].push(node)
    else return [nodes]
  }
  return entries
}

/** Splits nodes at those that separate. */
export function split(nodes: readonly Node[], separates: (node: Node) => boolean): Node[][] {
  const parts: Node[][] = [[]]
  for (const node of nodes) {
    if (separates(node)) parts.push([])
    else parts[parts.length - 1].push(node)
  }
  return parts
}

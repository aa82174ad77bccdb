import type { Expression, Name } from './ast.js'
import { readParenthesizedArguments } from './calls.js'
import { wholeNumeral } from './indices.js'
import { Misunderstanding } from './misunderstanding.js'
import { isFunctionName, keyOf } from './names.js'
import { type GroupNode, isGroup, type Node } from './nodes.js'
import type { Parser } from './parser.js'
import { expectations } from './vocabulary.js'

/** `W[0][1]`, `W[0, 1]`: an entry as in code; `x[t-1]` in the notation of signals; `E[x]`: an expectation. */
export function readBracketsBehind(parser: Parser, name: Name, group: GroupNode): Expression {
  const { symbols, textOf } = parser.surroundings
  const listed = symbols.keys.has(name.key)
  if (!listed && expectations.has(name.key.replace(/_.*$/, ''))) {
    parser.at++
    const inside = parser.inside(group.nodes).whole(group.span)
    return { kind: 'call', name: name.key, arguments: [inside], span: { start: name.span.start, end: group.span.end } }
  }
  const places: string[] = []
  let end = parser.at
  for (let node = parser.peek(); isGroup(node, '[') && !node.spaced; node = parser.nodes[end]) {
    const place = placeIn(node.nodes)
    if (place === undefined) break
    places.push(place)
    end++
  }
  if (places.length === 0 || isFunctionName(name.key, symbols))
    throw new Misunderstanding(`${name.text}[…]: an entry or a product?`, group.span)
  const letters = places.length === 1 && /[a-z]/.test(places[0])
  parser.at = end
  const span = { start: name.span.start, end: parser.endOfPrevious() }
  const key = letters
    ? keyOf(`${name.text}_{${places[0]}}`)
    : `${name.key}${places.map((place) => `[${place.replace(',', '][')}]`).join('')}`
  if (key === undefined) throw new Misunderstanding(`${name.text}[…]: an entry or a product?`, group.span)
  return { kind: 'name', key, text: textOf(span), span }
}

/** Whole numbers, or a letter and what is added to it, between the brackets behind a name. */
function placeIn(nodes: readonly Node[]): string | undefined {
  const parts = nodes.map((node) => ('text' in node && node.kind !== 'text' ? node.text : '?'))
  const text = parts.join('')
  return /^(-?\d+(,-?\d+)?|[a-z]([+-]\d+)?)$/.test(text) ? text : undefined
}

/** `np.array([[1, 2]])` is what stands in it, `np.dot(A, B)` a product, `square(x)` and `pow(x, 2)` powers. */
export function readLibraryCall(
  parser: Parser,
  word: { readonly text: string; readonly nodes: number },
  group: GroupNode,
): Expression | undefined {
  const start = parser.peek()?.span.start ?? group.span.start
  const span = { start, end: group.span.end }
  const binary = binaryFunctions.get(word.text)
  if (!/^(array|tensor|asarray|transpose|square)$/.test(word.text) && binary === undefined) return undefined
  parser.at += word.nodes + 1
  const values = readParenthesizedArguments(parser, group, 'arguments')
  const [first, second] = values
  if (binary !== undefined && values.length === 2)
    return { kind: 'operation', operator: binary, left: first, right: second, span }
  if (values.length !== 1) throw new Misunderstanding(`${word.text} of ${values.length} arguments`, span)
  if (word.text === 'transpose') return { kind: 'transposition', operand: first, span }
  if (word.text === 'square')
    return { kind: 'operation', operator: '^', left: first, right: wholeNumeral(2, group.span), span }
  return first
}

const binaryFunctions: ReadonlyMap<string, '*' | '⊙' | '^' | '+' | '-' | '/'> = new Map([
  ['dot', '*'],
  ['matmul', '*'],
  ['mm', '*'],
  ['multiply', '⊙'],
  ['pow', '^'],
  ['power', '^'],
  ['add', '+'],
  ['subtract', '-'],
  ['divide', '/'],
] as const)

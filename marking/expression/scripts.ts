import type { Span } from './ast.js'
import { Misunderstanding } from './misunderstanding.js'
import { keyOf } from './names.js'
import { isCommand, isGroup, isSign, type LettersNode, type Node } from './nodes.js'
import type { Parser } from './parser.js'
import { fonts } from './vocabulary.js'

/** Whether a text is a symbol of the exercise. */
export function isListed(parser: Parser, text: string): boolean {
  const key = keyOf(text)
  return key !== undefined && parser.surroundings.symbols.keys.has(key)
}

/** Moves behind the subscripts, primes and those superscripts that belong to the name. */
export function takeScripts(parser: Parser): void {
  const digits = parser.peek()
  let below = false
  if (digits?.kind === 'number' && !digits.spaced && /^\d+$/.test(digits.text)) {
    parser.at++
    below = true
  }
  for (;;) {
    const node = parser.peek()
    if (isSign(node, "'")) parser.at++
    else if (isSign(node, '_')) {
      if (below) throw new Misunderstanding('two subscripts', node.span)
      below = true
      parser.at++
      takeSubscript(parser, node.span)
    } else if (!isSign(node, '^') || !takesSuperscript(parser)) return
  }
}

/** A subscript: a group, a number, a letter; of letters in a row the first, where scripts show that the others are symbols. */
function takeSubscript(parser: Parser, place: Span): void {
  const node = parser.peek()
  if (node === undefined) throw new Misunderstanding('an empty subscript', place)
  parser.at++
  if (isCommand(node, ...fonts)) parser.at++
  if (node.kind === 'number' && !/^\d+$/.test(node.text)) parser.refuse(node)
  const next = parser.peek()
  if (node.kind !== 'letters') return
  if (next?.kind === 'number' && !next.spaced && isListedUpTo(parser, parser.at - 2, next)) {
    parser.at++
    return
  }
  if (node.text.length < 2) return
  const scripted = isSign(next, '_') || isSign(next, '^') || (next?.kind === 'number' && !next.spaced)
  // A power written before the subscript, as in `x²_dE`, is one of the whole name.
  if (!scripted || next.span.start < node.span.end) return
  const middle = node.span.start + 1
  parser.nodes.splice(parser.at - 1, 1, { ...node, text: node.text[0], span: { start: node.span.start, end: middle } })
  const rest: LettersNode = {
    ...node,
    text: node.text.slice(1),
    spaced: false,
    span: { start: middle, end: node.span.end },
  }
  parser.nodes.splice(parser.at, 0, rest)
}

/** Whether the name whose subscript begins at `sign` is a symbol of the exercise with all up to a node: `x_p1`, `n_conv1`. */
function isListedUpTo(parser: Parser, sign: number, { span }: Node): boolean {
  return isListed(parser, parser.surroundings.textOf({ start: startOfName(parser, sign), end: span.end }))
}

/** Moves behind a superscript if it belongs to the name: a layer `(2)`, a word, a star, a prime; never a power or a T. */
function takesSuperscript(parser: Parser): boolean {
  const before = parser.at
  const place = parser.nodes[before].span
  parser.at++
  const node = parser.peek()
  const { nodes } = parser.scriptNodes(place)
  if (belongsToName(parser, nodes, before)) return true
  const [layer, letter] = nodes
  if (isGroup(node, '{') && nodes.length === 2 && isLayer(layer) && parser.isTransposition([letter])) {
    // `h^{(t)T}`: the layer belongs to the name, the T transposes it.
    const caret = parser.nodes[before]
    parser.nodes.splice(before, 2, caret, layer, { ...caret, span: letter.span }, letter)
    parser.at = before + 2
    return true
  }
  parser.at = before
  return false
}

function belongsToName(parser: Parser, script: readonly Node[], before: number): boolean {
  const { symbols, textOf } = parser.surroundings
  if (parser.isTransposition(script) || isExponentialBase(parser, before)) return false
  const [node] = script
  if (isStep(script)) return true
  if (script.length > 1) return script.every((part) => isSign(part, "'") || isCommand(part, 'prime'))
  if (isLayer(node) || isSign(node, '*') || isCommand(node, 'ast', 'star', 'prime') || isSign(node, "'")) return true
  if (node.kind === 'text') return true
  const key = keyOf(textOf({ start: startOfName(parser, before), end: parser.endOfPrevious() }))
  if (key !== undefined && symbols.keys.has(key)) return true
  if (node.kind !== 'letters') return false
  if (node.text.length > 1) return true
  const base = parser.nodes[baseOf(parser, before)]
  const isMatrix = base.kind === 'letters' && /^\p{Lu}$/u.test(base.text)
  if (/^\p{Lu}$/u.test(node.text)) return isMatrix
  return !symbols.keys.has(node.text) && (isMatrix ? /^[hijkloqstv]$/ : /^[tijkl]$/).test(node.text)
}

/** Whether the superscript at `caret` stands on the letter e alone, so that it is an exponent. */
function isExponentialBase(parser: Parser, caret: number): boolean {
  const base = parser.nodes[caret - 1]
  const isBase = !isSign(parser.nodes[caret - 2], '_')
  return isBase && base?.kind === 'letters' && base.text === 'e' && !isListed(parser, 'e')
}

/** Where the name whose scripts are being read begins: behind it stand only its scripts. */
function startOfName(parser: Parser, end: number): number {
  return parser.nodes[baseOf(parser, end)].span.start
}

/** The node before the scripts that end at `end`: digits, subscripts and primes. */
function baseOf(parser: Parser, end: number): number {
  let at = end - 1
  while (at > 0 && (isSign(parser.nodes[at - 1], '_') || isSign(parser.nodes[at], "'")))
    at -= isSign(parser.nodes[at], "'") ? 1 : 2
  return parser.nodes[Math.max(at, 0)].kind === 'number' && at > 0 ? at - 1 : Math.max(at, 0)
}

/** `<t>`, `<t-1>` as a superscript: a step. */
function isStep(script: readonly Node[]): boolean {
  const last = script.length - 1
  return last > 1 && isSign(script[0], '<') && isSign(script[last], '>')
}

/** `(2)`, `(t)`, `(hh)` as a superscript: a layer or a time, and no power. */
function isLayer(node: Node | undefined): boolean {
  if (!isGroup(node, '(') && !isGroup(node, '[') && !isGroup(node, '⟨')) return false
  const [inside] = node.nodes
  if (inside === undefined) return false
  if (node.nodes.length === 1)
    return (
      (inside.kind === 'number' && /^\d+$/.test(inside.text)) || inside.kind === 'letters' || inside.kind === 'text'
    )
  if (inside.kind === 'letters' && node.nodes.every((part, i) => i === 0 || isSign(part, "'"))) return true
  const offset = node.nodes.length === 3 && inside.kind === 'letters' && node.nodes[2].kind === 'number'
  return offset && (isSign(node.nodes[1], '-') || isSign(node.nodes[1], '+'))
}

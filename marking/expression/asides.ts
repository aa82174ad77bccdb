import { isCommand, isGroup, isSign, type Node } from './nodes.js'
import { relationAt } from './relations.js'
import { conditionWords } from './vocabulary.js'

/** What a statement says if it claims nothing: a rule under a condition, a function's domain, a quantifier, an ellipsis alone. */
export function asideOf(nodes: readonly Node[]): string | undefined {
  if (nodes.some((node, i) => node.kind === 'text' && i < nodes.length - 1 && isCondition(node.text)))
    return 'a condition'
  const colon = nodes.findIndex((node) => isSign(node, ':') || isCommand(node, 'colon'))
  if (
    colon > 0 &&
    nodes.slice(colon).some((node) => isCommand(node, 'to', 'rightarrow', 'mapsto')) &&
    isSet(nodes[colon + 1])
  )
    return 'the domain of a function'
  const [first] = nodes
  if (isCommand(first, 'forall', 'exists')) return 'a quantifier'
  if (nodes.length === 1 && isEllipsis(first)) return 'an ellipsis'
  return undefined
}

/**
 * Whether a statement belongs to the range of an index, `i = 1, \dots, n`: a letter set to a number, before an ellipsis, the numbers
 * between, or what stands behind it.
 */
export function isIndexRange(statements: readonly { readonly nodes: readonly Node[] }[], at: number): boolean {
  for (let start = at; start >= 0 && start > at - 6; start--) {
    if (!isIndexStart(statements[start].nodes)) continue
    let end = start + 1
    while (statements[end]?.nodes.every((node) => node.kind === 'number')) end++
    if (!isEllipsis(statements[end]?.nodes[0]) || statements[end].nodes.length > 1) return false
    const bound = statements[end + 1]?.nodes
    const last = bound?.every((_, i) => relationAt(bound, i) === undefined) ? end + 1 : end
    return at <= last
  }
  return false
}

function isIndexStart(nodes: readonly Node[]): boolean {
  const [letter, equals, number] = nodes
  const single = letter?.kind === 'letters' ? letter.text.length === 1 : isCommand(letter, 'ell', 'tau')
  return nodes.length === 3 && single && isSign(equals, '=') && number?.kind === 'number'
}

export function isEllipsis(node: Node | undefined): boolean {
  return isCommand(node, 'dots', 'ldots', 'cdots', 'vdots', 'ddots', 'dotsc', 'dotsb', 'dotsm')
}

function isCondition(text: string): boolean {
  const [word] = text.toLowerCase().match(/\p{L}+/u) ?? []
  return word !== undefined && conditionWords.has(word)
}

/** `\mathbb{R}` and the like. */
export function isSet(node: Node | undefined): boolean {
  return (
    isCommand(node, 'mathbb', 'mathcal') ||
    (node?.kind === 'letters' && /^[ℝℕℤ]/u.test(node.text)) ||
    isGroup(node, '\\{')
  )
}

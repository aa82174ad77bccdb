import type { Relation } from './ast.js'
import { isGroup, type Node } from './nodes.js'
import { relations } from './vocabulary.js'

const pairs: ReadonlyMap<string, Relation> = new Map<string, Relation>([
  [':=', '='],
  ['==', '='],
  ['=>', '→'],
  ['->', '→'],
  ['<=', '≤'],
  ['>=', '≥'],
  ['<-', '='],
])

/** A relation, and how many nodes it is. */
export interface FoundRelation {
  readonly relation: Relation
  readonly length: number
}

/** The relation at a place: `=`, `:=`, `\approx`, `->`, `\stackrel{…}{=}`, `\xrightarrow{…}`, `\leftarrow`. */
export function relationAt(nodes: readonly Node[], at: number): FoundRelation | undefined {
  const [node, next] = [nodes[at], nodes[at + 1]]
  if (node?.kind === 'command') {
    if (/^(stackrel|overset|underset)$/.test(node.name)) {
      const argument = nodes[at + 2]
      const inner =
        argument === undefined ? undefined : relationAt(isGroup(argument, '{') ? argument.nodes : [argument], 0)
      return inner === undefined ? undefined : { relation: inner.relation, length: 3 }
    }
    if (node.name === 'xrightarrow') return { relation: '→', length: isGroup(next, '{') ? 2 : 1 }
  }
  if (node?.kind !== 'sign' && node?.kind !== 'command') return undefined
  if (node.kind === 'sign' && next?.kind === 'sign' && !next.spaced) {
    const pair = pairs.get(node.text + next.text)
    // `a <-1` compares with −1; an arrow stands apart from what follows.
    if (pair !== undefined && (node.text !== '<' || next.text !== '-' || nodes[at + 2]?.spaced === true))
      return { relation: pair, length: 2 }
  }
  const relation = relations.get(node.kind === 'sign' ? node.text : node.name)
  return relation === undefined ? undefined : { relation, length: 1 }
}

/** Whether a relation stands among nodes, groups apart. */
export function hasRelation(nodes: readonly Node[]): boolean {
  return nodes.some((_, at) => relationAt(nodes, at) !== undefined)
}

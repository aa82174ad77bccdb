import { isCommand, isGroup, isSign, type Node } from './nodes.js'
import { skipsArgument, transparent } from './vocabulary.js'

/** Commands that say what sort of sign their argument is. */
const unwrapped: ReadonlySet<string> = new Set(['mathop', 'mathrel', 'mathbin', 'mathord', 'ensuremath'])

/** The nodes without those that only say how others look. */
export function withoutLayout(nodes: readonly Node[]): readonly Node[] {
  const kept: Node[] = []
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]
    if (isCommand(node, 'quad', 'qquad') || isSign(node, '&')) continue
    if (node.kind !== 'command' || !transparent.has(node.name)) {
      kept.push(node)
      continue
    }
    if (skipsArgument.has(node.name) && isGroup(nodes[i + 1], '{')) i++
    if (unwrapped.has(node.name) && isGroup(nodes[i + 1], '{')) {
      const group = nodes[++i]
      if (isGroup(group, '{')) kept.push(...withoutLayout(group.nodes))
    } else if ((node.name === 'underbrace' || node.name === 'overbrace') && isGroup(nodes[i + 1], '{')) {
      kept.push(nodes[i + 1])
      const script = nodes[i + 2]
      i += isSign(script, '_') || isSign(script, '^') ? 3 : 1
    }
  }
  return kept
}

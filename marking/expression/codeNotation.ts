import { isCommand, isGroup, isSign, type Node, spanOf } from './nodes.js'
import { fonts, libraryFunction, modules } from './vocabulary.js'

/**
 * Rewrites notations of several signs as one: `np.exp` and `torch.nn.functional.relu` as the function, `**` as one sign for a power,
 * `\arg\max`, `arg max` and `\operatorname{arg\,max}` as `argmax`, `log_softmax` as one word, `\frac` written as `{a \over b}`.
 */
export function withJoinedNotation(written: readonly Node[]): readonly Node[] {
  const nodes = withSubscriptsFirst(written)
  const over = nodes.findIndex((node) => isCommand(node, 'over'))
  if (over > 0 && over < nodes.length - 1) return [fractionOver(nodes, over)]
  const joined: Node[] = []
  for (let i = 0; i < nodes.length; i++) {
    const node = nodes[i]
    if (node.kind === 'number') {
      joined.push(node)
      continue
    }
    const [next, third] = [nodes[i + 1], nodes[i + 2]]
    if (node.kind === 'letters' && isLibraryPrefix(node, next, third)) {
      i++
      const spelled = third.kind === 'letters' ? libraryFunction(third.text) : undefined
      if (third.kind === 'letters' && spelled !== undefined) {
        joined.push({ ...third, text: spelled, spaced: node.spaced })
        i++
      }
    } else if (isSign(node, '*') && isSign(next, '*') && !next.spaced) {
      joined.push({ ...node, text: '**', span: spanOf(node, next) })
      i++
    } else if (isArgument(node) && isExtremum(next)) {
      joined.push({ kind: 'command', name: `arg${nameOf(next)}`, spaced: node.spaced, span: spanOf(node, next) })
      i++
    } else if (
      isCommand(node, ...fonts) &&
      isGroup(next, '{') &&
      isArgument(next.nodes[0]) &&
      isExtremum(next.nodes[1])
    ) {
      const name = `arg${nameOf(next.nodes[1])}`
      joined.push({ kind: 'command', name, spaced: node.spaced, span: spanOf(node, next) })
      i++
    } else if (isLogSoftmax(node, next, third)) {
      joined.push({ kind: 'letters', text: 'logsoftmax', spaced: node.spaced, span: spanOf(node, third) })
      i += 2
    } else if (node.kind === 'text' && /^arg\s*(max|min)$/.test(node.text)) {
      joined.push({ kind: 'command', name: node.text.replace(/\s/g, ''), spaced: node.spaced, span: node.span })
    } else joined.push(node)
  }
  return joined
}

/** `x^2_1` as `x_1^2`: the subscript belongs to the symbol, the power to what it makes. */
function withSubscriptsFirst(nodes: readonly Node[]): readonly Node[] {
  if (!nodes.some((node, i) => isSign(node, '^') && isSign(nodes[i + 2], '_'))) return nodes
  const moved = [...nodes]
  for (let i = 1; i + 3 < moved.length; i++) {
    const [caret, above, line, below] = moved.slice(i, i + 4)
    if (!isSign(caret, '^') || !isSign(line, '_') || !isPower(above) || moved[i - 1].kind === 'group') continue
    const power: Node = {
      kind: 'group',
      open: '{',
      nodes: isGroup(above, '{') ? above.nodes : [above],
      spaced: above.spaced,
      span: { start: above.span.start, end: below.span.end },
    }
    moved.splice(i, 4, line, below, caret, power)
  }
  return moved
}

/** A number or a transposition as a superscript, and no layer. */
function isPower(node: Node): boolean {
  const [only, ...others] = isGroup(node, '{') ? node.nodes : [node]
  if (others.length > 0 || only === undefined) return false
  return only.kind === 'number' || isCommand(only, 'top', 'intercal') || (only.kind === 'letters' && only.text === 'T')
}

function isLibraryPrefix(node: Node, next: Node | undefined, third: Node | undefined): third is Node {
  if (node.kind !== 'letters' || !modules.has(node.text) || third?.kind !== 'letters' || third.spaced) return false
  return isSign(next, '.') && !next.spaced && third.text !== 'T'
}

function isArgument(node: Node | undefined): node is Node {
  return isCommand(node, 'arg') || (node?.kind === 'letters' && node.text === 'arg')
}

function isExtremum(node: Node | undefined): node is Node {
  return isCommand(node, 'max', 'min') || (node?.kind === 'letters' && /^(max|min)$/.test(node.text))
}

function nameOf(node: Node): string {
  return node.kind === 'command' ? node.name : node.kind === 'letters' ? node.text : ''
}

function isLogSoftmax(node: Node, next: Node | undefined, third: Node | undefined): third is Node {
  if (node.kind !== 'letters' || node.text !== 'log' || third?.kind !== 'letters') return false
  return isSign(next, '_') && /^softmax$/i.test(third.text)
}

/** `a \over b` as `\frac{a}{b}`. */
function fractionOver(nodes: readonly Node[], over: number): Node {
  const group = (inside: readonly Node[]): Node => ({
    kind: 'group',
    open: '{',
    nodes: inside,
    spaced: false,
    span: spanOf(inside[0], inside[inside.length - 1]),
  })
  const [above, below] = [group(nodes.slice(0, over)), group(nodes.slice(over + 1))]
  const span = spanOf(above, below)
  const fraction: Node = { kind: 'command', name: 'frac', spaced: true, span: { start: span.start, end: span.start } }
  return { kind: 'group', open: '{', nodes: [fraction, above, below], spaced: true, span }
}

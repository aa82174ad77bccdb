import type { Expression } from './ast.js'
import { Misunderstanding } from './misunderstanding.js'
import { isGreekLetter, type SymbolTable } from './names.js'
import { isCommand, isSign, type Node, spanOf } from './nodes.js'
import { accents, fonts, knownFunction, products } from './vocabulary.js'
import { walk } from './walk.js'

export function operatorOf(node: Node): '+' | '-' | '*' | '/' | '⊙' | undefined {
  if (node.kind === 'command') {
    if (products.has(node.name) || node.name === 'ast' || node.name === 'star') return '*'
    if (node.name === 'div') return '/'
    return node.name === 'odot' || node.name === 'circ' ? '⊙' : undefined
  }
  if (node.kind !== 'sign') return undefined
  if (node.text === '@') return '*'
  return node.text === '+' || node.text === '-' || node.text === '*' || node.text === '/' ? node.text : undefined
}

/**
 * Two factors with the sign between them. A star between numbers is a product, between others perhaps a convolution: one where the
 * exercise writes it so, and not understood where it is \ast or \star; a ring between functions is their composition.
 */
export function multiplied(
  sign: Node,
  operator: '*' | '/' | '⊙',
  left: Expression,
  right: Expression,
  symbols: SymbolTable,
): Expression {
  if (isCommand(sign, 'circ')) {
    const isFunction = (side: Expression): boolean =>
      side.kind === 'name' &&
      (/^(f|g|phi|sigma)$/.test(side.key) || symbols.functions.has(side.key) || knownFunction(side.key) !== undefined)
    if (isFunction(left) || isFunction(right)) throw new Misunderstanding('a composition of functions', sign.span)
  }
  const numeric = [left, right].some((side) =>
    walk(side).every((node) => node.kind !== 'name' && node.kind !== 'matrix'),
  )
  if (!numeric && (isCommand(sign, 'ast', 'star') || isSign(sign, '*'))) {
    if (symbols.starConvolves === true)
      return { kind: 'call', name: 'convolution', arguments: [left, right], span: spanOf(left, right) }
    if (sign.kind === 'command') throw new Misunderstanding('an operation with several meanings', sign.span)
  }
  return operation(operator, left, right)
}

export function operation(operator: '+' | '-' | '*' | '/' | '⊙', left: Expression, right: Expression): Expression {
  return { kind: 'operation', operator, left, right, span: spanOf(left, right) }
}

/** Commands with which a factor can begin. */
export function beginsOperand(name: string): boolean {
  if (/^(frac|dfrac|tfrac|cfrac|nicefrac|sfrac|sqrt|Delta|nabla|partial|sum|prod)$/.test(name)) return true
  return isGreekLetter(name) || fonts.has(name) || accents.has(name) || knownFunction(name) !== undefined
}

/** `1/2` before a group or after a space: a fraction, and what follows its factor. */
export function isPlainFraction(quotient: Expression, following: Node): boolean {
  if (quotient.kind !== 'operation' || quotient.left.kind !== 'numeral' || quotient.right.kind !== 'numeral')
    return false
  return following.kind === 'group' || following.spaced
}

/** The beginning of a text that is too long for a message. */
export function shortened(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

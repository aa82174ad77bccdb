import type { Expression } from './expression/ast.js'

/**
 * Whether a product of partial derivatives is one of these keys by the chain rule, its names alone: `∂L/∂q · ∂q/∂W` for `∂L/∂W`; in either
 * order, each transposed or not, since that depends on how derivatives by a matrix are laid out.
 */
export function isChainRule(product: Expression, keys: readonly string[]): boolean {
  const derivatives = factorsOf(product).map(derivativeNamed)
  if (derivatives.length < 2 || derivatives.includes(undefined)) return false
  const inOrder = derivatives.flatMap((one) => one ?? [])
  return [inOrder, inOrder.toReversed()].some((links) => {
    const isLinked = links.every(({ of }, i) => i === 0 || links[i - 1].by === of)
    return isLinked && keys.includes(`∂${links[0].of}/∂${links[links.length - 1].by}`)
  })
}

function factorsOf(expression: Expression): readonly Expression[] {
  if (expression.kind === 'transposition') return factorsOf(expression.operand)
  if (expression.kind !== 'operation' || expression.operator !== '*') return [expression]
  return [...factorsOf(expression.left), ...factorsOf(expression.right)]
}

function derivativeNamed(expression: Expression): { readonly of: string; readonly by: string } | undefined {
  const [, of, by] = (expression.kind === 'name' && /^∂(.+)\/∂(.+)$/.exec(expression.key)) || []
  return of === undefined || by === undefined ? undefined : { of, by }
}

import type { Expression, Reading, Span } from './ast.js'

/** A reading with every place in it put elsewhere. */
export function relocate({ chains, asides, notUnderstood }: Reading, spanOf: (span: Span) => Span): Reading {
  const moved = <Part extends { readonly span: Span }>(part: Part): Part => ({ ...part, span: spanOf(part.span) })
  return {
    chains: chains.map(({ sides, relations, span }) => ({
      sides: sides.map((side) => relocated(side, spanOf)),
      relations,
      span: spanOf(span),
    })),
    asides: asides.map(moved),
    notUnderstood: notUnderstood.map(moved),
  }
}

function relocated(expression: Expression, spanOf: (span: Span) => Span): Expression {
  const inside = (operand: Expression): Expression => relocated(operand, spanOf)
  const span = spanOf(expression.span)
  switch (expression.kind) {
    case 'numeral':
    case 'name':
      return { ...expression, span }
    case 'operation':
      return { ...expression, left: inside(expression.left), right: inside(expression.right), span }
    case 'negation':
    case 'transposition':
      return { ...expression, operand: inside(expression.operand), span }
    case 'call':
      return { ...expression, arguments: expression.arguments.map(inside), span }
    case 'matrix':
      return { ...expression, rows: expression.rows.map((row) => row.map(inside)), span }
  }
}

import type { Expression } from './expression/ast.js'

/** The expression with every product taken element by element, as γ/σ · (h − μ) means it. */
export function elementwise(expression: Expression): Expression {
  switch (expression.kind) {
    case 'name':
    case 'numeral':
      return expression
    case 'operation': {
      const operator = expression.operator === '*' ? '⊙' : expression.operator
      return { ...expression, operator, left: elementwise(expression.left), right: elementwise(expression.right) }
    }
    case 'negation':
    case 'transposition':
      return { ...expression, operand: elementwise(expression.operand) }
    case 'call':
      return { ...expression, arguments: expression.arguments.map(elementwise) }
    case 'matrix':
      return { ...expression, rows: expression.rows.map((row) => row.map(elementwise)) }
  }
}

import type { Expression } from './ast.js'

/** The expressions directly inside an expression, in the order in which they are written. */
export function operands(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'numeral':
    case 'name':
      return []
    case 'operation':
      return [expression.left, expression.right]
    case 'negation':
    case 'transposition':
      return [expression.operand]
    case 'call':
      return expression.arguments
    case 'matrix':
      return expression.rows.flat()
  }
}

/** The expression with each one directly inside it replaced by what `inside` makes of it. */
export function rebuilt(expression: Expression, inside: (operand: Expression) => Expression): Expression {
  switch (expression.kind) {
    case 'numeral':
    case 'name':
      return expression
    case 'operation':
      return { ...expression, left: inside(expression.left), right: inside(expression.right) }
    case 'negation':
    case 'transposition':
      return { ...expression, operand: inside(expression.operand) }
    case 'call':
      return { ...expression, arguments: expression.arguments.map(inside) }
    case 'matrix':
      return { ...expression, rows: expression.rows.map((row) => row.map(inside)) }
  }
}

/** The expression and all expressions inside it, outermost first. */
export function* walk(expression: Expression): Iterable<Expression> {
  yield expression
  for (const operand of operands(expression)) yield* walk(operand)
}

import type { Expression, Numeral } from './ast.js'

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

/** The expression with each one directly inside it replaced by what `inside` makes of it; itself where that changes nothing. */
export function rebuilt(expression: Expression, inside: (operand: Expression) => Expression): Expression {
  switch (expression.kind) {
    case 'numeral':
    case 'name':
      return expression
    case 'operation': {
      const [left, right] = [inside(expression.left), inside(expression.right)]
      return left === expression.left && right === expression.right ? expression : { ...expression, left, right }
    }
    case 'negation':
    case 'transposition': {
      const operand = inside(expression.operand)
      return operand === expression.operand ? expression : { ...expression, operand }
    }
    case 'call':
      return { ...expression, arguments: expression.arguments.map(inside) }
    case 'matrix':
      return { ...expression, rows: expression.rows.map((row) => row.map(inside)) }
  }
}

/** The expression and all expressions inside it, outermost first. */
export function walk(expression: Expression): readonly Expression[] {
  const found: Expression[] = []
  collect(expression)
  return found

  function collect(node: Expression): void {
    found.push(node)
    for (const operand of operands(node)) collect(operand)
  }
}

const numerals = new WeakMap<Expression, readonly Numeral[]>()

/** All numerals of an expression, in the order in which they are written. */
export function numeralsOf(expression: Expression): readonly Numeral[] {
  const known = numerals.get(expression)
  if (known !== undefined) return known
  const found = walk(expression).filter((node): node is Numeral => node.kind === 'numeral')
  numerals.set(expression, found)
  return found
}

const forms = new WeakMap<Expression, string>()

/** An expression without its places and spellings: the same text for the same keys, numerals and operations. */
export function formOf(expression: Expression): string {
  const known = forms.get(expression)
  if (known !== undefined) return known
  const form = JSON.stringify(expression, (key, value: unknown) =>
    key === 'span' || key === 'text' ? undefined : value,
  )
  forms.set(expression, form)
  return form
}

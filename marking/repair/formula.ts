import { meet, pointBox } from '../boxes.js'
import type { Edit } from '../document/document.js'
import { evaluatePoint } from '../evaluation.js'
import type { Expression, Name, Operation, Span } from '../expression/ast.js'
import { walk } from '../expression/walk.js'
import { dataOf, isFormulaOf, type Scope } from '../identities.js'
import { sideOf } from '../statements.js'
import type { World } from '../world.js'
import type { WrittenNumbers } from './calculation.js'
import { formulaSideOf, type Handwriting, inHandwriting, nameOf, withNames } from './handwriting.js'
import type { TextAt } from './literals.js'
import { type Notation, writtenExactly, writtenUsually } from './notation.js'

/** What a formula should say, and how the solution writes. */
export interface FormulaAim {
  readonly world: World
  readonly quantity: string
  readonly scope: Scope
  readonly handwriting: Handwriting
  readonly notation: Notation
  readonly textAt: TextAt
  /** Where an expression stands, brackets included. */
  readonly spanOf: (expression: Expression) => Span
}

/** A changed formula, and the edits that make it out of the one that stands there. */
interface Change {
  readonly expression: Expression
  readonly edits: readonly Edit[]
}

/**
 * The edits that make a formula right: one sign or one symbol changed where that is enough, else the exercise's formula in the
 * solution's symbols. `undefined` where neither is possible.
 */
export async function mendFormula(expression: Expression, aim: FormulaAim): Promise<readonly Edit[] | undefined> {
  const changes = [...smallChanges(expression, aim)]
  for (const { expression: changed, edits } of changes) if (await isFormula(changed, aim)) return edits
  // An answer in free symbols is right for the data given, as «-d_3» is for an input of -1.
  const isAnswer = aim.world.index.exercise.quantities.some(
    ({ name, kind }) => name === aim.quantity && kind === 'symbolic',
  )
  if (isAnswer) for (const { expression: changed, edits } of changes) if (holdsHere(changed, aim)) return edits
  const formula = quantityFormula(aim)
  if (formula === undefined || !((await isFormula(formula, aim)) || holdsHere(formula, aim))) return undefined
  return [{ span: aim.spanOf(expression), text: inHandwriting(inSymbols(formula, aim), aim.handwriting, aim.notation) }]
}

/** Whether an expression is the quantity for all given data. */
async function isFormula(expression: Expression, { world, quantity, scope }: FormulaAim): Promise<boolean> {
  return (await isFormulaOf(world, sideOf(expression), quantity, scope)) === 'same'
}

/** Whether an expression has the quantity's value for the data given here. */
function holdsHere(expression: Expression, { world, quantity, scope }: FormulaAim): boolean {
  const data = dataOf(world, sideOf(expression), scope)
  const value = evaluatePoint(expression, (key) => {
    const datum = data?.get(key)
    return datum === undefined ? undefined : world.truth[datum.name]
  })
  return value !== undefined && meet(value, pointBox(world.truth[quantity]))
}

function quantityFormula({ world, quantity }: FormulaAim): Expression | undefined {
  const formula = world.quantity(quantity)?.formula
  return formula === undefined ? undefined : formulaSideOf(formula, world)
}

/** The formula with the solution's symbols for the exercise's data. */
function inSymbols(formula: Expression, { world, scope, handwriting }: FormulaAim): Expression {
  return withNames(formula, (name) => {
    const datum = world.index.resolve(name.key, scope.stage, scope.preferred)
    return datum === undefined ? name : { ...name, text: nameOf(datum, handwriting, name.text) }
  })
}

/** The formula with one thing changed: its sign, the sign between two terms, one symbol. */
function* smallChanges(expression: Expression, aim: FormulaAim): Iterable<Change> {
  const { span } = expression
  const minus = aim.notation.minus
  if (expression.kind === 'negation')
    yield {
      expression: expression.operand,
      edits: [{ span: { start: span.start, end: expression.operand.span.start }, text: '' }],
    }
  else if (!isSum(expression))
    yield {
      expression: { kind: 'negation', operand: expression, span },
      edits: [{ span: { start: span.start, end: span.start }, text: minus }],
    }
  for (const node of walk(expression))
    if (isSum(node)) {
      const edit = otherSign(node, aim)
      if (edit !== undefined) yield { expression: withOtherSign(expression, node), edits: [edit] }
    }
  for (const node of walk(expression).filter((one): one is Name => one.kind === 'name'))
    for (const { key, text } of otherNames(node, aim)) {
      const changed = withNames(expression, (name) => (name === node ? { ...name, key, text } : name))
      yield { expression: changed, edits: [{ span: node.span, text }] }
    }
}

function isSum(expression: Expression): expression is Operation {
  return expression.kind === 'operation' && (expression.operator === '+' || expression.operator === '-')
}

/** The edit of the sign between two terms; none where the text between them is more than that sign. */
function otherSign(node: Operation, { textAt, notation }: FormulaAim): Edit | undefined {
  const gap = { start: node.left.span.end, end: node.right.span.start }
  const text = textAt(gap)
  const [sign] = /[-+−]/u.exec(text) ?? []
  if (sign === undefined || text.length !== gap.end - gap.start) return undefined
  const at = gap.start + text.indexOf(sign)
  return { span: { start: at, end: at + sign.length }, text: sign === '+' ? notation.minus : '+' }
}

function withOtherSign(expression: Expression, sum: Operation): Expression {
  if (expression === sum) return { ...sum, operator: sum.operator === '+' ? '-' : '+' }
  if (expression.kind === 'operation')
    return {
      ...expression,
      left: withOtherSign(expression.left, sum),
      right: withOtherSign(expression.right, sum),
    }
  if (expression.kind === 'negation') return { ...expression, operand: withOtherSign(expression.operand, sum) }
  if (expression.kind === 'call')
    return { ...expression, arguments: expression.arguments.map((argument) => withOtherSign(argument, sum)) }
  return expression
}

/** The other symbols that may have been meant: those that the solution writes for what the quantity rests on. */
function otherNames(name: Name, aim: FormulaAim): readonly { readonly key: string; readonly text: string }[] {
  const { world, quantity, scope, handwriting } = aim
  const meant = world.index.resolve(name.key, scope.stage, scope.preferred)
  const near = world.ancestors([quantity])
  return world.index
    .all()
    .filter((datum) => near.has(datum.name) && datum.name !== quantity && datum.name !== meant?.name)
    .flatMap((datum) => {
      const [symbol] = datum.kind === 'given' ? datum.given.symbols : datum.quantity.symbols
      const key = world.index.keys().find((candidate) => world.index.candidates(candidate).includes(datum))
      return symbol === undefined || key === undefined ? [] : [{ key, text: nameOf(datum, handwriting, name.text) }]
    })
}

/**
 * The quantity's formula with the true values put in, as the solution writes numbers; `undefined` where the formula cannot be read or
 * names what has no single number (whole tensors are put in as matrices).
 */
export function formulaWithNumbers(aim: FormulaAim, written: WrittenNumbers): string | undefined {
  const formula = quantityFormula(aim)
  if (formula === undefined) return undefined
  const { world, scope, notation, handwriting } = aim
  let complete = true
  const put = withNames(formula, (name) => {
    const datum = world.index.resolve(name.key, scope.stage, scope.preferred)
    const value = datum === undefined ? undefined : pointBox(world.truth[datum.name])
    if (datum === undefined || value === undefined || value.low.length !== 1) {
      complete &&= name.key === 'e' || name.key === 'pi'
      return name
    }
    const [[own] = []] = written.get(datum.name) ?? []
    if (own !== undefined) return numeralName(`${own.value < 0 ? notation.minus : ''}${own.size}`)
    return numeralName(
      datum.kind === 'given' ? writtenExactly(value.low[0], notation) : writtenUsually(value.low[0], notation),
    )
  })
  return complete ? inHandwriting(withoutDoubleSigns(put, notation), handwriting, notation) : undefined

  /** A number in the place of a name: printed as it stands, in parentheses where it is negative. */
  function numeralName(text: string): Name {
    const isNegative = text.startsWith(notation.minus)
    return { kind: 'name', key: text, text: isNegative ? `(${text})` : text, span: { start: 0, end: 0 } }
  }
}

/** The expression with `- (-0.3)` as `+ 0.3`. */
function withoutDoubleSigns(expression: Expression, notation: Notation): Expression {
  const inside = (part: Expression): Expression => withoutDoubleSigns(part, notation)
  const positive = (part: Expression): Name | undefined =>
    part.kind === 'name' && part.text.startsWith(`(${notation.minus}`)
      ? { ...part, text: part.text.slice(1 + notation.minus.length, -1) }
      : undefined
  switch (expression.kind) {
    case 'negation':
      return positive(expression.operand) ?? { ...expression, operand: inside(expression.operand) }
    case 'operation': {
      const { operator, left, right } = expression
      const turned = operator === '-' || operator === '+' ? positive(right) : undefined
      if (turned !== undefined)
        return { ...expression, operator: operator === '-' ? '+' : '-', left: inside(left), right: turned }
      return { ...expression, left: inside(left), right: inside(right) }
    }
    case 'call':
      return { ...expression, arguments: expression.arguments.map(inside) }
    case 'matrix':
      return { ...expression, rows: expression.rows.map((row) => row.map(inside)) }
    default:
      return expression
  }
}

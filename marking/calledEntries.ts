import { type Side, type Statement, sideOf, textOf } from './statements.js'
import type { World } from './world.js'

/** A statement whose left side names an entry of a vector as the value of a function, `a(1)`, with that entry as `a[0]`. */
export function withCalledEntry(statement: Statement, world: World, stage: number): Statement {
  const [left, ...others] = statement.sides
  const entry = left === undefined ? undefined : calledEntry(left, statement, world, stage)
  return entry === undefined ? statement : { ...statement, sides: [entry, ...others] }
}

/** The entry, where a vector stands before a whole number in parentheses: nobody writes a multiple of a vector so. */
function calledEntry({ expression }: Side, statement: Statement, world: World, stage: number): Side | undefined {
  if (expression.kind !== 'operation' || expression.operator !== '*') return undefined
  const { left, right, span } = expression
  if (left.kind !== 'name' || right.kind !== 'numeral' || !right.whole || right.value < 1) return undefined
  const text = textOf(statement, expression)
  if (!/[^\s\\]\s*(\\left)?\(\s*\d+\s*(\\right)?\)$/.test(text)) return undefined
  const datum = world.index.resolve(left.key, stage)
  if (datum === undefined || world.truth[datum.name].size === 1) return undefined
  return sideOf({ kind: 'name', key: `${left.key}[${right.value - 1}]`, text, span })
}

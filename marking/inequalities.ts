import type { Relation } from './expression/ast.js'

export type Inequality = Extract<Relation, '≤' | '≥' | '<' | '>'>

export function isInequality(relation: Relation): relation is Inequality {
  return relation === '≤' || relation === '≥' || relation === '<' || relation === '>'
}

/** Whether the inequality holds for two numbers. */
export function holds(left: number, relation: Inequality, right: number): boolean {
  if (relation === '≤') return left <= right
  if (relation === '≥') return left >= right
  return relation === '<' ? left < right : left > right
}

import { scalar } from '../oracle/tensor.js'
import { evaluatePoint } from './evaluation.js'
import type { Expression, Name } from './expression/ast.js'
import { walk } from './expression/walk.js'
import { activationOf, withKnownFunctions } from './functions.js'
import { judgeIndexed } from './indexedRules.js'
import type { Side, Statement } from './statements.js'
import type { World } from './world.js'

/** What a formula of a general rule turns out to be: a rule stands in no exercise's symbols, as σ′(x) = σ(x)·(1 − σ(x)) does. */
export type RuleJudgement =
  | { readonly kind: 'correct'; readonly note: string }
  | { readonly kind: 'wrong'; readonly message: string }
  | { readonly kind: 'unknown' }

/** What the left side of a general rule says, so that the sides behind it can be judged. */
export interface Rule {
  judge(side: Side): RuleJudgement
}

/** Places at which two formulas of free symbols are compared; none at a kink, none where powers of them are symmetric. */
const places = [-2.13, -0.71, 0.37, 1.29, 2.58]
const agreement = 1e-6
const step = 1e-5

/** Functions with a meaning of their own, and what they and their derivatives are. */
const rights: ReadonlyMap<string, readonly [string, string]> = new Map([
  ['sigmoid', ['1/(1 + e^(−x))', 'σ(x)·(1 − σ(x))']],
  ['sigma', ['1/(1 + e^(−x))', 'σ(x)·(1 − σ(x))']],
  ['tanh', ['(e^x − e^(−x))/(e^x + e^(−x))', '1 − tanh²(x)']],
  ['relu', ['max(0, x)', '1 where x > 0, 0 where x < 0']],
])

/** A function of one free symbol, the left side of a rule. */
interface Subject {
  /** The function, or its derivative. */
  readonly expression: Expression
  readonly variable: string
  /** How often it is differentiated: 0 or 1. */
  readonly primes: number
  /** The function's name, where its meaning is beyond doubt. */
  readonly sure: string | undefined
}

/** The general rule that a chain states, if its left side is one of a function of free symbols, of softmax or of a loss. */
export function ruleOf({ sides: [left, ...others] }: Statement, world: World): Rule | undefined {
  if (left === undefined || left.kind === 'numeric') return undefined
  const activation = activationOf(world.exercise)
  const subject = subjectOf(left.expression, world)
  if (subject !== undefined) return { judge: (side) => judge(subject, side) }
  const isFree = left.keys.every((key) => world.index.candidates(key).length === 0)
  const isRule = isIndexed(left.expression) || others.some(({ expression }) => hasSum(expression))
  if (!isFree || !isRule || partsKnown(left.expression, world)) return undefined
  return { judge: ({ expression }) => judgeIndexed(left.expression, expression) }

  function judge({ expression, variable, primes, sure }: Subject, side: Side): RuleJudgement {
    const known = withKnownFunctions(applied(side.expression, variable), activation)
    const others = new Set(namesIn(known).filter((key) => key !== variable && key !== 'e' && key !== 'pi'))
    const [other] = others
    if (others.size > 1) return { kind: 'unknown' }
    const value = (x: number): number | undefined => at(expression, (key) => (key === variable ? x : undefined))
    const left = (x: number): number | undefined => (primes === 0 ? value(x) : slope(value, x))
    const pairs = places.map((x) => {
      const of = (key: string): number | undefined => (key === variable ? x : key === other ? value(x) : undefined)
      return [left(x), at(known, of)] as const
    })
    const comparable = pairs.filter(([a, b]) => a !== undefined && b !== undefined)
    if (comparable.length < pairs.length) return { kind: 'unknown' }
    if (pairs.every(([a = 0, b = 0]) => Math.abs(a - b) <= agreement * Math.max(1, Math.abs(a))))
      return { kind: 'correct', note: '' }
    // A number is its value somewhere.
    const isRule = side.kind !== 'numeric' && others.size === 0
    const right = sure === undefined || !isRule ? undefined : rights.get(sure)?.[primes]
    return right === undefined ? { kind: 'unknown' } : { kind: 'wrong', message: `the right rule is ${right}` }
  }
}

/** The function, applied to a free symbol, that the left side of a rule is. */
function subjectOf(left: Expression, world: World): Subject | undefined {
  const activation = activationOf(world.exercise)
  const isFree = (key: string): boolean => world.index.candidates(key).length === 0
  if (left.kind === 'name') {
    const derivative = /^∂([^/]+)\/∂(.+)$/.exec(left.key)
    const [, base = left.key.replace(/'$/, ''), variable = 'x'] = derivative ?? []
    if (!rights.has(base) && !(base === 'g' && activation !== null)) return undefined
    if (!isFree(left.key) || !isFree(base)) return undefined
    const primes = derivative !== null || left.key.endsWith("'") ? 1 : 0
    return functionOf(base, { ...left, key: variable }, primes)
  }
  if (left.kind !== 'call') return undefined
  if (left.name === 'derivative') {
    const [expression, variable] = left.arguments
    if (variable?.kind !== 'name' || !isFree(variable.key)) return undefined
    const inner = expression.kind === 'call' ? subjectOf(expression, world) : undefined
    if (inner !== undefined) return inner.primes === 0 ? { ...inner, primes: 1 } : undefined
    const isOwn = namesIn(expression).every((key) => key === variable.key || key === 'e')
    return isOwn
      ? { expression: withKnownFunctions(expression, activation), variable: variable.key, primes: 1, sure: undefined }
      : undefined
  }
  const [argument] = left.arguments
  const base = left.name.replace(/'+$/, '')
  const primes = left.name.length - base.length
  if (left.arguments.length !== 1 || argument.kind !== 'name' || primes > 1) return undefined
  return isFree(argument.key) && isFree(base) && base !== 'softmax' ? functionOf(base, argument, primes) : undefined

  function functionOf(base: string, variable: Name, primes: number): Subject {
    const call: Expression = { kind: 'call', name: base, arguments: [variable], span: left.span }
    const expression = withKnownFunctions(call, activation)
    const meant = base === 'g' ? (activation ?? undefined) : rights.has(base) ? base : undefined
    return { expression, variable: variable.key, primes, sure: meant }
  }
}

/** Functions without arguments, as in tanh′ = 1 − tanh², applied to the variable. */
function applied(expression: Expression, variable: string): Expression {
  const inside = (operand: Expression): Expression => applied(operand, variable)
  switch (expression.kind) {
    case 'name': {
      const base = expression.key.replace(/'$/, '')
      return rights.has(base) || base === 'g'
        ? { kind: 'call', name: expression.key, arguments: [{ ...expression, key: variable }], span: expression.span }
        : expression
    }
    case 'operation':
      return { ...expression, left: inside(expression.left), right: inside(expression.right) }
    case 'negation':
      return { ...expression, operand: inside(expression.operand) }
    default:
      return expression
  }
}

/** Whether the exercise knows both parts of a derivative, which is then one of its own. */
function partsKnown(expression: Expression, { index }: World): boolean {
  const parts = expression.kind === 'name' ? /^∂([^/]+)\/∂([^/]+)$/.exec(expression.key) : null
  return parts?.slice(1).every((key) => index.candidates(key).length > 0) ?? false
}

function hasSum(expression: Expression): boolean {
  return walk(expression).some((node) => node.kind === 'call' && node.name === 'sumOver')
}

function isIndexed(expression: Expression): boolean {
  return namesIn(expression).some((key) => /_[ijkc]+\b|^∂/.test(key))
}

function namesIn(expression: Expression): readonly string[] {
  return walk(expression).flatMap((node) => (node.kind === 'name' ? [node.key] : []))
}

function at(expression: Expression, lookUp: (key: string) => number | undefined): number | undefined {
  const box = evaluatePoint(expression, (key) => {
    const value = lookUp(key)
    return value === undefined ? undefined : scalar(value)
  })
  return box?.low.length === 1 ? box.low[0] : undefined
}

/** The derivative by a central difference. */
function slope(f: (x: number) => number | undefined, x: number): number | undefined {
  const [above, below] = [f(x + step), f(x - step)]
  return above === undefined || below === undefined ? undefined : (above - below) / (2 * step)
}

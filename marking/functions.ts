import type { Exercise } from '../exercises/exercise.js'
import type { Expression, Numeral, Operation, Span } from './expression/ast.js'
import { rebuilt, walk } from './expression/walk.js'
import { type Side, type Statement, sideOf } from './statements.js'

/** The activation functions that exercises use, by the names of `Call`. */
export type Activation = 'sigmoid' | 'tanh' | 'relu'

/** Letters for the activation function, where an exercise gives them no other meaning. */
const letters: ReadonlySet<string> = new Set(['g', 'f', 'phi', 'psi'])

const formulas: readonly (readonly [Activation, RegExp])[] = [
  ['sigmoid', /^(\\frac\{1\}\{1 \+ e\^\{-|\\sigma(\\left)?\(|\\operatorname\{sigmoid\})/],
  ['tanh', /^\\tanh(\\left)?\(/],
  ['relu', /^(ReLU|\\(operatorname|text|mathrm)\{ReLU\})(\\left)?\(|^\\max(\\left)?\(.*\)$/],
]

const known = new WeakMap<Exercise, Activation | null>()

/** The one activation function that quantities of an exercise are values of; null where it has none, or several. */
export function activationOf(exercise: Exercise): Activation | null {
  const remembered = known.get(exercise)
  if (remembered !== undefined) return remembered
  const used = new Set(
    exercise.quantities.flatMap(({ formula }) =>
      formulas.filter(([, form]) => form.test(formula)).map(([name]) => name),
    ),
  )
  const [only] = used
  const found = used.size === 1 ? only : null
  known.set(exercise, found)
  return found
}

/**
 * An expression with the activation function of its exercise in the place of g, and derivatives of known functions worked
 * out: σ′(x) as σ(x)·(1 − σ(x)), tanh′(x) as 1 − tanh²(x).
 */
export function withKnownFunctions(expression: Expression, activation: Activation | null): Expression {
  const known = rebuilt(expression, (operand) => withKnownFunctions(operand, activation))
  if (known.kind !== 'call') return known
  const base = known.name.replace(/'+$/, '')
  const primes = known.name.length - base.length
  const name = letters.has(base) && known.arguments.length === 1 ? (activation ?? base) : base
  const call: Expression = { ...known, name: primes === 0 ? name : known.name }
  return primes === 1 ? (derivativeOf(name, known.arguments, known.span) ?? call) : call
}

const completed = new WeakMap<Statement, Statement>()

/** A statement whose sides name the activation function of its exercise by what it is; see `withKnownFunctions`. */
export function withActivation(statement: Statement, exercise: Exercise): Statement {
  if (!statement.sides.some(namesFunction)) return statement
  const known = completed.get(statement)
  if (known !== undefined) return known
  const activation = activationOf(exercise)
  const sides = statement.sides.map((side) =>
    namesFunction(side) ? sideOf(withKnownFunctions(side.expression, activation)) : side,
  )
  const made = { ...statement, sides }
  completed.set(statement, made)
  return made
}

function namesFunction({ expression }: Side): boolean {
  return walk(expression).some((node) => node.kind === 'call' && (letters.has(node.name) || node.name.endsWith("'")))
}

/** The derivative of a known function, as an expression; undefined where it is none. */
function derivativeOf(name: string, values: readonly Expression[], span: Span): Expression | undefined {
  const value: Expression = { kind: 'call', name, arguments: values, span }
  if (name === 'sigmoid' || name === 'sigma') return operation('*', value, operation('-', whole(1, span), value))
  if (name === 'tanh') return operation('-', whole(1, span), operation('^', value, whole(2, span)))
  return undefined
}

function operation(operator: Operation['operator'], left: Expression, right: Expression): Operation {
  return { kind: 'operation', operator, left, right, span: left.span }
}

function whole(value: number, span: Span): Numeral {
  return { kind: 'numeral', text: `${value}`, decimal: `${value}`, value, half: 0.5, whole: true, span }
}

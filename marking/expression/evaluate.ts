import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { type Algebra, evaluateOver } from './algebra.js'
import type { Expression } from './ast.js'
import { type Grid, Unevaluable } from './grid.js'

export { Unevaluable }

/** A function that the caller knows: `g` of an exercise, `sigma`. */
export type KnownFunction = (...values: readonly Tensor[]) => Tensor

/** The largest entry's exponential is 1, so that none overflows. */
function softmax(logits: readonly number[]): readonly number[] {
  const greatest = Math.max(...logits)
  const exponentials = logits.map((logit) => Math.exp(logit - greatest))
  const sum = exponentials.reduce((a, b) => a + b)
  return exponentials.map((exponential) => exponential / sum)
}

function logSoftmax(logits: readonly number[]): readonly number[] {
  const greatest = Math.max(...logits)
  const logSum = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - greatest), 0))
  return logits.map((logit) => logit - greatest - logSum)
}

export const sigmoid = (x: number): number => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))

/** n! of a whole number up to 170, the last whose factorial is a number. */
function factorial(n: number): number {
  if (!Number.isInteger(n) || n < 0 || n > 170) return Number.NaN
  let product = 1
  for (let factor = 2; factor <= n; factor++) product *= factor
  return product
}

const elementwise: ReadonlyMap<string, (x: number) => number> = new Map<string, (x: number) => number>([
  ['exp', Math.exp],
  ['tanh', Math.tanh],
  ['sigmoid', sigmoid],
  ['relu', (x) => Math.max(0, x)],
  ['sqrt', Math.sqrt],
  ['ln', Math.log],
  ['log', Math.log],
  ['log2', Math.log2],
  ['log10', Math.log10],
  ['sin', Math.sin],
  ['cos', Math.cos],
  ['tan', Math.tan],
  ['abs', Math.abs],
  ['floor', Math.floor],
  ['ceil', Math.ceil],
  ['factorial', factorial],
  ['sinh', Math.sinh],
  ['cosh', Math.cosh],
  ['arctan', Math.atan],
  ['sign', Math.sign],
  ['softplus', (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))],
])

const comparisons: ReadonlyMap<string, (a: number, b: number) => boolean> = new Map<
  string,
  (a: number, b: number) => boolean
>([
  ['<', (a, b) => a < b],
  ['>', (a, b) => a > b],
  ['≤', (a, b) => a <= b],
  ['≥', (a, b) => a >= b],
  ['=', (a, b) => a === b],
  ['≠', (a, b) => a !== b],
])

/**
 * The value of an expression in float64. `lookUp` gives the value of a symbol by its key; e and π are known; `functions` are
 * those of the exercise, by the name that the call has (`g`, `sigma`).
 * Shapes: a list [1, 2] is [2], a column [2, 1]; see `evaluateOver`. Throws an Unevaluable that says what has no value.
 */
export function evaluate(
  expression: Expression,
  lookUp: (key: string) => Tensor | undefined,
  functions: Readonly<Record<string, KnownFunction>> = {},
): Tensor {
  const known = new Map(Object.entries(functions))
  const algebra: Algebra<number> = {
    numeral: ({ value }) => value,
    exact: (value) => value,
    negate: (x) => -x,
    add: (a, b) => a + b,
    subtract: (a, b) => a - b,
    multiply: (a, b) => a * b,
    divide: (a, b) => a / b,
    power: (base, exponent) => base ** exponent,
    max: (a, b) => Math.max(a, b),
    min: (a, b) => Math.min(a, b),
    softmax,
    logSoftmax,
    argmax: (values) => values.indexOf(Math.max(...values)),
    holds: (relation, a, b) => comparisons.get(relation)?.(a, b),
    wholeNumber: (x) => (Number.isInteger(x) ? x : undefined),
    elementwise,
    valueOf: (key) => gridOf(lookUp(key)),
    apply: (name, values) => gridOf(known.get(name)?.(...values.map(tensorOf))),
  }
  return tensorOf(evaluateOver(expression, algebra))
}

function gridOf(x: Tensor | undefined): Grid<number> | undefined {
  return x === undefined ? undefined : { shape: x.shape, data: [...rowMajor(x)] }
}

function tensorOf({ shape, data }: Grid<number>): Tensor {
  return tensor(shape, data)
}

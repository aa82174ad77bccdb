import { type Algebra, evaluateOver } from './algebra.js'
import type { Expression, Numeral } from './ast.js'
import { sigmoid } from './evaluate.js'
import type { Grid } from './grid.js'

/** A tensor whose elements, in row-major order, are only known to lie between two bounds, inclusive. */
export interface Interval {
  readonly shape: readonly number[]
  readonly low: readonly number[]
  readonly high: readonly number[]
}

/** A function that the caller knows, on intervals: see `monotone`. */
export type IntervalFunction = (...values: readonly Interval[]) => Interval

export interface IntervalContext {
  /** What a symbol may be, by its key. */
  valueOf(key: string): Interval | undefined
  /** Whether a numeral is exact; the others are known to half a unit of their last place. */
  isExact(numeral: Numeral): boolean
  /** The numeral that another one stands for. */
  meantBy?(numeral: Numeral): Numeral
  /** Functions of the exercise, by the name that the call has. */
  readonly functions?: Readonly<Record<string, IntervalFunction>>
}

/** A pair of bounds. */
type Bounds = readonly [low: number, high: number]

const wholeLine: Bounds = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]

/** Bounds are moved outward by this much after every operation: thousands of times what rounding can have moved them inward. */
const outward = 1e-12

function widened(low: number, high: number): Bounds {
  if (Number.isNaN(low) || Number.isNaN(high)) return wholeLine
  const [below, above] = [low - Math.abs(low) * outward, high + Math.abs(high) * outward]
  // An infinite bound has nothing beyond it.
  return [Number.isFinite(low) ? below : low, Number.isFinite(high) ? above : high]
}

/** What lies between the least and the greatest of the values. */
function hull(values: readonly number[]): Bounds {
  return widened(Math.min(...values), Math.max(...values))
}

function add([aLow, aHigh]: Bounds, [bLow, bHigh]: Bounds): Bounds {
  return widened(aLow + bLow, aHigh + bHigh)
}

function negate([low, high]: Bounds): Bounds {
  return [-high, -low]
}

/** Zero times an unbounded value is zero: the bound itself is never reached. */
function times(a: number, b: number): number {
  return a === 0 || b === 0 ? 0 : a * b
}

function multiply([aLow, aHigh]: Bounds, [bLow, bHigh]: Bounds): Bounds {
  return hull([times(aLow, bLow), times(aLow, bHigh), times(aHigh, bLow), times(aHigh, bHigh)])
}

/** The whole line where the divisor may be zero. */
function divide(a: Bounds, [low, high]: Bounds): Bounds {
  if (low === 0 && high === 0) throw new RangeError('it divides by zero')
  if (low <= 0 && high >= 0) return wholeLine
  return multiply(a, widened(1 / high, 1 / low))
}

/** Whole exponents for every base, other exponents for bases that cannot be negative. */
function power(base: Bounds, exponent: Bounds): Bounds {
  const [low, high] = base
  const [n] = exponent
  if (n === exponent[1] && Number.isInteger(n)) {
    if (n < 0) return divide([1, 1], power(base, [-n, -n]))
    const corners = [low ** n, high ** n]
    return n > 0 && n % 2 === 0 && low < 0 && high > 0 ? hull([...corners, 0]) : hull(corners)
  }
  if (low < 0 || (low === 0 && exponent[0] <= 0)) return wholeLine
  return hull([low, high].flatMap((x) => exponent.map((y) => x ** y)))
}

function increasing(f: (x: number) => number): (x: Bounds) => Bounds {
  return ([low, high]) => widened(f(low), f(high))
}

/** A function that is not defined below zero: nothing is known of it where its argument may lie there. */
function increasingFromZero(f: (x: number) => number): (x: Bounds) => Bounds {
  return ([low, high]) => (low < 0 ? wholeLine : widened(f(low), f(high)))
}

function abs([low, high]: Bounds): Bounds {
  if (low >= 0) return [low, high]
  return high <= 0 ? [-high, -low] : [0, Math.max(-low, high)]
}

/** Cosine: its bounds at the ends, and ±1 where a multiple of π lies between them. */
function cos([low, high]: Bounds): Bounds {
  if (!Number.isFinite(low) || !Number.isFinite(high) || high - low >= 2 * Math.PI) return [-1, 1]
  const values = [Math.cos(low), Math.cos(high)]
  for (let k = Math.ceil(low / Math.PI); k * Math.PI <= high; k++) values.push(k % 2 === 0 ? 1 : -1)
  return hull(values)
}

function sin([low, high]: Bounds): Bounds {
  return cos(widened(low - Math.PI / 2, high - Math.PI / 2))
}

const elementwise: ReadonlyMap<string, (x: Bounds) => Bounds> = new Map<string, (x: Bounds) => Bounds>([
  ['exp', increasing(Math.exp)],
  ['tanh', increasing(Math.tanh)],
  ['sigmoid', increasing(sigmoid)],
  ['relu', increasing((x) => Math.max(0, x))],
  ['floor', increasing(Math.floor)],
  ['ceil', increasing(Math.ceil)],
  ['sqrt', increasingFromZero(Math.sqrt)],
  ['ln', increasingFromZero(Math.log)],
  ['log', increasingFromZero(Math.log)],
  ['log2', increasingFromZero(Math.log2)],
  ['log10', increasingFromZero(Math.log10)],
  ['abs', abs],
  ['sin', sin],
  ['sinh', increasing(Math.sinh)],
  ['cosh', (x) => increasing(Math.cosh)(abs(x))],
  ['arctan', increasing(Math.atan)],
  ['sign', increasing(Math.sign)],
  ['softplus', increasing((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))))],
  ['cos', cos],
])

/** An entry is largest where its own logit is greatest and all others are least; one whose logit is −∞, as under a mask, is 0. */
function softmax(logits: readonly Bounds[]): readonly Bounds[] {
  return logits.map(([low, high], i) => {
    const others = logits.filter((_, j) => j !== i)
    const share = (own: number, rest: readonly number[]): number => {
      const counted = rest.filter((logit) => logit > Number.NEGATIVE_INFINITY)
      if (own === Number.NEGATIVE_INFINITY && counted.length > 0) return 0
      return 1 / (1 + counted.reduce((sum, logit) => sum + Math.exp(logit - own), 0))
    }
    return widened(
      share(
        low,
        others.map(([, greatest]) => greatest),
      ),
      share(
        high,
        others.map(([least]) => least),
      ),
    )
  })
}

/** The index of the greatest element; every index whose element may be the greatest. */
function argmax(values: readonly Bounds[]): Bounds {
  const greatestLow = Math.max(...values.map(([low]) => low))
  const candidates = values.flatMap(([, high], i) => (high >= greatestLow ? [i] : []))
  return [Math.min(...candidates), Math.max(...candidates)]
}

/** Whether a relation holds for all values of both sides, or for none. */
function holds(relation: string, a: Bounds, b: Bounds): boolean | undefined {
  const [aLow, aHigh] = a
  const [bLow, bHigh] = b
  switch (relation) {
    case '<':
      return aHigh < bLow ? true : aLow >= bHigh ? false : undefined
    case '≤':
      return aHigh <= bLow ? true : aLow > bHigh ? false : undefined
    case '>':
      return holds('<', b, a)
    case '≥':
      return holds('≤', b, a)
    case '=':
    case '≠': {
      const apart = aHigh < bLow || bHigh < aLow
      const equal = aLow === aHigh && bLow === bHigh && aLow === bLow
      return apart || equal ? equal === (relation === '=') : undefined
    }
    default:
      return undefined
  }
}

/** The bounds of a numeral: half a unit of its last place to both sides, unless it is exact. */
function boundsOf({ value, half, whole }: Numeral, exact: boolean): Bounds {
  if (exact) return whole ? [value, value] : widened(value, value)
  return widened(value - half, value + half)
}

/** What is the same whatever symbols and numerals stand for. */
const arithmetic: Omit<Algebra<Bounds>, 'numeral' | 'valueOf' | 'apply'> = {
  exact: (value) => [value, value],
  negate,
  add,
  subtract: (a, b) => add(a, negate(b)),
  multiply,
  divide,
  power,
  max: (a, b) => [Math.max(a[0], b[0]), Math.max(a[1], b[1])],
  min: (a, b) => [Math.min(a[0], b[0]), Math.min(a[1], b[1])],
  softmax,
  logSoftmax: (logits) => softmax(logits).map(([low, high]) => widened(Math.log(low), Math.log(high))),
  argmax,
  holds,
  wholeNumber: ([low, high]) => (low === high && Number.isInteger(low) ? low : undefined),
  elementwise,
}

/**
 * Every value that an expression can have while its numerals and symbols lie in their intervals; bounds are safe, and as
 * narrow as each operation by itself allows. A quotient by what may be zero is unbounded. Throws an Unevaluable, or a RangeError where it divides by zero.
 */
export function evaluateInterval(expression: Expression, context: IntervalContext): Interval {
  const { meantBy, isExact, functions = {} } = context
  const algebra: Algebra<Bounds> = {
    ...arithmetic,
    numeral: (numeral) => {
      const meant = meantBy === undefined ? numeral : meantBy(numeral)
      return boundsOf(meant, isExact(meant))
    },
    valueOf: (key) => gridOf(context.valueOf(key)),
    apply: (name, values) =>
      Object.hasOwn(functions, name) ? gridOf(functions[name](...values.map(intervalFrom))) : undefined,
  }
  return intervalFrom(evaluateOver(expression, algebra))
}

/** The interval that a numeral claims: ± half a unit of its last place, or the value alone where it is exact. */
export function intervalOf(numeral: Numeral, exact: boolean): Interval {
  return intervalFrom({ shape: [], data: [boundsOf(numeral, exact)] })
}

/** An increasing function of one tensor, elementwise, on intervals: what an exercise's `g` is given as. */
export function monotone(f: (x: number) => number): IntervalFunction {
  return (x) => {
    const grid = gridOf(x)
    return grid === undefined ? x : intervalFrom({ shape: grid.shape, data: grid.data.map(increasing(f)) })
  }
}

function gridOf(x: Interval | undefined): Grid<Bounds> | undefined {
  if (x === undefined) return undefined
  const { shape, low, high } = x
  return { shape, data: low.map((bound, i): Bounds => [bound, high[i]]) }
}

function intervalFrom({ shape, data }: Grid<Bounds>): Interval {
  return { shape, low: data.map(([low]) => low), high: data.map(([, high]) => high) }
}

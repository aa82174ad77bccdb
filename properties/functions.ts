import { rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { type Approximation, blank, constant, exact, gather } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { compare, type Verdict } from './comparison.js'
import type { Random } from './data.js'
import { type Profile, representable } from './profile.js'

/** A function of one number that Arithmetic does not have, with what is known of its accuracy. */
interface NumberFunction {
  readonly value: (x: number) => number
  /** How far the result moves at most when x moves by e. */
  readonly propagate: (x: number, e: number) => number
  readonly slope: (x: number) => number
  /** The function's own error, absolute. */
  readonly error: (x: number, y: number) => number
  /** Whether that error is one rounding, and not the same for every like argument. */
  readonly rounded?: boolean
}

/** A function applied to every entry; a result that the platform may not hold is open. */
export function applied(arithmetic: Arithmetic, a: Approximation, f: NumberFunction): Approximation {
  const { unitRoundoff, largest, smallestNormal, underflow } = arithmetic.profile
  const result = blank(a.shape)
  for (let i = 0; i < a.value.length; i++) {
    const x = a.value[i]
    const y = f.value(x)
    const own = f.error(x, y)
    let bound = f.propagate(x, a.bound[i]) * (1 + unitRoundoff) + own
    let variance = f.slope(x) ** 2 * a.variance[i] + (f.rounded === true ? (own * own) / 3 : own * own)
    if (Math.abs(y) < smallestNormal && Math.abs(y) + bound > 0) {
      bound += underflow
      variance += (underflow * underflow) / 3
    }
    if (!(Math.abs(y) + bound <= largest)) bound = Number.POSITIVE_INFINITY
    if (!(variance <= bound * bound)) variance = bound * bound
    result.value[i] = y
    result.bound[i] = bound
    result.variance[i] = variance
  }
  return result
}

/** √x, which shading languages compute as 1/inverseSqrt(x): two units in the last place and a division. */
export function squareRoot(arithmetic: Arithmetic, a: Approximation): Approximation {
  const { unitRoundoff, division } = arithmetic.profile
  const rounded = !isShading(arithmetic.profile)
  return applied(arithmetic, a, {
    value: Math.sqrt,
    propagate: (x, e) => (e < x ? e / (Math.sqrt(x) + Math.sqrt(x - e)) : Math.sqrt(x + e)),
    slope: (x) => (x > 0 ? 0.5 / Math.sqrt(x) : Number.MAX_VALUE),
    error: (_, y) => (rounded ? 1 : division + 4) * unitRoundoff * y,
    rounded,
  })
}

/** max(x, c) for a number c that is known as well as the platform holds it. */
export function atLeast(arithmetic: Arithmetic, a: Approximation, least: number): Approximation {
  const guard = parameter(arithmetic, a.shape, least)
  const result = blank(a.shape)
  for (let i = 0; i < a.value.length; i++) {
    const above = a.value[i] > least
    const gap = Math.abs(a.value[i] - least)
    const [chosen, other] = above ? [a, guard] : [guard, a]
    result.value[i] = chosen.value[i]
    result.bound[i] = Math.max(chosen.bound[i], other.bound[i] - gap)
    result.variance[i] = Math.max(chosen.variance[i], other.bound[i] > gap ? other.variance[i] : 0)
  }
  return result
}

/**
 * The same, known less well: by `bound(i)` at most, and by errors of variance `variance(i)` as honest rounding makes them. Where
 * several roundings of separate terms come together, the variance is far below the square of the bound.
 */
export function loosened(
  a: Approximation,
  bound: (i: number) => number,
  variance: (i: number) => number,
): Approximation {
  return { ...a, bound: a.bound.map((e, i) => e + bound(i)), variance: a.variance.map((v, i) => v + variance(i)) }
}

/** A number that is given in float64, everywhere in this shape, known as well as the platform holds it. */
export function parameter(arithmetic: Arithmetic, shape: readonly number[], value: number): Approximation {
  const error = Math.abs(representable(arithmetic.profile, value) - value)
  return error === 0 ? constant(shape, value) : arithmetic.widen(constant(shape, value), () => error)
}

/** log(1 + e^x) = max(x, 0) + log(1 + e^−|x|); the sum 1 + e^−|x| may be rounded. */
export function softplus(arithmetic: Arithmetic, x: Approximation): Approximation {
  const size = { ...x, value: x.value.map((value) => -Math.abs(value)) }
  return arithmetic.add(arithmetic.relu(x), arithmetic.log(arithmetic.shift(arithmetic.exp(size), 1)))
}

/** Whether the platform's functions are those of a shading language, which knows neither erf nor accurate sines. */
export function isShading({ division }: Profile): boolean {
  return division > 2
}

/** The inner products of the rows of a and b, both […,D]: […]. */
export function rowProducts(arithmetic: Arithmetic, a: Approximation, b: Approximation): Approximation {
  const D = a.shape[a.shape.length - 1]
  const rows = a.value.length / D
  const product = arithmetic.matmul({ ...a, shape: [rows, 1, D] }, { ...b, shape: [rows, D, 1] })
  return { ...product, shape: a.shape.slice(0, -1) }
}

/** The lengths of the rows of x[…,D]: […]. */
export function rowLengths(arithmetic: Arithmetic, x: Approximation): Approximation {
  return squareRoot(arithmetic, rowProducts(arithmetic, x, x))
}

/** Every row of x[…,D] times (or divided by) an entry of y[…]. */
export function byRow(x: Approximation, y: Approximation, f: 'multiply' | 'divide', arithmetic: Arithmetic) {
  const D = x.shape[x.shape.length - 1]
  const index = Int32Array.from({ length: x.value.length }, (_, i) => Math.floor(i / D))
  return arithmetic[f](x, gather(y, x.shape, index))
}

/** The tensor with the first entry of every row at least 1 from zero: no row is near the zero vector. */
export function anchored(x: Tensor, profile: Profile): Tensor {
  const D = x.shape[x.shape.length - 1]
  return tensor(
    x.shape,
    rowMajor(x).map((value, i) => (i % D === 0 ? representable(profile, value + (value < 0 ? -1 : 1)) : value)),
  )
}

/** Every entry of a tensor's rows times a power of two of its row's own, and these powers. */
export function rowsScaled(x: Tensor, random: Random): Tensor {
  const D = x.shape[x.shape.length - 1]
  const powers = Array.from({ length: x.size / D }, () => 2 ** random.integer(-2, 2))
  return tensor(
    x.shape,
    rowMajor(x).map((value, i) => value * powers[Math.floor(i / D)]),
  )
}

/** That an answer holds neither NaN nor an infinity. */
export function staysFinite(answer: Tensors): Verdict[] {
  return Object.entries(answer).map(([name, y]) => {
    const answered = exact(y)
    const value = answered.value.map((entry) => (Number.isFinite(entry) ? entry : 0))
    return compare(name, answered, { ...answered, value })
  })
}

import { sameShape, shapeText } from '../oracle/tensor.js'
import { type Approximation, blank } from './approximation.js'
import type { Profile } from './profile.js'

/** Whether the errors of a sum's terms come from one cause, and so add up instead of averaging out. */
type Errors = 'independent' | 'common'

/**
 * Arithmetic on approximations as the platform of a profile may carry it out. Every operation computes in float64 and adds what
 * its rounding may contribute: to the bound in the worst case, to the variance as an error spread evenly over ± the bound.
 * Sums allow any order of their terms, so that a formula written once covers sequential, blocked, parallel and fused sums.
 */
export class Arithmetic {
  readonly profile: Profile

  constructor(profile: Profile) {
    this.profile = profile
  }

  add(a: Approximation, b: Approximation): Approximation {
    return this.binary(a, b, (x, y) => x + y, sumOfErrors)
  }

  subtract(a: Approximation, b: Approximation): Approximation {
    return this.binary(a, b, (x, y) => x - y, sumOfErrors)
  }

  multiply(a: Approximation, b: Approximation): Approximation {
    return this.binary(
      a,
      b,
      (x, y) => x * y,
      (x, y, ex, ey) => [Math.abs(x) * ey + Math.abs(y) * ex + ex * ey, Math.abs(y), Math.abs(x), 1],
    )
  }

  divide(a: Approximation, b: Approximation): Approximation {
    return this.binary(
      a,
      b,
      (x, y) => x / y,
      (x, y, ex, ey) => {
        const least = Math.abs(y) - ey
        if (!(least > 0)) return [Number.POSITIVE_INFINITY, 1 / Math.abs(y), Math.abs(x / (y * y)), 0]
        return [(ex + Math.abs(x / y) * ey) / least, 1 / Math.abs(y), Math.abs(x / (y * y)), 0]
      },
      this.profile.division,
    )
  }

  /** Every entry times a number that the platform holds exactly. */
  scale(a: Approximation, factor: number): Approximation {
    const size = Math.abs(factor)
    return this.unary(
      a,
      (x) => factor * x,
      (_, e) => size * e,
      () => size,
    )
  }

  /** Every entry divided by a number that the platform holds exactly. */
  divideBy(a: Approximation, divisor: number): Approximation {
    const size = Math.abs(divisor)
    return this.unary(
      a,
      (x) => x / divisor,
      (_, e) => e / size,
      () => 1 / size,
      (_, y) => this.profile.division * this.profile.unitRoundoff * Math.abs(y),
    )
  }

  /** Every entry plus a number that the platform holds exactly. */
  shift(a: Approximation, by: number): Approximation {
    return this.unary(
      a,
      (x) => x + by,
      (_, e) => e,
      () => 1,
    )
  }

  square(a: Approximation): Approximation {
    return this.multiply(a, a)
  }

  exp(a: Approximation): Approximation {
    return this.unary(
      a,
      Math.exp,
      (x, e) => (e < 1 ? Math.exp(x) * Math.expm1(e) : Math.exp(x + e)),
      (_, y) => y,
      this.profile.exp,
    )
  }

  log(a: Approximation): Approximation {
    return this.unary(
      a,
      Math.log,
      (x, e) => (e < x ? -Math.log1p(-e / x) : Number.POSITIVE_INFINITY),
      (x) => 1 / x,
      this.profile.log,
    )
  }

  /** √x of x ≥ 0; the slope at 0 is taken at the end of its error. */
  sqrt(a: Approximation): Approximation {
    const below = (x: number, e: number) => Math.sqrt(Math.max(x - e, 0))
    const result = this.unary(
      a,
      Math.sqrt,
      (x, e) => (x > e ? e / (Math.sqrt(x) + below(x, e)) : Math.max(Math.sqrt(x), Math.sqrt(x + e) - Math.sqrt(x))),
      (_, y) => (y === 0 ? 0 : 0.5 / y),
      (_, y) => this.profile.sqrt * this.profile.unitRoundoff * y,
    )
    for (let i = 0; i < a.value.length; i++)
      if (a.value[i] <= a.bound[i]) result.variance[i] = Math.max(result.variance[i], Math.sqrt(a.variance[i]))
    return result
  }

  tanh(a: Approximation): Approximation {
    return this.unary(
      a,
      Math.tanh,
      (x, e) => e * sechSquared(Math.max(Math.abs(x) - e, 0)),
      sechSquared,
      this.profile.tanh,
    )
  }

  /** The same, known less well by `error(i)`: for formulas that honest implementations write in several ways. */
  widen(a: Approximation, error: (i: number) => number): Approximation {
    const result = { ...a, bound: a.bound.slice(), variance: a.variance.slice() }
    for (let i = 0; i < a.value.length; i++) {
      result.bound[i] += error(i)
      result.variance[i] += error(i) ** 2 / 3
    }
    return result
  }

  negate(a: Approximation): Approximation {
    return { ...a, value: a.value.map((x) => -x) }
  }

  /** max(0, x), which no rounding touches. */
  relu(a: Approximation): Approximation {
    const result = blank(a.shape)
    for (let i = 0; i < a.value.length; i++) {
      const [x, e] = [a.value[i], a.bound[i]]
      result.value[i] = Math.max(x, 0)
      result.bound[i] = x > 0 ? e : Math.max(e + x, 0)
      result.variance[i] = x + e > 0 ? a.variance[i] : 0
    }
    return result
  }

  /** 1 where x > 0, else 0; open where the error of x reaches over 0. */
  step(a: Approximation): Approximation {
    const result = blank(a.shape)
    for (let i = 0; i < a.value.length; i++) {
      result.value[i] = a.value[i] > 0 ? 1 : 0
      const open = a.bound[i] > 0 && Math.abs(a.value[i]) <= a.bound[i]
      result.bound[i] = open ? 1 : 0
      result.variance[i] = open ? 1 : 0
    }
    return result
  }

  /** The sums of the rows along the last axis. */
  sum(a: Approximation, errors: Errors = 'independent'): Approximation {
    const length = a.shape[a.shape.length - 1]
    const result = blank(a.shape.slice(0, -1))
    for (let row = 0; row < result.value.length; row++) {
      const total = new RunningSum()
      for (let i = row * length; i < (row + 1) * length; i++) total.add(a.value[i], a.bound[i], a.variance[i], 0)
      this.closeSum(result, row, total, errors)
    }
    return result
  }

  /** a[…,M,K]·b[…,K,N], equal leading axes. */
  matmul(a: Approximation, b: Approximation, errors: Errors = 'independent'): Approximation {
    const rank = a.shape.length
    const [M, K] = a.shape.slice(rank - 2)
    const N = b.shape[rank - 1]
    const result = blank([...a.shape.slice(0, rank - 1), N])
    for (let i = 0; i < result.value.length; i++) {
      const n = i % N
      const aRow = Math.floor(i / N) * K
      const bColumn = Math.floor(i / (M * N)) * K * N + n
      const total = new RunningSum()
      for (let k = 0; k < K; k++) {
        const [p, q] = [aRow + k, bColumn + k * N]
        const [x, y, ex, ey] = [a.value[p], b.value[q], a.bound[p], b.bound[q]]
        // Zero times what may have overflowed is no zero.
        if (x === 0 && ex === 0 && ey < Number.POSITIVE_INFINITY) continue
        const [sizeX, sizeY] = [Math.abs(x), Math.abs(y)]
        total.add(
          x * y,
          sizeX * ey + sizeY * ex + ex * ey,
          x * x * b.variance[q] + y * y * a.variance[p] + a.variance[p] * b.variance[q],
          1,
        )
      }
      this.closeSum(result, i, total, errors)
    }
    return result
  }

  private binary(
    a: Approximation,
    b: Approximation,
    f: (x: number, y: number) => number,
    /** The propagated bound, and how far the result moves with each operand, and with both together. */
    propagate: (x: number, y: number, ex: number, ey: number) => readonly [number, number, number, number],
    roundings = 1,
  ): Approximation {
    if (!sameShape(a.shape, b.shape))
      throw new RangeError(
        `approximations of shapes ${shapeText(a.shape)} and ${shapeText(b.shape)} do not go together`,
      )
    const result = blank(a.shape)
    for (let i = 0; i < a.value.length; i++) {
      const [x, y] = [a.value[i], b.value[i]]
      const value = f(x, y)
      const [bound, slopeX, slopeY, slopeBoth] = propagate(x, y, a.bound[i], b.bound[i])
      const variance =
        slopeX * slopeX * a.variance[i] + slopeY * slopeY * b.variance[i] + slopeBoth * a.variance[i] * b.variance[i]
      this.close(result, i, value, bound, variance, roundings * this.profile.unitRoundoff * Math.abs(value))
    }
    return result
  }

  private unary(
    a: Approximation,
    f: (x: number) => number,
    /** The propagated bound. */
    propagate: (x: number, e: number) => number,
    slope: (x: number, y: number) => number,
    /** The function's own error. */
    error: (x: number, y: number) => number = (_, y) => this.profile.unitRoundoff * Math.abs(y),
  ): Approximation {
    const result = blank(a.shape)
    for (let i = 0; i < a.value.length; i++) {
      const x = a.value[i]
      const y = f(x)
      const factor = slope(x, y)
      const own = error(x, y)
      // A function is off in the same way every time: its error does not spread like that of a rounding.
      const variance = factor * factor * a.variance[i] + (2 / 3) * own * own
      this.close(result, i, y, propagate(x, a.bound[i]), variance, own)
    }
    return result
  }

  /** Writes an entry: propagated bound and variance, to which the operation's own error is added. */
  private close(to: Approximation, i: number, value: number, bound: number, variance: number, error: number): void {
    const { unitRoundoff, largest, smallestNormal, underflow } = this.profile
    const size = Math.abs(value)
    // The rounding is that of the perturbed value, hence the factor on the propagated bound.
    let total = bound * (1 + unitRoundoff) + error
    let spread = variance + (error * error) / 3
    if (size < smallestNormal && size + bound > 0) {
      total += underflow
      spread += (underflow * underflow) / 3
    }
    if (!(size + total <= largest)) total = Number.POSITIVE_INFINITY
    to.value[i] = value
    to.bound[i] = total
    to.variance[i] = spread
  }

  /**
   * Writes a sum of n terms. Bound, for any order: n·u·Σ|tₖ|. Variance: one rounding of every partial sum, Σₖ sₖ²·u²/3, for the
   * worst of three orders: as written, backwards, and at random (n/3·S² + n/6·Σtₖ² on average). Adding equal terms rounds in
   * the same direction every time, so that the variance grows with the square of how often a term is repeated.
   */
  private closeSum(to: Approximation, i: number, total: RunningSum, errors: Errors): void {
    const { unitRoundoff: u, largest, flushesSubnormals, underflow } = this.profile
    if (total.terms === 0) return
    const { terms: n, products, sum, absolute, squares, partials, partialSquares } = total
    const backwards = n * sum * sum - 2 * sum * partials + partialSquares
    const random = (n / 3) * sum * sum + (n / 6) * squares
    let bound = total.bound + (products > 0 ? n : n - 1) * u * (absolute + total.bound)
    const alike = n > 1 || products > 0 ? total.alike() : 1
    // Equal terms carry equal errors; all of them together never more than the sum of the deviations.
    const together = total.deviations ** 2
    let variance = errors === 'common' ? together : Math.min(total.variance * alike, together)
    if (n > 1 || products > 0)
      variance += ((u * u) / 3) * alike * (Math.max(partialSquares, backwards, random) + (products > 0 ? squares : 0))
    if ((products > 0 || flushesSubnormals) && absolute + bound > 0) {
      bound += n * underflow
      variance += (n * underflow * underflow) / 3
    }
    if (!(absolute + bound <= largest)) bound = Number.POSITIVE_INFINITY
    to.value[i] = sum
    to.bound[i] = bound
    to.variance[i] = variance
  }
}

function sumOfErrors(_x: number, _y: number, ex: number, ey: number): readonly [number, number, number, number] {
  return [ex + ey, 1, 1, 0]
}

/** 1/cosh²(x), the slope of tanh. */
function sechSquared(x: number): number {
  const e = Math.exp(-2 * Math.abs(x))
  return (4 * e) / ((1 + e) * (1 + e))
}

/** What the accuracy of a sum depends on, gathered term by term. */
class RunningSum {
  terms = 0
  products = 0
  sum = 0
  absolute = 0
  squares = 0
  partials = 0
  partialSquares = 0
  bound = 0
  variance = 0
  deviations = 0
  private readonly values: number[] = []

  add(term: number, bound: number, variance: number, products: number): void {
    this.terms++
    this.values.push(term)
    this.products += products
    this.sum += term
    this.absolute += Math.abs(term)
    this.squares += term * term
    this.partials += this.sum
    this.partialSquares += this.sum * this.sum
    this.bound += bound
    this.variance += variance
    this.deviations += Math.sqrt(variance)
  }

  /** Σ mᵥ²/n over the distinct values v, which occur mᵥ times: 1 where all terms differ. Short sums do not need it. */
  alike(): number {
    if (this.terms <= 16) return 1
    const sorted = Float64Array.from(this.values).sort()
    let total = 0
    for (let from = 0, to = 1; from < sorted.length; from = to++) {
      while (to < sorted.length && sorted[to] === sorted[from]) to++
      if (sorted[from] !== 0) total += (to - from) ** 2
    }
    return Math.max(total / this.terms, 1)
  }
}

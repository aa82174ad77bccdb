import { add, type DoubleDouble, divide, fastTwoSum, multiply, twoProduct, twoSum } from './doubleDouble.js'

// Every function here is within 1 unit in the last place of float64; certification/elementary.test.ts holds it to that.
// What the platform offers is not enough: its tanh is off by up to 2 units, and 1/(1 + e^−x) or log(1 + e^x) put together
// from rounded parts lose more than one. So the parts are carried with 65 bits or more and rounded once.

/** 32/log 2, and (log 2)/32 as a sum of which the first two terms have 36 bits: whole multiples of them are exact. */
const stepsPerUnit = 46.16624130844683
const step = [0.021660849392446835, 5.1456092446457696e-14, 9.568252300058288e-26] as const

/** 2^(j/32) for j = 0…31, from the five square roots of 2, 2^½, …, 2^(1/16). */
const powersOfTwo: readonly DoubleDouble[] = (() => {
  const one: DoubleDouble = { high: 1, low: 0 }
  const roots: DoubleDouble[] = []
  for (let i = 0; i < 5; i++) roots.push(squareRoot(roots[i - 1] ?? { high: 2, low: 0 }))
  return Array.from({ length: 32 }, (_, j) =>
    roots.reduce((power, root, i) => ((j >> (4 - i)) & 1 ? multiply(power, root) : power), one),
  )
})()

/** √a by one Newton step from the rounded root r: r + (a − r²)/2r. */
function squareRoot(a: DoubleDouble): DoubleDouble {
  const root = Math.sqrt(a.high)
  const square = twoProduct(root, root)
  return fastTwoSum(root, (a.high - square.high - square.low + a.low) / (2 * root))
}

/** (high + low)·2^exponent, high in [0.98, 2.03). */
interface Scaled extends DoubleDouble {
  readonly exponent: number
}

/**
 * e^(x + low) to about 65 bits, for |x| ≤ 2000 and |low| small beside it.
 * x = n·(log 2)/32 + r with |r| ≤ (log 2)/64, then 2^(n/32)·(1 + r + r²/2 + …), the series from r² on in plain float64.
 */
export function exponentialParts(x: number, low = 0): Scaled {
  const n = Math.round(x * stepsPerUnit)
  const reduced = twoSum(x - n * step[0], -n * step[1])
  const r = reduced.high
  const rest = reduced.low - n * step[2] + low
  const tail =
    r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040 + r * (1 / 40320)))))))
  const power = powersOfTwo[n & 31]
  const product = twoProduct(power.high, r)
  const correction = product.low + power.low * (1 + r) + power.high * (tail + rest * (1 + r))
  const sum = fastTwoSum(power.high, product.high)
  const { high, low: lowest } = fastTwoSum(sum.high, sum.low + correction)
  return { high, low: lowest, exponent: n >> 5 }
}

/** x·2^exponent, rounded once, where 2^exponent itself may lie beyond the range of float64. */
export function scaleByPowerOfTwo(x: number, exponent: number): number {
  if (exponent > 1000) return scaleByPowerOfTwo(x * 2 ** 1000, exponent - 1000)
  if (exponent >= -1000) return x * 2 ** exponent
  if (exponent < -2200) return x * 0
  // The first factor must leave a normal number behind, or the result would be rounded twice.
  return Math.abs(x) >= 1 ? x * 2 ** -1000 * 2 ** (exponent + 1000) : x * 2 ** 100 * 2 ** -1000 * 2 ** (exponent + 900)
}

/** e^(x + low), rounded. */
export function exponential(x: number, low = 0): number {
  if (x > 710) return Number.POSITIVE_INFINITY
  if (x < -746) return 0
  const { high, low: rest, exponent } = exponentialParts(x, low)
  return scaleByPowerOfTwo(high + rest, exponent)
}

/** Where 1 + e^−x is 1 to more digits than float64 has. */
const negligible = 40

/** e^−x for x in [0, 2·negligible]. */
function decay(x: number): DoubleDouble {
  const { high, low, exponent } = exponentialParts(-x)
  return { high: high * 2 ** exponent, low: low * 2 ** exponent }
}

const one: DoubleDouble = { high: 1, low: 0 }

/** σ(x) = 1/(1 + e^−x), from the side on which the exponential is at most 1: no overflow for any x. */
export function logistic(x: number): number {
  if (x > negligible) return 1
  if (x < -negligible) return exponential(x)
  const e = decay(Math.abs(x))
  const { high, low } = divide(x >= 0 ? one : e, add(one, e))
  return high + low
}

/** tanh x = (1 − e^−2|x|)/(1 + e^−2|x|) with the sign of x; near 0 its power series. */
export function hyperbolicTangent(x: number): number {
  if (Math.abs(x) < 0.0625) return x + x * hyperbolicTangentSeries(x * x)
  if (Math.abs(x) > 22) return Math.sign(x)
  const e = decay(2 * Math.abs(x))
  const { high, low } = divide(add(one, { high: -e.high, low: -e.low }), add(one, e))
  return Math.sign(x) * (high + low)
}

/** tanh(x)/x − 1 = −x²/3 + 2x⁴/15 − 17x⁶/315 + … in s = x². */
function hyperbolicTangentSeries(s: number): number {
  return s * (-1 / 3 + s * (2 / 15 + s * (-17 / 315 + s * (62 / 2835 + s * (-1382 / 155925 + s * (21844 / 6081075))))))
}

/** 1/cosh² x = 4e/(1 + e)² with e = e^−2|x|, the derivative of tanh: 1 − tanh² would lose its digits where tanh is near 1. */
export function sechSquared(x: number): number {
  const magnitude = Math.abs(x)
  if (magnitude > 380) return 0
  if (magnitude > negligible) {
    const { high, low, exponent } = exponentialParts(-2 * magnitude)
    return scaleByPowerOfTwo(high + low, exponent + 2)
  }
  const e = decay(2 * magnitude)
  const sum = add(one, e)
  const { high, low } = divide({ high: 4 * e.high, low: 4 * e.low }, multiply(sum, sum))
  return high + low
}

/** log(1 + e^x) = max(x, 0) + log(1 + e^−|x|): finite for every finite x. */
export function softplus(x: number): number {
  if (x > negligible) return x
  if (x < -negligible) return exponential(x)
  const tail = logOnePlus(decay(Math.abs(x)))
  if (x <= 0) return tail.high + tail.low
  const sum = twoSum(x, tail.high)
  return sum.high + (sum.low + tail.low)
}

/** log(1 + e) for e in (0, 1], as a sum of two numbers. */
function logOnePlus(e: DoubleDouble): DoubleDouble {
  if (e.high < 0.0625) {
    // log(1 + e) = 2·artanh(s) = 2(s + s³/3 + s⁵/5 + …) with s = e/(2 + e)
    const s = divide(e, add({ high: 2, low: 0 }, e))
    const q = s.high * s.high
    const tail = q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * (1 / 9 + q * (1 / 11 + q * (1 / 13))))))
    return fastTwoSum(2 * s.high, 2 * s.low + 2 * s.high * tail)
  }
  // One Newton step: log(1 + e) = l + log(1 + d) with d = (1 + e)·e^−l − 1
  const estimate = Math.log1p(e.high)
  const inverse = exponentialParts(-estimate)
  const factor = 2 ** inverse.exponent
  const product = multiply(add(one, e), { high: inverse.high * factor, low: inverse.low * factor })
  return fastTwoSum(estimate, product.high - 1 + product.low)
}

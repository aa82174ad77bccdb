import { add, type DoubleDouble, divide, multiply, twoProduct } from './doubleDouble.js'
import { exponential, exponentialParts, scaleByPowerOfTwo } from './elementary.js'

// The rational approximations P/Q and R/S are those of fdlibm's s_erf.c:
//   Copyright (C) 1993 by Sun Microsystems, Inc. All rights reserved. Developed at SunPro, a Sun Microsystems, Inc. business.
//   Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is preserved.
// All is evaluated with twice the digits and rounded once, which fdlibm does not: its erfc is off by up to 5 units.

/** (erf(x) − x)/x = P/Q in x², for |x| ≤ 0.84375. */
const nearZero = {
  numerator: [
    0.12837916709551256, -0.3250421072470015, -0.02848174957559851, -0.005770270296489442, -2.3763016656650163e-5,
  ],
  denominator: [
    1, 0.39791722395915535, 0.0650222499887673, 0.005081306281875766, 0.00013249473800432164, -3.960228278775368e-6,
  ],
}

/** erf(1), cut after 24 bits, and erf(x) − erfOfOne = P/Q in x − 1, for 0.84375 ≤ x < 1.25. */
const erfOfOne = 0.8450629115104675
const nearOne = {
  numerator: [
    -0.0023621185607526594, 0.41485611868374833, -0.3722078760357013, 0.31834661990116175, -0.11089469428239668,
    0.035478304325618236, -0.002166375594868791,
  ],
  denominator: [
    1, 0.10642088040084423, 0.540397917702171, 0.07182865441419627, 0.12617121980876164, 0.01363708391202905,
    0.011984499846799107,
  ],
}

/** log(x·e^(x²)·erfc(x)) + 0.5625 = R/S in 1/x², for 1.25 ≤ x < 1/0.35. */
const tail = {
  numerator: [
    -0.009864944034847148, -0.6938585727071818, -10.558626225323291, -62.375332450326006, -162.39666946257347,
    -184.60509290671104, -81.2874355063066, -9.814329344169145,
  ],
  denominator: [
    1, 19.651271667439257, 137.65775414351904, 434.56587747522923, 645.3872717332679, 429.00814002756783,
    108.63500554177944, 6.570249770319282, -0.0604244152148581,
  ],
}

/** The same for 1/0.35 ≤ x ≤ 28. */
const farTail = {
  numerator: [
    -0.0098649429247001, -0.799283237680523, -17.757954917754752, -160.63638485582192, -637.5664433683896,
    -1025.0951316110772, -483.5191916086514,
  ],
  denominator: [
    1, 30.33806074348246, 325.7925129965739, 1536.729586084437, 3199.8582195085955, 2553.0504064331644,
    474.52854120695537, -22.44095244658582,
  ],
}

interface Rational {
  readonly numerator: readonly number[]
  readonly denominator: readonly number[]
}

function evaluate({ numerator, denominator }: Rational, x: DoubleDouble): DoubleDouble {
  return divide(polynomial(numerator, x), polynomial(denominator, x))
}

/** c₀ + c₁x + c₂x² + … by Horner's rule. */
function polynomial(coefficients: readonly number[], x: DoubleDouble): DoubleDouble {
  let sum: DoubleDouble = { high: 0, low: 0 }
  for (let i = coefficients.length - 1; i >= 0; i--) sum = add(multiply(sum, x), { high: coefficients[i], low: 0 })
  return sum
}

function negate({ high, low }: DoubleDouble): DoubleDouble {
  return { high: -high, low: -low }
}

const one: DoubleDouble = { high: 1, low: 0 }

/** erf(x) for 0 ≤ x < 1.25, given x² as well. */
function errorOf(x: DoubleDouble, square: DoubleDouble): DoubleDouble {
  if (x.high < 0.84375) return add(x, multiply(x, evaluate(nearZero, square)))
  return add({ high: erfOfOne, low: 0 }, evaluate(nearOne, add(x, { high: -1, low: 0 })))
}

/** erfc(x) for x ≥ 1.25, given x² as well: e^(−x² − 0.5625 + R/S)/x. */
function complementaryTail(x: DoubleDouble, square: DoubleDouble): number {
  if (square.high > 760) return 0
  const correction = evaluate(x.high < 1 / 0.35 ? tail : farTail, divide(one, square))
  const exponent = add(add({ high: -0.5625, low: 0 }, correction), negate(square))
  const power = exponentialParts(exponent.high, exponent.low)
  const { high, low } = divide(power, x)
  return scaleByPowerOfTwo(high + low, power.exponent)
}

/** erfc(x) for any x, given x² as well. */
function complementaryOf(x: DoubleDouble, square: DoubleDouble): number {
  if (x.high < 0) return 2 - complementaryOf(negate(x), square)
  if (x.high >= 1.25) return complementaryTail(x, square)
  const { high, low } = add(one, negate(errorOf(x, square)))
  return high + low
}

/** erf(x) = 2/√π·∫₀ˣ e^(−t²) dt. */
export function errorFunction(x: number): number {
  const magnitude = { high: Math.abs(x), low: 0 }
  if (magnitude.high > 6) return Math.sign(x)
  const square = twoProduct(x, x)
  if (magnitude.high >= 1.25) return Math.sign(x) * (1 - complementaryTail(magnitude, square))
  const { high, low } = errorOf(magnitude, square)
  return Math.sign(x) * (high + low)
}

/** Beyond ±50, erfc and Φ are 0 or at their upper limit, and the squares of arguments might overflow. */
const limit = 50

/** erfc(x) = 1 − erf(x), with all its digits where erf is near 1. */
export function complementaryErrorFunction(x: number): number {
  if (Math.abs(x) > limit) return x > 0 ? 0 : 2
  return complementaryOf({ high: x, low: 0 }, twoProduct(x, x))
}

const squareRootOfHalf: DoubleDouble = { high: Math.SQRT1_2, low: -4.833646656726457e-17 }

/** Φ(x) = ½·erfc(−x/√2), the standard normal distribution function. */
export function normalDistribution(x: number): number {
  if (Math.abs(x) > limit) return x > 0 ? 1 : 0
  const square = twoProduct(x, x)
  const halfSquare = { high: square.high / 2, low: square.low / 2 }
  return complementaryOf(multiply({ high: -x, low: 0 }, squareRootOfHalf), halfSquare) / 2
}

/** log √(2π) */
const logNormalizer: DoubleDouble = { high: 0.9189385332046728, low: -3.8782941580672414e-17 }

/** φ(x) = e^(−x²/2)/√(2π), the standard normal density. */
export function normalDensity(x: number): number {
  if (Math.abs(x) > limit) return 0
  const square = twoProduct(x, x)
  const exponent = negate(add({ high: square.high / 2, low: square.low / 2 }, logNormalizer))
  return exponential(exponent.high, exponent.low)
}

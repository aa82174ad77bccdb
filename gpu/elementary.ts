/**
 * The functions that kernels call by name, besides `Math`. They are translated from their source text like the kernels; a
 * kernel's file declares those that it calls with `declare function`, since an import would be renamed by bundlers and
 * test runners.
 */

/**
 * ⌊i/n⌋ for whole numbers 0 ≤ i < 2²⁴ and n ≥ 1, exact on every device: GPUs divide to within 2.5 units in the last place
 * (WGSL, section 15.7.4.1), so the quotient may be one off, and its remainder tells.
 */
function quotient(i: number, n: number): number {
  const estimate = Math.floor((i + 0.5) / n)
  const remainder = i - estimate * n
  if (remainder < 0) return estimate - 1
  if (remainder >= n) return estimate + 1
  return estimate
}

/** 1/(1 + e^−x) from e^−|x|, which cannot overflow. */
function logistic(x: number): number {
  const e = Math.exp(-Math.abs(x))
  if (x < 0) return e / (1 + e)
  return 1 / (1 + e)
}

/**
 * tanh x: the polynomial of Cephes' tanhf near 0, where (1 − e)/(1 + e) would cancel, else that quotient with e = e^−2|x|.
 * The devices' own tanh may be 1e-5 off (WGSL) or overflow (GLSL).
 */
function hyperbolicTangent(x: number): number {
  const magnitude = Math.abs(x)
  if (magnitude < 0.625) {
    const s = x * x
    const p =
      (((-5.70498872745e-3 * s + 2.06390887954e-2) * s - 5.37397155531e-2) * s + 1.33314422036e-1) * s -
      3.33332819422e-1
    return x + x * s * p
  }
  const e = Math.exp(-2 * magnitude)
  const y = (1 - e) / (1 + e)
  if (x < 0) return -y
  return y
}

/**
 * The derivative of tanh: 1 − tanh² near 0, where that is the more exact form, else 1/cosh² = 4e/(1 + e)² with e = e^−2|x|,
 * which keeps its digits where tanh is near 1.
 */
function slopeOfTangent(x: number): number {
  const magnitude = Math.abs(x)
  if (magnitude < 0.625) {
    const y = hyperbolicTangent(x)
    return 1 - y * y
  }
  const e = Math.exp(-2 * magnitude)
  return (4 * e) / ((1 + e) * (1 + e))
}

/**
 * log(1 + x) for x ≥ 0. Up to 1 it is 2·artanh(s) = 2(s + s³/3 + s⁵/5 + …) with s = x/(2 + x), which keeps the digits of a small
 * x; the devices' own log may be 2⁻²¹ off near 1 (WGSL).
 */
function logOnePlus(x: number): number {
  if (x > 1) return Math.log(1 + x)
  const s = x / (2 + x)
  const q = s * s
  return 2 * s * (1 + q * (1 / 3 + q * (1 / 5 + q * (1 / 7 + q * (1 / 9 + q * (1 / 11 + q / 13))))))
}

/** log(1 + e^x) = max(x, 0) + log(1 + e^−|x|), which cannot overflow. */
function softplus(x: number): number {
  return Math.max(x, 0) + logOnePlus(Math.exp(-Math.abs(x)))
}

/**
 * Φ(x), the standard normal distribution function: near 0 ½ + x·P(x²), else the tail e^(−x²/2)·t·Q(t) with t = 1/(1 + 0.35|x|),
 * which keeps its digits for negative x. P and Q are minimax polynomials of e^(x²/2)Φ, within 1.6·10⁻⁸ of it.
 */
function normalDistribution(x: number): number {
  const magnitude = Math.min(Math.abs(x), 40)
  if (magnitude < 1.25) {
    const s = x * x
    const p =
      ((((-6.80949166e-6 * s + 1.110411273e-4) * s - 1.183837157e-3) * s + 9.972282725e-3) * s - 6.649020794e-2) * s +
      0.3989422766
    return 0.5 + x * p
  }
  const t = 1 / (1 + 0.35 * magnitude)
  const low = ((4.469174664e-2 * t - 0.1123318705) * t + 4.48415594e-2) * t + 3.178361804e-2
  const q = (((low * t + 8.930212656e-2) * t + 0.1226996041) * t + 0.1395844138) * t + 0.139632652
  const tail = Math.exp(-0.5 * magnitude * magnitude) * t * q
  if (x < 0) return tail
  return 1 - tail
}

/** φ(x) = e^(−x²/2)/√(2π), the standard normal density. */
function normalDensity(x: number): number {
  const magnitude = Math.min(Math.abs(x), 40)
  return 0.3989422804 * Math.exp(-0.5 * magnitude * magnitude)
}

/** Every function that kernels may call, all of them from numbers to a number. */
export const elementaryFunctions: readonly ((...args: number[]) => number)[] = [
  quotient,
  logistic,
  hyperbolicTangent,
  slopeOfTangent,
  logOnePlus,
  softplus,
  normalDistribution,
  normalDensity,
]

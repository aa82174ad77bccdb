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

/** Every function that kernels may call, all of them from numbers to a number. */
export const elementaryFunctions: readonly ((...args: number[]) => number)[] = [
  quotient,
  logistic,
  hyperbolicTangent,
  slopeOfTangent,
]

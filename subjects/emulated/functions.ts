import type { EmulatedArithmetic } from './arithmetic.js'

/** √x, correctly rounded or, as a shading language has it, 1/(1/√x) with both parts rounded. */
export function squareRoot(arithmetic: EmulatedArithmetic, x: number): number {
  if (x === 0 || arithmetic.options.functions === 'rounded') return arithmetic.round(Math.sqrt(x))
  return arithmetic.divide(1, arithmetic.round(1 / Math.sqrt(x)))
}

/** log(1 + e^x), from the side on which the exponential is at most 1. */
export function softplus(arithmetic: EmulatedArithmetic, x: number): number {
  const tail = arithmetic.log(arithmetic.add(1, arithmetic.exp(-Math.abs(x))))
  return x > 0 ? arithmetic.add(x, tail) : tail
}

/** σ(x) from the side on which the exponential is at most 1. */
export function logistic(arithmetic: EmulatedArithmetic, x: number): number {
  const e = arithmetic.exp(-Math.abs(x))
  return arithmetic.divide(x >= 0 ? 1 : e, arithmetic.add(1, e))
}

/** sin x or cos x, as far off as a shading language lets them be: 2⁻¹¹. */
export function wave(arithmetic: EmulatedArithmetic, f: (x: number) => number, x: number): number {
  return arithmetic.round(f(x) + (arithmetic.options.functions === 'rounded' ? 0 : 2 ** -12))
}

/**
 * erf x. A shading language has none: there the polynomial of the Handbook of Mathematical Functions, 7.1.26, times e^−x²;
 * elsewhere the mathematical library's, here by numerical integration of 2/√π·e^−t² over [0, x] (Gauss and Legendre, 20 points
 * on each of 8 parts).
 */
export function errorFunction(arithmetic: EmulatedArithmetic, x: number): number {
  const z = Math.abs(x)
  if (arithmetic.options.functions === 'rounded') {
    if (z > 6) return Math.sign(x)
    const part = z / 8
    let integral = 0
    for (let i = 0; i < 8; i++)
      for (const [node, weight] of nodes) integral += (weight * part * Math.exp(-((part * (i + node)) ** 2))) / 2
    return arithmetic.round((Math.sign(x) * 2 * integral) / Math.sqrt(Math.PI))
  }
  if (z > 9) return Math.sign(x)
  const t = arithmetic.divide(1, arithmetic.add(1, arithmetic.multiply(arithmetic.round(0.3275911), z)))
  const polynomial = handbook.reduceRight(
    (sum, coefficient) => arithmetic.multiply(t, arithmetic.add(arithmetic.round(coefficient), sum)),
    0,
  )
  const bell = arithmetic.exp(-arithmetic.multiply(z, z))
  return Math.sign(x) * arithmetic.subtract(1, arithmetic.multiply(polynomial, bell))
}

const handbook = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429]

/** Gauss and Legendre's 20 nodes in [0, 1], each with its weight for [−1, 1], by Newton's method on the polynomial. */
const nodes: readonly (readonly [number, number])[] = Array.from({ length: 20 }, (_, i) => {
  const degree = 20
  let x = Math.cos((Math.PI * (i + 0.75)) / (degree + 0.5))
  let slope = 1
  for (let step = 0; step < 20; step++) {
    let [previous, value] = [1, x]
    for (let n = 2; n <= degree; n++) [previous, value] = [value, ((2 * n - 1) * x * value - (n - 1) * previous) / n]
    slope = (degree * (x * value - previous)) / (x * x - 1)
    x -= value / slope
  }
  return [(1 + x) / 2, 2 / ((1 - x * x) * slope * slope)]
})

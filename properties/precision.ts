import type { Precision } from '../oracle/contract.js'

/** What a binary floating-point format can hold. */
export interface Format {
  /** Digits of the significand, the implicit one included. */
  readonly digits: number
  /** Relative error of one rounding to nearest: 2^−digits. */
  readonly unitRoundoff: number
  readonly largest: number
  readonly smallestNormal: number
  readonly smallestSubnormal: number
}

function format(digits: number, largestExponent: number): Format {
  const smallestNormal = 2 ** (1 - largestExponent)
  return {
    digits,
    unitRoundoff: 2 ** -digits,
    largest: (2 - 2 ** (1 - digits)) * 2 ** largestExponent,
    smallestNormal,
    smallestSubnormal: smallestNormal * 2 ** (1 - digits),
  }
}

/** IEEE 754's binary64, binary32 and binary16, and bfloat16. */
export const formats: Readonly<Record<Precision, Format>> = {
  float64: format(53, 1023),
  float32: format(24, 127),
  float16: format(11, 15),
  bfloat16: format(8, 127),
}

const bits = new DataView(new ArrayBuffer(8))

/** ⌊log₂|x|⌋ of a normal float64 number, from its exponent's bits. */
export function exponentOf(x: number): number {
  bits.setFloat64(0, x)
  return ((bits.getUint16(0) >> 4) & 0x7ff) - 1023
}

/** To the nearest whole number, ties to even, for |x| < 2⁵¹; a negative number that rounds to 0 becomes −0. */
function roundToEven(x: number): number {
  const shift = 1.5 * 2 ** 52
  return x < 0 ? -(shift - x - shift) : x + shift - shift
}

/** `x` rounded to nearest, ties to even, in the given precision; subnormals are kept, too large numbers become infinite. */
export function roundTo(precision: Precision, x: number): number {
  if (precision === 'float64' || x === 0 || !Number.isFinite(x)) return x
  if (precision === 'float32') return Math.fround(x)
  const { digits, smallestNormal, smallestSubnormal, largest } = formats[precision]
  const quantum = Math.abs(x) < smallestNormal ? smallestSubnormal : 2 ** (exponentOf(x) - digits + 1)
  const rounded = roundToEven(x / quantum) * quantum
  return Math.abs(rounded) > largest ? Math.sign(x) * Number.POSITIVE_INFINITY : rounded
}

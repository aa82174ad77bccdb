/** The unevaluated sum of two float64 numbers, |low| at most half a unit in the last place of high: about 106 bits. */
export interface DoubleDouble {
  readonly high: number
  readonly low: number
}

/** a + b exactly (Knuth's two-sum, six operations, any order of magnitudes). */
export function twoSum(a: number, b: number): DoubleDouble {
  const high = a + b
  const bPart = high - a
  return { high, low: a - (high - bPart) + (b - bPart) }
}

/** a + b exactly where |a| ≥ |b| or a is 0. */
export function fastTwoSum(a: number, b: number): DoubleDouble {
  const high = a + b
  return { high, low: b - (high - a) }
}

const splitter = 2 ** 27 + 1

/** a·b exactly, by splitting both factors into halves of 26 bits; |a|, |b| and |a·b| within 2^±990. */
export function twoProduct(a: number, b: number): DoubleDouble {
  const high = a * b
  const [scaledA, scaledB] = [splitter * a, splitter * b]
  const aHigh = scaledA - (scaledA - a)
  const bHigh = scaledB - (scaledB - b)
  const aLow = a - aHigh
  const bLow = b - bHigh
  return { high, low: aLow * bLow - (high - aHigh * bHigh - aLow * bHigh - aHigh * bLow) }
}

export function add(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const sum = twoSum(a.high, b.high)
  return fastTwoSum(sum.high, sum.low + (a.low + b.low))
}

export function multiply(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const product = twoProduct(a.high, b.high)
  return fastTwoSum(product.high, product.low + (a.high * b.low + a.low * b.high))
}

/** a/b: the rounded quotient and what it leaves over, divided again. */
export function divide(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const quotient = a.high / b.high
  const product = twoProduct(quotient, b.high)
  const rest = a.high - product.high - product.low + a.low - quotient * b.low
  return fastTwoSum(quotient, rest / b.high)
}

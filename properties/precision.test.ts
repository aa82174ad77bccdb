import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formats, roundTo } from './precision.js'

const precisions = ['float16', 'bfloat16', 'float32'] as const

/** Every finite number of a 16-bit format, from its bits. */
function decode(bits: number, exponentBits: number): number {
  const fractionBits = 15 - exponentBits
  const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1)
  const fraction = bits & (2 ** fractionBits - 1)
  const bias = 2 ** (exponentBits - 1) - 1
  if (exponent === 2 ** exponentBits - 1) return Number.NaN
  return exponent === 0
    ? fraction * 2 ** (1 - bias - fractionBits)
    : (1 + fraction / 2 ** fractionBits) * 2 ** (exponent - bias)
}

describe('rounding to a precision', () => {
  it.each([
    ['float16', 5],
    ['bfloat16', 8],
  ] as const)(
    '%s: keeps every number of the format and takes the even neighbour halfway between two',
    (precision, exponentBits) => {
      for (let bits = 1; bits < 2 ** 15 - 1; bits++) {
        const [x, next] = [decode(bits, exponentBits), decode(bits + 1, exponentBits)]
        if (Number.isNaN(x)) break
        expect(roundTo(precision, x)).toBe(x)
        if (Number.isNaN(next)) break
        expect(roundTo(precision, (x + next) / 2)).toBe(bits % 2 === 0 ? x : next)
        expect(roundTo(precision, -(x + (next - x) * 0.25))).toBe(-x)
      }
    },
  )

  it.each(precisions)('%s: overflows to infinity from half a step beyond the largest number on', (precision) => {
    const { largest, digits } = formats[precision]
    const half = 2 ** (Math.floor(Math.log2(largest / 2)) + 1 - digits)
    expect(roundTo(precision, largest)).toBe(largest)
    expect(roundTo(precision, largest + half * 0.99)).toBe(largest)
    expect(roundTo(precision, -(largest + half))).toBe(Number.NEGATIVE_INFINITY)
  })

  it.each(precisions)(
    '%s: is off by half a unit in the last place at most, or half the smallest subnormal',
    (precision) => {
      const { unitRoundoff, smallestSubnormal, largest } = formats[precision]
      fc.assert(
        fc.property(fc.double({ min: -largest, max: largest, noNaN: true }), (x) => {
          const error = Math.abs(roundTo(precision, x) - x)
          return error <= Math.max(unitRoundoff * Math.abs(x), smallestSubnormal / 2)
        }),
      )
    },
  )

  it.each(precisions)('%s: keeps the sign of what becomes zero', (precision) => {
    const tiny = formats[precision].smallestSubnormal / 4
    expect([tiny, -tiny].map((x) => roundTo(precision, x))).toEqual([0, -0])
  })

  it('knows the formats’ constants', () => {
    expect(formats.float16).toMatchObject({ largest: 65504, smallestNormal: 2 ** -14, smallestSubnormal: 2 ** -24 })
    expect(formats.float32).toMatchObject({ largest: 3.4028234663852886e38, smallestSubnormal: 2 ** -149 })
    expect(formats.float64).toMatchObject({ largest: Number.MAX_VALUE, smallestSubnormal: Number.MIN_VALUE })
    expect(formats.bfloat16.largest).toBe(3.3895313892515355e38)
  })
})

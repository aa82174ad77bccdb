import { describe, expect, it } from 'vitest'
import { tensor } from '../oracle/tensor.js'
import { exact } from './approximation.js'
import { Arithmetic } from './arithmetic.js'
import { ieee } from './profile.js'

const single = new Arithmetic(ieee('float32'))
const u = 2 ** -24

function vector(...values: number[]) {
  return exact(tensor([values.length], values))
}

describe('arithmetic on approximations', () => {
  it('bounds a sum by the worst order of its terms: (n − 1)·u·Σ|t|', () => {
    const { value, bound } = single.sum(vector(1, -2, 4))
    expect(value[0]).toBe(3)
    expect(bound[0]).toBe(2 * u * 7)
  })

  it('expects errors of equal terms to add up', () => {
    const equal = single.sum(vector(...new Array(100).fill(0.1)))
    const different = single.sum(vector(...Array.from({ length: 100 }, (_, i) => 0.1 + i * 1e-6)))
    expect(equal.variance[0] / different.variance[0]).toBeGreaterThan(50)
  })

  it('leaves open what may overflow, and comes to an end for infinite terms', () => {
    expect(single.multiply(vector(1e20), vector(1e20)).bound[0]).toBe(Number.POSITIVE_INFINITY)
    const terms = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? Number.POSITIVE_INFINITY : Number.NaN))
    expect(single.sum(vector(...terms)).bound[0]).toBe(Number.POSITIVE_INFINITY)
  })

  it('leaves the slope at a kink open only where the error reaches over it', () => {
    const near = { ...vector(1e-9, 1), bound: Float64Array.of(1e-8, 1e-8) }
    expect([...single.step(near).bound]).toEqual([1, 0])
  })

  it('bounds a square root by the farther end of what its operand may be, down to 0', () => {
    const { bound } = single.sqrt({ ...vector(4, 0, 1), bound: Float64Array.of(1, 0.25, 9) })
    const expected = [2 - Math.sqrt(3), 0.5, Math.sqrt(10) - 1]
    expect([...bound].map((value, i) => value - expected[i]).every((more) => more >= 0 && more < 1e-6)).toBe(true)
  })
})

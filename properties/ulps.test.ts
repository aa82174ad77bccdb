import { expect, it } from 'vitest'
import { errorBins } from './report.js'
import { binOf, ulpsOff, unitInLastPlace, worstElement } from './ulps.js'

it('a unit in the last place is the distance to the next number of the format', () => {
  expect(unitInLastPlace('float64', 1)).toBe(Number.EPSILON)
  expect(unitInLastPlace('float32', 1)).toBe(2 ** -23)
  expect(unitInLastPlace('float32', -3.5)).toBe(2 ** -22)
  expect(unitInLastPlace('float16', 1024)).toBe(1)
  expect(unitInLastPlace('float16', 0)).toBe(2 ** -24)
  expect(unitInLastPlace('bfloat16', 1)).toBe(2 ** -7)
  // The logarithm of what is just below a power of two rounds to a whole number.
  expect(unitInLastPlace('float64', 8 - 2 ** -50)).toBe(2 ** -50)
  expect(unitInLastPlace('float64', 5e-324)).toBe(5e-324)
})

it('an error is counted in the first bin whose bound is not below it, what is unbounded in one more', () => {
  expect([0, 0.5, 0.6, 1, 1.5, 1024].map(binOf)).toEqual([0, 1, 2, 2, 3, errorBins.length - 1])
  expect([1025, null].map(binOf)).toEqual([errorBins.length, errorBins.length])
})

it('an element that is not finite has no number of units, and a text in a report', () => {
  const at = { what: 'y', index: [0], actual: Number.NaN, expected: 1 }
  expect(ulpsOff('float32', at)).toBeNull()
  expect(worstElement('float32', at)).toEqual({ what: 'y', index: [0], actual: 'NaN', expected: 1, ulps: null })
  expect(worstElement('float32', { ...at, actual: 1 + 2 ** -22 }).ulps).toBe(2)
})

import type { Precision } from '../oracle/contract.js'
import type { ComparedElement } from './comparison.js'
import { exponentOf, formats } from './precision.js'
import { errorBins, type WorstElement } from './report.js'

/** The distance of neighbouring numbers of a format at `x`: a unit in the last place. */
export function unitInLastPlace(precision: Precision, x: number): number {
  const { unitRoundoff, smallestNormal, smallestSubnormal } = formats[precision]
  const size = Math.abs(x)
  if (size < smallestNormal) return smallestSubnormal
  return 2 * unitRoundoff * 2 ** exponentOf(size)
}

/** By how many units in the last place of what is expected an element is off; null where one of them is not finite. */
export function ulpsOff(precision: Precision, { actual, expected }: ComparedElement): number | null {
  if (!Number.isFinite(actual) || !Number.isFinite(expected)) return null
  return Math.abs(actual - expected) / unitInLastPlace(precision, expected)
}

/** The bin of errorBins in which an error is counted; what has no number of units is counted in the last. */
export function binOf(ulps: number | null): number {
  const bin = ulps === null ? -1 : errorBins.findIndex((most) => ulps <= most)
  return bin < 0 ? errorBins.length : bin
}

/** The element for a report. */
export function worstElement(precision: Precision, at: ComparedElement): WorstElement {
  const { what, index, actual, expected } = at
  return { what, index, actual: plain(actual), expected: plain(expected), ulps: ulpsOff(precision, at) }
}

/** JSON has no numeral for what is not finite. */
function plain(x: number): WorstElement['actual'] {
  if (Number.isNaN(x)) return 'NaN'
  return x === Number.POSITIVE_INFINITY ? 'Infinity' : x === Number.NEGATIVE_INFINITY ? '-Infinity' : x
}

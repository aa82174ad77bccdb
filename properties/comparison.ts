import type { Attributes } from '../oracle/contract.js'
import type { Tensors } from '../oracle/tensor.js'
import { indexOf, position } from '../oracle/validation.js'
import type { Approximation } from './approximation.js'

/** The outcome of one case of a law. */
export interface Verdict {
  /** `suspicious`: within what the platform may do, but beyond six standard deviations of honest rounding. */
  readonly status: 'held' | 'suspicious' | 'broken'
  /** The error of the element that is worst in units of what is allowed, and what is allowed there. */
  readonly worst: number
  readonly allowed: number
  /** That element's error in units of its acceptance bound; 0 where the platform leaves everything open. */
  readonly ratio: number
  /** Names output, index, expected, actual and allowed; absent where the case held. */
  readonly message?: string
  /** The element that is worst, where elements were compared and one differs. */
  readonly at?: ComparedElement
  /** Elements that could not be judged: a kink under the difference quotient, an overflow that the platform may have. */
  readonly leftOut?: number
  /** The call that the law made of the case, where it is this one that was answered wrongly. */
  readonly made?: { readonly inputs: Tensors; readonly attributes: Attributes; readonly gradients?: Tensors }
}

/** An element of what an implementation answered, and what it should be. */
export interface ComparedElement {
  readonly what: string
  /** One number a dimension. */
  readonly index: readonly number[]
  readonly actual: number
  readonly expected: number
}

export const held: Verdict = { status: 'held', worst: 0, allowed: 0, ratio: 0 }

/** A case in which the law is false, and why; and the call that the law made of it, if that is another one. */
export function broken(message: string, made?: Verdict['made']): Verdict {
  const nothing = { worst: Number.POSITIVE_INFINITY, allowed: 0, ratio: Number.POSITIVE_INFINITY }
  return { status: 'broken', ...nothing, message, ...(made !== undefined && { made }) }
}

const rank: Readonly<Record<Verdict['status'], number>> = { held: 0, suspicious: 1, broken: 2 }

/** The worst of several outcomes of one case; what was left out adds up. */
export function worstOf(verdicts: readonly Verdict[]): Verdict {
  const worst = verdicts.reduce(
    (a, b) => (rank[b.status] > rank[a.status] || (b.status === a.status && b.ratio > a.ratio) ? b : a),
    held,
  )
  const leftOut = verdicts.reduce((sum, verdict) => sum + (verdict.leftOut ?? 0), 0)
  return leftOut === 0 ? worst : { ...worst, leftOut }
}

/** Below this the square of a running error may have underflowed, and only the bound can judge. */
const leastVariance = 1e-290

/** How many standard deviations of the running error an honest result stays within. */
const deviations = 6

/**
 * Compares what an implementation answered with what it should have answered. Both carry how far rounding may have moved
 * them; the difference may be as large as the two bounds together. NaN and the infinities only equal themselves.
 */
export function compare(what: string, actual: Approximation, expected: Approximation): Verdict {
  let worst = held
  let leftOut = 0
  for (let i = 0; i < actual.value.length; i++) {
    const bound = actual.bound[i] + expected.bound[i]
    const [got, wanted] = [actual.value[i], expected.value[i]]
    if (bound === Number.POSITIVE_INFINITY) {
      leftOut++
      continue
    }
    if (Object.is(got, wanted) || got === wanted) continue
    const error = Number.isFinite(got) && Number.isFinite(wanted) ? Math.abs(got - wanted) : Number.POSITIVE_INFINITY
    const variance = actual.variance[i] + expected.variance[i]
    const honest = variance < leastVariance ? bound : Math.min(bound, deviations * Math.sqrt(variance))
    const status = error > bound ? 'broken' : error > honest ? 'suspicious' : 'held'
    const ratio = bound === 0 ? Number.POSITIVE_INFINITY : error / bound
    if (rank[status] < rank[worst.status] || (status === worst.status && ratio <= worst.ratio)) continue
    const allowed = status === 'suspicious' ? honest : bound
    worst = {
      status,
      worst: error,
      allowed,
      ratio,
      at: { what, index: indexOf(i, actual.shape), actual: got, expected: wanted },
      ...(status === 'held'
        ? {}
        : {
            message: differenceText(
              `${what}${actual.shape.length === 0 ? '' : position(i, actual.shape)}`,
              got,
              wanted,
              error,
              allowed,
            ),
          }),
    }
  }
  return leftOut === 0 ? worst : { ...worst, leftOut }
}

function differenceText(where: string, got: number, wanted: number, error: number, allowed: number): string {
  const off = Number.isFinite(error) ? `, off by ${short(error)} where ${short(allowed)} is allowed` : ''
  return `${where} is ${digits(got)}, expected ${digits(wanted)}${off}`
}

function short(x: number): string {
  return String(Number(x.toPrecision(3)))
}

function digits(x: number): string {
  return String(Number(x.toPrecision(9)))
}

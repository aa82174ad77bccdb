import type { Random } from './data.js'

/** What a gradient leaves unexplained of the function's change along one direction. */
export interface Unexplained {
  /** How far to go along the direction. */
  readonly step: number
  /** Of what is unexplained there, the part that grows as the step does; of a right gradient, nothing but higher orders. */
  readonly linear: number
  /** As much as rounding may make of it. */
  readonly allowed: number
}

/** A direction in which a gradient seems wrong, as it looks from smaller steps. */
export interface Direction {
  /** The part of what is unexplained at a step that is linear in it, as well as a few evaluations can tell. */
  linearAt(step: number): Promise<number>
  /** No smaller steps than this: the inputs could not take them. */
  readonly finest: number
}

/** By how many standard errors a mean of so many samples may miss once in a thousand times: Student's t, one-sided. */
const quantiles: readonly (readonly [number, number])[] = [
  [4, 10.21],
  [8, 4.79],
  [16, 3.73],
  [32, 3.38],
  [64, 3.23],
  [128, 3.16],
  [256, 3.12],
]

const most = 256

/** Each closer look's steps as a share of the one before it, from which it may differ. */
const [first, next] = [1 / 2, 1 / 4]

/** How small steps may become, as a share of the first. */
const smallest = 1 / 32

/**
 * Whether what a gradient leaves unexplained is the curvature of the function, and not the gradient's error.
 *
 * Let q(t) = linear(t)/t. By Taylor's theorem q of a wrong gradient is the same for every step t, but for curvature and rounding,
 * and that of a right one falls with the second power of t at least: from s to t = s/k, by a factor k². So the gradient is
 * cleared where q(t) lies below the middle of the two, (1 + 1/k²)/2 of q(s), and below what is allowed at s, lest a wrong one
 * hides behind curvature. Rounding makes q noisier as t falls: hence the mean over steps near t, until it is clear of that
 * limit by the standard error that the samples themselves show. (Student's t test, of two orders of convergence)
 */
export async function isCurvature(direction: Direction, seen: Unexplained, random: Random): Promise<boolean> {
  const finest = Math.max(direction.finest, seen.step * smallest)
  for (let step = seen.step * first; step >= finest; step *= next)
    if (await liesBelow(limitAt(step, seen), step, direction, seen, random)) return true
  return false
}

function limitAt(step: number, { step: from, linear, allowed }: Unexplained): number {
  return Math.min(((1 + (step / from) ** 2) / 2) * Math.abs(linear), allowed)
}

/** Whether q is less than a limit, both in units of the first step; not where it is more, or rounding hides it. */
async function liesBelow(
  limit: number,
  step: number,
  direction: Direction,
  seen: Unexplained,
  random: Random,
): Promise<boolean> {
  let [count, sum, squares] = [0, 0, 0]
  for (const [samples, quantile] of quantiles) {
    for (; count < samples; count++) {
      const t = step * (1 - random.next() / 4)
      const estimate = (await direction.linearAt(t)) * (seen.step / t)
      sum += estimate
      squares += estimate * estimate
    }
    const mean = sum / count
    const error = Math.sqrt(Math.max(squares / count - mean * mean, 0) / (count - 1))
    const distance = Math.abs(Math.abs(mean) - limit)
    if (distance > quantile * error) return Math.abs(mean) < limit
    // The standard error falls with the square root of the samples: the most there may be would not decide either.
    if (count >= 16 && 3 * distance < quantile * error * Math.sqrt(count / most)) return false
  }
  return false
}

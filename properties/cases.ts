import fc from 'fast-check'
import type { Call } from './law.js'

/** So many times the cases wanted are drawn at most, where the subject does not support all of them. */
const mostDrawn = 4

/** The first cases that fast-check draws for this seed, and more where these were not enough; the n-th has the path `n`. */
export function* casesOf(arbitrary: fc.Arbitrary<Call>, seed: number, runs: number): Generator<Call> {
  yield* fc.sample(arbitrary, { seed, numRuns: runs })
  yield* fc.sample(arbitrary, { seed, numRuns: mostDrawn * runs }).slice(runs)
}

/** The case at a path of fast-check's, or undefined where it leads to none. */
export function caseAt(arbitrary: fc.Arbitrary<Call>, seed: number, path: string): Call | undefined {
  try {
    return fc.sample(arbitrary, { seed, path, numRuns: 1 })[0]
  } catch {
    return undefined
  }
}

/**
 * The smallest case that fast-check finds on from `path` for which `fails` still holds, with its path. No candidate is tried
 * after `until` (by `performance.now()`).
 */
export async function shrinkCase(
  arbitrary: fc.Arbitrary<Call>,
  seed: number,
  path: string,
  fails: (call: Call) => Promise<boolean>,
  until: number,
): Promise<{ call: Call; path: string }> {
  const property = fc.asyncProperty(arbitrary, async (call) => performance.now() > until || !(await fails(call)))
  const details = await fc.check(property, { seed, path, numRuns: 1 })
  if (details.counterexample === null || details.counterexamplePath === null)
    return { call: fc.sample(arbitrary, { seed, path, numRuns: 1 })[0], path }
  return { call: details.counterexample[0], path: details.counterexamplePath }
}

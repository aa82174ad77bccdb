/** What speaks against a hypothesis: root errors and what is missing, all that is not right, what is only rounded. */
export type Score = readonly [roots: number, wrong: number, rounded: number]

/**
 * How much of what is not right one more root error must take away: a fifth. A wrong convention makes one error of two and carries it
 * through the solution; but under another one, too, the true values that come back after an error take a little away.
 */
const priceOfRoot = 1.25

/** The score with the least against it, of those with fewest root errors or one more. The same whatever the order; `undefined` for none. */
export function bestScore(scores: readonly Score[]): Score | undefined {
  const fewest = fewestRoots(scores)
  return scores.filter(([roots]) => roots <= fewest + 1).toSorted((a, b) => compare(a, b, fewest))[0]
}

/** Whether a score that is at least this much can still change which of all is the best. */
export function mayMatter(least: Score, known: readonly Score[]): boolean {
  const best = bestScore(known)
  if (best === undefined) return true
  const [roots] = least
  // With fewer root errors than all, it may put out of the running what now is the best.
  if (roots < best[0] - 1) return true
  const fewest = fewestRoots(known)
  return roots <= fewest + 1 && compare(least, best, Math.min(fewest, roots)) <= 0
}

function fewestRoots(scores: readonly Score[]): number {
  return Math.min(...scores.map(([roots]) => roots))
}

export function isSameScore(a: Score, b: Score): boolean {
  return a.every((value, k) => value === b[k])
}

/** In order of root errors, then of the rest. */
export function byRoots(a: Score, b: Score): number {
  const [roots, wrong, rounded] = differences(a, b)
  return roots || wrong || rounded
}

/** In order of what is not right, weighed by the root errors beyond the fewest. */
function compare(a: Score, b: Score, fewest: number): number {
  const weight = ([roots, wrong]: Score): number => wrong * (roots > fewest ? priceOfRoot : 1)
  return weight(a) - weight(b) || byRoots(a, b)
}

function differences(a: Score, b: Score): readonly number[] {
  return a.map((value, k) => value - b[k])
}

/** What speaks against a hypothesis: root errors and what is missing, all that is not right, what is only rounded. */
export type Score = readonly [roots: number, wrong: number, rounded: number]

/**
 * The score with the least against it: fewest root errors, except that one more counts less than what is not right altogether, since a
 * wrong convention makes one error of two and carries it through the solution. The same whatever the order; `undefined` for no scores.
 */
export function bestScore(scores: readonly Score[]): Score | undefined {
  const fewest = Math.min(...scores.map(([roots]) => roots))
  return scores.filter(([roots]) => roots <= fewest + 1).toSorted(byWrong)[0]
}

/** Whether a score that is at least this much can still change which of all is the best. */
export function mayMatter(least: Score, known: readonly Score[]): boolean {
  const best = bestScore(known)
  if (best === undefined) return true
  const [roots] = least
  // With fewer root errors than all, it may put out of the running what now is the best.
  if (roots < best[0] - 1) return true
  const fewest = Math.min(...known.map(([found]) => found))
  return roots <= fewest + 1 && byWrong(least, best) <= 0
}

export function isSameScore(a: Score, b: Score): boolean {
  return a.every((value, k) => value === b[k])
}

/** In order of root errors, then of the rest. */
export function byRoots(a: Score, b: Score): number {
  const [roots, wrong, rounded] = differences(a, b)
  return roots || wrong || rounded
}

function byWrong(a: Score, b: Score): number {
  const [roots, wrong, rounded] = differences(a, b)
  return wrong || roots || rounded
}

function differences(a: Score, b: Score): readonly number[] {
  return a.map((value, k) => value - b[k])
}

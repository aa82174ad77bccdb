import type { Document } from './document/document.js'
import type { Habit } from './evaluation.js'
import { type Draft, Marker } from './marker.js'
import { Replay } from './replay.js'
import { bestScore, byRoots, isSameScore, mayMatter, type Score } from './scores.js'
import type { Statement } from './statements.js'
import type { UsualDigits } from './usualDigits.js'
import { isRight } from './verdict.js'
import { Disagreement, World } from './world.js'

/** What a solution may rest on: conventions and given data, which of the variants these are, how it shortens decimals. */
export interface Hypothesis {
  readonly world: World
  readonly variant: number
  readonly habit: Habit
}

export interface Trial extends Hypothesis {
  readonly marker: Marker
  readonly missing: number
}

/** What is marked. */
export interface Solution {
  readonly statements: readonly Statement[]
  readonly digits: UsualDigits
  readonly document: Document
  /** Numbers of the statements that are known to be wrong by themselves, under every hypothesis. */
  readonly surelyFalse: Set<number>
}

/**
 * The marking of a solution under hypotheses that come to the same so far, statement after statement: conventions whose difference has
 * not mattered yet are one attempt.
 */
export class Attempt {
  private readonly worlds: readonly World[]
  private readonly hypothesis: Omit<Hypothesis, 'world'>
  private readonly solution: Solution
  private readonly marker: Marker
  private readonly next: number
  private readonly soFar: Score

  private constructor(
    worlds: readonly World[],
    hypothesis: Omit<Hypothesis, 'world'>,
    solution: Solution,
    marker: Marker,
    next: number,
  ) {
    this.worlds = worlds
    this.hypothesis = hypothesis
    this.solution = solution
    this.marker = marker
    this.next = next
    this.soFar = scoreOf({ marker, missing: 0 })
  }

  static begun(worlds: readonly World[], { variant, habit }: Omit<Hypothesis, 'world'>, solution: Solution): Attempt {
    const { digits, document } = solution
    const marker = new Marker(new Replay(World.standingFor(worlds), digits, habit), habit, document)
    return new Attempt(worlds, { variant, habit }, solution, marker, 0)
  }

  /** What speaks against the hypotheses at least: what was found so far, and statements to come that are wrong by themselves. */
  get leastScore(): Score {
    const toCome = [...this.solution.surelyFalse].filter((statement) => statement >= this.next).length
    const [roots, wrong, rounded] = this.soFar
    return [roots + toCome, wrong + toCome, rounded]
  }

  /** Marks the next statement: what goes on then, several attempts where the conventions come to differ on it; or the whole trials. */
  async step(): Promise<{ readonly open: readonly Attempt[]; readonly whole: readonly Trial[] }> {
    const { worlds, hypothesis, solution, marker, next } = this
    const { statements, surelyFalse } = solution
    if (next === statements.length) {
      const [{ exercise }] = worlds
      const found = new Set(marker.drafts.map(({ claim }) => claim.quantity))
      const missing = exercise.quantities.filter(({ asked, name }) => asked && !found.has(name)).length
      return { open: [], whole: worlds.map((world) => ({ ...hypothesis, world, marker, missing })) }
    }
    const known = marker.drafts.length
    const marked = await markedIn(worlds, statements[next], marker)
    if (marked.some((one) => one.marker.drafts.slice(known).some((draft) => draft.isSurelyFalse))) surelyFalse.add(next)
    return { open: marked.map((one) => new Attempt(one.worlds, hypothesis, solution, one.marker, next + 1)), whole: [] }
  }

  /** The whole trials; those are given up as soon as what speaks against them leaves them no hope. */
  async finish(isHopeless: (least: Score) => boolean): Promise<readonly Trial[]> {
    const trials: Trial[] = []
    let open: readonly Attempt[] = [this]
    while (open.length > 0) {
      const [first, ...others] = open
      const next = await first.step()
      trials.push(...next.whole)
      open = [...next.open.filter((attempt) => !isHopeless(attempt.leastScore)), ...others]
    }
    return trials
  }
}

/** Worlds in which a solution was marked alike, and what came of it. */
interface MarkedAlike {
  readonly worlds: readonly World[]
  readonly marker: Marker
}

/** A statement marked in several worlds: in each by itself where they differ on it, and together again where it comes to the same. */
async function markedIn(
  worlds: readonly World[],
  statement: Statement,
  before: Marker,
): Promise<readonly MarkedAlike[]> {
  if (worlds.length === 1) {
    await before.mark(statement)
    return [{ worlds, marker: before }]
  }
  const marker = before.under(World.standingFor(worlds))
  try {
    await marker.mark(statement)
    return [{ worlds, marker }]
  } catch (error) {
    if (!(error instanceof Disagreement)) throw error
    const alike = new Map<string, MarkedAlike[]>()
    for (const group of error.groups)
      for (const one of await markedIn(group, statement, before.under(World.standingFor(group)))) {
        const state = one.marker.stateSince(before.drafts.length)
        alike.set(state, [...(alike.get(state) ?? []), one])
      }
    return [...alike.values()].map((several) => together(several, worlds))
  }
}

/** What came to the same in several worlds, to go on as one; their order is that of all worlds. */
function together(several: readonly MarkedAlike[], all: readonly World[]): MarkedAlike {
  if (several.length === 1) return several[0]
  const worlds = all.filter((world) => several.some((one) => one.worlds.includes(world)))
  return { worlds, marker: several[0].marker.under(World.standingFor(worlds)) }
}

/**
 * The trials that have the least against them: always the attempt goes on that has fewest root errors so far, the first of equals, and
 * those that cannot be among the best any more are never ended.
 */
export async function bestOf(attempts: readonly Attempt[]): Promise<readonly Trial[]> {
  let open = attempts
  const found: Trial[] = []
  while (open.length > 0) {
    const first = open.reduce((a, b) => (byRoots(b.leastScore, a.leastScore) < 0 ? b : a))
    const next = await first.step()
    found.push(...next.whole)
    const scores = found.map(scoreOf)
    open = open
      .flatMap((one) => (one === first ? next.open : [one]))
      .filter(({ leastScore }) => mayMatter(leastScore, scores))
  }
  const best = bestScore(found.map(scoreOf))
  return best === undefined ? [] : found.filter((trial) => isSameScore(scoreOf(trial), best))
}

export function scoreOf({ marker, missing }: Pick<Trial, 'marker' | 'missing'>): Score {
  const count = (test: (draft: Draft) => boolean): number => marker.drafts.filter(test).length
  return [
    count(({ claim }) => claim.root) + missing,
    count(({ claim, comesBack }) => !isRight(claim.verdict) || comesBack === true),
    count(({ claim }) => claim.verdict === 'rounded'),
  ]
}

import fc from 'fast-check'
import type { Convention, Exercise, Values } from '../exercises/exercise.js'
import type { Document } from './document/document.js'
import type { Habit } from './evaluation.js'
import { type Draft, Marker } from './marker.js'
import { renamed, renamingsOf } from './renamings.js'
import { Replay } from './replay.js'
import type { Finding, UnreadLine } from './report.js'
import type { Statement } from './statements.js'
import type { SymbolIndex } from './symbols.js'
import { type UsualDigits, usualDigitsOf } from './usualDigits.js'
import { isRight } from './verdict.js'
import { Disagreement, World } from './world.js'

/** Stands in where a solution answers no exercise that is known: only the arithmetic of its lines can be checked. */
export const noExercise: Exercise = {
  id: '',
  title: '',
  source: '',
  statement: '',
  heading: { number: '' },
  given: [],
  arbitrary: () => fc.constant({}),
  stages: [],
  quantities: [],
  conventions: [],
  mistakes: [],
  laws: [],
  experiments: [],
}

/** The solution of one exercise, marked under the hypothesis that contradicts it least. */
export interface Marked {
  readonly world: World
  /** Which of the variants of the given data the solution follows. */
  readonly variant: number
  /** Names of the conventions that the solution follows; null where the exercise has none. */
  readonly convention: string | null
  readonly drafts: readonly Draft[]
  readonly unread: readonly UnreadLine[]
  readonly findings: readonly Finding[]
}

/** What a solution may rest on: conventions and given data, which of the variants these are, how it shortens decimals. */
interface Hypothesis {
  readonly world: World
  readonly variant: number
  readonly habit: Habit
}

/** What speaks against a hypothesis: root errors and what is missing, all that is not right, what is only rounded. */
type Score = readonly [roots: number, wrong: number, rounded: number]

interface Trial extends Hypothesis {
  readonly marker: Marker
  readonly missing: number
}

/** What is marked. */
interface Solution {
  readonly statements: readonly Statement[]
  readonly digits: UsualDigits
  readonly document: Document
  /** Numbers of the statements that are known to be wrong by themselves, under every hypothesis. */
  readonly surelyFalse: Set<number>
}

/** The best of the trials of a solution, and those as good as it. */
interface Search {
  readonly solution: Solution
  readonly best: Trial
  readonly equal: readonly Trial[]
}

/**
 * Marks the statements of an exercise under every variant of its data, choice of conventions, rounding habit and renaming of
 * symbols that suggests itself, and keeps the best.
 */
export async function markExercise(
  statements: readonly Statement[],
  index: SymbolIndex,
  variants: readonly Values[],
  document: Document,
): Promise<Marked> {
  const find = (some: readonly Statement[]): Promise<Search> => search(some, index, variants, document)
  let chosen = await find(statements)
  const findings: Finding[] = []
  const said = (place: number, finding: string): void => {
    findings.push({ exercise: index.exercise.id, line: document.placeOf(place).line, finding })
  }
  const { world, marker } = chosen.best
  for (const renaming of await renamingsOf({ world, statements, drafts: marker.drafts })) {
    const { solution, best } = chosen
    const others = solution.statements.map((statement) => renamed(statement, renaming))
    const mostRoots = rootsOf(best)
    const attempt = Attempt.begun([best.world], best, { ...solution, statements: others })
    const [first] = await attempt.finish(([roots]) => roots > mostRoots)
    if (first === undefined || !explainsMore(first, best)) continue
    chosen = await find(others)
    said(renaming.start, renaming.finding)
  }
  const { best, equal } = chosen
  const mixed = await mixtures(best)
  const [mixture] = mixed
  if (mixture !== undefined)
    said(
      mixture[0].start,
      `mixes two conventions: the solution follows «${nameOf(best.world.conventions)}», this line «${mixture[1]}»`,
    )
  return {
    world: best.world,
    variant: best.variant,
    convention: conventionText(best, equal),
    drafts: best.marker.drafts.map((draft) => {
      const other = mixed.get(draft)
      if (other === undefined) return draft
      return { ...draft, claim: { ...draft.claim, notes: [...draft.claim.notes, `right under «${other}»`] } }
    }),
    unread: best.marker.unread,
    findings,
  }
}

/**
 * The marking of a solution under hypotheses that come to the same so far, statement after statement: conventions whose difference has
 * not mattered yet are one attempt.
 */
class Attempt {
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
    const alike = new Map<string, MarkedAlike>()
    for (const group of error.groups)
      for (const one of await markedIn(group, statement, before.under(World.standingFor(group)))) {
        const state = one.marker.stateSince(before.drafts.length)
        const other = alike.get(state)
        const together = worlds.filter((world) => one.worlds.includes(world) || other?.worlds.includes(world))
        alike.set(
          state,
          other === undefined ? one : { worlds: together, marker: other.marker.under(World.standingFor(together)) },
        )
      }
    return [...alike.values()]
  }
}

/**
 * The trials that no other has less against it than: always the attempt goes on that has least against it so far, the first of equals,
 * and those with more against them than a whole trial are never ended.
 */
async function bestOf(attempts: readonly Attempt[]): Promise<readonly Trial[]> {
  let open = [...attempts]
  const found: Trial[] = []
  let least: Score | undefined
  while (open.length > 0) {
    const first = open.reduce((a, b) => (compareScores(b.leastScore, a.leastScore) < 0 ? b : a))
    if (least !== undefined && compareScores(first.leastScore, least) > 0) break
    const next = await first.step()
    open = open.flatMap((one) => (one === first ? next.open : [one]))
    for (const trial of next.whole) {
      found.push(trial)
      const score = scoreOf(trial)
      if (least === undefined || compareScores(score, least) < 0) least = score
    }
  }
  const lowest = least
  return lowest === undefined ? [] : found.filter((trial) => compareScores(scoreOf(trial), lowest) === 0)
}

/** Tries every variant of the data, choice of conventions and rounding habit on the statements. */
async function search(
  statements: readonly Statement[],
  index: SymbolIndex,
  variants: readonly Values[],
  document: Document,
): Promise<Search> {
  const solution = { statements, digits: usualDigitsOf(statements), document, surelyFalse: new Set<number>() }
  const worlds: World[] = []
  const attempts: Attempt[] = []
  for (const [variant, stated] of variants.entries()) {
    const own = await Promise.all(choices(index.exercise).map((conventions) => World.of(index, conventions, stated)))
    worlds.push(...own)
    attempts.push(Attempt.begun(own, { variant, habit: 'rounds' }, solution))
  }
  const found = await bestOf(attempts)
  const rounding = found.toSorted((a, b) => worlds.indexOf(a.world) - worlds.indexOf(b.world))
  if (rounding.length === 0) throw new Error(`${index.exercise.id} has no hypothesis`)
  const cutting: Trial[] = []
  for (const marker of new Set(rounding.map((trial) => trial.marker))) {
    const alike = rounding.filter((trial) => trial.marker === marker)
    const attempt = Attempt.begun(
      alike.map(({ world }) => world),
      { ...alike[0], habit: 'cuts' },
      solution,
    )
    cutting.push(...(await cut(alike[0], attempt)))
  }
  const [best] = cutting
    .toSorted((a, b) => compareScores(scoreOf(a), scoreOf(b)) || worlds.indexOf(a.world) - worlds.indexOf(b.world))
    .concat(rounding)
  const equal = (best.habit === 'cuts' ? cutting : rounding).filter(
    (trial) => trial.variant === best.variant && compareScores(scoreOf(trial), scoreOf(best)) === 0,
  )
  return { solution, best, equal }
}

/** Whether other names explain more of a solution: fewer root errors, or as many and more of its quantities found. */
function explainsMore(other: Trial, plain: Trial): boolean {
  const found = ({ marker }: Trial): number => new Set(marker.drafts.map(({ claim }) => claim.quantity)).size
  const [others, roots] = [rootsOf(other), rootsOf(plain)]
  return others < roots || (others === roots && found(other) > found(plain))
}

function rootsOf({ marker }: Trial): number {
  return marker.drafts.filter(({ claim }) => claim.root).length
}

/** Every choice of one convention from each axis; the source's own first. */
function choices({ conventions }: Exercise): readonly (readonly Convention[])[] {
  return conventions.reduce<readonly (readonly Convention[])[]>(
    (all, axis) => all.flatMap((one) => axis.conventions.map((convention) => [...one, convention])),
    [[]],
  )
}

/**
 * The trial again with decimals cut off, where that has less against it: fewer values are wrong or off in the last place, and none is
 * more; or all is right then that was wrong before with no numerals to show why, and hardly more values are shortened the other way.
 */
async function cut(trial: Trial, attempt: Attempt): Promise<readonly Trial[]> {
  const { marker } = trial
  const score = scoreOf(trial)
  const [roots, wrong, rounded] = score
  if (wrong === 0 && rounded === 0) return []
  const isMore = (other: Score): boolean => other.some((value, k) => value > score[k])
  const showsNothing = marker.drafts.every(
    ({ claim: { verdict } }) => isRight(verdict) || verdict === 'wrong' || verdict === 'carried',
  )
  const mayBeAllRight = (other: Score): boolean => wrong > 0 && showsNothing && other[0] <= roots && other[1] === 0
  const cutting = await attempt.finish((soFar) => isMore(soFar) && !mayBeAllRight(soFar))
  return cutting.filter((other) => {
    const found = scoreOf(other)
    if (mayBeAllRight(found)) return byOtherHabit(other) <= byOtherHabit(trial) + wrong
    return rounded > 0 && !isMore(found) && found.some((value, k) => value < score[k])
  })
}

function byOtherHabit({ marker }: Trial): number {
  return marker.drafts.filter((draft) => draft.byOtherHabit).length
}

function scoreOf({ marker, missing }: Pick<Trial, 'marker' | 'missing'>): Score {
  const count = (test: (draft: Draft) => boolean): number => marker.drafts.filter(test).length
  return [
    count(({ claim }) => claim.root) + missing,
    count(({ claim }) => !isRight(claim.verdict)),
    count(({ claim }) => claim.verdict === 'rounded'),
  ]
}

/**
 * Which of two trials has less against it, below 0 the first: fewer root errors, except that one more counts less than what is not
 * right altogether, since a wrong convention makes one error of two and carries it through the solution.
 */
function compareScores(a: Score, b: Score): number {
  const [roots, wrong, rounded] = a.map((value, k) => value - b[k])
  if (Math.abs(roots) > 1) return roots
  return wrong || roots || rounded
}

/** The conventions of the best trial, as far as equally good ones do not choose otherwise. */
function conventionText(best: Trial, equal: readonly Trial[]): string | null {
  if (best.world.conventions.length === 0) return null
  const determined = best.world.conventions.filter((convention, axis) =>
    equal.every(({ world }) => world.conventions[axis].name === convention.name),
  )
  return determined.length === 0 ? 'undetermined' : nameOf(determined)
}

function nameOf(conventions: readonly Convention[]): string {
  return conventions.map(({ name }) => name).join(', ')
}

/** Wrong values that are right under another convention than the solution's, with its name. */
async function mixtures({ world, marker }: Trial): Promise<ReadonlyMap<Draft, string>> {
  const found = new Map<Draft, string>()
  for (const draft of marker.drafts) {
    const convention = await draft.otherConvention?.(world)
    if (convention !== undefined) found.set(draft, convention)
  }
  return found
}

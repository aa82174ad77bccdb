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
import { World } from './world.js'

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

/** The best of the trials of a solution, and those as good as it. */
interface Search {
  readonly statements: readonly Statement[]
  readonly digits: UsualDigits
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
    const others = chosen.statements.map((statement) => renamed(statement, renaming))
    const mostRoots = rootsOf(chosen.best)
    const attempt = new Attempt(chosen.best, others, chosen.digits, document)
    const [first] = await attempt.finish(([roots]) => roots > mostRoots)
    if (first === undefined || !explainsMore(first, chosen.best)) continue
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

/** The marking of a solution under one hypothesis, statement after statement. */
class Attempt {
  private readonly hypothesis: Hypothesis
  private readonly statements: readonly Statement[]
  private readonly marker: Marker
  private next = 0

  constructor(hypothesis: Hypothesis, statements: readonly Statement[], digits: UsualDigits, document: Document) {
    const { world, habit } = hypothesis
    this.hypothesis = hypothesis
    this.statements = statements
    this.marker = new Marker(new Replay(world, digits, habit), habit, document)
  }

  /** What speaks against the hypothesis so far: more can only be added. */
  get score(): Score {
    return scoreOf({ marker: this.marker, missing: 0 })
  }

  /** Marks the next statement; the whole trial where none was left. */
  async step(): Promise<Trial | undefined> {
    if (this.next < this.statements.length) {
      await this.marker.mark(this.statements[this.next++])
      return undefined
    }
    const { world } = this.hypothesis
    const found = new Set(this.marker.drafts.map(({ claim }) => claim.quantity))
    const missing = world.exercise.quantities.filter(({ asked, name }) => asked && !found.has(name)).length
    return { ...this.hypothesis, marker: this.marker, missing }
  }

  /** The whole trial; given up as soon as what speaks against it leaves it no hope. */
  async finish(isHopeless: (soFar: Score) => boolean): Promise<readonly Trial[]> {
    for (;;) {
      const trial = await this.step()
      if (trial !== undefined) return [trial]
      if (isHopeless(this.score)) return []
    }
  }
}

/**
 * The trials that no other has less against it than: always the attempt goes on that has least against it so far, the first of equals,
 * and those with more against them than a whole trial are never ended.
 */
async function bestOf(attempts: readonly Attempt[]): Promise<readonly Trial[]> {
  const open = new Map(attempts.map((attempt) => [attempt, attempt.score]))
  const whole = new Map<Attempt, Trial>()
  let least: Score | undefined
  while (open.size > 0) {
    const [attempt, score] = [...open].reduce((a, b) => (compareScores(b[1], a[1]) < 0 ? b : a))
    if (least !== undefined && compareScores(score, least) > 0) break
    const trial = await attempt.step()
    if (trial === undefined) open.set(attempt, attempt.score)
    else {
      open.delete(attempt)
      whole.set(attempt, trial)
      const found = scoreOf(trial)
      if (least === undefined || compareScores(found, least) < 0) least = found
    }
  }
  const lowest = least
  if (lowest === undefined) return []
  return attempts.flatMap((attempt) => {
    const trial = whole.get(attempt)
    return trial !== undefined && compareScores(scoreOf(trial), lowest) === 0 ? [trial] : []
  })
}

/** Tries every variant of the data, choice of conventions and rounding habit on the statements. */
async function search(
  statements: readonly Statement[],
  index: SymbolIndex,
  variants: readonly Values[],
  document: Document,
): Promise<Search> {
  const digits = usualDigitsOf(statements)
  const attempts: Attempt[] = []
  for (const [variant, stated] of variants.entries())
    for (const conventions of choices(index.exercise)) {
      const world = await World.of(index, conventions, stated)
      attempts.push(new Attempt({ world, variant, habit: 'rounds' }, statements, digits, document))
    }
  const rounding = await bestOf(attempts)
  if (rounding.length === 0) throw new Error(`${index.exercise.id} has no hypothesis`)
  const cutting: Trial[] = []
  for (const trial of rounding)
    cutting.push(...(await cut(trial, new Attempt({ ...trial, habit: 'cuts' }, statements, digits, document))))
  const [best] = cutting.toSorted((a, b) => compareScores(scoreOf(a), scoreOf(b))).concat(rounding)
  const equal = (best.habit === 'cuts' ? cutting : rounding).filter(
    (trial) => trial.variant === best.variant && compareScores(scoreOf(trial), scoreOf(best)) === 0,
  )
  return { statements, digits, best, equal }
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
async function mixtures({ marker }: Trial): Promise<ReadonlyMap<Draft, string>> {
  const found = new Map<Draft, string>()
  for (const draft of marker.drafts) {
    const convention = await draft.otherConvention?.()
    if (convention !== undefined) found.set(draft, convention)
  }
  return found
}

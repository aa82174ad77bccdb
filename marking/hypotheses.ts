import fc from 'fast-check'
import type { Convention, Exercise, Values } from '../exercises/exercise.js'
import { Attempt, bestOf, type Solution, scoreOf, type Trial } from './attempts.js'
import type { Document } from './document/document.js'
import type { Draft } from './marker.js'
import { renamed, renamingsOf } from './renamings.js'
import type { Finding, UnreadLine } from './report.js'
import { bestScore, isSameScore, type Score } from './scores.js'
import type { Statement } from './statements.js'
import type { SymbolIndex } from './symbols.js'
import { usualDigitsOf } from './usualDigits.js'
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

/** Tries every variant of the data, choice of conventions and rounding habit on the statements. */
async function search(
  statements: readonly Statement[],
  index: SymbolIndex,
  variants: readonly Values[],
  document: Document,
): Promise<Search> {
  const solution = { statements, digits: usualDigitsOf(statements), document, surelyFalse: new Set<number>() }
  const variantOf = new Map<World, number>()
  const attempts: Attempt[] = []
  for (const [variant, stated] of variants.entries()) {
    const own = await Promise.all(choices(index.exercise).map((conventions) => World.of(index, conventions, stated)))
    for (const world of own) variantOf.set(world, variant)
    attempts.push(Attempt.begun(own, { variant, habit: 'rounds' }, solution))
  }
  const worlds = [...variantOf.keys()]
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
  if (cutting.every((trial) => scoreOf(trial)[1] > 0)) {
    const others = worlds.filter((world) => rounding.every((trial) => trial.world !== world))
    for (const variant of variants.keys()) {
      const own = others.filter((world) => variantOf.get(world) === variant)
      if (own.length === 0) continue
      cutting.push(...(await allRightWhenCut(rounding[0], Attempt.begun(own, { variant, habit: 'cuts' }, solution))))
    }
  }
  const least = bestScore(cutting.map(scoreOf))
  const [best] = cutting
    .filter((trial) => least !== undefined && isSameScore(scoreOf(trial), least))
    .toSorted((a, b) => worlds.indexOf(a.world) - worlds.indexOf(b.world))
    .concat(rounding)
  const equal = (best.habit === 'cuts' ? cutting : rounding).filter(
    (trial) => trial.variant === best.variant && isSameScore(scoreOf(trial), scoreOf(best)),
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
 * more; or all is right then.
 */
async function cut(trial: Trial, attempt: Attempt): Promise<readonly Trial[]> {
  const score = scoreOf(trial)
  const [, wrong, rounded] = score
  if (wrong === 0 && rounded === 0) return []
  const isMore = (other: Score): boolean => other.some((value, k) => value > score[k])
  const mayBeAllRight = allRightInstead(trial)
  const cutting = await attempt.finish((soFar) => isMore(soFar) && !mayBeAllRight(soFar))
  return cutting.filter((other) => {
    const found = scoreOf(other)
    if (mayBeAllRight(found)) return isAsHabitual(other, trial)
    return rounded > 0 && !isMore(found) && found.some((value, k) => value < score[k])
  })
}

/** Of other conventions than a trial's, those under which all is right with decimals cut off. */
async function allRightWhenCut(trial: Trial, attempt: Attempt): Promise<readonly Trial[]> {
  const mayBeAllRight = allRightInstead(trial)
  const [roots] = scoreOf(trial)
  if (!mayBeAllRight([roots, 0, 0])) return []
  const cutting = await attempt.finish((soFar) => !mayBeAllRight(soFar))
  return cutting.filter((other) => mayBeAllRight(scoreOf(other)) && isAsHabitual(other, trial))
}

/** Whether a score is of a solution that is all right, where the trial has wrong values with no numerals to show why. */
function allRightInstead(trial: Trial): (other: Score) => boolean {
  const [mostRoots, mostWrong] = scoreOf(trial)
  const showsNothing = trial.marker.drafts.every(
    ({ claim: { verdict } }) => isRight(verdict) || ['wrong', 'carried', 'unsupported'].includes(verdict),
  )
  return ([roots, wrong]) => mostWrong > 0 && showsNothing && roots <= mostRoots && wrong === 0
}

/** Whether hardly more values than in the trial are shortened another way than the others. */
function isAsHabitual(other: Trial, trial: Trial): boolean {
  const [, wrong] = scoreOf(trial)
  return againstHabit(other) <= againstHabit(trial) + wrong
}

function againstHabit({ marker }: Trial): number {
  return marker.drafts.filter((draft) => draft.againstHabit).length
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

import fc from 'fast-check'
import type { Convention, Exercise, Values } from '../exercises/exercise.js'
import type { Document } from './document/document.js'
import { cellsOf, type Habit, signedNumeral } from './evaluation.js'
import { isInequality } from './inequalities.js'
import { type Draft, Marker } from './marker.js'
import { type ImageCache, Replay } from './replay.js'
import type { Finding, UnreadLine } from './report.js'
import type { Statement } from './statements.js'
import type { SymbolIndex } from './symbols.js'
import { isRight } from './verdict.js'
import { Samples, World } from './world.js'

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
  /** Names of the conventions that the solution follows; null where the exercise has none. */
  readonly convention: string | null
  readonly drafts: readonly Draft[]
  readonly unread: readonly UnreadLine[]
  readonly findings: readonly Finding[]
}

interface Trial {
  readonly world: World
  readonly habit: Habit
  readonly marker: Marker
  readonly missing: number
}

/** Half a unit of the third decimal: what a solution is taken to write where it has no decimals to tell by. */
const usualHalfWithout = 0.0005

/** Marks the statements of an exercise under every choice of conventions and rounding habit, and keeps the best. */
export async function markExercise(
  statements: readonly Statement[],
  index: SymbolIndex,
  stated: Values,
  document: Document,
): Promise<Marked> {
  const usualHalf = usualHalfOf(statements)
  const samples = new Samples(index.exercise)
  const cache: ImageCache = new Map()
  /** The solution marked in one world; given up where it has more root errors than the best so far. */
  const tryOut = async (
    world: World,
    habit: Habit,
    mostRoots = Number.POSITIVE_INFINITY,
  ): Promise<readonly Trial[]> => {
    const marker = new Marker(new Replay(world, usualHalf, cache), habit, document)
    for (const statement of statements) {
      await marker.mark(statement)
      if (marker.drafts.filter(({ claim }) => claim.root).length > mostRoots) return []
    }
    const found = new Set(marker.drafts.map(({ claim }) => claim.quantity))
    const missing = index.exercise.quantities.filter(({ asked, name }) => asked && !found.has(name)).length
    return [{ world, habit, marker, missing }]
  }

  const trials: Trial[] = []
  for (const conventions of choices(index.exercise)) {
    const world = await World.of(index, conventions, stated, samples)
    trials.push(...(await tryOut(world, 'rounds', fewestRoots(trials))))
  }
  const rounding = bestOf(trials)
  const mayCut = scoreOf(rounding)[2] > 0
  const [cutting] = mayCut ? await tryOut(rounding.world, 'cuts', fewestRoots(trials)) : []
  const best = cutting !== undefined && cutsThroughout(cutting, rounding) ? cutting : rounding
  const equal = trials.filter((trial) => compareScores(scoreOf(trial), scoreOf(rounding)) === 0)
  const mixed = await mixtures(best)
  const mixture = [...mixed][0]
  return {
    world: best.world,
    convention: conventionText(best, equal),
    drafts: best.marker.drafts.map((draft) => {
      const other = mixed.get(draft)
      if (other === undefined) return draft
      return { ...draft, claim: { ...draft.claim, notes: [...draft.claim.notes, `right under «${other}»`] } }
    }),
    unread: best.marker.unread,
    findings:
      mixture === undefined
        ? []
        : [
            {
              exercise: index.exercise.id,
              line: mixture[0].claim.line,
              finding: `mixes two conventions: the solution follows «${nameOf(best.world.conventions)}», this line «${mixture[1]}»`,
            },
          ],
  }
}

function bestOf([first, ...others]: readonly Trial[]): Trial {
  return others.reduce((one, other) => (compareScores(scoreOf(other), scoreOf(one)) < 0 ? other : one), first)
}

function fewestRoots(trials: readonly Trial[]): number {
  return Math.min(...trials.map((trial) => scoreOf(trial)[0]))
}

/** Every choice of one convention from each axis; the source's own first. */
function choices({ conventions }: Exercise): readonly (readonly Convention[])[] {
  return conventions.reduce<readonly (readonly Convention[])[]>(
    (all, axis) => all.flatMap((one) => axis.conventions.map((convention) => [...one, convention])),
    [[]],
  )
}

/** Whether a solution cuts decimals off: then fewer of its values are off in the last place, and none is more wrong. */
function cutsThroughout(cutting: Trial, rounding: Trial): boolean {
  const [roots, wrong, rounded] = scoreOf(cutting)
  const [otherRoots, otherWrong, otherRounded] = scoreOf(rounding)
  return roots <= otherRoots && wrong <= otherWrong && rounded < otherRounded
}

/** What speaks against a trial, the weightiest first: root errors, what is missing, what is carried, what is only rounded. */
function scoreOf({ marker, missing }: Trial): readonly number[] {
  const count = (test: (draft: Draft) => boolean): number => marker.drafts.filter(test).length
  return [
    count(({ claim }) => claim.root) + missing,
    count(({ claim }) => !isRight(claim.verdict)),
    count(({ claim }) => claim.verdict === 'rounded'),
  ]
}

function compareScores(a: readonly number[], b: readonly number[]): number {
  const i = a.findIndex((value, k) => value !== b[k])
  return i < 0 ? 0 : a[i] - b[i]
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

/** Half a unit of the last place that values of a solution have most often. */
function usualHalfOf(statements: readonly Statement[]): number {
  const counts = new Map<number, number>()
  for (const { sides, path, relations } of statements) {
    const values = sides.slice(1).filter((_, i) => !isInequality(relations[i] ?? '='))
    for (const side of path.length > 0 ? sides : values)
      for (const cell of cellsOf(side.expression)) {
        const written = signedNumeral(cell)
        if (written === undefined || written.numeral.whole) continue
        counts.set(written.numeral.half, (counts.get(written.numeral.half) ?? 0) + 1)
      }
  }
  return [...counts].toSorted((a, b) => b[1] - a[1])[0]?.[0] ?? usualHalfWithout
}

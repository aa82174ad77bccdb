import type { Exercise } from '../exercises/exercise.js'
import { varyExercise } from '../exercises/vary.js'
import { type Confusion, confusionsOf } from './lint/confusions.js'
import { type UntoldConventions, untoldConventions } from './lint/conventions.js'
import { type Drift, driftsOf } from './lint/sensitivity.js'
import { type LintPrecision, otherwiseSolved, type Solved, solvedWithCalls } from './lint/solved.js'
import { type Triviality, trivialitiesOf } from './lint/triviality.js'

export type { Confusion, Drift, LintPrecision, Triviality, UntoldConventions }

/** What an exercise's numbers do not tell: `answerkey lint --format json`. */
export interface LintReport {
  readonly version: 1
  readonly exercise: string
  readonly precision: LintPrecision
  /** Mistakes that yield the key's own digits. */
  readonly likeKey: readonly Confusion[]
  /** Mistakes of the exercise that yield the same wrong digits. */
  readonly likeEachOther: readonly Confusion[]
  readonly conventions: readonly UntoldConventions[]
  readonly trivial: readonly Triviality[]
  readonly drift: readonly Drift[]
  /** Whether every mistake and convention shows somewhere. */
  readonly tells: boolean
  /** For the lecturer: what to change. */
  readonly advice: readonly string[]
  /**
   * The first seed of `answerkey vary` whose instance tells all, or the one that leaves least untold; absent where these numbers tell
   * all, or the exercise cannot be varied.
   */
  readonly proposal?: Proposal
}

/** Another instance of the exercise, and what its numbers do not tell either. */
export interface Proposal {
  readonly seed: number
  readonly untold: readonly string[]
}

/** So many instances are tried for one that tells all. */
const seedsTried = 8

/** Lints an exercise's own given data. Throws an Error where they allow no solution. */
export async function lintExercise(exercise: Exercise, precision: LintPrecision): Promise<LintReport> {
  const { solved, ...told } = await toldBy(exercise, precision)
  const report = {
    ...told,
    trivial: await trivialitiesOf(solved, precision),
    drift: await driftsOf(solved, precision),
  }
  return {
    version: 1,
    ...{ exercise: exercise.id, precision },
    ...report,
    advice: adviceOn(report, precision),
  }
}

/** What the numbers tell of mistakes and conventions. */
async function toldBy(
  exercise: Exercise,
  precision: LintPrecision,
): Promise<Pick<LintReport, 'likeKey' | 'likeEachOther' | 'conventions' | 'tells'> & { readonly solved: Solved }> {
  const solved = await solvedWithCalls(exercise)
  if (solved === undefined) throw new Error(`${exercise.id}: these given data allow no solution`)
  const others = await otherwiseSolved(exercise)
  const { withKey, withEachOther } = await confusionsOf(solved, others, precision)
  const conventions = await untoldConventions(exercise, others, precision)
  const tells = [...withKey, ...withEachOther].every(({ everywhere }) => !everywhere) && conventions.length === 0
  return { solved, likeKey: withKey, likeEachOther: withEachOther, conventions, tells }
}

/** The report with a seed of `answerkey vary`, where these numbers do not tell all and the exercise can be varied. */
export async function withProposal(report: LintReport, exercise: Exercise): Promise<LintReport> {
  if (report.tells || exercise.worksheet === undefined) return report
  let proposal: Proposal | undefined
  for (let seed = 1; seed <= seedsTried; seed++) {
    const variant = await varyExercise(exercise, seed)
    const untold = untoldIn(await toldBy(variant.exercise, report.precision))
    if (proposal === undefined || untold.length < proposal.untold.length) proposal = { seed, untold }
    if (untold.length === 0) break
  }
  return { ...report, ...(proposal !== undefined && { proposal }) }
}

/** The mistakes and conventions that nothing tells. */
function untoldIn({
  likeKey,
  likeEachOther,
  conventions,
}: Pick<LintReport, 'likeKey' | 'likeEachOther' | 'conventions'>): readonly string[] {
  const confused = [...likeKey, ...likeEachOther].filter(({ everywhere }) => everywhere)
  return [
    ...confused.map(({ mistakes }) => mistakes.join(' / ')),
    ...conventions.map(({ conventions: [one, other] }) => `${one} / ${other}`),
  ]
}

/** What to change, a sentence each; none where nothing need be. */
function adviceOn(
  {
    likeKey,
    likeEachOther,
    conventions,
    trivial,
    drift,
  }: Pick<LintReport, 'likeKey' | 'likeEachOther' | 'conventions' | 'trivial' | 'drift'>,
  precision: LintPrecision,
): readonly string[] {
  const hidden = likeKey.filter(({ everywhere }) => everywhere)
  const alike = likeEachOther.filter(({ everywhere }) => everywhere)
  const names = (kinds: readonly Triviality['kind'][]): string =>
    [...new Set(trivial.filter(({ kind }) => kinds.includes(kind)).map(({ name }) => name))].join(', ')
  const worst = drift[0]
  const parts = [
    hidden.length === 0
      ? undefined
      : `${hidden.length} ${hidden.length === 1 ? 'mistake yields' : 'mistakes yield'} the key's own digits wherever it could show: choose numbers that are not 0, 1 or equal to each other there (${[...new Set(hidden.flatMap(({ quantities }) => quantities))].slice(0, 6).join(', ')})`,
    alike.length === 0
      ? undefined
      : `${alike.length} ${alike.length === 1 ? 'pair of mistakes yields' : 'pairs of mistakes yield'} the same wrong digits: who makes one of them cannot be told which`,
    conventions.length === 0 ? undefined : 'ask for the convention, or choose a target that tells it',
    names(['zero', 'identity']) === ''
      ? undefined
      : `change given data until ${names(['zero', 'identity'])} is neither 0 nor the identity`,
    names(['saturated']) === '' ? undefined : `smaller weights keep ${names(['saturated'])} out of saturation`,
    names(['dead unit']) === '' ? undefined : `let some more units of ${names(['dead unit'])} be above 0`,
    names(['unneeded']) === ''
      ? undefined
      : `ask for something that depends on ${names(['unneeded'])}, or leave it out`,
    worst === undefined || worst.units < 5
      ? undefined
      : `ask for ${precision.kind === 'decimals' ? `${precision.digits + 1} decimals` : `${precision.digits + 1} significant digits`}: rounded work drifts by up to ${Math.round(worst.units)} units of the last place (${worst.quantity})`,
  ]
  return parts.filter((part) => part !== undefined)
}

import { claimsTogether } from './classClaims.js'
import type { Claim, FileReport } from './report.js'
import type { Points } from './schemePoints.js'
import { summarise } from './summary.js'
import { isRight } from './verdict.js'

/** The solution of one person: one file or several. */
export interface Submission {
  readonly name: string
  readonly reports: readonly FileReport[]
}

/** What a scheme gives for one solution. */
export interface SolutionPoints extends Points {
  readonly solution: string
}

/** A known mistake, and how many solutions make it at a step. */
export interface MistakeCount {
  readonly mistake: string
  readonly explanation: string
  readonly solutions: number
}

/** A quantity of an exercise that some solutions have a root error at. */
export interface Step {
  readonly exercise: string
  readonly quantity: string
  /** Solutions that say anything of the quantity. */
  readonly answered: number
  /** Solutions that go wrong here. */
  readonly wrong: number
  /** Of these, how many by a slip of arithmetic or of the pen. */
  readonly slips: number
  /** Of these, how many by what no known mistake explains. */
  readonly unexplained: number
  /** The likeliest explanation of each, counted. */
  readonly mistakes: readonly MistakeCount[]
}

/** Wrong values that nothing known explains, and that several solutions have. */
export interface Lookalike {
  readonly exercise: string
  readonly quantity: string
  readonly index: Claim['index']
  /** As most of them write it. */
  readonly value: number
  readonly solutions: readonly string[]
}

/** What the solutions of a class have in common. */
export interface ClassSummary {
  readonly solutions: number
  /** How many solutions have how many root errors. */
  readonly errors: readonly { readonly errors: number; readonly solutions: number }[]
  /** What a scheme gives for each solution. */
  readonly points: ClassPoints | null
  /** The step that most people get wrong first. */
  readonly steps: readonly Step[]
  readonly lookalikes: readonly Lookalike[]
  readonly conventions: readonly {
    readonly exercise: string
    readonly convention: string
    readonly solutions: number
  }[]
  readonly missing: readonly {
    readonly exercise: string
    readonly quantity: string
    readonly meaning: string
    readonly solutions: number
  }[]
}

export interface ClassPoints {
  readonly maximum: number
  readonly mean: number
  readonly median: number
  readonly least: number
  readonly most: number
}

/** A claim that is the root of an error, and whose it is. */
interface Root {
  readonly name: string
  readonly claim: Claim
}

/** Sums up a class. The order of all that is counted depends on the solutions alone: the most frequent first, then as they come. */
export function classSummary(
  submissions: readonly Submission[],
  points: readonly SolutionPoints[] | undefined,
): ClassSummary {
  const claims = submissions.flatMap(({ name, reports }) => claimsTogether(reports).map((claim) => ({ name, claim })))
  const roots = claims.filter(({ claim }) => claim.root && !isRight(claim.verdict))
  return {
    solutions: submissions.length,
    errors: errorCounts(submissions),
    points: points === undefined ? null : classPoints(points),
    steps: stepsOf(claims, roots),
    lookalikes: lookalikesAmong(roots),
    conventions: counted(
      submissions.flatMap(({ name, reports }) =>
        reports.flatMap((report) =>
          report.exercises.flatMap(({ exercise, convention }) =>
            convention === null
              ? []
              : [{ name, key: [exercise, convention] as const, value: { exercise, convention } }],
          ),
        ),
      ),
    ),
    missing: counted(
      claims.flatMap(({ name, claim: { verdict, exercise, quantity, message: meaning } }) =>
        verdict === 'missing' && exercise !== null && quantity !== null
          ? [{ name, key: [exercise, quantity] as const, value: { exercise, quantity, meaning } }]
          : [],
      ),
    ),
  }
}

/** The files of one solution as one: for what knows only one report a solution. */
export function asOneReport({ name, reports }: Submission): FileReport {
  if (reports.length === 1) return reports[0]
  const claims = claimsTogether(reports)
  const unread = reports.flatMap((report) => report.unread)
  return {
    file: name,
    exercises: reports.flatMap(({ exercises }) => exercises),
    claims,
    unread,
    findings: reports.flatMap(({ findings }) => findings),
    summary: summarise(claims, unread),
  }
}

/** Distinct values with the number of solutions that have them, the most frequent first. */
function counted<T extends object>(
  found: readonly { readonly name: string; readonly key: readonly string[]; readonly value: T }[],
): readonly (T & { readonly solutions: number })[] {
  return [...grouped(found, ({ key }) => key.join('\n')).values()]
    .map((group) => ({ ...group[0].value, solutions: people(group) }))
    .toSorted((a, b) => b.solutions - a.solutions)
}

function grouped<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const one of all) {
    const group = groups.get(keyOf(one))
    if (group === undefined) groups.set(keyOf(one), [one])
    else group.push(one)
  }
  return groups
}

function people(found: readonly { readonly name: string }[]): number {
  return new Set(found.map(({ name }) => name)).size
}

function errorCounts(submissions: readonly Submission[]): ClassSummary['errors'] {
  const counts = submissions.map(
    ({ reports }) =>
      reports.flatMap((report) => report.claims).filter(({ root, verdict }) => root && !isRight(verdict)).length,
  )
  return [...grouped(counts, String)]
    .map(([errors, those]) => ({ errors: Number(errors), solutions: those.length }))
    .toSorted((a, b) => a.errors - b.errors)
}

function classPoints(points: readonly SolutionPoints[]): ClassPoints {
  const scores = points.map(({ score }) => score).toSorted((a, b) => a - b)
  const middle = (scores.length - 1) / 2
  return {
    maximum: points[0].maximum,
    mean: hundredths(scores.reduce((sum, score) => sum + score, 0) / scores.length),
    median: hundredths((scores[Math.floor(middle)] + scores[Math.ceil(middle)]) / 2),
    least: scores[0],
    most: scores[scores.length - 1],
  }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}

function stepsOf(claims: readonly Root[], roots: readonly Root[]): readonly Step[] {
  const keyOf = ({ claim: { exercise, quantity } }: Root): string => `${exercise}\n${quantity}`
  const answered = grouped(
    claims.filter(({ claim }) => claim.verdict !== 'missing'),
    keyOf,
  )
  return [...grouped(roots, keyOf)]
    .flatMap(([key, group]) => {
      const [{ claim }] = group
      const { exercise, quantity } = claim
      if (exercise === null || quantity === null) return []
      const slips = group.filter(({ claim }) => claim.verdict === 'arithmetic' || claim.verdict === 'transcription')
      const mistakes = counted(
        group.flatMap(({ name, claim: { explanations } }) =>
          explanations.slice(0, 1).map((value) => ({ name, key: [value.mistake], value })),
        ),
      )
      return [
        {
          ...{ exercise, quantity, mistakes, wrong: people(group), slips: people(slips) },
          answered: people(answered.get(key) ?? group),
          unexplained: people(group.filter(({ claim }) => isUnexplained(claim))),
        },
      ]
    })
    .toSorted((a, b) => b.wrong - a.wrong)
}

function isUnexplained({ verdict, explanations }: Claim): boolean {
  return verdict === 'wrong' && explanations.length === 0
}

/** A wrong value that nothing explains, and by how much its digits leave it open. */
interface Unexplained extends Root {
  readonly value: number
  readonly half: number
}

/** Unexplained wrong values of the same quantity that agree to the digits written, of two solutions at least. */
function lookalikesAmong(roots: readonly Root[]): readonly Lookalike[] {
  const unexplained = roots.flatMap((root) => (isUnexplained(root.claim) ? transported(root) : []))
  const places = grouped(unexplained, ({ claim: { exercise, quantity, index } }) =>
    JSON.stringify([exercise, quantity, index]),
  )
  return [...places.values()]
    .flatMap(alike)
    .flatMap((group) => {
      const [{ claim }] = group
      const { exercise, quantity, index } = claim
      const among = new Set(group.map(({ name }) => name))
      const solutions = [...new Set(roots.map(({ name }) => name))].filter((name) => among.has(name))
      if (exercise === null || quantity === null || solutions.length < 2) return []
      return [{ exercise, quantity, index, value: commonest(group.map(({ value }) => value)), solutions }]
    })
    .toSorted((a, b) => b.solutions.length - a.solutions.length)
}

/**
 * The value of a root error as it would be from right earlier values: who carries an earlier error is off by the same factor
 * from what follows from that error.
 */
function transported(root: Root): readonly Unexplained[] {
  const { claimed, expected, carriedValue } = root.claim
  if (typeof claimed !== 'number') return []
  const half = halfUnit(claimed)
  const moves =
    typeof expected === 'number' &&
    typeof carriedValue === 'number' &&
    carriedValue !== 0 &&
    Math.abs(expected - carriedValue) > half
  const factor = moves ? expected / carriedValue : 1
  return [
    { ...root, value: moves ? Number((claimed * factor).toPrecision(3)) : claimed, half: half * Math.abs(factor) },
  ]
}

/** Half a unit of the last place that a number has, 0.0005 for 0.412. */
function halfUnit(value: number): number {
  const [mantissa, exponent = '0'] = String(value).split('e')
  const decimals = (mantissa.split('.')[1] ?? '').length
  return 0.5 * 10 ** (Number(exponent) - decimals)
}

/** Groups of values that agree within their digits; the finest one of a group stands for it. */
function alike(values: readonly Unexplained[]): readonly (readonly Unexplained[])[] {
  const groups: Unexplained[][] = []
  for (const one of values.toSorted((a, b) => a.half - b.half)) {
    const group = groups.find(([finest]) => Math.abs(finest.value - one.value) <= one.half * (1 + 1e-9))
    if (group === undefined) groups.push([one])
    else group.push(one)
  }
  return groups
}

function commonest(values: readonly number[]): number {
  const counts = [...grouped(values, String).values()].toSorted((a, b) => b.length - a.length)
  return counts[0][0]
}

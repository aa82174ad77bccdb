import { claimsTogether } from './classClaims.js'
import { Counts } from './counts.js'
import type { Claim, Explanation, FileReport } from './report.js'
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
  readonly claim: RootClaim
}

/** What is looked at of the root of an error: of a large class, no more is held of each solution. */
type RootClaim = Pick<
  Claim,
  'exercise' | 'quantity' | 'index' | 'verdict' | 'claimed' | 'expected' | 'carriedValue' | 'explanations'
>

/**
 * Sums up a class. The order of all that is counted depends on the solutions alone: the most frequent first, then as they come.
 * Submissions, each of another person, are taken one at a time, and none is held longer than that.
 */
export function classSummary(
  submissions: Iterable<Submission>,
  points: readonly SolutionPoints[] | undefined,
): ClassSummary {
  let solutions = 0
  const roots: Root[] = []
  const answered = new Counts<object>()
  const errors = new Counts<{ readonly errors: number }>()
  const conventions = new Counts<Omit<ClassSummary['conventions'][number], 'solutions'>>()
  const missing = new Counts<Omit<ClassSummary['missing'][number], 'solutions'>>()
  for (const { name, reports } of submissions) {
    solutions++
    const made = reports.flatMap(({ claims }) => claims).filter(isRoot).length
    errors.add(name, String(made), { errors: made })
    for (const { exercise, convention } of reports.flatMap(({ exercises }) => exercises))
      if (convention !== null) conventions.add(name, `${exercise}\n${convention}`, { exercise, convention })
    for (const claim of claimsTogether(reports)) {
      const { verdict, exercise, quantity, message: meaning } = claim
      if (isRoot(claim)) roots.push({ name, claim: rootClaim(claim) })
      if (verdict !== 'missing') answered.add(name, placeOf(claim), {})
      else if (exercise !== null && quantity !== null)
        missing.add(name, placeOf(claim), { exercise, quantity, meaning })
    }
  }
  return {
    solutions,
    errors: errors.mostFrequent().toSorted((a, b) => a.errors - b.errors),
    points: points === undefined ? null : classPoints(points),
    steps: stepsOf(roots, answered),
    lookalikes: lookalikesAmong(roots),
    conventions: conventions.mostFrequent(),
    missing: missing.mostFrequent(),
  }
}

function isRoot({ root, verdict }: Claim): boolean {
  return root && !isRight(verdict)
}

function rootClaim(claim: Claim): RootClaim {
  const { exercise, quantity, index, verdict, claimed, expected, carriedValue, explanations } = claim
  return {
    ...{ exercise, quantity, index, verdict, explanations: explanations.slice(0, 1) },
    ...{ claimed: onlyNumber(claimed), expected: onlyNumber(expected), carriedValue: onlyNumber(carriedValue) },
  }
}

/** A value that is one number: no others are compared. */
function onlyNumber(value: Claim['claimed']): number | null {
  return typeof value === 'number' ? value : null
}

/** Tells one quantity of one exercise from all others. */
function placeOf({ exercise, quantity }: Pick<Claim, 'exercise' | 'quantity'>): string {
  return `${exercise}\n${quantity}`
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

function stepsOf(roots: readonly Root[], answered: Counts<object>): readonly Step[] {
  return [...grouped(roots, ({ claim }) => placeOf(claim))]
    .flatMap(([key, group]) => {
      const [{ claim }] = group
      const { exercise, quantity } = claim
      if (exercise === null || quantity === null) return []
      const slips = group.filter(({ claim }) => claim.verdict === 'arithmetic' || claim.verdict === 'transcription')
      const made = new Counts<Explanation>()
      for (const { name, claim } of group)
        for (const explanation of claim.explanations) made.add(name, explanation.mistake, explanation)
      return [
        {
          ...{ exercise, quantity, mistakes: made.mostFrequent(), wrong: people(group), slips: people(slips) },
          answered: answered.of(key) || people(group),
          unexplained: people(group.filter(({ claim }) => isUnexplained(claim))),
        },
      ]
    })
    .toSorted((a, b) => b.wrong - a.wrong)
}

function isUnexplained({ verdict, explanations }: RootClaim): boolean {
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
  const names = [...new Set(roots.map(({ name }) => name))]
  return [...places.values()]
    .flatMap(alike)
    .flatMap((group) => {
      const [{ claim }] = group
      const { exercise, quantity, index } = claim
      const among = new Set(group.map(({ name }) => name))
      if (exercise === null || quantity === null || among.size < 2) return []
      const solutions = names.filter((name) => among.has(name))
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

import type { Claim, FileReport } from '../marking/report.js'
import type { Points } from '../marking/schemePoints.js'
import { isRight } from '../marking/verdict.js'
import { explanationText, legible, meanings, sentenceOf, subjectOf, totalsText } from './markModel.js'
import { oneLine, toNestedText } from './words.js'

/** One entry of `tests` in Gradescope's results.json. */
export interface GradescopeTest {
  readonly name: string
  /** The exercise that it belongs to. */
  readonly number: string
  readonly score: number
  readonly max_score: number
  readonly status: 'passed' | 'failed'
  readonly output: string
  readonly output_format: 'text'
  readonly visibility: 'visible'
}

/** Gradescope's results.json: https://gradescope-autograders.readthedocs.io/en/latest/specs/ */
export interface GradescopeResults {
  readonly score: number
  readonly output: string
  readonly output_format: 'text'
  readonly visibility: 'visible'
  readonly stdout_visibility: 'hidden'
  readonly tests: readonly GradescopeTest[]
  /** Not shown to students: the totals by verdict. */
  readonly extra_data: { readonly totals: FileReport['summary']; readonly max_score: number }
}

/**
 * The marking of one solution as Gradescope's results.json: a test a quantity that is asked for or claimed, in the order of the
 * report. `points` says what each gives; without them each gives one point, which an error made there, or leaving it out, costs.
 */
export function gradescope(marked: FileReport, points?: Points): GradescopeResults {
  const report = legible(marked)
  const quantities = quantitiesOf(report.claims)
  const tests =
    points === undefined
      ? quantities.map(({ exercise, quantity, claims }) => {
          const passed = claims.every(({ verdict, root }) => verdict !== 'missing' && (isRight(verdict) || !root))
          return testOf(exercise, quantity, claims, { score: passed ? 1 : 0, maximum: 1, why: '' })
        })
      : points.quantities.map(({ exercise, quantity, ...given }) => {
          const claims = quantities.find((other) => other.exercise === exercise && other.quantity === quantity)?.claims
          return testOf(exercise, quantity, claims ?? [], given)
        })
  const sum = (key: 'score' | 'max_score') => tests.reduce((total, test) => total + test[key], 0)
  return {
    score: points?.score ?? sum('score'),
    output: overviewOf(report),
    output_format: 'text',
    visibility: 'visible',
    stdout_visibility: 'hidden',
    tests,
    extra_data: { totals: report.summary, max_score: points?.maximum ?? sum('max_score') },
  }
}

interface QuantityClaims {
  readonly exercise: string
  readonly quantity: string
  readonly claims: readonly Claim[]
}

/** The claims about each quantity of each exercise; those about none together, a group an exercise. */
function quantitiesOf(claims: readonly Claim[]): readonly QuantityClaims[] {
  const groups = new Map<string, QuantityClaims & { readonly claims: Claim[] }>()
  for (const claim of claims) {
    const exercise = claim.exercise ?? 'elsewhere'
    const quantity = claim.quantity ?? 'arithmetic'
    const key = JSON.stringify([exercise, quantity])
    const group = groups.get(key) ?? { exercise, quantity, claims: [] }
    group.claims.push(claim)
    groups.set(key, group)
  }
  return [...groups.values()]
}

function testOf(
  exercise: string,
  quantity: string,
  claims: readonly Claim[],
  { score, maximum, why }: { readonly score: number; readonly maximum: number; readonly why: string },
): GradescopeTest {
  const notRight = claims.filter(({ verdict }) => !isRight(verdict))
  const lines = [...(why === '' ? [] : [why]), ...notRight.flatMap(linesOf)]
  return {
    name: quantity,
    number: exercise,
    score,
    max_score: maximum,
    status: score >= maximum ? 'passed' : 'failed',
    output: lines.join('\n') || 'right',
    output_format: 'text',
    visibility: 'visible',
  }
}

function linesOf(claim: Claim): readonly string[] {
  const { verdict, line, text, expected, explanations } = claim
  if (verdict === 'missing')
    return [
      `${meanings.missing}: ${claim.message}`,
      ...(expected === null ? [] : [`  it is ${toNestedText(expected)}`]),
    ]
  return [
    `line ${line}, ${verdict}: ${sentenceOf(claim)}`,
    ...(text === '' ? [] : [`  ${oneLine(text, 200)}`]),
    ...explanations.map((explanation) => `  ${explanationText(explanation)}`),
    ...(expected === null ? [] : [`  the exercise gives ${toNestedText(expected)} for ${subjectOf(claim)}`]),
  ]
}

function overviewOf({ summary, unread }: FileReport): string {
  return [
    totalsText(summary),
    ...unread.map(({ line, text, why }) => `not read, line ${line}: ${oneLine(text, 120)} (${why})`),
  ].join('\n')
}

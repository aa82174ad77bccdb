import { laws as knownLaws } from '../properties/index.js'
import type { LawKind } from '../properties/law.js'
import type {
  Counterexample,
  LawReport,
  Limit,
  OperatorReport,
  PrecisionClaim,
  Summary,
  TestReport,
  WorstElement,
} from '../properties/report.js'
import { outcomeOf, summaryOf } from '../properties/report.js'
import { inOwnTerms } from '../subjects/dialects.js'
import { callText, languageOf } from './callText.js'
import { allowanceText, mistakeText } from './explanation.js'
import { count, multiple, printable, tensorText } from './words.js'

/** What a law counts as in the totals. */
export type Outcome = keyof Summary

/** The order in which totals are shown, in every format. */
export const outcomes: readonly Outcome[] = [
  ...(['held', 'broken', 'errored', 'suspicious', 'xpassed', 'xfailed', 'unsupported', 'skipped'] as const),
]

/** Each outcome in words that can follow a number. */
export const outcomeNames: Readonly<Record<Outcome, string>> = {
  held: 'held',
  broken: 'broken',
  errored: 'errored',
  suspicious: 'suspicious',
  xpassed: 'held unexpectedly',
  xfailed: 'failed as expected',
  unsupported: 'not supported',
  skipped: 'skipped',
}

/** What each outcome means, for a person who sees it for the first time. */
export const outcomeMeanings: Readonly<Record<Outcome, string>> = {
  held: 'true for every case',
  broken: 'false for at least one case',
  errored: 'the subject crashed, hung or answered nonsense',
  suspicious: 'within what the platform may do, but further off than honest rounding gets',
  xpassed: 'held, though its failure was expected',
  xfailed: 'failed, and this was expected',
  unsupported: 'about calls that the subject does not support',
  skipped: 'not checked',
}

/** A law with what it counts as and what it belongs to. */
export interface TestedLaw extends LawReport {
  readonly operator: string
  readonly outcome: Outcome
  readonly kind: LawKind
}

export interface TestedOperator {
  readonly name: string
  readonly laws: readonly TestedLaw[]
  readonly limits: readonly Limit[]
  readonly totals: Summary
}

/** A conformance run as its reader takes it up; each law stands in it once, every text harmless to a terminal. */
export interface TestModel {
  readonly subject: string
  readonly spec: string | undefined
  /** What the run was: precision, profile, seed, cases a law. */
  readonly conditions: readonly (readonly [name: string, value: string])[]
  readonly operators: readonly TestedOperator[]
  /** Laws that somebody has to look at, the worst first: broken, errored, suspicious, unexpectedly held. */
  readonly findings: readonly TestedLaw[]
  /** What shows that the subject computes in a coarser format than it claims. */
  readonly claim: string | undefined
  readonly notImplemented: readonly string[]
  readonly totals: Summary
}

/** Outcomes that somebody has to look at, the worst first. */
export const findingOutcomes: readonly Outcome[] = ['broken', 'errored', 'suspicious', 'xpassed']

/** Arranges a report for its formats. */
export function testModel(report: TestReport): TestModel {
  const operators = Object.entries(report.operators).map(([name, tested]) => testedOperator(name, tested))
  const laws = operators.flatMap((operator) => operator.laws)
  return {
    subject: flat(report.subject),
    spec: report.spec === undefined ? undefined : flat(report.spec),
    conditions: conditionsOf(report),
    operators,
    findings: findingOutcomes.flatMap((outcome) => laws.filter((law) => law.outcome === outcome)),
    claim: report.claim && claimText(report.claim),
    notImplemented: report.notImplemented.map(flat),
    totals: summaryOf(Object.values(report.operators)),
  }
}

function conditionsOf({ precision, profile, seed, runs, dialects = [], shard }: TestReport) {
  const conditions: (readonly [string, string])[] = [
    ['precision', precision],
    ['profile', flat(profile)],
    ['seed', String(seed)],
    ['cases a law', String(runs)],
  ]
  if (dialects.length > 0) conditions.push(['dialects', dialects.map(flat).join(', ')])
  if (shard !== undefined) conditions.push(['shard', flat(shard)])
  return conditions
}

function claimText({ claimed, computed, broken, compared, held, tried }: PrecisionClaim): string {
  return (
    `it claims ${claimed} and seems to compute in ${computed}: ${broken} of ${compared} operators are off as ${claimed}, ` +
    `and ${held} of ${tried} laws hold as ${computed}`
  )
}

function testedOperator(name: string, operator: OperatorReport): TestedOperator {
  return {
    name: flat(name),
    laws: operator.laws.map((law) => testedLaw(name, law)),
    limits: (operator.limits ?? []).map(({ what, how }) => ({ what: flat(what), how })),
    totals: summaryOf([operator]),
  }
}

function testedLaw(operator: string, law: LawReport): TestedLaw {
  const { message, why, mistake, replay, xfail, worstElement } = law
  return {
    ...law,
    operator: flat(operator),
    outcome: outcomeOf(law),
    kind: kinds.get(keyOf(operator, law.law)) ?? 'mathematics',
    law: flat(law.law),
    ...(message !== undefined && { message: printable(message) }),
    ...(why !== undefined && { why: flat(why) }),
    ...(mistake !== undefined && { mistake: flat(mistake) }),
    ...(replay !== undefined && { replay: flat(replay) }),
    ...(xfail !== undefined && { xfail: flat(xfail) }),
    ...(worstElement !== undefined && { worstElement: { ...worstElement, what: flat(worstElement.what) } }),
  }
}

function keyOf(operator: string, law: string): string {
  return JSON.stringify([operator, law])
}

const kinds: ReadonlyMap<string, LawKind> = new Map(
  knownLaws.map(({ operator, name, kind }) => [keyOf(operator, name), kind]),
)

function flat(text: string): string {
  return printable(text.replaceAll(/\s+/g, ' ').trim())
}

/** `2 broken, 3 held`, without what is 0; `no law` where all are. */
export function totalsText(totals: Summary): string {
  const parts = outcomes.filter((outcome) => totals[outcome] > 0)
  return parts.map((outcome) => `${totals[outcome]} ${outcomeNames[outcome]}`).join(', ') || 'no law'
}

/** What is said of a law in one sentence: why it was not checked, what is wrong, or what was expected. */
export function sentenceOf({ outcome, why, xfail, message }: TestedLaw): string {
  const [first = ''] = (message ?? '').split('\n')
  if (outcome === 'xfailed') return `expected to fail: ${xfail}${first === '' ? '' : ` (${first})`}`
  if (outcome === 'xpassed') return `held, though expected to fail: ${xfail}`
  if (outcome === 'skipped' || outcome === 'unsupported') return why ?? outcomeMeanings[outcome]
  return first === '' ? outcomeMeanings[outcome] : first
}

/** Laws of an operator that came to the same for the same reason, together. */
export function alike(laws: readonly TestedLaw[]): readonly (readonly TestedLaw[])[] {
  const groups = new Map<string, TestedLaw[]>()
  for (const law of laws) {
    const key = JSON.stringify([law.operator, law.outcome, sentenceOf(law)])
    groups.set(key, [...(groups.get(key) ?? []), law])
  }
  return [...groups.values()]
}

/** How far off the worst element is, in a sentence of its own. */
export function worstText({ what, index, actual, expected, ulps }: WorstElement): string {
  const place = index.length === 0 ? '' : `[${index.join(', ')}]`
  const off = ulps === null ? '' : `, ${ulpsText(ulps)} off`
  return `${what}${place}: got ${actual}, expected ${expected}${off}`
}

/** `1 ulp`, `2.5 ulps`, `3.1e+9 ulps`: units in the last place. */
export function ulpsText(ulps: number): string {
  const shown = ulps >= 1e6 ? ulps.toExponential(1) : String(Number(ulps.toPrecision(3)))
  return `${shown} ${ulps === 1 ? 'ulp' : 'ulps'}`
}

/** The counterexample as the subject's own dialects have it, with its own name of the operator. */
export function ownCounterexample(
  { operator, counterexample }: TestedLaw,
  { dialects = [] }: TestReport,
): { readonly operator: string; readonly counterexample: Counterexample } | undefined {
  if (counterexample === undefined) return undefined
  try {
    const own = inOwnTerms(dialects, operator, counterexample)
    return { operator: own.operator, counterexample: own.call }
  } catch {
    // A report from a file may hold a call that the contract does not have.
    return { operator, counterexample }
  }
}

/** The counterexample as the user's own call; nothing where there is none, or none that the contract has. */
export function callOf(law: TestedLaw, report: TestReport): string | undefined {
  const own = ownCounterexample(law, report)
  if (own === undefined) return undefined
  try {
    const { spec, precision } = report
    return printable(callText(own.operator, own.counterexample, languageOf(spec ?? ''), precision))
  } catch {
    // A report from a file may hold a call that the contract does not have.
    return undefined
  }
}

/** Everything that is known of a law's failure, by name, texts of one or more lines each. */
export function detailsOf(law: TestedLaw, report: TestReport): readonly (readonly [name: string, text: string])[] {
  const counterexample = ownCounterexample(law, report)?.counterexample
  const details: (readonly [string, string | undefined])[] = [
    ['message', law.message],
    ['call', callOf(law, report)],
    ...tensorDetails('expected', counterexample?.expected),
    ...tensorDetails('actual', counterexample?.actual),
    ['worst element', law.worstElement && printable(worstText(law.worstElement))],
    ['error', errorText(law)],
    ['allowed', flatten(allowanceText(law.operator, law, report))],
    ['looks like', law.mistake && flatten(mistakeText(law.operator, law.mistake))],
    ['cases', law.runs === 0 ? undefined : casesText(law)],
    ['replay', law.replay],
  ]
  return details.flatMap(([name, text]) => (text === undefined || text === '' ? [] : [[name, text] as const]))
}

function flatten(text: string | undefined): string | undefined {
  return text === undefined ? undefined : flat(text)
}

function tensorDetails(what: string, tensors: Readonly<Record<string, Parameters<typeof tensorText>[0]>> = {}) {
  return Object.entries(tensors).map(([name, x]) => [`${what} ${flat(name)}`, tensorText(x)] as const)
}

function errorText({ worst, allowed, ratio }: LawReport): string | undefined {
  if (worst === undefined || allowed === undefined || ratio === undefined || !Number.isFinite(worst)) return undefined
  return `${short(worst)} where ${short(allowed)} is allowed (${multiple(ratio)} the acceptance bound)`
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)))
}

function casesText({ runs, unsupported = 0, leftOut = 0 }: LawReport): string {
  return [
    count(runs, 'case'),
    ...(unsupported === 0 ? [] : [`${unsupported} not supported`]),
    ...(leftOut === 0 ? [] : [`${count(leftOut, 'element')} that cannot be judged`]),
  ].join(', ')
}

import type { Colors } from 'picocolors/types.js'
import type { Precision } from '../oracle/contract.js'
import type { WireNumber, WireTensor } from '../oracle/wire.js'
import type { TestReport } from '../properties/report.js'
import { isCut } from './callText.js'
import { allowanceText, mistakeText } from './explanation.js'
import {
  callOf,
  findingOutcomes,
  type Outcome,
  ownCounterexample,
  type TestedLaw,
  type TestedOperator,
  testModel,
  ulpsText,
  worstText,
} from './testModel.js'
import { count, duration, multiple, printable, tensorText, wrapped } from './words.js'

const marks: Readonly<Record<Outcome, string>> = {
  held: '✓',
  broken: '✗',
  suspicious: '?',
  errored: '!',
  skipped: '–',
  unsupported: '·',
  xfailed: '·',
  xpassed: '?',
}

/** Failing laws of an operator that are told in full, others that are named together, and lines of a message. */
const mostInFull = 5
const mostNames = 10
const mostLines = 12

/** Columns of a line that lists things. */
const columns = 110

/**
 * The report of a conformance run for a person: what is wrong first, at most five laws of an operator in full; `quiet` leaves out
 * the operators with which nothing is wrong.
 */
export function testText(report: TestReport, colors: Colors, quiet: boolean): string {
  const model = testModel(report)
  const lines: string[] = []
  for (const operator of model.operators)
    if (!quiet || findingsOf(operator).length > 0) lines.push(...operatorLines(operator, report, colors))
  if (model.notImplemented.length > 0)
    lines.push(...list(`not implemented: ${model.notImplemented.join(', ')}`, colors))
  lines.push('', ...claimLines(report, colors), summaryText(report), '')
  return lines.join('\n')
}

function paint(colors: Colors, outcome: Outcome, text: string): string {
  if (outcome === 'held') return colors.green(text)
  if (outcome === 'suspicious' || outcome === 'xpassed') return colors.yellow(text)
  return outcome === 'broken' || outcome === 'errored' ? colors.red(text) : colors.dim(text)
}

function summaryText({
  subject,
  precision,
  seed,
  runs,
  shard,
  dialects = [],
  summary,
  milliseconds,
}: TestReport): string {
  const { held, broken, suspicious, errored, skipped, unsupported, xfailed, xpassed } = summary
  const how = [
    precision,
    `seed ${seed}`,
    `${count(runs, 'case')} a law`,
    ...(dialects.length === 0 ? [] : [`with ${dialects.join(', ')}`]),
    ...(shard === undefined ? [] : [`shard ${shard}`]),
    duration(milliseconds),
  ]
  const totals = [
    `${held} held, ${broken} broken, ${suspicious} suspicious, ${errored} errored, ${skipped} skipped`,
    ...(unsupported === 0 ? [] : [`${unsupported} not supported`]),
    ...(xfailed === 0 ? [] : [`${xfailed} expected to fail`]),
    ...(xpassed === 0 ? [] : [`${xpassed} held though expected to fail`]),
  ]
  return printable(`${subject} (${how.join(', ')}): ${totals.join(', ')}`)
}

function claimLines({ claim }: TestReport, colors: Colors): readonly string[] {
  if (claim === undefined) return []
  const { claimed, computed, broken, compared, held, tried } = claim
  const text =
    `It says that it computes in ${claimed}, and seems to compute in ${computed}: ${broken} of ${compared} operators are further ` +
    `from the oracle than ${claimed} allows, and of ${count(tried, 'law')} tried again with ${computed}'s numbers and tolerances ${held} held.`
  return [...wrapped(text, columns).map((line) => colors.red(line)), '']
}

/** The laws that somebody has to look at, the worst first. */
function findingsOf({ laws }: TestedOperator): readonly TestedLaw[] {
  return findingOutcomes.flatMap((outcome) => laws.filter((law) => law.outcome === outcome))
}

function operatorLines(operator: TestedOperator, report: TestReport, colors: Colors): readonly string[] {
  const { name, laws, limits, totals } = operator
  const cases = laws.reduce((sum, law) => sum + law.runs, 0)
  const order: readonly Outcome[] = [...findingOutcomes, 'held', 'xfailed', 'unsupported', 'skipped']
  const worst = order.find((outcome) => totals[outcome] > 0) ?? 'skipped'
  const lines = [
    `${paint(colors, worst, marks[worst])} ${colors.bold(name)}  ${totals.held} of ${count(laws.length, 'law')} held, ${count(cases, 'case')}`,
  ]
  if (limits.length > 0)
    lines.push(...list(`  not supported: ${limits.map(({ what, how }) => `${what} (${how})`).join(', ')}`, colors))
  lines.push(...findingLines(findingsOf(operator), report, colors))
  for (const outcome of ['xfailed', 'unsupported', 'skipped'] as const)
    for (const [first, ...others] of alike(laws.filter((law) => law.outcome === outcome))) {
      const why = outcome === 'xfailed' ? `expected to fail: ${first.xfail}` : `${says[outcome]}: ${first.why}`
      lines.push(...list(`  ${why} (${count(others.length + 1, 'law')})`, colors))
    }
  return lines
}

const says = { unsupported: 'not supported', skipped: 'skipped' } as const

/** A dimmed line, in as many lines as it needs. */
function list(text: string, colors: Colors): readonly string[] {
  const indent = text.slice(0, text.length - text.trimStart().length)
  return wrapped(text, columns).map((line, i) => colors.dim(`${indent}${i === 0 ? '' : '  '}${line}`))
}

/** Laws that came to the same for the same reason, together. */
function alike(laws: readonly TestedLaw[]): readonly (readonly TestedLaw[])[] {
  const groups = new Map<string, TestedLaw[]>()
  for (const law of laws) {
    const key = JSON.stringify([law.outcome, law.xfail ?? law.why ?? law.message])
    groups.set(key, [...(groups.get(key) ?? []), law])
  }
  return [...groups.values()]
}

function findingLines(findings: readonly TestedLaw[], report: TestReport, colors: Colors): readonly string[] {
  const groups = alike(findings)
  const lines = groups.slice(0, mostInFull).flatMap(([first, ...others]) => {
    const told = lawLines(first, report, colors)
    return others.length === 0 ? told : [...told, ...list(`    likewise: ${names(others)}`, colors)]
  })
  const rest = groups.slice(mostInFull).flat()
  for (const outcome of findingOutcomes) {
    const laws = rest.filter((law) => law.outcome === outcome)
    if (laws.length > 0) lines.push(...list(`  also ${unmarked[outcome] ?? outcome}: ${names(laws)}`, colors))
  }
  return lines
}

const unmarked: Partial<Record<Outcome, string>> = { xpassed: 'held, though expected to fail' }

function names(laws: readonly TestedLaw[]): string {
  const named = laws.slice(0, mostNames).map(({ law }) => `«${law}»`)
  return [named.join(', '), ...(laws.length > mostNames ? [`and ${laws.length - mostNames} more`] : [])].join(' ')
}

function lawLines(law: TestedLaw, report: TestReport, colors: Colors): readonly string[] {
  if (law.outcome === 'xpassed')
    return [`  ${paint(colors, 'xpassed', `held, though expected to fail: ${law.law}`)} (expected: ${law.xfail})`]
  const lines = [`  ${paint(colors, law.outcome, `${law.outcome}: ${law.law}`)} (case ${law.runs})`]
  const add = (text: string) => lines.push(...text.split('\n').map((line) => `    ${line}`))
  const { message, worstElement } = law
  if (message !== undefined) add(shortened(message))
  // Most messages name the element themselves.
  if (worstElement !== undefined && message?.includes(', expected ') !== true) add(printable(worstText(worstElement)))
  const size = [...ulpsOf(law, report), ...timesAllowed(law)].join(', ')
  if (size !== '') add(`that is ${size}`)
  const allowance = allowanceText(law.operator, law, report)
  if (allowance !== undefined) add(printable(`allowed: ${allowance} (docs/laws.md)`))
  if (law.mistake !== undefined) add(printable(`looks like ${mistakeText(law.operator, law.mistake)}`))
  for (const line of counterexampleLines(law, report)) add(line)
  if (law.replay !== undefined) add(colors.dim(`replay: ${law.replay}`))
  return lines
}

/** By how many units in the last place the worst element is off. */
function ulpsOf({ worstElement }: TestedLaw, { precision }: TestReport): readonly string[] {
  const ulps = worstElement?.ulps ?? null
  return ulps === null ? [] : [`${ulpsText(ulps)} of ${precision}`]
}

function timesAllowed({ ratio }: TestedLaw): readonly string[] {
  return ratio !== undefined && Number.isFinite(ratio) && ratio > 0
    ? [`${multiple(ratio)} of the acceptance bound`]
    : []
}

function shortened(message: string): string {
  const lines = message.split('\n')
  if (lines.length <= mostLines) return message
  return [...lines.slice(0, mostLines), `… ${count(lines.length - mostLines, 'more line')}`].join('\n')
}

/** The call, and what is answered wrongly: of a law about other things than its answer, the call alone. */
function counterexampleLines(law: TestedLaw, report: TestReport): readonly string[] {
  const counterexample = ownCounterexample(law, report)?.counterexample
  const call = callOf(law, report)
  if (counterexample === undefined || call === undefined) return []
  const lines = [`call: ${call}`]
  if (isCut(counterexample)) lines.push('(`...` stands for a large tensor: --format json has all of its numbers)')
  for (const [name, x] of Object.entries(counterexample.expected ?? {})) {
    const [expected, actual] = [x, counterexample.actual?.[name]].map((y) => y && rounded(y, report))
    if (actual === undefined || expected === undefined || tensorText(actual) === tensorText(expected)) continue
    lines.push(printable(`expected ${name} = ${tensorText(expected)}`))
    lines.push(printable(`actual   ${name} = ${tensorText(actual)}`))
  }
  return lines
}

/** Digits of a decimal that tell a format's numbers apart. */
const digits: Readonly<Record<Precision, number>> = { float64: 17, float32: 9, float16: 5, bfloat16: 4 }

function rounded(x: WireTensor, { precision }: TestReport): WireTensor {
  const short = (value: WireNumber) =>
    typeof value === 'number' ? Number(value.toPrecision(digits[precision])) : value
  return { ...x, data: x.data.map(short) }
}

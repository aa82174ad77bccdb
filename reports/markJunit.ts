import { create, fragment } from 'xmlbuilder2'
import type { Claim, FileReport, UnreadLine } from '../marking/report.js'
import { isRight } from '../marking/verdict.js'
import { explanationText, legible, meanings, rootFinder, sentenceOf, subjectOf, tallies } from './markModel.js'
import { oneLine, toNestedText } from './words.js'
import { xmlText as text } from './xml.js'

/** The marking of solutions as JUnit XML; see `junitPieces`. */
export function markJunit(reports: readonly FileReport[]): string {
  return [...junitPieces(reports)].join('')
}

/**
 * The marking of solutions as JUnit XML, in pieces: a suite a file, a case a claim. What is right passes; errors where they are made,
 * and what is missing, fail; what follows from an error is skipped with the line that it follows from, as is what could not be read.
 * The totals by verdict stand in the suite's properties. The reports are gone through twice, one at a time.
 */
export function* junitPieces(reports: Iterable<FileReport>): Generator<string> {
  const sums = { tests: 0, failures: 0, skipped: 0 }
  for (const report of reports) {
    const { tests, failures, skipped } = countsOf(report)
    sums.tests += tests
    sums.failures += failures
    sums.skipped += skipped
  }
  const frame = create(
    { version: '1.0', encoding: 'UTF-8' },
    {
      testsuites: {
        '@name': 'answerkey mark',
        '@tests': sums.tests,
        '@failures': sums.failures,
        '@errors': 0,
        '@skipped': sums.skipped,
        testsuite: {},
      },
    },
  ).end({ prettyPrint: true })
  const [head, tail] = frame.split('\n  <testsuite/>')
  yield head
  for (const report of reports)
    yield `\n${fragment({ testsuite: suiteOf(legible(report)) }).end({ prettyPrint: true, offset: 1 })}`
  yield tail
}

function suiteOf(report: FileReport) {
  const rootOf = rootFinder(report.claims)
  const { tests, failures, skipped } = countsOf(report)
  return {
    '@name': text(report.file),
    '@tests': tests,
    '@failures': failures,
    '@errors': 0,
    '@skipped': skipped,
    properties: { property: propertiesOf(report) },
    testcase: [
      ...report.claims.map((claim) => caseOf(claim, report.file, rootOf(claim))),
      ...report.unread.map((line) => unreadCase(line, report.file)),
    ],
  }
}

/** How many cases a suite has, how many of them fail, and how many are skipped. */
function countsOf({ claims, unread }: FileReport) {
  const amount = (outcome: 'failure' | 'skipped') => claims.filter((claim) => outcomeOf(claim) === outcome).length
  return {
    tests: claims.length + unread.length,
    failures: amount('failure'),
    skipped: amount('skipped') + unread.length,
  }
}

/** What becomes of the case of a claim. */
function outcomeOf({ verdict, root }: Claim): 'passed' | 'failure' | 'skipped' {
  if (isRight(verdict)) return 'passed'
  return root || verdict === 'missing' ? 'failure' : 'skipped'
}

interface JunitCase {
  readonly '@classname': string
  readonly '@name': string
  readonly '@file': string
  readonly '@line': number
  readonly failure?: { readonly '@type': string; readonly '@message': string; readonly '#': string }
  readonly skipped?: { readonly '@message': string }
}

function caseOf(claim: Claim, file: string, from: Claim | undefined): JunitCase {
  const { verdict, line, exercise } = claim
  const outcome = outcomeOf(claim)
  const said = [subjectOf(claim), verdict === 'missing' ? claim.message : oneLine(claim.text, 120)]
  const name = said.filter((part) => part !== '').join(': ')
  const named = {
    '@classname': text(exercise ?? 'arithmetic of lines'),
    '@name': text(verdict === 'missing' ? name : `line ${line}, ${name}`),
    '@file': text(file),
    '@line': line,
  }
  if (outcome === 'passed') return named
  if (outcome === 'skipped') {
    const follows = from === undefined ? '' : ` (follows from line ${from.line})`
    return { ...named, skipped: { '@message': text(`${verdict}: ${sentenceOf(claim)}${follows}`) } }
  }
  const message = verdict === 'missing' ? meanings.missing : sentenceOf(claim)
  return { ...named, failure: { '@type': verdict, '@message': text(message), '#': text(details(claim, file)) } }
}

/** Everything that is said of a failure, a line each, its place first as editors recognise it. */
function details(claim: Claim, file: string): string {
  const { expected, carriedValue } = claim
  return [
    `${file}:${claim.line}:${claim.column}: ${sentenceOf(claim)}`,
    ...(claim.text === '' ? [] : [oneLine(claim.text, 200)]),
    ...claim.explanations.map(explanationText),
    ...(expected === null ? [] : [`the exercise gives ${toNestedText(expected)}`]),
    ...(carriedValue === null ? [] : [`the values written before give ${toNestedText(carriedValue)}`]),
    ...claim.notes,
  ].join('\n')
}

function unreadCase({ line, text: written, why }: UnreadLine, file: string): JunitCase {
  return {
    '@classname': 'unread',
    '@name': text(`line ${line}: ${oneLine(written, 120)}`),
    '@file': text(file),
    '@line': line,
    skipped: { '@message': text(`unread: ${why}`) },
  }
}

function propertiesOf({ summary }: FileReport) {
  return tallies.map((tally) => ({ '@name': tally, '@value': summary[tally] }))
}

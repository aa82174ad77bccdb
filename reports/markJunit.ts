import { create } from 'xmlbuilder2'
import type { Claim, FileReport, UnreadLine } from '../marking/report.js'
import { isRight } from '../marking/verdict.js'
import {
  explanationText,
  legible,
  meanings,
  rootFinder,
  sentenceOf,
  subjectOf,
  tallies,
  totalsOf,
} from './markModel.js'
import { oneLine, toNestedText } from './words.js'
import { xmlText as text } from './xml.js'

/**
 * The marking of solutions as JUnit XML: a suite a file, a case a claim. What is right passes; errors where they are made, and what
 * is missing, fail; what follows from an error is skipped with the line that it follows from, as is what could not be read. The
 * totals by verdict stand in the suite's properties.
 */
export function markJunit(reports: readonly FileReport[]): string {
  const shown = reports.map(legible)
  const suites = shown.map((report) => {
    const rootOf = rootFinder(report.claims)
    const cases = [
      ...report.claims.map((claim) => caseOf(claim, report.file, rootOf(claim))),
      ...report.unread.map((line) => unreadCase(line, report.file)),
    ]
    const amount = (outcome: keyof JunitCase) => cases.filter((entry) => outcome in entry).length
    return {
      '@name': text(report.file),
      '@tests': cases.length,
      '@failures': amount('failure'),
      '@errors': 0,
      '@skipped': amount('skipped'),
      properties: { property: propertiesOf([report]) },
      testcase: cases,
    }
  })
  const sum = (key: '@tests' | '@failures' | '@skipped') => suites.reduce((total, suite) => total + suite[key], 0)
  return create(
    { version: '1.0', encoding: 'UTF-8' },
    {
      testsuites: {
        '@name': 'answerkey mark',
        '@tests': sum('@tests'),
        '@failures': sum('@failures'),
        '@errors': 0,
        '@skipped': sum('@skipped'),
        testsuite: suites,
      },
    },
  ).end({ prettyPrint: true })
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
  const { verdict, root, line, exercise } = claim
  const said = [subjectOf(claim), verdict === 'missing' ? claim.message : oneLine(claim.text, 120)]
  const name = said.filter((part) => part !== '').join(': ')
  const named = {
    '@classname': text(exercise ?? 'arithmetic of lines'),
    '@name': text(verdict === 'missing' ? name : `line ${line}, ${name}`),
    '@file': text(file),
    '@line': line,
  }
  if (isRight(verdict)) return named
  if (!root && verdict !== 'missing') {
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

function propertiesOf(reports: readonly FileReport[]) {
  const totals = totalsOf(reports)
  return tallies.map((tally) => ({ '@name': tally, '@value': totals[tally] }))
}

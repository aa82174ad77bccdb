import { create } from 'xmlbuilder2'
import type { TestReport } from '../properties/report.js'
import {
  detailsOf,
  outcomes,
  sentenceOf,
  type TestedLaw,
  type TestedOperator,
  type TestModel,
  testModel,
} from './testModel.js'
import { xmlText as text } from './xml.js'

/**
 * A conformance run as JUnit XML: a suite an operator, a case a law. What is broken fails, what is errored is an error; skipped are
 * laws that were not checked, that the subject does not support, and whose failure was expected, each with the reason. What is
 * suspicious, or held unexpectedly, passes and says so. Operators that the subject lacks are the skipped cases of a suite of their
 * own. `file` is where the subject stands.
 */
export function testJunit(report: TestReport, file?: string): string {
  const model = testModel(report)
  const suites = [
    ...model.operators.map((operator) => suiteOf(operator, report, model, file)),
    ...lackingSuite(model.notImplemented),
  ]
  const sum = (key: '@tests' | '@failures' | '@errors' | '@skipped') =>
    suites.reduce((total, suite) => total + suite[key], 0)
  return create(
    { version: '1.0', encoding: 'UTF-8' },
    {
      testsuites: {
        '@name': text(`answerkey test ${model.spec ?? model.subject}`),
        '@tests': sum('@tests'),
        '@failures': sum('@failures'),
        '@errors': sum('@errors'),
        '@skipped': sum('@skipped'),
        '@time': seconds(report.milliseconds),
        testsuite: suites,
      },
    },
  ).end({ prettyPrint: true })
}

interface Complaint {
  readonly '@type': string
  readonly '@message': string
  readonly '#': string
}

interface JunitCase {
  readonly '@classname': string
  readonly '@name': string
  readonly '@time'?: string
  readonly '@file'?: string
  readonly failure?: Complaint
  readonly error?: Complaint
  readonly skipped?: { readonly '@message': string }
  readonly 'system-out'?: string
}

function suiteOf(operator: TestedOperator, report: TestReport, model: TestModel, file: string | undefined) {
  const limits = operator.limits.map(({ what, how }) => ['not supported', `${what} (${how})`] as const)
  const claim = model.claim === undefined ? [] : [['claimed precision', model.claim] as const]
  const totals = outcomes.map((outcome) => [outcome, String(operator.totals[outcome])] as const)
  const cases = operator.laws.map((law) => caseOf(law, report, file))
  return {
    ...suite(
      operator.name,
      cases,
      operator.laws.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    ),
    properties: {
      property: [...model.conditions, ...claim, ...totals, ...limits].map(([name, value]) => ({
        '@name': name,
        '@value': text(value),
      })),
    },
    testcase: cases,
  }
}

function suite(name: string, cases: readonly JunitCase[], milliseconds: number) {
  const amount = (outcome: keyof JunitCase) => cases.filter((entry) => outcome in entry).length
  return {
    '@name': text(name),
    '@tests': cases.length,
    '@failures': amount('failure'),
    '@errors': amount('error'),
    '@skipped': amount('skipped'),
    '@time': seconds(milliseconds),
  }
}

function lackingSuite(operators: readonly string[]) {
  if (operators.length === 0) return []
  const cases: readonly JunitCase[] = operators.map((operator) => ({
    '@classname': 'not implemented',
    '@name': text(operator),
    skipped: { '@message': 'the subject does not implement this operator' },
  }))
  return [{ ...suite('not implemented', cases, 0), testcase: cases }]
}

function caseOf(law: TestedLaw, report: TestReport, file: string | undefined): JunitCase {
  const { outcome } = law
  const named = {
    '@classname': text(law.operator),
    '@name': text(law.law),
    '@time': seconds(law.milliseconds),
    ...(file !== undefined && { '@file': text(file) }),
  }
  const details = text(
    detailsOf(law, report)
      .map(([name, said]) => (said.includes('\n') ? `${name}:\n${said}` : `${name}: ${said}`))
      .join('\n'),
  )
  const message = text(sentenceOf(law))
  const complaint = { '@type': outcome, '@message': message, '#': details }
  switch (outcome) {
    case 'broken':
      return { ...named, failure: complaint }
    case 'errored':
      return { ...named, error: complaint }
    case 'skipped':
      return { ...named, skipped: { '@message': `skipped: ${message}` } }
    case 'unsupported':
      return { ...named, skipped: { '@message': `not supported: ${message}` } }
    case 'xfailed':
      return { ...named, skipped: { '@message': message }, 'system-out': details }
    case 'suspicious':
    case 'xpassed':
      return { ...named, 'system-out': `${outcome}: ${message}\n${details}` }
    case 'held':
      return named
  }
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(3)
}

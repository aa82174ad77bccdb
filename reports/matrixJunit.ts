import { create } from 'xmlbuilder2'
import type { BackendReport, MatrixReport, MatrixRow } from '../subjects/matrix.js'
import { count } from './words.js'
import { xmlText } from './xml.js'

/**
 * The matrix of `answerkey gpu` as JUnit XML: a suite a backend, a case an operator or exercise. A backend that is missing is a
 * suite with one skipped case; one that is in `lacking`, required but not what was asked for, has an error that says why.
 */
export function matrixJunit(report: MatrixReport, lacking: Readonly<Record<string, string>>): string {
  const suites = report.backends.map((backend) => {
    const cases = [...requirement(backend, lacking[backend.backend]), ...rowsOf(backend)]
    const amount = (outcome: keyof JunitCase) => cases.filter((entry) => outcome in entry).length
    return {
      '@name': `gpu:${backend.backend}`,
      '@tests': cases.length,
      '@failures': amount('failure'),
      '@errors': amount('error'),
      '@skipped': amount('skipped'),
      properties: { property: propertiesOf(report, backend) },
      testcase: cases,
    }
  })
  return create(
    { version: '1.0', encoding: 'UTF-8' },
    { testsuites: { '@name': 'answerkey gpu', testsuite: suites } },
  ).end({
    prettyPrint: true,
  })
}

interface JunitCase {
  readonly '@classname': string
  readonly '@name': string
  readonly '@time'?: string
  readonly failure?: { readonly '@message': string; readonly '#': string }
  readonly error?: { readonly '@message': string; readonly '#': string }
  readonly skipped?: { readonly '@message': string }
  readonly 'system-out'?: string
}

function requirement(backend: BackendReport, complaint: string | undefined): readonly JunitCase[] {
  const named = { '@classname': backend.backend, '@name': 'at hand' }
  if (complaint !== undefined) return [{ ...named, error: { '@message': complaint, '#': complaint } }]
  return backend.status === 'missing'
    ? [{ ...named, skipped: { '@message': `${backend.reason}; ${backend.remedy}` } }]
    : []
}

function rowsOf(backend: BackendReport): readonly JunitCase[] {
  return backend.status === 'ran' ? backend.rows.map((row) => caseOf(backend.backend, row)) : []
}

function caseOf(
  backend: string,
  { kind, name, status, messages, milliseconds, worst, cases, reads, host }: MatrixRow,
): JunitCase {
  const legible = messages.map(xmlText)
  const complaint = { '@message': legible[0] ?? status, '#': legible.join('\n') }
  return {
    '@classname': `${backend}.${kind}`,
    '@name': name,
    '@time': (milliseconds / 1000).toFixed(3),
    ...(status === 'broken' ? { failure: complaint } : {}),
    ...(status === 'errored' ? { error: complaint } : {}),
    ...(status === 'skipped' ? { skipped: { '@message': 'no law applies' } } : {}),
    'system-out': [
      `${cases} cases, worst error ${worst} of what is allowed${reads === undefined ? '' : `, ${count(reads, 'read')} from the device to solve it once`}${host === true ? ', on the host' : ''}`,
      ...legible,
    ].join('\n'),
  }
}

function propertiesOf({ seed, runs }: MatrixReport, backend: BackendReport) {
  const properties: Record<string, string> = { seed: String(seed), 'cases a law': String(runs) }
  if (backend.status === 'ran') {
    properties.device = backend.device
    properties.software = backend.software === undefined ? 'unknown' : String(backend.software)
    properties.modes = backend.modes.join(', ')
  }
  return Object.entries(properties).map(([name, value]) => ({ '@name': name, '@value': value }))
}

import type { Log, Result } from 'sarif'
import type { TestReport } from '../properties/report.js'
import { fingerprintOf, plain, sarifSchema, sentence, uriOf } from './sarif.js'
import { detailsOf, type Outcome, sentenceOf, type TestedLaw, testModel } from './testModel.js'

/** Where a run is told from. */
export interface SarifOptions {
  /** The program's version, as in package.json. */
  readonly version: string
  /** Where the subject stands, if it is a file. */
  readonly file?: string
}

/** What is reported, and how it is weighed. An expected failure is suppressed; what is not listed is only counted. */
const levels: Partial<Readonly<Record<Outcome, 'error' | 'warning' | 'note'>>> = {
  broken: 'error',
  errored: 'error',
  suspicious: 'warning',
  xpassed: 'note',
  xfailed: 'note',
}

/**
 * A conformance run as a SARIF 2.1.0 log: a rule a law that has results, a result for each operator for which the law is broken,
 * errored or suspicious, or came to something else than was expected; expected failures are suppressed with their reason. Results
 * stand at the subject's file, where it is one, and at the operator as a logical location. The totals of all outcomes stand in the
 * properties of the run.
 */
export function testSarif(report: TestReport, { version, file }: SarifOptions): Log {
  const { operators, totals, conditions, claim, notImplemented } = testModel(report)
  const told = operators.flatMap(({ laws }) => laws).filter(({ outcome }) => levels[outcome] !== undefined)
  const rules = [...new Set(told.map(({ law }) => law))]
  return {
    $schema: sarifSchema,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'answerkey',
            version,
            rules: rules.map((law) => ({
              id: law,
              name: law,
              shortDescription: { text: plain(sentence(`the operator ${law}`)) },
              fullDescription: { text: plain(sentence(`every correct implementation of the operator ${law}`)) },
              help: { text: plain(sentence(`every correct implementation of the operator ${law}`)) },
              defaultConfiguration: { level: 'error' },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        ...(file !== undefined && { artifacts: [{ location: { uri: uriOf(file) } }] }),
        results: told.map((law) => resultOf(law, rules.indexOf(law.law), report, file)),
        properties: {
          totals,
          notImplemented,
          ...(claim !== undefined && { claim }),
          ...Object.fromEntries(conditions),
        },
      },
    ],
  }
}

function resultOf(law: TestedLaw, ruleIndex: number, report: TestReport, file: string | undefined): Result {
  const { outcome, operator } = law
  // Code scanning takes results of a rule on one line for the same, unless the hash that it knows tells them apart.
  const fingerprint = fingerprintOf([report.subject, operator, law.law])
  return {
    ruleId: law.law,
    ruleIndex,
    level: levels[outcome] ?? 'none',
    message: { text: messageOf(law, report) },
    locations: [
      {
        ...(file !== undefined && {
          physicalLocation: { artifactLocation: { uri: uriOf(file), index: 0 }, region: { startLine: 1 } },
        }),
        logicalLocations: [{ name: operator, fullyQualifiedName: operator, kind: 'function' }],
      },
    ],
    partialFingerprints: { 'answerkey/law/v1': fingerprint, primaryLocationLineHash: `${fingerprint}:1` },
    ...(outcome === 'xfailed' && { suppressions: [{ kind: 'external', justification: law.xfail ?? '' }] }),
    properties: { outcome },
  }
}

/** What is said of the law, then all that is known of its failure, a line each. */
function messageOf(law: TestedLaw, report: TestReport): string {
  const details = detailsOf(law, report)
    .filter(([name, text]) => name !== 'message' || text.includes('\n'))
    .map(([name, text]) => plain(text.includes('\n') ? `${name}:\n${text}` : `${name}: ${text}`))
  return [plain(`${law.operator} ${law.law}: ${sentenceOf(law)}`), ...details].join('\n')
}

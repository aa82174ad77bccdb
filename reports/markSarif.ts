import type { Artifact, Location, Log, PhysicalLocation, Region, Result, Run } from 'sarif'
import type { Claim, FileReport, UnreadLine } from '../marking/report.js'
import { isRight, type Verdict } from '../marking/verdict.js'
import { flatMapped, mapped } from './lazily.js'
import {
  explanationText,
  legible,
  meanings,
  rootFinder,
  sentenceOf,
  severityOf,
  subjectOf,
  type Tally,
  tallies,
  totalsOf,
} from './markModel.js'
import { fingerprintOf, plain, sarifSchema, sentence, uriOf } from './sarif.js'
import { toNestedText } from './words.js'

/** Where the program that marked is told from. */
export interface SarifOptions {
  /** Its version, as in package.json. */
  readonly version: string
}

/** A log whose lists of files and results are made as they are gone through. */
interface SarifLog extends Omit<Log, 'runs'> {
  readonly runs: readonly (Omit<Run, 'artifacts' | 'results'> & {
    readonly artifacts: Iterable<Artifact>
    readonly results: Iterable<Result>
  })[]
}

/** The rules: what is not simply right. */
const rules = tallies.filter((tally) => tally === 'unread' || !isRight(tally))

/** What each rule is at, where an error is made. */
const levels: Readonly<Record<Exclude<Tally, 'correct' | 'rounded'>, 'error' | 'warning' | 'note'>> = {
  carried: 'note',
  arithmetic: 'error',
  transcription: 'error',
  wrong: 'error',
  unsupported: 'warning',
  missing: 'warning',
  unread: 'note',
}

/**
 * The marking of solutions as a SARIF 2.1.0 log: a rule a verdict, a result for each claim that is not right and each line that was
 * not read, at its place; what follows from an error points to it. Fingerprints rest on what a claim says, not on where it stands.
 * The totals of all verdicts stand in the properties of the run. The reports are gone through several times, one at a time.
 */
export function markSarif(reports: Iterable<FileReport>, { version }: SarifOptions): SarifLog {
  return {
    $schema: sarifSchema,
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'answerkey',
            version,
            rules: rules.map((rule) => ({
              id: rule,
              name: rule,
              shortDescription: { text: sentence(meanings[rule]) },
              fullDescription: { text: sentence(meanings[rule]) },
              help: { text: sentence(meanings[rule]) },
              defaultConfiguration: { level: levelOf(rule) },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        artifacts: mapped(reports, ({ file }) => ({ location: { uri: uriOf(file) } })),
        results: flatMapped(mapped(reports, legible), resultsOf),
        properties: { totals: totalsOf(reports) },
      },
    ],
  }
}

function levelOf(rule: Tally): 'error' | 'warning' | 'note' {
  return rule === 'correct' || rule === 'rounded' ? 'note' : levels[rule]
}

function resultsOf(report: FileReport, artifact: number): readonly Result[] {
  const { file, claims, unread } = report
  const fingerprint = fingerprints()
  const rootOf = rootFinder(claims)
  const artifactLocation = { uri: uriOf(file), index: artifact }
  return [
    ...claims
      .filter(({ verdict }) => !isRight(verdict))
      .map((claim) => {
        const root = rootOf(claim)
        return {
          ...rule(claim.verdict),
          level: severityOf(claim),
          message: { text: messageOf(claim, root) },
          locations: [{ physicalLocation: { artifactLocation, region: regionOf(claim) } }],
          ...(root !== undefined && { relatedLocations: [related(root, artifactLocation)] }),
          partialFingerprints: { 'answerkey/claim/v1': fingerprint(claim) },
        }
      }),
    ...unread.map((line) => ({
      ...rule('unread'),
      level: 'note' as const,
      message: { text: plain(`not read: ${line.why}`) },
      locations: [
        {
          physicalLocation: {
            artifactLocation,
            region: { startLine: line.line },
          },
        },
      ],
      partialFingerprints: { 'answerkey/claim/v1': fingerprint(line) },
    })),
  ]
}

function rule(verdict: Verdict | 'unread') {
  return { ruleId: verdict, ruleIndex: rules.indexOf(verdict) }
}

function regionOf({ line, column, endLine, endColumn }: Claim): Region {
  const startsBeforeEnd = endLine > line || (endLine === line && endColumn > column)
  return {
    startLine: line,
    startColumn: column,
    ...(startsBeforeEnd && { endLine, endColumn }),
  }
}

function related(root: Claim, artifactLocation: PhysicalLocation['artifactLocation']): Location {
  return {
    id: 1,
    message: { text: plain(`the error: ${sentenceOf(root)}`) },
    physicalLocation: { artifactLocation, region: regionOf(root) },
  }
}

/** One paragraph: what is said, what explains it, what is right, and a link to the root error that it follows from. */
function messageOf(claim: Claim, root: Claim | undefined): string {
  const { verdict, expected, carriedValue } = claim
  const subject = verdict === 'missing' ? `missing: ${subjectOf(claim)}, ` : ''
  return [
    plain(`${subject}${sentenceOf(claim)}`),
    ...claim.explanations.map((explanation) => plain(explanationText(explanation))),
    ...(expected === null ? [] : [plain(`The exercise gives ${toNestedText(expected)}.`)]),
    ...(carriedValue === null ? [] : [plain(`The values written before give ${toNestedText(carriedValue)}.`)]),
    ...(root === undefined ? [] : [`Follows from [line ${root.line}](1).`]),
  ].join('\n')
}

/** Fingerprints of what claims say, whatever line they stand on; the same said again is counted. */
function fingerprints(): (claim: Claim | UnreadLine) => string {
  const seen = new Map<string, number>()
  return (claim) => {
    const said = claim.text
    const key = fingerprintOf(
      'verdict' in claim ? [claim.exercise, claim.quantity, claim.index, claim.verdict, said] : ['unread', said],
    )
    const before = seen.get(key) ?? 0
    seen.set(key, before + 1)
    return `${key}:${before + 1}`
  }
}

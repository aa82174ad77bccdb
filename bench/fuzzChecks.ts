import pc from 'picocolors'
import { exercises } from '../exercises/index.js'
import { classSummary } from '../marking/class.js'
import { type Document, UnreadableFile } from '../marking/document/document.js'
import { readDocument } from '../marking/document/reader.js'
import { evaluateBox } from '../marking/evaluation.js'
import type { HostileDocument } from '../marking/fixtures/hostileDocuments.js'
import { isInequality } from '../marking/inequalities.js'
import { markDocument } from '../marking/mark.js'
import { symbolsOf } from '../marking/markFile.js'
import type { FileReport, Summary } from '../marking/report.js'
import { type Side, statementOf } from '../marking/statements.js'
import { classHtml } from '../reports/classHtml.js'
import { classText } from '../reports/classText.js'
import { markCsv } from '../reports/markCsv.js'
import { githubAnnotations } from '../reports/markGithub.js'
import { gradescope } from '../reports/markGradescope.js'
import { markHtml } from '../reports/markHtml.js'
import { markJunit } from '../reports/markJunit.js'
import { totalsText } from '../reports/markModel.js'
import { revealed, revealLevels } from '../reports/markReveal.js'
import { markSarif } from '../reports/markSarif.js'
import { markText } from '../reports/markText.js'

/** What became of a document: marked, refused with a reason that a person can act on, or treated badly. */
export interface Fate {
  readonly kind: 'marked' | 'refused' | 'bad'
  readonly claims: number
  readonly milliseconds: number
  /** Everything that is wrong with how it was treated. */
  readonly troubles: readonly string[]
}

const options = { exercises }

/** Marks a document and writes every report of it. Nothing may be thrown, nothing that the reader delivered may be lost. */
export async function fateOf({ file, content }: HostileDocument): Promise<Fate> {
  const started = performance.now()
  const fate = (kind: Fate['kind'], claims: number, troubles: readonly string[]): Fate => ({
    ...{ kind, claims, troubles },
    milliseconds: performance.now() - started,
  })
  try {
    const document = readDocument(file, content, { symbolsOf: (answered) => symbolsOf(answered, options) })
    const report = await markDocument(document, options)
    const troubles = [
      ...lostSides(document, report).map((lost) => `lost: ${lost}`),
      ...miscounts(report),
      ...(await reportTroubles(report, document.edited([]))),
    ]
    return fate(troubles.length === 0 ? 'marked' : 'bad', report.claims.length, troubles)
  } catch (error) {
    if (error instanceof UnreadableFile) return fate('refused', 0, [])
    return fate('bad', 0, [error instanceof Error ? (error.stack ?? error.message) : String(error)])
  }
}

/**
 * Equalities between numbers, or between as many numbers, which are true or false whatever the exercise, that are neither a claim
 * nor unread. Where a report says that an exercise is not known, chains with more than arithmetic in them, as g(1.5) of an unknown
 * g, need not be.
 */
function lostSides(document: Document, report: FileReport): readonly string[] {
  const onlyArithmetic = report.unread.some(({ why }) => /only the arithmetic|name it in the heading/.test(why))
  const claimed = new Set(report.claims.map(({ line, column }) => `${line}:${column}`))
  const unread = new Set(report.unread.map(({ line }) => line))
  return document.items.flatMap((item) => {
    const statement = statementOf(item)
    if (statement.kind !== 'chain' || statement.section?.role === 'statement') return []
    const first = document.placeOf(statement.span.start).line
    const sizes = statement.sides.slice(statement.sides[0].kind === 'numeric' ? 0 : 1).map(sizeOf)
    const isArithmetic = new Set(sizes).size === 1 && sizes[0] !== undefined
    return statement.sides.flatMap((side, i) => {
      if (i === 0 || side.kind !== 'numeric' || statement.sides[i - 1].kind !== 'numeric') return []
      if (isInequality(statement.relations[i - 1])) return []
      if (onlyArithmetic && !isArithmetic) return []
      if (sizeOf(statement.sides[i - 1]) !== sizeOf(side)) return []
      const { line, column } = document.placeOf(side.expression.span.start)
      if (claimed.has(`${line}:${column}`) || unread.has(line) || unread.has(first)) return []
      return [`${line}:${column} in ${JSON.stringify(item.text.slice(0, 200))}`]
    })
  })
}

/** How many numbers a side is, if it can be computed. */
function sizeOf({ kind, expression }: Side): number | undefined {
  const value = kind === 'numeric' ? evaluateBox(expression, { habit: 'rounds' }) : undefined
  return value !== undefined && 'box' in value ? value.box.low.length : undefined
}

/** Totals that are not what they count. */
function miscounts({ summary, claims, unread }: FileReport): readonly string[] {
  const counts: Record<string, number> = { unread: unread.length }
  for (const { verdict } of claims) counts[verdict] = (counts[verdict] ?? 0) + 1
  return Object.entries(summary satisfies Summary).flatMap(([tally, total]) =>
    total === (counts[tally] ?? 0) ? [] : [`${tally} is said to be ${total}, and is ${counts[tally] ?? 0}`],
  )
}

/** Every report, at one level of --reveal after the other: what it throws, and markup of the student's that lives on in a page. */
async function reportTroubles(report: FileReport, source: string): Promise<readonly string[]> {
  const level = revealLevels[(report.claims.length + source.length) % revealLevels.length]
  const shown = revealed(report, level)
  const summary = classSummary([{ name: shown.file, reports: [shown, shown] }], undefined)
  const colors = pc.createColors(false)
  const page = { file: shown.file, page: 'page.html', totals: totalsText(shown.summary) }
  const pages = [await markHtml(shown, source), classHtml(summary, undefined, [page])]
  const written = [
    ...pages,
    markText(shown, colors, false, source),
    classText(summary, undefined, colors),
    markJunit([shown]),
    JSON.stringify(markSarif([shown], { version: '0' })),
    markCsv([shown]),
    JSON.stringify(gradescope(shown)),
    githubAnnotations([shown]),
    JSON.stringify(shown),
  ]
  return [
    ...pages.flatMap((html) => (alive.test(html) ? [`in HTML: ${alive.exec(html)?.[0]}`] : [])),
    ...written.flatMap((text) => (text.includes('\0') ? [`NUL in a report: ${text.slice(0, 100)}`] : [])),
  ]
}

/** What a browser would run or fetch. */
const alive =
  /<(?:script|iframe|object|embed|img|link|base|form)\b|<[a-z][^>"']*(?:"[^"]*"[^>"']*|'[^']*'[^>"']*)*\s(?:on\w+\s*=|(?:href|src)\s*=\s*["']?\s*(?:javascript|data|https?):)/i

import fc from 'fast-check'
import { DOMParser, parseHTML } from 'linkedom'
import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import type { FileReport, Summary } from '../marking/report.js'
import { errorsIn, marked } from './fixtures/fileReports.js'
import { markCsv } from './markCsv.js'
import { githubAnnotations } from './markGithub.js'
import { gradescope } from './markGradescope.js'
import { markHtml } from './markHtml.js'
import { markJunit } from './markJunit.js'
import { type Tally, tallies, totalsOf } from './markModel.js'
import { markSarif } from './markSarif.js'
import { markText } from './markText.js'

const uncoloured = pc.createColors(false)

/** Totals by verdict of whatever was counted. */
function tallied(all: readonly string[]): Summary {
  const count = (tally: Tally) => all.filter((one) => one === tally).length
  return totalsOf([
    { ...empty, summary: { ...empty.summary, ...Object.fromEntries(tallies.map((t) => [t, count(t)])) } },
  ])
}

const empty: FileReport = {
  ...{ file: '', exercises: [], claims: [], unread: [], findings: [] },
  summary: {
    ...{ correct: 0, rounded: 0, carried: 0, arithmetic: 0, transcription: 0, wrong: 0, unsupported: 0, missing: 0 },
    unread: 0,
  },
}

/** The rows of a CSV file as RFC 4180 has it. */
function csvRows(csv: string): readonly (readonly string[])[] {
  const rows: string[][] = [[]]
  for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    rows[rows.length - 1].push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === '\n') rows.push([])
  }
  return rows.filter((row) => row.some((cell) => cell !== ''))
}

/** What a marking adds up to, from each format by itself. */
const parsed: Readonly<Record<string, (report: FileReport, source: string) => Promise<Summary> | Summary>> = {
  JSON: (report) => {
    const { claims, unread }: FileReport = JSON.parse(JSON.stringify(report))
    return tallied([...claims.map(({ verdict }) => verdict), ...unread.map(() => 'unread')])
  },
  text: (report, source) => {
    const text = markText(report, uncoloured, true, source)
    const last = text.slice(text.lastIndexOf('\n\n'))
    const counts = [...last.matchAll(/(?<!\S)(\d+)\s+([a-z]+)(?=,|\s*$)/g)]
    return tallied(counts.flatMap(([, count, verdict]) => Array.from({ length: Number(count) }, () => verdict)))
  },
  'JUnit, by case': (report) => {
    const document = new DOMParser().parseFromString(markJunit([report]), 'text/xml')
    const cases = [...document.querySelectorAll('testcase')]
    const passed = cases.filter((one) => one.querySelector('failure, skipped') === null).length
    const verdicts = cases.flatMap((one) => {
      const [failure, skipped] = [one.querySelector('failure'), one.querySelector('skipped')]
      if (failure !== null) return [String(failure.getAttribute('type'))]
      return skipped === null ? [] : [String(skipped.getAttribute('message')).split(':', 1)[0]]
    })
    // Which of what passes is rounded stands in the properties only.
    const { rounded } = report.summary
    expect(passed).toBe(report.summary.correct + rounded)
    return { ...tallied(verdicts), correct: passed - rounded, rounded }
  },
  'JUnit, by property': (report) => {
    const document = new DOMParser().parseFromString(markJunit([report]), 'text/xml')
    const properties = [...document.querySelectorAll('property')].flatMap((one) =>
      Array.from({ length: Number(one.getAttribute('value')) }, () => String(one.getAttribute('name'))),
    )
    return tallied(properties)
  },
  SARIF: (report) => {
    const [{ results, properties }] = markSarif([report], { version: '1.0.0' }).runs
    const { correct, rounded } = properties?.totals ?? {}
    return { ...tallied(Array.from(results, ({ ruleId }) => String(ruleId))), correct, rounded }
  },
  CSV: (report) => {
    const [head, row] = csvRows(markCsv([report]))
    return tallied(tallies.flatMap((tally) => Array.from({ length: Number(row[head.indexOf(tally)]) }, () => tally)))
  },
  'HTML, by row': async (report, source) => {
    const { document } = parseHTML(await markHtml(report, source))
    const rows = [...document.querySelectorAll('.totals tbody tr')]
    return tallied(
      rows.flatMap((row) =>
        Array.from({ length: Number(row.querySelector('td')?.textContent) }, () =>
          String(row.querySelector('th')?.textContent),
        ),
      ),
    )
  },
  'HTML, by remark': async (report, source) => {
    const { document } = parseHTML(await markHtml(report, source))
    const sheet = document.querySelector('.sheet')
    const said =
      sheet === null
        ? [...document.querySelectorAll('.remark strong')].map((one) => String(one.textContent))
        : [...sheet.querySelectorAll('tbody tr td:nth-child(4)')].map((one) => String(one.textContent).slice(2))
    const missing = [...document.querySelectorAll('section[aria-labelledby=missing] li')].map(() => 'missing')
    const { correct, rounded } = report.summary
    return { ...tallied([...said, ...missing]), correct, rounded }
  },
  Gradescope: (report) => {
    const { output, tests } = gradescope(report)
    const said = tests.flatMap((test) =>
      [...test.output.matchAll(/^line \d+, ([a-z]+): /gm)].map(([, verdict]) => verdict),
    )
    const missing = tests.flatMap((test) => test.output.match(/^asked for and not found/gm) ?? [])
    const unread = output.match(/^not read, line/gm) ?? []
    const { correct, rounded } = report.summary
    return { ...tallied([...said, ...missing.map(() => 'missing'), ...unread.map(() => 'unread')]), correct, rounded }
  },
}

describe('totals', () => {
  it.each(Object.entries(parsed))('are those of the report: %s', async (_, totals) => {
    await fc.assert(
      fc.asyncProperty(marked, async ({ report, source }) => {
        expect(await totals(report, source)).toEqual(report.summary)
      }),
      { numRuns: 150 },
    )
  })

  it('of several files are their sums, and GitHub is told of every root error', () => {
    fc.assert(
      fc.property(fc.array(marked, { maxLength: 4 }), (all) => {
        const reports = all.map(({ report }) => report)
        const sums = totalsOf(reports)
        const document = new DOMParser().parseFromString(markJunit(reports), 'text/xml')
        const suites = document.querySelector('testsuites')
        expect(Number(suites?.getAttribute('tests'))).toBe(tallies.reduce((sum, tally) => sum + sums[tally], 0))
        const lines = githubAnnotations(reports)
          .split('\n')
          .filter((line) => line !== '')
        const roots = reports.reduce((sum, report) => sum + errorsIn(report), 0)
        expect(lines.filter((line) => /^::(error|warning) /.test(line))).toHaveLength(Math.min(10, roots))
        expect(lines.filter((line) => line.startsWith('::notice')).join()).toMatch(
          roots > 10 ? new RegExp(`^::notice::${roots - 10} more error`) : /^$/,
        )
        expect(lines).toHaveLength(Math.min(roots, 11))
      }),
      { numRuns: 100 },
    )
  })
})

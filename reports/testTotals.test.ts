import fc from 'fast-check'
import { DOMParser, parseHTML } from 'linkedom'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { toString as textOf } from 'mdast-util-to-string'
import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import { stringify } from '../oracle/wire.js'
import { outcomeOf, type Summary, type TestReport } from '../properties/report.js'
import { reportSchema } from '../properties/reportSchema.js'
import { testReports } from './fixtures/testReports.js'
import { testHtml } from './testHtml.js'
import { testJunit } from './testJunit.js'
import { testMarkdown } from './testMarkdown.js'
import { type Outcome, outcomeNames, outcomes } from './testModel.js'
import { testSarif } from './testSarif.js'
import { testText } from './testText.js'

/** Totals of whatever was counted. */
function tallied(all: readonly (string | undefined)[]): Summary {
  const count = (outcome: Outcome) => all.filter((one) => one === outcome).length
  return {
    ...{ held: count('held'), broken: count('broken'), suspicious: count('suspicious'), errored: count('errored') },
    ...{ skipped: count('skipped'), unsupported: count('unsupported') },
    ...{ xfailed: count('xfailed'), xpassed: count('xpassed') },
  }
}

/** Totals from texts such as `3 not supported`. */
function fromWords(words: Readonly<Record<Outcome, string>>, text: string): Summary {
  return tallied(
    outcomes.flatMap((outcome) => {
      const [, times = '0'] = new RegExp(`(?<!\\S)(\\d+) ${words[outcome]}(?=,|$| \\()`, 'm').exec(text) ?? []
      return Array.from({ length: Number(times) }, () => outcome)
    }),
  )
}

const inText: Readonly<Record<Outcome, string>> = {
  ...outcomeNames,
  xfailed: 'expected to fail',
  xpassed: 'held though expected to fail',
}

type XmlElement = ReturnType<ReturnType<typeof xmlOf>['querySelectorAll']>[number]

/** What an outcome is in JUnit; what passes says in its output if it does not simply hold. */
function junitOutcome(one: XmlElement): string | undefined {
  for (const name of ['failure', 'error']) {
    const complaint = one.querySelector(name)
    if (complaint !== null) return complaint.getAttribute('type') ?? undefined
  }
  const skipped = one.querySelector('skipped')?.getAttribute('message')
  if (skipped?.startsWith('expected to fail: ')) return 'xfailed'
  if (skipped?.startsWith('not supported: ')) return 'unsupported'
  if (skipped?.startsWith('skipped: ')) return 'skipped'
  return /^(suspicious|xpassed): /.exec(one.querySelector('system-out')?.textContent ?? 'held')?.[1] ?? 'held'
}

function xmlOf(report: TestReport) {
  return new DOMParser().parseFromString(testJunit(report), 'text/xml')
}

function times(names: readonly (readonly [string, number])[]): readonly string[] {
  return names.flatMap(([name, n]) => Array.from({ length: n }, () => name))
}

/** What a run adds up to, from each format by itself. */
const parsed: Readonly<Record<string, (report: TestReport) => Summary>> = {
  JSON: (report) => {
    const { operators } = reportSchema.parse(JSON.parse(stringify(report)))
    return tallied(Object.values(operators).flatMap(({ laws }) => laws.map(outcomeOf)))
  },
  text: (report) => {
    const lines = testText(report, pc.createColors(false), true).trimEnd().split('\n')
    return fromWords(inText, lines[lines.length - 1].replace(/^.*\): (?=\d+ held)/, ''))
  },
  'JUnit, by case': (report) =>
    tallied(
      [...xmlOf(report).querySelectorAll('testcase')]
        .filter((one) => one.getAttribute('classname') !== 'not implemented')
        .map(junitOutcome),
    ),
  'JUnit, by property': (report) =>
    tallied(
      times(
        [...xmlOf(report).querySelectorAll('property')].map((one) => [
          one.getAttribute('name') ?? '',
          outcomes.some((outcome) => outcome === one.getAttribute('name')) ? Number(one.getAttribute('value')) : 0,
        ]),
      ),
    ),
  'SARIF, by result': (report) => {
    const [{ results = [], properties }] = testSarif(report, { version: '1.0.0' }).runs
    const { held, skipped, unsupported } = properties?.totals ?? {}
    return { ...tallied(results.map((result) => result.properties?.outcome)), held, skipped, unsupported }
  },
  'SARIF, by property': (report) => testSarif(report, { version: '1.0.0' }).runs[0].properties?.totals,
  'HTML, by total': (report) => {
    const { document } = parseHTML(testHtml(report))
    const rows = [...document.querySelectorAll('.totals tbody tr')]
    return tallied(times(rows.map((row) => [row.className, Number(row.querySelector('td')?.textContent)])))
  },
  'HTML, by law': (report) => {
    const { document } = parseHTML(testHtml(report))
    return tallied([...document.querySelectorAll('.laws tbody tr')].map((row) => row.className))
  },
  'HTML, by cell of the matrix': (report) => {
    const { document } = parseHTML(testHtml(report))
    const cells = [...document.querySelectorAll('.matrix td[title]')].map((cell) => {
      const title = cell.getAttribute('title') ?? ''
      const one = /: ([a-z ]+)$/.exec(title)?.[1]
      const several = [...title.matchAll(/(?<=: |, )(\d+) ([a-z ]+)(?=, \d|$)/g)]
      return several.length > 0
        ? times(several.map(([, n, name]) => [name, Number(n)]))
        : [one ?? 'a cell that cannot be read']
    })
    const byName = new Map(outcomes.map((outcome) => [outcomeNames[outcome], outcome]))
    return tallied(cells.flat().map((name) => byName.get(name)))
  },
  Markdown: (report) => {
    const [, second] = fromMarkdown(testMarkdown(report)).children
    return fromWords(outcomeNames, textOf(second))
  },
}

describe('totals', () => {
  it.each(Object.entries(parsed))('are those of the report: %s', (_, totals) => {
    fc.assert(
      fc.property(testReports, (report) => {
        expect(totals(report)).toEqual(report.summary)
      }),
      { numRuns: 50 },
    )
  })

  it('of suites and of the whole add up in JUnit', () => {
    fc.assert(
      fc.property(testReports, (report) => {
        const document = xmlOf(report)
        const [root] = document.querySelectorAll('testsuites')
        for (const [attribute, selector] of [
          ['tests', 'testcase'],
          ['failures', 'failure'],
          ['errors', 'error'],
          ['skipped', 'skipped'],
        ]) {
          expect(Number(root.getAttribute(attribute))).toBe(root.querySelectorAll(selector).length)
          for (const suite of root.querySelectorAll('testsuite'))
            expect(Number(suite.getAttribute(attribute))).toBe(suite.querySelectorAll(selector).length)
        }
      }),
      { numRuns: 50 },
    )
  })
})

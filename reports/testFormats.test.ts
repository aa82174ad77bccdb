import fc from 'fast-check'
import { parseHTML } from 'linkedom'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { describe, expect, it } from 'vitest'
import { create } from 'xmlbuilder2'
import { z } from 'zod'
import type { LawReport, TestReport } from '../properties/report.js'
import { statusOf, summaryOf } from '../properties/report.js'
import { artifactLocation, sarifLog } from './fixtures/sarifLog.js'
import { objectionTo } from './fixtures/sarifSchema.js'
import { hostileWords, testReports } from './fixtures/testReports.js'
import { testHtml } from './testHtml.js'
import { testJunit } from './testJunit.js'
import { testMarkdown } from './testMarkdown.js'
import { testSarif } from './testSarif.js'

const broken: LawReport = {
  law: 'agrees with the oracle',
  status: 'broken',
  runs: 3,
  milliseconds: 12,
  counterexample: {
    inputs: { x: { shape: [1, 2], data: [0, 88] } },
    attributes: { axis: -1 },
    expected: { y: { shape: [1, 2], data: [0, 1] } },
    actual: { y: { shape: [1, 2], data: [0, 0.5] } },
  },
  message: 'y[0, 1] is 0.5, expected 1',
  worst: 0.5,
  allowed: 0.125,
  ratio: 4,
  mistake: 'softmax without subtracting the maximum',
  replay: 'answerkey test ./impl.ts --operators softmax --seed 1 --path 2:0',
  worstElement: { what: 'y', index: [0, 1], actual: 0.5, expected: 1, ulps: 4_194_304 },
  errors: [1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
}

/** A run of softmax alone, with these laws. */
function runOf(laws: readonly LawReport[], more: Partial<TestReport> = {}): TestReport {
  const operators = { softmax: { status: statusOf(laws), laws } }
  return {
    ...{ version: 1, subject: 'mine', spec: './impl.ts', precision: 'float32', profile: 'ieee', seed: 1, runs: 100 },
    ...{ operators, notImplemented: [], summary: summaryOf(Object.values(operators)), milliseconds: 20, ...more },
  }
}

const unsupported: LawReport = {
  law: 'counts an axis from the end as well as from the front',
  ...{ status: 'unsupported', runs: 0, milliseconds: 1, why: 'axis other than -1' },
}
const expected: LawReport = { ...broken, xfail: 'issue 12' }

describe('testJunit', () => {
  it('fails what is broken, with the call, what is off and how to replay it', () => {
    const xml = testJunit(runOf([broken]), 'impl.ts')
    expect(xml).toContain('<testsuite name="softmax" tests="1" failures="1" errors="0" skipped="0" time="0.012">')
    expect(xml).toContain('<testcase classname="softmax" name="agrees with the oracle" time="0.012" file="impl.ts">')
    expect(xml).toContain('<failure type="broken" message="y[0, 1] is 0.5, expected 1">')
    expect(xml).toContain('call: operators.softmax.forward({ x: [[0, 88]] }, { axis: -1 })')
    expect(xml).toContain('worst element: y[0, 1]: got 0.5, expected 1, 4.2e+6 ulps off')
    expect(xml).toContain('replay: answerkey test ./impl.ts --operators softmax --seed 1 --path 2:0')
  })

  it('skips what is not supported, not implemented or expected to fail, and says why', () => {
    const xml = testJunit(runOf([unsupported, expected], { notImplemented: ['lstm'] }))
    expect(xml).toContain('<skipped message="not supported: axis other than -1"/>')
    expect(xml).toContain('<skipped message="expected to fail: issue 12 (y[0, 1] is 0.5, expected 1)"/>')
    expect(xml).toContain('<testcase classname="not implemented" name="lstm">')
  })

  it('is XML, whatever a report holds', () => {
    fc.assert(
      fc.property(testReports, fc.constantFrom(...hostileWords), (report, file) => {
        const xml = testJunit(report, file)
        expect(() => create(xml)).not.toThrow()
        // No character that XML 1.0 forbids, and no markup of a subject's.
        expect(xml).not.toMatch(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u)
        expect(xml).not.toMatch(
          /<(?!\/?(?:testsuites?|testcase|propert(?:y|ies)|failure|error|skipped|system-out)\b|\?xml)/,
        )
      }),
      { numRuns: 50 },
    )
  })
})

const sarif = sarifLog({
  locations: z
    .array(
      z.strictObject({
        physicalLocation: z
          .strictObject({ artifactLocation, region: z.strictObject({ startLine: z.int().min(1) }) })
          .optional(),
        logicalLocations: z.array(
          z.strictObject({ name: z.string(), fullyQualifiedName: z.string(), kind: z.string() }),
        ),
      }),
    )
    .length(1),
  suppressions: z
    .array(z.strictObject({ kind: z.enum(['external', 'inSource']), justification: z.string() }))
    .optional(),
  properties: z.record(z.string(), z.unknown()),
})

describe('testSarif', () => {
  it('is a log of SARIF 2.1.0 whose results lead to their rules, whatever a report holds', () => {
    fc.assert(
      fc.property(
        testReports,
        fc.option(fc.constantFrom('impl.ts', './a b/%.py', '/x/y.ts'), { nil: undefined }),
        (report, file) => {
          const log = testSarif(report, { version: '1.0.0', ...(file !== undefined && { file }) })
          const [{ tool, results }] = sarif.parse(JSON.parse(JSON.stringify(log))).runs
          expect(objectionTo(JSON.parse(JSON.stringify(log)))).toBeUndefined()
          for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex].id).toBe(ruleId)
          const ids = tool.driver.rules.map(({ id }) => id)
          expect(new Set(ids).size).toBe(ids.length)
        },
      ),
      { numRuns: 50 },
    )
  })

  it('stands at the file of the subject and at the operator', () => {
    const [{ results = [] }] = testSarif(runOf([broken]), { version: '1.0.0', file: './impl.ts' }).runs
    expect(results[0]).toMatchObject({
      ruleId: 'agrees with the oracle',
      level: 'error',
      locations: [
        {
          physicalLocation: { artifactLocation: { uri: 'impl.ts' }, region: { startLine: 1 } },
          logicalLocations: [{ fullyQualifiedName: 'softmax' }],
        },
      ],
    })
    // Braces stand for placeholders in SARIF, unless they are doubled.
    expect(results[0].message.text).toContain('call: operators.softmax.forward({{ x: [[0, 88]] }}, {{ axis: -1 }})')
  })

  it('suppresses what is expected to fail, with the reason', () => {
    const [{ results = [] }] = testSarif(runOf([expected, unsupported]), { version: '1.0.0' }).runs
    expect(results).toHaveLength(1)
    expect(results[0]).toMatchObject({ level: 'note', suppressions: [{ kind: 'external', justification: 'issue 12' }] })
  })
})

const elements = new Set(
  'html head meta title style body main section div h1 h2 p ul ol li table caption thead tbody tr th td span strong small code pre a details summary dl dt dd svg path'.split(
    ' ',
  ),
)
const attributes = new Set(
  'class id lang charset name content http-equiv href scope colspan title open role aria-hidden aria-label aria-labelledby width height viewbox d'.split(
    ' ',
  ),
)

describe('testHtml', () => {
  it('is a page that fetches and runs nothing, whatever a report holds', () => {
    fc.assert(
      fc.property(testReports, (report) => {
        const html = testHtml(report)
        const { document } = parseHTML(html)
        for (const element of document.querySelectorAll('*')) {
          expect([...elements]).toContain(element.localName.toLowerCase())
          for (const { name, value } of element.attributes) {
            expect([...attributes]).toContain(name.toLowerCase())
            if (name === 'href') expect(document.getElementById(value.slice(1)), value).not.toBeNull()
          }
        }
        expect(html).toContain(`<meta http-equiv="Content-Security-Policy" content="default-src 'none';`)
        expect(html).not.toMatch(/url\(|@import|<script/)
      }),
      { numRuns: 50 },
    )
  })

  it('unfolds to the counterexample as the user’s own call', () => {
    const { document } = parseHTML(testHtml(runOf([broken])))
    const [details] = document.querySelectorAll('.laws details')
    const said = [...details.querySelectorAll('dt')].map((name) => String(name.textContent))
    const shown = [...details.querySelectorAll('dd')].map((value) => String(value.textContent))
    const at = (name: string) => shown[said.indexOf(name)]
    expect(at('call')).toBe('operators.softmax.forward({ x: [[0, 88]] }, { axis: -1 })')
    expect(at('expected y')).toBe('[[0, 1]]')
    expect(at('actual y')).toBe('[[0, 0.5]]')
    expect(at('error')).toBe('0.5 where 0.125 is allowed (4× the acceptance bound)')
  })

  it('has a column for each law that most operators have, and one for the operator’s own and one for refusals', () => {
    const own = { ...broken, law: 'has entries that sum to one' }
    const refusal = { ...unsupported, law: 'refuses an unknown input' }
    const { document } = parseHTML(testHtml(runOf([broken, own, refusal])))
    const columns = [...document.querySelectorAll('.matrix th[scope=col]')].map((column) =>
      column.getAttribute('title'),
    )
    const cells = [...document.querySelectorAll('.matrix td[title]')].map((cell) => cell.getAttribute('title'))
    expect(columns).toEqual(['agrees with the oracle', 'the mathematics of the operator itself', 'refuses bad calls'])
    expect(cells).toEqual([
      'softmax agrees with the oracle: broken',
      'softmax has entries that sum to one: broken',
      'softmax refuses an unknown input: not supported',
    ])
  })

  it('shows errors as a histogram of units in the last place', () => {
    const html = testHtml(runOf([broken]))
    expect(html).toContain('<title>exact: 1 case; up to 1 ulp: 1 case; above 1024 ulps: 1 case</title>')
    const { document } = parseHTML(html)
    const rows = [...document.querySelectorAll('.errors tr')].map((row) => [
      row.querySelector('th')?.textContent,
      row.querySelectorAll('td')[1].textContent,
    ])
    expect(rows.filter(([, cases]) => cases !== '0')).toEqual([
      ['exact', '1'],
      ['up to 1 ulp', '1'],
      ['above 1024 ulps', '1'],
    ])
  })

  it('gives every outcome a sign, for no colour is told by everybody', () => {
    const { document } = parseHTML(testHtml(runOf([broken])))
    const signs = [...document.querySelectorAll('.totals .sign')].map((sign) => sign.textContent)
    expect(new Set(signs).size).toBe(8)
  })
})

/** Every kind of node in a tree. */
function kindsIn(node: { type: string; children?: readonly { type: string }[] }): readonly string[] {
  return [node.type, ...(node.children ?? []).flatMap(kindsIn)]
}

describe('testMarkdown', () => {
  it('holds nothing of a subject’s that is markup, a link or a picture, whatever a report holds', () => {
    const plain = ['root', 'heading', 'paragraph', 'text', 'strong', 'list', 'listItem', 'code', 'break']
    fc.assert(
      fc.property(testReports, (report) => {
        const markdown = testMarkdown(report)
        expect(kindsIn(fromMarkdown(markdown)).filter((kind) => !plain.includes(kind))).toEqual([])
        const outsideCode = markdown.replaceAll(/^ {2}(`{3,})\n[\s\S]*?\n {2}\1$/gm, '')
        // What GitHub would make links of by itself, and names that it would notify.
        expect(outsideCode).not.toMatch(/https?:|(?<!\\)@|www\.\w/)
      }),
      { numRuns: 100 },
    )
  })

  it('tells laws that fail for one reason together', () => {
    const markdown = testMarkdown(runOf([broken, { ...broken, law: 'has entries that sum to one' }]))
    expect(markdown).toContain(
      '- ❌ broken: **softmax** agrees with the oracle: y\\[0, 1\\] is 0.5, expected 1 (and likewise 1 more law)',
    )
    expect(markdown).toContain('| softmax |  | ❌ 1 broken | ❌ 1 broken |  |  |')
  })

  it('stays within what the summary of a step may hold', () => {
    const many = Array.from({ length: 5000 }, (_, i) => ({
      ...broken,
      law: `law ${i}`,
      message: `${i} ${'x'.repeat(9000)}`,
    }))
    expect(testMarkdown(runOf(many)).length).toBeLessThan(100_000)
    expect(testMarkdown(runOf(many))).toContain('and 4970 more laws')
  })
})

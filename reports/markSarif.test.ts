import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { FileReport } from '../marking/report.js'
import { marked } from './fixtures/fileReports.js'
import { artifactLocation, message, sarifLog } from './fixtures/sarifLog.js'
import { objectionTo } from './fixtures/sarifSchema.js'
import { someClaim, someReport } from './fixtures/someReport.js'
import { markSarif } from './markSarif.js'
import { uriOf } from './sarif.js'

const whole = z.int().min(1)
const region = z.strictObject({
  startLine: whole,
  startColumn: whole.optional(),
  endLine: whole.optional(),
  endColumn: whole.optional(),
})
const location = z.strictObject({
  id: z.int().min(0).optional(),
  message: message.optional(),
  physicalLocation: z.strictObject({ artifactLocation, region }),
})
const sarif = sarifLog({ locations: z.array(location).length(1), relatedLocations: z.array(location).optional() })

function resultsOf(...reports: readonly FileReport[]) {
  return sarif.parse(JSON.parse(JSON.stringify(markSarif(reports, { version: '1.0.0' })))).runs[0].results
}

function fingerprints(...reports: readonly FileReport[]): readonly string[] {
  return resultsOf(...reports).flatMap(({ partialFingerprints }) => Object.values(partialFingerprints))
}

describe('markSarif', () => {
  it('is a log of SARIF 2.1.0, whatever solutions hold', () => {
    fc.assert(
      fc.property(fc.uniqueArray(marked, { maxLength: 3, selector: ({ report }) => uriOf(report.file) }), (all) => {
        const log: unknown = JSON.parse(
          JSON.stringify(
            markSarif(
              all.map(({ report }) => report),
              { version: '1.0.0' },
            ),
          ),
        )
        expect(objectionTo(log)).toBeUndefined()
        const [run] = sarif.parse(log).runs
        for (const {
          ruleId,
          ruleIndex,
          locations,
          relatedLocations,
          message: { text },
        } of run.results) {
          expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId)
          const { artifactLocation: file, region: there } = locations[0].physicalLocation
          expect((run.artifacts ?? [])[file.index ?? -1].location.uri).toBe(file.uri)
          // A region that ends ends behind its beginning.
          if (there.endColumn !== undefined && there.endLine === there.startLine)
            expect(there.endColumn).toBeGreaterThan(there.startColumn ?? 1)
          // Links lead to related locations, and placeholders are none.
          const links = [...text.matchAll(/(?<!\\)\[[^\]\\]*\]\((\d+)\)/g)].map(([, id]) => Number(id))
          expect(links).toEqual((relatedLocations ?? []).map(({ id }) => id))
          expect(text.replaceAll(/\{\{|\}\}/g, '')).not.toMatch(/[{}]/)
        }
        expect(
          new Set(
            run.results.map((result) =>
              JSON.stringify([result.locations[0].physicalLocation.artifactLocation.index, result.partialFingerprints]),
            ),
          ).size,
        ).toBe(run.results.length)
      }),
      { numRuns: 200 },
    )
  })

  it('shows an error at its place, and what follows from it with a link to it', () => {
    const root = someClaim()
    const carried = someClaim({
      line: 7,
      column: 2,
      endLine: 7,
      endColumn: 5,
      verdict: 'carried',
      root: false,
      carriedFrom: 3,
    })
    const [error, note] = resultsOf(someReport([root, carried], { file: 'hand in/ä:1.md' }))
    expect(error).toMatchObject({ ruleId: 'arithmetic', level: 'error' })
    expect(error.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'hand%20in/%C3%A4%3A1.md', index: 0 },
      region: { startLine: 3, startColumn: 34, endLine: 3, endColumn: 39 },
    })
    expect(note).toMatchObject({ ruleId: 'carried', level: 'note' })
    expect(note.message.text).toContain('[line 3](1)')
    expect(note.relatedLocations?.[0]).toMatchObject({ id: 1, physicalLocation: { region: { startLine: 3 } } })
  })

  it('names a file by its URI where its path is absolute', () => {
    const [{ locations }] = resultsOf(someReport([someClaim()], { file: '/hand in/a.md' }))
    expect(locations[0].physicalLocation.artifactLocation.uri).toBe('file:///hand%20in/a.md')
  })

  it('warns of what is missing or unsupported, notes what could not be read, and says nothing of what is right', () => {
    const claims = [
      someClaim({ verdict: 'missing', root: false, text: '' }),
      someClaim({ verdict: 'unsupported' }),
      someClaim({ verdict: 'correct', root: false }),
      someClaim({ verdict: 'rounded', root: false }),
    ]
    const results = resultsOf(someReport(claims, { unread: [{ line: 9, text: 'x', why: 'a word' }] }))
    expect(results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
      ['missing', 'warning'],
      ['unsupported', 'warning'],
      ['unread', 'note'],
    ])
  })

  it('knows a claim again on another line, and tells apart what is said twice', () => {
    const moved = { line: 40, endLine: 40 }
    const twice = someReport([someClaim(), someClaim({ line: 5, endLine: 5 })])
    expect(fingerprints(someReport([someClaim(moved)]))).toEqual(fingerprints(someReport([someClaim()])))
    expect(new Set(fingerprints(twice)).size).toBe(2)
    expect(fingerprints(someReport([someClaim({ text: 'z = 1' })]))).not.toEqual(
      fingerprints(someReport([someClaim()])),
    )
  })
})

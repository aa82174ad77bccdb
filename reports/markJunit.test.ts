import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { create } from 'xmlbuilder2'
import { marked } from './fixtures/fileReports.js'
import { someClaim, someReport } from './fixtures/someReport.js'
import { markJunit } from './markJunit.js'

describe('markJunit', () => {
  it('fails where an error is made, skips what follows from it, and passes what is right', () => {
    const carried = someClaim({ line: 7, verdict: 'carried', root: false, carriedFrom: 3, message: '', quantity: 'y5' })
    const right = someClaim({
      line: 9,
      verdict: 'correct',
      root: false,
      message: '',
      quantity: null,
      text: '1 + 1 = 2',
    })
    const xml = markJunit([
      someReport([someClaim(), carried, right], { unread: [{ line: 11, text: 'x?', why: 'a sign' }] }),
    ])
    expect(xml).toContain('<testsuite name="a.md" tests="4" failures="1" errors="0" skipped="2">')
    expect(xml).toContain(
      '<testcase classname="ntua/1.1b" name="line 3, error: y_{target} - y_5 = 1 - 0.317 = 0.983" file="a.md" line="3">',
    )
    expect(xml).toContain('<failure type="arithmetic" message="1 - 0.317 is 0.683, not 0.983: one digit differs">')
    expect(xml).toContain('the exercise gives 0.683292')
    expect(xml).toContain(
      '<skipped message="carried: not what the exercise gives, but right from an earlier wrong value (follows from line 3)"/>',
    )
    expect(xml).toContain('<testcase classname="ntua/1.1b" name="line 9, 1 + 1 = 2" file="a.md" line="9"/>')
    expect(xml).toContain('<skipped message="unread: a sign"/>')
  })

  it('fails what is missing, by what it is', () => {
    const xml = markJunit([
      someReport([someClaim({ verdict: 'missing', root: false, text: '', message: 'the new weight' })]),
    ])
    expect(xml).toContain('name="error: the new weight"')
    expect(xml).toContain('<failure type="missing" message="asked for and not found">')
  })

  it('is XML, whatever solutions hold', () => {
    fc.assert(
      fc.property(fc.array(marked, { maxLength: 3 }), (all) => {
        const xml = markJunit(all.map(({ report }) => report))
        expect(() => create(xml)).not.toThrow()
        // No character that XML 1.0 forbids, and no markup of a solution's.
        expect(xml).not.toMatch(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u)
        expect(xml).not.toContain('<script')
      }),
    )
  })
})

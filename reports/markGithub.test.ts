import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { marked } from './fixtures/fileReports.js'
import { someClaim, someReport } from './fixtures/someReport.js'
import { githubAnnotations } from './markGithub.js'

describe('githubAnnotations', () => {
  it('shows an error at its place', () => {
    expect(githubAnnotations([someReport([someClaim()])])).toBe(
      '::error file=a.md,line=3,endLine=3,col=34,endColumn=39,title=arithmetic%3A ntua/1.1b error::1 - 0.317 is 0.683, not 0.983: one digit differs\n',
    )
  })

  it('escapes what would end a property or the message', () => {
    const report = someReport([someClaim({ message: '100%\nof 1:2, \u0007', quantity: 'a,b:c' })], {
      file: 'x,y:z%.md',
    })
    expect(githubAnnotations([report])).toBe(
      '::error file=x%2Cy%3Az%25.md,line=3,endLine=3,col=34,endColumn=39,title=arithmetic%3A ntua/1.1b a%2Cb%3Ac::100%25 of 1:2, �\n',
    )
  })

  it('says where an error over several lines begins and ends', () => {
    expect(githubAnnotations([someReport([someClaim({ endLine: 5, endColumn: 1 })])])).toContain(
      'line=3,endLine=5,col=34,title',
    )
  })

  it('counts what follows from an error, and what would be too much', () => {
    const followers = [4, 5].map((line) => someClaim({ line, verdict: 'carried', root: false, carriedFrom: 3 }))
    expect(githubAnnotations([someReport([someClaim(), ...followers])])).toContain('%0A2 more values follow from it\n')
    const many = Array.from({ length: 8 }, (_, i) => someClaim({ line: 10 + i, endLine: 10 + i }))
    const lines = githubAnnotations([someReport(many), someReport(many, { file: 'b.md' })])
      .trimEnd()
      .split('\n')
    expect(lines.filter((line) => line.startsWith('::error '))).toHaveLength(10)
    expect(lines[10]).toBe('::notice::6 more errors in 1 file not shown here')
  })

  it('writes one command a line, whatever solutions hold', () => {
    fc.assert(
      fc.property(fc.array(marked, { maxLength: 3 }), (all) => {
        const text = githubAnnotations(all.map(({ report }) => report))
        for (const line of text.split('\n').slice(0, -1))
          expect(line).toMatch(/^::(error|warning|notice)( [^:]*)?::[^\r]*$/)
      }),
    )
  })
})

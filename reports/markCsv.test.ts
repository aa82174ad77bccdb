import { describe, expect, it } from 'vitest'
import { someClaim, someReport } from './fixtures/someReport.js'
import { markCsv } from './markCsv.js'

describe('markCsv', () => {
  it('has a row a file, with its totals', () => {
    expect(markCsv([someReport([someClaim()], { exercises: [{ exercise: 'ntua/1.1b', convention: null }] })])).toBe(
      'file,exercises,correct,rounded,carried,arithmetic,transcription,wrong,unsupported,missing,unread\na.md,ntua/1.1b,0,0,0,1,0,0,0,0,0\n',
    )
  })

  it('has the points where a scheme gives them', () => {
    const csv = markCsv([someReport([])], [{ score: 7.5, maximum: 10, exercises: [], quantities: [] }])
    expect(csv.split('\n').map((line) => line.split(',').slice(-2))).toEqual([
      ['score', 'maximum'],
      ['7.5', '10'],
      [''],
    ])
  })

  it.each(['=1+1.md', '+1.md', '-1.md', '@a.md', '\t=1.md', '\r=1.md'])('holds no formula: %j', (file) => {
    const [, row] = markCsv([someReport([], { file })]).split('\n')
    expect(row).toMatch(/^"?'/)
  })
})

import { describe, expect, it } from 'vitest'
import { claimOf, reportOf } from './fixtures/claims.js'
import { type MarkedSolution, pack, unpack } from './packed.js'

describe('a packed solution', () => {
  it('comes back with all that it held, of numbers and texts too that JSON has no form for', () => {
    const claims = [-0, Number.NaN, Number.NEGATIVE_INFINITY, 0.1 + 0.2].map((claimed) =>
      claimOf('y5', 'wrong', { claimed, expected: [[claimed, 1]], text: '\ud800 δ₅\0' }),
    )
    const solution: MarkedSolution = {
      report: reportOf(claims, 'a.md'),
      source: '\ufeff# Άσκηση\r\n\ud800',
      repair: { file: 'a.md', diff: '', unmended: [{ line: 1, text: '', why: 'no rule' }] },
    }
    const found = unpack(pack(solution))
    expect(found).toStrictEqual(solution)
    expect(Object.is(found.report.claims[0].claimed, -0)).toBe(true)
  })

  it('is few bytes, and holds no other memory', () => {
    const claims = Array.from({ length: 300 }, (_, line) => claimOf('y5', 'correct', { line, claimed: Math.sin(line) }))
    const solution = { report: reportOf(claims), source: '' }
    for (const packed of [pack(solution), pack({ ...solution, report: reportOf([]) })])
      expect(packed.buffer.byteLength).toBe(packed.length)
    expect(pack(solution).length).toBeLessThan(JSON.stringify(solution).length / 8)
  })
})

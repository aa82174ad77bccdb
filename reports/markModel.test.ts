import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { marked } from './fixtures/fileReports.js'
import { someClaim, someReport } from './fixtures/someReport.js'
import { legible, markModel, rootFinder, severityOf, subjectOf, valuesText } from './markModel.js'

describe('markModel', () => {
  it('has every claim in one place', () => {
    fc.assert(
      fc.property(marked, ({ report }) => {
        const { roots, adrift, right, missing } = markModel(report)
        const all = [
          ...roots.flatMap(({ root, entries, followers }) => [root, ...entries, ...followers]),
          ...[...adrift, ...right, ...missing.flatMap(({ claims }) => claims)],
        ]
        expect(new Set(all)).toEqual(new Set(report.claims))
        expect(all).toHaveLength(report.claims.length)
      }),
    )
  })

  it('has errors in the order of the file, what follows from each with it', () => {
    const first = someClaim({ line: 3 })
    const second = someClaim({ line: 5, quantity: 'y5' })
    const followers = [6, 7].map((line) => someClaim({ line, verdict: 'carried', root: false, carriedFrom: 5 }))
    const astray = someClaim({ line: 8, verdict: 'carried', root: false, carriedFrom: null })
    const { roots, adrift } = markModel(someReport([first, second, ...followers, astray]))
    expect(roots).toEqual([
      { root: first, entries: [], followers: [] },
      { root: second, entries: [], followers },
    ])
    expect(adrift).toEqual([astray])
  })

  it('takes the wrong entries of one vector for one error', () => {
    const entries = [0, 1, 2].map((index) => someClaim({ index }))
    const { roots } = markModel(someReport(entries))
    expect(roots).toEqual([{ root: entries[0], entries: entries.slice(1), followers: [] }])
  })
})

describe('rootFinder', () => {
  const follower = someClaim({ line: 9, verdict: 'carried', root: false, carriedFrom: 3, exercise: 'b' })

  it('finds the error of the same exercise, where a line has several', () => {
    const [other, own] = ['a', 'b'].map((exercise) => someClaim({ exercise }))
    expect(rootFinder([other, own])(follower)).toBe(own)
    expect(rootFinder([other])(follower)).toBe(other)
  })

  it('finds none on a line without an error', () => {
    expect(rootFinder([someClaim({ verdict: 'correct', root: false })])(follower)).toBeUndefined()
  })
})

describe('valuesText', () => {
  it.each([
    ['the exercise gives 0.683292, the values written before give 0.683192', {}],
    ['the exercise gives 0.683292', { carriedValue: null }],
    ['the exercise gives 0.683292', { carriedValue: 0.683292 }],
    [undefined, { carriedValue: null, message: '1 - 0.316708 is 0.683292, not 0.983' }],
    ['the exercise gives 3', { expected: 3, carriedValue: null, message: '1 + 1.3 is 2.3, not 2' }],
    [undefined, { verdict: 'wrong' }],
    [undefined, { expected: null }],
  ] as const)('%s', (text, changes) => {
    expect(valuesText(someClaim(changes))).toBe(text)
  })
})

describe('severityOf', () => {
  it.each([
    ['error', someClaim()],
    ['warning', someClaim({ verdict: 'unsupported' })],
    ['warning', someClaim({ verdict: 'missing', root: false })],
    ['note', someClaim({ verdict: 'wrong', root: false, carriedFrom: 2 })],
  ])('is %s', (severity, claim) => {
    expect(severityOf(claim)).toBe(severity)
  })
})

describe('subjectOf', () => {
  it.each([
    ['h1[0]', { quantity: 'h1', index: 0 }],
    ['W[0, 1]', { quantity: 'W', index: [0, 1] }],
    ['y5', { quantity: 'y5', index: null }],
    ['', { quantity: null, index: 2 }],
  ])('%s', (text, claim) => {
    expect(subjectOf(claim)).toBe(text)
  })
})

describe('legible', () => {
  it('leaves one line of every text, without characters that steer what shows it', () => {
    const report = someReport([someClaim({ message: ' a\n\u001b[31m \u202eb\ud800 ' })])
    expect(legible(report).claims[0].message).toBe('a �[31m �b�')
  })
})

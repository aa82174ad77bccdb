import { describe, expect, it } from 'vitest'
import { someClaim, someReport } from './fixtures/someReport.js'
import { gradescope } from './markGradescope.js'

const right = someClaim({ verdict: 'correct', root: false, message: '', quantity: 'y3' })
const carried = someClaim({
  line: 5,
  verdict: 'carried',
  root: false,
  carriedFrom: 3,
  message: 'right from line 3',
  quantity: 'y5',
})
const missing = someClaim({
  verdict: 'missing',
  root: false,
  text: '',
  message: 'the new weight',
  quantity: 'w',
  carriedValue: null,
})
const report = someReport([right, someClaim(), carried, missing])

describe('gradescope', () => {
  it('gives a point for each quantity that no error was made in', () => {
    const { score, tests, extra_data } = gradescope(report)
    expect(tests.map(({ name, number, score, max_score, status }) => [name, number, score, max_score, status])).toEqual(
      [
        ['y3', 'ntua/1.1b', 1, 1, 'passed'],
        ['error', 'ntua/1.1b', 0, 1, 'failed'],
        ['y5', 'ntua/1.1b', 1, 1, 'passed'],
        ['w', 'ntua/1.1b', 0, 1, 'failed'],
      ],
    )
    expect(score).toBe(2)
    expect(extra_data.max_score).toBe(4)
  })

  it('says what is wrong, where, and what is right', () => {
    const [y3, error, , w] = gradescope(report).tests
    expect(y3.output).toBe('right')
    expect(error.output).toBe(
      'line 3, arithmetic: 1 - 0.317 is 0.683, not 0.983: one digit differs\n  y_{target} - y_5 = 1 - 0.317 = 0.983\n  the exercise gives 0.683292 for error',
    )
    expect(w.output).toBe('asked for and not found: the new weight\n  it is 0.683292')
  })

  it('gives the points of a scheme where there is one', () => {
    const quantities = [
      { exercise: 'ntua/1.1b', quantity: 'error', score: 1.5, maximum: 2, why: 'arithmetic in line 3' },
      { exercise: 'ntua/1.1b', quantity: 'y9', score: 0, maximum: 1, why: 'missing' },
    ]
    const { score, tests } = gradescope(report, { score: 1.5, maximum: 3, exercises: [], quantities })
    expect(score).toBe(1.5)
    expect(
      tests.map(({ name, score, max_score, status, output }) => [
        name,
        score,
        max_score,
        status,
        output.split('\n')[0],
      ]),
    ).toEqual([
      ['error', 1.5, 2, 'failed', 'arithmetic in line 3'],
      ['y9', 0, 1, 'failed', 'missing'],
    ])
  })

  it('lists what could not be read, and the totals, above all tests', () => {
    const { output, output_format } = gradescope({ ...report, unread: [{ line: 9, text: 'a ? b', why: 'a sign' }] })
    expect(output_format).toBe('text')
    expect(output).toBe('1 correct, 1 carried, 1 arithmetic, 1 missing\nnot read, line 9: a ? b (a sign)')
  })
})

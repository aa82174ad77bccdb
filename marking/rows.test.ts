import { describe, expect, test } from 'vitest'
import { markText, present, verdictsOf } from './fixtures/marked.js'

const queries = 'q1 = (-2.25, 5.5), q2 = (1.25, 1), q3 = (-1.25, 3.75), q4 = (-2.75, -0.5)'
const keys = 'k1 = (5.75, 1.5), k2 = (2, -0.5), k3 = (4.5, 2), k4 = (-2.5, 0.5)'

/** Of ntua/2.1b, as its known solution has them; one line a time. */
const mark = (...lines: readonly string[]) => markText(`${lines.join('\n\n')}\n`, 'ntua/2.1b', 'solution.txt')

describe('a matrix that is written row by row', () => {
  test.each([
    'q1 = (-2.25, 5.5)',
    'q_1 = x_1 W_Q = (-2.25, 5.5)',
    'Q_1 = [-2.25, 5.5]',
    'q^(1) = x^(1) W_Q = (-2.25, 5.5)',
    'q_12 = 5.5',
    'x_1 W_Q = (-2.25, 5.5)',
  ])('is marked: %s', async (line) => {
    const report = await mark(line)
    expect(new Set(present(report.claims).map(({ verdict }) => verdict))).toEqual(new Set(['correct']))
    expect(report.unread).toEqual([])
  })

  test('is the answer that is asked for', async () => {
    const { claims } = await mark(queries, keys)
    expect(claims.filter(({ verdict }) => verdict === 'missing').map(({ quantity }) => quantity)).toEqual([
      'values',
      'output',
    ])
    expect(new Set(present(claims).map(({ quantity }) => quantity))).toEqual(new Set(['queries', 'keys']))
  })

  test('is what later lines rest on: an error in a row is one error', async () => {
    const wrong = queries.replace('(1.25, 1)', '(1.25, 2)')
    // 1.25·5.75 + 2·1.5 = 10.1875, 1.25·2 − 2·0.5 = 1.5, 1.25·4.5 + 2·2 = 9.625, −1.25·2.5 + 2·0.5 = −2.125.
    const report = await mark(
      wrong,
      keys,
      's_21 = q2·k1 = 1.25*5.75 + 2*1.5 = 10.1875',
      'q2·k2 = 1.5',
      's_2 = (10.1875, 1.5, 9.625, -2.125)',
    )
    const errors = report.claims.filter(({ root }) => root)
    expect(errors).toMatchObject([{ line: 1, quantity: 'queries', index: [1, 1], claimed: 2, expected: 1 }])
    expect(verdictsOf(report).filter((said) => !said.endsWith('correct'))).toEqual([
      '1 queries wrong',
      ...['5 scores carried', '5 scores carried', '7 - carried'],
      ...Array(4).fill('9 scores carried'),
    ])
  })

  test.each([
    's_1 = q_1 K^T / \\sqrt{2} = (-3.315, -5.127, 0.619, 5.922)',
    's_1 = (-3.315, -5.127, 0.619, 5.922)',
    's_{11} = -4.6875 / \\sqrt{2} = -3.315',
    'e_1 = (0.036, 0.006, 1.857, 373.2)',
    'e_{11} = e^{-3.315} = 0.036',
    'a_1 = (-4.6875, -7.25, 0.875, 8.375)',
    'o_1 = (-4.6875, -7.25, 0.875, 8.375)',
  ])('may have rows of a name that stands for something else, which are called nothing false: %s', async (line) => {
    const { claims } = await markText(`${queries}\n\n${keys}\n\n$${line}$\n`, 'ntua/2.1b')
    expect(present(claims).filter(({ verdict }) => verdict !== 'correct' && verdict !== 'rounded')).toEqual([])
  })

  test.each(['(-2.24, 5.5)', '(-2.26, 5.5)', '(-2.25, 5.4)', '(-2.25, 5.6)'])(
    'is wrong by one in the last place, where nothing was rounded: q1 = %s',
    async (row) => {
      for (const line of [`q1 = ${row}`, queries.replace('(-2.25, 5.5)', row)]) {
        const errors = (await mark(line, keys)).claims.filter(({ root }) => root)
        expect(errors).toMatchObject([{ line: 1, quantity: 'queries', verdict: 'wrong' }])
      }
    },
  )

  test('may be written as a whole afterwards', async () => {
    const report = await mark(queries, 'Q = [[-2.25, 5.5], [1.25, 1], [-1.25, 3.75], [-2.75, -0.5]]')
    expect(report.summary).toMatchObject({ correct: 5, wrong: 0, carried: 0 })
  })

  test('has no more rows than it has', async () => {
    expect(verdictsOf(await mark('q5 = (1, 2)'))).toEqual([])
  })
})

describe('a vector that is written entry by entry', () => {
  const entries = ['e_1 = 1 + 0.5 * 0 = 1', 'e_2 = 0.5 * 1.5 = 0.75', 'e_3 = -1 + 0.5 = -0.5']
  const markScores = (...lines: readonly string[]) => markText(`${lines.join('\n\n')}\n`, 'sharif/3', 'solution.txt')

  test('is the answer that is asked for', async () => {
    const { claims } = await markScores(...entries)
    expect(new Set(present(claims).map(({ quantity, verdict }) => [quantity, verdict].join(' ')))).toEqual(
      new Set(['dotScores correct']),
    )
    expect(claims.filter(({ verdict }) => verdict === 'missing').map(({ quantity }) => quantity)).not.toContain(
      'dotScores',
    )
  })

  test('is what later lines rest on: an error in an entry is one error', async () => {
    // exp 1 = 2.7183, exp 0.75 = 2.1170, exp(−0.4) = 0.6703, their sum 5.5056.
    const report = await markScores(...entries.slice(0, 2), 'e_3 = -0.4', 'a = (0.494, 0.385, 0.122)')
    expect(report.claims.filter(({ root }) => root)).toMatchObject([
      { line: 5, quantity: 'dotScores', index: 2, claimed: -0.4, expected: -0.5 },
    ])
    expect(verdictsOf(report).slice(-3)).toEqual(Array(3).fill('7 dotWeights carried'))
  })
})

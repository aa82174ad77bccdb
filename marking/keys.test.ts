import { describe, expect, it } from 'vitest'
import { exercises, varyExercise } from '../exercises/index.js'
import { readDocument } from './document/reader.js'
import { markDocument } from './mark.js'
import { symbolsOf } from './markFile.js'

const varied = exercises.filter(({ worksheet }) => worksheet !== undefined)
const seeds = Array.from({ length: 5 }, (_, i) => i + 1)

async function markSheet(text: string) {
  return markDocument(readDocument('key.yaml', text, { symbolsOf: (answered) => symbolsOf(answered, { exercises }) }), {
    exercises,
  })
}

describe('an answer sheet with given data of its own', () => {
  it('is marked for these, and told so', async () => {
    // a₃ = −1 + 2 + 1 = 2 with the sheet's own x₁ = 2.
    const report = await markSheet('ntua/1.1b:\n  given:\n    x_1: 2\n  a_3: 2\n')
    expect(report.claims.filter(({ verdict }) => verdict !== 'missing')).toMatchObject([
      { quantity: 'a3', verdict: 'correct' },
    ])
    expect(report.findings).toMatchObject([{ finding: "the sheet's own data are used: x₁ = 2 instead of 1" }])
  })

  it('from which nothing can be computed is marked for the source’s, and told why', async () => {
    // No filter of 363 fits an image of 227; with one of 11 the width is 55.
    const report = await markSheet('ntua/1.2:\n  given:\n    F: 363\n  w_2: 55\n')
    expect(report.claims.filter(({ verdict }) => verdict !== 'missing')).toMatchObject([{ verdict: 'correct' }])
    expect(report.findings.map(({ finding }) => finding)).toEqual([
      expect.stringMatching(/^F = 363 is not used, the source's 11 is: .*363/),
    ])
  })
})

describe('weights of a solver’s own', () => {
  const sheet = (weights: string, states: string) => `fer/3:\n${weights}${states}`

  it('are right where they are right for every sequence, and what follows is computed from them', async () => {
    // W_xh = (0, 4), b_h = −2: h¹ = −2, h² = −4, h³ = −2 for the members 00, 10, 11.
    const report = await markSheet(sheet('  W_xh: [0, 4]\n  b_h: -2\n', '  h1: -2\n  h2: -4\n  h3: -2\n'))
    expect(report.claims.filter(({ verdict }) => !['correct', 'missing'].includes(verdict))).toEqual([])
    expect(report.claims.filter(({ verdict }) => verdict === 'correct').length).toBe(5)
  })

  it('are wrong with a shortest sequence that shows it', async () => {
    // 0.9 of the state decays: 00, 01 has as many even as odd members, but 0.9·(−1) + 1 > 0.
    const report = await markSheet(sheet('  W_hh: 0.9\n', ''))
    const wrong = report.claims.filter(({ verdict }) => verdict === 'wrong')
    expect(wrong).toMatchObject([{ line: 2, root: true }])
    expect(wrong[0].message).toMatch(
      /^these weights put the sequence [01]{2}, [01]{2} into class 1; it belongs to class 0$/,
    )
  })
})

describe('the key of a variant', () => {
  it.each(varied.map((exercise) => [exercise.id, exercise] as const))(
    'marks as all correct: %s',
    async (_, exercise) => {
      for (const seed of seeds) {
        const { key } = await varyExercise(exercise, seed)
        const document = readDocument('key.yaml', key, { symbolsOf: (answered) => symbolsOf(answered, { exercises }) })
        const report = await markDocument(document, { exercises })
        const other = report.claims.filter(({ verdict }) => verdict !== 'correct')
        expect([seed, other.map(({ quantity, verdict, message }) => [quantity, verdict, message])]).toEqual([seed, []])
        expect(report.unread).toEqual([])
        expect(report.claims.length).toBeGreaterThanOrEqual(exercise.quantities.length)
      }
    },
  )
})

import { describe, expect, it } from 'vitest'
import { exercises, varyExercise } from '../exercises/index.js'
import { readSheet } from './document/sheet.js'
import { markDocument } from './mark.js'
import { symbolsOf } from './markFile.js'

const varied = exercises.filter(({ worksheet }) => worksheet !== undefined)
const seeds = Array.from({ length: 20 }, (_, i) => i + 1)

describe('the key of a variant', () => {
  it.each(varied.map((exercise) => [exercise.id, exercise] as const))(
    'marks as all correct: %s',
    async (_, exercise) => {
      for (const seed of seeds) {
        const { key } = await varyExercise(exercise, seed)
        const document = readSheet('key.yaml', key, { symbolsOf: (answered) => symbolsOf(answered, { exercises }) })
        const report = await markDocument(document, { exercises })
        const other = report.claims.filter(({ verdict }) => verdict !== 'correct')
        expect([seed, other.map(({ quantity, verdict, message }) => [quantity, verdict, message])]).toEqual([seed, []])
        expect(report.unread).toEqual([])
        expect(report.claims.length).toBeGreaterThanOrEqual(exercise.quantities.length)
      }
    },
  )
})

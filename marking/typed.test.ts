import { describe, expect, test } from 'vitest'
import { exercises } from '../exercises/index.js'
import { faultlessSolutions, outcomeOf } from './fixtures/generated.js'
import { markText } from './fixtures/marked.js'
import { typedText, typings } from './fixtures/typed.js'
import { writings } from './fixtures/writings.js'

describe('a faultless solution that is typed as plain text', () => {
  test.each(exercises)('of $id is not called false', { timeout: 60_000 }, async (exercise) => {
    const conventions = exercise.conventions.map(({ conventions: [first] }) => first)
    const solutions = faultlessSolutions(exercise, 77, (i) => ({
      writing: writings[i],
      style: i % 2 === 0 ? 'numerals' : 'values',
      conventions,
    }))
    for (let i = 0; i < 2; i++) {
      const { value: solution } = await solutions.next()
      for (const typing of typings) {
        const report = await markText(typedText(solution, typing), exercise.id, 'solution.txt')
        const { unfair } = outcomeOf(solution, report)
        const read = report.claims.length / (report.claims.length + report.unread.length)
        expect([typing.name, unfair, read > 0.75]).toEqual([typing.name, [], true])
      }
    }
  })
})

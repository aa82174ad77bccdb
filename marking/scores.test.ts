import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bestScore, mayMatter, type Score } from './scores.js'

const count = fc.integer({ min: 0, max: 8 })
const score: fc.Arbitrary<Score> = fc.tuple(count, count, count)

describe('what speaks against hypotheses', () => {
  test.each<[string, Score, readonly Score[]]>([
    ['fewer root errors, by more than one', [4, 25, 1], [[6, 23, 1]]],
    ['as many root errors and fewer that follow', [4, 23, 0], [[4, 25, 0]]],
    ['one root error more, and fewer claims that are not right', [5, 10, 0], [[4, 25, 0]]],
    ['one root error more, which takes away less than a fifth', [1, 60, 8], [[2, 52, 16]]],
    ['one root error more counts where both come to the same', [4, 10, 3], [[5, 10, 0]]],
    ['what is within one of the fewest, whatever lies between', [4, 25, 0], [[6, 23, 0]]],
  ])('counts so: %s', (_, best, others) => {
    expect(bestScore([...others, best])).toEqual(best)
  })

  test('is weighed alike in whatever order the hypotheses are tried', () => {
    fc.assert(
      fc.property(fc.array(score, { minLength: 1, maxLength: 6 }), fc.nat(), (scores, turn) => {
        const other = [...scores.slice(turn % scores.length), ...scores.slice(0, turn % scores.length)].toReversed()
        expect(bestScore(other)).toEqual(bestScore(scores))
      }),
    )
  })

  test('is found without what cannot matter any more: a score that does changes nothing, however it grows', () => {
    const growth = fc.tuple(count, count, count)
    fc.assert(
      fc.property(fc.array(score, { minLength: 1, maxLength: 5 }), score, growth, (known, least, [r, w, d]) => {
        fc.pre(!mayMatter(least, known))
        const grown: Score = [least[0] + r, least[1] + w, least[2] + d]
        expect(bestScore([...known, grown])).toEqual(bestScore(known))
      }),
    )
  })
})

import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { fromNested, toNested } from '../oracle/tensor.js'
import { openProcess } from './process.js'

const flaky = `exec '${process.execPath}' '${fileURLToPath(new URL('./fixtures/flaky.mjs', import.meta.url))}'`

/** What a call makes the subject do, and what has to become of it. */
const verdicts = {
  answers: [0, /^answered$/],
  ends: [1, /its process ended with status 7/],
  writesNonsense: [2, /it wrote "nonsense", which is no answer/],
  refuses: [3, /not this one/],
  answersTwice: [4, /^answered$/],
  hangs: [5, /did not return within 0.5 s/],
} as const
const step = fc.record({
  does: fc.oneof(
    { weight: 6, arbitrary: fc.constant('answers' as const) },
    { weight: 2, arbitrary: fc.constantFrom('ends', 'writesNonsense', 'refuses', 'answersTwice') },
    { weight: 1, arbitrary: fc.constant('hangs' as const) },
  ),
  milliseconds: fc.integer({ min: 0, max: 30 }),
})

it('every call gets one verdict and the right one, whatever becomes of the calls beside it', async () => {
  const script = fc.array(step, { minLength: 1, maxLength: 25 })
  await fc.assert(
    fc.asyncProperty(script, fc.integer({ min: 1, max: 2 }), async (steps, workers) => {
      const subject = await openProcess(flaky, 0.5, { workers })
      const settled: number[] = []
      const verdictOf = async (i: number): Promise<string> => {
        const { does, milliseconds } = steps[i]
        const x = [verdicts[does][0], milliseconds, i]
        // An operator each, so that nothing is called no more because of another.
        const { y } = await subject.operators[`p${i}`].forward({ x: fromNested(x) }, {})
        expect(toNested(y)).toEqual(x)
        return 'answered'
      }
      const all = steps.map((_, i) =>
        verdictOf(i)
          .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
          .finally(() => settled.push(i)),
      )
      const found = await Promise.all(all)
      await subject.close()
      for (const [i, { does }] of steps.entries()) expect(found[i]).toMatch(verdicts[does][1])
      expect(settled.toSorted((a, b) => a - b)).toEqual(steps.map((_, i) => i))
    }),
    { numRuns: 8, seed: 7, endOnFailure: true },
  )
})

import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { type RunOptions, runLaws } from '../properties/index.js'
import { inDialects } from './dialects.js'
import { dialects, gru, operators } from './fixtures/resetBeforeGru.js'
import { inProcess } from './inProcess.js'
import { lookalike } from './lookalike.js'
import { openModule } from './module.js'
import type { OpenSubject } from './subject.js'

const subjectOf = (own: ReturnType<typeof gru>): OpenSubject => ({
  ...inProcess({ operators: { gru: own } }),
  close: async () => {},
})

/** The laws of its one operator that fail, and all of them. */
async function tested(subject: OpenSubject, options: Partial<RunOptions>) {
  const report = await runLaws(subject, { seed: 3, shrinkSeconds: 0, explain: lookalike(subject), ...options })
  const [[operator, { laws }]] = Object.entries(report.operators)
  return { operator, laws, failing: laws.filter(({ status }) => status !== 'held') }
}

describe('a GRU whose reset gate acts before the matrix', () => {
  it('holds every law where it declares so, and is called gru all the same', async () => {
    const file = fileURLToPath(new URL('./fixtures/resetBeforeGru.ts', import.meta.url))
    const opened = await openModule(file, 10)
    try {
      expect(Object.keys(opened.operators)).toEqual(Object.keys(operators))
      const { operator, laws, failing } = await tested(inDialects(opened, opened.dialects ?? []), { runs: 15 })
      expect(operator).toBe('gruResetBefore')
      expect(failing).toEqual([])
      expect(laws.length).toBeGreaterThan(40)
      expect(laws.every(({ runs }) => runs > 0)).toBe(true)
    } finally {
      await opened.close()
    }
  })

  const compared = ['agrees with the oracle', "has the oracle's gradient"]

  it('fails where it does not declare so, with the mistake named that is this dialect', async () => {
    const { operator, failing } = await tested(subjectOf(gru()), { operators: ['gru'], laws: compared })
    expect(operator).toBe('gru')
    expect(failing.map(({ law, mistake }) => [law, mistake])).toEqual(
      compared.map((law) => [law, 'gru with the reset gate before the matrix']),
    )
  })

  it.each([
    // Where there is no hidden bias, the two are one.
    [
      { resetBehind: true },
      /with the reset gate (behind the matrix|on the product)$/,
      'applies its reset gate to the state, before U',
    ],
    [
      { biasInside: true },
      /with the hidden bias inside of the reset gate$/,
      'forgets its state, and not its hidden bias, where the reset gate and the update gate are shut',
    ],
    [
      { weightGradientFromState: true },
      /candidate weight gradient from the whole state$/,
      'has no gradient of the candidate’s U, nor through it, where the reset gate is shut',
    ],
  ])('that is wrong fails under the dialect: %o', async (slips, mistake, ownLaw) => {
    const subject = inDialects(subjectOf(gru(slips)), dialects)
    const laws = [...compared, ownLaw]
    const { failing } = await tested(subject, { operators: ['gruResetBefore'], laws })
    expect(failing.every(({ status }) => status === 'broken')).toBe(true)
    expect(failing.map(({ law }) => law)).toEqual(expect.arrayContaining([ownLaw]))
    expect(failing.map((law) => law.mistake)).toContainEqual(expect.stringMatching(mistake))
  })
})

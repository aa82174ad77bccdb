import { describe, expect, it } from 'vitest'
import { mistaken, mistakes } from '../mistakes/index.js'
import { stringify } from '../oracle/wire.js'
import { reportSchema } from './reportSchema.js'
import { runLaws } from './runner.js'

/** A run with everything that a report may hold of broken laws. */
async function someRun() {
  const mistake = mistakes.find(({ operator }) => operator === 'softmax')
  if (mistake === undefined) throw new Error('softmax has no mistake in the catalogue')
  const report = await runLaws(mistaken(mistake), { operators: ['softmax'], runs: 5, seed: 1, shrinkSeconds: 0 })
  return JSON.parse(stringify(report))
}

describe('the schema of reports', () => {
  it('takes what a run gives, and changes nothing but infinities', async () => {
    const written = await someRun()
    const read = reportSchema.parse(written)
    expect(read.summary.broken).toBeGreaterThan(0)
    expect(JSON.parse(stringify(read))).toEqual(written)
  })

  it.each([
    ['another version', { version: 2 }, 'version'],
    ['an unknown property', { colour: 'red' }, ''],
    [
      'a summary that does not add up',
      {
        summary: { held: 1, broken: 0, suspicious: 0, errored: 0, skipped: 0, unsupported: 0, xfailed: 0, xpassed: 0 },
      },
      'summary',
    ],
    ['a precision that is none', { precision: 'float8' }, 'precision'],
    ['a missing subject', { subject: undefined }, 'subject'],
  ])('refuses %s', async (_, change, place) => {
    const parsed = reportSchema.safeParse({ ...(await someRun()), ...change })
    expect(parsed.error?.issues.map(({ path }) => path.join('.'))).toEqual([place])
  })
})

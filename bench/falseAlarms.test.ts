import { describe, expect, it } from 'vitest'
import { openSubject } from '../subjects/open.js'
import { alarmsText, isClean, judge, numbersIn, type Run, runOf } from './falseAlarms.js'

const job = { subject: 'oracle:float32', operator: 'softmax', seed: 3, cases: 10 }

describe('a run of the laws against a subject that is right', () => {
  it('raises no alarm, and survives its line in the file', async () => {
    const run = await judge(await openSubject(job.subject, 1), job)
    expect(run).toMatchObject({ ...job, alarms: [] })
    expect(run.checked).toBe(10 * run.summary.held)
    expect(isClean([run])).toBe(true)
    expect(runOf(JSON.stringify(run))).toEqual(run)
  })

  it('is not clean where the subject lacks the operator', async () => {
    const run = await judge({ ...(await openSubject(job.subject, 1)), operators: {} }, job)
    expect(run.checked).toBe(0)
    expect(isClean([run])).toBe(false)
  })

  it('names a law that the subject breaks, and the way back to it', async () => {
    const coarse = await openSubject('oracle:bfloat16', 1)
    const { alarms } = await judge({ ...coarse, precision: 'float32' }, job)
    expect(alarms).toContainEqual({
      law: 'agrees with the oracle',
      status: 'broken',
      message: expect.stringContaining('expected'),
      replay: expect.stringMatching(
        /^answerkey test 'oracle:float32' --operators softmax --law 'agrees with the oracle' --seed 3 --runs 10 --path \d+/,
      ),
    })
  })
})

describe('a campaign', () => {
  const clean: Run = {
    ...job,
    summary: { held: 999, broken: 0, suspicious: 1, errored: 0, skipped: 0 },
    checked: 10_000,
    seconds: 1,
    alarms: [{ law: 'never falls', status: 'suspicious', message: 'y is 2', replay: 'answerkey test' }],
  }

  it('takes seeds as numbers and ranges', () => {
    expect(numbersIn('1-3,7')).toEqual([1, 2, 3, 7])
    for (const wrong of ['', '3-1', 'a', '1.5', '1-2-3']) expect(() => numbersIn(wrong)).toThrow(RangeError)
  })

  it('is clean with one suspicious law in a thousand, and with nothing worse', () => {
    expect(isClean([clean])).toBe(true)
    expect(isClean([{ ...clean, summary: { ...clean.summary, held: 998 } }])).toBe(false)
    for (const status of ['broken', 'errored', 'skipped'] as const)
      expect(isClean([{ ...clean, summary: { ...clean.summary, suspicious: 0, [status]: 1 } }]), status).toBe(false)
  })

  it('counts by subject and names what was flagged, with the way back to it', () => {
    const text = alarmsText([
      clean,
      { ...clean, operator: 'relu', alarms: [] },
      { ...clean, seed: 4, alarms: [] },
      { ...clean, subject: 'oracle', alarms: [] },
    ])
    expect(text).toMatch(/oracle:float32 +10 +2 +3 +3000 +30000 +2997 +0 +3 +0 +0 +0\n/)
    expect(text).toMatch(/oracle +10 +1 +1 +1000 /)
    expect(text).toContain('suspicious: oracle:float32, seed 3, softmax never falls: y is 2\n  answerkey test')
  })
})

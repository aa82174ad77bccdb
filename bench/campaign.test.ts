import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contract } from '../oracle/index.js'
import { differencesOf, type Peer, peersPage } from './campaignPage.js'
import { crashed, type Judged, jobsLeft, resultsOf } from './campaignState.js'

const round = { subject: 'peer', seed: 1, cases: 10 }
const replay = "answerkey test 'peer' --operators relu --law 'is 0 at 0' --seed 1 --runs 10 --path 3"

/** Of four laws of relu, two were broken for seed 1 and one was not supported; all held for seed 2 but the last. */
const first: Judged = {
  ...round,
  operator: 'relu',
  peer: 'Peer 1.0',
  summary: { held: 1, broken: 2, unsupported: 1 },
  checked: 30,
  seconds: 2,
  alarms: [
    { law: 'is 0 at 0', status: 'broken', message: 'y[0] is 1,\nexpected 0', replay },
    { law: 'never falls', status: 'suspicious', message: 'a | b' },
    { law: 'stays finite', status: 'unsupported', message: 'x of rank 5' },
  ],
}
const second: Judged = {
  ...first,
  seed: 2,
  summary: { held: 3, unsupported: 1 },
  alarms: [{ law: 'never falls', status: 'broken', message: 'it falls' }, first.alarms[2]],
}
const peer: Peer = {
  subject: 'peer',
  runs: [first, second],
  missing: undefined,
  explanations: { relu: { 'never falls': 'a bug of theirs' } },
}

describe('the state of a campaign', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'answerkey-'))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is read back, and leaves what is not done', () => {
    const file = join(folder, 'state.jsonl')
    const before = jobsLeft(round, 'Peer 1.0', resultsOf(file))
    expect(before.map(({ operator }) => operator)).toEqual(Object.keys(contract))
    for (const result of [first, second]) appendFileSync(file, `${JSON.stringify(result)}\n`)
    expect(resultsOf(file)).toEqual([first, second])
    expect(jobsLeft(round, 'Peer 1.0', resultsOf(file))).toEqual(before.filter(({ operator }) => operator !== 'relu'))
    expect(jobsLeft(round, 'Peer 1.1', resultsOf(file))).toEqual(before)
    expect(jobsLeft({ ...round, cases: 20 }, 'Peer 1.0', resultsOf(file)).length).toBe(before.length)
  })

  it('counts an operator that brings its process down as errored', () => {
    const result = crashed({ ...round, operator: 'relu' }, 'Peer 1.0', 'SIGSEGV')
    expect(jobsLeft(round, 'Peer 1.0', [result]).some(({ operator }) => operator === 'relu')).toBe(false)
    expect(differencesOf({ ...peer, runs: [result] })).toMatchObject([
      { operator: 'relu', law: 'every law', status: 'errored', message: 'its process ended: SIGSEGV' },
    ])
  })
})

describe('the page of peers', () => {
  it('lists a difference once, with its seeds, the worst that became of it, and its explanation', () => {
    expect(differencesOf(peer)).toEqual([
      {
        operator: 'relu',
        law: 'is 0 at 0',
        status: 'broken',
        seeds: [1],
        message: 'y[0] is 1,\nexpected 0',
        replay,
        explanation: undefined,
      },
      {
        operator: 'relu',
        law: 'never falls',
        status: 'broken',
        seeds: [1, 2],
        message: 'it falls',
        replay: undefined,
        explanation: 'a bug of theirs',
      },
    ])
    const [any] = differencesOf({ ...peer, explanations: { relu: { '*': 'another relu' } } })
    expect(any.explanation).toBe('another relu')
  })

  it('counts a law as held where it held for every seed', () => {
    const lines = peersPage(10, 2, [peer]).split('\n')
    // Four laws: one held, two broken (one of them suspicious for another seed), one not supported; 60 cases, 4 seconds.
    expect(lines).toContain('| `peer` | Peer 1.0 | 1 | 4 | 1 | 2 | 0 | 0 | 1 | 0 | 2 | 60 | 4 |')
    expect(lines).toContain('- **relu** is 0 at 0: broken (seed 1). y[0] is 1, expected 0  ')
    expect(lines).toContain('  *Unexplained.*')
    expect(lines).toContain('  *Explained:* a bug of theirs')
    expect(lines).toContain(`  ${replay}`)
  })

  it('says which peers are not there, and how far a campaign has come', () => {
    const absent: Peer = { subject: 'other', runs: [], missing: 'other: not installed', explanations: {} }
    const page = peersPage(10, 2, [peer, absent])
    expect(page).toContain('- `other`: other: not installed')
    expect(page).toContain(`So far 2 of ${2 * Object.keys(contract).length} operators and seeds`)
    const runs = Object.keys(contract).map((operator): Judged => ({ ...second, operator, alarms: [] }))
    expect(peersPage(10, 1, [{ ...peer, runs }])).toMatch(/No difference\.$/m)
  })
})

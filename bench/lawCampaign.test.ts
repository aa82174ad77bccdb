import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mistakesOf } from '../mistakes/index.js'
import { changedVerdicts, honestVariants, type Judgement, judgeVariant } from './honestVariants.js'
import { buildOf, type Job, jobsOf, resultsIn, work } from './lawCampaign.js'
import { firstCatch, powerOf, smallestCounterexample } from './lawPower.js'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'answerkey-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const judgement = (seed: number, ...statuses: Judgement['alarms'][number]['status'][]): Judgement => ({
  variant: 'float32 (ieee)',
  seed,
  verdicts: 3,
  cases: 10,
  alarms: statuses.map((status) => ({ operator: 'relu', law: 'never falls', status })),
})

const job = (seed: number): Job => ({
  name: `honest: float32 (ieee), seed ${seed}`,
  run: async () => ({ judgement: judgement(seed) }),
})

const broken: Job = {
  name: 'one that throws',
  run: () => Promise.reject(new RangeError('no such thing')),
}

describe('a measurement in parts', () => {
  it('goes on where it stopped, and past what throws', async () => {
    const file = join(folder, 'results.jsonl')
    const started: string[] = []
    const failures: string[] = []
    const go = (jobs: readonly Job[]) =>
      work(jobs, file, { onJob: (name) => started.push(name), onFailure: (name) => failures.push(name) })
    await go([job(1), broken])
    await go([job(1), broken, job(2)])
    expect(started).toEqual([job(1).name, broken.name, broken.name, job(2).name])
    expect(failures).toEqual([broken.name, broken.name])
    expect([...resultsIn(file).keys()]).toEqual([job(1).name, job(2).name])
  })

  it('reads back what it wrote, and refuses what it cannot read', async () => {
    const file = join(folder, 'others.jsonl')
    const [mistake] = mistakesOf('relu')
    const power = await powerOf(mistake, { seeds: [1, 2], runs: 5, tableRuns: 5 })
    writeFileSync(file, `${JSON.stringify({ power })}\n`)
    expect([...resultsIn(file).values()]).toEqual([{ power }])
    appendFileSync(file, '{"power": 3}\n')
    expect(() => resultsIn(file)).toThrow()
  })

  it('has a job of its own for every mistake and every honest implementation and seed', () => {
    const jobs = jobsOf({
      ...{ runs: 1, tableRuns: 1, mistakeSeeds: [1], variantRuns: 1 },
      ...{ variantSeeds: [1, 2], operators: ['relu'] },
    })
    expect(jobs.length).toBe(mistakesOf('relu').length + 2 * honestVariants(1).length)
    expect(new Set(jobs.map(({ name }) => name)).size).toBe(jobs.length)
  })

  it('tells one build from another', () => {
    const file = join(folder, 'program.js')
    writeFileSync(file, 'export const x = 1')
    const before = buildOf(folder)
    expect(buildOf(folder)).toBe(before)
    writeFileSync(file, 'export const x = 2')
    expect(buildOf(folder)).not.toBe(before)
  })
})

describe('the measurement', () => {
  const [first] = mistakesOf('matmul')

  it('counts the verdicts that differ from what the same law says for most seeds', () => {
    expect(changedVerdicts([judgement(1), judgement(2), judgement(3, 'broken')])).toBe(1)
    expect(changedVerdicts([judgement(1, 'suspicious'), judgement(2, 'broken'), judgement(3, 'broken')])).toBe(1)
    expect(changedVerdicts([judgement(1, 'broken'), judgement(2, 'broken')])).toBe(0)
    expect(changedVerdicts([judgement(1), judgement(2)])).toBe(0)
  })

  it('finds a small counterexample of a mistake', async () => {
    const size = await smallestCounterexample(first, 1, 20)
    expect(size?.elements).toBeLessThanOrEqual(12)
    expect(size?.nonzero).toBeGreaterThan(0)
  })

  it('finds a law that a mistake breaks, in lower precision too', async () => {
    for (const precision of ['float64', 'float32', 'bfloat16'] as const) {
      const { by } = await firstCatch(first, 1, 20, precision)
      expect(by.length).toBeGreaterThan(0)
    }
  })

  it('knows a mistake that answers wrong numbers from one that answers what it should refuse', async () => {
    const [wrong] = mistakesOf('momentumUpdate').filter(({ forward }) => forward !== undefined)
    const [answering] = mistakesOf('contrastiveLoss').filter((mistake) => mistake.insteadOfRefusing !== undefined)
    const measured = await powerOf(wrong, { seeds: [1], runs: 2, tableRuns: 2 })
    expect(measured.numerical).toBe(true)
    expect(measured.byTolerance.length).toBeGreaterThan(0)
    const { numerical, byTolerance } = await powerOf(answering, { seeds: [1], runs: 2, tableRuns: 1 })
    expect([numerical, byTolerance]).toEqual([false, []])
  })

  it('has nothing against an honest implementation', async () => {
    const [plain] = honestVariants(1)
    expect(await judgeVariant(plain, { seed: 1, runs: 2, operators: ['relu', 'softmax'] })).toMatchObject({
      variant: 'float32 (ieee)',
      seed: 1,
      alarms: [],
    })
  })
})

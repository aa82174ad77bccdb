import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { reportSchema } from '../properties/reportSchema.js'
import { merge } from './merge.js'
import type { CommonOptions } from './output.js'
import { test } from './test.js'

const folder = mkdtempSync(join(tmpdir(), 'answerkey-merge-'))

/** The options of a report of this form, in a file. */
function into(format: CommonOptions['format'], name: string): CommonOptions & { readonly output: string } {
  return { format, output: join(folder, name), quiet: true, color: false }
}

/** The report of a shard of a short run, as `answerkey test --format json` writes it. */
async function shardReport(index: number, of: number, seed = 3): Promise<string> {
  const options = into('json', `${seed}-${index}-${of}.json`)
  const status = await test('oracle', {
    ...options,
    ...{ operators: ['relu', 'softmax'], runs: 3, seed, shard: { index, of } },
    ...{ timeout: 10, workers: 1, database: false },
  })
  expect(status).toBe(0)
  return options.output
}

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('merge', () => {
  it('joins the shards of a run into one report of any form', async () => {
    const shards = [await shardReport(1, 2), await shardReport(2, 2)]
    for (const path of shards) expect(() => reportSchema.parse(JSON.parse(readFileSync(path, 'utf8')))).not.toThrow()
    for (const format of ['text', 'json', 'junit', 'sarif', 'html'] as const) {
      const options = into(format, `whole.${format}`)
      expect(await merge(shards, options)).toBe(0)
      expect(readFileSync(options.output, 'utf8')).not.toBe('')
    }
    const whole = reportSchema.parse(JSON.parse(readFileSync(join(folder, 'whole.json'), 'utf8')))
    expect(Object.keys(whole.operators)).toEqual(['relu', 'softmax'])
    expect(whole.shard).toBeUndefined()
  })

  it('writes the report of what there is and says which shards are missing', async () => {
    const options = into('json', 'part.json')
    await expect(merge([await shardReport(2, 3)], options)).rejects.toThrow(
      'the report is not whole: there is none of the shards 1/3, 3/3',
    )
    expect(reportSchema.parse(JSON.parse(readFileSync(options.output, 'utf8'))).shard).toBe('2/3')
  })

  it('refuses reports of different runs, and files that are no reports', async () => {
    const [one, other] = [await shardReport(1, 2, 3), await shardReport(2, 2, 4)]
    const options = into('json', 'never.json')
    await expect(merge([one, other], options)).rejects.toThrow('are not of one run: their seed differ, 3 and 4')
    await expect(merge([one, one], options)).rejects.toThrow('are both of shard 1/2')
    const bad = join(folder, 'bad.json')
    writeFileSync(bad, '{"version":1')
    await expect(merge([bad], options)).rejects.toThrow('cannot read')
    writeFileSync(bad, '{"version":2}')
    await expect(merge([bad], options)).rejects.toThrow('is no report of answerkey test --format json: version')
    expect(existsSync(options.output)).toBe(false)
  })

  it('ends with 1 where a law is broken, as test does', async () => {
    const path = await shardReport(1, 1)
    const report = JSON.parse(readFileSync(path, 'utf8'))
    report.operators.relu.laws[0].status = 'broken'
    report.summary.broken++
    report.summary.held--
    writeFileSync(path, JSON.stringify(report))
    expect(await merge([path], into('text', 'broken.txt'))).toBe(1)
  })

  it('writes the summary of the job on GitHub Actions', async () => {
    const summary = join(folder, 'summary.md')
    vi.stubEnv('GITHUB_STEP_SUMMARY', summary)
    await merge([await shardReport(1, 1)], into('text', 'whole.txt'))
    expect(readFileSync(summary, 'utf8')).toContain('## answerkey test: oracle')
  })

  it('asks for a seed where a run is shared out', async () => {
    const options = { ...into('json', 'none.json'), runs: 3, timeout: 10, workers: 1, database: false }
    await expect(test('oracle', { ...options, shard: { index: 1, of: 2 } })).rejects.toThrow('it needs --seed')
  })
})

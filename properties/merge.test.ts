import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { oracle } from '../oracle/index.js'
import { laws } from './laws.js'
import { MergeError, mergeReports, type NamedReport } from './merge.js'
import type { OperatorReport, TestReport } from './report.js'
import { summaryOf } from './report.js'
import { runLaws } from './runner.js'
import { shardOf } from './shard.js'

/** A report without what differs from run to run. */
function timeless(report: TestReport): unknown {
  return JSON.parse(JSON.stringify(report, (key, value: unknown) => (key === 'milliseconds' ? 0 : value)))
}

const operators = ['relu', 'softmax', 'convOutputSize']
const chosen = laws.filter(({ operator }) => operators.includes(operator))

async function run(part?: { readonly index: number; readonly of: number }): Promise<TestReport> {
  const report = await runLaws(oracle, {
    ...{ operators, runs: 3, seed: 5 },
    ...(part !== undefined && { part: new Set(shardOf(chosen, part.index, part.of)) }),
  })
  return { ...report, ...(part !== undefined && { shard: `${part.index}/${part.of}` }) }
}

function named(reports: readonly TestReport[]): readonly NamedReport[] {
  return reports.map((report, i) => ({ name: `${i + 1}.json`, report }))
}

describe('mergeReports', () => {
  it('makes of the shards of a run, in any order, what the run gives in one piece', async () => {
    const whole = timeless(await run())
    const shards = await Promise.all([3, 1, 2].map((index) => run({ index, of: 3 })))
    const { report, missing } = mergeReports(named(shards))
    expect(missing).toEqual([])
    expect(timeless(report)).toEqual(whole)
    // In two steps as well: what is not whole can be merged again.
    const part = mergeReports(named(shards.slice(0, 2)))
    expect(part.report.shard).toBe('1,3/3')
    expect(part.missing).toEqual(['2/3'])
    expect(timeless(mergeReports(named([part.report, shards[2]])).report)).toEqual(whole)
  })

  it('counts every law of every report once', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.infiniteStream(fc.constantFrom('held', 'broken', 'skipped')),
        (of, status) => {
          const shards = Array.from({ length: of }, (_, i) => {
            const reports: Record<string, OperatorReport> = {}
            for (const law of shardOf(chosen, i + 1, of)) {
              const before = reports[law.operator]?.laws ?? []
              const one = { law: law.name, status: status.next().value ?? 'held', runs: 1, milliseconds: 1 } as const
              reports[law.operator] = { status: 'held', laws: [...before, one] }
            }
            return {
              ...someReport,
              operators: reports,
              summary: summaryOf(Object.values(reports)),
              shard: `${i + 1}/${of}`,
            }
          })
          const { summary } = mergeReports(named(shards)).report
          for (const [outcome, sum] of Object.entries(summary))
            expect(sum).toBe(
              shards.reduce(
                (all, shard) => all + (Object.entries(shard.summary).find(([name]) => name === outcome)?.[1] ?? 0),
                0,
              ),
            )
        },
      ),
    )
  })

  const differences: readonly (readonly [string, Partial<TestReport>])[] = [
    ['subject', { subject: 'another' }],
    ['precision', { precision: 'float16' }],
    ['profile', { profile: 'wgsl' }],
    ['dialects', { dialects: ['lstm.gates=iofg'] }],
    ['seed', { seed: 2 }],
    ['runs', { runs: 7 }],
  ]
  it.each(differences)('refuses reports whose %s differ', (what, change) => {
    const reports = named([
      { ...someReport, shard: '1/2' },
      { ...someReport, ...change, shard: '2/2' },
    ])
    expect(() => mergeReports(reports)).toThrow(
      new RegExp(`1.json and 2.json are not of one run: their ${what} differ`),
    )
  })

  it('says which shard is there twice, and which reports are no parts of one run', () => {
    const of = (...shards: (string | undefined)[]) =>
      named(shards.map((shard) => ({ ...someReport, ...(shard !== undefined && { shard }) })))
    expect(() => mergeReports(of('1/2', '1/2'))).toThrow('1.json and 2.json are both of shard 1/2')
    expect(() => mergeReports(of('1/2', '2/3'))).toThrow(
      '1.json and 2.json are not parts of one run: shard 1/2 and shard 2/3',
    )
    expect(() => mergeReports(of('1/2', undefined))).toThrow('shard 1/2 and the whole')
    expect(() => mergeReports(of('one'))).toThrow('«one» is no shard')
    expect(() => mergeReports([])).toThrow(MergeError)
  })

  it('refuses a law that is in two reports, and an operator that only one says is not there', () => {
    const operatorsOf = (law: string) => ({
      relu: { status: 'held', laws: [{ law, status: 'held', runs: 1, milliseconds: 1 }] } as const,
    })
    const report = { ...someReport, operators: operatorsOf('agrees with the oracle') }
    expect(() => mergeReports(named([report, report]))).toThrow(
      '1.json and 2.json both have «relu agrees with the oracle»',
    )
    expect(() => mergeReports(named([report, { ...someReport, notImplemented: ['relu'] }]))).toThrow(
      '2.json says that relu is not implemented',
    )
  })
})

const someReport: TestReport = {
  ...{ version: 1, subject: 'mine', precision: 'float64', profile: 'ieee', seed: 1, runs: 10, operators: {} },
  ...{ notImplemented: [], summary: summaryOf([]), milliseconds: 1 },
}

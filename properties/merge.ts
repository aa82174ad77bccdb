import { contract } from '../oracle/index.js'
import { laws as knownLaws } from './laws.js'
import { type LawReport, type Limit, type OperatorReport, statusOf, summaryOf, type TestReport } from './report.js'
import { parseShards, type Shards, shardsText } from './shardName.js'

/** A report and where it was read from. */
export interface NamedReport {
  readonly name: string
  readonly report: TestReport
}

export interface Merged {
  readonly report: TestReport
  /** Shards that no report is of, as `2/4`. */
  readonly missing: readonly string[]
}

/** Reports do not belong together. */
export class MergeError extends Error {
  override readonly name = 'MergeError'
}

/**
 * One report of the shards of a run, laws in the order of the contract, as the run would have given it in one piece; times are added
 * up. Where shards are missing it is the report of the others, and says so in its `shard`. Throws a MergeError where reports are of
 * different subjects, precisions, profiles, dialects, seeds or numbers of runs, where one is of a shard and another is not, or where a
 * law is in two of them.
 */
export function mergeReports(reports: readonly NamedReport[]): Merged {
  const [first] = reports
  if (first === undefined) throw new MergeError('there is no report to merge')
  for (const other of reports.slice(1)) requireSameRun(first, other)
  const shards = shardsOf(reports)
  requireDisjoint(reports)
  const all = reports.map(({ report }) => report)
  const names = [...new Set(all.flatMap(({ operators }) => Object.keys(operators)))].sort(byPlace(operatorPlaces))
  const operators = Object.fromEntries(
    names.map((name) => [
      name,
      operatorOf(
        name,
        all.flatMap((report) => (Object.hasOwn(report.operators, name) ? [report.operators[name]] : [])),
      ),
    ]),
  )
  const missing = shards === undefined ? [] : range(shards.of).filter((index) => !shards.indices.includes(index))
  const claim = all.find((report) => report.claim !== undefined)?.claim
  const { shard: _, ...run } = first.report
  return {
    report: {
      ...run,
      operators,
      notImplemented: lacking(reports, names),
      summary: summaryOf(Object.values(operators)),
      ...(claim !== undefined && { claim }),
      ...(shards !== undefined && missing.length > 0 && { shard: shardsText(shards) }),
      milliseconds: all.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
    },
    missing: missing.map((index) => `${index}/${shards?.of}`),
  }
}

function requireSameRun(first: NamedReport, other: NamedReport): void {
  for (const key of ['subject', 'precision', 'profile', 'dialects', 'seed', 'runs'] as const) {
    const [a, b] = [first, other].map(({ report }) => JSON.stringify(report[key] ?? []))
    if (a !== b)
      throw new MergeError(`${first.name} and ${other.name} are not of one run: their ${key} differ, ${a} and ${b}`)
  }
}

/** The shards that the reports are of; `undefined` where they are of none. */
function shardsOf(reports: readonly NamedReport[]): Shards | undefined {
  const parts = reports.map(({ name, report: { shard } }) => {
    if (shard === undefined) return { name }
    const shards = parseShards(shard)
    if (shards === undefined) throw new MergeError(`${name}: «${shard}» is no shard; it should be as 2/4`)
    return { name, shards }
  })
  const [first] = parts
  const seen = new Map<number, string>()
  for (const { name, shards } of parts) {
    if (shards?.of !== first.shards?.of)
      throw new MergeError(
        `${first.name} and ${name} are not parts of one run: ${partText(first.shards)} and ${partText(shards)}`,
      )
    for (const index of shards?.indices ?? []) {
      const before = seen.get(index)
      if (before !== undefined) throw new MergeError(`${before} and ${name} are both of shard ${index}/${shards?.of}`)
      seen.set(index, name)
    }
  }
  return first.shards && { indices: [...seen.keys()].sort((a, b) => a - b), of: first.shards.of }
}

function partText(shards: Shards | undefined): string {
  return shards === undefined ? 'the whole' : `shard ${shardsText(shards)}`
}

function requireDisjoint(reports: readonly NamedReport[]): void {
  const seen = new Map<string, string>()
  for (const { name, report } of reports)
    for (const [operator, { laws }] of Object.entries(report.operators))
      for (const { law } of laws) {
        const key = keyOf(operator, law)
        const before = seen.get(key)
        if (before !== undefined)
          throw new MergeError(
            `${before === name ? `${name} has` : `${before} and ${name} both have`} «${operator} ${law}»`,
          )
        seen.set(key, name)
      }
}

/** Operators that the subject lacks, as the reports say; throws a MergeError where another report has laws of one. */
function lacking(reports: readonly NamedReport[], implemented: readonly string[]): readonly string[] {
  for (const { name, report } of reports)
    for (const operator of report.notImplemented)
      if (implemented.includes(operator))
        throw new MergeError(`${name} says that ${operator} is not implemented, and another report has its laws`)
  return [...new Set(reports.flatMap(({ report }) => report.notImplemented))].sort(byPlace(operatorPlaces))
}

function operatorOf(name: string, parts: readonly OperatorReport[]): OperatorReport {
  const laws: readonly LawReport[] = parts
    .flatMap((part) => part.laws)
    .sort((a, b) => byPlace(lawPlaces)(keyOf(name, a.law), keyOf(name, b.law)))
  const limits = new Map<string, Limit>()
  for (const limit of parts.flatMap((part) => part.limits ?? []))
    if (limits.get(limit.what)?.how !== 'declared') limits.set(limit.what, limit)
  return { status: statusOf(laws), laws, ...(limits.size > 0 && { limits: [...limits.values()] }) }
}

function keyOf(operator: string, law: string): string {
  return JSON.stringify([operator, law])
}

const operatorPlaces = places(Object.keys(contract))
const lawPlaces = places(knownLaws.map(({ operator, name }) => keyOf(operator, name)))

function places(names: readonly string[]): ReadonlyMap<string, number> {
  return new Map(names.map((name, place) => [name, place]))
}

/** Sorts by place; what has none comes last. */
function byPlace(known: ReadonlyMap<string, number>): (a: string, b: string) => number {
  return (a, b) => (known.get(a) ?? known.size) - (known.get(b) ?? known.size)
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i + 1)
}

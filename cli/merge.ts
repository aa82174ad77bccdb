import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { TestReport } from '../properties/index.js'
import { MergeError, mergeReports, type NamedReport } from '../properties/merge.js'
import { reportSchema } from '../properties/reportSchema.js'
import type { CommonOptions } from './output.js'
import { testStatus, writeTestReport } from './testReport.js'
import { UsageError } from './usage.js'

interface MergeOptions extends CommonOptions {
  readonly strict?: true
}

/**
 * `answerkey merge REPORT…`: the JSON reports of the shards of a run as one report. 0 where nothing in it is wrong, 1 where something
 * is, a UsageError where reports cannot be read or do not belong together, and, after the report of the others, where shards are
 * missing.
 */
export async function merge(files: readonly string[], options: MergeOptions): Promise<number> {
  const { report, missing } = merged(files.map((name) => ({ name, report: readReport(name) })))
  await writeTestReport(report, options)
  if (missing.length > 0) throw new UsageError(`the report is not whole: there is none of ${shardList(missing)}`)
  return testStatus(report, options.strict === true)
}

function merged(reports: readonly NamedReport[]) {
  try {
    return mergeReports(reports)
  } catch (error) {
    if (error instanceof MergeError) throw new UsageError(error.message)
    throw error
  }
}

function readReport(file: string): TestReport {
  const parsed = reportSchema.safeParse(readJson(file))
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]
  const place = path.length === 0 ? '' : `${z.core.toDotPath(path)}: `
  throw new UsageError(`${file} is no report of answerkey test --format json: ${place}${message}`)
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${error instanceof Error ? error.message : error}`)
  }
}

function shardList(missing: readonly string[]): string {
  return `${missing.length === 1 ? 'shard' : 'the shards'} ${missing.join(', ')}`
}

import { appendFileSync, writeFileSync } from 'node:fs'
import pc from 'picocolors'
import { stringify } from '../oracle/wire.js'
import { UsageError } from './usage.js'

/** The options that every command has, as the command line gives them. */
export interface CommonOptions {
  readonly format: 'text' | 'json' | 'junit' | 'html' | 'sarif' | 'csv' | 'gradescope' | 'github'
  readonly output?: string
  readonly quiet?: true
  readonly color: boolean
}

export type Colors = ReturnType<typeof pc.createColors>

/** Colours for the report: none in a file, in a pipe, or where they are not wanted. */
export function colorsFor(options: CommonOptions): Colors {
  const wanted = options.color && options.output === undefined && process.stdout.isTTY === true && pc.isColorSupported
  return pc.createColors(wanted)
}

/** A report in every form that its command knows: text, or what becomes JSON. */
interface Report {
  readonly json: unknown
  text(): string
  junit?(): string | Promise<string>
  html?(): Promise<string>
  sarif?(): unknown
  csv?(): Promise<string>
  gradescope?(): unknown
  github?(): string
}

/** Writes the report to the file of --output or to standard output. */
export async function writeReport(options: CommonOptions, report: Report): Promise<void> {
  const text = await formatted(options.format, report)
  if (options.output === undefined) process.stdout.write(text)
  else writeTextFile(options.output, text)
}

/** Writes a file. Throws a UsageError where that is not possible. */
export function writeTextFile(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${error instanceof Error ? error.message : error}`)
  }
}

async function formatted(format: CommonOptions['format'], report: Report): Promise<string> {
  if (format === 'json') return asJson(report.json)
  if (format === 'text') return report.text()
  const written = await report[format]?.()
  if (written === undefined) return report.text()
  if (typeof written !== 'string') return asJson(written)
  return format === 'junit' ? `${written}\n` : written
}

function asJson(value: unknown): string {
  return `${stringify(value, 2)}\n`
}

/** Whether this runs as a step of GitHub Actions. */
export function isOnGitHub(): boolean {
  return process.env.GITHUB_ACTIONS === 'true'
}

/** On GitHub Actions, adds to the summary of the job, whose file GITHUB_STEP_SUMMARY names. */
export function addToJobSummary(markdown: () => string): void {
  const file = process.env.GITHUB_STEP_SUMMARY
  if (file !== undefined && file !== '') appendFileSync(file, markdown())
}

/** A random seed for a run that names none: it is printed, so that the run can be repeated. */
export function freshSeed(): number {
  return Math.floor(Math.random() * 2 ** 31)
}

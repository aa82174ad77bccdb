import { writeFileSync } from 'node:fs'
import pc from 'picocolors'
import { UsageError } from './usage.js'

/** The options that every command has, as the command line gives them. */
export interface CommonOptions {
  readonly format: 'text' | 'json'
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

/** Writes the report to the file of --output or to standard output. */
export function writeReport(options: CommonOptions, report: { json: unknown; text: () => string }): void {
  const text = options.format === 'json' ? `${JSON.stringify(report.json, null, 2)}\n` : report.text()
  if (options.output === undefined) {
    process.stdout.write(text)
    return
  }
  try {
    writeFileSync(options.output, text)
  } catch (error) {
    throw new UsageError(`cannot write ${options.output}: ${error instanceof Error ? error.message : error}`)
  }
}

/** A random seed for a run that names none: it is printed, so that the run can be repeated. */
export function freshSeed(): number {
  return Math.floor(Math.random() * 2 ** 31)
}

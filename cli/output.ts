import { once } from 'node:events'
import { appendFileSync, closeSync, openSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import pc from 'picocolors'
import { jsonPieces } from '../reports/jsonPieces.js'
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

/** A text, or the pieces that it is put together from, each of which is made when its turn comes. */
type Text = string | Iterable<string>

/** A report in every form that its command knows: text, or what becomes JSON, in which a `Lazily` is a list. */
interface Report {
  readonly json: unknown
  text(): Text
  junit?(): Text | Promise<Text>
  html?(): Promise<string>
  sarif?(): unknown
  csv?(): Promise<string>
  gradescope?(): unknown
  github?(): string
}

/** Writes the report to the file of --output or to standard output. */
export async function writeReport(options: CommonOptions, report: Report): Promise<void> {
  const blocks = inBlocks(await formatted(options.format, report))
  if (options.output !== undefined) writeOnceMade(options.output, blocks)
  else for (const block of blocks) if (!process.stdout.write(block)) await once(process.stdout, 'drain')
}

/** Writes a file. Throws a UsageError where that is not possible. */
export function writeTextFile(path: string, text: string): void {
  writing(path, () => writeFileSync(path, text))
}

/**
 * Writes a file when all its blocks are made; until then they are kept packed. So a file that is there stays as it is where making
 * one fails. Throws a UsageError where the file cannot be written.
 */
function writeOnceMade(path: string, blocks: Iterable<string>): void {
  const packed = Array.from(blocks, (block) =>
    brotliCompressSync(block, { params: { [constants.BROTLI_PARAM_QUALITY]: packingQuality } }),
  )
  writing(path, () => {
    const file = openSync(path, 'w')
    try {
      for (const block of packed) writeFileSync(file, brotliDecompressSync(block))
    } finally {
      closeSync(file)
    }
  })
}

/** Beyond this, packing takes longer than it saves. */
const packingQuality = 4

function writing(path: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    throw new UsageError(`cannot write ${path}: ${error instanceof Error ? error.message : error}`)
  }
}

/** Characters that are written at a time, at least. */
const blockLength = 2 ** 18

/** Pieces put together to blocks. */
function* inBlocks(pieces: Text): Generator<string> {
  let block: string[] = []
  let length = 0
  for (const piece of typeof pieces === 'string' ? [pieces] : pieces) {
    block.push(piece)
    length += piece.length
    if (length < blockLength) continue
    yield block.join('')
    block = []
    length = 0
  }
  yield block.join('')
}

async function formatted(format: CommonOptions['format'], report: Report): Promise<Text> {
  if (format === 'json') return asJson(report.json)
  if (format === 'text') return report.text()
  if (format === 'junit') {
    const junit = await report.junit?.()
    return junit === undefined ? report.text() : ended(junit)
  }
  const written = await report[format]?.()
  if (written === undefined) return report.text()
  return typeof written === 'string' ? written : asJson(written)
}

function asJson(value: unknown): Iterable<string> {
  return ended(jsonPieces(value))
}

/** The text with a line feed behind it. */
function* ended(text: Text): Generator<string> {
  if (typeof text === 'string') yield text
  else yield* text
  yield '\n'
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

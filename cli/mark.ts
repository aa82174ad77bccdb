import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { endings, type FolderListing, submittedFiles } from '../marking/classFolder.js'
import { markFiles, type Submitted } from '../marking/pool.js'
import type { Meant } from '../marking/poolTask.js'
import type { Scheme } from '../marking/scheme.js'
import { isRight, verdicts } from '../marking/verdict.js'
import type { RevealLevel } from '../reports/markReveal.js'
import type { PackedFile } from './markedFiles.js'
import type { CommonOptions } from './output.js'
import { openProgress } from './progress.js'
import { UsageError } from './usage.js'

export interface MarkOptions extends CommonOptions {
  readonly exercise?: string
  readonly reveal: RevealLevel
  readonly scheme?: string
  readonly repair?: true
  readonly timeout: number
  readonly memory: number
}

/**
 * `answerkey mark FILE…`: 0 where all is right, 1 where something is wrong or missing, 2 where nothing could be marked.
 * A file that cannot be read is said and the others are still marked.
 */
export async function mark(paths: readonly string[], options: MarkOptions): Promise<number> {
  refuseMixtures(options)
  const meant = options.exercise === undefined ? undefined : await meantBy(options.exercise)
  const scheme = options.scheme === undefined ? undefined : await schemeIn(options.scheme)
  const listings = await Promise.all([...new Set(paths)].map(listed))
  const files = onceEach(listings.flatMap((listing) => listing.files))
  const progress = openProgress(options.quiet === true)
  const marked: PackedFile[] = []
  const failures: string[] = []
  progress.update(0, files.length, '')
  const outcomes = markFiles(files, {
    ...(meant !== undefined && { meant }),
    ...(options.repair && { repair: true }),
    timeoutSeconds: options.timeout,
    memoryMegabytes: options.memory,
    onDone: (done, file) => progress.update(done, files.length, file),
  })
  // What writes reports is loaded while the workers load what marks.
  const reporting = Promise.all([import('./markReport.js'), import('./output.js')])
  let next = 0
  for await (const outcome of outcomes) {
    const { solution } = files[next++]
    if ('why' in outcome) failures.push(`${outcome.file}: ${outcome.why}`)
    else marked.push({ ...outcome, solution })
  }
  progress.stop()
  const [{ writeMarking, writeRepairs }, { isOnGitHub }] = await reporting
  for (const failure of failures) complain(failure)
  for (const { leftOut } of listings) if (leftOut.length > 0) complain(leftOutText(leftOut))
  if (marked.length === 0) throw new UsageError('nothing could be marked')
  if (options.repair) await writeRepairs(marked, options)
  else await writeMarking(marked, scheme, options, isOnGitHub())
  const found = verdicts.filter((verdict) => marked.some(({ summary }) => summary[verdict] > 0))
  if (found.every((verdict) => verdict === 'missing')) throw new UsageError('nothing could be marked')
  return found.every(isRight) && failures.length === 0 ? 0 : 1
}

/** Throws UsageError where options do not go together. */
function refuseMixtures({ repair, reveal, format, scheme }: MarkOptions): void {
  if (!repair) return
  if (reveal !== 'answer') throw new UsageError('--repair gives all away: it does not go with --reveal')
  if (format !== 'text' && format !== 'json') throw new UsageError('--repair writes a diff, or JSON')
  if (scheme !== undefined) throw new UsageError('--repair gives no points: it does not go with --scheme')
}

function complain(message: string): void {
  process.stderr.write(`answerkey: ${message}\n`)
}

/** `left out, being no solutions: a.pdf, b.png and 3 more`. */
function leftOutText(files: readonly string[]): string {
  const few = 5
  const rest = files.length > few ? ` and ${files.length - few} more` : ''
  return `left out, being no solutions by their ending: ${files.slice(0, few).join(', ')}${rest}`
}

/** Files with what they hold, where they are not on disk, and whose they are. */
interface Listing extends Pick<FolderListing, 'leftOut'> {
  readonly files: readonly (Submitted & { readonly solution: string })[]
}

async function listed(path: string): Promise<Listing> {
  if (path === '-') {
    const content = await standardInput()
    return { files: [{ file: 'standard input', solution: 'standard input', content }], leftOut: [] }
  }
  try {
    const listing = submittedFiles(path)
    if (listing.files.length > 0) return listing
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${error instanceof Error ? error.message : error}`)
  }
  throw new UsageError(`${path} holds no solution (a file that ends in ${endings.join(', ')})`)
}

/** No solution is larger; what comes after it is not waited for. */
const mostBytes = 32_000_000

/** The files without those that were named before, in whatever way. */
function onceEach<File extends Submitted>(files: readonly File[]): readonly File[] {
  const first = new Map<string, File>()
  for (const one of files) {
    const place = one.content === undefined ? resolve(one.file) : one.file
    if (!first.has(place)) first.set(place, one)
  }
  return [...first.values()]
}

async function standardInput(): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of process.stdin) {
    const part = Buffer.from(chunk)
    chunks.push(part)
    bytes += part.length
    if (bytes > mostBytes) break
  }
  return Buffer.concat(chunks)
}

/** What --exercise means, for a worker. Throws UsageError where there is no such exercise. */
async function meantBy(text: string): Promise<Meant> {
  const { exerciseOrInstance, isInstanceFile } = await import('./instance.js')
  const { id } = await exerciseOrInstance(text)
  return isInstanceFile(text) ? { file: text, text: readFileSync(text, 'utf8') } : { id }
}

async function schemeIn(file: string): Promise<Scheme> {
  const [{ BadScheme, readScheme }, { exercises }] = await Promise.all([
    import('../marking/scheme.js'),
    import('../exercises/index.js'),
  ])
  try {
    return await readScheme(file, readFileSync(file, 'utf8'), exercises)
  } catch (error) {
    if (error instanceof BadScheme) throw new UsageError(error.message)
    throw new UsageError(`cannot read the scheme ${file}: ${error instanceof Error ? error.message : error}`)
  }
}

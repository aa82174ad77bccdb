import { existsSync, readdirSync, statSync } from 'node:fs'
import { extname, join } from 'node:path'
import { exercises } from '../exercises/index.js'
import { type FileReport, markFile, UnreadableFile } from '../marking/index.js'
import { markText } from '../reports/markText.js'
import { exerciseOrInstance } from './instance.js'
import { type CommonOptions, colorsFor, writeReport } from './output.js'
import { openProgress } from './progress.js'
import { UsageError } from './usage.js'

interface MarkOptions extends CommonOptions {
  readonly exercise?: string
}

const endings = ['.md', '.txt', '.yaml', '.yml', '.json']

/**
 * `answerkey mark FILE…`: 0 where all is right, 1 where something is wrong or missing, 2 where nothing could be marked.
 * A file that cannot be read is said and the others are still marked.
 */
export async function mark(paths: readonly string[], options: MarkOptions): Promise<number> {
  const meant = options.exercise === undefined ? undefined : await exerciseOrInstance(options.exercise)
  const known = exercises.map((exercise) => (exercise.id === meant?.id ? meant : exercise))
  const files = paths.flatMap(filesIn)
  const progress = openProgress(options.quiet === true)
  const reports: FileReport[] = []
  const unreadable: string[] = []
  for (const [done, file] of files.entries()) {
    progress.update(done, files.length, file)
    try {
      reports.push(await markFile(file, { exercises: known, ...(meant !== undefined && { exercise: meant.id }) }))
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error
      unreadable.push(error.message)
    }
  }
  progress.stop()
  for (const message of unreadable) process.stderr.write(`answerkey: ${message}\n`)
  if (reports.length === 0) throw new UsageError('nothing could be marked')
  const colors = colorsFor(options)
  await writeReport(options, {
    json: { version: 1, files: reports },
    text: () => reports.map((report) => markText(report, colors, options.quiet === true)).join('\n'),
  })
  const claims = reports.flatMap((report) => report.claims)
  if (claims.every(({ verdict }) => verdict === 'missing')) throw new UsageError('nothing could be marked')
  const faultless = claims.every(({ verdict }) => verdict === 'correct' || verdict === 'rounded')
  return faultless && unreadable.length === 0 ? 0 : 1
}

/** The file itself, or every file of a folder that looks like a solution. */
function filesIn(path: string): readonly string[] {
  if (!existsSync(path) || !statSync(path).isDirectory()) return [path]
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => endings.includes(extname(name)))
    .map((name) => join(path, name))
    .sort()
  if (files.length === 0) throw new UsageError(`${path} holds no solution (a file that ends in ${endings.join(', ')})`)
  return files
}

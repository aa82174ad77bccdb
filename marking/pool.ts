import { statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setFlagsFromString } from 'node:v8'
import { MessageChannel } from 'node:worker_threads'
import { Tinypool } from 'tinypool'
import { pack } from './packed.js'
import { reportOf } from './parts.js'
import type { Answer, MarkedShare, MarkedTask, Meant, Task } from './poolTask.js'

/** A file to mark: on disk, or with what it holds. */
export interface Submitted {
  readonly file: string
  readonly content?: Uint8Array
}

/** The marked file, or why it could not be marked. */
export type Outcome = { readonly file: string } & (MarkedTask | { readonly why: string })

export interface PoolOptions {
  /** The exercise that is meant where a file does not say. */
  readonly meant?: Meant
  /** Whether solutions are to be mended too. */
  readonly repair?: true
  /** Seconds that one file may take. */
  readonly timeoutSeconds: number
  /** Megabytes of objects that the marking of one file may hold at a time. */
  readonly memoryMegabytes: number
  /** Told how many files are done, and the one that was last. */
  onDone?(done: number, file: string): void
}

/**
 * How much a function runs before V8 11, of Node 20, optimises it; about four times what it is by default. Marking runs much code a
 * little, and to optimise that early takes longer than it saves, for one file as for a class. Later engines have a cheaper compiler first.
 */
const optimiseLater = '--interrupt-budget=600000'

/** Each thread tidies up its own short-lived objects: with every core marking, helpers for it are in the way of the others. */
const tidyAlone = '--no-parallel-scavenge'

/** Megabytes for objects that live shortly: most do, and are given back all the cheaper the more there is room for. */
const youngMegabytes = 96

/** The marking of one file is shared out among so many threads at most, where there are more cores than files. */
const mostShares = 4

/** The marking of a smaller file is not: to start another thread takes longer than marking it. */
const fewestBytesShared = 10_000

/**
 * Marks files in worker threads, as many at a time as the machine has cores; where there are fewer files, the exercises of each are
 * shared out. The outcomes come in the order of the files, whichever is done first. A file that takes longer than its time, or more memory than a worker has, is one that could not be
 * marked; the rest goes on. What is marked stays packed (see `pack`): whoever keeps the outcomes of a class keeps few bytes of each.
 */
export async function* markFiles(files: readonly Submitted[], options: PoolOptions): AsyncGenerator<Outcome> {
  if (files.length === 0) return
  const cores = availableParallelism()
  const threads = Math.min(cores, files.length)
  if (process.versions.v8.startsWith('11.')) {
    setFlagsFromString(optimiseLater)
    if (threads === cores) setFlagsFromString(tidyAlone)
  }
  const shares = options.repair ? 1 : Math.min(mostShares, Math.max(1, Math.floor(cores / files.length)))
  const pool = new Tinypool({
    filename: new URL('./poolWorker.js', import.meta.url).href,
    minThreads: threads,
    maxThreads: threads * shares,
    resourceLimits: { maxOldGenerationSizeMb: options.memoryMegabytes, maxYoungGenerationSizeMb: youngMegabytes },
  })
  // A worker that ends with no file in hand costs none: the pool starts another.
  pool.on('error', () => {})
  const outcomes: Promise<Outcome>[] = []
  let begun = 0
  let done = 0
  const beginNext = (): void => {
    if (begun < files.length) outcomes.push(markOne(files[begun++]))
  }
  const markOne = async (submitted: Submitted): Promise<Outcome> => {
    const outcome = await outcomeOf(pool, submitted, options, shares)
    options.onDone?.(++done, submitted.file)
    beginNext()
    return outcome
  }
  try {
    for (let i = 0; i < threads; i++) beginNext()
    // Whatever is done has begun another one: as long as files are left, more are begun than were taken from here.
    for (let outcome = outcomes.shift(); outcome !== undefined; outcome = outcomes.shift()) yield await outcome
  } finally {
    begun = files.length
    await pool.destroy()
  }
}

async function outcomeOf(
  pool: Tinypool,
  { file, content }: Submitted,
  { meant, repair, timeoutSeconds, memoryMegabytes }: PoolOptions,
  shares: number,
): Promise<Outcome> {
  const task: Untimed = { file, ...(content && { content }), ...(meant && { meant }), ...(repair && { repair }) }
  const of = shares > 1 && bytesOf(task) >= fewestBytesShared ? shares : 1
  const asked = of === 1 ? [task] : Array.from({ length: of }, (_, index) => ({ ...task, share: { index, of } }))
  const answers = await Promise.all(asked.map((one) => answerTo(pool, one, { timeoutSeconds, memoryMegabytes })))
  const why = answers.flatMap((answer) => ('why' in answer ? [answer.why] : []))
  if (why.length > 0) return { file, why: why[0] }
  const [whole] = answers.flatMap((answer) => ('packed' in answer ? [answer] : []))
  if (whole !== undefined) return { file, ...whole }
  const marked = answers.flatMap((answer) => ('parts' in answer ? [answer] : []))
  const report = reportOf(
    file,
    marked.flatMap(({ parts }) => parts),
  )
  return { file, summary: report.summary, packed: pack({ report, source: marked[0].source }) }
}

/** What a worker is asked for, but for what tells when it begins. */
type Untimed = Omit<Task, 'started'>

/** How large a file is; 0 where it is none, which a worker says in better words. */
function bytesOf({ file, content }: Untimed): number {
  return content === undefined ? (statSync(file, { throwIfNoEntry: false })?.size ?? 0) : content.length
}

/** A worker's answer, or why there is none. */
async function answerTo(
  pool: Tinypool,
  task: Untimed,
  { timeoutSeconds, memoryMegabytes }: Pick<PoolOptions, 'timeoutSeconds' | 'memoryMegabytes'>,
): Promise<MarkedTask | MarkedShare | { readonly why: string }> {
  const limit = new AbortController()
  const { port1: heard, port2: started } = new MessageChannel()
  let timer: NodeJS.Timeout | undefined
  heard.once('message', () => {
    timer = setTimeout(() => limit.abort(), timeoutSeconds * 1000)
  })
  try {
    const answer: Answer = await pool.run({ ...task, started }, { signal: limit.signal, transferList: [started] })
    return 'unreadable' in answer ? { why: answer.unreadable } : answer
  } catch (error) {
    return { why: limit.signal.aborted ? overtime(timeoutSeconds) : reasonOf(error, memoryMegabytes) }
  } finally {
    clearTimeout(timer)
    heard.close()
  }
}

function overtime(seconds: number): string {
  return `took longer than ${seconds} s; --timeout gives it more`
}

function reasonOf(error: unknown, memoryMegabytes: number): string {
  if (!(error instanceof Error)) return `could not be marked: ${error}`
  if ('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY')
    return `took more than ${memoryMegabytes} MB of memory; --memory gives it more`
  return `could not be marked, which is a defect of answerkey: ${error.stack ?? error.message}`
}

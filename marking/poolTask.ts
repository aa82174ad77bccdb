import type { MessagePort } from 'node:worker_threads'
import type { Exercise } from '../exercises/exercise.js'
import { exercises, readInstance } from '../exercises/index.js'
import { type Document, UnreadableFile } from './document/document.js'
import { readDocument } from './document/reader.js'
import type { MarkOptions } from './mark.js'
import { markContent, markFileText, readingOptions } from './markFile.js'
import { type MarkedSolution, pack } from './packed.js'
import type { Summary } from './report.js'

/** The exercise that is meant where a file does not say: by its id, or the instance of one that a file holds. */
export type Meant = { readonly id: string } | { readonly file: string; readonly text: string }

/** One file to mark, as a worker is told of it. */
export interface Task {
  readonly file: string
  /** What the file holds, where it is not read from disk. */
  readonly content?: Uint8Array
  readonly meant?: Meant
  /** Whether the solution is to be mended too. */
  readonly repair?: true
  /** Told when marking begins: loading the program does not count against the file's time. */
  readonly started: MessagePort
}

/** A marked file: how many claims have which verdict, and all else as `pack` packs it. */
export interface MarkedTask {
  readonly summary: Summary
  readonly packed: Uint8Array
}

/** The marked file, or why nothing of it could be read. */
export type Answer = MarkedTask | { readonly unreadable: string }

/** Marks one file, in a worker. */
export async function markTask({ file, content, meant, repair, started }: Task): Promise<Answer> {
  const options = await optionsFor(meant)
  started.postMessage('started')
  try {
    const marked = await (content === undefined ? markFileText(file, options) : markContent(file, content, options))
    const packed = pack(repair ? { ...marked, repair: await repairText(file, marked.source, options) } : marked)
    return { summary: marked.report.summary, packed }
  } catch (error) {
    if (error instanceof UnreadableFile) return { unreadable: error.reason }
    throw error
  } finally {
    started.close()
  }
}

/** What is mended of the text of a file. */
async function repairText(file: string, text: string, options: MarkOptions): Promise<MarkedSolution['repair']> {
  const { repairDocument } = await import('./repair.js')
  const read = (version: string): Document => readDocument(file, version, readingOptions(options))
  const { diff, unmended } = await repairDocument(read(text), options, read)
  return { file, diff, unmended }
}

async function optionsFor(meant: Meant | undefined) {
  if (meant === undefined) return { exercises }
  if ('id' in meant) return { exercises, exercise: meant.id }
  const instance = await instanceOf(meant)
  return {
    exercises: exercises.map((exercise) => (exercise.id === instance.id ? instance : exercise)),
    exercise: instance.id,
  }
}

const instances = new Map<string, Promise<Exercise>>()

/** The instance of an exercise, read once. */
function instanceOf({ file, text }: { readonly file: string; readonly text: string }): Promise<Exercise> {
  const known = instances.get(text) ?? readInstance(file, text, exercises)
  instances.set(text, known)
  return known
}

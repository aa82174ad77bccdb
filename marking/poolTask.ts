import type { MessagePort } from 'node:worker_threads'
import type { Exercise } from '../exercises/exercise.js'
import { exercises, readInstance } from '../exercises/index.js'
import { type Document, UnreadableFile } from './document/document.js'
import { readDocument, readDocumentFile } from './document/reader.js'
import { type MarkOptions, markDocument, markShare, type Share } from './mark.js'
import { readingOptions } from './markFile.js'
import { type MarkedSolution, pack } from './packed.js'
import type { PlacedPart } from './parts.js'
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
  /** Which of how many shares of the marking is asked for; all of it where not given. */
  readonly share?: Share
  /** Told when marking begins: loading the program does not count against the file's time. */
  readonly started: MessagePort
}

/** A marked file: how many claims have which verdict, and all else as `pack` packs it. */
export interface MarkedTask {
  readonly summary: Summary
  readonly packed: Uint8Array
}

/** A share of the marking of a file, with the file's text. */
export interface MarkedShare {
  readonly parts: readonly PlacedPart[]
  readonly source: string
}

/** The marked file or the share of it that was asked for, or why nothing of it could be read. */
export type Answer = MarkedTask | MarkedShare | { readonly unreadable: string }

/** Marks one file, or a share of it, in a worker. */
export async function markTask({ file, content, meant, repair, share, started }: Task): Promise<Answer> {
  const options = await optionsFor(meant)
  started.postMessage('started')
  try {
    const reading = readingOptions(options)
    const document =
      content === undefined ? await readDocumentFile(file, reading) : readDocument(file, content, reading)
    const source = document.edited([])
    if (share !== undefined) return { parts: await markShare(document, options, share), source }
    const report = await markDocument(document, options)
    const packed = pack(
      repair ? { report, source, repair: await repairText(file, source, options) } : { report, source },
    )
    return { summary: report.summary, packed }
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

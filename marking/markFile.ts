import type { Answered, ReadingOptions } from './document/document.js'
import { readDocument, readDocumentFile } from './document/reader.js'
import type { SymbolTable } from './expression/names.js'
import { type MarkOptions, markDocument } from './mark.js'
import type { FileReport } from './report.js'
import { areOfSeveralSources, exercisesAnswered } from './statements.js'
import { symbolTable } from './symbols.js'

/** A marked solution, with the text that lines and columns of its report count in. */
export interface MarkedText {
  readonly report: FileReport
  readonly source: string
}

/** Reads a hand solution and marks it. Throws UnreadableFile where nothing of the file can be read. */
export async function markFile(path: string, options: MarkOptions): Promise<FileReport> {
  return markDocument(await readDocumentFile(path, readingOptions(options)), options)
}

/** Marks the content of a file of this name. Throws UnreadableFile where nothing of it can be read. */
export async function markContent(
  file: string,
  content: Uint8Array | string,
  options: MarkOptions,
): Promise<MarkedText> {
  const document = readDocument(file, content, readingOptions(options))
  return { report: await markDocument(document, options), source: document.edited([]) }
}

/** How files are read for marking: by the symbols of the exercises that they may answer. */
export function readingOptions(options: MarkOptions): ReadingOptions {
  return { symbolsOf: (answered) => symbolsOf(answered, options) }
}

/** The symbols of the exercise that a place answers; of the one that is meant where the document does not say. */
export function symbolsOf(answered: Answered, { exercises, exercise: meant }: MarkOptions): SymbolTable | undefined {
  const forced = exercises.find(({ id }) => id === meant)
  if ('id' in answered) {
    const found = exercises.find(({ id }) => id === answered.id) ?? forced
    return found === undefined ? undefined : symbolTable(found)
  }
  const numbered = exercisesAnswered(answered, exercises, meant)
  const found = areOfSeveralSources(numbered) ? forced : (numbered[0] ?? forced)
  return found === undefined ? undefined : symbolTable(found)
}

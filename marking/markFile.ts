import type { Answered } from './document/document.js'
import { readDocumentFile } from './document/reader.js'
import type { SymbolTable } from './expression/names.js'
import { type MarkOptions, markDocument } from './mark.js'
import type { FileReport } from './report.js'
import { areOfSeveralSources, exercisesAnswered } from './statements.js'
import { symbolTable } from './symbols.js'

/** Reads a hand solution and marks it. Throws UnreadableFile where nothing of the file can be read. */
export async function markFile(path: string, options: MarkOptions): Promise<FileReport> {
  return markDocument(await readDocumentFile(path, { symbolsOf: (answered) => symbolsOf(answered, options) }), options)
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

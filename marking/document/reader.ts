import { readFile, stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { type Document, type ReadingOptions, UnreadableFile } from './document.js'
import { readLatex } from './latex.js'
import { checkLength, checkSize } from './limits.js'
import { readMarkdown } from './markdown.js'
import { readNotebook } from './notebook.js'
import { readSheet } from './sheet.js'
import { decode, originOf, withPlainLineEnds } from './source.js'

/**
 * Reads a hand solution by its file's extension: `.tex` as LaTeX, `.ipynb` as a notebook, `.yaml`, `.yml` and `.json` as an answer
 * sheet, everything else as Markdown with mathematics, of which text converted from a PDF is a kind. Throws an UnreadableFile
 * where the file is empty, binary, too large, or not of the kind that its name says; what else cannot be read is listed in the
 * document. Nothing that a document holds is executed or fetched.
 */
export function readDocument(file: string, content: Uint8Array | string, options: ReadingOptions = {}): Document {
  const written = decode(file, content)
  const origin = originOf(file, written)
  const text = withPlainLineEnds(written)
  const extension = extname(file).toLowerCase()
  if (extension === '.ipynb') return readNotebook(origin, text, options)
  checkLength(file, text)
  if (extension === '.tex') return readLatex(origin, text, options)
  return /^\.(ya?ml|json)$/.test(extension) ? readSheet(origin, text, options) : readMarkdown(origin, text, options)
}

/** Reads a hand solution from disk; see `readDocument`. Throws an UnreadableFile also where the file is not there. */
export async function readDocumentFile(path: string, options: ReadingOptions = {}): Promise<Document> {
  let content: Uint8Array
  try {
    checkSize(path, (await stat(path)).size)
    content = await readFile(path)
  } catch (error) {
    if (error instanceof UnreadableFile) throw error
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const reasons: Readonly<Record<string, string>> = {
      ENOENT: 'is not there',
      EISDIR: 'is a folder',
      EACCES: 'may not be read',
    }
    throw new UnreadableFile(path, reasons[String(code)] ?? `cannot be read (${String(error)})`)
  }
  return readDocument(path, content, options)
}

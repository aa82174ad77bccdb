import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { type Document, type ReadingOptions, UnreadableFile } from './document.js'
import { readMarkdown } from './markdown.js'
import { readSheet } from './sheet.js'
import { decode } from './source.js'

/**
 * Reads a hand solution by its file's extension: `.yaml`, `.yml` and `.json` as an answer sheet, everything else as Markdown with
 * mathematics, of which text converted from a PDF is a kind. Throws an UnreadableFile where the file is empty, binary, or
 * of a kind that is not read; what else cannot be read is listed in the document.
 */
export function readDocument(file: string, content: Uint8Array | string, options: ReadingOptions = {}): Document {
  const extension = extname(file).toLowerCase()
  if (extension === '.tex' || extension === '.ipynb')
    throw new UnreadableFile(file, `files of the kind ${extension} are not read; Markdown, text, YAML and JSON are`)
  const text = decode(file, content)
  return /^\.(ya?ml|json)$/.test(extension) ? readSheet(file, text, options) : readMarkdown(file, text, options)
}

/** Reads a hand solution from disk; see `readDocument`. Throws an UnreadableFile also where the file is not there. */
export async function readDocumentFile(path: string, options: ReadingOptions = {}): Promise<Document> {
  let content: Uint8Array
  try {
    content = await readFile(path)
  } catch (error) {
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

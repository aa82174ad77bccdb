import { findNodeAtLocation, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser'
import { type Document, type ReadingOptions, UnreadableFile } from './document.js'
import { checkLength, checkNesting } from './limits.js'
import { type MappedText, MappedTextBuilder } from './mappedText.js'
import { readMarkdown } from './markdown.js'
import { mappedOrigin, type Origin, placeFinder } from './source.js'

/**
 * Reads the Markdown cells of a Jupyter notebook as one document, in order; lines and columns are those of the file. Throws an
 * UnreadableFile where it is no JSON, no notebook of format 4, or has no Markdown cells.
 */
export function readNotebook(json: Origin, text: string, options: ReadingOptions): Document {
  const markdown = notebookMarkdown(json.file, text)
  const origin = mappedOrigin(markdown, {
    ...json,
    edited: (edits) =>
      json.edited(edits.map(({ span, text: instead }) => ({ span, text: JSON.stringify(instead).slice(1, -1) }))),
  })
  return readMarkdown(origin, markdown.text, options)
}

/** The text of a notebook's Markdown cells, and where it stands in the file. Throws as `readNotebook` does. */
export function notebookMarkdown(file: string, text: string): MappedText {
  const builder = new MappedTextBuilder(text)
  for (const cell of cellsOf(file, text)) {
    if (member(cell, 'cell_type')?.value !== 'markdown') continue
    const source = member(cell, 'source')
    const strings = source?.type === 'array' ? (source.children ?? []) : source === undefined ? [] : [source]
    for (const string of strings) if (string.type === 'string') copyString(builder, text, string)
    const end = (source?.offset ?? cell.offset) + (source?.length ?? 0)
    const fence = openFence(strings.map(({ value }) => String(value)).join(''))
    builder.insert(`${fence === undefined ? '' : `\n${fence}`}\n\n`, { start: end, end })
  }
  const markdown = builder.build()
  if (markdown.text.trim() === '') throw new UnreadableFile(file, 'is a notebook without Markdown cells')
  checkLength(file, markdown.text)
  return markdown
}

function cellsOf(file: string, text: string): readonly Node[] {
  checkNesting(file, text)
  const errors: ParseError[] = []
  const root = parseTree(text, errors, { disallowComments: true })
  const [error] = errors
  if (error !== undefined || root === undefined) {
    const { line, column } = placeFinder(text)(error?.offset ?? 0)
    const what = error === undefined ? 'nothing' : printParseErrorCode(error.error)
    throw new UnreadableFile(file, `is no notebook: broken JSON at line ${line}, column ${column} (${what})`)
  }
  const format = member(root, 'nbformat')?.value
  if (typeof format === 'number' && format < 4)
    throw new UnreadableFile(file, `is a notebook of format ${format}; save it in format 4`)
  const cells = member(root, 'cells')
  if (cells?.type !== 'array') throw new UnreadableFile(file, 'is no notebook: it has no list of cells')
  return (cells.children ?? []).filter(({ type }) => type === 'object')
}

function member(node: Node, name: string): Node | undefined {
  return node.type === 'object' ? findNodeAtLocation(node, [name]) : undefined
}

/** The characters of a JSON string, each at its own place. */
function copyString(builder: MappedTextBuilder, text: string, node: Node): void {
  const end = node.offset + node.length - 1
  let at = node.offset + 1
  while (at < end) {
    const backslash = text.indexOf('\\', at)
    const plainEnd = backslash < 0 || backslash > end ? end : backslash
    if (plainEnd > at) builder.copy(at, plainEnd)
    if (plainEnd === end) return
    const length = text[plainEnd + 1] === 'u' ? 6 : 2
    const character: unknown = JSON.parse(`"${text.slice(plainEnd, plainEnd + length)}"`)
    if (typeof character === 'string') builder.insert(character, { start: plainEnd, end: plainEnd + length })
    at = plainEnd + length
  }
}

/** The fence that a cell opens and does not close. */
function openFence(markdown: string): string | undefined {
  let open: string | undefined
  for (const [, fence] of markdown.matchAll(/^ {0,3}(```+|~~~+)/gm)) {
    if (open === undefined) open = fence
    else if (fence.startsWith(open)) open = undefined
  }
  return open
}

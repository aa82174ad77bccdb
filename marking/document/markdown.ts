import type { Span } from '../expression/ast.js'
import { withContinuedLines } from './continuedLines.js'
import type { Document, ReadingOptions } from './document.js'
import { readLines } from './lines.js'
import { definesMacros, expandMacros } from './macros.js'
import { MappedText } from './mappedText.js'
import { blankMarkup, findMath, maskMath } from './mathRegions.js'
import { mappedOrigin, type Origin } from './source.js'
import { type Problem, readStructure, type Structure } from './structure.js'

/**
 * Reads a solution in Markdown with mathematics, or in text as it is converted from a PDF: its headings with or without
 * hashes, mathematics with or without dollars, values stated in prose.
 */
export function readMarkdown(origin: Origin, text: string, options: ReadingOptions): Document {
  if (!definesMacros(text)) return readStructure(structureOf(text, []), origin, options)
  const { mapped, problems } = expandMacros(MappedText.of(text), text, codeSpans(text))
  return readStructure(structureOf(mapped.text, problems), mappedOrigin(mapped, origin), options)
}

function structureOf(text: string, others: readonly Problem[]): Structure {
  const { regions, unclosed, hidden } = findMath(text)
  const { lines, emphasis } = readLines(withContinuedLines(maskMath(text, regions, hidden)))
  const problems = unclosed.map(({ at, delimiter }) => {
    const [line] = text.slice(at, at + 200).split('\n', 1)
    return { at, text: line.trim(), why: `«${delimiter}» is never closed in its paragraph` }
  })
  return { text: blankMarkup(text, regions, emphasis, hidden), regions, lines, problems: [...others, ...problems] }
}

/** Code, in which no command is expanded; fenced mathematics is none. */
function codeSpans(text: string): readonly Span[] {
  const code = /(?<=^|\n) {0,3}(```+|~~~+)(?![ \t]*\{?(?:math|latex|tex|katex))[\s\S]*?(?:\n {0,3}\1|$)|`[^`\n]+`/gi
  return [...text.matchAll(code)].map(({ 0: written, index }) => ({ start: index, end: index + written.length }))
}

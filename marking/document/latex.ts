import type { Document, ReadingOptions } from './document.js'
import { LatexLines } from './latexLines.js'
import { literalSpans } from './latexSyntax.js'
import { expandMacros } from './macros.js'
import { type MappedText, MappedTextBuilder } from './mappedText.js'
import { blankMarkup } from './mathRegions.js'
import { mappedOrigin, type Origin } from './source.js'
import { readStructure } from './structure.js'

/**
 * Reads a solution in LaTeX: its sections, lists, tables and mathematics, the author's own commands expanded. Comments, code,
 * pictures, captions, references and the preamble are not read; other files are never read, and nothing is executed: where a
 * document asks for that, it is listed as unread.
 */
export function readLatex(origin: Origin, text: string, options: ReadingOptions): Document {
  const written = withoutComments(text)
  const expanded = expandMacros(written, text, literalSpans(written.text).code)
  const { mapped, regions, lines, problems } = new LatexLines(expanded.mapped.text, expanded.titles).read()
  const inBetween = mappedOrigin(expanded.mapped, origin)
  const document = readStructure(
    { text: blankMarkup(mapped.text, regions, []), regions, lines, problems: [] },
    mappedOrigin(mapped, inBetween),
    options,
  )
  const unread = [...expanded.problems, ...problems].map(({ at, text, why }) => ({
    place: inBetween.placeOf(at),
    text,
    why,
  }))
  unread.sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
  return { ...document, unread: [...unread, ...document.unread] }
}

/** A comment ends its line: what follows goes on with it, unless the comment stands on a line of its own before a blank one. */
function withoutComments(text: string): MappedText {
  const builder = new MappedTextBuilder(text)
  let from = 0
  for (const { start, end } of literalSpans(text).comments) {
    const alone = /(^|\n)[ \t]*$/.test(text.slice(Math.max(0, start - 100), start))
    builder.copy(from, start)
    from = alone && text[end] === '\n' ? end + 1 : end
  }
  builder.copy(from, text.length)
  return builder.build()
}

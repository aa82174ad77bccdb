import { stripVTControlCharacters } from 'node:util'

/** Characters of a subject's own words that are shown. */
const shownCharacters = 4000

/** Control characters but for the ends of lines, what changes the direction of writing or cannot be seen, halves of characters. */
const unprintable = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\ufffe\uffff]/gu

/**
 * What a subject wrote, as it may stand in a report or on a terminal: without escape sequences, other control characters as
 * `\u0007`, and its beginning only where it is long.
 */
export function printable(text: string): string {
  // What is cut off is never looked at: a text may hold hundreds of megabytes.
  const shown = text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text
  return stripVTControlCharacters(shown.replaceAll('\r\n', '\n')).replace(
    unprintable,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )
}

/** The beginning of a line that a subject wrote, in quotation marks. */
export function quoted(line: string): string {
  return printable(JSON.stringify(line.length > 200 ? `${line.slice(0, 200)}…` : line))
}

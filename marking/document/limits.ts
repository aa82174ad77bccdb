import { UnreadableFile } from './document.js'

/** No hand solution is longer: the longest one known has 40,000 characters. */
const mostCharacters = 250_000
/** Notebooks hold pictures beside what is read of them. */
const mostBytes = 20_000_000
/** Lists and mappings nested deeper than this are no answers. */
const deepest = 100

/** Throws an UnreadableFile where a file is larger than any solution, before anything is read of it. */
export function checkSize(file: string, bytes: number): void {
  if (bytes > mostBytes)
    throw new UnreadableFile(
      file,
      `has ${millions(bytes)} million bytes; at most ${millions(mostBytes)} million are read`,
    )
}

/** Throws an UnreadableFile where a text is longer than any solution, before anything is read of it. */
export function checkLength(file: string, { length }: string): void {
  if (length > mostCharacters)
    throw new UnreadableFile(file, `has ${length} characters of text; at most ${mostCharacters} are read`)
}

function millions(count: number): string {
  return String(Math.ceil(count / 100_000) / 10)
}

/**
 * Throws an UnreadableFile where lists and mappings of YAML, in brackets or by indentation, are nested too deeply to be parsed.
 */
export function checkSheetNesting(file: string, text: string): void {
  if (/^ {400}|^[ \t]*(?:[-?:][ \t]+){100}/m.test(text))
    throw new UnreadableFile(file, `is nested more than ${deepest} levels deep`)
  checkNesting(file, text.replaceAll(/'[^'\n]*'|#[^\n]*/g, ''))
}

/** Throws an UnreadableFile where brackets outside of strings are nested too deeply to be parsed. */
export function checkNesting(file: string, text: string): void {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (inString) {
      if (character === '\\') at++
      else if (character === '"') inString = false
    } else if (character === '"') inString = true
    else if (character === '[' || character === '{') {
      if (++depth > deepest) throw new UnreadableFile(file, `is nested more than ${deepest} levels deep`)
    } else if (character === ']' || character === '}') depth--
  }
}

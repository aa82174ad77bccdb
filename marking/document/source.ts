import { type Document, type Edit, type Place, UnreadableFile } from './document.js'
import { checkSize } from './limits.js'
import type { MappedText } from './mappedText.js'

/**
 * The text of a file in UTF-8, or in UTF-16 with a byte order mark, which is dropped. Throws an UnreadableFile where it is empty,
 * too large, or no text in these encodings: then with the place of the first byte that is none.
 */
export function decode(file: string, content: Uint8Array | string): string {
  checkSize(file, content.length)
  const text = typeof content === 'string' ? content.replace(/^\ufeff/, '') : decodeBytes(file, content)
  if (text.includes('\0')) throw new UnreadableFile(file, 'is a binary file, not text')
  if (text.trim() === '') throw new UnreadableFile(file, 'is empty')
  return text
}

function decodeBytes(file: string, bytes: Uint8Array): string {
  const [first, second] = bytes
  const encoding =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8'
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes)
  } catch {
    if (encoding !== 'utf-8') throw new UnreadableFile(file, 'is broken text in UTF-16; save it as UTF-8')
    if (bytes.includes(0)) throw new UnreadableFile(file, 'is a binary file, not text')
    const { place, byte } = firstBadByte(bytes)
    throw new UnreadableFile(
      file,
      `is no text in UTF-8: byte 0x${byte} at line ${place.line}, column ${place.column}; save it as UTF-8`,
    )
  }
}

/** The first byte that belongs to no character in UTF-8. */
function firstBadByte(bytes: Uint8Array): { readonly place: Place; readonly byte: string } {
  let [good, bad] = [0, bytes.length]
  while (good < bad) {
    const middle = Math.ceil((good + bad) / 2)
    if (isBeginningOfText(bytes.subarray(0, middle))) good = middle
    else bad = middle - 1
  }
  const before = new TextDecoder().decode(bytes.subarray(0, good)).replace(/\ufffd+$/, '')
  const at = new TextEncoder().encode(before).length
  const byte = bytes[at].toString(16).toUpperCase().padStart(2, '0')
  return { place: placeFinder(before)(before.length), byte }
}

function isBeginningOfText(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
    return true
  } catch {
    return false
  }
}

/** The text with every line ended by LF or CR LF, those of form feeds and of CR alone too; offsets stay. */
export function withPlainLineEnds(text: string): string {
  return text.replaceAll(/\r(?!\n)|[\v\f\u2028\u2029]/g, '\n')
}

/** Finds line and column, both from 1, of any offset into a text; lines end with LF, CR LF or CR. */
export function placeFinder(text: string): (offset: number) => Place {
  const starts = [0]
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\n' || (text[i] === '\r' && text[i + 1] !== '\n')) starts.push(i + 1)
  }
  return (offset) => {
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (starts[middle] <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - starts[low] + 1 }
  }
}

/** A text with stretches of it replaced; edits are in order and do not overlap. */
export function withEdits(text: string, edits: readonly Edit[]): string {
  let result = ''
  let at = 0
  for (const { span, text: instead } of edits) {
    result += text.slice(at, span.start) + instead
    at = span.end
  }
  return result + text.slice(at)
}

/** The file that a text was read from: where its offsets stand in the file, and how the file is edited. */
export type Origin = Pick<Document, 'file' | 'placeOf' | 'edited'>

/** The origin of a file's own text. */
export function originOf(file: string, text: string): Origin {
  return { file, placeOf: placeFinder(text), edited: (edits) => withEdits(text, edits) }
}

/** The origin of a text that was put together from another. */
export function mappedOrigin(mapped: MappedText, { file, placeOf, edited }: Origin): Origin {
  return {
    file,
    placeOf: (offset) => placeOf(mapped.originOf(offset)),
    edited: (edits) => edited(mapped.sourceEdits(edits)),
  }
}

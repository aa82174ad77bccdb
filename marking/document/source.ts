import { type Edit, type Place, UnreadableFile } from './document.js'

/**
 * The text of a file. Throws an UnreadableFile where it is empty or no text in UTF-8; a byte order mark is dropped.
 */
export function decode(file: string, content: Uint8Array | string): string {
  const text = typeof content === 'string' ? content.replace(/^\ufeff/, '') : decodeBytes(file, content)
  if (text.includes('\0')) throw new UnreadableFile(file, 'is a binary file, not text')
  if (text.trim() === '') throw new UnreadableFile(file, 'is empty')
  return text
}

function decodeBytes(file: string, bytes: Uint8Array): string {
  const [first, second] = bytes
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    throw new UnreadableFile(file, 'is text in UTF-16; save it as UTF-8')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UnreadableFile(file, 'is a binary file, or text that is not UTF-8')
  }
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

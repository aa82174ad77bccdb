import { mails as encodedMails } from './mails.js'
import { dimensions, vectors as encodedVectors, steps, words as wordList, wordsOfMails } from './wordVectors.js'

/** A real mail: the numbers of its words, from 1; 0 is a word that is not in the list. */
export interface Mail {
  readonly spam: boolean
  readonly words: readonly number[]
}

/** Every word, in the order of its number: `words[0]` is word 1. The first `wordsInMails` of them occur in the mails. */
export const words: readonly string[] = wordList.trim().split(/\s+/)
export const wordsInMails = wordsOfMails
export const vectorSize = dimensions

/** The number of a word. Throws a RangeError where the list does not have it. */
export function numberOfWord(word: string): number {
  const index = words.indexOf(word)
  if (index < 0) throw new RangeError(`«${word}» is not among the words that have vectors`)
  return index + 1
}

/** The vectors of all words, row after row: those of word 1 first. */
export function wordVectors(): Float64Array {
  return Float64Array.from(Int8Array.from(bytesOf(encodedVectors)), (value) => value / steps)
}

/** Every mail of the extract, in the order of the corpus. */
export function mails(): readonly Mail[] {
  const bytes = bytesOf(encodedMails)
  const result: Mail[] = []
  let next = 0
  while (next < bytes.length) {
    const [length, spam] = [bytes[next], bytes[next + 1] === 1]
    const start = next + 2
    next = start + 2 * length
    const numbers = Array.from({ length }, (_, i) => bytes[start + 2 * i] + 256 * bytes[start + 2 * i + 1])
    result.push({ spam, words: numbers })
  }
  return result
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64.replaceAll('\n', '')), (character) => character.charCodeAt(0))
}

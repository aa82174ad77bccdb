import { rowMajor, type Tensor, tensor, zeros } from '../../oracle/tensor.js'
import { type Mail, vectorSize, wordsInMails, wordVectors } from '../data/text.js'
import type { Operators, Read } from '../exercise.js'
import { eigensystem } from './eigenvalues.js'
import { isWord, special, specialTokens } from './p2.quantities.js'
import type { MaskedBatch } from './smallBert.js'

/** Special tokens and all words of the mails. */
export const vocabularySize = specialTokens + wordsInMails

/** The token of a word by its number; 0 is an unknown word. */
function tokenOf(word: number): number {
  return word === 0 ? special.unknown : specialTokens + word - 1
}

/** [CLS] and the first words of a mail, `length` tokens in all. */
export function beginningOf(mail: Mail, length: number): readonly number[] {
  return [special.begin, ...mail.words.slice(0, length - 1).map(tokenOf)]
}

/** A mail in pieces of this length, each with [CLS]; what is left at the end is dropped. */
export function piecesOf(mail: Mail, length: number): readonly (readonly number[])[] {
  const count = Math.floor(mail.words.length / (length - 1))
  return Array.from({ length: count }, (_, i) => [
    special.begin,
    ...mail.words.slice(i * (length - 1), (i + 1) * (length - 1)).map(tokenOf),
  ])
}

/** Sequences of equal length as a tensor [N,T]. */
export function idsOf(sequences: readonly (readonly number[])[]): Tensor {
  return tensor([sequences.length, sequences[0].length], sequences.flat())
}

/**
 * Batches of `size` sequences drawn at random, their words masked by `maskTokens`: one call for all of them, read at once, since the host
 * has to know which words were chosen.
 */
export async function maskedBatches(
  sequences: readonly (readonly number[])[],
  { size, steps, vocabulary }: { readonly size: number; readonly steps: number; readonly vocabulary: number },
  random: () => number,
  operators: Operators,
  read: Read,
): Promise<readonly MaskedBatch[]> {
  const ids = idsOf(Array.from({ length: size * steps }, () => sequences[Math.floor(random() * sequences.length)]))
  const [N, T] = ids.shape
  const drawn = (value: (id: number) => number) => tensor([N, T], rowMajor(ids).map(value))
  const inputs = {
    ids,
    // What is drawn as 1 is never chosen: places that hold no known word of the text.
    draws: drawn((id) => (isWord(id) && id !== special.unknown ? random() : 1)),
    actions: drawn(() => random()),
    replacements: drawn(() => specialTokens + Math.floor(random() * (vocabulary - specialTokens))),
  }
  const answer = await operators.maskTokens.forward(inputs, { maskId: special.mask })
  const { ids: masked, chosen } = answer
  await read([masked, chosen])
  return Array.from({ length: steps }, (_, step) => {
    const window = (x: Tensor) => rowMajor(x).subarray(step * size * T, (step + 1) * size * T)
    const [original, mask] = [window(ids), window(chosen)]
    const places = [...mask.keys()].filter((place) => mask[place] === 1)
    return {
      ids: tensor([size, T], window(masked)),
      places,
      words: places.map((place) => original[place]),
    }
  })
}

/**
 * The vectors of the mails' words in fewer dimensions, by their principal components, times `scale`; special tokens keep the rows that
 * they have.
 */
export function withWordVectors(table: Tensor, scale: number): Tensor {
  const [, width] = table.shape
  const data = wordVectors().subarray(0, wordsInMails * vectorSize)
  const mean = new Float64Array(vectorSize)
  for (const [i, x] of data.entries()) mean[i % vectorSize] += x / wordsInMails
  const centred = data.map((x, i) => x - mean[i % vectorSize])
  const covariance = new Float64Array(vectorSize ** 2)
  for (let start = 0; start < centred.length; start += vectorSize)
    for (let i = 0; i < vectorSize; i++)
      for (let j = 0; j < vectorSize; j++) covariance[i * vectorSize + j] += centred[start + i] * centred[start + j]
  const { vectors } = eigensystem(covariance, vectorSize)
  const result = zeros(table.shape)
  result.data.set(rowMajor(table))
  for (let word = 0; word < wordsInMails; word++)
    for (let w = 0; w < width; w++) {
      let sum = 0
      for (let i = 0; i < vectorSize; i++) sum += centred[word * vectorSize + i] * vectors[w][i]
      result.set(specialTokens + word, w, scale * sum)
    }
  return result
}

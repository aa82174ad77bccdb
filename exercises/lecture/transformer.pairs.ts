import { type Tensor, tensor } from '../../oracle/tensor.js'
import type { Batch } from './transformer.model.js'

/** The lecture's sentences with their translations. */
export const pairs: readonly (readonly [readonly string[], readonly string[]])[] = [
  [
    ['You', 'are', 'welcome'],
    ['De', 'nada'],
  ],
  [
    ['The', 'ball', 'is', 'blue'],
    ['La', 'bola', 'es', 'azul'],
  ],
  [
    ['je', 'suis', 'étudiant'],
    ['I', 'am', 'a', 'student'],
  ],
]

/** The ids of the tokens that are no words: they come first in the vocabulary. */
export const special = { padding: 0, start: 1, end: 2 } as const

/** Every word of both languages once, behind the special tokens. */
export const vocabulary: readonly string[] = ['<pad>', '<sos>', '<eos>', ...new Set(pairs.flat(2))]

/** The ids of words. */
export function idsOf(words: readonly string[]): readonly number[] {
  return words.map((word) => vocabulary.indexOf(word))
}

/** Rows of different lengths with padding behind them: [rows, length of the longest]. */
export function padded(rows: readonly (readonly number[])[]): Tensor {
  const length = Math.max(...rows.map((row) => row.length))
  const data = rows.flatMap((row) => [...row, ...Array<number>(length - row.length).fill(special.padding)])
  return tensor([rows.length, length], data)
}

/** What the decoder reads while it is trained: the targets moved one position to the right behind the start token. */
export function shiftedRight(targets: readonly (readonly number[])[]): Tensor {
  const length = Math.max(...targets.map((row) => row.length))
  return tensor(
    [targets.length, length],
    targets.flatMap((row) => [special.start, ...pad(row, length).slice(0, -1)]),
  )
}

function pad(row: readonly number[], length: number): readonly number[] {
  return [...row, ...Array<number>(length - row.length).fill(special.padding)]
}

/**
 * Sentence pairs in batches of equal source length, since a decoder layer reads all of its memory; targets, which end with
 * `<eos>`, are padded: what comes later does not reach an earlier position, and padding's loss does not count. The losses of
 * all batches add up to the mean over all words of the targets.
 */
export function batchesOf(sentences: readonly (readonly [readonly number[], readonly number[]])[]): readonly Batch[] {
  const total = sentences.reduce((sum, [, target]) => sum + target.length, 0)
  const lengths = [...new Set(sentences.map(([source]) => source.length))]
  return lengths.map((length) => {
    const own = sentences.filter(([source]) => source.length === length)
    const targets = own.map(([, target]) => target)
    const target = padded(targets)
    return {
      source: padded(own.map(([source]) => source)),
      input: shiftedRight(targets),
      target: tensor([target.size], target.data),
      counted: tensor(
        [target.size],
        target.data.map((id) => (id === special.padding ? 0 : 1 / total)),
      ),
    }
  })
}

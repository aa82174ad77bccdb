import { rowMajor, tensor } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import type { Values } from '../exercise.js'
import { randomNumbers } from '../training.js'

/** A two-bit number, 0 to 3; its last bit tells whether it is odd. */
export type Member = 0 | 1 | 2 | 3
export const members: readonly Member[] = [0, 1, 2, 3]

/** First and last bit of a member. */
export function bitsOf(member: Member): readonly [number, number] {
  return [member >> 1, member & 1]
}

/** A sequence as it is written: `00, 10, 11`. */
export function sequenceText(sequence: readonly Member[]): string {
  return sequence.map((member) => bitsOf(member).join('')).join(', ')
}

/** 1 where more members are odd than even, else 0. */
export function rightClassOf(sequence: readonly Member[]): 0 | 1 {
  return 2 * sequence.filter((member) => member % 2 === 1).length > sequence.length ? 1 : 0
}

/** All sequences of this length, in lexicographic order. */
export function allSequences(length: number): readonly (readonly Member[])[] {
  return Array.from({ length: 4 ** length }, (_, n) =>
    Array.from({ length }, (_, t) => members[(n >> (2 * (length - 1 - t))) & 3]),
  )
}

/** Random sequences, of which every third has many odd members at first and few later, and every third the other way round. */
export function randomSequences(count: number, length: number): readonly (readonly Member[])[] {
  const random = randomNumbers(3)
  return Array.from({ length: count }, (_, n) =>
    Array.from({ length }, (_, t) => {
      const early = t < length / 2
      const share = n % 3 === 0 ? 0.5 : early === (n % 3 === 1) ? 0.85 : 0.15
      return members[(random() < share ? 1 : 0) + (random() < 0.5 ? 2 : 0)]
    }),
  )
}

/** The sequence of fer/3's given data. */
export function sequenceOf(values: Values): readonly Member[] {
  return ['x1', 'x2', 'x3'].map((name) => {
    const [first, last] = rowMajor(tensorOf(values, name))
    return members[2 * first + last]
  })
}

/** Its bits as given data. */
export function sequenceGiven(sequence: readonly Member[]): Values {
  return Object.fromEntries(sequence.map((member, i) => [`x${i + 1}`, tensor([2], bitsOf(member))]))
}

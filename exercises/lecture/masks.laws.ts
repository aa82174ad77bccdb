import { map, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { ones } from '../matrices.js'
import { maskedWeights } from './masks.quantities.js'

const names = ['padded', 'causal', 'combined'] as const

/** What rounding may do to shares of T scores, and to sums of values with them. */
function allowedFor(slack: number, values: Values): number {
  const [scores, vectors] = [tensorOf(values, 'scores'), tensorOf(values, 'valueVectors')]
  return 32 * slack * scores.shape[0] * (1 + largest(scores)) * (1 + largest(vectors))
}

function rowsOf(x: Tensor): readonly (readonly number[])[] {
  const [T, S] = x.shape
  const numbers = rowMajor(x)
  return Array.from({ length: T }, (_, t) => [...numbers.slice(t * S, (t + 1) * S)])
}

/** The scores or vectors from one position on, each 100 larger. */
function raised(x: Tensor, isRaised: (row: number, column: number) => boolean): Tensor {
  const columns = x.shape[1]
  let i = 0
  return map(x, (value) => {
    const at = i++
    return isRaised(Math.floor(at / columns), at % columns) ? value + 100 : value
  })
}

/** What holds for lecture/masks whatever scores, values and length. */
export const maskLaws: readonly ExerciseLaw[] = [
  {
    name: 'rows sum to one, and what is masked gets exactly nothing',
    async check(given, solve, slack) {
      const solved = await solve(given)
      for (const name of names) {
        const masks = rowsOf(tensorOf(solved, `${name}Mask`))
        for (const [t, row] of rowsOf(tensorOf(solved, `${name}Weights`)).entries()) {
          const sum = row.reduce((a, b) => a + b, 0)
          expectClose(`the sum of row ${t} (${name})`, sum, 1, allowedFor(slack, given))
          for (const [s, weight] of row.entries())
            if (masks[t][s] === 0) expectClose(`attention of ${t} to ${s} (${name})`, weight, 0, 0)
        }
      }
    },
  },
  {
    name: 'the shares of what is kept stand to each other as the exponentials of their scores',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const scores = rowsOf(tensorOf(given, 'scores'))
      for (const name of names) {
        const masks = rowsOf(tensorOf(solved, `${name}Mask`))
        for (const [t, row] of rowsOf(tensorOf(solved, `${name}Weights`)).entries()) {
          const kept = row.flatMap((_, s) => (masks[t][s] === 1 ? [s] : []))
          const most = Math.max(...kept.map((s) => scores[t][s]))
          const sum = kept.reduce((total, s) => total + Math.exp(scores[t][s] - most), 0)
          for (const s of kept) {
            const expected = Math.exp(scores[t][s] - most) / sum
            expectClose(`attention of ${t} to ${s} (${name})`, row[s], expected, allowedFor(slack, given))
          }
        }
      }
    },
  },
  {
    name: 'what comes later changes no earlier output of the decoder, and padding changes no output of the encoder',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const T = tensorOf(given, 'scores').shape[0]
      const length = numberOf(given, 'length')
      const allowed = allowedFor(slack, given)
      const padding = await solve({
        ...given,
        scores: raised(tensorOf(given, 'scores'), (_, s) => s >= length),
        valueVectors: raised(tensorOf(given, 'valueVectors'), (s) => s >= length),
      })
      const [before, after] = [solved, padding].map((values) => tensorOf(values, 'paddedOutput'))
      expectAllClose('the output of the encoder', after, before, allowed)
      for (let first = 1; first < T; first++) {
        const later = await solve({
          ...given,
          scores: raised(tensorOf(given, 'scores'), (_, s) => s >= first),
          valueVectors: raised(tensorOf(given, 'valueVectors'), (s) => s >= first),
        })
        const [old, now] = [solved, later].map((values) => rowsOf(tensorOf(values, 'causalOutput')))
        for (let t = 0; t < first; t++)
          for (const [i, value] of now[t].entries())
            expectClose(`output ${t}, component ${i}, when position ${first} changes`, value, old[t][i], allowed)
      }
    },
  },
  {
    name: 'without padding the encoder attends to everything, and the decoder’s last position does always',
    async check(given, solve, slack, operators) {
      const scores = tensorOf(given, 'scores')
      const T = scores.shape[0]
      const solved = await solve({ ...given, length: scalar(T) })
      const unmasked = await maskedWeights(scores, ones(scores.shape), operators)
      const b = tensorOf(given, 'valueVectors')
      const output = await forward(operators, 'matmul', 'y', { a: unmasked, b })
      const allowed = allowedFor(slack, given)
      expectAllClose('the attention of the encoder', tensorOf(solved, 'paddedWeights'), unmasked, allowed)
      expectAllClose('the output of the encoder', tensorOf(solved, 'paddedOutput'), output, allowed)
      const last = (x: Tensor) => tensor([x.shape[1]], rowsOf(x)[T - 1])
      const [decoder, whole] = [tensorOf(solved, 'causalOutput'), output].map(last)
      expectAllClose('the last output of the decoder', decoder, whole, allowed)
    },
  },
]

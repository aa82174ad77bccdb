import { reshape, rowMajor, type Tensor, tensor, zeros } from '../../oracle/tensor.js'
import { forward, tensorOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'

/** What rounding may do: D products a score, whose error the exponentials pass on, and S shares of states. */
function allowedFor(slack: number, values: Values): number {
  const [H, s] = [tensorOf(values, 'encoderStates'), tensorOf(values, 'decoderState')]
  const score = s.size * largest(H) * largest(s)
  return 32 * slack * H.shape[0] * (1 + score) * (1 + largest(H))
}

function rowsOf(x: Tensor): readonly Float64Array[] {
  const [S, E] = x.shape
  const data = rowMajor(x)
  return Array.from({ length: S }, (_, s) => data.slice(s * E, (s + 1) * E))
}

function fromRows(rows: readonly Float64Array[]): Tensor {
  return tensor([rows.length, rows[0].length], Float64Array.from(rows.flatMap((row) => [...row])))
}

/** What holds for lecture/seq2seq whatever the states. */
export const attentionLaws: readonly ExerciseLaw[] = [
  {
    name: 'the attention operator with the dot product as its score gives the same distribution and context',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [H, s] = [tensorOf(given, 'encoderStates'), tensorOf(given, 'decoderState')]
      const [S, E] = H.shape
      const inputs = { decoder: reshape(s, [1, E]), encoder: reshape(H, [1, S, E]) }
      const allowed = allowedFor(slack, given)
      const weights = await forward(operators, 'luongAttention', 'weights', inputs)
      expectAllClose('the distribution', tensorOf(solved, 'attentionDistribution'), reshape(weights, [S]), allowed)
      const context = await forward(operators, 'luongAttention', 'context', inputs)
      expectAllClose('the context', tensorOf(solved, 'contextVector'), reshape(context, [E]), allowed)
    },
  },
  {
    name: 'shares are not negative and sum to one; two of them are as the exponential of their scores’ difference',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const [shares, scores] = [
        rowMajor(tensorOf(solved, 'attentionDistribution')),
        rowMajor(tensorOf(solved, 'attentionScores')),
      ]
      const allowed = allowedFor(slack, given)
      if (!shares.every((share) => share >= 0))
        throw new Error(`a share is negative: ${[...shares].join(', ')}; it should not be`)
      expectClose(
        'the sum of the shares',
        shares.reduce((sum, share) => sum + share, 0),
        1,
        allowed,
      )
      const first = scores.indexOf(Math.max(...scores))
      for (const [i, share] of shares.entries())
        expectClose(`share ${i}`, share, shares[first] * Math.exp(scores[i] - scores[first]), allowed)
    },
  },
  {
    name: 'every component of the context lies between the smallest and the largest of the states',
    async check(given, solve, slack) {
      const context = rowMajor(tensorOf(await solve(given), 'contextVector'))
      const rows = rowsOf(tensorOf(given, 'encoderStates'))
      const allowed = allowedFor(slack, given)
      for (const [e, value] of context.entries()) {
        const column = rows.map((row) => row[e])
        const [least, most] = [Math.min(...column), Math.max(...column)]
        if (!(value >= least - allowed && value <= most + allowed))
          throw new Error(`component ${e} of the context is ${value}; it should be in [${least}, ${most}]`)
      }
    },
  },
  {
    name: 'a decoder state of zeros attends to all states equally: the context is their mean',
    async check(given, solve, slack) {
      const H = tensorOf(given, 'encoderStates')
      const [S, E] = H.shape
      const solved = await solve({ ...given, decoderState: zeros([E]) })
      const equal = tensor([S], new Float64Array(S).fill(1 / S))
      const rows = rowsOf(H)
      const mean = tensor(
        [E],
        Array.from({ length: E }, (_, e) => rows.reduce((sum, row) => sum + row[e], 0) / S),
      )
      const allowed = allowedFor(slack, given)
      expectAllClose('the distribution', tensorOf(solved, 'attentionDistribution'), equal, allowed)
      expectAllClose('the context', tensorOf(solved, 'contextVector'), mean, allowed)
    },
  },
  {
    name: 'the encoder states in another order have their shares in that order, and the same context',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const rows = rowsOf(tensorOf(given, 'encoderStates'))
      const turned = await solve({ ...given, encoderStates: fromRows([...rows].reverse()) })
      const allowed = allowedFor(slack, given)
      const shares = tensor([rows.length], rowMajor(tensorOf(turned, 'attentionDistribution')).slice().reverse())
      expectAllClose('the distribution', tensorOf(solved, 'attentionDistribution'), shares, allowed)
      expectAllClose('the context', tensorOf(solved, 'contextVector'), tensorOf(turned, 'contextVector'), allowed)
    },
  },
  {
    name: 'the same vector added to all encoder states changes no share, and is added to the context',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const H = tensorOf(given, 'encoderStates')
      const vector = Float64Array.from({ length: H.shape[1] }, (_, e) => (e % 2 === 0 ? 1 : -0.5))
      const moved = fromRows(rowsOf(H).map((row) => row.map((value, e) => value + vector[e])))
      const other = await solve({ ...given, encoderStates: moved })
      const allowed = allowedFor(slack, { ...given, encoderStates: moved }) + allowedFor(slack, given)
      const [shares, context] = ['attentionDistribution', 'contextVector'].map((name) => tensorOf(solved, name))
      expectAllClose('the distribution', tensorOf(other, 'attentionDistribution'), shares, allowed)
      const expected = tensor(
        context.shape,
        rowMajor(context).map((value, e) => value + vector[e]),
      )
      expectAllClose('the context', tensorOf(other, 'contextVector'), expected, allowed)
    },
  },
]

import { item, map, rowMajor, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { forward } from '../computation.js'
import type { Experiment, Operators } from '../exercise.js'
import { lowerTriangle } from '../matrices.js'
import { normalTensor, randomNumbers } from '../training.js'
import { maskedWeights } from './masks.quantities.js'

const size = 6

interface Way {
  readonly name: string
  weights(scores: Tensor, mask: Tensor, operators: Operators): Promise<Tensor>
}

const ways: readonly Way[] = [
  { name: 'scores −∞ before the softmax', weights: maskedWeights },
  {
    name: 'scores 0 before the softmax',
    weights: (scores, mask, operators) =>
      forward(operators, 'softmax', 'y', { x: zip(scores, mask, (score, kept) => score * kept) }),
  },
  {
    name: 'the mask after the softmax',
    weights: async (scores, mask, operators) => {
      const x = await forward(operators, 'softmax', 'y', { x: scores })
      return forward(operators, 'dropout', 'y', { x, mask }, { p: 0 })
    },
  },
]

/**
 * Three ways to mask a decoder's scores: how much of a row's attention goes to masked positions, how far the rows are from summing
 * to one, and how far the first output moves when the score and the value of the last position change.
 */
export const leakExperiment: Experiment = {
  question: 'Why are masked scores −∞, and why before the softmax?',
  async run(operators, { read = async () => {} } = {}) {
    const random = randomNumbers(6)
    const [scores, b] = [normalTensor([size, size], 1, random), normalTensor([size, 1], 1, random)]
    const mask = lowerTriangle(size)
    let [i, j] = [0, 0]
    const otherScores = map(scores, (score) => (i++ % size === size - 1 ? score + 5 : score))
    const otherValues = map(b, (value) => (j++ === size - 1 ? value + 5 : value))
    const measured: { readonly weights: Tensor; readonly before: Tensor; readonly after: Tensor }[] = []
    for (const { weights } of ways) {
      const [a, moved] = [await weights(scores, mask, operators), await weights(otherScores, mask, operators)]
      const before = await forward(operators, 'matmul', 'y', { a, b })
      measured.push({
        weights: a,
        before,
        after: await forward(operators, 'matmul', 'y', { a: moved, b: otherValues }),
      })
    }
    await read(measured.flatMap(({ weights, before, after }) => [weights, before, after]))
    const kept = rowMajor(mask)
    const rows = measured.map(({ weights, before, after }, way) => {
      const shares = rowMajor(weights)
      const leaked = shares.reduce((sum, share, at) => sum + (kept[at] === 0 ? share : 0), 0)
      const off = Array.from({ length: size }, (_, t) =>
        Math.abs(1 - shares.slice(t * size, (t + 1) * size).reduce((a, share) => a + share, 0)),
      )
      const first = (x: Tensor) => item(tensor([], [rowMajor(x)[0]]))
      return [way + 1, leaked, Math.max(...off), Math.abs(first(after) - first(before))]
    })
    const [infinite, zero, late] = rows
    return {
      columns: [
        'way',
        'attention to masked positions',
        'rows off from one by',
        'first output moved by the last position',
      ],
      rows,
      findings: [
        {
          statement: `With ${ways[0].name} (way 1) masked positions get nothing, rows sum to one, and nothing is seen of what comes later.`,
          holds: infinite[1] === 0 && infinite[2] < 1e-5 && infinite[3] === 0,
        },
        {
          statement: `With ${ways[1].name} (way 2) masked positions keep a share, since e⁰ = 1.`,
          holds: zero[1] > 0.1 && zero[3] > 0.1,
        },
        {
          statement: `With ${ways[2].name} (way 3) rows no longer sum to one, and a later score still changes an earlier output.`,
          holds: late[2] > 0.1 && late[3] > 0,
        },
      ],
    }
  },
}

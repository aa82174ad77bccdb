import { item, map, reshape, rowMajor, scalar, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { heat, reordered, transposed } from './2.3.lawTools.js'

/** All masks of four numbers. */
const everyMask = Array.from({ length: 16 }, (_, bits) => [0, 1, 2, 3].map((i) => (bits >> i) & 1))

const simcse: readonly ExerciseLaw[] = [
  {
    name: 'SimCSE: over all masks, each as often as it is drawn, dropout leaves the sentences as they are',
    async check(given, solve, slack) {
      const sentences = tensorOf(given, 'sentences')
      const rate = numberOf(given, 'rate')
      for (const i of [1, 2]) {
        let mean = map(sentences, () => 0)
        for (const kept of everyMask) {
          const solved = await solve({ ...given, [`mask${i}`]: tensor([2, 4], [...kept, ...kept]) })
          const chance = kept.reduce((product, one) => product * (one === 1 ? 1 - rate : rate), 1)
          mean = zip(mean, tensorOf(solved, `dropped${i}`), (sum, x) => sum + chance * x)
        }
        const allowed = (64 * slack * largest(sentences)) / (1 - rate)
        expectAllClose(`the mean under mask ${i}`, mean, sentences, allowed)
      }
    },
  },
  {
    name: 'SimCSE: the loss is that of the operator infoNce',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const inputs = { query: tensorOf(solved, 'dropped1'), key: tensorOf(solved, 'dropped2') }
      const attributes = { temperature: numberOf(given, 'temperature') }
      const loss = await forward(operators, 'infoNce', 'loss', inputs, attributes)
      expectClose('the loss', numberOf(solved, 'sentenceLoss'), rowMajor(loss)[0], 64 * slack * heat(given))
    },
  },
  {
    name: 'SimCSE: with one mask twice a sentence has similarity 1 with itself; masks exchanged transpose the matrix',
    async check(given, solve, slack) {
      const { mask1, mask2, ...rest } = given
      const once = await solve({ ...rest, mask1, mask2: mask1 })
      for (const n of [0, 1])
        expectClose('the similarity of a sentence with itself', once.sentenceSimilarities.get(n, n), 1, 64 * slack)
      const [there, back] = [await solve(given), await solve({ ...rest, mask1: mask2, mask2: mask1 })]
      const turned = transposed(tensorOf(back, 'sentenceSimilarities'))
      expectAllClose('the similarities', turned, tensorOf(there, 'sentenceSimilarities'), 64 * slack)
    },
  },
  {
    name: 'SimCSE: the rate does not matter, only the masks: a length is divided out',
    async check(given, solve, slack) {
      const [there, other] = [await solve(given), await solve({ ...given, rate: scalar(0.125) })]
      const allowed = 64 * slack
      expectAllClose('the similarities', other.sentenceSimilarities, tensorOf(there, 'sentenceSimilarities'), allowed)
    },
  },
]

/** What the products of predictions and candidates are summed from. */
function futureSize(given: Values, solved: Values): number {
  const size = (name: string) => largest(tensorOf(solved, name))
  const steps = Math.max(largest(tensorOf(given, 'stepWeights1')), largest(tensorOf(given, 'stepWeights2')))
  const past = 2 * size('inputWeights') * size('past') + 2 * size('contextWeights') * size('context1')
  return 1 + 4 * steps * past * size('future')
}

const cpc: readonly ExerciseLaw[] = [
  {
    name: 'CPC: candidates taken back by the weights of a step and compared with the context cost the same',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const context = reshape(tensorOf(solved, 'context2'), [1, 2])
      const rows: Tensor[] = []
      for (const k of [1, 2]) {
        // y·(P·c) = (y·P)·c.
        const back = await forward(operators, 'matmul', 'y', {
          a: tensorOf(given, 'future'),
          b: tensorOf(given, `stepWeights${k}`),
        })
        rows.push(await forward(operators, 'linear', 'y', { x: context, weight: back }))
      }
      const logits = tensor(
        [2, 3],
        rows.flatMap((row) => [...rowMajor(row)]),
      )
      const allowed = 64 * slack * futureSize(given, solved)
      expectAllClose('the logits', tensorOf(solved, 'futureLogits'), logits, allowed)
      const loss = await forward(operators, 'crossEntropy', 'loss', { logits, target: tensor([2], [0, 1]) })
      expectClose('the loss', numberOf(solved, 'futureLoss'), item(loss), allowed)
    },
  },
  {
    name: 'CPC: the context is the last state of a recurrent network run over the whole past',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const past = tensorOf(given, 'past')
      const inputs = {
        x: reshape(past, [2, 1, 2]),
        weightInput: tensorOf(given, 'inputWeights'),
        weightHidden: tensorOf(given, 'contextWeights'),
      }
      const hidden = await forward(operators, 'rnn', 'hidden', inputs, { activation: 'relu' })
      const expected = tensor([2], rowMajor(hidden).slice(2))
      expectAllClose('the context', tensorOf(solved, 'context2'), expected, 64 * slack * futureSize(given, solved))
    },
  },
  {
    name: 'CPC: a past of zeros predicts nothing: the loss is ln 3',
    async check(given, solve, slack) {
      const solved = await solve({ ...given, past: map(tensorOf(given, 'past'), () => 0) })
      expectClose('the loss', numberOf(solved, 'futureLoss'), Math.log(3), 64 * slack)
    },
  },
  {
    name: 'CPC: what all candidates have in common does not count',
    async check(given, solve, slack) {
      const there = await solve(given)
      const moved = reordered(tensorOf(given, 'future'), [0, 1, 2])
      for (let i = 0; i < moved.size; i++) moved.data[i] += i % 2 === 0 ? 1 : -0.5
      const other = await solve({ ...given, future: moved })
      const allowed = 64 * slack * (futureSize(given, there) + futureSize(given, other))
      expectClose('the loss', numberOf(other, 'futureLoss'), numberOf(there, 'futureLoss'), allowed)
    },
  },
]

/** What holds for the techniques for language, whatever the vectors. */
export const languageLaws: readonly ExerciseLaw[] = [...simcse, ...cpc]

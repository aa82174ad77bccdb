import { copy, map, reshape, rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, tensorOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { times } from './2.1.sequence.js'

/** What rounding may do to the probabilities, and relative to the values to the output: scores have this size at most. */
function scoreSize(solved: Values): number {
  const [queries, keys] = ['queries', 'keys'].map((name) => largest(tensorOf(solved, name)))
  return 1 + 2 * queries * keys
}

function outputAllowed(slack: number, solved: Values): number {
  return 32 * slack * scoreSize(solved) * (1 + largest(tensorOf(solved, 'values')))
}

/** The rows in the opposite order. */
function reversed(x: Tensor): Tensor {
  return copy(x.step(-1))
}

/** What holds for self-attention, whatever the sequence and the projections. */
export const selfAttentionLaws: readonly ExerciseLaw[] = [
  {
    name: 'the attention operator gives the same probabilities and output',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [query, key, value] = ['queries', 'keys', 'values'].map((name) => tensorOf(solved, name))
      const { output, weights } = await operators.scaledDotProductAttention.forward({ query, key, value }, {})
      const allowed = 32 * slack * scoreSize(solved)
      expectAllClose('the probabilities', tensorOf(solved, 'probabilities'), weights, allowed)
      expectAllClose('the output', tensorOf(solved, 'output'), output, outputAllowed(slack, solved))
    },
  },
  {
    name: 'a sequence in another order has its outputs in that order',
    async check(given, solve, slack) {
      const there = await solve(given)
      const back = await solve({ ...given, sequence: reversed(tensorOf(given, 'sequence')) })
      const allowed = outputAllowed(slack, there)
      expectAllClose('the output', reversed(tensorOf(back, 'output')), tensorOf(there, 'output'), allowed)
    },
  },
  {
    name: 'probabilities of a query sum to one, and outputs lie between the smallest and the largest value',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const [length, width] = tensorOf(solved, 'values').shape
      const p = rowMajor(tensorOf(solved, 'probabilities'))
      const [values, output] = ['values', 'output'].map((name) => rowMajor(tensorOf(solved, name)))
      for (let n = 0; n < length; n++) {
        const sum = p.subarray(n * length, (n + 1) * length).reduce((total, one) => total + one, 0)
        expectClose(`the sum of row ${n} of the probabilities`, sum, 1, 8 * slack)
        for (let d = 0; d < width; d++) {
          const column = Array.from({ length }, (_, i) => values[i * width + d])
          const [least, most] = [Math.min(...column), Math.max(...column)]
          const reach = (most - least) / 2 + outputAllowed(slack, solved)
          expectClose(`the output at [${n}, ${d}]`, output[n * width + d], (least + most) / 2, reach)
        }
      }
    },
  },
  {
    name: 'queries and keys exchanged transpose the scores',
    async check(given, solve, slack) {
      const there = await solve(given)
      const { queryWeights, keyWeights, ...rest } = given
      const back = await solve({ ...rest, queryWeights: keyWeights, keyWeights: queryWeights })
      const turned = copy(tensorOf(back, 'scores').transpose(1, 0))
      expectAllClose('the scores', turned, tensorOf(there, 'scores'), 16 * slack * scoreSize(there))
    },
  },
  {
    name: 'the scores are X·(W_Q·W_Kᵀ)·Xᵀ: one matrix compares the vectors themselves',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [x, queryWeights, keyWeights] = ['sequence', 'queryWeights', 'keyWeights'].map((name) =>
        tensorOf(given, name),
      )
      const form = await forward(operators, 'linear', 'y', { x: queryWeights, weight: keyWeights })
      const left = await times(operators, x, form)
      const scores = await forward(operators, 'linear', 'y', { x: left, weight: x })
      // Nine products of a form of two, where |X·W_Q| may have cancelled: the size of the factors, not of Q and K.
      const size = 9 * largest(x) ** 2 * 2 * largest(queryWeights) * largest(keyWeights)
      expectAllClose('the scores', tensorOf(solved, 'scores'), scores, 16 * slack * (1 + size))
    },
  },
  {
    name: 'queries of zeros attend to all vectors equally: every output is the mean of the values',
    async check(given, solve, slack, operators) {
      const solved = await solve({ ...given, queryWeights: map(tensorOf(given, 'queryWeights'), () => 0) })
      const values = tensorOf(solved, 'values')
      const [length, width] = values.shape
      const mean = await times(operators, tensor([1, length], new Float64Array(length).fill(1 / length)), values)
      for (let n = 0; n < length; n++) {
        const row = reshape(tensorOf(solved, 'output').pick(n, null), [1, width])
        expectAllClose(`row ${n} of the output`, row, mean, 16 * slack * (1 + largest(values)))
      }
    },
  },
  {
    name: 'mixing the vectors and projecting the mixtures yields the output too',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [x, weights] = ['sequence', 'valueWeights'].map((name) => tensorOf(given, name))
      const mixtures = await times(operators, tensorOf(solved, 'probabilities'), x)
      const output = await times(operators, mixtures, weights)
      const size = 3 * largest(x) * largest(weights)
      expectAllClose('the output', tensorOf(solved, 'output'), output, 32 * slack * (1 + size))
    },
  },
  {
    name: 'the output is linear in the values: twice the weights of the values, twice the output',
    async check(given, solve, slack) {
      const once = await solve(given)
      const twice = await solve({
        ...given,
        valueWeights: map(tensorOf(given, 'valueWeights'), (weight) => 2 * weight),
      })
      const doubled = map(tensorOf(once, 'output'), (value) => 2 * value)
      expectAllClose('the output', tensorOf(twice, 'output'), doubled, 2 * outputAllowed(slack, once))
    },
  },
]

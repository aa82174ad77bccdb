import { map, reshape, rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { transposed } from '../matrices.js'
import { spreadOf } from './layer-norm.quantities.js'

/** What rounding may do to a normalised vector: its size over its spread is lost in the difference from the mean. */
function normSlack(slack: number, solved: Values, name: 'residual1' | 'residual2'): number {
  const h = tensorOf(solved, name)
  const gain = largest(tensorOf(solved, 'gain'))
  return 64 * slack * h.size * gain * (1 + (largest(h) + 1) / Math.max(spreadOf(solved, name), slack))
}

const layers = [
  ['normalized1', 'residual1', 'mean1', 'deviation1'],
  ['normalized2', 'residual2', 'mean2', 'deviation2'],
] as const

/** The entries in the reverse order; of a matrix the rows, or the columns. */
function reversed(x: Tensor, axis = 0): Tensor {
  if (axis === 1) return transposed(reversed(transposed(x)))
  const rows = x.shape[0]
  const width = x.size / rows
  const numbers = rowMajor(x)
  return tensor(
    x.shape,
    Array.from({ length: x.size }, (_, i) => numbers[(rows - 1 - Math.floor(i / width)) * width + (i % width)]),
  )
}

/** What holds for lecture/layer-norm whatever the vectors and weights. */
export const normLaws: readonly ExerciseLaw[] = [
  {
    name: 'a normalised vector has, over its gain, mean 0 and variance 1, and is what the formula says',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const gain = rowMajor(tensorOf(given, 'gain'))
      for (const [name, residual, mean, deviation] of layers) {
        if (spreadOf(solved, residual) < 1e-3) continue
        const y = rowMajor(tensorOf(solved, name)).map((value, i) => value / gain[i])
        const allowed = normSlack(slack, solved, residual) * 4
        expectClose(`the mean of ${name}`, y.reduce((sum, value) => sum + value, 0) / y.length, 0, allowed)
        const squares = y.reduce((sum, value) => sum + value ** 2, 0) / y.length
        expectClose(`the variance of ${name}`, squares, 1, 4 * allowed)
        const [mu, sigma] = [numberOf(solved, mean), numberOf(solved, deviation)]
        for (const [i, h] of rowMajor(tensorOf(solved, residual)).entries())
          expectClose(`${name} at ${i}`, y[i], (h - mu) / sigma, 8 * allowed)
      }
    },
  },
  {
    name: 'twice the input and output of the attention, and the same number added to all units, normalise to the same',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const other = await solve({
        ...given,
        x: map(tensorOf(given, 'x'), (value) => 2 * value + 3),
        attention: map(tensorOf(given, 'attention'), (value) => 2 * value),
      })
      const allowed = normSlack(slack, solved, 'residual1') + normSlack(slack, other, 'residual1')
      expectAllClose('y', tensorOf(other, 'normalized1'), tensorOf(solved, 'normalized1'), 4 * allowed)
    },
  },
  {
    name: 'the feed-forward operator gives the same',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [weight1, bias1, weight2, bias2] = ['weight1', 'bias1', 'weight2', 'bias2'].map((name) =>
        tensorOf(given, name),
      )
      const y = tensorOf(solved, 'normalized1')
      const inputs = {
        x: reshape(y, [1, y.size]),
        weight1: transposed(weight1),
        bias1,
        weight2: transposed(weight2),
        bias2,
      }
      const output = reshape(await forward(operators, 'feedForward', 'y', inputs), [y.size])
      const size = (1 + largest(y) * largest(weight1) * y.size + largest(bias1)) * (1 + largest(weight2) * bias1.size)
      expectAllClose('FFN(y)', tensorOf(solved, 'feedForward'), output, 32 * slack * (size + largest(bias2)))
    },
  },
  {
    name: 'hidden units in another order change nothing',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const other = await solve({
        ...given,
        weight1: reversed(tensorOf(given, 'weight1'), 1),
        bias1: reversed(tensorOf(given, 'bias1')),
        weight2: reversed(tensorOf(given, 'weight2')),
      })
      const [y, w1, w2] = [tensorOf(solved, 'normalized1'), tensorOf(given, 'weight1'), tensorOf(given, 'weight2')]
      const size =
        (1 + largest(y) * largest(w1) * y.size + largest(tensorOf(given, 'bias1'))) * (1 + largest(w2) * w1.shape[1])
      const allowed = 32 * slack * (size + largest(tensorOf(given, 'bias2')))
      expectAllClose('FFN(y)', tensorOf(other, 'feedForward'), tensorOf(solved, 'feedForward'), allowed)
    },
  },
]

import { map, reshape, rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { length, width } from './2.1.sequence.js'

/** What rounding may do to an output: the size of the sequence times a bound of the operations behind a probability. */
function allowedFor(slack: number, given: Values): number {
  return 64 * slack * (1 + largest(tensorOf(given, 'sequence')))
}

/** The rows of the sequence in the opposite order. */
function reversed(x: Tensor): Tensor {
  const data = rowMajor(x)
  const rows = Array.from({ length }, (_, i) => [...data.subarray(i * width, (i + 1) * width)])
  return tensor(x.shape, rows.reverse().flat())
}

/** What holds for attention with one query, whatever the sequence and the query. */
export const singleQueryLaws: readonly ExerciseLaw[] = [
  {
    name: 'the attention operator gives the same probabilities and output',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const query = reshape(tensorOf(solved, 'usedQuery'), [1, width])
      const sequence = tensorOf(given, 'sequence')
      const inputs = { query, key: sequence, value: sequence }
      const { output, weights } = await operators.scaledDotProductAttention.forward(inputs, {})
      const allowed = allowedFor(slack, given)
      expectAllClose('the probabilities', tensorOf(solved, 'probabilities'), reshape(weights, [length]), allowed)
      expectAllClose('the output', tensorOf(solved, 'output'), reshape(output, [width]), allowed)
    },
  },
  {
    name: 'probabilities sum to one, and the output lies between the smallest and the largest component',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const sum = rowMajor(tensorOf(solved, 'probabilities')).reduce((total, p) => total + p, 0)
      expectClose('the sum of the probabilities', sum, 1, 8 * slack)
      const rows = rowMajor(tensorOf(given, 'sequence'))
      rowMajor(tensorOf(solved, 'output')).forEach((component, d) => {
        const column = Array.from({ length }, (_, i) => rows[i * width + d])
        const [least, most] = [Math.min(...column), Math.max(...column)]
        const [middle, radius] = [(least + most) / 2, (most - least) / 2]
        expectClose(`component ${d} of the output`, component, middle, radius + allowedFor(slack, given))
      })
    },
  },
  {
    name: 'vectors in another order have their probabilities in that order, and the same output',
    async check(given, solve, slack) {
      const there = await solve(given)
      const back = await solve({ ...given, sequence: reversed(tensorOf(given, 'sequence')) })
      const turned = rowMajor(tensorOf(back, 'probabilities')).slice().reverse()
      const allowed = allowedFor(slack, given)
      expectAllClose('the probabilities', tensor([length], turned), tensorOf(there, 'probabilities'), allowed)
      expectAllClose('the output', tensorOf(back, 'output'), tensorOf(there, 'output'), allowed)
    },
  },
  {
    name: 'a query of zeros attends to all vectors equally: the output is their mean',
    async check(given, solve, slack, operators) {
      const solved = await solve({ ...given, query: map(tensorOf(given, 'query'), () => 0) })
      const uniform = tensor([length], new Float64Array(length).fill(1 / length))
      expectAllClose('the probabilities', tensorOf(solved, 'probabilities'), uniform, 8 * slack)
      const { y } = await operators.matmul.forward(
        { a: reshape(uniform, [1, length]), b: tensorOf(given, 'sequence') },
        {},
      )
      expectAllClose('the output', tensorOf(solved, 'output'), reshape(y, [width]), allowedFor(slack, given))
    },
  },
  {
    name: 'the opposite query turns every ratio of probabilities over',
    async check(given, solve, slack) {
      const there = await solve(given)
      const opposite = await solve({ ...given, query: map(tensorOf(given, 'query'), (q) => -q) })
      // pᵢ·p′ᵢ is the same for all i: e^s·e^−s over the product of the sums, which are at least 1 each.
      const [p, q] = [there, opposite].map((solved) => rowMajor(tensorOf(solved, 'probabilities')))
      const sums = numberOf(there, 'normalizer') * numberOf(opposite, 'normalizer')
      for (const [i, probability] of p.entries())
        expectClose(`the product of both probabilities of vector ${i + 1}`, probability * q[i], 1 / sums, 32 * slack)
    },
  },
]

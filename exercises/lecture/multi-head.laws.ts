import fc from 'fast-check'
import { reshape, scalar, type Tensor, tensor, zeros, zip } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import { multiplesWithin } from '../draws.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { ones, rowSums, times } from '../matrices.js'
import { countingOperators } from '../operationCounts.js'
import { heads, headWidth } from './multi-head.quantities.js'
import { attendByHeads, operatorCall } from './multi-head.run.js'

/** Words and weights of halves; the sizes are free symbols of the general model, apart from the small instance. */
export function multiHeadArbitrary(bound = 1, unit = 0.5): fc.Arbitrary<Values> {
  const weight = multiplesWithin([4, 4], bound, unit)
  const sizes = fc.record({
    words: fc.integer({ min: 1, max: 4 }),
    headCount: fc.integer({ min: 1, max: 3 }),
    width: fc.integer({ min: 1, max: 3 }),
  })
  const numbers = fc.record({
    x: multiplesWithin([3, 4], bound, unit),
    weightQ: weight,
    weightK: weight,
    weightV: weight,
    weightO: weight,
  })
  return fc.tuple(sizes, numbers).map(([{ words, headCount, width }, tensors]) => ({
    words: scalar(words),
    headCount: scalar(headCount),
    modelSize: scalar(headCount * width),
    ...tensors,
  }))
}

function layerOf(values: Values) {
  const [weightQ, weightK, weightV, weightO] = ['Q', 'K', 'V', 'O'].map((letter) => tensorOf(values, `weight${letter}`))
  return { weightQ, weightK, weightV, weightO }
}

/** Rounding of scores and of what is made of them: the size of their terms times the number of operations. */
function rounding(given: Values, slack: number): number {
  const size = (name: string) => 1 + 4 * largest(tensorOf(given, name))
  const x = size('x')
  return 128 * slack * (x * size('weightQ')) * (x * size('weightK')) * (x * size('weightV')) * size('weightO')
}

/** The matrix with its rows, or columns, in another order. */
function rearranged(x: Tensor, rows: readonly number[], columns: readonly number[]): Tensor {
  const shape = [rows.length, columns.length]
  return tensor(
    shape,
    rows.flatMap((r) => columns.map((c) => x.get(r, c))),
  )
}

const inOrder = [0, 1, 2, 3]
const exchanged = [2, 3, 0, 1]

/** What holds for lecture/multi-head whatever the words, the weights and the sizes. */
export const multiHeadLaws: readonly ExerciseLaw[] = [
  {
    name: 'output and weights are those of the operator multiHeadAttention with two heads',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const inputs = operatorCall(tensorOf(given, 'x'), layerOf(given))
      const allowed = rounding(given, slack)
      const output = await forward(operators, 'multiHeadAttention', 'output', inputs, { heads: 2 })
      expectAllClose('the output', tensorOf(solved, 'output'), reshape(output, [3, 4]), allowed)
      const weights = await forward(operators, 'multiHeadAttention', 'weights', inputs, { heads: 2 })
      for (const head of heads)
        expectAllClose(
          `the weights of head ${head}`,
          tensorOf(solved, `weights${head}`),
          reshape(weights.pick(0, head - 1, null, null), [3, 3]),
          allowed,
        )
    },
  },
  {
    name: 'the output is the sum of every head’s output times its own rows of W^O',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [first, second] = await Promise.all(
        heads.map((head) =>
          times(
            operators,
            tensorOf(solved, `head${head}`),
            tensorOf(given, 'weightO')
              .lo((head - 1) * headWidth, 0)
              .hi(headWidth, -1),
          ),
        ),
      )
      const sum = zip(first, second, (a, b) => a + b)
      expectAllClose('the output', tensorOf(solved, 'output'), sum, rounding(given, slack))
    },
  },
  {
    name: 'heads exchanged together with their columns of W^Q, W^K, W^V and rows of W^O leave the output',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const turned = Object.fromEntries(
        ['weightQ', 'weightK', 'weightV'].map((name) => [name, rearranged(tensorOf(given, name), inOrder, exchanged)]),
      )
      const weightO = rearranged(tensorOf(given, 'weightO'), exchanged, inOrder)
      const other = await solve({ ...given, ...turned, weightO })
      const allowed = rounding(given, slack)
      expectAllClose('the output', tensorOf(other, 'output'), tensorOf(solved, 'output'), allowed)
      expectAllClose('the second head', tensorOf(other, 'head2'), tensorOf(solved, 'head1'), allowed)
      expectAllClose('the first head’s weights', tensorOf(other, 'weights1'), tensorOf(solved, 'weights2'), allowed)
    },
  },
  {
    name: 'words in another order have their outputs in that order',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const order = [2, 0, 1]
      const other = await solve({ ...given, x: rearranged(tensorOf(given, 'x'), order, inOrder) })
      const expected = rearranged(tensorOf(solved, 'output'), order, inOrder)
      expectAllClose('the output', tensorOf(other, 'output'), expected, rounding(given, slack))
    },
  },
  {
    name: 'every word’s weights sum to 1 in each head, and no weight is negative',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      for (const head of heads) {
        const weights = tensorOf(solved, `weights${head}`)
        expectAllClose(`the sums of head ${head}`, await rowSums(operators, weights), ones([3]), 16 * slack)
        const positive = zip(weights, weights, (a) => Math.max(0, a))
        expectAllClose(`the weights of head ${head}`, weights, positive, 0)
      }
    },
  },
  {
    name: 'a layer of these sizes, run head by head, takes the multiply-adds and parameters of the formulas',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [n, d, h] = ['words', 'modelSize', 'headCount'].map((name) => numberOf(given, name))
      const weight = ones([d, d])
      const layer = { weightQ: weight, weightK: weight, weightV: weight, weightO: weight }
      for (const [name, count] of [
        ['operations', h],
        ['singleOperations', 1],
      ] as const) {
        const counting = countingOperators(operators)
        await attendByHeads(counting.operators, ones([n, d]), layer, count)
        const counted = counting.counts.multiplyAdds
        expectClose(`multiply-adds with ${count} heads`, numberOf(solved, name), counted, 16 * slack * counted)
      }
      const parameters = Object.values(layer).reduce((sum, { shape }) => sum + zeros(shape).size, 0)
      expectClose('the parameters', numberOf(solved, 'parameters'), parameters, 8 * slack * parameters)
    },
  },
  {
    name: 'all heads together are as wide as the model, and take as many multiply-adds as one head of its width',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const [width, single] = [numberOf(given, 'modelSize'), numberOf(solved, 'singleOperations')]
      expectClose('the width of all heads', numberOf(solved, 'concatenatedSize'), width, 8 * slack * width)
      expectClose('the multiply-adds of all heads', numberOf(solved, 'operations'), single, 16 * slack * single)
    },
  },
]

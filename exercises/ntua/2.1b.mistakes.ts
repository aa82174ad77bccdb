import { copy, map, reshape, rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { times } from './2.1.sequence.js'

const projections: Readonly<Record<string, string>> = {
  queries: 'queryWeights',
  keys: 'keyWeights',
  values: 'valueWeights',
}

/** Every projection and the one that it is easily confused with. */
const confused: Readonly<Record<string, string>> = {
  queries: 'keyWeights',
  keys: 'queryWeights',
  values: 'keyWeights',
}

/** A mistake in what stands for a projection's weights. */
function projectionMistake(
  name: string,
  explanation: string,
  weightsOf: (values: Values, quantity: string) => Tensor,
  from: (quantity: string) => string = (quantity) => projections[quantity],
): ExerciseMistake {
  return {
    name,
    quantities: Object.keys(projections),
    explanation,
    from: (quantity) => ['sequence', from(quantity)],
    compute: (quantity, values, operators) =>
      times(operators, tensorOf(values, 'sequence'), weightsOf(values, quantity)),
  }
}

function mistake(
  quantity: string,
  name: string,
  explanation: string,
  from: readonly string[],
  wrong: (values: Values, operators: Operators) => Tensor | Promise<Tensor>,
): ExerciseMistake {
  return {
    name,
    quantities: [quantity],
    explanation,
    from: () => from,
    compute: async (_, values, operators) => wrong(values, operators),
  }
}

/** The same numbers with rows for columns. */
function transposed(x: Tensor): Tensor {
  return copy(x.transpose(1, 0))
}

function dividedBy(name: string, explanation: string, divisor: number): ExerciseMistake {
  return mistake('scaledScores', name, explanation, ['scores'], (values) =>
    map(tensorOf(values, 'scores'), (score) => score / divisor),
  )
}

/** Every row divided by the sum of what `f` makes of it, or left as that. */
function byRows(x: Tensor, f: (row: Float64Array) => ArrayLike<number>): Tensor {
  const [rows, columns] = x.shape
  const data = rowMajor(x)
  return tensor(
    x.shape,
    Array.from({ length: rows }, (_, n) => [...Array.from(f(data.slice(n * columns, (n + 1) * columns)))]).flat(),
  )
}

const sumOf = (row: Float64Array) => row.reduce((sum, value) => sum + value, 0)

/** The output with other weights or other values. */
function mixed(
  name: string,
  explanation: string,
  from: readonly string[],
  factors: (values: Values) => readonly [Tensor, Tensor],
): ExerciseMistake {
  return mistake('output', name, explanation, from, (values, operators) => times(operators, ...factors(values)))
}

/** What people get wrong in ntua/2.1b. */
export const selfAttentionMistakes: readonly ExerciseMistake[] = [
  projectionMistake(
    'weights of another projection',
    'is what you get with the weights of another projection.',
    (values, quantity) => tensorOf(values, confused[quantity]),
    (quantity) => confused[quantity],
  ),
  projectionMistake(
    'weights filled column by column',
    'is what you get when the numbers of the weights are read down the columns, as if the matrix stood transposed.',
    (values, quantity) => {
      const weights = tensorOf(values, projections[quantity])
      return transposed(reshape(weights, [weights.shape[1], weights.shape[0]]))
    },
  ),
  projectionMistake(
    'sign of the last weight',
    'is what you get when the last number of the weights is taken with the opposite sign.',
    (values, quantity) => {
      const weights = copy(tensorOf(values, projections[quantity]))
      weights.data[weights.size - 1] *= -1
      return weights
    },
  ),
  projectionMistake(
    'signs of the weights dropped',
    'is what you get with the magnitudes of the weights.',
    (values, quantity) => map(tensorOf(values, projections[quantity]), Math.abs),
  ),
  mistake(
    'scores',
    'keys times queries',
    'is K·Qᵀ, the transpose: rows belong to queries, columns to keys.',
    ['queries', 'keys'],
    async (values, operators) =>
      forward(operators, 'linear', 'y', { x: tensorOf(values, 'keys'), weight: tensorOf(values, 'queries') }),
  ),
  mistake(
    'scores',
    'values in place of the keys',
    'is Q·Vᵀ; queries are compared with keys.',
    ['queries', 'values'],
    async (values, operators) =>
      forward(operators, 'linear', 'y', { x: tensorOf(values, 'queries'), weight: tensorOf(values, 'values') }),
  ),
  mistake(
    'scores',
    'queries with themselves',
    'is Q·Qᵀ; queries are compared with keys.',
    ['queries'],
    async (values, operators) =>
      forward(operators, 'linear', 'y', { x: tensorOf(values, 'queries'), weight: tensorOf(values, 'queries') }),
  ),
  mistake(
    'scores',
    'keys with themselves',
    'is K·Kᵀ; queries are compared with keys.',
    ['keys'],
    async (values, operators) =>
      forward(operators, 'linear', 'y', { x: tensorOf(values, 'keys'), weight: tensorOf(values, 'keys') }),
  ),
  mistake(
    'scores',
    'sequence with itself',
    'is X·Xᵀ, without the projections.',
    ['sequence'],
    async (values, operators) =>
      forward(operators, 'linear', 'y', { x: tensorOf(values, 'sequence'), weight: tensorOf(values, 'sequence') }),
  ),
  dividedBy('scaling left out', 'is what you get without dividing by √d_k.', 1),
  dividedBy('root left out', 'is what you get when the scores are divided by d_k itself; its root belongs there.', 2),
  dividedBy(
    'root of the width of the sequence',
    'is what you get with the root of the dimension of X; d_k is the dimension of the keys after the projection.',
    Math.sqrt(3),
  ),
  dividedBy('multiplied by the root', 'is what you get when the scores are multiplied by √d_k.', Math.SQRT1_2),
  mistake(
    'dimension',
    'width of the sequence as the dimension',
    'is the dimension of the vectors of X; d_k is the dimension of the keys after the projection.',
    ['sequence'],
    (values) => tensor([], [tensorOf(values, 'sequence').shape[1]]),
  ),
  mistake(
    'probabilities',
    'softmax over the columns',
    'is the softmax of every column; every query, a row, shares out its attention over the keys.',
    ['scaledScores'],
    (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, 'scaledScores') }, { axis: 0 }),
  ),
  mistake(
    'probabilities',
    'softmax over the whole matrix',
    'is the softmax of all scores together; every row has one of its own.',
    ['scaledScores'],
    async (values, operators) => {
      const scores = tensorOf(values, 'scaledScores')
      const p = await forward(operators, 'softmax', 'y', { x: reshape(scores, [scores.size]) })
      return reshape(p, scores.shape)
    },
  ),
  mistake(
    'probabilities',
    'softmax of the unscaled scores',
    'is the softmax of the scores before they are scaled.',
    ['scores'],
    (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, 'scores') }),
  ),
  mistake(
    'probabilities',
    'normalised without exponentials',
    'has rows of scaled scores divided by their sums; the softmax takes exponentials first.',
    ['scaledScores'],
    (values) => byRows(tensorOf(values, 'scaledScores'), (row) => row.map((score) => score / sumOf(row))),
  ),
  mistake(
    'probabilities',
    'exponentials not normalised',
    'has the exponentials of the scaled scores, not divided by the sums of their rows.',
    ['scaledScores'],
    (values) => map(tensorOf(values, 'scaledScores'), Math.exp),
  ),
  mistake(
    'probabilities',
    'all attention on the largest score',
    'has a 1 at the largest score of every row; the softmax is soft.',
    ['scaledScores'],
    (values) =>
      byRows(tensorOf(values, 'scaledScores'), (row) => row.map((score) => (score === Math.max(...row) ? 1 : 0))),
  ),
  mixed('keys in place of the values', 'is A·K; the output mixes the values.', ['probabilities', 'keys'], (values) => [
    tensorOf(values, 'probabilities'),
    tensorOf(values, 'keys'),
  ]),
  mixed(
    'queries in place of the values',
    'is A·Q; the output mixes the values.',
    ['probabilities', 'queries'],
    (values) => [tensorOf(values, 'probabilities'), tensorOf(values, 'queries')],
  ),
  mixed(
    'probabilities transposed',
    'is Aᵀ·V: a row of A belongs to a query and weights the values for it.',
    ['probabilities', 'values'],
    (values) => [transposed(tensorOf(values, 'probabilities')), tensorOf(values, 'values')],
  ),
  mixed(
    'scores as weights',
    'is what you get when the scaled scores themselves weight the values, without a softmax.',
    ['scaledScores', 'values'],
    (values) => [tensorOf(values, 'scaledScores'), tensorOf(values, 'values')],
  ),
  mistake(
    'output',
    'every value kept for itself',
    'is V itself: every vector attends to itself alone.',
    ['values'],
    (values) => tensorOf(values, 'values'),
  ),
]

import { type Tensor, zeros } from '../../oracle/tensor.js'
import { forward, onHost, tensorOf } from '../computation.js'
import type { ExerciseMistake } from '../exercise.js'
import { ones, scaledBy, times, transposed } from '../matrices.js'
import { mistake } from '../mistake.js'
import { costMistakes } from './4.costMistakes.js'
import { divided } from './4.quantities.js'

const letterOf: Readonly<Record<string, string>> = { queries: 'weightQ', keys: 'weightK', values: 'weightV' }

const ofSoftmax: readonly ExerciseMistake[] = [
  mistake(
    'transposed projection',
    ['queries', 'keys', 'values'],
    'is x·Wᵀ; here words are rows, and W stands on their right as it is.',
    (quantity) => ['x', letterOf[quantity]],
    (values, operators, quantity) =>
      times(operators, tensorOf(values, 'x'), transposed(tensorOf(values, letterOf[quantity]))),
  ),
  mistake(
    'keys with queries',
    'scores',
    'is KQᵀ: a row for every key in place of every query.',
    ['queries', 'keys'],
    (values, operators) => times(operators, tensorOf(values, 'keys'), transposed(tensorOf(values, 'queries'))),
  ),
  mistake(
    'words in place of keys',
    'scores',
    'is Q·xᵀ: the words were not projected.',
    ['queries', 'x'],
    (values, operators) => times(operators, tensorOf(values, 'queries'), transposed(tensorOf(values, 'x'))),
  ),
  mistake(
    'scaling forgotten',
    'scaledScores',
    'is not divided by the root of the length.',
    ['scores'],
    async (values) => tensorOf(values, 'scores'),
  ),
  mistake(
    'divided by the length',
    'scaledScores',
    'is divided by the length, not by its root.',
    ['scores'],
    (values, operators) => scaledBy(operators, tensorOf(values, 'scores'), 0.5),
  ),
  mistake(
    'divided by the root of the number of words',
    'scaledScores',
    'is divided by √3, for the number of words; the length of a query is 2.',
    ['scores'],
    (values, operators) => scaledBy(operators, tensorOf(values, 'scores'), 1 / Math.sqrt(3)),
  ),
  mistake(
    'softmax over the queries',
    'softmaxWeights',
    'has columns that sum to 1; every query’s weights, a row, should.',
    ['scaledScores'],
    (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, 'scaledScores') }, { axis: 0 }),
  ),
  mistake(
    'exponentials not normalised',
    'softmaxWeights',
    'is made of exponentials that were not divided by their sum.',
    ['scaledScores'],
    async (values) => onHost([tensorOf(values, 'scaledScores')], [3, 3], (s) => s.map(Math.exp)),
  ),
  mistake(
    'words in place of values',
    ['softmaxOutput', 'quadraticOutput'],
    'is the weighted sum of the words; values are summed.',
    (quantity) => [quantity === 'softmaxOutput' ? 'softmaxWeights' : 'quadraticWeights', 'x'],
    (values, operators, quantity) =>
      times(
        operators,
        tensorOf(values, quantity === 'softmaxOutput' ? 'softmaxWeights' : 'quadraticWeights'),
        tensorOf(values, 'x'),
      ),
  ),
  mistake(
    'scores in place of weights',
    'softmaxOutput',
    'is S·V: the softmax was left out.',
    ['scaledScores', 'values'],
    (values, operators) => times(operators, tensorOf(values, 'scaledScores'), tensorOf(values, 'values')),
  ),
]

/** The features of every row as the host makes them of its entries. */
function rowFeatures(x: Tensor, columns: number, f: (a: number, b: number) => readonly number[]): Tensor {
  return onHost([x], [3, columns], (entries) => [0, 1, 2].flatMap((r) => [...f(entries[2 * r], entries[2 * r + 1])]))
}

const ofKernel: readonly ExerciseMistake[] = [
  mistake(
    'square forgotten',
    'similarities',
    'is the product itself; the kernel has degree 2.',
    ['scores'],
    async (values) => tensorOf(values, 'scores'),
  ),
  mistake('doubled in place of squared', 'similarities', 'is 2·q·k.', ['scores'], (values, operators) =>
    scaledBy(operators, tensorOf(values, 'scores'), 2),
  ),
  mistake(
    'square of the matrix',
    'similarities',
    'is S·S, the product of matrices; every entry is squared by itself.',
    ['scores'],
    (values, operators) => times(operators, tensorOf(values, 'scores'), tensorOf(values, 'scores')),
  ),
  mistake(
    'squares inside the product',
    'similarities',
    'is Σ qᵢ²kᵢ²: the square of a sum has mixed terms.',
    ['queries', 'keys'],
    async (values, operators) => {
      const squared = (name: string) => {
        const prediction = tensorOf(values, name)
        return forward(
          operators,
          'squaredError',
          'loss',
          { prediction, target: zeros(prediction.shape) },
          { reduction: 'none' },
        )
      }
      return times(operators, await squared('queries'), transposed(await squared('keys')))
    },
  ),
  mistake(
    'softmax of the similarities',
    'quadraticWeights',
    'is what you get when a softmax follows; similarities are divided by their sum.',
    ['similarities'],
    (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, 'similarities') }),
  ),
  mistake(
    'similarities not normalised',
    'quadraticWeights',
    'is not divided by the sum over the keys.',
    ['similarities'],
    async (values) => tensorOf(values, 'similarities'),
  ),
  mistake(
    'normalised over all',
    'quadraticWeights',
    'is divided by the sum of all similarities; each row has its own.',
    ['similarities'],
    async (values) =>
      onHost([tensorOf(values, 'similarities')], [3, 3], (g) => {
        const sum = g.reduce((total, value) => total + value, 0)
        return g.map((value) => value / sum)
      }),
  ),
  mistake(
    'sum over the queries',
    'denominators',
    'is the sum over the queries of every key.',
    ['similarities'],
    async (values, operators) => {
      const y = await times(operators, ones([1, 3]), tensorOf(values, 'similarities'))
      return onHost([y], [3], (sums) => sums)
    },
  ),
  ...(['queryFeatures', 'keyFeatures'] as const).flatMap((quantity) => {
    const rows = quantity === 'queryFeatures' ? 'queries' : 'keys'
    const suffix = ` (${rows})`
    return [
      mistake(
        `squares only${suffix}`,
        quantity,
        'has the squares of the entries alone; the mixed products are missing.',
        [rows],
        async (values) => rowFeatures(tensorOf(values, rows), 2, (a, b) => [a * a, b * b]),
      ),
      mistake(
        `mixed product once without √2${suffix}`,
        quantity,
        'has the mixed product once: then it needs the factor √2.',
        [rows],
        async (values) => rowFeatures(tensorOf(values, rows), 3, (a, b) => [a * a, a * b, b * b]),
      ),
      mistake(
        `factor 2 in place of √2${suffix}`,
        quantity,
        'has 2 at the mixed product, which counts it four times in φ(q)·φ(k).',
        [rows],
        async (values) => rowFeatures(tensorOf(values, rows), 3, (a, b) => [a * a, 2 * a * b, b * b]),
      ),
      mistake(
        `entries themselves${suffix}`,
        quantity,
        'is the vector itself: φ of the linear kernel.',
        [rows],
        async (values) => tensorOf(values, rows),
      ),
    ]
  }),
  mistake(
    'values not weighted by features',
    'moments',
    'is the sum of the features times the sum of the values; each key’s own value belongs to its features.',
    ['keyFeatures', 'values'],
    async (values, operators) => {
      const sumOf = (name: string) => times(operators, ones([1, 3]), tensorOf(values, name))
      return times(operators, transposed(await sumOf('keyFeatures')), await sumOf('values'))
    },
  ),
  mistake(
    'features of the queries summed',
    'featureSums',
    'is the sum of the queries’ features; the keys’ are summed.',
    ['queryFeatures'],
    async (values, operators) => {
      const x = tensorOf(values, 'queryFeatures')
      const y = await times(operators, ones([1, 3]), x)
      return onHost([y], [x.shape[1]], (sums) => sums)
    },
  ),
  mistake(
    'denominator forgotten',
    'quadraticOutput',
    'is the numerator: it was not divided by the sum of the similarities.',
    ['numerators'],
    async (values) => tensorOf(values, 'numerators'),
  ),
  mistake(
    'divided by the number of keys',
    'quadraticOutput',
    'is divided by the number of keys, not by the sum of the similarities.',
    ['numerators'],
    (values, operators) => scaledBy(operators, tensorOf(values, 'numerators'), 1 / 3),
  ),
  mistake(
    'future not masked',
    'causalOutput',
    'is the output over all keys; a position may read none that comes after it.',
    ['numerators', 'linearDenominators'],
    async (values) => divided(tensorOf(values, 'numerators'), tensorOf(values, 'linearDenominators')),
  ),
  mistake(
    'denominator of all keys',
    'causalOutput',
    'has causal numerators over denominators of all keys.',
    ['queryFeatures', 'keyFeatures', 'values', 'linearDenominators'],
    async (values) => {
      const [q, k, v, d] = ['queryFeatures', 'keyFeatures', 'values', 'linearDenominators'].map((name) =>
        tensorOf(values, name),
      )
      const F = q.shape[1]
      return onHost([q, k, v, d], [3, 2], (queries, keys, numbers, sums) =>
        [0, 1, 2].flatMap((t) =>
          [0, 1].map((m) => {
            let numerator = 0
            for (let j = 0; j <= t; j++)
              for (let f = 0; f < F; f++) numerator += queries[t * F + f] * keys[j * F + f] * numbers[2 * j + m]
            return numerator / sums[t]
          }),
        ),
      )
    },
  ),
]

/** What people get wrong in sharif/4. */
export const kernelMistakes: readonly ExerciseMistake[] = [...ofSoftmax, ...ofKernel, ...costMistakes]

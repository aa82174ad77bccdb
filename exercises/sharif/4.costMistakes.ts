import { numberOf, product, tensorOf } from '../computation.js'
import type { ExerciseMistake } from '../exercise.js'
import { mistake } from '../mistake.js'

const sizes = ['length', 'querySize', 'valueSize', 'featureSize']

/** A wrong count by N, D, M and F, of which those in `from` are read. */
function miscount(
  name: string,
  quantity: string,
  explanation: string,
  used: string,
  terms: (N: number, D: number, M: number, F: number) => number,
): ExerciseMistake {
  const from = sizes.filter((_, i) => used.includes('NDMF'[i]))
  return mistake(name, quantity, explanation, from, async (values, operators) => {
    const [N, D, M] = sizes.map((size) => (size !== 'featureSize' && from.includes(size) ? numberOf(values, size) : 1))
    if (!used.includes('F')) return product(operators, terms(N, D, M, 1), 1)
    return product(operators, tensorOf(values, 'featureSize'), terms(N, D, M, 1))
  })
}

/** Of time and memory. */
export const costMistakes: readonly ExerciseMistake[] = [
  miscount(
    'product with the values forgotten',
    'softmaxTime',
    'is the cost of QKᵀ alone; P·V takes N²M more.',
    'ND',
    (N, D) => N * N * D,
  ),
  miscount(
    'product of queries and keys forgotten',
    'softmaxTime',
    'is the cost of P·V alone; QKᵀ takes N²D more.',
    'NM',
    (N, _, M) => N * N * M,
  ),
  miscount(
    'linear in the length',
    'softmaxTime',
    'has N where N² belongs: every query meets every key.',
    'NDM',
    (N, D, M) => N * (D + M),
  ),
  miscount(
    'lengths multiplied',
    'softmaxTime',
    'is N²·D·M; the two products follow one another, so that their costs add up.',
    'NDM',
    (N, D, M) => N * N * D * M,
  ),
  miscount(
    'queries kept in place of weights',
    'softmaxMemory',
    'is the size of the queries; the weights are N × N.',
    'ND',
    (N, D) => N * D,
  ),
  miscount('weights of one query', 'softmaxMemory', 'is the number of weights of one query.', 'N', (N) => N),
  miscount(
    'length of a query',
    'featureSize',
    'is the length of the query itself; φ has all products of two entries.',
    'D',
    (_, D) => D,
  ),
  miscount('twice the length', 'featureSize', 'is 2·D; φ has D² products.', 'D', (_, D) => 2 * D),
  miscount(
    'features for free',
    'linearTime',
    'is what you get when φ costs nothing; it takes N·F products for queries and for keys.',
    'NFM',
    (N, _, M) => 2 * N * (M + 1),
  ),
  miscount(
    'denominator for free',
    'linearTime',
    'is what you get without the denominator, 2·N·F.',
    'NFM',
    (N, _, M) => 2 * N * (M + 1),
  ),
  miscount(
    'sums for every query',
    'linearTime',
    'has N² where N belongs: the sums over the keys are the same for all queries.',
    'NFM',
    (N, _, M) => 2 * N * N * (M + 2),
  ),
  miscount(
    'sums alone',
    'linearTime',
    'is the cost of the sums over the keys; the queries’ products with them are missing.',
    'NFM',
    (N, _, M) => N * (M + 2),
  ),
  miscount(
    'sum of the features not kept',
    'linearMemory',
    'is what you get without the sum of φ(k), which the denominator needs.',
    'FM',
    (_, _D, M) => M,
  ),
  miscount(
    'sum for every key',
    'linearMemory',
    'counts a sum for every key; one is kept for all.',
    'NFM',
    (N, _, M) => N * (M + 1),
  ),
  miscount(
    'length of the features',
    'crossover',
    'is F itself, right up to the constant when D = M is large.',
    'F',
    () => 1,
  ),
  miscount(
    'length of a query as the limit',
    'crossover',
    'is D; the linear form pays from about D² on.',
    'D',
    (_, D) => D,
  ),
]

import { onHost, tensorOf } from '../computation.js'
import type { ExerciseMistake } from '../exercise.js'
import { scaledBy } from '../matrices.js'
import { mistake } from '../mistake.js'
import { countOf } from './3.costs.js'
import { sumOf } from './3.quantities.js'

/** Of the coverage penalty. */
export const coverageMistakes: readonly ExerciseMistake[] = [
  mistake(
    'first state again',
    'laterWeights',
    'is the attention of the first decoder state.',
    ['dotWeights'],
    async (values) => tensorOf(values, 'dotWeights'),
  ),
  mistake(
    'greater in place of lesser',
    'repeated',
    'is made of the greater weights; the penalty takes the lesser ones.',
    ['dotWeights', 'laterWeights'],
    async (values) =>
      onHost([tensorOf(values, 'dotWeights'), tensorOf(values, 'laterWeights')], [3], (a, b) =>
        a.map((weight, s) => Math.max(weight, b[s])),
      ),
  ),
  mistake(
    'product in place of the lesser',
    'repeated',
    'is made of the products of the weights.',
    ['dotWeights', 'laterWeights'],
    async (values) =>
      onHost([tensorOf(values, 'dotWeights'), tensorOf(values, 'laterWeights')], [3], (a, b) =>
        a.map((weight, s) => weight * b[s]),
      ),
  ),
  mistake(
    'differences in place of the lesser',
    'repeated',
    'is made of the differences of the weights: what is not repeated.',
    ['dotWeights', 'laterWeights'],
    async (values) =>
      onHost([tensorOf(values, 'dotWeights'), tensorOf(values, 'laterWeights')], [3], (a, b) =>
        a.map((weight, s) => Math.abs(weight - b[s])),
      ),
  ),
  mistake(
    'mean over the words',
    'coverageLoss',
    'is the mean over the words; the penalty is their sum.',
    ['repeated'],
    async (values, operators) => scaledBy(operators, await sumOf(operators, tensorOf(values, 'repeated')), 1 / 3),
  ),
  mistake(
    'largest word only',
    'coverageLoss',
    'is the penalty of one word; all are added up.',
    ['repeated'],
    async (values) => onHost([tensorOf(values, 'repeated')], [], (m) => [Math.max(...m)]),
  ),
]

const free = ['positions', 'stateSize', 'layerUnits']

function miscount(
  name: string,
  quantity: string,
  explanation: string,
  from: readonly string[],
  terms: (S: number, D: number, A: number) => number,
): ExerciseMistake {
  return mistake(name, quantity, explanation, from, (values, operators) =>
    countOf(values, from, (S, D, A) => [terms(S, D, A)], operators),
  )
}

/** Of multiply-adds and parameters. */
export const costMistakes: readonly ExerciseMistake[] = [
  miscount(
    'states counted, not their entries',
    'dotOperations',
    'is the number of scores; each takes D multiply-adds.',
    free.slice(0, 1),
    (S) => S,
  ),
  miscount(
    'every state with every other',
    'dotOperations',
    'is the cost of S decoder states; one is asked for.',
    free.slice(0, 2),
    (S, D) => S * S * D,
  ),
  miscount(
    'matrix product left out',
    'generalOperations',
    'is the cost of the dot products alone.',
    free.slice(0, 2),
    (S, D) => S * D,
  ),
  miscount(
    'last product left out',
    'generalOperations',
    'is the cost of W_a alone; the dot product with h_e is missing.',
    free.slice(0, 2),
    (S, D) => S * D * D,
  ),
  miscount(
    'one state in place of two',
    'tanhOperations',
    'is what you get when W_b reads D entries; it reads two states.',
    free,
    (S, D, A) => S * (D * A + A),
  ),
  miscount(
    'vector’s product left out',
    'tanhOperations',
    'is the cost of W_b alone; the product with v_a is missing.',
    free,
    (S, D, A) => 2 * S * D * A,
  ),
  miscount(
    'parameters of a bias added',
    'generalParameters',
    'is what you get with a bias, which this score does not have.',
    free.slice(1, 2),
    (_, D) => D * D + D,
  ),
  miscount(
    'two matrices for general',
    'generalParameters',
    'counts two matrices; W_a is one.',
    free.slice(1, 2),
    (_, D) => 2 * D * D,
  ),
  miscount(
    'vector not counted',
    'tanhParameters',
    'is what you get without v_a.',
    free.slice(1),
    (_, D, A) => 2 * D * A,
  ),
  miscount(
    'one half of the layer',
    'tanhParameters',
    'is what you get when W_b reads one state only.',
    free.slice(1),
    (_, D, A) => D * A + A,
  ),
]

import { forward, joined, onHost, tensorOf } from '../computation.js'
import type { ExerciseMistake, Values } from '../exercise.js'
import { scaledBy, times, transposed } from '../matrices.js'
import { mistake } from '../mistake.js'
import { plus } from '../training.js'
import { countOf, type Head, heads, headWidth, namesOf } from './multi-head.quantities.js'

function headOf(quantity: string): Head {
  return quantity.endsWith('1') ? 1 : 2
}

const inBoth = (name: string) => heads.map((head) => `${name}${head}`)
const ofHead =
  (...names: readonly string[]) =>
  (quantity: string) =>
    names.map((name) => `${name}${headOf(quantity)}`)
const value = (values: Values, quantity: string, name: string) => tensorOf(values, `${name}${headOf(quantity)}`)

const weightOf: Readonly<Record<string, string>> = { queries: 'weightQ', keys: 'weightK', values: 'weightV' }
const parts = ['queries', 'keys', 'values'].flatMap(inBoth)
const wholeOf = (quantity: string) => quantity.slice(0, -1)

const ofHeads: readonly ExerciseMistake[] = [
  mistake(
    'transposed projection',
    ['queries', 'keys', 'values'],
    'is X·Wᵀ; words are rows, and the weights stand on their right as they are.',
    (quantity) => ['x', weightOf[quantity]],
    (values, operators, quantity) =>
      times(operators, tensorOf(values, 'x'), transposed(tensorOf(values, weightOf[quantity]))),
  ),
  mistake(
    'every second column',
    parts,
    'has every second column; a head has neighbouring ones.',
    (quantity) => [wholeOf(quantity)],
    async (values, _, quantity) =>
      onHost([tensorOf(values, wholeOf(quantity))], [3, headWidth], (entries) =>
        [0, 1, 2].flatMap((row) => [0, 2].map((column) => entries[4 * row + column + headOf(quantity) - 1])),
      ),
  ),
  mistake(
    'columns of the other head',
    parts,
    'has the columns of the other head.',
    (quantity) => [wholeOf(quantity)],
    async (values, _, quantity) =>
      tensorOf(values, wholeOf(quantity))
        .lo(0, (2 - headOf(quantity)) * headWidth)
        .hi(-1, headWidth),
  ),
  mistake(
    'keys with queries',
    inBoth('scores'),
    'is KQᵀ: a row for every key in place of every query.',
    ofHead('queries', 'keys'),
    (values, operators, quantity) =>
      times(operators, value(values, quantity, 'keys'), transposed(value(values, quantity, 'queries'))),
  ),
  mistake(
    'scores of all columns',
    inBoth('scores'),
    'is QKᵀ of the whole width: the heads were not separated.',
    ['queries', 'keys'],
    (values, operators) => times(operators, tensorOf(values, 'queries'), transposed(tensorOf(values, 'keys'))),
  ),
  mistake(
    'scaled by the model’s width',
    inBoth('scaledScores'),
    'is divided by 2, the root of the model’s width; the root of the length of a head’s queries, √2, is right.',
    ofHead('scores'),
    (values, operators, quantity) => scaledBy(operators, value(values, quantity, 'scores'), 0.5),
  ),
  mistake(
    'scaling forgotten',
    inBoth('scaledScores'),
    'is not divided by the root of the length.',
    ofHead('scores'),
    async (values, _, quantity) => value(values, quantity, 'scores'),
  ),
  mistake(
    'softmax over the queries',
    inBoth('weights'),
    'has columns that sum to 1; every word’s weights, a row, should.',
    ofHead('scaledScores'),
    (values, operators, quantity) =>
      forward(operators, 'softmax', 'y', { x: value(values, quantity, 'scaledScores') }, { axis: 0 }),
  ),
  mistake(
    'exponentials not normalised',
    inBoth('weights'),
    'is made of exponentials that were not divided by their sum.',
    ofHead('scaledScores'),
    async (values, _, quantity) =>
      onHost([value(values, quantity, 'scaledScores')], [3, 3], (scores) => scores.map(Math.exp)),
  ),
  mistake(
    'scores in place of weights',
    inBoth('head'),
    'is the scaled scores times the values: the softmax was left out.',
    ofHead('scaledScores', 'values'),
    (values, operators, quantity) =>
      times(operators, value(values, quantity, 'scaledScores'), value(values, quantity, 'values')),
  ),
  mistake(
    'weights transposed',
    inBoth('head'),
    'is PᵀV: every word is given to others in place of reading them.',
    ofHead('weights', 'values'),
    (values, operators, quantity) =>
      times(operators, transposed(value(values, quantity, 'weights')), value(values, quantity, 'values')),
  ),
]

const ofCombination: readonly ExerciseMistake[] = [
  mistake(
    'heads in the other order',
    ['concatenation'],
    'has the second head before the first.',
    ['head1', 'head2'],
    async (values) =>
      transposed(
        joined(
          ['head2', 'head1'].map((name) => transposed(tensorOf(values, name))),
          [4, 3],
        ),
      ),
  ),
  mistake(
    'heads added',
    ['concatenation'],
    'is the sum of the heads; they are put side by side.',
    ['head1', 'head2'],
    async (values) => plus(tensorOf(values, 'head1'), tensorOf(values, 'head2')),
  ),
  mistake(
    'heads averaged',
    ['concatenation'],
    'is the mean of the heads; they are put side by side.',
    ['head1', 'head2'],
    async (values, operators) => scaledBy(operators, plus(tensorOf(values, 'head1'), tensorOf(values, 'head2')), 0.5),
  ),
  mistake(
    'heads one below the other',
    ['concatenation'],
    'has the heads one below the other; they belong side by side.',
    ['head1', 'head2'],
    async (values) =>
      joined(
        ['head1', 'head2'].map((name) => tensorOf(values, name)),
        [6, 2],
      ),
  ),
  mistake(
    'last product forgotten',
    ['output'],
    'is the concatenation: W^O was left out.',
    ['concatenation'],
    async (values) => tensorOf(values, 'concatenation'),
  ),
  mistake('last weights transposed', ['output'], 'is Z·(W^O)ᵀ.', ['concatenation', 'weightO'], (values, operators) =>
    times(operators, tensorOf(values, 'concatenation'), transposed(tensorOf(values, 'weightO'))),
  ),
  mistake(
    'first head only',
    ['output'],
    'is what the first head alone contributes.',
    ['head1', 'weightO'],
    (values, operators) => times(operators, tensorOf(values, 'head1'), tensorOf(values, 'weightO').hi(headWidth, -1)),
  ),
  mistake(
    'one head in place of two',
    ['output'],
    'is what one head of the whole width yields.',
    ['queries', 'keys', 'values', 'weightO'],
    async (values, operators) => {
      const [query, key, all] = ['queries', 'keys', 'values'].map((name) => tensorOf(values, name))
      const attended = await forward(operators, 'scaledDotProductAttention', 'output', { query, key, value: all })
      return times(operators, attended, tensorOf(values, 'weightO'))
    },
  ),
  mistake(
    'words added',
    ['output'],
    'has the words added, as the residual connection does afterwards.',
    ['output', 'x'],
    async (values) => plus(tensorOf(values, 'output'), tensorOf(values, 'x')),
  ),
]

function miscount(
  name: string,
  quantity: string,
  explanation: string,
  letters: Parameters<typeof namesOf>[0],
  terms: Parameters<typeof countOf>[2],
): ExerciseMistake {
  return mistake(name, [quantity], explanation, namesOf(letters), (values, operators) =>
    countOf(values, letters, terms, operators),
  )
}

const ofSizes: readonly ExerciseMistake[] = [
  miscount(
    'whole width for every head',
    'headSize',
    'is the width of the model; the heads share it.',
    ['d'],
    ({ d }) => [d],
  ),
  miscount('number of heads', 'headSize', 'is the number of heads.', ['h'], ({ h }) => [h]),
  miscount(
    'width times heads',
    'concatenatedSize',
    'is what heads as wide as the model would make.',
    ['d', 'h'],
    ({ d, h }) => [d * h],
  ),
  miscount(
    'width of one head',
    'concatenatedSize',
    'is the width of one head; all are put side by side.',
    ['d', 'h'],
    ({ d, h }) => [d / h],
  ),
  miscount('last weights not counted', 'parameters', 'is what you get without W^O.', ['d'], ({ d }) => [3 * d * d]),
  miscount(
    'every head of the whole width',
    'parameters',
    'is what heads as wide as the model would have.',
    ['d', 'h'],
    ({ d, h }) => [4 * h * d * d],
  ),
  miscount(
    'one head counted',
    'parameters',
    'is what you get with the projections of one head and W^O.',
    ['d', 'h'],
    ({ d, h }) => [(3 * d * d) / h, d * d],
  ),
  miscount(
    'heads as wide as the model',
    'operations',
    'is the cost of heads as wide as the model, h times that of one.',
    ['n', 'd', 'h'],
    ({ n, d, h }) => [4 * h * n * d * d, 2 * h * n * n * d],
  ),
  miscount(
    'projections forgotten',
    'operations',
    'is the cost of the scores and of the weighted sums; the four products with weights are missing.',
    ['n', 'd'],
    ({ n, d }) => [2 * n * n * d],
  ),
  miscount(
    'scores forgotten',
    'operations',
    'is the cost of the products with weights alone.',
    ['n', 'd'],
    ({ n, d }) => [4 * n * d * d],
  ),
  miscount(
    'product with the values forgotten',
    'operations',
    'has n²d where 2n²d belongs: scores, and weights times values.',
    ['n', 'd'],
    ({ n, d }) => [4 * n * d * d, n * n * d],
  ),
  miscount(
    'one head only',
    'operations',
    'has the attention of one head; there are h.',
    ['n', 'd', 'h'],
    ({ n, d, h }) => [4 * n * d * d, (2 * n * n * d) / h],
  ),
  miscount('last product not counted', 'singleOperations', 'is what you get without W^O.', ['n', 'd'], ({ n, d }) => [
    3 * n * d * d,
    2 * n * n * d,
  ]),
]

/** What people get wrong in lecture/multi-head. */
export const multiHeadMistakes: readonly ExerciseMistake[] = [...ofHeads, ...ofCombination, ...ofSizes]

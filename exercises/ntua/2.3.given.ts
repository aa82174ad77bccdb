import fc from 'fast-check'
import { fromNested, type Nested, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import type { Given, Values } from '../exercise.js'

function given(
  name: string,
  symbols: readonly string[],
  meaning: string,
  value: Nested,
  kind: Given['kind'] = 'real',
): Given {
  return { name, symbols, meaning, kind, value: typeof value === 'number' ? scalar(value) : fromNested(value) }
}

/** What the four techniques of ntua/2.3 are computed with; the sheet itself has no numbers. */
export const contrastiveGiven: readonly Given[] = [
  given('temperature', ['tau'], 'the temperature of SimCLR, MoCo and SimCSE', 0.5),
  given('representations', ['H', 'h'], 'SimCLR: the representations of view 1 of two images, then of view 2 of both', [
    [2, 1],
    [-1, 2],
    [0.5, 1],
    [0.5, 2],
  ]),
  given('headWeights1', ['W_1', 'W^(1)'], 'SimCLR: the first layer of the projection head', [
    [1, 1],
    [-1, 1],
  ]),
  given('headWeights2', ['W_2', 'W^(2)'], 'SimCLR: the second layer of the projection head', [
    [1, -1],
    [0.5, 1],
  ]),
  given('query', ['q'], 'MoCo: the query, of length 1', [0.6, 0.8]),
  given('positiveKey', ['k_+', 'k^+'], 'MoCo: its positive key, of length 1', [0.8, 0.6]),
  given('queue', ['K', 'queue'], 'MoCo: the queue of keys of earlier batches, of length 1, the oldest first', [
    [1, 0],
    [-0.6, 0.8],
    [0, -1],
  ]),
  given('momentum', ['m'], 'MoCo: the momentum', 0.75),
  given('queryParameters', ['theta_q'], 'MoCo: the parameters of the query encoder', [1, -2]),
  given('keyParameters', ['theta_k'], 'MoCo: the parameters of the key encoder', [3, 0.5]),
  given('sentences', ['E'], 'SimCSE: the embeddings of two sentences before dropout', [
    [1, 2, -1, 1],
    [2, -1, 1, 0.5],
  ]),
  given(
    'mask1',
    ['M_1'],
    'SimCSE: the first dropout mask, 1 where a number is kept',
    [
      [1, 0, 1, 1],
      [1, 1, 0, 1],
    ],
    'whole',
  ),
  given(
    'mask2',
    ['M_2'],
    'SimCSE: the second dropout mask',
    [
      [1, 1, 0, 1],
      [0, 1, 1, 1],
    ],
    'whole',
  ),
  given('rate', ['r'], 'SimCSE: the share of numbers that dropout takes away', 0.5),
  given('past', ['X', 'x'], 'CPC: the representations of two steps of a sequence', [
    [1, 0.5],
    [0, 1],
  ]),
  given('inputWeights', ['W_x'], 'CPC: the weights from a step to the context', [
    [1, -1],
    [0.5, 1],
  ]),
  given('contextWeights', ['W_c'], 'CPC: the weights from one context to the next', [
    [0.5, 0],
    [-0.5, 1],
  ]),
  given('stepWeights1', ['P_1'], 'CPC: the weights that predict one step ahead', [
    [1, 0.5],
    [0, 1],
  ]),
  given('stepWeights2', ['P_2'], 'CPC: the weights that predict two steps ahead', [
    [-1, 1],
    [0.5, -0.5],
  ]),
  given('future', ['Y', 'y'], 'CPC: the candidates: the next step, the one after it, a step of another sequence', [
    [1, 1],
    [1.5, -1],
    [-1, 0.5],
  ]),
]

/** Tensors of these numbers. */
function numbersOf(shape: readonly number[], number: fc.Arbitrary<number>): fc.Arbitrary<Tensor> {
  const size = shape.reduce((product, side) => product * side, 1)
  return fc.array(number, { minLength: size, maxLength: size }).map((numbers) => tensor(shape, numbers))
}

const nonzero = fc.constantFrom(-2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2)
/** Vectors of length 1 that one can compute with by hand. */
const unit = fc.constantFrom(
  ...[
    [1, 0],
    [0, 1],
    [-1, 0],
    [0, -1],
  ],
  ...[1, -1].flatMap((a) =>
    [1, -1].flatMap((b) => [
      [0.6 * a, 0.8 * b],
      [0.8 * a, 0.6 * b],
    ]),
  ),
)
/** Masks that keep two or three of four numbers. */
const mask = fc.constantFrom(
  ...[
    [1, 1, 1, 0],
    [1, 1, 0, 1],
    [1, 0, 1, 1],
    [0, 1, 1, 1],
    [1, 1, 0, 0],
    [1, 0, 1, 0],
    [0, 1, 0, 1],
    [0, 0, 1, 1],
  ],
)

/**
 * Halves, unit vectors of fifths, masks; every kept part of a sentence is longer than zero. The weights and steps of CPC are at most
 * `reach`, the temperature is at least `least`: with small ones and a mild temperature no loss is nearly nothing.
 */
export function contrastiveArbitrary({ reach = 2, least = 0.25 } = {}): fc.Arbitrary<Values> {
  const half = fc.integer({ min: -2 * reach, max: 2 * reach }).map((number) => number / 2)
  const square = numbersOf([2, 2], half)
  const masks = fc.tuple(mask, mask).map((rows) => tensor([2, 4], rows.flat()))
  return fc.record({
    temperature: fc.constantFrom(...[0.25, 0.5, 1, 2].filter((tau) => tau >= least)).map(scalar),
    representations: numbersOf([4, 2], nonzero),
    headWeights1: square,
    headWeights2: square,
    query: unit.map((numbers) => tensor([2], numbers)),
    positiveKey: unit.map((numbers) => tensor([2], numbers)),
    queue: fc.tuple(unit, unit, unit).map((rows) => tensor([3, 2], rows.flat())),
    momentum: fc.constantFrom(0.5, 0.75, 0.9).map(scalar),
    queryParameters: numbersOf([2], half),
    keyParameters: numbersOf([2], half),
    sentences: numbersOf([2, 4], nonzero),
    mask1: masks,
    mask2: masks,
    rate: fc.constantFrom(0.25, 0.5).map(scalar),
    past: square,
    inputWeights: square,
    contextWeights: square,
    stepWeights1: square,
    stepWeights2: square,
    future: numbersOf([3, 2], half),
  })
}

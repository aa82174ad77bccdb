import fc from 'fast-check'
import { fromNested, reshape, rowMajor, scalar, type Tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import { multiples } from '../draws.js'
import type { Exercise, Given, Values } from '../exercise.js'
import type { Picture } from '../picture.js'
import { leakExperiment } from './masks.experiment.js'
import { maskLaws } from './masks.laws.js'
import { maskMistakes } from './masks.mistakes.js'
import { maskQuantities } from './masks.quantities.js'

const given: readonly Given[] = [
  {
    name: 'scores',
    symbols: ['S', 'scores', 'score'],
    meaning: 'the scaled scores, a row a query, a column a key',
    kind: 'real',
    value: fromNested([
      [1, 2, 0, 1],
      [0, 1, 2, -1],
      [2, 0, 1, 3],
      [1, -1, 0, 2],
    ]),
  },
  {
    name: 'valueVectors',
    symbols: ['V', 'values'],
    meaning: 'the value vectors, a row a position',
    kind: 'real',
    value: fromNested([
      [1, 0],
      [0, 2],
      [3, 1],
      [-1, 4],
    ]),
  },
  {
    name: 'length',
    symbols: ['L', 'length'],
    meaning: 'how many of the positions are words; those behind them are padding',
    kind: 'whole',
    value: scalar(3),
    range: { least: 1 },
  },
]

function drawn(sizes: fc.Arbitrary<number>, unit: 0.5 | 1, most: number): fc.Arbitrary<Values> {
  return sizes.chain((T) =>
    fc.record({
      scores: multiples([T, T], -most, most, unit),
      valueVectors: multiples([T, 2], -4, 4),
      length: fc.integer({ min: 1, max: T }).map(scalar),
    }),
  )
}

/** Whether there is padding, and no two scores of a row are equal. */
function isWorkable(values: Values): boolean {
  const T = tensorOf(values, 'scores').shape[0]
  const scores = rowMajor(tensorOf(values, 'scores'))
  const length = numberOf(values, 'length')
  const differ = Array.from({ length: T }, (_, t) => new Set(scores.slice(t * T, (t + 1) * T)).size === T)
  return length >= 2 && length < T && differ.every((differs) => differs)
}

function rowsOf(x: Tensor): readonly (readonly number[])[] {
  const [T, S] = x.shape
  const numbers = rowMajor(reshape(x, [T * S]))
  return Array.from({ length: T }, (_, t) => [...numbers.slice(t * S, (t + 1) * S)])
}

function pictures(values: Values): readonly Picture[] {
  const pictured = [
    ['paddedWeights', 'Attention in the encoder: padding gets nothing'],
    ['causalWeights', 'Attention in the decoder: nothing comes from later positions'],
  ] as const
  return pictured.map(([name, title]) => ({
    kind: 'heatMap',
    title,
    rowTitle: 'query',
    columnTitle: 'key',
    values: rowsOf(tensorOf(values, name)),
    labelled: true,
  }))
}

export const masks: Exercise = {
  id: 'lecture/masks',
  title: 'Padding mask and look-ahead mask',
  source: 'NTUA, Neural Networks and Deep Learning, lecture on attention and transformers, attention masks',
  statement: `Scores $S$ of queries and keys are known, divided by the root of the dimension already, and the value vectors $V$. The first $L$ positions of the
sequence are words, the others padding.

(1) In the encoder, no attention may go to padding: which positions take part (1) and which do not (0), what is the attention, and what comes
out? (2) In the decoder, a position may only look at itself and at those before it: the same questions. (3) And with both masks together?

Masked scores become $-\\infty$ right before the softmax.`,
  heading: { number: 'masks' },
  given,
  arbitrary: () => drawn(fc.integer({ min: 1, max: 5 }), 0.5, 6),
  stages: [
    { name: 'encoder', title: 'In the encoder: the padding mask' },
    { name: 'decoder', title: 'In the decoder: the look-ahead mask' },
    { name: 'both', title: 'Both masks together' },
  ],
  quantities: maskQuantities,
  conventions: [],
  mistakes: maskMistakes,
  laws: maskLaws,
  experiments: [leakExperiment],
  worksheet: { arbitrary: () => drawn(fc.constant(4), 1, 3), isWorkable },
  pictures,
}

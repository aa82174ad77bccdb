import { fromNested, type Nested } from '../../oracle/tensor.js'
import type { Given } from '../exercise.js'
import { givenReal, givenSize } from './counted.js'

/** Ids of the small vocabulary; words follow. */
export const special = { pad: 0, first: 1, separator: 2, mask: 3 } as const
export const sizes = { vocabulary: 7, length: 6, width: 4, firstWord: 4 } as const

const real = (name: string, symbols: readonly string[], meaning: string, value: Nested): Given =>
  givenReal(name, symbols, meaning, fromNested(value))
const whole = (name: string, symbols: readonly string[], meaning: string, value: Nested): Given => ({
  ...real(name, symbols, meaning, value),
  kind: 'whole',
  range: { least: 0 },
})

export const textGiven: readonly Given[] = [
  whole('ids', ['x', 'ids', 'token ids'], 'the ids of two sentences', [1, 4, 5, 2, 6, 2]),
  {
    ...real('rate', ['rho', 'mask rate'], 'the share of the words that is chosen', 0.15),
    range: { least: 0, most: 1 },
  },
  real(
    'draws',
    ['q', 'draws'],
    'random numbers that choose: a word is chosen where its number is below the share',
    [0, 0.1, 0.6, 0.1, 0, 0.9],
  ),
  real(
    'actions',
    ['a', 'actions'],
    'random numbers that say what becomes of a chosen word',
    [0.25, 0.35, 0.45, 0.15, 0.85, 0.55],
  ),
  whole('replacements', ['r', 'replacements'], 'random words', [4, 6, 4, 5, 5, 6]),
  real('tokenTable', ['W_T', 'token embeddings table'], 'the token embeddings, a row an id', [
    [0, 0, 0, 0],
    [1, 0, -1, 0],
    [0, 1, 0, -1],
    [0.5, 0.5, -0.5, 0],
    [2, 0, 1, 0],
    [-1, 1, 0, 2],
    [0, -1, 1, 1],
  ]),
  real('segmentTable', ['W_S', 'segment embeddings table'], 'the segment embeddings, a row a sentence', [
    [0.5, 0, 0, -0.5],
    [0, 1, 0, 0.5],
  ]),
  real('positionTable', ['W_P', 'position embeddings table'], 'the position embeddings, a row a place', [
    [0, 0, 1, 0],
    [1, 0, 0, 0],
    [0, 0.5, 0, 1],
    [-0.5, 0, 0, 0],
    [0, 1, 0, 1],
    [1, 0, 0.5, 0],
  ]),
  real('gain', ['g', 'gain'], 'the gain of the normalization', [1, 0.5, 1, 2]),
  real('bias', ['beta', 'bias'], 'the bias of the normalization', [0, 0.5, -0.5, 1]),
  real('wordLogits', ['Z', 'word logits'], 'the scores of all tokens at every place, a row each', [
    [0, 1, 0, 0, 0, 0, 0],
    [0, 0, 0, 0, 2, 1, 0],
    [0, 0, 1, 0, 0, 2, 0],
    [0, 0, 2, 0, 0, 0, 1],
    [0, 0, 0, 1, 0, 1, 2],
    [0, 0, 1, 0, 0, 0, 0],
  ]),
  real('pooled', ['h', 'pooled output'], 'what the pooler answers', [0.5, -1, 0.5, 1]),
  real(
    'pairWeights',
    ['W_N', 'next sentence weights'],
    'the weights of the scores that the second sentence is the next one, and that it is not',
    [
      [1, 0, 2, 0],
      [0, 1, 0, 1],
    ],
  ),
  real('pairBias', ['b_N', 'next sentence bias'], 'their biases', [0.5, 0]),
  {
    ...whole(
      'label',
      ['y_N', 'next sentence label'],
      '0 where the second sentence is the next one, 1 where it is not',
      0,
    ),
    range: { least: 0, most: 1 },
  },
  givenSize('pairs', ['m', 'pairs'], 'the pairs of sentences of the corpus', 1000),
]

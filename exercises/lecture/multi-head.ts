import { fromNested, type Nested, rowMajor, scalar } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { Exercise, Given, Table, Values } from '../exercise.js'
import type { Picture } from '../picture.js'
import { costExperiment, headsExperiment, headsTraining } from './multi-head.experiment.js'
import { multiHeadArbitrary, multiHeadLaws } from './multi-head.laws.js'
import { multiHeadMistakes } from './multi-head.mistakes.js'
import { heads, multiHeadQuantities, parameterConvention } from './multi-head.quantities.js'

function real(name: string, symbols: readonly string[], meaning: string, value: Nested): Given {
  return { name, symbols, meaning, kind: 'real', value: fromNested(value) }
}

function free(name: string, symbols: readonly string[], meaning: string, value: number): Given {
  return { name, symbols, meaning, kind: 'whole', value: scalar(value), free: true }
}

/** The lecture's layer has 8 heads and 512 features; words and weights are a small instance with two heads of two features. */
const given: readonly Given[] = [
  free('modelSize', ['d', 'd_model', 'E'], 'the features of a word in the lecture’s layer', 512),
  free('headCount', ['h', 'heads'], 'the heads of the lecture’s layer', 8),
  free('words', ['n', 'N'], 'the words of a sentence in the lecture’s layer', 10),
  real('x', ['X', 'x'], 'the words of the instance, a row each', [
    [1, 0, 1, 0],
    [0, 1, 0, 1],
    [1, 1, 0, -1],
  ]),
  real('weightQ', ['W^Q', 'W_Q'], 'the weights of the queries, two columns a head', [
    [1, 0, 0, 1],
    [0, 1, 1, 0],
    [0, 0.5, -1, 0],
    [1, 0, 0, 0.5],
  ]),
  real('weightK', ['W^K', 'W_K'], 'the weights of the keys', [
    [0, 1, 1, 0],
    [1, 0, 0, -1],
    [1, 0, 0, 0.5],
    [0, 0.5, 1, 0],
  ]),
  real('weightV', ['W^V', 'W_V'], 'the weights of the values', [
    [1, 0, 0, 2],
    [0, 1, -1, 0],
    [0, 2, 1, 0],
    [1, 0, 0, 1],
  ]),
  real('weightO', ['W^O', 'W_O'], 'the weights of the last product', [
    [1, 0, 0, 1],
    [0, 1, 0.5, 0],
    [0, -1, 1, 0],
    [0.5, 0, 0, 1],
  ]),
]

function pictures(values: Values): readonly Picture[] {
  return heads.map((head) => {
    const data = rowMajor(tensorOf(values, `weights${head}`))
    return {
      kind: 'heatMap',
      title: `Attention weights of head ${head}`,
      rowTitle: 'word that reads',
      columnTitle: 'word that is read',
      rows: ['1', '2', '3'],
      columns: ['1', '2', '3'],
      values: [0, 1, 2].map((row) => [...data.subarray(3 * row, 3 * row + 3)]),
      labelled: true,
    }
  })
}

function tables(values: Values): readonly Table[] {
  const number = (name: string) => numberOf(values, name)
  return [
    {
      title: 'All heads beside a single one',
      columns: ['layer', 'heads', 'width of a head', 'multiply-adds'],
      rows: [
        ['multi-head', number('headCount'), number('headSize'), number('operations')],
        ['single head', 1, number('modelSize'), number('singleOperations')],
      ],
    },
  ]
}

export const multiHead: Exercise = {
  id: 'lecture/multi-head',
  title: 'Multi-head attention',
  source:
    'NTUA, Neural Networks and Deep Learning, lecture on attention and transformers, multi-head attention; Attention Is All You Need (2017), section 3.2.2',
  statement: `A layer of multi-head attention has $h$ heads and words of $d$ features. Queries, keys and values of all heads are $Q = X W^Q$, $K = X W^K$, $V = X W^V$ with
weights of $d \\times d$; head $i$ has its own $d_k = d/h$ columns of each, and

$$head_i = softmax(\\frac{Q_i K_i^T}{\\sqrt{d_k}}) V_i, \\qquad MultiHead = Concat(head_1, \\dots, head_h) W^O.$$

(a) How long are a head's queries, and how long are the concatenated heads of a word? How many weights has the layer? (b) How many
multiply-adds does it take for $n$ words, and how many would it take with a single head of $d$ features? (c) What are the weights of both heads, their
outputs and the output of the layer for the given words and weights?`,
  heading: { number: 'multi-head' },
  given,
  arbitrary: multiHeadArbitrary,
  stages: [],
  quantities: multiHeadQuantities,
  instance: { d_k: 2, d: 4, h: 2, n: 3 },
  conventions: [parameterConvention],
  mistakes: multiHeadMistakes,
  laws: multiHeadLaws,
  experiments: [costExperiment, headsExperiment],
  trainings: [headsTraining],
  worksheet: {
    arbitrary: () => multiHeadArbitrary(1, 1).map((drawn) => ({ ...drawn, ...sizesOfTheSheet })),
    isWorkable,
  },
  pictures,
  tables,
}

const sizesOfTheSheet: Values = { modelSize: scalar(512), headCount: scalar(8), words: scalar(10) }

/** In each head scores that differ, but not so much that the softmax saturates. */
function isWorkable(values: Values): boolean {
  const numbers = (name: string) => [...rowMajor(tensorOf(values, name))]
  return (
    heads.every((head) => {
      const scores = numbers(`scores${head}`)
      const rows = [0, 1, 2].map((row) => scores.slice(3 * row, 3 * row + 3))
      const spreads = rows.map((row) => Math.max(...row) - Math.min(...row))
      return spreads.some((spread) => spread > 0) && spreads.every((spread) => spread <= 6)
    }) && numbers('output').some((value) => value !== 0)
  )
}

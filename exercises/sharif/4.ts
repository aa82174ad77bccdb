import { fromNested, type Nested, rowMajor, scalar, type Tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { Exercise, Given, Table, Values } from '../exercise.js'
import type { Picture } from '../picture.js'
import { kernelConventions } from './4.conventions.js'
import { growthExperiment, sharpnessExperiment } from './4.experiment.js'
import { hasWeights, kernelArbitrary, kernelLaws } from './4.laws.js'
import { kernelMistakes } from './4.mistakes.js'
import { kernelQuantities } from './4.quantities.js'

function real(name: string, symbols: readonly string[], meaning: string, value: Nested): Given {
  return { name, symbols, meaning, kind: 'real', value: fromNested(value) }
}

function free(name: string, symbols: readonly string[], meaning: string, value: number): Given {
  return { name, symbols, meaning, kind: 'whole', value: scalar(value), free: true }
}

/** The sheet has letters only; words and weights are a small instance of three words with queries and values of length 2. */
const given: readonly Given[] = [
  real('x', ['x', 'X'], 'the words of the instance, a row each', [
    [1, 0],
    [0.5, 1],
    [-1, 1],
  ]),
  real('weightQ', ['W_Q', 'W^Q'], 'the weights of the queries', [
    [1, 0],
    [0.5, 1],
  ]),
  real('weightK', ['W_K', 'W^K'], 'the weights of the keys', [
    [0.5, 1],
    [-1, 0],
  ]),
  real('weightV', ['W_V', 'W^V'], 'the weights of the values', [
    [1, -1],
    [0, 2],
  ]),
  free('length', ['N', 'n'], 'the number of words of the general model', 8192),
  free('querySize', ['D', 'd_k'], 'the length of queries and keys of the general model', 64),
  free('valueSize', ['M', 'd_v'], 'the length of values of the general model', 64),
]

function nested(x: Tensor): readonly (readonly number[])[] {
  const [rows, columns] = x.shape
  const data = rowMajor(x)
  return Array.from({ length: rows }, (_, r) => [...data.subarray(r * columns, (r + 1) * columns)])
}

function pictures(values: Values): readonly Picture[] {
  return [
    { title: 'Weights of the softmax', name: 'softmaxWeights' },
    { title: 'Weights of the quadratic kernel', name: 'quadraticWeights' },
  ].map(({ title, name }) => ({
    kind: 'heatMap',
    title,
    rowTitle: 'query',
    columnTitle: 'key',
    rows: ['1', '2', '3'],
    columns: ['1', '2', '3'],
    values: nested(tensorOf(values, name)),
    labelled: true,
  }))
}

function tables(values: Values): readonly Table[] {
  const number = (name: string) => numberOf(values, name)
  return [
    {
      title: 'Softmax attention and the linear form of the quadratic kernel',
      columns: ['form', 'order of time', 'multiply-adds', 'order of memory', 'numbers kept'],
      rows: [
        ['softmax', 'N²·max(D, M)', number('softmaxTime'), 'N²', number('softmaxMemory')],
        ['linear', 'N·D²·M', number('linearTime'), 'D²·M', number('linearMemory')],
      ],
    },
  ]
}

export const sharif4: Exercise = {
  id: 'sharif/4',
  title: 'Attention with a quadratic kernel, in linear time',
  source: 'Sharif University of Technology, Deep Learning, fourth homework, autumn 2022, exercise 4',
  statement: `Self-attention of $N$ words, the rows of $x$, has queries $Q = x W_Q$ and keys $K = x W_K$ of length $D$ and values $V = x W_V$ of length $M$. Its output
$V' = softmax(\\frac{Q K^T}{\\sqrt{D}}) V$ can be written with a similarity:

$$V'_i = \\frac{\\sum_j sim(Q_i, K_j) V_j}{\\sum_j sim(Q_i, K_j)}, \\quad sim(q, k) = \\exp \\frac{q^T k}{\\sqrt{D}}.$$

(a) What time and memory does it take, by $N$, $D$ and $M$? (b) What is the similarity with a polynomial kernel of degree 2 in place of the exponential?
(c) Which features $\\phi$ have $sim(q, k) = \\phi(q)^T \\phi(k)$? (d) Write $V'_i$ with $\\phi$ so that time grows with $N$ only. What time and memory does that take, and
when is it better? (e) What are the weights and outputs of both for the given words and weights?

Time is counted in multiply-adds of matrix products, memory in numbers that are kept besides $Q$, $K$, $V$ and $V'$.`,
  heading: { number: '4' },
  given,
  arbitrary: kernelArbitrary,
  stages: [
    { name: 'softmax', title: 'Softmax attention' },
    { name: 'quadratic', title: 'The quadratic kernel' },
    { name: 'causal', title: 'The causal form' },
    { name: 'cost', title: 'Time and memory' },
  ],
  quantities: kernelQuantities,
  instance: { D: 2, d_k: 2, N: 3, M: 2 },
  conventions: kernelConventions,
  mistakes: kernelMistakes,
  laws: kernelLaws,
  experiments: [growthExperiment, sharpnessExperiment],
  worksheet: {
    arbitrary: () => kernelArbitrary(2, 1).map((drawn) => ({ ...drawn, ...sizesOfTheSheet })),
    isWorkable,
  },
  pictures,
  tables,
}

const sizesOfTheSheet: Values = { length: scalar(8192), querySize: scalar(64), valueSize: scalar(64) }

/** No saturated softmax, no query that has equal weights on all keys, small numbers. */
function isWorkable(values: Values): boolean {
  const scores = nested(tensorOf(values, 'scores'))
  return (
    hasWeights(values, 1) &&
    scores.every((row) => Math.max(...row) - Math.min(...row) > 0 && Math.max(...row) - Math.min(...row) <= 6) &&
    scores.flat().every((score) => Math.abs(score) <= 6) &&
    rowMajor(tensorOf(values, 'values')).some((value) => value !== 0)
  )
}

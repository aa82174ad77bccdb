import fc from 'fast-check'
import { fromNested, rowMajor } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import type { Exercise, Given, Values } from '../exercise.js'
import { halves, sequence } from './2.1.sequence.js'
import { selfAttentionLaws } from './2.1b.laws.js'
import { selfAttentionMistakes } from './2.1b.mistakes.js'
import { selfAttentionQuantities } from './2.1b.quantities.js'

/** A projection from three dimensions to two. */
function projection(name: string, letter: string, reader: string, value: readonly (readonly number[])[]): Given {
  return {
    name,
    symbols: [`W_${letter}`, `W^${letter}`],
    meaning: `the projection of the ${reader}`,
    kind: 'real',
    value: fromNested(value),
  }
}

const given: readonly Given[] = [
  sequence,
  projection('queryWeights', 'Q', 'queries', [
    [1, -1.5],
    [0, 2],
    [-0.5, 1],
  ]),
  projection('keyWeights', 'K', 'keys', [
    [-1.5, -1],
    [2.5, 0],
    [0.5, -1],
  ]),
  projection('valueWeights', 'V', 'values', [
    [1, 2.5],
    [-0.5, -2],
    [0, -1],
  ]),
]

/** Halves of at most `reach`. */
function instances(reach: number): fc.Arbitrary<Values> {
  return fc.record(Object.fromEntries(given.map(({ name, value }) => [name, halves(value.shape, reach)])))
}

/** Every query attends to two vectors at least, and no entry of the projections is a zero that hides a sign. */
function isWorkable(values: Values): boolean {
  const p = tensorOf(values, 'probabilities')
  const [length] = p.shape
  const rows = Array.from({ length }, (_, n) => rowMajor(p).slice(n * length, (n + 1) * length))
  const last = ['queryWeights', 'keyWeights', 'valueWeights'].map((name) => rowMajor(tensorOf(values, name)).at(-1))
  return rows.every((row) => Math.max(...row) < 0.995) && last.every((weight) => weight !== 0)
}

const rowNames = ['x⁽¹⁾', 'x⁽²⁾', 'x⁽³⁾', 'x⁽⁴⁾']

/** The rows of a matrix of these values. */
function rowsOf(values: Values, name: string): readonly (readonly number[])[] {
  const [rows, columns] = tensorOf(values, name).shape
  const data = rowMajor(tensorOf(values, name))
  return Array.from({ length: rows }, (_, n) => [...data.subarray(n * columns, (n + 1) * columns)])
}

export const exercise21b: Exercise = {
  id: 'ntua/2.1b',
  title: 'Self-attention with one head',
  source: 'NTUA, Neural Networks and Deep Learning, second series of exercises 2023, exercise 2.1, question 2',
  statement: `Single-head self-attention reads a sequence of four vectors in $\\mathbb{R}^3$, the rows of $X \\in \\mathbb{R}^{4 \\times 3}$. The matrices
$W_Q, W_K, W_V \\in \\mathbb{R}^{3 \\times 2}$ project it to queries, keys and values.

Compute the matrices $Q$, $K$ and $V$, and the output $Z$ of scaled dot-product attention.`,
  heading: { number: '2.1', part: '2' },
  given,
  arbitrary: () => instances(2.5),
  stages: [],
  quantities: selfAttentionQuantities,
  conventions: [],
  mistakes: selfAttentionMistakes,
  laws: selfAttentionLaws,
  experiments: [],
  // Larger numbers leave a query hardly more than one key to attend to.
  worksheet: { arbitrary: () => instances(1.5), isWorkable },
  pictures: (values) =>
    [
      { name: 'scaledScores', title: 'Scaled scores' },
      { name: 'probabilities', title: 'Attention probabilities' },
    ].map(({ name, title }) => ({
      kind: 'heatMap' as const,
      title,
      rowTitle: 'query of',
      columnTitle: 'key of',
      rows: rowNames,
      columns: rowNames,
      values: rowsOf(values, name),
      labelled: true,
    })),
}

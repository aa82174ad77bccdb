import fc from 'fast-check'
import { rowMajor, tensor } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import type { Exercise, Values } from '../exercise.js'
import { halves, sequence } from './2.1.sequence.js'
import { singleQueryLaws } from './2.1a.laws.js'
import { singleQueryMistakes } from './2.1a.mistakes.js'
import { queryConventions, singleQueryQuantities } from './2.1a.quantities.js'

const query = tensor([3], [-2, -1, -1])

/** Halves; a query without a zero, so that its signs are seen. */
function arbitrary(): fc.Arbitrary<Values> {
  const component = fc.constantFrom(-2, -1.5, -1, -0.5, 0.5, 1, 1.5, 2)
  return fc.record({
    sequence: halves(sequence.value.shape),
    query: fc.tuple(component, component, component).map((components) => tensor([3], components)),
  })
}

/** No two scores alike, no vector that gets nearly all or nearly no attention. */
function isWorkable(values: Values): boolean {
  const scores = [...rowMajor(tensorOf(values, 'scores'))]
  const p = [...rowMajor(tensorOf(values, 'probabilities'))]
  return new Set(scores).size === scores.length && Math.max(...p) < 0.9 && Math.min(...p) > 0.004
}

export const exercise21a: Exercise = {
  id: 'ntua/2.1a',
  title: 'Attention with one query',
  source: 'NTUA, Neural Networks and Deep Learning, second series of exercises 2023, exercise 2.1, question 1',
  statement: `A sequence of four vectors $x^{(1)}, \\ldots, x^{(4)}$ in $\\mathbb{R}^3$ stands in the rows of the matrix $X \\in \\mathbb{R}^{4 \\times 3}$. An
attention layer reads it with one query vector $q$; the vectors are keys and values at once.

Compute the attention probabilities and the output vector by scaled dot-product attention.`,
  heading: { number: '2.1', part: '1' },
  given: [sequence, { name: 'query', symbols: ['q'], meaning: 'the query', kind: 'real', value: query }],
  arbitrary,
  stages: [
    { name: 'sequence', title: 'The sequence' },
    { name: 'attention', title: 'Attention' },
  ],
  quantities: singleQueryQuantities,
  conventions: queryConventions,
  mistakes: singleQueryMistakes,
  laws: singleQueryLaws,
  experiments: [],
  worksheet: { arbitrary, isWorkable },
  pictures: (values) => [
    {
      kind: 'heatMap',
      title: 'Attention probabilities',
      rowTitle: 'query',
      columnTitle: 'vector of the sequence',
      rows: ['q'],
      columns: ['x⁽¹⁾', 'x⁽²⁾', 'x⁽³⁾', 'x⁽⁴⁾'],
      values: [[...rowMajor(tensorOf(values, 'probabilities'))]],
      labelled: true,
    },
  ],
}

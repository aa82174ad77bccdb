import { toNested } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import type { Values } from '../exercise.js'
import type { Graph, HeatMap } from '../picture.js'

/** The module as a graph: input, four branches, concatenation. */
export const inceptionGraph: Graph = {
  kind: 'graph',
  title: 'The Inception module',
  nodes: [
    { name: 'input', column: 0, row: 1.5, label: 'X₁, X₂' },
    { name: 'one', column: 2, row: 0, label: '1×1: B₁' },
    { name: 'reduceThree', column: 1, row: 1, label: '1×1: H₂' },
    { name: 'three', column: 2, row: 1, label: '3×3: B₂' },
    { name: 'reduceFive', column: 1, row: 2, label: '1×1: H₃' },
    { name: 'five', column: 2, row: 2, label: '5×5: B₃' },
    { name: 'pooled', column: 1, row: 3, label: 'max 3×3: M₁, M₂' },
    { name: 'projection', column: 2, row: 3, label: '1×1: B₄' },
    { name: 'output', column: 3, row: 1.5, label: 'concatenated' },
  ],
  edges: [
    { from: 'input', to: 'one', label: 'u' },
    { from: 'input', to: 'reduceThree', label: 'r' },
    { from: 'reduceThree', to: 'three', label: 'W₃' },
    { from: 'input', to: 'reduceFive', label: 'q' },
    { from: 'reduceFive', to: 'five', label: 'W₅' },
    { from: 'input', to: 'pooled' },
    { from: 'pooled', to: 'projection', label: 'p' },
    ...['one', 'three', 'five', 'projection'].map((from) => ({ from, to: 'output' })),
  ],
}

/** A matrix as rows of numbers. */
function rowsOf(values: Values, name: string): readonly (readonly number[])[] {
  const nested = toNested(tensorOf(values, name))
  const rows = typeof nested === 'number' ? [[nested]] : nested
  return rows.map((row) => (typeof row === 'number' ? [row] : row.map(Number)))
}

/** A matrix that is drawn as a heat map with its numbers. */
export function matrixPicture(values: Values, name: string, title: string): HeatMap {
  return {
    kind: 'heatMap',
    title,
    rowTitle: 'row',
    columnTitle: 'column',
    values: rowsOf(values, name),
    labelled: true,
  }
}

/** The four channels of the output. */
export function outputMaps(values: Values): readonly HeatMap[] {
  return [
    ['oneBranch', 'B₁, the 1 × 1 branch'],
    ['threeBranch', 'B₂, the 3 × 3 branch'],
    ['fiveBranch', 'B₃, the 5 × 5 branch'],
    ['poolBranch', 'B₄, the pooling branch'],
  ].map(([name, title]) => matrixPicture(values, name, title))
}

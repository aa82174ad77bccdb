import fc from 'fast-check'
import { rowMajor, scalar } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { ConventionAxis, Exercise, Given, Quantity, Table, Values } from '../exercise.js'
import { growthExperiment } from './complexity.experiment.js'
import { complexityLaws } from './complexity.laws.js'
import { complexityMistakes } from './complexity.mistakes.js'
import { type LayerKind, layerKinds } from './complexity.run.js'
import { type Factors, ofSizes } from './complexity.sizes.js'

function free(name: string, symbols: readonly string[], meaning: string, value: number): Given {
  return { name, symbols, meaning, kind: 'whole', value: scalar(value), free: true }
}

const given: readonly Given[] = [
  free('n', ['n', 'N', 'L'], 'the length of the sequence', 100),
  free('d', ['d', 'D', 'd_model'], 'the length of a position’s representation', 512),
  free('k', ['k', 'K'], 'the width of a convolution’s kernel', 3),
  free('r', ['r', 'w'], 'the positions that restricted self-attention reads', 20),
]

const titles: Readonly<Record<LayerKind, string>> = {
  attention: 'Self-attention',
  recurrent: 'Recurrent',
  convolutional: 'Convolutional',
  restricted: 'Self-attention (restricted)',
}

/** A product of numbers that the host makes of the given sizes. */
function quantity(
  name: string,
  symbols: readonly string[],
  meaning: string,
  stage: LayerKind,
  { from, formula, factors }: { readonly from: readonly string[]; readonly formula: string; readonly factors: Factors },
): Quantity {
  return {
    name,
    symbols,
    meaning,
    kind: 'symbolic',
    from,
    formula,
    stage,
    asked: true,
    compute: (values, operators) => ofSizes(values, from, factors, operators),
  }
}

function operations(kind: LayerKind, from: readonly string[], formula: string, factors: Factors): Quantity {
  const symbols = ['T', 'complexity', 'operations', 'C', `T_${kind}`]
  const meaning = 'the order of multiply-adds of a layer'
  return quantity(`${kind}Operations`, symbols, meaning, kind, { from, formula, factors })
}

function sequential(kind: LayerKind, from: readonly string[], formula: string, factors: Factors): Quantity {
  const symbols = ['s', 'sequential operations', 'sequential', `s_${kind}`]
  const meaning = 'the order of operations that wait for one another'
  return quantity(`${kind}Sequential`, symbols, meaning, kind, { from, formula, factors })
}

function path(kind: LayerKind, from: readonly string[], formula: string, factors: Factors): Quantity {
  const symbols = ['p', 'path length', 'maximum path length', `p_${kind}`]
  const meaning = 'the order of the longest path between two positions'
  return quantity(`${kind}Path`, symbols, meaning, kind, { from, formula, factors })
}

const quantities: readonly Quantity[] = [
  operations('attention', ['n', 'd'], 'n^2 \\cdot d', ({ n, d }) => [n, n, d]),
  sequential('attention', [], '1', () => [1]),
  path('attention', [], '1', () => [1]),
  quantity(
    'crossover',
    ['n^*', 'n_max'],
    'the length up to which self-attention takes no more than a recurrent layer',
    'attention',
    { from: ['d'], formula: 'd', factors: ({ d }) => [d] },
  ),
  operations('recurrent', ['n', 'd'], 'n \\cdot d^2', ({ n, d }) => [n, d, d]),
  sequential('recurrent', ['n'], 'n', ({ n }) => [n]),
  path('recurrent', ['n'], 'n', ({ n }) => [n]),
  operations('convolutional', ['k', 'n', 'd'], 'k \\cdot n \\cdot d^2', ({ k, n, d }) => [k, n, d, d]),
  sequential('convolutional', [], '1', () => [1]),
  path('convolutional', ['n', 'k'], '\\frac{\\ln(n)}{\\ln(k)}', ({ n, k }) => [Math.log(n), 1 / Math.log(k)]),
  operations('restricted', ['r', 'n', 'd'], 'r \\cdot n \\cdot d', ({ r, n, d }) => [r, n, d]),
  sequential('restricted', [], '1', () => [1]),
  path('restricted', ['n', 'r'], '\\frac{n}{r}', ({ n, r }) => [n, 1 / r]),
]

/** The path through convolutions grows with log n only where their kernels are dilated. */
const dilation: ConventionAxis = {
  axis: 'convolutions',
  conventions: [
    {
      name: 'dilated',
      description: 'every layer’s kernel reads positions k times as far apart as the one before',
      overrides: {},
    },
    {
      name: 'contiguous',
      description: 'every layer’s kernel reads neighbouring positions: n/k layers connect all',
      overrides: {
        convolutionalPath: {
          from: ['n', 'k'],
          formula: '\\frac{n}{k}',
          compute: (values, operators) => ofSizes(values, ['n', 'k'], ({ n, k }) => [n, 1 / k], operators),
        },
      },
    },
  ],
}

function arbitrary(): fc.Arbitrary<Values> {
  return fc
    .record({
      n: fc.integer({ min: 2, max: 9 }),
      d: fc.integer({ min: 1, max: 4 }),
      k: fc.integer({ min: 2, max: 4 }),
      r: fc.integer({ min: 2, max: 4 }),
    })
    .map((sizes) => Object.fromEntries(Object.entries(sizes).map(([name, value]) => [name, scalar(value)])))
}

function tables(values: Values): readonly Table[] {
  const shown = (name: string) => Number(rowMajor(tensorOf(values, name))[0].toPrecision(4))
  return [
    {
      title: 'Layers compared',
      columns: ['layer', 'operations a layer', 'sequential operations', 'longest path'],
      rows: layerKinds.map((kind) => [
        titles[kind],
        shown(`${kind}Operations`),
        shown(`${kind}Sequential`),
        shown(`${kind}Path`),
      ]),
    },
  ]
}

export const complexity: Exercise = {
  id: 'lecture/complexity',
  title: 'Self-attention, recurrence and convolution compared',
  source:
    'NTUA, Neural Networks and Deep Learning, lecture on attention and transformers, table 1 of the comparison; Attention Is All You Need (2017), table 1',
  statement: `A layer maps a sequence of $n$ vectors of length $d$ to another. For self-attention, a recurrent layer, a convolution with a kernel of width $k$
and self-attention restricted to a neighbourhood of $r$ positions: of which order are

(a) the operations of a layer, (b) the operations that must follow one another, (c) the longest path between two positions? (d) Up to which
length does self-attention take fewer operations than a recurrent layer?

A solution may write $O(n)$ as $n$.`,
  heading: { number: 'complexity' },
  given,
  arbitrary,
  stages: layerKinds.map((kind) => ({ name: kind, title: titles[kind] })),
  quantities,
  conventions: [dilation],
  mistakes: complexityMistakes,
  laws: complexityLaws,
  experiments: [growthExperiment],
  worksheet: {
    arbitrary: () =>
      fc
        .record({
          n: fc.constantFrom(4, 8, 16, 64, 81),
          d: fc.constantFrom(4, 8, 16, 32),
          k: fc.constantFrom(3, 5),
          r: fc.constantFrom(2, 4, 8),
        })
        .map((sizes) => Object.fromEntries(Object.entries(sizes).map(([name, value]) => [name, scalar(value)]))),
    isWorkable: (values) =>
      numberOf(values, 'n') > numberOf(values, 'r') && numberOf(values, 'n') !== numberOf(values, 'd'),
  },
  tables,
}

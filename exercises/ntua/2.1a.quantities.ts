import { map, reshape, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, joined, numberOf, onHost, scalarOf, tensorOf } from '../computation.js'
import type { Computation, ConventionAxis, Quantity } from '../exercise.js'
import { length, times, width } from './2.1.sequence.js'
import { scaledBy } from './scaling.js'

const positions = Array.from({ length }, (_, i) => i + 1)

/** A row of zeros with a one at `position`, as formulas write it. */
function unitText(position: number): string {
  return `[${positions.map((other) => (other === position ? 1 : 0)).join(', ')}]`
}

/** What picks one number or row by a product: [1, length]. */
function unit(position: number): Tensor {
  return tensor(
    [1, length],
    positions.map((other) => (other === position ? 1 : 0)),
  )
}

function member(i: number): Quantity {
  return {
    name: `x${i}`,
    symbols: [`x^(${i})`, `x_${i}`],
    meaning: `vector ${i} of the sequence`,
    kind: 'real',
    from: ['sequence'],
    formula: `${unitText(i)} \\cdot X`,
    stage: 'sequence',
    compute: async (values) => {
      const rows = rowMajor(tensorOf(values, 'sequence'))
      return tensor([width], rows.slice((i - 1) * width, i * width))
    },
  }
}

function probability(i: number): Quantity {
  return {
    name: `p${i}`,
    symbols: [`p_${i}`, `alpha_${i}`, `a_${i}`, `w_${i}`],
    meaning: `the attention probability of vector ${i}`,
    kind: 'real',
    from: ['probabilities'],
    formula: `${unitText(i)} \\cdot p`,
    compute: async (values, operators) => {
      const column = reshape(tensorOf(values, 'probabilities'), [length, 1])
      return scalarOf(await times(operators, unit(i), column))
    },
  }
}

function weightedMember(i: number): Quantity {
  return {
    name: `y${i}`,
    symbols: [`y_${i}`, `y^(${i})`],
    meaning: `vector ${i}, weighted by its probability`,
    kind: 'real',
    from: [`p${i}`, `x${i}`],
    formula: `p_${i} \\cdot x^{(${i})}`,
    compute: async (values, operators) => {
      const weight = reshape(tensorOf(values, `p${i}`), [1, 1])
      const y = await times(operators, weight, reshape(tensorOf(values, `x${i}`), [1, width]))
      return reshape(y, [width])
    },
  }
}

/** What is computed from the vectors of the sequence and the query. */
const attention: readonly Quantity[] = [
  {
    name: 'usedQuery',
    symbols: ['q_used', 'q'],
    meaning: 'the query that is computed with',
    kind: 'real',
    from: ['query'],
    formula: 'q',
    compute: async (values) => map(tensorOf(values, 'query'), (component) => component),
  },
  {
    name: 'scores',
    symbols: ['s', 'score', 'scores', 'e'],
    meaning: 'the scores: the product of every vector with the query',
    kind: 'real',
    from: ['sequence', 'usedQuery'],
    formula: 'X \\cdot q',
    compute: async (values, operators) => {
      const column = reshape(tensorOf(values, 'usedQuery'), [width, 1])
      return reshape(await times(operators, tensorOf(values, 'sequence'), column), [length])
    },
  },
  {
    name: 'dimension',
    symbols: ['d_k', 'd'],
    meaning: 'the dimension of the query and the vectors',
    kind: 'whole',
    from: ['usedQuery'],
    formula: '3',
    compute: async (values) => scalar(tensorOf(values, 'usedQuery').size),
  },
  {
    name: 'scaledScores',
    symbols: ['bar s', "s'", 'scale', 'scaled', 'scaled scores', 'scaled score', 'z', 'hat s'],
    meaning: 'the scores divided by the root of the dimension',
    kind: 'real',
    from: ['scores', 'dimension'],
    formula: '\\frac{s}{\\sqrt{d_k}}',
    compute: async (values, operators) =>
      scaledBy(operators, tensorOf(values, 'scores'), 1 / Math.sqrt(numberOf(values, 'dimension'))),
  },
  {
    name: 'exponentials',
    symbols: ['E', 'exponentials'],
    meaning: 'the exponentials of the scaled scores',
    kind: 'real',
    from: ['scaledScores'],
    formula: '\\exp(\\bar{s})',
    compute: async (values) => onHost([tensorOf(values, 'scaledScores')], [length], (scores) => scores.map(Math.exp)),
  },
  {
    name: 'normalizer',
    symbols: ['S', 'sum', 'Sigma', 'Z', 'normalizer'],
    meaning: 'the sum of the exponentials',
    kind: 'real',
    from: ['exponentials'],
    formula: '[1, 1, 1, 1] \\cdot E',
    compute: async (values) =>
      onHost([tensorOf(values, 'exponentials')], [], (numbers) => [numbers.reduce((sum, number) => sum + number, 0)]),
  },
  {
    name: 'probabilities',
    symbols: ['p', 'P', 'alpha', 'a', 'A', 'probabilities', 'attention probabilities', 'attention', 'weights'],
    meaning: 'the attention probabilities: the softmax of the scaled scores',
    kind: 'real',
    from: ['scaledScores'],
    formula: 'softmax(\\bar{s})',
    asked: true,
    compute: (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, 'scaledScores') }),
  },
  ...positions.map(probability),
  ...positions.map(weightedMember),
  {
    name: 'output',
    symbols: ['y', 'o', 'output', 'output vector', 'c', 'context'],
    meaning: 'the output vector: the sum of the weighted vectors',
    kind: 'real',
    from: positions.map((i) => `y${i}`),
    formula: positions.map((i) => `y_${i}`).join(' + '),
    asked: true,
    compute: async (values, operators) => {
      const rows = joined(
        positions.map((i) => tensorOf(values, `y${i}`)),
        [length, width],
      )
      const ones = tensor([1, length], new Float64Array(length).fill(1))
      return reshape(await times(operators, ones, rows), [width])
    },
  },
]

/**
 * Everything that ntua/2.1a asks for or passes on the way. The query that is computed with belongs to the second stage, so that a `q`
 * before it is the one that the sheet gives.
 */
export const singleQueryQuantities: readonly Quantity[] = [
  ...positions.map(member),
  ...attention.map((quantity) => ({ ...quantity, stage: 'attention' })),
]

const otherSign: Computation = {
  from: ['query'],
  formula: 'q \\odot [1, -1, 1]',
  compute: async (values) => {
    const [first, second, ...others] = rowMajor(tensorOf(values, 'query'))
    return tensor([width], [first, -second, ...others])
  },
}

/** The sheet and its known solution have queries that differ by the sign of the second component. */
export const queryConventions: readonly ConventionAxis[] = [
  {
    axis: 'query',
    conventions: [
      { name: 'query of the sheet', description: 'q as the sheet has it', overrides: {} },
      {
        name: 'query of the known solution',
        description:
          'q with the opposite sign of its second component, as the known solution computes; not what the sheet says',
        overrides: { usedQuery: otherSign },
      },
    ],
  },
]

import type { Tensor } from '../../oracle/tensor.js'
import { forward, numberOf, product, tensorOf, weightedSum } from '../computation.js'
import type { ConventionAxis, Operators, Quantity, Values } from '../exercise.js'
import { scaledBy, sideBySide, times, transposed } from '../matrices.js'

export const heads = [1, 2] as const
export type Head = (typeof heads)[number]

/** The length of a query of the small instance: four features in two heads. */
export const headWidth = 2

/** A head's columns of a projection. */
export function columnsOf(x: Tensor, head: Head): Tensor {
  return x.lo(0, (head - 1) * headWidth).hi(-1, headWidth)
}

function projection(letter: 'Q' | 'K' | 'V', name: string): Quantity {
  return {
    name,
    symbols: [letter],
    meaning: `the ${name} of all heads side by side, a row a word`,
    kind: 'real',
    from: ['x', `weight${letter}`],
    formula: `X \\cdot W^${letter}`,
    compute: (values, operators) => times(operators, tensorOf(values, 'x'), tensorOf(values, `weight${letter}`)),
  }
}

const all = { Q: 'queries', K: 'keys', V: 'values' } as const

function part(head: Head, letter: 'Q' | 'K' | 'V'): Quantity {
  return {
    name: `${all[letter]}${head}`,
    symbols: [`${letter}_${head}`],
    meaning: `the ${all[letter]} of head ${head}: its two columns of ${letter}`,
    kind: 'real',
    from: [all[letter]],
    formula: `${letter}[:, ${2 * head - 1}:${2 * head}]`,
    compute: async (values) => columnsOf(tensorOf(values, all[letter]), head),
  }
}

function headQuantities(head: Head): readonly Quantity[] {
  return [
    part(head, 'Q'),
    part(head, 'K'),
    part(head, 'V'),
    {
      name: `scores${head}`,
      symbols: [`S_${head}`],
      meaning: `the products of queries and keys of head ${head}`,
      kind: 'real',
      from: [`queries${head}`, `keys${head}`],
      formula: `Q_${head} \\cdot K_${head}^{T}`,
      compute: (values, operators) =>
        times(operators, tensorOf(values, `queries${head}`), transposed(tensorOf(values, `keys${head}`))),
    },
    {
      name: `scaledScores${head}`,
      symbols: [`S_${head}'`, `hat S_${head}`],
      meaning: `the products over the root of the length of a query of head ${head}`,
      kind: 'real',
      from: [`scores${head}`],
      formula: `\\frac{S_${head}}{\\sqrt{2}}`,
      compute: (values, operators) => scaledBy(operators, tensorOf(values, `scores${head}`), Math.SQRT1_2),
    },
    {
      name: `weights${head}`,
      symbols: [`P_${head}`, `A_${head}`, `alpha_${head}`],
      meaning: `the attention weights of head ${head}`,
      kind: 'real',
      from: [`scaledScores${head}`],
      formula: `softmax(S_${head}')`,
      asked: true,
      compute: (values, operators) =>
        forward(operators, 'softmax', 'y', { x: tensorOf(values, `scaledScores${head}`) }),
    },
    {
      name: `head${head}`,
      symbols: [`Z_${head}`, `head_${head}`, `H_${head}`],
      meaning: `the output of head ${head}`,
      kind: 'real',
      from: [`weights${head}`, `values${head}`],
      formula: `P_${head} \\cdot V_${head}`,
      asked: true,
      compute: (values, operators) =>
        times(operators, tensorOf(values, `weights${head}`), tensorOf(values, `values${head}`)),
    },
  ]
}

const combination: readonly Quantity[] = [
  {
    name: 'concatenation',
    symbols: ['Z', 'H', 'concat'],
    meaning: 'the outputs of both heads side by side',
    kind: 'real',
    from: ['head1', 'head2'],
    formula: '[Z_1, Z_2]',
    compute: async (values) => sideBySide(heads.map((head) => tensorOf(values, `head${head}`))),
  },
  {
    name: 'output',
    symbols: ['Y', 'O', 'output', 'multi head'],
    meaning: 'the output of the layer',
    kind: 'real',
    from: ['concatenation', 'weightO'],
    formula: 'Z \\cdot W^O',
    asked: true,
    compute: (values, operators) => times(operators, tensorOf(values, 'concatenation'), tensorOf(values, 'weightO')),
  },
]

type Sizes = Readonly<Record<'n' | 'd' | 'h', number>>
const names: Readonly<Record<keyof Sizes, string>> = { n: 'words', d: 'modelSize', h: 'headCount' }

/** The sum of terms by the given sizes, of which those in `letters` are read. */
export function countOf(
  values: Values,
  letters: readonly (keyof Sizes)[],
  terms: (sizes: Sizes) => readonly number[],
  operators: Operators,
): Promise<Tensor> {
  const of = (letter: keyof Sizes) => (letters.includes(letter) ? numberOf(values, names[letter]) : 1)
  const numbers = terms({ n: of('n'), d: of('d'), h: of('h') })
  if (numbers.length === 1) return product(operators, numbers[0], 1)
  return weightedSum(
    operators,
    numbers.map(() => 1),
    numbers,
  )
}

export function namesOf(letters: readonly (keyof Sizes)[]): readonly string[] {
  return letters.map((letter) => names[letter])
}

/** Numbers of the general model. */
const sizes: readonly Quantity[] = [
  {
    name: 'headSize',
    symbols: ['d_k', 'd_v', 'd_h', 'head dim', 'head size'],
    meaning: 'the length of a head’s queries, keys and values',
    kind: 'symbolic',
    from: namesOf(['d', 'h']),
    formula: '\\frac{d}{h}',
    asked: true,
    compute: (values, operators) => countOf(values, ['d', 'h'], ({ d, h }) => [d / h], operators),
  },
  {
    name: 'concatenatedSize',
    symbols: ['d_concat', 'd_Z', 'concatenated size'],
    meaning: 'the length of the concatenated heads',
    kind: 'symbolic',
    from: ['headCount', 'headSize'],
    formula: 'h \\cdot d_k',
    asked: true,
    compute: (values, operators) => product(operators, numberOf(values, 'headCount'), tensorOf(values, 'headSize')),
  },
  {
    name: 'parameters',
    symbols: ['parameters', 'params', 'number of parameters', 'N_params'],
    meaning: 'the weights of all projections and of the last product, without biases',
    kind: 'symbolic',
    from: namesOf(['d']),
    formula: '4 \\cdot d^2',
    asked: true,
    compute: (values, operators) => countOf(values, ['d'], ({ d }) => [4 * d * d], operators),
  },
  {
    name: 'headOperations',
    symbols: ['T_head', 'C_head'],
    meaning: 'multiply-adds of one head’s attention: its scores and their products with the values',
    kind: 'symbolic',
    from: ['words', 'headSize'],
    formula: '2 \\cdot n^2 \\cdot d_k',
    compute: (values, operators) =>
      product(operators, 2 * numberOf(values, 'words') ** 2, tensorOf(values, 'headSize')),
  },
  {
    name: 'operations',
    symbols: ['T_multi', 'T_8', 'operations', 'C_multi'],
    meaning: 'multiply-adds of the layer with all its heads',
    kind: 'symbolic',
    from: ['words', 'modelSize', 'headCount', 'headOperations'],
    formula: '4 \\cdot n \\cdot d^2 + h \\cdot T_{head}',
    asked: true,
    compute: (values, operators) => {
      const [n, d, h] = ['words', 'modelSize', 'headCount'].map((name) => numberOf(values, name))
      return weightedSum(operators, [4 * n * d, h], [d, tensorOf(values, 'headOperations')])
    },
  },
  {
    name: 'singleOperations',
    symbols: ['T_single', 'T_1', 'C_single'],
    meaning: 'multiply-adds of the layer with one head as wide as the model',
    kind: 'symbolic',
    from: namesOf(['n', 'd']),
    formula: '4 \\cdot n \\cdot d^2 + 2 \\cdot n^2 \\cdot d',
    asked: true,
    compute: (values, operators) =>
      countOf(values, ['n', 'd'], ({ n, d }) => [4 * n * d * d, 2 * n * n * d], operators),
  },
]

/** Everything that lecture/multi-head asks for or passes on the way. */
export const multiHeadQuantities: readonly Quantity[] = [
  ...sizes,
  projection('Q', 'queries'),
  projection('K', 'keys'),
  projection('V', 'values'),
  ...heads.flatMap(headQuantities),
  ...combination,
]

/** Some write words as columns and a weight on their left, some count the biases of `torch`. */
export const parameterConvention: ConventionAxis = {
  axis: 'biases of the projections',
  conventions: [
    { name: 'without biases', description: 'the four products have weights only, as in the formulas', overrides: {} },
    {
      name: 'with biases',
      description: 'each of the four products has a bias too, as most implementations have',
      overrides: {
        parameters: {
          from: namesOf(['d']),
          formula: '4 \\cdot d^2 + 4 \\cdot d',
          compute: (values, operators) => countOf(values, ['d'], ({ d }) => [4 * d * d, 4 * d], operators),
        },
      },
    },
  ],
}

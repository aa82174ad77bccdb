import type { Tensor } from '../../oracle/tensor.js'
import { numberOf, product, weightedSum } from '../computation.js'
import type { ConventionAxis, Operators, Quantity, Values } from '../exercise.js'

/** The given sizes S, D and A of the general model. */
const free = ['positions', 'stateSize', 'layerUnits']

/** A count by S, D and A. */
function count(
  name: string,
  symbols: readonly string[],
  meaning: string,
  formula: string,
  from: readonly string[],
  terms: (S: number, D: number, A: number) => readonly number[],
): Quantity {
  return {
    name,
    symbols,
    meaning,
    kind: 'symbolic',
    from,
    formula,
    stage: 'cost',
    asked: true,
    compute: (values, operators) => countOf(values, from, terms, operators),
  }
}

/** Σ of terms by S, D and A, of which those not in `from` are not read. */
export function countOf(
  values: Values,
  from: readonly string[],
  terms: (S: number, D: number, A: number) => readonly number[],
  operators: Operators,
): Promise<Tensor> {
  const [S, D, A] = free.map((name) => (from.includes(name) ? numberOf(values, name) : 0))
  const numbers = terms(S, D, A)
  if (numbers.length === 1) return product(operators, numbers[0], 1)
  return weightedSum(
    operators,
    numbers.map(() => 1),
    numbers,
  )
}

/** What the three scores cost in multiply-adds and parameters. */
export const scoreCosts: readonly Quantity[] = [
  count(
    'dotOperations',
    ['N_dot', 'T_dot'],
    'multiply-adds of the dot scores of one decoder state',
    'S \\cdot D',
    free.slice(0, 2),
    (S, D) => [S * D],
  ),
  count(
    'generalOperations',
    ['N_general', 'T_general'],
    'multiply-adds of the general scores of one decoder state, every score by itself',
    'S \\cdot (D^2 + D)',
    free.slice(0, 2),
    (S, D) => [S * D * D, S * D],
  ),
  count(
    'tanhOperations',
    ['N_tanh', 'T_tanh', 'N_concat', 'T_concat'],
    'multiply-adds of the tanh layer’s scores of one decoder state, every score by itself',
    'S \\cdot (2 \\cdot D \\cdot A + A)',
    free,
    (S, D, A) => [2 * S * D * A, S * A],
  ),
  count(
    'generalParameters',
    ['P_general', 'params general'],
    'parameters of the general score',
    'D^2',
    ['stateSize'],
    (_, D) => [D * D],
  ),
  count(
    'tanhParameters',
    ['P_tanh', 'params tanh', 'P_concat'],
    'parameters of the tanh layer’s score',
    '2 \\cdot D \\cdot A + A',
    free.slice(1),
    (_, D, A) => [2 * D * A, A],
  ),
]

function override(
  formula: string,
  from: readonly string[],
  terms: (S: number, D: number, A: number) => readonly number[],
) {
  return {
    from,
    formula,
    compute: (values: Values, operators: Operators) => countOf(values, from, terms, operators),
  }
}

/** What all scores of a decoder state share may be computed once. */
export const sharingConvention: ConventionAxis = {
  axis: 'work that scores share',
  conventions: [
    {
      name: 'every score by itself',
      description: 'all of the formula is computed for each encoder state',
      overrides: {},
    },
    {
      name: 'the decoder’s part once',
      description: 'W_aᵀh_d, and the part of W_b that reads h_d, are computed once for all encoder states',
      overrides: {
        generalOperations: override('D^2 + S \\cdot D', free.slice(0, 2), (S, D) => [D * D, S * D]),
        tanhOperations: override('D \\cdot A + S \\cdot (D \\cdot A + A)', free, (S, D, A) => [
          D * A,
          S * D * A,
          S * A,
        ]),
      },
    },
  ],
}

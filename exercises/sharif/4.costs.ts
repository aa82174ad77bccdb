import { numberOf, product, tensorOf, weightedSum } from '../computation.js'
import type { ConventionAxis, Quantity } from '../exercise.js'

/** A count of the general model. */
function count(
  name: string,
  symbols: readonly string[],
  meaning: string,
  { from, formula, compute }: Pick<Quantity, 'from' | 'formula' | 'compute'>,
): Quantity {
  return { name, symbols, meaning, kind: 'symbolic', stage: 'cost', asked: true, from, formula, compute }
}

/** Multiply-adds of matrix products, and numbers that have to be kept besides Q, K, V and V′, by N, D and M. */
export const kernelCosts: readonly Quantity[] = [
  count('softmaxTime', ['T_softmax', 'T_1', 'time'], 'multiply-adds of QKᵀ and PV', {
    from: ['length', 'querySize', 'valueSize'],
    formula: 'N^2 \\cdot (D + M)',
    compute: (values, operators) => {
      const [N, D, M] = ['length', 'querySize', 'valueSize'].map((name) => numberOf(values, name))
      return weightedSum(operators, [N * N, N * N], [D, M])
    },
  }),
  count('softmaxMemory', ['M_softmax', 'M_1', 'memory'], 'numbers kept for softmax attention: the weights', {
    from: ['length'],
    formula: 'N^2',
    compute: (values, operators) => product(operators, numberOf(values, 'length'), numberOf(values, 'length')),
  }),
  count('featureSize', ['F', 'C', 'dim phi'], 'the length of φ', {
    from: ['querySize'],
    formula: 'D^2',
    compute: (values, operators) => product(operators, numberOf(values, 'querySize'), numberOf(values, 'querySize')),
  }),
  count(
    'linearTime',
    ['T_linear', 'T_2', 'T_quadratic', "T'"],
    'multiply-adds of the linear form: φ of queries and keys, their sums with values and alone, and both with every query',
    {
      from: ['length', 'featureSize', 'valueSize'],
      formula: '2 \\cdot N \\cdot F \\cdot (M + 2)',
      compute: (values, operators) =>
        product(
          operators,
          2 * numberOf(values, 'length'),
          tensorOf(values, 'featureSize'),
          numberOf(values, 'valueSize') + 2,
        ),
    },
  ),
  count(
    'linearMemory',
    ['M_linear', 'M_2', 'M_quadratic', "M'"],
    'numbers kept for the linear form: sums of φ(k)·v and of φ(k)',
    {
      from: ['featureSize', 'valueSize'],
      formula: 'F \\cdot (M + 1)',
      compute: (values, operators) =>
        product(operators, tensorOf(values, 'featureSize'), numberOf(values, 'valueSize') + 1),
    },
  ),
  count('crossover', ['N^*', 'N_min', 'N_0'], 'the length beyond which the linear form takes fewer multiply-adds', {
    from: ['featureSize', 'querySize', 'valueSize'],
    formula: '\\frac{2 \\cdot F \\cdot (M + 2)}{D + M}',
    compute: (values, operators) => {
      const [D, M] = ['querySize', 'valueSize'].map((name) => numberOf(values, name))
      return product(operators, tensorOf(values, 'featureSize'), (2 * (M + 2)) / (D + M))
    },
  }),
]

/** Whether φ of all queries and keys is kept, or made a row at a time. */
export const featureMemory: ConventionAxis = {
  axis: 'memory of the features',
  conventions: [
    { name: 'features a row at a time', description: 'φ of a query or key is made, used and forgotten', overrides: {} },
    {
      name: 'features of all rows',
      description: 'φ of all queries and keys is kept: another 2·N·F numbers',
      overrides: {
        linearMemory: {
          from: ['featureSize', 'valueSize', 'length'],
          formula: 'F \\cdot (M + 1) + 2 \\cdot N \\cdot F',
          compute: (values, operators) =>
            product(
              operators,
              tensorOf(values, 'featureSize'),
              numberOf(values, 'valueSize') + 1 + 2 * numberOf(values, 'length'),
            ),
        },
      },
    },
  ],
}

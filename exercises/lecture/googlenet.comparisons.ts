import { numberOf, onHost, product, tensorOf } from '../computation.js'
import type { Quantity } from '../exercise.js'
import { countStep, sumOfProducts } from './counting.js'
import { filtersOf } from './googlenet.network.js'

const comparisonSizes = ['pool2Side', 'stem3', 'modules'] as const

/** Multiply-adds of the 5 × 5 branch of module 3a with and without its reduction; and a separable second convolution. */
export const comparisonQuantities: readonly Quantity[] = [
  countStep({
    name: 'directMultiplyAdds',
    symbols: ['M_direct'],
    meaning: 'multiply-adds of the 5 × 5 filters of module 3a, were they to read all channels',
    from: comparisonSizes,
    formula: 'n_3 \\cdot n_3 \\cdot 25 \\cdot s_3 \\cdot F_{15}',
    stage: 'comparisons',
    asked: true,
    compute: (values, operators) => {
      const [side, depth] = [numberOf(values, 'pool2Side'), numberOf(values, 'stem3')]
      return product(operators, 25 * depth, filtersOf(values, '3a')[4], side, side)
    },
  }),
  countStep({
    name: 'reducedMultiplyAdds',
    symbols: ['M_reduced'],
    meaning: 'multiply-adds of the reduction and of the 5 × 5 filters behind it',
    from: comparisonSizes,
    formula: 'n_3 \\cdot n_3 \\cdot (s_3 \\cdot F_{14} + 25 \\cdot F_{14} \\cdot F_{15})',
    stage: 'comparisons',
    asked: true,
    compute: async (values, operators) => {
      const [side, depth] = [numberOf(values, 'pool2Side'), numberOf(values, 'stem3')]
      const [, , , reduced, fives] = filtersOf(values, '3a')
      const weights = await sumOfProducts(operators, [
        [depth, reduced],
        [25 * reduced, fives],
      ])
      return product(operators, weights, side, side)
    },
  }),
  ratio(
    'reductionRatio',
    ['R_M', 'rho', 'rho_1'],
    'how many times as many without the reduction',
    ['directMultiplyAdds', 'reducedMultiplyAdds'],
    '\\frac{M_{direct}}{M_{reduced}}',
  ),
  countStep({
    name: 'fullWeights',
    symbols: ['W_full', 'W_f'],
    meaning: 'weights of the second convolution, 3 × 3',
    from: ['stem2', 'stem3'],
    formula: '3 \\cdot 3 \\cdot s_2 \\cdot s_3',
    stage: 'comparisons',
    asked: true,
    compute: (values, operators) => product(operators, 9, numberOf(values, 'stem2'), numberOf(values, 'stem3')),
  }),
  countStep({
    name: 'separableWeights',
    symbols: ['W_separable', 'W_s'],
    meaning: 'weights of a depthwise separable convolution in its place: a 3 × 3 filter a channel, then 1 × 1 filters',
    from: ['stem2', 'stem3'],
    formula: '3 \\cdot 3 \\cdot s_2 + s_2 \\cdot s_3',
    stage: 'comparisons',
    asked: true,
    compute: (values, operators) => {
      const [depth, filters] = [numberOf(values, 'stem2'), numberOf(values, 'stem3')]
      return sumOfProducts(operators, [
        [9, depth],
        [depth, filters],
      ])
    },
  }),
  ratio(
    'separableRatio',
    ['R_W', 'sigma', 'rho_2'],
    'the separable weights as a share of the full ones',
    ['separableWeights', 'fullWeights'],
    '\\frac{W_{separable}}{W_{full}}',
  ),
]

function ratio(
  name: string,
  symbols: readonly string[],
  meaning: string,
  from: readonly [string, string],
  formula: string,
): Quantity {
  return {
    name,
    symbols,
    meaning,
    kind: 'real',
    from,
    formula,
    stage: 'comparisons',
    asked: true,
    compute: async (values) =>
      onHost(
        from.map((input) => tensorOf(values, input)),
        [],
        ([a], [b]) => [a / b],
      ),
  }
}

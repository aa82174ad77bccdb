import { map, zeros } from '../../oracle/tensor.js'
import { forward, numberOf, product, tensorOf } from '../computation.js'
import type { Computation, ConventionAxis, Quantity } from '../exercise.js'
import { plus } from '../training.js'
import { featureMemory } from './4.costs.js'
import { causally, differentProducts, productFeatures, withOnes } from './4.quantities.js'

/** φ of vectors that end with a 1. */
function shifted(rows: 'queries' | 'keys'): Computation {
  return {
    from: [rows],
    formula: `\\phi([${rows === 'queries' ? 'Q' : 'K'}, 1])`,
    compute: (values, operators) => productFeatures(operators, withOnes(tensorOf(values, rows))),
  }
}

const kernel: ConventionAxis = {
  axis: 'quadratic kernel',
  conventions: [
    { name: '(q·k)²', description: 'the square of the product', overrides: {} },
    {
      name: '(q·k + 1)²',
      description: 'the square of the product plus 1, whose φ has the entries themselves and a 1 too',
      overrides: {
        similarities: {
          from: ['scores'],
          formula: '(S + 1) \\odot (S + 1)',
          compute: (values, operators) => {
            const prediction = tensorOf(values, 'scores')
            const target = map(zeros(prediction.shape), () => -1)
            return forward(operators, 'squaredError', 'loss', { prediction, target }, { reduction: 'none' })
          },
        },
        queryFeatures: shifted('queries'),
        keyFeatures: shifted('keys'),
        causalOutput: {
          from: ['queries', 'keys', 'values'],
          formula: '\\frac{\\phi(Q_i)^T \\sum_{j \\le i} \\phi(K_j) V_j^T}{\\phi(Q_i)^T \\sum_{j \\le i} \\phi(K_j)}',
          compute: (values, operators) => {
            const [query, key] = ['queries', 'keys'].map((name) => withOnes(tensorOf(values, name)))
            return causally(operators, query, key, tensorOf(values, 'values'))
          },
        },
        featureSize: {
          from: ['querySize'],
          formula: '(D + 1)^2',
          compute: (values, operators) =>
            product(operators, numberOf(values, 'querySize') + 1, numberOf(values, 'querySize') + 1),
        },
      },
    },
  ],
}

/** The same features, equal products taken together. */
function withoutRepetition(quantity: Quantity): Computation {
  return {
    from: quantity.from,
    formula: quantity.formula,
    compute: async (values, operators) => differentProducts(operators, await quantity.compute(values, operators)),
  }
}

const layout: ConventionAxis = {
  axis: 'components of φ',
  conventions: [
    { name: 'all products', description: 'φ has the product of every entry with every entry', overrides: {} },
    {
      name: 'different products',
      description: 'φ has every product of two different entries once, times √2',
      overrides: {
        queryFeatures: withoutRepetition,
        keyFeatures: withoutRepetition,
        // (F + √F)/2 for F = D² is D(D + 1)/2.
        featureSize: (quantity) => ({
          from: quantity.from,
          formula: `\\frac{${quantity.formula} + \\sqrt{${quantity.formula}}}{2}`,
          compute: async (values, operators) => {
            const D = numberOf(values, 'querySize')
            const all = await quantity.compute(values, operators)
            const root = quantity.formula === 'D^2' ? D : D + 1
            return product(
              operators,
              plus(
                all,
                map(zeros([]), () => root),
              ),
              0.5,
            )
          },
        }),
      },
    },
  ],
}

/** Kernels, layouts of φ and ways to count that sources and solvers differ in. */
export const kernelConventions: readonly ConventionAxis[] = [kernel, layout, featureMemory]

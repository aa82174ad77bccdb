import { numberOf, tensorOf } from '../computation.js'
import type { ConventionAxis, Quantity } from '../exercise.js'
import { negative } from './4.numbers.js'
import { direction, hinge, hingeSlope, scaled } from './4.steps.js'

/** A convention that multiplies the quantities by ½, or by 1/n. */
function factor(names: readonly string[], of: 'half' | 'mean') {
  return Object.fromEntries(
    names.map((name) => [
      name,
      (quantity: Quantity) => ({
        from: of === 'half' ? quantity.from : [...quantity.from, 'positions'],
        formula: `\\frac{1}{${of === 'half' ? '2' : 'n'}} \\cdot (${quantity.formula})`,
        compute: async (...[values, operators]: Parameters<Quantity['compute']>) => {
          const by = 1 / (of === 'half' ? 2 : numberOf(values, 'positions'))
          return scaled(await quantity.compute(values, operators), by, operators)
        },
      }),
    ]),
  )
}

const positiveLosses = ['positiveLoss', 'firstEmbeddingGradient', 'secondEmbeddingGradient']
const negativeLosses = ['negativeLoss', 'negativeEmbeddingGradient', 'anchorEmbeddingGradient']

export const contrastiveConventions: readonly ConventionAxis[] = [
  {
    axis: 'negative pairs',
    conventions: [
      {
        name: 'squared hinge',
        description: 'L_neg = max(0, m − d)², whose gradient is the one that the source gives',
        overrides: {},
      },
      {
        name: 'hinge',
        description: 'L_neg = max(0, m − d), as the source prints the loss; its gradient is a unit vector',
        overrides: {
          negativeLoss: {
            from: ['margin', 'negativeDistance'],
            formula: '\\max(0, m - d_{neg})',
            compute: (values, operators) =>
              hinge(tensorOf(values, 'margin'), tensorOf(values, 'negativeDistance'), operators),
          },
          negativeEmbeddingGradient: hingeGradient(1),
          anchorEmbeddingGradient: hingeGradient(-1),
        },
      },
    ],
  },
  {
    axis: 'factor',
    conventions: [
      { name: 'sum of squares', description: 'L_pos = ‖f_p1 − f_p2‖², summed', overrides: {} },
      {
        name: 'halved',
        description: 'both losses with a factor ½, so that the gradients have no factor 2',
        overrides: factor([...positiveLosses, ...negativeLosses], 'half'),
      },
      {
        name: 'mean of squares',
        description: 'L_pos is the mean of the squared differences over the n entries of an embedding',
        overrides: factor(positiveLosses, 'mean'),
      },
    ],
  },
]

/** ±(f_q − f_n)/d where the pair is closer than the margin, else 0: the slope of the hinge at m − d is 1 or 0. */
function hingeGradient(sign: 1 | -1) {
  return {
    from: [...negative, 'margin', 'negativeDistance'],
    formula: `${sign === 1 ? '' : '-'}\\frac{\\max(0, m - d_{neg})}{m - d_{neg}} \\cdot \\frac{f_q - f_n}{d_{neg}}`,
    compute: async (...[values, operators]: Parameters<Quantity['compute']>) => {
      const pair = [tensorOf(values, 'firstEmbedding'), tensorOf(values, 'negativeEmbedding')] as const
      const short = await hinge(tensorOf(values, 'margin'), tensorOf(values, 'negativeDistance'), operators)
      const towards = await direction(sign === 1 ? pair : [pair[1], pair[0]], operators)
      return scaled(towards, await hingeSlope(short, operators), operators)
    },
  }
}

import { tensorOf } from '../computation.js'
import type { ConventionAxis } from '../exercise.js'
import { discriminatorTerm, examples, lossOf, slopesOf } from './2.2.quantities.js'

/** Whether the discriminator's loss adds the means over photographs and generated images, or is the mean over all of them. */
export const adversarialConventions: readonly ConventionAxis[] = [
  {
    axis: 'discriminator loss',
    conventions: [
      {
        name: 'sum of two means',
        description: 'L_D adds the mean over photographs and the mean over generated images',
        overrides: {},
      },
      {
        name: 'mean over all images',
        description: 'L_D is the mean over photographs and generated images together: half the sum of both means',
        overrides: {
          discriminatorLoss: {
            from: ['realProbabilities', 'fakeProbabilities'],
            formula: '-\\frac{mean(\\ln(D_{real})) + mean(\\ln(1 - D_{fake}))}{2}',
            compute: async (values) =>
              lossOf(
                values,
                ['realProbabilities', 'fakeProbabilities'],
                (real, fake) => discriminatorTerm(real, fake) / 2,
              ),
          },
          realSlopes: {
            from: ['realProbabilities'],
            formula: `\\frac{D_{real} - 1}{${2 * examples}}`,
            compute: (values, operators) =>
              slopesOf(tensorOf(values, 'realProbabilities'), 1, 1 / (2 * examples), operators),
          },
          fakeSlopes: {
            from: ['fakeProbabilities'],
            formula: `\\frac{D_{fake}}{${2 * examples}}`,
            compute: (values, operators) =>
              slopesOf(tensorOf(values, 'fakeProbabilities'), 0, 1 / (2 * examples), operators),
          },
        },
      },
    ],
  },
]

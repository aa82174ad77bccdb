import fc from 'fast-check'
import { item, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import { multiplesWithin } from '../draws.js'
import type { ConventionAxis, Exercise, Given, Values } from '../exercise.js'

import type { Picture } from '../picture.js'
import { basisExperiment, biasExperiment, biasTraining } from './1.experiment.js'
import { autoencoderArbitrary, autoencoderLaws, isSeparated } from './1.laws.js'
import { autoencoderMistakes } from './1.mistakes.js'
import { autoencoderQuantities, directions } from './1.quantities.js'

/** The sheet has letters only. These points have the eigenvalues 8, 2 and 0: as the sheet asks, σ₁ > σ₂ > σ₃ = 0. */
const given: readonly Given[] = [
  {
    name: 'x',
    symbols: ['X', 'x'],
    meaning: 'the points, a column each',
    kind: 'real',
    value: tensor([3, 4], [3, 1, -1, 1, 3, 1, -1, 1, 2, 2, -2, -2]),
  },
  { name: 'lambda', symbols: ['lambda'], meaning: 'the weight of the penalty', kind: 'real', value: scalar(0.5) },
  {
    name: 'encoder',
    symbols: ['W_1', 'W_e'],
    meaning: 'weights of the encoder, at which the gradients are taken',
    kind: 'real',
    value: tensor([2, 3], [0.5, 0, 0, 0, 1, -0.5]),
  },
  {
    name: 'decoder',
    symbols: ['W_2', 'W_d'],
    meaning: 'weights of the decoder, at which the gradients are taken',
    kind: 'real',
    value: tensor([3, 2], [1, 0, 0, 0.5, -0.5, 1]),
  },
]

/** Orthogonal directions of whole numbers, and coefficients of the points along the first two of them. */
const orthogonal = [
  [
    [1, 1, 1],
    [1, 1, -2],
  ],
  [
    [1, 2, 2],
    [2, 1, -2],
  ],
  [
    [0, 1, 1],
    [1, 1, -1],
  ],
  [
    [1, -1, 0],
    [1, 1, 1],
  ],
]
const alternating = [
  [1, 1, -1, -1],
  [1, -1, 1, -1],
]

/** Points u₁c₁ᵀ + u₂c₂ᵀ: whole numbers, and so are the eigenvalues of their moments. */
function worksheetArbitrary(): fc.Arbitrary<Values> {
  const points = fc
    .record({
      basis: fc.constantFrom(...orthogonal),
      factors: fc.constantFrom([1, 1], [2, 1], [1, 2]),
      axes: fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
      signs: fc.array(fc.constantFrom(1, -1), { minLength: 3, maxLength: 3 }),
    })
    .map(({ basis, factors, axes, signs }) =>
      axes.flatMap((axis, row) =>
        [0, 1, 2, 3].map(
          (j) => signs[row] * [0, 1].reduce((sum, i) => sum + factors[i] * basis[i][axis] * alternating[i][j], 0),
        ),
      ),
    )
  return fc.record({
    x: points.map((entries) => tensor([3, 4], entries)),
    lambda: fc.constantFrom(0.25, 0.5, 1).map(scalar),
    encoder: multiplesWithin([2, 3], 1, 0.5),
    decoder: multiplesWithin([3, 2], 1, 0.5),
  })
}

/** The principal directions are defined up to their signs. */
const signs: ConventionAxis = {
  axis: 'signs of the principal directions',
  conventions: [
    [1, 1],
    [-1, 1],
    [1, -1],
    [-1, -1],
  ].map((chosen) => ({
    name: `signs ${chosen.map((sign) => (sign > 0 ? '+' : '−')).join(' ')}`,
    description: `the largest entry of u₁ is ${chosen[0] > 0 ? 'positive' : 'negative'}, that of u₂ ${chosen[1] > 0 ? 'positive' : 'negative'}`,
    overrides: {
      directions: {
        from: ['covariance'],
        formula: '\\text{eigenvectors of } C',
        compute: async (values) => directions(tensorOf(values, 'covariance'), chosen),
      },
    },
  })),
}

function nested(x: Tensor): readonly (readonly number[])[] {
  const [rows, columns] = x.shape
  const data = rowMajor(x)
  return Array.from({ length: rows }, (_, r) => [...data.subarray(r * columns, (r + 1) * columns)])
}

function pictures(values: Values): readonly Picture[] {
  const sigma = ['eigenvalue1', 'eigenvalue2'].map((name) => item(tensorOf(values, name)))
  const steps = Array.from({ length: 101 }, (_, i) => (sigma[0] * 1.1 * i) / 100)
  return [
    {
      kind: 'lineChart',
      title: 'Singular values of W₂ at the minimum',
      x: { title: 'λ' },
      y: { title: 's' },
      lines: sigma.map((s, i) => ({
        name: `s${'₁₂'[i]}`,
        points: steps.map((lambda) => [lambda, Math.sqrt(Math.max(0, 1 - lambda / s))] as const),
      })),
    },
    {
      kind: 'heatMap',
      title: 'W₂W₁ at the minimum',
      rowTitle: 'reconstructed feature',
      columnTitle: 'feature',
      values: nested(tensorOf(values, 'reconstructionMap')),
      labelled: true,
    },
  ]
}

export const sharif1: Exercise = {
  id: 'sharif/1',
  title: 'A linear autoencoder with an L2 penalty',
  source: 'Sharif University of Technology, Deep Learning, fourth homework, autumn 2022, exercise 1',
  statement: `A linear autoencoder has an encoder $W_1 \\in \\mathbb{R}^{k \\times m}$ and a decoder $W_2 \\in \\mathbb{R}^{m \\times k}$. It is trained on $n$ points, the
columns of $X \\in \\mathbb{R}^{m \\times n}$, to minimise

$$L(W_1, W_2; X) = \\frac{1}{n} \\|X - W_2 W_1 X\\|_F^2 + \\lambda \\|W_1\\|_F^2 + \\lambda \\|W_2\\|_F^2.$$

The eigenvalues of $\\frac{1}{n} X X^T$ are $\\sigma_1 > \\sigma_2 > \\dots > \\sigma_k > \\sigma_{k+1} = 0$.

(a) Does a small $\\lambda > 0$ give an inductive bias for $W_2$, that is, does it tell which of the matrices is found that are as good without it?
Which $W_2$ are minima? (b) For the given points and $\\lambda$: what are the singular values of $W_2$ and the loss at a minimum? (c) What are the
gradients of $L$ at the given $W_1$ and $W_2$?`,
  heading: { number: '1' },
  given,
  arbitrary: autoencoderArbitrary,
  stages: [],
  quantities: autoencoderQuantities,
  conventions: [signs],
  mistakes: autoencoderMistakes,
  laws: autoencoderLaws,
  experiments: [biasExperiment, basisExperiment],
  trainings: [biasTraining],
  worksheet: {
    arbitrary: worksheetArbitrary,
    // Some code and some reconstruction to speak of.
    isWorkable: (values) =>
      isSeparated(values) &&
      ['code', 'reconstruction'].every((name) => rowMajor(tensorOf(values, name)).some((value) => value !== 0)),
  },
  pictures,
}

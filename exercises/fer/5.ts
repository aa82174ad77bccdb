import fc from 'fast-check'
import { fromNested, rowMajor, scalar, tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import { multiples, nonzeroMultiples } from '../draws.js'
import type { Exercise, Given, Table, Values } from '../exercise.js'
import { regularisationExperiment } from './5.experiment.js'
import { regularisationLaws } from './5.laws.js'
import { regularisationMistakes } from './5.mistakes.js'
import { regularisationPictures } from './5.pictures.js'
import { regularisationConventions, regularisationQuantities } from './5.quantities.js'

/** The source has a figure without numbers; these have ellipses for contours, flatter along the first axis. */
const hessian = fromNested([
  [2, 0],
  [0, 8],
])
const optimum = tensor([2], [1.5, 3])

const given: readonly Given[] = [
  { name: 'hessian', symbols: ['H'], meaning: 'the Hessian of the loss J', kind: 'real', value: hessian },
  {
    name: 'optimum',
    symbols: ['w^*', 'w_opt'],
    meaning: 'the minimum of the loss J without regularisation',
    kind: 'real',
    value: optimum,
  },
  {
    name: 'lambda2',
    symbols: ['lambda_2'],
    meaning: 'the smaller regularisation factor',
    kind: 'real',
    value: scalar(1),
  },
  {
    name: 'lambda3',
    symbols: ['lambda_3'],
    meaning: 'the larger regularisation factor',
    kind: 'real',
    value: scalar(4),
  },
]

/** Positive definite by construction: what stands beside the diagonal is at most ¾ of its smaller entry. */
function arbitrary(): fc.Arbitrary<Values> {
  const curvature = fc.integer({ min: 1, max: 8 }).map((n) => n / 2)
  const growth = fc.integer({ min: 1, max: 12 }).map((n) => n / 4)
  return fc
    .record({
      first: curvature,
      second: curvature,
      coupling: fc.oneof(fc.constant(0), fc.integer({ min: -3, max: 3 })),
      optimum: multiples([2], -8, 8, 0.5),
      lambda2: growth,
      growth,
    })
    .map(({ first, second, coupling, lambda2, growth: more, ...drawn }) => {
      const beside = (coupling / 4) * Math.min(first, second)
      return {
        ...drawn,
        hessian: tensor([2, 2], [first, beside, beside, second]),
        lambda2: scalar(lambda2),
        lambda3: scalar(lambda2 + more),
      }
    })
}

function worksheetArbitrary(): fc.Arbitrary<Values> {
  const curvature = fc.constantFrom(1, 2, 3, 4, 6)
  return fc
    .record({
      first: curvature,
      second: curvature,
      optimum: nonzeroMultiples([2], 4),
      lambda2: fc.constantFrom(0.5, 1, 1.5, 2),
      more: fc.constantFrom(0.5, 1, 2, 3),
    })
    .map(({ first, second, lambda2, more, optimum: w }) => ({
      hessian: tensor([2, 2], [first, 0, 0, second]),
      optimum: w,
      lambda2: scalar(lambda2),
      lambda3: scalar(lambda2 + more),
    }))
}

/** Whether the axes differ and say the same with both norms, and L1 leaves one weight at λ₃ and both at λ₂. */
function isWorkable(values: Values): boolean {
  const [first, , , second] = rowMajor(tensorOf(values, 'hessian'))
  const zeros = (name: string) => rowMajor(tensorOf(values, name)).filter((w) => w === 0).length
  const distinct = (name: string) => {
    const [x, y] = rowMajor(tensorOf(values, name)).map(Math.abs)
    return x !== y
  }
  return (
    first !== second &&
    zeros('lasso2') === 0 &&
    zeros('lasso3') <= 1 &&
    distinct('lassoShift2') &&
    distinct('ridgeShift2') &&
    numberOf(values, 'lassoAxis') === numberOf(values, 'ridgeAxis')
  )
}

function tables(values: Values): readonly Table[] {
  const row = (label: string, lambda: string | number, name: string) => [
    label,
    lambda,
    ...rowMajor(tensorOf(values, `lasso${name}`)).map((w) => Number(w.toFixed(4))),
    ...rowMajor(tensorOf(values, `ridge${name}`)).map((w) => Number(w.toFixed(4))),
  ]
  return [
    {
      title: 'The minima with both norms',
      columns: ['point', 'λ', 'L1: first axis', 'L1: second axis', 'L2: first axis', 'L2: second axis'],
      rows: [
        row('w₁', 0, '1'),
        row('w₂', numberOf(values, 'lambda2'), '2'),
        row('w₃', numberOf(values, 'lambda3'), '3'),
        row('w₄', '∞', '4'),
      ],
    },
  ]
}

export const exercise5: Exercise = {
  id: 'fer/5',
  title: 'Where regularisation moves the minimum',
  source: 'FER, Deep Learning 1, exam questions 2023, question 5',
  statement: `A loss $J$ of two parameters has its minimum in $w^*$ and ellipses for contours:
$J(w) = \\frac{1}{2} (w - w^*)^T H (w - w^*)$. It is regularised to $J + \\lambda \\cdot \\Omega$ with a norm of the parameters.

(a) Draw the contours of $\\Omega$, for $L_1$ with $\\Omega = |w_1| + |w_2|$ and for $L_2$ with $\\Omega = w_1^2 + w_2^2$, in a plane each.

(b) In the same planes draw the minima $w_1$, $w_2$, $w_3$, $w_4$ for $\\lambda_1 = 0 < \\lambda_2 < \\lambda_3 < \\lambda_4 = \\infty$. (As points they
have these names; as above, their two components would have them too.)

(c) Along which axis does the minimum move more? Why?`,
  heading: { number: '5' },
  given,
  arbitrary,
  stages: [
    { name: 'L1', title: 'With the L1 norm' },
    { name: 'L2', title: 'With the L2 norm' },
  ],
  quantities: regularisationQuantities,
  conventions: regularisationConventions,
  mistakes: regularisationMistakes,
  laws: regularisationLaws,
  experiments: [regularisationExperiment(hessian, optimum)],
  worksheet: { arbitrary: worksheetArbitrary, isWorkable },
  pictures: regularisationPictures,
  tables,
}

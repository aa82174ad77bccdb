import { map, rowMajor, scalar, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Values } from '../exercise.js'
import { mistakeIn } from '../mistake.js'
import { hessianOf, lassoMinimum, pairOf, pairTensor, ridgeMinimum, times } from './5.minima.js'
import { longerAxis } from './5.quantities.js'

interface Problem {
  readonly hessian: readonly [number, number, number]
  readonly optimum: readonly [number, number]
  readonly lambda: number
  /** The other of λ₂ and λ₃. */
  readonly other: number
}

type Minimum = (problem: Problem) => readonly [number, number]

/** A mistake in the minima with λ₂ and λ₃ of one norm. */
function inMinima(prefix: 'lasso' | 'ridge', name: string, explanation: string, wrong: Minimum): ExerciseMistake {
  return {
    name: `${name} (${prefix === 'lasso' ? 'L1' : 'L2'})`,
    quantities: [`${prefix}2`, `${prefix}3`],
    explanation,
    from: () => ['hessian', 'optimum', 'lambda2', 'lambda3'],
    compute: async (quantity, values) => {
      const [mine, other] = quantity.endsWith('2') ? ['lambda2', 'lambda3'] : ['lambda3', 'lambda2']
      return pairTensor(
        wrong({
          hessian: hessianOf(tensorOf(values, 'hessian')),
          optimum: pairOf(tensorOf(values, 'optimum')),
          lambda: numberOf(values, mine),
          other: numberOf(values, other),
        }),
      )
    },
  }
}

/** The same for every component of w*, without what stands beside the diagonal of H. */
function byComponent(wrong: (w: number, curvature: number, problem: Problem) => number): Minimum {
  return (problem) => {
    const { hessian, optimum } = problem
    return [wrong(optimum[0], hessian[0], problem), wrong(optimum[1], hessian[2], problem)]
  }
}

const towardsZero = (w: number, step: number) => Math.sign(w) * Math.max(0, Math.abs(w) - step)

const inTheMinima: readonly ExerciseMistake[] = [
  inMinima(
    'lasso',
    'curvature left out',
    'is what you get when λ is subtracted from each weight as if J had curvature 1 along every axis.',
    byComponent((w, _, { lambda }) => towardsZero(w, lambda)),
  ),
  inMinima(
    'lasso',
    'pulled past zero',
    'is what you get when the pull goes on past zero; the L1 norm holds a weight at zero.',
    byComponent((w, curvature, { lambda }) => w - (Math.sign(w) * lambda) / curvature),
  ),
  inMinima(
    'lasso',
    'factor 2 in the L1 norm',
    'is what you get with twice the pull: the derivative of |w| is ±1.',
    ({ hessian, optimum, lambda }) => lassoMinimum(hessian, optimum, 2 * lambda),
  ),
  inMinima('lasso', 'the other norm', 'is the minimum with the squared L2 norm.', ({ hessian, optimum, lambda }) =>
    ridgeMinimum(hessian, optimum, lambda),
  ),
  inMinima(
    'lasso',
    'the other factor',
    'is the minimum with the other regularisation factor.',
    ({ hessian, optimum, other }) => lassoMinimum(hessian, optimum, other),
  ),
  inMinima(
    'lasso',
    'curvatures of the axes exchanged',
    'is what you get when each weight is divided by the curvature along the other axis.',
    ({ hessian: [a, , c], optimum, lambda }) => [
      towardsZero(optimum[0], lambda / c),
      towardsZero(optimum[1], lambda / a),
    ],
  ),
  inMinima(
    'lasso',
    'coupling of the weights left out',
    'is what you get when the entries beside the diagonal of H are left out.',
    byComponent((w, curvature, { lambda }) => towardsZero(w, lambda / curvature)),
  ),
  inMinima(
    'ridge',
    'curvature left out',
    'is w* divided by 1 + 2λ, as if J had curvature 1 along every axis.',
    byComponent((w, _, { lambda }) => w / (1 + 2 * lambda)),
  ),
  inMinima(
    'ridge',
    'pushed away from zero',
    'is what you get with the penalty subtracted, (H − 2λI)·w = H·w*.',
    ({ hessian, optimum, lambda }) => ridgeMinimum(hessian, optimum, -lambda),
  ),
  inMinima('ridge', 'the other norm', 'is the minimum with the L1 norm.', ({ hessian, optimum, lambda }) =>
    lassoMinimum(hessian, optimum, lambda),
  ),
  inMinima(
    'ridge',
    'the other factor',
    'is the minimum with the other regularisation factor.',
    ({ hessian, optimum, other }) => ridgeMinimum(hessian, optimum, other),
  ),
  inMinima(
    'ridge',
    'H left out on the right',
    'is what you get from (H + 2λI)·w = w*: on the right stands H·w*.',
    ({ hessian: [a, b, c], optimum: [x, y], lambda }) => {
      const [first, last] = [a + 2 * lambda, c + 2 * lambda]
      const determinant = first * last - b * b
      return [(last * x - b * y) / determinant, (first * y - b * x) / determinant]
    },
  ),
  inMinima(
    'ridge',
    'coupling of the weights left out',
    'is what you get when the entries beside the diagonal of H are left out.',
    byComponent((w, curvature, { lambda }) => (curvature * w) / (curvature + 2 * lambda)),
  ),
  inMinima(
    'ridge',
    'one step instead of the minimum',
    'is w* after one step against the gradient of the penalty; the minimum balances it with the gradient of J.',
    byComponent((w, _, { lambda }) => w - 2 * lambda * w),
  ),
]

function components(values: Values, name: string): Float64Array {
  return rowMajor(tensorOf(values, name))
}

/** Mistakes that are the same for both norms. */
function ofEither(prefix: 'lasso' | 'ridge'): readonly ExerciseMistake[] {
  const norm = prefix === 'lasso' ? 'L1' : 'L2'
  const shifts = [2, 3].map((i) => `${prefix}Shift${i}`)
  const gradients = [2, 3].map((i) => `${prefix}Gradient${i}`)
  return [
    mistakeIn(
      `${prefix}1`,
      `order of the factors reversed at the beginning (${norm})`,
      'is the minimum for an infinite factor; with λ₁ = 0 there is no penalty, and the minimum is w*.',
      ['optimum'],
      (values) => map(tensorOf(values, 'optimum'), () => 0),
    ),
    mistakeIn(
      `${prefix}4`,
      `order of the factors reversed at the end (${norm})`,
      'is the minimum without a penalty; with λ₄ = ∞ only the penalty counts, and its minimum is 0.',
      ['optimum'],
      (values) => tensorOf(values, 'optimum'),
    ),
    {
      name: `shift to w* instead of from it (${norm})`,
      quantities: shifts,
      explanation: 'is w* minus the new minimum: the shift leads from w* to it.',
      from: (quantity) => [`${prefix}${quantity.at(-1)}`, 'optimum'],
      compute: async (quantity, values) =>
        zip(tensorOf(values, 'optimum'), tensorOf(values, `${prefix}${quantity.at(-1)}`), (a, b) => a - b),
    },
    {
      name: `gradient of J at w (${norm})`,
      quantities: gradients,
      explanation: 'is H·w: the gradient of J is H·(w − w*).',
      from: (quantity) => ['hessian', `${prefix}${quantity.at(-1)}`],
      compute: async (quantity, values) =>
        pairTensor(
          times(hessianOf(tensorOf(values, 'hessian')), pairOf(tensorOf(values, `${prefix}${quantity.at(-1)}`))),
        ),
    },
    {
      name: `half of J forgotten (${norm})`,
      quantities: [2, 3].map((i) => `${prefix}Loss${i}`),
      explanation: 'is what you get without the ½ of J.',
      from: (quantity) => ['hessian', `${prefix}${quantity.at(-1)}`, 'optimum'],
      compute: async (quantity, values) => {
        const [w, optimum] = [components(values, `${prefix}${quantity.at(-1)}`), components(values, 'optimum')]
        const d = [w[0] - optimum[0], w[1] - optimum[1]] as const
        const [x, y] = times(hessianOf(tensorOf(values, 'hessian')), d)
        return scalar(d[0] * x + d[1] * y)
      },
    },
    mistakeIn(
      `${prefix}Axis`,
      `steeper axis (${norm})`,
      'is the axis along which J is steeper: there the same pull moves the minimum less.',
      [`${prefix}Shift2`],
      (values) => scalar(3 - longerAxis(tensorOf(values, `${prefix}Shift2`))),
    ),
  ]
}

/** A mistake in the norms of the minima with λ₂ and λ₃. */
function inPenalties(
  prefix: 'lasso' | 'ridge',
  name: string,
  explanation: string,
  wrong: (w: readonly [number, number]) => number,
): ExerciseMistake {
  return {
    name,
    quantities: [2, 3].map((i) => `${prefix}Penalty${i}`),
    explanation,
    from: (quantity) => [`${prefix}${quantity.at(-1)}`],
    compute: async (quantity, values): Promise<Tensor> =>
      tensor([], [wrong(pairOf(tensorOf(values, `${prefix}${quantity.at(-1)}`)))]),
  }
}

/** What people get wrong in fer/5. */
export const regularisationMistakes: readonly ExerciseMistake[] = [
  ...inTheMinima,
  ...ofEither('lasso'),
  ...ofEither('ridge'),
  inPenalties(
    'lasso',
    'signs kept in the L1 norm',
    'is the sum of the weights; the L1 norm adds their magnitudes.',
    ([x, y]) => x + y,
  ),
  inPenalties('lasso', 'largest weight as the L1 norm', 'is the largest magnitude; the L1 norm adds them.', ([x, y]) =>
    Math.max(Math.abs(x), Math.abs(y)),
  ),
  inPenalties('ridge', 'norm not squared', 'is the length of w; the penalty is its square.', ([x, y]) =>
    Math.hypot(x, y),
  ),
]

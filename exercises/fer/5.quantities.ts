import { map, reshape, rowMajor, scalar, type Tensor, zip } from '../../oracle/tensor.js'
import { forward, numberOf, product, scalarOf, tensorOf } from '../computation.js'
import type { ConventionAxis, Operators, Quantity, Values } from '../exercise.js'
import { hessianOf, lassoMinimum, type Pair, pairOf, pairTensor, ridgeMinimum } from './5.minima.js'

/** A norm that weights are regularised with. */
export interface Penalty {
  readonly stage: 'L1' | 'L2'
  /** Quantities of the stage begin with it. */
  readonly prefix: 'lasso' | 'ridge'
  readonly norm: 1 | 2
  readonly minimum: (values: Values, lambda: number) => Pair
  /** Of λ with this index. */
  readonly minimumFormula: (i: number) => string
  readonly formula: (w: string) => string
}

const ridgeWith = (factor: number) => (values: Values, lambda: number) =>
  ridgeMinimum(hessianOf(tensorOf(values, 'hessian')), pairOf(tensorOf(values, 'optimum')), factor * lambda)

export const penalties: readonly Penalty[] = [
  {
    stage: 'L1',
    prefix: 'lasso',
    norm: 1,
    minimum: (values, lambda) =>
      lassoMinimum(hessianOf(tensorOf(values, 'hessian')), pairOf(tensorOf(values, 'optimum')), lambda),
    minimumFormula: (i) => `\\text{argmin}_w J(w) + \\lambda_${i} \\cdot (|w_1| + |w_2|)`,
    formula: (w) => `\\|${w}\\|_1`,
  },
  {
    stage: 'L2',
    prefix: 'ridge',
    norm: 2,
    minimum: ridgeWith(1),
    minimumFormula: (i) => `(H + 2 \\cdot \\lambda_${i} \\cdot I)^{-1} \\cdot H \\cdot w^*`,
    formula: (w) => `\\|${w}\\|^{2}`,
  },
]

/** The minimum with λ₂ or λ₃. */
function minimum(penalty: Penalty, i: 2 | 3): Quantity {
  return {
    name: `${penalty.prefix}${i}`,
    symbols: [`w_${i}`, `w^(${i})`],
    meaning: `the minimum with λ${i === 2 ? '₂' : '₃'}`,
    kind: 'real',
    from: ['hessian', 'optimum', `lambda${i}`],
    formula: penalty.minimumFormula(i),
    stage: penalty.stage,
    asked: true,
    compute: async (values) => pairTensor(penalty.minimum(values, numberOf(values, `lambda${i}`))),
  }
}

/** What belongs to the minimum with λ₂ or λ₃: how far it moved, J and its gradient there, and the penalty. */
function measures(penalty: Penalty, i: 2 | 3): readonly Quantity[] {
  const { prefix, stage, norm } = penalty
  const [point, symbol] = [`${prefix}${i}`, `w_${i}`]
  return [
    {
      name: `${prefix}Shift${i}`,
      symbols: [`Delta w_${i}`, `d_${i}`],
      meaning: `how far the minimum has moved from w*`,
      kind: 'real',
      from: [point, 'optimum'],
      formula: `${symbol} - w^*`,
      stage,
      compute: async (values) => zip(tensorOf(values, point), tensorOf(values, 'optimum'), (w, optimum) => w - optimum),
    },
    {
      name: `${prefix}Gradient${i}`,
      symbols: [`g_${i}`, `nabla J_${i}`],
      meaning: 'the gradient of J there, which the penalty holds in balance',
      kind: 'real',
      from: ['hessian', `${prefix}Shift${i}`],
      formula: `H \\cdot \\Delta ${symbol}`,
      stage,
      compute: (values, operators) => {
        const inputs = { x: tensorOf(values, `${prefix}Shift${i}`), weight: tensorOf(values, 'hessian') }
        return forward(operators, 'linear', 'y', inputs)
      },
    },
    {
      name: `${prefix}Loss${i}`,
      symbols: [`J_${i}`],
      meaning: 'the loss J there: ½(w − w*)ᵀH(w − w*)',
      kind: 'real',
      from: [`${prefix}Gradient${i}`, `${prefix}Shift${i}`],
      formula: `\\frac{1}{2} \\cdot g_${i} \\cdot \\Delta ${symbol}`,
      stage,
      compute: async (values, operators) => {
        const weight = reshape(tensorOf(values, `${prefix}Gradient${i}`), [1, 2])
        const twice = await forward(operators, 'linear', 'y', { x: tensorOf(values, `${prefix}Shift${i}`), weight })
        return product(operators, 1 / 2, scalarOf(twice))
      },
    },
    {
      name: `${prefix}Penalty${i}`,
      symbols: [`Omega_${i}`],
      meaning: 'the penalty Ω there, without its factor λ',
      kind: 'real',
      from: [point],
      formula: penalty.formula(symbol),
      stage,
      compute: (values, operators) =>
        forward(operators, 'weightPenalty', 'loss', { weight: tensorOf(values, point) }, { norm, lambda: 1 }),
    },
  ]
}

/** The axis, 1 or 2, along which a shift is longer; the first where both are equal. */
export function longerAxis(moved: Tensor): number {
  const [first, second] = rowMajor(moved).map(Math.abs)
  return second > first ? 2 : 1
}

function quantitiesOf(penalty: Penalty): readonly Quantity[] {
  const { prefix, stage } = penalty
  return [
    {
      name: `${prefix}1`,
      symbols: ['w_1', 'w^(1)'],
      meaning: 'the minimum with λ₁ = 0',
      kind: 'real',
      from: ['optimum'],
      formula: 'w^*',
      stage,
      asked: true,
      compute: async (values) => map(tensorOf(values, 'optimum'), (w) => w),
    },
    minimum(penalty, 2),
    minimum(penalty, 3),
    {
      name: `${prefix}4`,
      symbols: ['w_4', 'w^(4)'],
      meaning: 'the minimum with λ₄ = ∞',
      kind: 'real',
      from: ['optimum'],
      formula: '0 \\cdot w^*',
      stage,
      asked: true,
      compute: async (values) => map(tensorOf(values, 'optimum'), () => 0),
    },
    ...measures(penalty, 2),
    ...measures(penalty, 3),
    {
      name: `${prefix}Axis`,
      symbols: ['axis', 'os'],
      meaning: 'the axis along which the minimum with λ₂ has moved more',
      kind: 'class',
      from: [`${prefix}Shift2`],
      formula: '\\text{argmax}_i |\\Delta w_{2,i}|',
      stage,
      asked: true,
      compute: async (values) => scalar(longerAxis(tensorOf(values, `${prefix}Shift2`))),
    },
  ]
}

/** Everything that fer/5 asks for or passes on the way, with L1 and with L2. */
export const regularisationQuantities: readonly Quantity[] = penalties.flatMap(quantitiesOf)

const halved = ([2, 3] as const).flatMap((i) => [
  [
    `ridge${i}`,
    {
      from: ['hessian', 'optimum', `lambda${i}`],
      formula: `(H + \\lambda_${i} \\cdot I)^{-1} \\cdot H \\cdot w^*`,
      compute: async (values: Values) => pairTensor(ridgeWith(1 / 2)(values, numberOf(values, `lambda${i}`))),
    },
  ],
  [
    `ridgePenalty${i}`,
    {
      from: [`ridge${i}`],
      formula: `\\frac{1}{2} \\cdot \\|w_${i}\\|^{2}`,
      compute: (values: Values, operators: Operators) =>
        forward(
          operators,
          'weightPenalty',
          'loss',
          { weight: tensorOf(values, `ridge${i}`) },
          { norm: 2, lambda: 1 / 2 },
        ),
    },
  ],
])

export const regularisationConventions: readonly ConventionAxis[] = [
  {
    axis: 'L2 penalty',
    conventions: [
      { name: 'squared norm', description: 'Ω = w₁² + w₂², whose gradient is 2w', overrides: {} },
      {
        name: 'halved squared norm',
        description: 'Ω = ½·(w₁² + w₂²), whose gradient is w',
        overrides: Object.fromEntries(halved),
      },
    ],
  },
]

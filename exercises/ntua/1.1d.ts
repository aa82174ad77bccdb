import fc from 'fast-check'
import { fromNested, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, onHost, tensorOf, vector } from '../computation.js'
import type { Exercise, ExerciseLaw, Given, Operators, Quantity, Values } from '../exercise.js'
import { classifierExperiment, ridgeExperiment } from './1.1d.experiment.js'

/** A ridge regression small enough to be solved by hand: six points, two weights, no bias. */
const given: readonly Given[] = [
  {
    name: 'x',
    symbols: ['X'],
    meaning: 'the inputs of a small ridge regression, a row a point',
    kind: 'real',
    value: fromNested([
      [1, 1],
      [2, 1],
      [-1, 0],
      [0, 2],
      [1, -1],
      [-2, 1],
    ]),
  },
  {
    name: 'target',
    symbols: ['y_target', 't'],
    meaning: 'the targets of the points',
    kind: 'real',
    value: fromNested([[3], [4], [-1], [1], [1], [-2]]),
  },
  {
    name: 'lambdas',
    symbols: ['lambda'],
    meaning: 'regularisation parameters, growing',
    kind: 'real',
    value: tensor([4], [0.25, 1, 4, 16]),
    range: { least: 0 },
  },
]

/**
 * w = (XᵀX/n + λI)⁻¹·Xᵀt/n for every λ, the minima of the mean squared error plus λ‖w‖², for two weights by Cramer's rule: the
 * host divides, which the contract's operators do not.
 */
async function ridgeWeights(values: Values, operators: Operators): Promise<readonly Tensor[]> {
  const [x, target] = [tensorOf(values, 'x'), tensorOf(values, 'target')]
  const transposed = x.transpose(1, 0)
  const n = x.shape[0]
  const grams = await forward(operators, 'matmul', 'y', { a: transposed, b: x })
  const sums = await forward(operators, 'matmul', 'y', { a: transposed, b: target })
  return [...rowMajor(tensorOf(values, 'lambdas'))].map((lambda) =>
    onHost([grams, sums], [2, 1], (...products) => {
      const [gram, right] = products.map((numbers) => numbers.map((value) => value / n))
      const [a, b, c] = [gram[0] + lambda, gram[1], gram[3] + lambda]
      const determinant = a * c - b * b
      return [(c * right[0] - b * right[1]) / determinant, (a * right[1] - b * right[0]) / determinant]
    }),
  )
}

/** A number for every λ, of the weights that minimise with it. */
async function overPath(
  values: Values,
  operators: Operators,
  measure: (weights: Tensor) => Promise<Tensor>,
): Promise<Tensor> {
  const measured: Tensor[] = []
  for (const weights of await ridgeWeights(values, operators)) measured.push(await measure(weights))
  return vector(measured)
}

const ridge: readonly Quantity[] = [
  {
    name: 'trainingLosses',
    symbols: ['training loss', 'train loss'],
    meaning: 'the mean squared error on the points, by λ',
    kind: 'real',
    from: ['x', 'target', 'lambdas'],
    formula: '\\frac{1}{n} \\cdot \\sum (w \\cdot x - t)^{2}',
    compute: (values, operators) =>
      overPath(values, operators, async (b) => {
        const prediction = await forward(operators, 'matmul', 'y', { a: tensorOf(values, 'x'), b })
        return forward(operators, 'squaredError', 'loss', { prediction, target: tensorOf(values, 'target') })
      }),
  },
  {
    name: 'squaredWeights',
    symbols: ['squared weights'],
    meaning: 'the squared length of the weights, by λ',
    kind: 'real',
    from: ['x', 'target', 'lambdas'],
    formula: '\\sum w^{2}',
    compute: (values, operators) =>
      overPath(values, operators, (weight) =>
        forward(operators, 'weightPenalty', 'loss', { weight }, { norm: 2, lambda: 1 }),
      ),
  },
]

/** Never falls (+1) or never rises (−1) along the path, up to the rounding of an ill-conditioned solution. */
function monotone(name: string, quantity: string, direction: 1 | -1): ExerciseLaw {
  return {
    name,
    async check(values, solve, slack) {
      const measured = rowMajor(tensorOf(await solve(values), quantity))
      const [smallest] = rowMajor(tensorOf(values, 'lambdas'))
      const squares = rowMajor(tensorOf(values, 'x')).reduce((sum, value) => sum + value * value, 0)
      const condition = 1 + squares / smallest
      for (let i = 1; i < measured.length; i++) {
        const allowed = 16 * slack * condition ** 2 * Math.max(1, ...measured)
        if (!(direction * (measured[i] - measured[i - 1]) >= -allowed))
          throw new Error(`${quantity} goes from ${measured[i - 1]} to ${measured[i]} at the ${i + 1}. λ`)
      }
    },
  }
}

function arbitrary(): fc.Arbitrary<Values> {
  const small = fc.integer({ min: -3, max: 3 })
  const numbers = (length: number) => fc.array(small, { minLength: length, maxLength: length })
  const steps = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 4, maxLength: 4 })
  return fc.tuple(numbers(12), numbers(6), steps).map(([x, target, grown]) => ({
    x: tensor([6, 2], x),
    target: tensor([6, 1], target),
    lambdas: tensor(
      [4],
      grown.map((_, i) => grown.slice(0, i + 1).reduce((sum, step) => sum + step, 0) / 4),
    ),
  }))
}

/** Whether the points are no line through the origin, and the targets not all 0. */
function isDetermined(values: Values): boolean {
  const x = rowMajor(tensorOf(values, 'x'))
  const [aa, ab, bb] = [0, 1, 2].map((kind) =>
    [0, 1, 2, 3, 4, 5].reduce((sum, n) => sum + x[2 * n + (kind === 2 ? 1 : 0)] * x[2 * n + (kind === 0 ? 0 : 1)], 0),
  )
  return aa * bb > ab * ab && rowMajor(tensorOf(values, 'target')).some((t) => t !== 0)
}

export const exercise11d: Exercise = {
  id: 'ntua/1.1d',
  title: 'What regularisation does to training and test accuracy',
  source: 'NTUA, Neural Networks and Deep Learning, first series of exercises 2023, exercise 1.1',
  statement: `A network is trained with a regularisation parameter $\\lambda$. What happens to its accuracy on the training data, and on the test
data, as $\\lambda$ is raised?`,
  heading: { number: '1.1', part: 'd' },
  given,
  arbitrary,
  stages: [],
  // What the experiments show; −1 stands for «falls», +1 for «rises».
  quantities: [
    ...ridge,
    {
      name: 'trainingAccuracy',
      symbols: ['training accuracy', 'train accuracy'],
      meaning: 'how accuracy on the training data changes as λ grows: it falls',
      kind: 'class',
      from: [],
      formula: '-1',
      asked: true,
      compute: async () => scalar(-1),
    },
    {
      name: 'testAccuracy',
      symbols: ['test accuracy', 'testing accuracy'],
      meaning:
        'how accuracy on the test data changes as λ grows: it rises while the network overfits, then falls again',
      kind: 'class',
      from: [],
      formula: '1',
      asked: true,
      compute: async () => scalar(1),
    },
  ],
  conventions: [],
  mistakes: [
    {
      name: 'the two effects exchanged',
      quantities: ['trainingAccuracy', 'testAccuracy'],
      explanation: 'is the effect on the other accuracy.',
      from: () => [],
      compute: async (quantity) => scalar(quantity === 'trainingAccuracy' ? 1 : -1),
    },
  ],
  laws: [
    monotone('the training loss never falls as λ grows', 'trainingLosses', 1),
    monotone('the weights never grow as λ grows', 'squaredWeights', -1),
  ],
  experiments: [ridgeExperiment, classifierExperiment],
  worksheet: { arbitrary, isWorkable: isDetermined },
}

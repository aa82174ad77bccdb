import { rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { backward, forward } from '../computation.js'
import type { Experiment, Operators } from '../exercise.js'
import { plus, randomNumbers } from '../training.js'
import { choleskyOf, type Hessian, lassoMinimum, lossAt, type Pair, ridgeMinimum } from './5.minima.js'

interface Problem {
  readonly hessian: Hessian
  readonly optimum: Pair
}

/** ∇J, by the backward passes of `squaredError` and `linear`: J = ½‖Lᵀw − Lᵀw*‖². */
async function lossGradient({ hessian, optimum }: Problem, w: Tensor, operators: Operators): Promise<Tensor> {
  const weight = choleskyOf(hessian).transpose(1, 0)
  const layer = { x: w, weight }
  const prediction = await forward(operators, 'linear', 'y', layer)
  const [x, y] = optimum
  const target = await forward(operators, 'linear', 'y', { x: tensor([2], [x, y]), weight })
  const ofPrediction = await backward(
    operators,
    'squaredError',
    'prediction',
    { prediction, target },
    { loss: scalar(1) },
    { factor: 1 / 2, reduction: 'sum' },
  )
  return backward(operators, 'linear', 'x', layer, { y: ofPrediction })
}

/** w ← w − rate·gradient, by `sgd`. */
async function step(w: Tensor, gradient: Tensor, learningRate: number, operators: Operators): Promise<Tensor> {
  return forward(operators, 'sgd', 'parameter', { parameter: w, gradient }, { learningRate })
}

/** Descent on J + λ·(w₁² + w₂²) from 0. */
async function descendRidge(problem: Problem, lambda: number, steps: number, operators: Operators): Promise<Tensor> {
  const [a, , c] = problem.hessian
  let w = tensor([2], [0, 0])
  for (let n = 0; n < steps; n++) {
    const ofLoss = await lossGradient(problem, w, operators)
    const attributes = { norm: 2, lambda }
    const ofPenalty = await backward(
      operators,
      'weightPenalty',
      'weight',
      { weight: w },
      { loss: scalar(1) },
      attributes,
    )
    w = await step(w, plus(ofLoss, ofPenalty), 1 / (a + c + 2 * lambda), operators)
  }
  return w
}

/** sign(w)·max(0, |w| − t) = ReLU(w − t) − ReLU(−w − t), by `linear` and `relu`. */
async function towardsZero(w: Tensor, t: number, operators: Operators): Promise<Tensor> {
  const both = tensor([4, 2], [1, 0, 0, 1, -1, 0, 0, -1])
  const bias = tensor([4], [-t, -t, -t, -t])
  const x = await forward(operators, 'linear', 'y', { x: w, weight: both, bias })
  const positive = await forward(operators, 'relu', 'y', { x })
  return forward(operators, 'linear', 'y', { x: positive, weight: both.transpose(1, 0) })
}

/** Proximal descent on J + λ·(|w₁| + |w₂|) from 0: a step on J, then towards zero by rate·λ. */
async function descendLasso(problem: Problem, lambda: number, steps: number, operators: Operators): Promise<Tensor> {
  const [a, , c] = problem.hessian
  const rate = 1 / (a + c)
  let w = tensor([2], [0, 0])
  for (let n = 0; n < steps; n++) {
    const moved = await step(w, await lossGradient(problem, w, operators), rate, operators)
    w = await towardsZero(moved, rate * lambda, operators)
  }
  return w
}

/** Random losses with H diagonal and w* as far from 0 along both axes: how often the flatter axis moves more. */
function flatterMovesMore(count: number): { readonly lasso: number; readonly ridge: number; readonly zeros: number } {
  const random = randomNumbers(5)
  let [lasso, ridge, zeros] = [0, 0, 0]
  for (let n = 0; n < count; n++) {
    const flat = 0.2 + random()
    const hessian: Hessian = [flat, 0, flat * (1.5 + 4 * random())]
    const optimum: Pair = [1, random() < 0.5 ? 1 : -1]
    const lambda = flat * (0.1 + random())
    const moved = (w: Pair) => Math.abs(w[0] - optimum[0]) > Math.abs(w[1] - optimum[1])
    if (moved(ridgeMinimum(hessian, optimum, lambda))) ridge++
    const sparse = lassoMinimum(hessian, optimum, lambda)
    if (moved(sparse)) lasso++
    if (sparse[0] === 0 && sparse[1] !== 0) zeros++
  }
  return { lasso, ridge, zeros }
}

function distance(w: Tensor, [x, y]: Pair): number {
  const [first, second] = rowMajor(w)
  return Math.hypot(first - x, second - y)
}

/** The minima over a path of λ, the closed forms beside what descent by gradients of operators ends in. */
export function regularisationExperiment(hessianMatrix: Tensor, optimum: Tensor): Experiment {
  const [a, b, , c] = rowMajor(hessianMatrix)
  const [x, y] = rowMajor(optimum)
  const problem: Problem = { hessian: [a, b, c], optimum: [x, y] }
  return {
    question: 'Along which axis does the minimum move more, and why?',
    async run(operators, { extent = 'full', read = async () => {}, progress } = {}) {
      const lambdas = extent === 'full' ? [0, 0.5, 1, 2, 4, 8, 16, 32] : [1]
      const steps = extent === 'full' ? 150 : 14
      const reached: { readonly lasso: Tensor; readonly ridge: Tensor }[] = []
      for (const [i, lambda] of lambdas.entries()) {
        const lasso = await descendLasso(problem, lambda, steps, operators)
        reached.push({ lasso, ridge: await descendRidge(problem, lambda, steps, operators) })
        progress?.(i + 1, lambdas.length)
      }
      await read(reached.flatMap(({ lasso, ridge }) => [lasso, ridge]))
      const minima = lambdas.map((lambda) => ({
        lasso: lassoMinimum(problem.hessian, problem.optimum, lambda),
        ridge: ridgeMinimum(problem.hessian, problem.optimum, lambda),
      }))
      const rows = lambdas.map((lambda, i) => {
        const { lasso, ridge } = minima[i]
        const error = Math.max(distance(reached[i].lasso, lasso), distance(reached[i].ridge, ridge))
        const losses = [lasso, ridge].map((w) => lossAt(problem.hessian, problem.optimum, w))
        return [lambda, ...lasso, losses[0], ...ridge, losses[1], error]
      })
      const random = flatterMovesMore(1000)
      return {
        columns: ['λ', 'L1: w₁', 'L1: w₂', 'L1: J', 'L2: w₁', 'L2: w₂', 'L2: J', 'descent ends off by'],
        rows,
        findings: [
          {
            statement:
              'Descent by the gradients of J and of the penalty ends in the minima of the closed forms, for both norms.',
            holds: rows.every((row) => row[7] <= (extent === 'full' ? 1e-5 : 0.1)),
          },
          {
            statement:
              'Where w* is as far from 0 along both axes, the minimum moves more along the axis in which J is flatter, in all of 1000 random losses and with both norms: the pull is the same, and a flatter J gives way further.',
            holds: random.lasso === 1000 && random.ridge === 1000,
          },
          {
            statement: 'With L1 the flatter axis is the first to be held at exactly 0; with L2 no weight ever is.',
            holds: random.zeros > 0 && minima.every(({ ridge }) => ridge[0] !== 0 && ridge[1] !== 0),
          },
        ],
      }
    },
  }
}

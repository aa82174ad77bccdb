import { reshape, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { backward, forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Operators, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { choleskyOf, type Hessian, hessianOf, lassoLimit, type Pair, pairOf, pairTensor } from './5.minima.js'
import { penalties } from './5.quantities.js'

/** What rounding may do to gradients and losses: a few products of H, weights and λ, relative to the largest. */
function allowedFor(slack: number, values: Values): number {
  const [a, b, c] = hessianOf(tensorOf(values, 'hessian'))
  const curvature = a + 2 * Math.abs(b) + c
  const size = 1 + largest(tensorOf(values, 'optimum'))
  // Solving (H + 2λI)·w = H·w* loses as many digits as H is badly conditioned.
  const condition = (a + c) ** 2 / (a * c - b * b)
  return 64 * slack * condition * (1 + curvature + 2 * numberOf(values, 'lambda3')) * size * size
}

/**
 * The gradient of J + λΩ by operators: J = ½‖Lᵀw − Lᵀw*‖² through `linear` and `squaredError`, λΩ through `weightPenalty`; for L1 at a
 * weight of 0 that of J alone.
 */
async function gradientOf(
  values: Values,
  w: Tensor,
  [norm, lambda]: readonly [1 | 2, number],
  operators: Operators,
): Promise<readonly [Float64Array, Float64Array]> {
  const weight = choleskyOf(hessianOf(tensorOf(values, 'hessian'))).transpose(1, 0)
  const layer = { x: reshape(w, [1, 2]), weight }
  const prediction = await forward(operators, 'linear', 'y', layer)
  const target = await forward(operators, 'linear', 'y', { x: reshape(tensorOf(values, 'optimum'), [1, 2]), weight })
  const y = await backward(
    operators,
    'squaredError',
    'prediction',
    { prediction, target },
    { loss: scalar(1) },
    { factor: 1 / 2, reduction: 'sum' },
  )
  const ofLoss = await backward(operators, 'linear', 'x', layer, { y })
  const ofPenalty = await backward(
    operators,
    'weightPenalty',
    'weight',
    { weight: w },
    { loss: scalar(1) },
    { norm, lambda },
  )
  return [rowMajor(ofLoss), rowMajor(ofPenalty)]
}

function withHessian(values: Values, [a, b, c]: Hessian): Values {
  return { ...values, hessian: tensor([2, 2], [a, b, b, c]) }
}

/** What holds for fer/5 whatever the loss and the factors. */
export const regularisationLaws: readonly ExerciseLaw[] = [
  {
    name: 'with L2 the gradient of J + λΩ is zero at the minima',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      for (const i of [2, 3]) {
        const lambda = numberOf(given, `lambda${i}`)
        const [loss, penalty] = await gradientOf(given, tensorOf(solved, `ridge${i}`), [2, lambda], operators)
        for (const k of [0, 1]) {
          const sum = loss[k] + penalty[k]
          expectClose(`component ${k + 1} of the gradient at w_${i}`, sum, 0, allowedFor(slack, given))
        }
      }
    },
  },
  {
    name: 'with L1 zero is a subgradient of J + λΩ at the minima: −λ·sign(w) where a weight is not zero, in [−λ, λ] where it is',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const allowed = allowedFor(slack, given)
      for (const i of [2, 3]) {
        const w = tensorOf(solved, `lasso${i}`)
        const lambda = numberOf(given, `lambda${i}`)
        const [loss, penalty] = await gradientOf(given, w, [1, lambda], operators)
        for (const [k, value] of rowMajor(w).entries()) {
          const what = `component ${k + 1} of the gradient of J at w_${i}`
          if (value !== 0) expectClose(what, loss[k], -penalty[k], allowed)
          else expectClose(`${what}, of a weight of 0,`, loss[k], 0, lambda + allowed)
        }
      }
    },
  },
  {
    name: 'the gradient and the loss of the solution are those of J, computed through its Cholesky factor',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const allowed = allowedFor(slack, given)
      for (const { prefix, norm } of penalties)
        for (const i of [2, 3]) {
          const [loss] = await gradientOf(given, tensorOf(solved, `${prefix}${i}`), [norm, 0], operators)
          expectAllClose(`g_${i}`, tensorOf(solved, `${prefix}Gradient${i}`), tensor([2], loss), allowed)
          // J = ½·∇J·(w − w*)
          const [x, y] = rowMajor(tensorOf(solved, `${prefix}Shift${i}`))
          const half = (loss[0] * x + loss[1] * y) / 2
          expectClose(`J_${i}`, numberOf(solved, `${prefix}Loss${i}`), half, allowed * (1 + Math.abs(x) + Math.abs(y)))
        }
    },
  },
  {
    name: 'the norm falls and the loss rises as λ grows, from w* on',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const allowed = allowedFor(slack, given)
      const optimum = pairOf(tensorOf(given, 'optimum'))
      for (const { prefix, norm } of penalties) {
        const size = norm === 1 ? Math.abs(optimum[0]) + Math.abs(optimum[1]) : optimum[0] ** 2 + optimum[1] ** 2
        const norms = [size, ...[2, 3].map((i) => numberOf(solved, `${prefix}Penalty${i}`)), 0]
        const losses = [0, ...[2, 3].map((i) => numberOf(solved, `${prefix}Loss${i}`))]
        for (const [k, value] of norms.slice(1).entries())
          if (!(value <= norms[k] + allowed))
            throw new Error(`the norm goes from ${norms[k]} to ${value}; it should fall`)
        for (const [k, value] of losses.slice(1).entries())
          if (!(value >= losses[k] - allowed)) throw new Error(`J goes from ${losses[k]} to ${value}; it should rise`)
      }
    },
  },
  {
    name: 'the path starts in w* and ends in 0: with L1 exactly, from λ = ‖H·w*‖∞ on',
    async check(given, solve, slack) {
      const [hessian, optimum] = [hessianOf(tensorOf(given, 'hessian')), pairOf(tensorOf(given, 'optimum'))]
      const limit = lassoLimit(hessian, optimum)
      const [small, large] = [2 ** -40, 2 ** 40]
      const allowed = allowedFor(slack + small, given)
      const ends = await solve({ ...given, lambda2: scalar(small), lambda3: scalar(large) })
      for (const { prefix } of penalties) {
        expectAllClose(`${prefix}1`, tensorOf(ends, `${prefix}1`), tensorOf(given, 'optimum'), 0)
        expectAllClose(`w_2 for a small λ`, tensorOf(ends, `${prefix}2`), tensorOf(given, 'optimum'), allowed)
        expectAllClose(`w_4`, tensorOf(ends, `${prefix}4`), pairTensor([0, 0]), 0)
      }
      expectAllClose('w_3 of L2 for a large λ', tensorOf(ends, 'ridge3'), pairTensor([0, 0]), limit / large)
      const at = await solve({ ...given, lambda2: scalar(limit), lambda3: scalar(limit + 1) })
      for (const i of [2, 3]) expectAllClose(`w_${i} of L1`, tensorOf(at, `lasso${i}`), pairTensor([0, 0]), 0)
      if (limit === 0) return
      const below = await solve({ ...given, lambda2: scalar(limit / 2), lambda3: scalar(limit) })
      if (largest(tensorOf(below, 'lasso2')) === 0) throw new Error('w_2 of L1 is 0 below the limit; it should not be')
    },
  },
  {
    name: 'where H is diagonal, L1 moves each weight towards zero by λ/h and holds it there, L2 shrinks it by h/(h + 2λ)',
    async check(given, solve, slack) {
      const [a, , c] = hessianOf(tensorOf(given, 'hessian'))
      const diagonal = withHessian(given, [a, 0, c])
      const solved = await solve(diagonal)
      for (const i of [2, 3]) {
        const lambda = numberOf(given, `lambda${i}`)
        const optimum = rowMajor(tensorOf(given, 'optimum'))
        const thresholded = [a, c].map((h, k) => Math.sign(optimum[k]) * Math.max(0, Math.abs(optimum[k]) - lambda / h))
        const shrunk = [a, c].map((h, k) => (h / (h + 2 * lambda)) * optimum[k])
        const allowed = allowedFor(slack, diagonal)
        expectAllClose(`w_${i} of L1`, tensorOf(solved, `lasso${i}`), tensor([2], thresholded), allowed)
        expectAllClose(`w_${i} of L2`, tensorOf(solved, `ridge${i}`), tensor([2], shrunk), allowed)
      }
    },
  },
  {
    name: 'for weights as far from zero, the minimum moves at least as far along the axis with the smaller curvature',
    async check(given, solve, slack) {
      const [a, , c] = hessianOf(tensorOf(given, 'hessian'))
      const [first] = pairOf(tensorOf(given, 'optimum'))
      const even = { ...withHessian(given, [a, 0, c]), optimum: pairTensor([first, -first]) }
      const solved = await solve(even)
      for (const { prefix } of penalties)
        for (const i of [2, 3]) {
          const [x, y] = rowMajor(tensorOf(solved, `${prefix}Shift${i}`)).map(Math.abs)
          const [flat, steep] = a <= c ? [x, y] : [y, x]
          if (!(flat >= steep - allowedFor(slack, even)))
            throw new Error(`the flatter axis moves by ${flat}, the steeper by ${steep}; it should move more`)
        }
    },
  },
  {
    name: 'the axes exchanged, or one turned round: the minima follow',
    async check(given, solve, slack) {
      const [hessian, optimum] = [hessianOf(tensorOf(given, 'hessian')), pairOf(tensorOf(given, 'optimum'))]
      const solved = await solve(given)
      const [a, b, c] = hessian
      const exchanged = await solve({
        ...withHessian(given, [c, b, a]),
        optimum: pairTensor([optimum[1], optimum[0]]),
      })
      const turned = await solve({ ...withHessian(given, [a, -b, c]), optimum: pairTensor([-optimum[0], optimum[1]]) })
      for (const { prefix } of penalties)
        for (const i of [2, 3]) {
          const name = `${prefix}${i}`
          const [x, y] = pairOf(tensorOf(solved, name))
          const expected: Pair = [y, x]
          const allowed = allowedFor(slack, given)
          expectAllClose(`${name} of the axes exchanged`, tensorOf(exchanged, name), pairTensor(expected), allowed)
          expectAllClose(`${name} of an axis turned`, tensorOf(turned, name), pairTensor([-x, y]), allowed)
        }
    },
  },
]

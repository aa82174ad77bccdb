import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'

/** Minima of J(w) + λ·Ω(w) for J(w) = ½(w − w*)ᵀH(w − w*) with two weights: exact, in closed form. */

export type Pair = readonly [number, number]
/** A symmetric positive definite matrix: h₁₁, h₁₂ = h₂₁, h₂₂. */
export type Hessian = readonly [number, number, number]

export function pairOf(x: Tensor): Pair {
  const [first, second] = rowMajor(x)
  return [first, second]
}

export function hessianOf(x: Tensor): Hessian {
  const [a, b, , c] = rowMajor(x)
  return [a, b, c]
}

export function pairTensor(pair: Pair): Tensor {
  return tensor([2], pair)
}

/** H·v */
export function times([a, b, c]: Hessian, [x, y]: Pair): Pair {
  return [a * x + b * y, b * x + c * y]
}

/** The v with H·v = r, by Cramer's rule. */
function solution([a, b, c]: Hessian, [x, y]: Pair): Pair {
  const determinant = a * c - b * b
  return [(c * x - b * y) / determinant, (a * y - b * x) / determinant]
}

/** J(w) = ½(w − w*)ᵀH(w − w*) */
export function lossAt(hessian: Hessian, optimum: Pair, w: Pair): number {
  const d: Pair = [w[0] - optimum[0], w[1] - optimum[1]]
  const [x, y] = times(hessian, d)
  return (d[0] * x + d[1] * y) / 2
}

/** The minimum with λ·(w₁² + w₂²): (H + 2λI)·w = H·w*. */
export function ridgeMinimum(hessian: Hessian, optimum: Pair, lambda: number): Pair {
  const [a, b, c] = hessian
  return solution([a + 2 * lambda, b, c + 2 * lambda], times(hessian, optimum))
}

const signs = [0, 1, -1] as const

/**
 * The minimum with λ·(|w₁| + |w₂|). Where the signs of both weights are known, one may be 0, J + λΩ is a quadratic function with a minimum
 * of its own: of these nine candidates, those that have the signs they were made for, the lowest is the minimum.
 */
export function lassoMinimum(hessian: Hessian, optimum: Pair, lambda: number): Pair {
  const [a, , c] = hessian
  const pull = times(hessian, optimum)
  let best: Pair = [0, 0]
  let lowest = lossAt(hessian, optimum, best)
  for (const first of signs)
    for (const second of signs) {
      const right: Pair = [pull[0] - lambda * first, pull[1] - lambda * second]
      const w: Pair =
        first === 0 ? [0, second === 0 ? 0 : right[1] / c] : second === 0 ? [right[0] / a, 0] : solution(hessian, right)
      if (Math.sign(w[0]) !== first || Math.sign(w[1]) !== second) continue
      const total = lossAt(hessian, optimum, w) + lambda * (Math.abs(w[0]) + Math.abs(w[1]))
      if (total < lowest) [best, lowest] = [w, total]
    }
  return best
}

/** The λ from which on the L1 minimum is 0: the largest component of H·w*. */
export function lassoLimit(hessian: Hessian, optimum: Pair): number {
  return Math.max(...times(hessian, optimum).map(Math.abs))
}

/** The lower triangular L with L·Lᵀ = H, so that J(w) = ½‖Lᵀ(w − w*)‖². */
export function choleskyOf([a, b, c]: Hessian): Tensor {
  const first = Math.sqrt(a)
  const below = b / first
  return tensor([2, 2], [first, 0, below, Math.sqrt(c - below * below)])
}

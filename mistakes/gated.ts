import { map, reshape, rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import type { Mistake } from './mistake.js'
import { take, upTo } from './rearrange.js'

/** Numbers of one step, in row-major order. */
export type Step = Float64Array

/** W·x + b + U·h + c, in parts: [N,rows] each. */
export function termsOf(inputs: Tensors, t: number, h: Step) {
  const [, N, I] = inputs.x.shape
  const [rows, H] = inputs.weightHidden.shape
  const [x, W, U] = [rowMajor(inputs.x), rowMajor(inputs.weightInput), rowMajor(inputs.weightHidden)]
  const biasOf = (bias: Tensor | undefined, r: number) => (bias === undefined ? 0 : bias.get(r))
  const at = (i: number) => [Math.floor(i / rows), i % rows] as const
  const fromInput = Float64Array.from({ length: N * rows }, (_, i) => {
    const [n, r] = at(i)
    return upTo(I).reduce((sum, k) => sum + W[r * I + k] * x[(t * N + n) * I + k], biasOf(inputs.biasInput, r))
  })
  const products = Float64Array.from({ length: N * rows }, (_, i) => {
    const [n, r] = at(i)
    return upTo(H).reduce((sum, k) => sum + U[r * H + k] * h[n * H + k], 0)
  })
  const biasHidden = Float64Array.from({ length: N * rows }, (_, i) => biasOf(inputs.biasHidden, at(i)[1]))
  return { fromInput, products, biasHidden }
}

export const zerosOf = (size: number): Step => new Float64Array(size)

export function initial(inputs: Tensors, name: string): Step {
  const size = inputs.x.shape[1] * inputs.weightHidden.shape[1]
  return name in inputs ? rowMajor(inputs[name]).slice() : zerosOf(size)
}

/** Gradients of x, weights and biases from those of W·x + b and of U·h + c at every step; `counts` says which count. */
export function gathered(
  inputs: Tensors,
  before: readonly Step[],
  atInput: readonly Step[],
  atHidden: readonly Step[],
  counts: (t: number) => boolean = () => true,
): Record<string, Tensor> {
  const [T, N, I] = inputs.x.shape
  const [rows, H] = inputs.weightHidden.shape
  const [x, W] = [rowMajor(inputs.x), rowMajor(inputs.weightInput)]
  const pairs = upTo(T).flatMap((t) => (counts(t) ? upTo(N).map((n) => [t, n] as const) : []))
  const over = (f: (t: number, n: number) => number) => pairs.reduce((sum, [t, n]) => sum + f(t, n), 0)
  const build = (shape: readonly number[], f: (i: number) => number) =>
    tensor(
      shape,
      Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => f(i)),
    )
  return {
    x: build([T, N, I], (i) => {
      const [t, n, k] = [Math.floor(i / (N * I)), Math.floor(i / I) % N, i % I]
      return upTo(rows).reduce((sum, r) => sum + atInput[t][n * rows + r] * W[r * I + k], 0)
    }),
    weightInput: build([rows, I], (i) =>
      over((t, n) => atInput[t][n * rows + Math.floor(i / I)] * x[(t * N + n) * I + (i % I)]),
    ),
    weightHidden: build([rows, H], (i) =>
      over((t, n) => atHidden[t][n * rows + Math.floor(i / H)] * before[t][n * H + (i % H)]),
    ),
    ...('biasInput' in inputs ? { biasInput: build([rows], (r) => over((t, n) => atInput[t][n * rows + r])) } : {}),
    ...('biasHidden' in inputs ? { biasHidden: build([rows], (r) => over((t, n) => atHidden[t][n * rows + r])) } : {}),
  }
}

/** What δ of a step sends to the state before it: Uᵀ·δ. */
export function carried(inputs: Tensors, delta: Step): Step {
  const [rows, H] = inputs.weightHidden.shape
  const U = rowMajor(inputs.weightHidden)
  return Float64Array.from({ length: (delta.length / rows) * H }, (_, i) =>
    upTo(rows).reduce((sum, r) => sum + delta[Math.floor(i / H) * rows + r] * U[r * H + (i % H)], 0),
  )
}

/** Weights and biases with the blocks of the gates in another order. */
export function withGates(inputs: Tensors, order: readonly number[]): Tensors {
  const H = inputs.weightHidden.shape[1]
  const rows = order.flatMap((gate) => upTo(H).map((i) => gate * H + i))
  return Object.fromEntries(
    Object.entries(inputs).map(([name, x]) => [
      name,
      name.startsWith('weight') || name.startsWith('bias') ? take(x, 0, rows) : x,
    ]),
  )
}

/** The batch first: a sequence read as [N,T,I]. */
export function batchFirst({ x, ...others }: Tensors): Tensors {
  const [T, N, I] = x.shape
  return { ...others, x: reshape(x, [N, T, I]).transpose(1, 0, 2) }
}

/** What an implementation answers that takes NaN and the infinities for 0 instead of refusing them. */
export function forgiving(forward: (inputs: Tensors) => Tensors): Required<Mistake>['insteadOfRefusing'] {
  return (inputs) => {
    const values = Object.values(inputs).flatMap((x) => [...rowMajor(x)])
    if (values.every(Number.isFinite)) return undefined
    return forward(
      Object.fromEntries(
        Object.entries(inputs).map(([name, x]) => [name, map(x, (value) => (Number.isFinite(value) ? value : 0))]),
      ),
    )
  }
}

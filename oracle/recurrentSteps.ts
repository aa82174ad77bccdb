import { float, optional } from './contract.js'
import { logistic } from './elementary.js'
import { addProduct } from './linear.js'
import { copy, rowMajor, type Tensor, zeros } from './tensor.js'

export const dimensionNames = { T: 'steps', N: 'sequences', I: 'input features', H: 'hidden units' }

/** The weights and biases of a recurrent network; `rows` is H, or H times the number of gates. */
export const parameters = (rows: string) => ({
  weightInput: float(rows, 'I'),
  weightHidden: float(rows, 'H'),
  biasInput: optional(float(rows)),
  biasHidden: optional(float(rows)),
})

/** σ′(a) = σ(a)·σ(−a) */
export function logisticSlope(a: number): number {
  return logistic(a) * logistic(-a)
}

/** The inputs of a recurrent network; `rows` below is H, or H times the number of gates. */
export interface Network {
  readonly x: Tensor
  readonly h0?: Tensor
  readonly weightInput: Tensor
  readonly weightHidden: Tensor
  readonly biasInput?: Tensor
  readonly biasHidden?: Tensor
}

/** The terms of one step, [N,rows]: `input` writes W·xₜ + b, `hidden` adds U·hₜ₋₁ + c. W and U are transposed once for all steps. */
export function termsOf({ x, weightInput, weightHidden, biasInput, biasHidden }: Network) {
  const [, N, I] = x.shape
  const [rows, H] = weightHidden.shape
  const [W, U] = [copy(weightInput.transpose(1, 0)).data, copy(weightHidden.transpose(1, 0)).data]
  const [b, c] = [biasInput && rowMajor(biasInput), biasHidden && rowMajor(biasHidden)]
  const data = rowMajor(x)
  const addBias = (bias: Float64Array | undefined, terms: Float64Array) => {
    if (bias !== undefined) for (let i = 0; i < terms.length; i++) terms[i] += bias[i % rows]
  }
  return {
    input(t: number, terms: Float64Array): void {
      terms.fill(0)
      addProduct(terms, 0, data, t * N * I, W, 0, [N, I, rows])
      addBias(b, terms)
    },
    hidden(h: Float64Array, terms: Float64Array): void {
      addProduct(terms, 0, h, 0, U, 0, [N, H, rows])
      addBias(c, terms)
    },
  }
}

/** Step t of a sequence [T,N,H], as [N,H]; before the first step the given state, or zeros. */
export function stepOf(sequence: Float64Array, t: number, before: Tensor | undefined, size: number): Float64Array {
  if (t >= 0) return sequence.subarray(t * size, (t + 1) * size)
  return before === undefined ? new Float64Array(size) : rowMajor(before)
}

/** Adds aᵀ·b for a[N,rows] and b[N,columns], b from an offset on. */
function addOuterProducts(
  sum: Float64Array,
  a: Float64Array,
  b: Float64Array,
  from: number,
  rows: number,
  columns: number,
) {
  for (let n = 0; n < a.length / rows; n++)
    for (let r = 0; r < rows; r++)
      for (let c = 0; c < columns; c++) sum[r * columns + c] += a[n * rows + r] * b[from + n * columns + c]
}

/**
 * Gathers, step by step, what x and the parameters receive from the gradients δ with respect to the input terms W·xₜ + b and
 * δ′ with respect to the hidden terms U·hₜ₋₁ + c, each [N,rows]: x: δₜ·W, W: δₜᵀ·xₜ, U: δ′ₜᵀ·hₜ₋₁, b: δₜ, c: δ′ₜ.
 */
export function gathererOf({ x, weightInput, weightHidden, biasInput, biasHidden }: Network) {
  const [, N, I] = x.shape
  const [rows, H] = weightHidden.shape
  const [data, W] = [rowMajor(x), rowMajor(weightInput)]
  const gradients = { x: zeros(x.shape), weightInput: zeros([rows, I]), weightHidden: zeros([rows, H]) }
  const biases = {
    ...(biasInput && { biasInput: zeros([rows]) }),
    ...(biasHidden && { biasHidden: zeros([rows]) }),
  }
  const addTo = (bias: Tensor | undefined, delta: Float64Array) => {
    if (bias !== undefined) for (let i = 0; i < delta.length; i++) bias.data[i % rows] += delta[i]
  }
  return {
    gradients: { ...gradients, ...biases },
    input(t: number, delta: Float64Array): void {
      addProduct(gradients.x.data, t * N * I, delta, 0, W, 0, [N, rows, I])
      addOuterProducts(gradients.weightInput.data, delta, data, t * N * I, rows, I)
      addTo(biases.biasInput, delta)
    },
    hidden(delta: Float64Array, previous: Float64Array): void {
      addOuterProducts(gradients.weightHidden.data, delta, previous, 0, rows, H)
      addTo(biases.biasHidden, delta)
    },
  }
}

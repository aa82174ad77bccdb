import { float, optional, output } from './contract.js'
import { defineOperator } from './operator.js'
import { reshape, rowMajor, sizeOf, type Tensor, tensor } from './tensor.js'

/** Row-major a[M,K] times b[K,N], added into y[M,N] from the given offsets on; rows of b are walked in memory order. */
export function addProduct(
  y: Float64Array,
  yOffset: number,
  a: Float64Array,
  aOffset: number,
  b: Float64Array,
  bOffset: number,
  [M, K, N]: readonly [number, number, number],
): void {
  for (let m = 0; m < M; m++)
    for (let k = 0; k < K; k++) {
      const factor = a[aOffset + m * K + k]
      const yRow = yOffset + m * N
      const bRow = bOffset + k * N
      for (let n = 0; n < N; n++) y[yRow + n] += factor * b[bRow + n]
    }
}

/** The last two dimensions exchanged, every leading one kept. */
export function transposeLast(x: Tensor): Tensor {
  const order = x.shape.map((_, d) => d)
  const rank = order.length
  ;[order[rank - 2], order[rank - 1]] = [order[rank - 1], order[rank - 2]]
  return x.transpose(...order)
}

/** a[…,M,K]·b[…,K,N] for equal leading dimensions, or none on one side. */
export function product(a: Tensor, b: Tensor): Tensor {
  const [M, K] = a.shape.slice(-2)
  const N = b.shape[b.shape.length - 1]
  const leading = a.shape.length >= b.shape.length ? a.shape.slice(0, -2) : b.shape.slice(0, -2)
  const [aData, bData] = [rowMajor(a), rowMajor(b)]
  const items = sizeOf(leading)
  const y = new Float64Array(items * M * N)
  const aStep = a.shape.length > 2 ? M * K : 0
  const bStep = b.shape.length > 2 ? K * N : 0
  for (let i = 0; i < items; i++) addProduct(y, i * M * N, aData, i * aStep, bData, i * bStep, [M, K, N])
  return tensor([...leading, M, N], y)
}

/** Sums over the leading dimensions that `shape` does not have. */
export function sumLeading(x: Tensor, shape: readonly number[]): Tensor {
  const size = sizeOf(shape)
  const data = rowMajor(x)
  const sum = new Float64Array(size)
  for (let i = 0; i < data.length; i++) sum[i % size] += data[i]
  return tensor(shape, sum)
}

export const matmul = defineOperator({
  name: 'matmul',
  family: 'linear',
  summary: 'y = a·b; leading dimensions equal, or absent on one side',
  source: 'Deep Learning (MIT Press 2016), section 2.2',
  inputs: { a: float('…', 'M', 'K'), b: float('…', 'K', 'N') },
  attributes: {},
  outputs: { y: output('…', 'M', 'N') },
  dimensionNames: { K: 'inner entries' },
  forward: ({ a, b }) => ({ y: product(a, b) }),
  /** ∂L/∂a = ∂L/∂y·bᵀ, ∂L/∂b = aᵀ·∂L/∂y, summed over the leading dimensions that an operand lacks. */
  backward: ({ a, b }, _, { y }) => ({
    a: sumLeading(product(y, transposeLast(b)), a.shape),
    b: sumLeading(product(transposeLast(a), y), b.shape),
  }),
})

export const linear = defineOperator({
  name: 'linear',
  family: 'linear',
  summary: 'y = x·Wᵀ + b',
  source: 'Deep Learning (MIT Press 2016), section 6.1; fer/1',
  inputs: { x: float('…', 'I'), weight: float('O', 'I'), bias: optional(float('O')) },
  attributes: {},
  outputs: { y: output('…', 'O') },
  dimensionNames: { I: 'input features', O: 'output features' },
  forward: ({ x, weight, bias }) => {
    const [O, I] = weight.shape
    const rows = reshape(x, [x.size / I, I])
    const y = rowMajor(product(rows, weight.transpose(1, 0)))
    if (bias !== undefined) {
      const b = rowMajor(bias)
      for (let i = 0; i < y.length; i++) y[i] += b[i % O]
    }
    return { y: tensor([...x.shape.slice(0, -1), O], y) }
  },
  /** ∂L/∂x = ∂L/∂y·W, ∂L/∂W = ∂L/∂yᵀ·x, ∂L/∂b = the sum of ∂L/∂y over all rows. */
  backward: ({ x, weight, bias }, _, { y }) => {
    const [O, I] = weight.shape
    const rows = reshape(x, [x.size / I, I])
    const gradient = reshape(y, [y.size / O, O])
    return {
      x: reshape(product(gradient, weight), x.shape),
      weight: product(gradient.transpose(1, 0), rows),
      ...(bias === undefined ? {} : { bias: sumLeading(gradient, [O]) }),
    }
  },
})

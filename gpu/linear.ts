import { sizeOf } from '../oracle/tensor.js'
import type { DeviceArray } from './deviceArray.js'
import { kernel, roundsOfSum, type Thread, type Values } from './kernel.js'
import type { GpuCall, GpuOperator } from './operator.js'
import { productByTiles, takesTiles } from './tiles.js'
import type { Workspace } from './workspace.js'

declare function quotient(i: number, n: number): number

/**
 * y[item, m, n] = Σ over r < repeats and k < inner of a[item, r, m, k]·b[item, r, k, n], each operand with a step for each
 * of its indices: a step of 0 repeats it, exchanged steps transpose it. Long sums are taken in parts of 64.
 */
const product = kernel(
  'product',
  function (
    this: Thread,
    size: number,
    a: Values,
    b: Values,
    rows: number,
    columns: number,
    repeats: number,
    inner: number,
    aItem: number,
    aRepeat: number,
    aRow: number,
    aInner: number,
    bItem: number,
    bRepeat: number,
    bInner: number,
    bColumn: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, columns)
    const n = i - row * columns
    const item = quotient(row, rows)
    const m = row - item * rows
    let sum = 0
    for (let r = 0; r < repeats; r += 1) {
      let p = item * aItem + r * aRepeat + m * aRow
      let q = item * bItem + r * bRepeat + n * bColumn
      for (let start = 0; start < inner; start += 64) {
        const end = Math.min(start + 64, inner)
        let part = 0
        for (let k = start; k < end; k += 1) {
          part += a[p] * b[q]
          p += aInner
          q += bInner
        }
        sum += part
      }
    }
    return sum
  },
  (_a, _b, _rows, _columns, repeats, inner) => repeats * (1 + roundsOfSum(inner)),
)

/** A matrix inside a flat array: how far apart its items, rows and columns are. */
interface Matrix {
  readonly values: DeviceArray
  readonly item: number
  readonly row: number
  readonly column: number
}

/** A row-major matrix of `columns` columns; `item` is the step between matrices, 0 for one that all items share. */
export function matrix(values: DeviceArray, columns: number, item = 0): Matrix {
  return { values, item, row: columns, column: 1 }
}

export function transposed({ values, item, row, column }: Matrix): Matrix {
  return { values, item, row: column, column: row }
}

/** a·b for `items` pairs of a [M, K] and b [K, N] matrix. */
export async function multiply(
  workspace: Workspace,
  a: Matrix,
  b: Matrix,
  [M, K, N]: readonly [number, number, number],
  items = 1,
): Promise<DeviceArray> {
  const sizes = [M, N, 1, K, a.item, 0, a.row, a.column, b.item, 0, b.row, b.column] as const
  if (takesTiles(workspace, [M, K, N]))
    return workspace.array(await productByTiles(workspace, items, a.values, b.values, sizes))
  return workspace.run(product, items * M * N, a.values, b.values, ...sizes)
}

/** The sum over `items` of a·b, for operands as in `multiply`. */
export async function multiplyAndSum(
  workspace: Workspace,
  a: Matrix,
  b: Matrix,
  [M, K, N]: readonly [number, number, number],
  items: number,
): Promise<DeviceArray> {
  const sizes = [M, N, items, K, 0, a.item, a.row, a.column, 0, b.item, b.row, b.column] as const
  if (takesTiles(workspace, [M, items * K, N]))
    return workspace.array(await productByTiles(workspace, 1, a.values, b.values, sizes))
  return workspace.run(product, M * N, a.values, b.values, ...sizes)
}

/** y[row, o] = Σₖ x[row, k]·weight[o, k] + bias[o] */
const affine = kernel(
  'linear',
  function (
    this: Thread,
    size: number,
    x: Values,
    weight: Values,
    bias: Values,
    inputs: number,
    outputs: number,
  ): number {
    const i = this.thread.x
    if (i >= size) return 0
    const row = quotient(i, outputs)
    const o = i - row * outputs
    let p = row * inputs
    let q = o * inputs
    let sum = 0
    for (let start = 0; start < inputs; start += 64) {
      const end = Math.min(start + 64, inputs)
      let part = 0
      for (let k = start; k < end; k += 1) {
        part += x[p] * weight[q]
        p += 1
        q += 1
      }
      sum += part
    }
    return sum + bias[o]
  },
  (_x, _weight, _bias, inputs) => roundsOfSum(inputs),
)

/** y[row, o] + bias[o] */
const shifted = kernel('bias', function (this: Thread, size: number, y: Values, bias: Values, outputs: number): number {
  const i = this.thread.x
  if (i >= size) return 0
  return y[i] + bias[i - quotient(i, outputs) * outputs]
})

/** x·Wᵀ + b for rows of `inputs` numbers. */
export async function transform(
  workspace: Workspace,
  x: DeviceArray,
  weight: DeviceArray,
  bias: DeviceArray | undefined,
  [inputs, outputs]: readonly [number, number],
): Promise<DeviceArray> {
  const rows = x.length / inputs
  const size = rows * outputs
  if (takesTiles(workspace, [rows, inputs, outputs])) {
    const operands = [matrix(x, inputs), transposed(matrix(weight, inputs))] as const
    const y = await multiply(workspace, ...operands, [rows, inputs, outputs])
    return bias === undefined ? y : workspace.run(shifted, size, y, bias, outputs)
  }
  return workspace.run(affine, size, x, weight, bias ?? (await workspace.filled(outputs, 0)), inputs, outputs)
}

/** y[column] = Σ over rows of x[row, column] */
const columnSums = kernel(
  'sum of rows',
  function (this: Thread, size: number, x: Values, rows: number): number {
    const column = this.thread.x
    if (column >= size) return 0
    let p = column
    let sum = 0
    for (let start = 0; start < rows; start += 64) {
      const end = Math.min(start + 64, rows)
      let part = 0
      for (let row = start; row < end; row += 1) {
        part += x[p]
        p += size
      }
      sum += part
    }
    return sum
  },
  (_, rows) => roundsOfSum(rows),
)

/** The sum of all rows of a matrix. */
export function sumRows(workspace: Workspace, x: DeviceArray, columns: number): Promise<DeviceArray> {
  return workspace.run(columnSums, columns, x, x.length / columns)
}

export const matmul: GpuOperator = {
  forward: async (call) => {
    const { a, b, items, M, K, N } = operands(call)
    return { y: await multiply(call.workspace, a, b, [M, K, N], items) }
  },
  /** ∂L/∂a = ∂L/∂y·bᵀ, ∂L/∂b = aᵀ·∂L/∂y; an operand that all items share gets the sum over them. */
  backward: async (call) => {
    const { a, b, items, M, K, N } = operands(call)
    const y = matrix(call.gradient('y'), N, M * N)
    const gradA = a.item === 0 ? multiplyAndSum : multiply
    const gradB = b.item === 0 ? multiplyAndSum : multiply
    const [resultA, resultB] = await Promise.all([
      gradA(call.workspace, y, transposed(b), [M, N, K], items),
      gradB(call.workspace, transposed(a), y, [K, M, N], items),
    ])
    return { a: resultA, b: resultB }
  },
}

function operands(call: GpuCall) {
  const { M, K, N } = call.sizes
  const [a, b] = [call.input('a'), call.input('b')]
  const items = sizeOf(call.outputShapes.y) / (M * N)
  return {
    a: matrix(a, K, call.shapes.a.length > 2 ? M * K : 0),
    b: matrix(b, N, call.shapes.b.length > 2 ? K * N : 0),
    items,
    M,
    K,
    N,
  }
}

export const linear: GpuOperator = {
  forward: async (call) => {
    const { I, O } = call.sizes
    return {
      y: await transform(call.workspace, call.input('x'), call.input('weight'), call.optional('bias'), [I, O]),
    }
  },
  /** ∂L/∂x = ∂L/∂y·W, ∂L/∂W = ∂L/∂yᵀ·x, ∂L/∂b = the sum of ∂L/∂y over all rows. */
  backward: async (call) => {
    const { I, O } = call.sizes
    const { workspace } = call
    const y = matrix(call.gradient('y'), O)
    const rows = y.values.length / O
    const [x, weight, bias] = await Promise.all([
      multiply(workspace, y, matrix(call.input('weight'), I), [rows, O, I]),
      multiply(workspace, transposed(y), matrix(call.input('x'), I), [O, rows, I]),
      sumRows(workspace, y.values, O),
    ])
    const gradients = { x, weight }
    return call.optional('bias') === undefined ? gradients : { ...gradients, bias }
  },
}

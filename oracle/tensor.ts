import ndarray, { type NdArray } from 'ndarray'
import operations from 'ndarray-ops'

/** An n-dimensional array of float64 numbers; a view with any stride and offset is legal. A scalar has shape []. */
export type Tensor = NdArray<Float64Array>

/** Tensors by name: the inputs, outputs or gradients of a call. */
export type Tensors = Readonly<Record<string, Tensor>>

/** Numbers nested as deep as a tensor has dimensions: `3`, `[1, 2]`, `[[1, 2], [3, 4]]`. */
export type Nested = number | readonly Nested[]

/** The number of elements in a tensor of this shape (1 for a scalar). */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}

/** A tensor of zeros. */
export function zeros(shape: readonly number[]): Tensor {
  return ndarray(new Float64Array(sizeOf(shape)), [...shape])
}

/** A row-major tensor over `data`, which is kept, not copied, when it is a Float64Array. */
export function tensor(shape: readonly number[], data: ArrayLike<number>): Tensor {
  if (data.length !== sizeOf(shape))
    throw new RangeError(`a tensor of shape [${shape.join(', ')}] holds ${sizeOf(shape)} numbers, got ${data.length}`)
  return ndarray(data instanceof Float64Array ? data : Float64Array.from(data), [...shape])
}

/** A tensor of shape []. */
export function scalar(value: number): Tensor {
  return tensor([], [value])
}

/** A tensor from nested arrays. Throws a RangeError where rows have different lengths. */
export function fromNested(nested: Nested): Tensor {
  const shape: number[] = []
  for (let level: Nested = nested; typeof level !== 'number'; level = level[0]) {
    shape.push(level.length)
    if (level.length === 0) break
  }
  const data: number[] = []
  collect(nested, 0)
  return tensor(shape, data)

  function collect(level: Nested, depth: number): void {
    if (typeof level === 'number') {
      if (depth !== shape.length) throw new RangeError('nested arrays are ragged: a number stands beside a row')
      data.push(level)
      return
    }
    if (depth >= shape.length) throw new RangeError('nested arrays are ragged: a row stands beside a number')
    if (level.length !== shape[depth])
      throw new RangeError(`nested arrays are ragged: a row has ${level.length} entries, another ${shape[depth]}`)
    for (const entry of level) collect(entry, depth + 1)
  }
}

/** Nested arrays from a tensor; a plain number from a scalar. */
export function toNested(x: Tensor): Nested {
  const data = rowMajor(x)
  let next = 0
  return build(0)

  function build(depth: number): Nested {
    if (depth === x.shape.length) return data[next++]
    return Array.from({ length: x.shape[depth] }, () => build(depth + 1))
  }
}

/** Whether the tensor's elements lie in `data` in row-major order from its offset on, without gaps. */
function isRowMajor(x: Tensor): boolean {
  let step = 1
  for (let d = x.shape.length - 1; d >= 0; d--) {
    if (x.shape[d] !== 1 && x.stride[d] !== step) return false
    step *= x.shape[d]
  }
  return true
}

/**
 * The tensor's elements in row-major order, to be read only: a window on its own memory where that is in this order
 * already, a copy otherwise.
 */
export function rowMajor(x: Tensor): Float64Array {
  if (isRowMajor(x)) return x.size === x.data.length ? x.data : x.data.subarray(x.offset, x.offset + x.size)
  return copy(x).data
}

/** A row-major copy that shares no memory with the original. */
export function copy(x: Tensor): Tensor {
  const result = zeros(x.shape)
  if (x.shape.length === 0) result.data[0] = x.data[x.offset]
  else operations.assign(result, x)
  return result
}

/** The same elements under another shape of equal size. */
export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  return tensor(shape, rowMajor(x))
}

/** The value of a tensor that holds exactly one element. */
export function item(x: Tensor): number {
  if (x.size !== 1) throw new RangeError(`expected a single number, got shape [${x.shape.join(', ')}]`)
  return x.data[x.offset]
}

/** Whether two shapes are equal. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, d) => length === b[d])
}

/** A new tensor of f applied to every element. */
export function map(x: Tensor, f: (value: number) => number): Tensor {
  return tensor(x.shape, rowMajor(x).map(f))
}

/** A new tensor of f applied to the elements of two tensors of equal shape. */
export function zip(a: Tensor, b: Tensor, f: (a: number, b: number) => number): Tensor {
  const right = rowMajor(b)
  return tensor(
    a.shape,
    rowMajor(a).map((value, i) => f(value, right[i])),
  )
}

/** A shape as the messages print it: `[2, 3]`. */
export function shapeText(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`
}

import { rowMajor, sizeOf, type Tensor, tensor } from '../../oracle/tensor.js'

/** Numbers at the given places of an array. */
export function pick(data: ArrayLike<number>, places: readonly number[]): number[] {
  return places.map((place) => data[place])
}

/** `length` places from `start` on, `step` apart. */
export function run(start: number, length: number, step = 1): number[] {
  return Array.from({ length }, (_, i) => start + i * step)
}

/** A tensor whose entry at each place in row-major order is f(place). */
export function build(shape: readonly number[], f: (place: number) => number): Tensor {
  return tensor(
    shape,
    Float64Array.from({ length: sizeOf(shape) }, (_, place) => f(place)),
  )
}

/** A tensor of f applied to the entries of tensors of one shape. */
export function elementwise(tensors: readonly Tensor[], f: (...values: number[]) => number): Tensor {
  const data = tensors.map(rowMajor)
  return build(tensors[0].shape, (place) => f(...data.map((values) => values[place])))
}

/** A tensor whose rows along an axis are what f makes of the same rows of tensors of one shape. */
export function rowwise(axis: number, tensors: readonly Tensor[], f: (...rows: number[][]) => number[]): Tensor {
  const { shape, size } = tensors[0]
  const d = axis < 0 ? axis + shape.length : axis
  const step = sizeOf(shape.slice(d + 1))
  const data = tensors.map(rowMajor)
  const result = new Float64Array(size)
  for (let place = 0; place < size; place++) {
    if (Math.floor(place / step) % shape[d] !== 0) continue
    const places = run(place, shape[d], step)
    for (const [i, value] of f(...data.map((values) => pick(values, places))).entries()) result[places[i]] = value
  }
  return tensor(shape, result)
}

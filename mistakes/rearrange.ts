import operations from 'ndarray-ops'
import { transposeLast } from '../oracle/linear.js'
import { map, reshape, rowMajor, sizeOf, type Tensor, type Tensors, tensor, zeros } from '../oracle/tensor.js'

/** The tensor that results when the memory of the last two dimensions is taken to be stored the other way round. */
export function readTransposed(x: Tensor): Tensor {
  const [rows, columns] = x.shape.slice(-2)
  return transposeLast(reshape(x, [...x.shape.slice(0, -2), columns, rows]))
}

/** A new tensor of f applied to every element and its place in row-major order. */
export function mapPlaces(x: Tensor, f: (value: number, place: number) => number): Tensor {
  return tensor(x.shape, rowMajor(x).map(f))
}

/** The entries of one dimension at the given indices, in their order. */
export function take(x: Tensor, dimension: number, indices: readonly number[]): Tensor {
  const data = rowMajor(x)
  const length = x.shape[dimension]
  const inner = sizeOf(x.shape.slice(dimension + 1))
  const outer = sizeOf(x.shape.slice(0, dimension))
  const taken = Array.from({ length: outer }, (_, o) =>
    indices.map((index) => data.subarray((o * length + index) * inner, (o * length + index + 1) * inner)),
  ).flat()
  const result = new Float64Array(outer * indices.length * inner)
  for (const [i, part] of taken.entries()) result.set(part, i * inner)
  return tensor([...x.shape.slice(0, dimension), indices.length, ...x.shape.slice(dimension + 1)], result)
}

/** The whole numbers from 0 up to, and without, `end`. */
export function upTo(end: number): readonly number[] {
  return Array.from({ length: end }, (_, i) => i)
}

/** Images with a border: `fill` gives the value of a place outside from the image and the place's row and column. */
export function padded(
  x: Tensor,
  border: { readonly top: number; readonly bottom: number; readonly left: number; readonly right: number },
  fill: (image: (row: number, column: number) => number, row: number, column: number) => number,
): Tensor {
  const [N, C, H, W] = x.shape
  const [tall, wide] = [H + border.top + border.bottom, W + border.left + border.right]
  const result = zeros([N, C, tall, wide])
  for (let n = 0; n < N; n++)
    for (let c = 0; c < C; c++) {
      const image = (row: number, column: number) => x.get(n, c, row, column)
      for (let i = 0; i < tall; i++)
        for (let j = 0; j < wide; j++) {
          const [row, column] = [i - border.top, j - border.left]
          const inside = row >= 0 && row < H && column >= 0 && column < W
          result.set(n, c, i, j, inside ? image(row, column) : fill(image, row, column))
        }
    }
  return result
}

/** A tensor whose rows along `axis` are what f makes of the same rows of tensors of equal shape. */
export function alongAxis(
  axis: number,
  tensors: readonly Tensor[],
  f: (...rows: (readonly number[])[]) => readonly number[],
): Tensor {
  const { shape } = tensors[0]
  const dimension = axis < 0 ? axis + shape.length : axis
  const length = shape[dimension]
  const inner = sizeOf(shape.slice(dimension + 1))
  const data = tensors.map(rowMajor)
  const result = zeros(shape)
  for (let row = 0; row < result.size / length; row++) {
    const place = (k: number) => (Math.floor(row / inner) * length + k) * inner + (row % inner)
    const rows = data.map((values) => upTo(length).map((k) => values[place(k)]))
    for (const [k, value] of f(...rows).entries()) result.data[place(k)] = value
  }
  return result
}

/** The sum of all numbers. */
export function sum(numbers: ArrayLike<number>): number {
  return Array.from(numbers).reduce((total, value) => total + value, 0)
}

/** The numbers divided by their sum. */
export function shares(numbers: readonly number[]): readonly number[] {
  const total = sum(numbers)
  return numbers.map((value) => value / total)
}

/** Writes the elements of one tensor into the memory of another of the same shape, whatever its strides. */
export function overwrite(x: Tensor, values: Tensor): void {
  if (x.shape.length === 0) x.data[x.offset] = values.data[values.offset]
  else operations.assign(x, values)
}

/** All tensors multiplied by a number. */
export function scaled(tensors: Tensors, factor: number): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, x]) => [name, map(x, (value) => value * factor)]))
}

/** The tensors without those of these names. */
export function without(tensors: Tensors, ...names: readonly string[]): Tensors {
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => !names.includes(name)))
}

import fc from 'fast-check'
import { fromNested, map, type Nested, reshape, rowMajor, type Tensor, tensor, zeros } from '../../oracle/tensor.js'
import { joined, tensorOf } from '../computation.js'
import type { Given, Quantity, Values } from '../exercise.js'

/** A quantity that is a map, or a number computed from maps. */
export function mapStep(quantity: Omit<Quantity, 'kind'>): Quantity {
  return { kind: 'real', ...quantity }
}

/** A given matrix or vector of whole numbers. */
export function givenMap(name: string, symbols: readonly string[], meaning: string, value: Nested): Given {
  return { name, symbols, meaning, kind: 'whole', value: fromNested(value) }
}

/** Matrices of one shape as the channels of one image, [1, C, H, W]; or as the kernels of one filter. */
export function channelsOf(values: Values, names: readonly string[]): Tensor {
  const maps = names.map((name) => tensorOf(values, name))
  return joined(maps, [1, maps.length, ...maps[0].shape])
}

/** One channel of an image of one, [1, C, H, W], as a matrix. */
export function channelOf(image: Tensor, channel: number): Tensor {
  const [, , height, width] = image.shape
  return reshape(image.pick(0, channel, null, null), [height, width])
}

/** A matrix as an image, or a filter, of one channel. */
export function asImage(x: Tensor): Tensor {
  return reshape(x, [1, 1, ...x.shape])
}

/** An image, or a filter, of one channel as a matrix. */
export function asMatrix(x: Tensor): Tensor {
  return reshape(x, x.shape.slice(2))
}

/** A tensor of ones. */
export function ones(shape: readonly number[]): Tensor {
  return map(zeros(shape), () => 1)
}

/** A tensor of small whole numbers. */
export function wholeNumbers(shape: readonly number[], min: number, max: number): fc.Arbitrary<Tensor> {
  const size = shape.reduce((product, length) => product * length, 1)
  return fc
    .array(fc.integer({ min, max }), { minLength: size, maxLength: size })
    .map((numbers) => tensor(shape, numbers))
}

/** The sum of the magnitudes of a tensor's entries: no sum of products with numbers up to m is larger than m times it. */
export function totalSize(x: Tensor): number {
  return rowMajor(x).reduce((sum, value) => sum + Math.abs(value), 0)
}

/** Whether some entry of the tensor is positive and some is negative, and none is zero. */
export function hasBothSigns(x: Tensor): boolean {
  const numbers = rowMajor(x)
  return numbers.some((value) => value > 0) && numbers.some((value) => value < 0) && !numbers.includes(0)
}

/** The matrix turned by 180 degrees. */
export function turned(x: Tensor): Tensor {
  return tensor(x.shape, [...rowMajor(x)].reverse())
}

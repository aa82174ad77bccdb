import fc from 'fast-check'
import { sizeOf, type Tensor, tensor } from '../oracle/tensor.js'

/** Tensors of this shape that hold multiples of `unit` from `least`·unit to `most`·unit: small whole numbers, or halves. */
export function multiples(shape: readonly number[], least: number, most: number, unit = 1): fc.Arbitrary<Tensor> {
  const size = sizeOf(shape)
  return fc.array(fc.integer({ min: least, max: most }), { minLength: size, maxLength: size }).map((data) =>
    tensor(
      shape,
      // Not −0, which nobody writes.
      data.map((value) => value * unit + 0),
    ),
  )
}

/** Multiples of `unit` of at most `bound` in size, both in the same units. */
export function multiplesWithin(shape: readonly number[], bound: number, unit: number): fc.Arbitrary<Tensor> {
  return multiples(shape, -bound / unit, bound / unit, unit)
}

/** Whole multiples without zeros: ±unit to ±`most`·unit. */
export function nonzeroMultiples(shape: readonly number[], most: number, unit: 1 | 0.5 = 1): fc.Arbitrary<Tensor> {
  const size = sizeOf(shape)
  const number = fc.tuple(fc.constantFrom(1, -1), fc.integer({ min: 1, max: most }))
  return fc.array(number, { minLength: size, maxLength: size }).map((data) =>
    tensor(
      shape,
      data.map(([sign, value]) => sign * value * unit),
    ),
  )
}

import fc from 'fast-check'
import { sizeOf, type Tensor, tensor } from '../oracle/tensor.js'

/** Tensors of this shape that hold multiples of `unit` from `least`·unit to `most`·unit: small whole numbers, or halves. */
export function multiples(
  shape: readonly number[],
  least: number,
  most: number,
  unit: 1 | 0.5 | 0.25 = 1,
): fc.Arbitrary<Tensor> {
  const size = sizeOf(shape)
  return fc.array(fc.integer({ min: least, max: most }), { minLength: size, maxLength: size }).map((data) =>
    tensor(
      shape,
      data.map((value) => value * unit),
    ),
  )
}

/** The same without zeros: ±unit to ±`most`·unit. */
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

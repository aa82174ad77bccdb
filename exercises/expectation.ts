import { rowMajor, sameShape, shapeText, type Tensor } from '../oracle/tensor.js'
import { position } from '../oracle/validation.js'

/** Throws an Error that names what differs, where two numbers are further apart than `allowed`. */
export function expectClose(what: string, actual: number, expected: number, allowed: number): void {
  // A negated comparison, so that NaN is a difference too.
  if (!(Math.abs(actual - expected) <= allowed))
    throw new Error(`${what} is ${actual}; it should be ${expected} (± ${allowed.toPrecision(2)})`)
}

/** The same for every element of two tensors of equal shape. */
export function expectAllClose(what: string, actual: Tensor, expected: Tensor, allowed: number): void {
  expectShape(what, actual, expected.shape)
  const right = rowMajor(expected)
  rowMajor(actual).forEach((value, i) => {
    expectClose(`${what} at ${position(i, expected.shape)}`, value, right[i], allowed)
  })
}

/** Throws an Error where a tensor has another shape. */
export function expectShape(what: string, actual: Tensor, shape: readonly number[]): void {
  if (!sameShape(actual.shape, shape))
    throw new Error(`${what} has shape ${shapeText(actual.shape)}; it should have ${shapeText(shape)}`)
}

/** The largest magnitude in a tensor. */
export function largest(x: Tensor): number {
  return rowMajor(x).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
}

import { map, zip } from '../oracle/tensor.js'
import type { Mistake } from './mistake.js'

export const logistic = (x: number) => 1 / (1 + Math.exp(-x))

/** An elementwise forward pass. */
export function elementwise(f: (x: number) => number): Required<Mistake>['forward'] {
  return ({ x }) => ({ y: map(x, f) })
}

/** The backward pass of an elementwise operator whose derivative is taken to be f(x). */
export function derivative(f: (x: number) => number): Required<Mistake>['backward'] {
  return ({ x }, _, { y }) => ({ x: zip(x, y, (value, g) => g * f(value)) })
}

import fc from 'fast-check'
import { fromNested, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward } from '../computation.js'
import type { Given, Operators } from '../exercise.js'

/** The sequence that both parts of ntua/2.1 attend to: four vectors of three numbers, a row each. */
export const sequence: Given = {
  name: 'sequence',
  symbols: ['X'],
  meaning: 'the sequence, a vector a row',
  kind: 'real',
  rows: ['x', 'X'],
  value: fromNested([
    [-2, 1, 0.5],
    [1, 1.5, -0.5],
    [-1.5, 1, -0.5],
    [-2, -2.5, 1.5],
  ]),
}

/** The shape of the sequence: so many vectors of so many numbers. */
export const [length, width] = sequence.value.shape

/** Halves of at most `reach` under a shape. */
export function halves(shape: readonly number[], reach = 2.5): fc.Arbitrary<Tensor> {
  const size = shape.reduce((product, side) => product * side, 1)
  return fc
    .array(fc.integer({ min: -2 * reach, max: 2 * reach }), { minLength: size, maxLength: size })
    .map((numbers) =>
      tensor(
        shape,
        numbers.map((number) => number / 2),
      ),
    )
}

/** a·b, by `matmul`. */
export function times(operators: Operators, a: Tensor, b: Tensor): Promise<Tensor> {
  return forward(operators, 'matmul', 'y', { a, b })
}

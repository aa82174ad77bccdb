import { reshape, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward } from '../computation.js'
import type { Operators } from '../exercise.js'

/** factor·x, by `matmul` of a column and one number. */
export async function scaledBy(operators: Operators, x: Tensor, factor: number): Promise<Tensor> {
  const y = await forward(operators, 'matmul', 'y', { a: reshape(x, [x.size, 1]), b: tensor([1, 1], [factor]) })
  return reshape(y, x.shape)
}

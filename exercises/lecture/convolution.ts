import { reshape, type Tensor } from '../../oracle/tensor.js'
import { backward, forward } from '../computation.js'
import type { Operators } from '../exercise.js'
import { asImage, asMatrix, channelOf } from './featureMaps.js'

/** A convolution of matrices without padding, stride 1. */
export async function convolved(x: Tensor, kernel: Tensor, operators: Operators): Promise<Tensor> {
  return asMatrix(await forward(operators, 'conv2d', 'y', { x: asImage(x), weight: asImage(kernel) }))
}

/** The gradient of such a convolution by one of its two inputs. */
export async function convolvedBack(
  by: 'x' | 'weight',
  [x, kernel, gradient]: readonly [Tensor, Tensor, Tensor],
  operators: Operators,
): Promise<Tensor> {
  const inputs = { x: asImage(x), weight: asImage(kernel) }
  return asMatrix(await backward(operators, 'conv2d', by, inputs, { y: asImage(gradient) }))
}

/** A 3×3 convolution of a matrix with a row of zeros around it. */
export async function padded(x: Tensor, kernel: Tensor, operators: Operators, stride = 1): Promise<Tensor> {
  const inputs = { x: asImage(x), weight: asImage(kernel) }
  return asMatrix(await forward(operators, 'conv2d', 'y', inputs, { padding: 1, stride }))
}

/** The gradient of such a convolution of stride 1 by the matrix or by the filter. */
export async function paddedBack(
  by: 'x' | 'weight',
  [x, kernel, gradient]: readonly [Tensor, Tensor, Tensor],
  operators: Operators,
): Promise<Tensor> {
  const inputs = { x: asImage(x), weight: asImage(kernel) }
  return asMatrix(await backward(operators, 'conv2d', by, inputs, { y: asImage(gradient) }, { padding: 1 }))
}

/** The channel that one of several 1×1 filters makes of a matrix. */
export async function pointwise(
  [x, weights]: readonly [Tensor, Tensor],
  channel: number,
  operators: Operators,
  stride = 1,
): Promise<Tensor> {
  const inputs = { x: asImage(x), weight: reshape(weights, [weights.size, 1, 1, 1]) }
  return channelOf(await forward(operators, 'conv2d', 'y', inputs, { stride }), channel)
}

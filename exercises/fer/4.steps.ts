import { map, reshape, rowMajor, scalar, type Tensor, tensor, zeros } from '../../oracle/tensor.js'
import { backward, forward, joined, negated, scalarOf, tensorOf, weightedSum } from '../computation.js'
import type { Operators, Values } from '../exercise.js'
import { plus } from '../training.js'

/** The parts of the siamese network of fer/4 as calls of operators; signals and embeddings are vectors. */

function layerOf(values: Values, input: Tensor): Readonly<Record<string, Tensor>> {
  const [kernel, bias] = [tensorOf(values, 'kernel'), tensorOf(values, 'bias')]
  return {
    x: reshape(input, [1, 1, input.size]),
    weight: reshape(kernel, [1, 1, kernel.size]),
    bias: reshape(bias, [1]),
  }
}

/** f(x): the convolution with stride 1 and no padding, by `conv1d`. */
export async function embed(values: Values, input: Tensor, operators: Operators): Promise<Tensor> {
  const y = await forward(operators, 'conv1d', 'y', layerOf(values, input))
  return reshape(y, [y.size])
}

/** What one branch adds to the gradient of the kernel or of the bias, by the backward pass of `conv1d`. */
export async function branchGradient(
  parameter: 'weight' | 'bias',
  values: Values,
  [input, embeddingGradient]: readonly [Tensor, Tensor],
  operators: Operators,
): Promise<Tensor> {
  const y = reshape(embeddingGradient, [1, 1, embeddingGradient.size])
  const gradient = await backward(operators, 'conv1d', parameter, layerOf(values, input), { y })
  return parameter === 'bias' ? scalarOf(gradient) : reshape(gradient, [gradient.size])
}

type Pair = readonly [Tensor, Tensor]

function pairOf([a, b]: Pair, same: 0 | 1): Readonly<Record<string, Tensor>> {
  return { a: reshape(a, [1, a.size]), b: reshape(b, [1, b.size]), same: tensor([1], [same]) }
}

/** ‖a − b‖², by `contrastiveLoss` for a pair that belongs together. */
export async function squaredDistance(pair: Pair, operators: Operators): Promise<Tensor> {
  return scalarOf(await forward(operators, 'contrastiveLoss', 'loss', pairOf(pair, 1), { reduction: 'sum' }))
}

/** The gradient of the positive pair's loss, or of the negative pair's with this margin, by one of the two embeddings. */
export async function lossGradient(
  by: 'a' | 'b',
  pair: Pair,
  margin: number | undefined,
  operators: Operators,
): Promise<Tensor> {
  const attributes = { reduction: 'sum', ...(margin === undefined ? {} : { margin }) }
  const inputs = pairOf(pair, margin === undefined ? 1 : 0)
  const gradient = await backward(operators, 'contrastiveLoss', by, inputs, { loss: scalar(1) }, attributes)
  return reshape(gradient, [gradient.size])
}

export function difference([a, b]: Pair): Tensor {
  return plus(a, negated(b))
}

/** (a − b)/‖a − b‖: the cosines of a − b with the axes, by `cosineSimilarity`. */
export async function direction(pair: Pair, operators: Operators): Promise<Tensor> {
  const v = difference(pair)
  const n = v.size
  const axes = zeros([n, n])
  for (let i = 0; i < n; i++) axes.set(i, i, 1)
  const copies = joined(
    Array.from({ length: n }, () => v),
    [n, n],
  )
  return forward(operators, 'cosineSimilarity', 'y', { a: copies, b: axes })
}

/** ‖a − b‖ = Σ vᵢ·(vᵢ/‖v‖) with v = a − b, by `cosineSimilarity` and `linear`. */
export async function distance(pair: Pair, operators: Operators): Promise<Tensor> {
  const v = difference(pair)
  const weight = reshape(await direction(pair, operators), [1, v.size])
  return scalarOf(await forward(operators, 'linear', 'y', { x: v, weight }))
}

/** max(0, m − d), by `linear` and `relu`. */
export async function hinge(margin: Tensor, distanceOfPair: Tensor, operators: Operators): Promise<Tensor> {
  const short = await weightedSum(operators, [1, -1], [margin, distanceOfPair])
  return forward(operators, 'relu', 'y', { x: short })
}

/** The derivative of max(0, ·) by its argument where it has this value: 1, or 0 where it is 0. */
export function hingeSlope(value: Tensor, operators: Operators): Promise<Tensor> {
  return backward(operators, 'relu', 'x', { x: value }, { y: scalar(1) })
}

/** factor·x, by `matmul`. */
export async function scaled(x: Tensor, factor: number | Tensor, operators: Operators): Promise<Tensor> {
  const b = reshape(scalarOf(factor), [1, 1])
  const y = await forward(operators, 'matmul', 'y', { a: reshape(x, [x.size, 1]), b })
  return reshape(y, x.shape)
}

/** The entries in reverse order. */
export function reversed(x: Tensor): Tensor {
  return tensor([x.size], [...rowMajor(x)].reverse())
}

/** A copy of x with every entry multiplied, on the host: for what solvers do wrong. */
export function times(x: Tensor, factor: number): Tensor {
  return map(x, (value) => value * factor)
}

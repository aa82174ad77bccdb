import { map, reshape, rowMajor, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { visionTransformer } from '../architecture/models/vit.js'
import { leaves, rowNamed, walk } from '../architecture/walker.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { rowsOf } from '../training.js'
import { models } from './encoderLayers.js'
import { sizesOf } from './vit.network.js'
import { embeddingCall, epsilon, small } from './vit.step.js'

/** The image with its two patches exchanged. */
function exchanged(image: Tensor): Tensor {
  const data = rowMajor(image)
  const [, columns] = image.shape
  return tensor(
    image.shape,
    data.map((_, i) => data[Math.floor(i / columns) * columns + (((i % columns) + small.patch) % columns)]),
  )
}

const order = [0, 2, 1]

/** Root of the least variance of a row: what rounding of its entries is divided by. */
function leastDeviation(x: Tensor): number {
  const [rows, columns] = x.shape.length === 1 ? [1, x.size] : x.shape
  const data = rowMajor(x)
  const variances = Array.from({ length: rows }, (_, row) => {
    const entries = data.subarray(row * columns, (row + 1) * columns)
    const mean = entries.reduce((sum, value) => sum + value, 0) / columns
    return entries.reduce((sum, value) => sum + (value - mean) ** 2, 0) / columns
  })
  return Math.sqrt(Math.min(...variances) + epsilon)
}

/**
 * What rounding may do: relative errors grow with the size of each step's terms, and each of the three normalizations divides
 * them by the least deviation of its rows.
 */
function allowedFor(solved: Values, slack: number): number {
  const size = (...names: readonly string[]) =>
    names.reduce((product, name) => product * (1 + small.width * largest(tensorOf(solved, name))), 1)
  const weights = size('weightQ', 'weightK', 'weightV', 'weightO') * size('weight1', 'weight2')
  const normed = ['encoderInput', 'afterAttention', 'output'].reduce((product, name) => {
    const x = tensorOf(solved, name)
    return product * (1 + 1 / leastDeviation(x)) * (1 + largest(x))
  }, 1)
  return 256 * slack * weights * normed * size('bias1', 'bias2')
}

/** Sum of products of two tensors of one size. */
function dot(a: Tensor, b: Tensor): number {
  const right = rowMajor(b)
  return rowMajor(a).reduce((sum, value, i) => sum + value * right[i], 0)
}

function patchRounding(solved: Values, slack: number): number {
  const size = (name: string) => 1 + small.width * largest(tensorOf(solved, name))
  return 64 * slack * size('pixelValues') * size('embeddingWeight') * size('embeddingBias') * size('upstream')
}

const patchLaws: readonly ExerciseLaw[] = [
  {
    name: 'a patch embedding is a convolution whose stride is its kernel',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const { image, weight, bias } = embeddingCall(given)
      const P = small.patch
      const filters = reshape(weight, [small.width, 1, P, P])
      const y = await forward(operators, 'conv2d', 'y', { x: image, weight: filters, bias }, { stride: P })
      const answered = reshape(y, [small.width, small.patches]).transpose(1, 0)
      expectAllClose('the embedded patches', tensorOf(solved, 'embedded'), answered, patchRounding(solved, slack))
    },
  },
  {
    name: 'patches exchanged together with their positions exchange their tokens and leave the class token',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const other = await solve({
        ...given,
        pixelValues: exchanged(tensorOf(given, 'pixelValues')),
        positions: rowsOf(tensorOf(given, 'positions'), order),
        upstream: rowsOf(tensorOf(given, 'upstream'), order),
      })
      const allowed = allowedFor(solved, slack)
      for (const name of ['encoderInput', 'attention', 'output'])
        expectAllClose(name, tensorOf(other, name), rowsOf(tensorOf(solved, name), order), allowed)
      expectAllClose('the answer', tensorOf(other, 'answer'), tensorOf(solved, 'answer'), allowed)
      for (const name of ['weightGradient', 'biasGradient'])
        expectAllClose(name, tensorOf(other, name), tensorOf(solved, name), patchRounding(solved, slack))
      const image = exchanged(tensorOf(solved, 'imageGradient'))
      expectAllClose(
        'the gradient of the pixels',
        tensorOf(other, 'imageGradient'),
        image,
        patchRounding(solved, slack),
      )
    },
  },
  {
    name: 'gradients of pixels and weights, along pixels and weights, are that of the embedded patches without biases',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const bias = tensorOf(given, 'embeddingBias')
      const bare = tensorOf(solved, 'embedded')
      const data = rowMajor(bias)
      const unbiased = tensor(
        bare.shape,
        rowMajor(bare).map((value, i) => value - data[i % small.width]),
      )
      const expected = dot(unbiased, tensorOf(solved, 'patchGradient'))
      const allowed = small.tokens * patchRounding(solved, slack)
      for (const [name, along] of [
        ['weightGradient', 'embeddingWeight'],
        ['imageGradient', 'pixelValues'],
      ]) {
        const slope = dot(tensorOf(solved, name), tensorOf(given, along))
        expectClose(`${name} along ${along}`, slope, expected, allowed)
      }
    },
  },
  {
    name: 'gradients of positions sum to those of the class token and of the biases',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const rows = tensorOf(solved, 'positionGradient')
      const sums = [0, 1, 2, 3].map((column) => [0, 1, 2].reduce((sum, row) => sum + rows.get(row, column), 0))
      const parts = zip(tensorOf(solved, 'classGradient'), tensorOf(solved, 'biasGradient'), (a, b) => a + b)
      const expected = tensor([small.width], sums)
      expectAllClose('both gradients', parts, expected, 16 * slack * (1 + largest(rows)))
    },
  },
]

const encoderLaws: readonly ExerciseLaw[] = [
  {
    name: 'what is added to both residual connections is what the layer changed',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const change = zip(tensorOf(solved, 'output'), tensorOf(solved, 'encoderInput'), (a, b) => a - b)
      const parts = zip(tensorOf(solved, 'attention'), tensorOf(solved, 'feedForward'), (a, b) => a + b)
      const size = 1 + largest(parts) + largest(tensorOf(solved, 'output'))
      expectAllClose('the change', change, parts, 16 * slack * size)
    },
  },
  {
    name: 'with zero last weights in both sublayers every token passes unchanged',
    async check(given, solve, slack) {
      const silent = ['weightO', 'weight2', 'bias2'].map((name) => [name, map(tensorOf(given, name), () => 0)] as const)
      const solved = await solve({ ...given, ...Object.fromEntries(silent) })
      const x = tensorOf(solved, 'encoderInput')
      expectAllClose('the output', tensorOf(solved, 'output'), x, 4 * slack * (1 + largest(x)))
    },
  },
  {
    name: 'the attention weights of every token sum to 1 in each head',
    async check(given, solve, slack) {
      const solved = await solve(given)
      for (const name of ['attention1', 'attention2']) {
        const weights = tensorOf(solved, name)
        for (const row of [0, 1, 2]) {
          const sum = weights.get(row, 0) + weights.get(row, 1) + weights.get(row, 2)
          expectClose(`row ${row} of ${name}`, sum, 1, 16 * slack)
        }
      }
    },
  },
]

const networkLaw: ExerciseLaw = {
  name: 'the architectures, layer by layer, have the shapes, parameters and multiply-adds of the quantities',
  async check(given, solve, slack) {
    const solved = await solve(given)
    for (const model of models) {
      const walked = walk(visionTransformer(sizesOf(given, model)))
      const same = (name: string, expected: number) =>
        expectClose(`${name}${model}`, numberOf(solved, `${name}${model}`), expected, 16 * slack * expected)
      same('parameters', walked.totals.parameters)
      same('operations', walked.totals.multiplyAdds)
      same('embeddingParameters', rowNamed(walked, 'patches').parameters)
      same('positionParameters', rowNamed(walked, 'positions').parameters)
      same('layerParameters', rowNamed(walked, 'encoder_1').parameters)
      same('layerOperations', rowNamed(walked, 'encoder_1').multiplyAdds)
      same('headParameters', rowNamed(walked, 'head').parameters)
      const attention = leaves(walked.rows).find(({ kind }) => kind === 'multiHeadAttention')
      if (attention === undefined) throw new Error('the network has no attention')
      same('attentionParameters', attention.parameters)
      const shape = tensor([2], rowNamed(walked, 'positions').shape)
      expectAllClose('the encoder input', tensorOf(solved, `inputShape${model}`), shape, 0)
    }
  },
}

/** What holds for lecture/vit whatever the image, the weights and the sizes. */
export const vitLaws: readonly ExerciseLaw[] = [...patchLaws, ...encoderLaws, networkLaw]

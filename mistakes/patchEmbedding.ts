import type { Attributes } from '../oracle/contract.js'
import { patchEmbedding } from '../oracle/embeddings.js'
import { map, reshape, type Tensor, type Tensors } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { take, upTo } from './rearrange.js'

const right = passes(patchEmbedding)

/** The patches of an image read in another order: patch p of the answer is patch order[p]. */
function reordered(
  { image, weight, bias }: Tensors,
  attributes: Attributes,
  order: (h: number, w: number) => number[],
): Tensors {
  const P = numberOf(attributes, 'patch')
  const { y } = right.forward({ image, weight, ...(bias && { bias }) }, attributes)
  return { y: take(y, 1, order(image.shape[2] / P, image.shape[3] / P)) }
}

/** The weight with its columns, each a channel, row and column of a patch, in another order. */
function withColumns(
  inputs: Tensors,
  attributes: Attributes,
  place: (channel: number, row: number, column: number, C: number, P: number) => number,
): Tensors {
  const [, C] = inputs.image.shape
  const P = numberOf(attributes, 'patch')
  const order = upTo(C * P * P).map((i) => place(Math.floor(i / (P * P)), Math.floor(i / P) % P, i % P, C, P))
  return right.forward({ ...inputs, weight: take(inputs.weight, 1, order) }, attributes)
}

function scaled(x: Tensor, factor: number): Tensor {
  return map(x, (value) => factor * value)
}

export const mistakes: readonly Mistake[] = [
  {
    name: 'patchEmbedding from top to bottom first',
    operator: 'patchEmbedding',
    explanation: 'The patches were numbered column by column instead of row by row.',
    forward: (inputs, attributes) =>
      reordered(inputs, attributes, (h, w) => upTo(h * w).map((p) => (p % h) * w + Math.floor(p / h))),
  },
  {
    name: 'patchEmbedding with the last patch first',
    operator: 'patchEmbedding',
    explanation: 'The patches were numbered from the lower right corner.',
    forward: (inputs, attributes) => reordered(inputs, attributes, (h, w) => upTo(h * w).map((p) => h * w - 1 - p)),
  },
  {
    name: 'patchEmbedding with the channels last in a patch',
    operator: 'patchEmbedding',
    explanation: 'A patch was flattened as row, column, channel instead of as channel, row, column.',
    forward: (inputs, attributes) =>
      withColumns(inputs, attributes, (channel, row, column, C, P) => (row * P + column) * C + channel),
  },
  {
    name: 'patchEmbedding of transposed patches',
    operator: 'patchEmbedding',
    explanation: 'Inside a patch, columns were read before rows.',
    forward: (inputs, attributes) =>
      withColumns(inputs, attributes, (channel, row, column, _, P) => (channel * P + column) * P + row),
  },
  {
    name: 'patchEmbedding with a kernel turned round',
    operator: 'patchEmbedding',
    explanation: 'The weight was mirrored as in a convolution proper; a patch is multiplied by it as it stands.',
    forward: (inputs, attributes) =>
      withColumns(inputs, attributes, (channel, row, column, _, P) => (channel * P + P - 1 - row) * P + P - 1 - column),
  },
  {
    name: 'patchEmbedding without the bias',
    operator: 'patchEmbedding',
    explanation: 'The bias was not added.',
    forward: ({ image, weight }, attributes) => right.forward({ image, weight }, attributes),
  },
  {
    name: 'patchEmbedding of the first image for the whole batch',
    operator: 'patchEmbedding',
    explanation: 'Every image of the batch got the embedding of the first one.',
    forward: (inputs, attributes) => {
      const { y } = right.forward(inputs, attributes)
      return {
        y: take(
          y,
          0,
          upTo(y.shape[0]).map(() => 0),
        ),
      }
    },
  },
  {
    name: 'patchEmbedding gradient left in the order of the patches',
    operator: 'patchEmbedding',
    explanation:
      'The gradient of the patches was reshaped to the image instead of put back where each pixel came from.',
    backward: (inputs, attributes, gradients) => {
      const { image, ...others } = right.backward(inputs, attributes, gradients)
      const [N, C, H, W] = image.shape
      const P = numberOf(attributes, 'patch')
      const cut = reshape(image, [N, C, H / P, P, W / P, P])
      return { image: reshape(cut.transpose(0, 2, 4, 1, 3, 5), [N, C, H, W]), ...others }
    },
  },
  {
    name: 'patchEmbedding gradient of the bias averaged over the patches',
    operator: 'patchEmbedding',
    explanation: 'The gradient of the bias was averaged over patches and images; it is their sum.',
    backward: (inputs, attributes, gradients) => {
      const result = right.backward(inputs, attributes, gradients)
      if (inputs.bias === undefined) return result
      return { ...result, bias: scaled(result.bias, inputs.bias.size / gradients.y.size) }
    },
  },
  {
    name: 'patchEmbedding gradient of the weight averaged over the batch',
    operator: 'patchEmbedding',
    explanation: 'The gradient of the weight was divided by the number of images; it is their sum.',
    backward: (inputs, attributes, gradients) => {
      const result = right.backward(inputs, attributes, gradients)
      return { ...result, weight: scaled(result.weight, 1 / inputs.image.shape[0]) }
    },
  },
  {
    name: 'patchEmbedding of an image cropped to whole patches',
    operator: 'patchEmbedding',
    explanation: 'Rows and columns that fill no whole patch were dropped; such an image is refused.',
    insteadOfRefusing: ({ image, weight, bias, ...others }, { patch, ...settings }) => {
      if (image === undefined || weight === undefined || typeof patch !== 'number' || image.shape.length !== 4)
        return undefined
      if (Object.keys(others).length + Object.keys(settings).length > 0 || !(patch >= 1)) return undefined
      const [H, W] = image.shape.slice(2).map((length) => length - (length % patch))
      if (H === 0 || W === 0 || (H === image.shape[2] && W === image.shape[3])) return undefined
      const cropped = take(take(image, 2, upTo(H)), 3, upTo(W))
      return patchEmbedding.forward({ image: cropped, weight, ...(bias && { bias }) }, { patch })
    },
  },
]

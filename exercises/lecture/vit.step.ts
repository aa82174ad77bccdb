import { fromNested, type Nested, reshape, type Tensor } from '../../oracle/tensor.js'
import { forward, joined, tensorOf } from '../computation.js'
import type { Given, Operators, Quantity, Values } from '../exercise.js'
import { gradientSymbols } from '../gradientSymbols.js'
import { identityMatrix, transposed } from '../matrices.js'
import { gradientsOf, plus } from '../training.js'
import { givenReal } from './counted.js'

/** The small image: 2 × 4 pixels of one channel, in two patches of 2 × 2. */
export const small = { patch: 2, patches: 2, tokens: 3, pixels: 4, width: 4, heads: 2, hidden: 2 } as const

/** Below the root of the variance, as the published models have it: far too small to be seen in what is written by hand. */
export const epsilon = 1e-6

const real = (name: string, symbols: readonly string[], meaning: string, value: Nested): Given =>
  givenReal(name, symbols, meaning, fromNested(value))

const identity: Nested = [
  [1, 0, 0, 0],
  [0, 1, 0, 0],
  [0, 0, 1, 0],
  [0, 0, 0, 1],
]

export const stepGiven: readonly Given[] = [
  real('pixelValues', ['I', 'small image'], 'the small image', [
    [1, 0, 2, 1],
    [0, 1, -1, 0],
  ]),
  real(
    'embeddingWeight',
    ['W_E', 'E'],
    'the weights of the patch embedding: a row a pixel, a column a number of the token',
    [
      [1, 0, 0, 1],
      [0, 1, 0, -1],
      [0, 0, 1, 1],
      [1, -1, 0, 2],
    ],
  ),
  real('embeddingBias', ['b_E'], 'the biases of the patch embedding', [0.5, 0, -0.5, 0]),
  real('classToken', ['x_class', 'x_cls', 'class token'], 'the class token', [1, 0, -1, 0]),
  real('positions', ['E_pos', 'position embeddings'], 'the learned positions, that of the class token first', [
    [0, 1, 0, 0.5],
    [0.5, 0, 0, 0],
    [0, 0, 1, -0.5],
  ]),
  real('weightQ', ['W_Q'], 'the weights of the queries, two columns a head', [
    [1, 0, 0, 1],
    [0, 1, 0, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ]),
  real('weightK', ['W_K'], 'the weights of the keys', [
    [1, 0, 0, 0],
    [0, 1, 1, 0],
    [0, 0, 1, 0],
    [0, 0, 0, 1],
  ]),
  real('weightV', ['W_V'], 'the weights of the values', identity),
  real('weightO', ['W_O'], 'the weights of the last product of the attention', [
    [1, 0, 0, 0],
    [0, 0, 1, 0],
    [0, 1, 0, 0],
    [0, 0, 0.5, 1],
  ]),
  real('weight1', ['W_1'], 'the weights of the feed-forward layer’s hidden units', [
    [1, 0],
    [0, 1],
    [-1, 0],
    [0, 0.5],
  ]),
  real('bias1', ['b_1'], 'their biases', [0.5, -0.5]),
  real('weight2', ['W_2'], 'the weights of the feed-forward layer’s outputs', [
    [1, 0, 0.5, 0],
    [0, 1, 0, -1],
  ]),
  real('bias2', ['b_2'], 'their biases', [0, 0.5, 0, 0]),
  real('upstream', ['G'], 'the gradient of a loss with respect to the encoder input', [
    [1, 0, 0.5, -1],
    [0, 1, 1, 0],
    [-1, 0.5, 0, 2],
  ]),
]

/** The call of `patchEmbedding` on the small image; the exercise writes a patch as a row before its weights. */
export function embeddingCall(values: Values) {
  const image = tensorOf(values, 'pixelValues')
  return {
    image: reshape(image, [1, 1, ...image.shape]),
    weight: transposed(tensorOf(values, 'embeddingWeight')),
    bias: tensorOf(values, 'embeddingBias'),
  }
}

export const patchAttributes = { patch: small.patch }

/** The patches as rows, by a patch embedding that changes nothing. */
export async function patchesOf(image: Tensor, operators: Operators): Promise<Tensor> {
  const call = { image: reshape(image, [1, 1, ...image.shape]), weight: identityMatrix(small.pixels) }
  return reshape(await forward(operators, 'patchEmbedding', 'y', call, patchAttributes), [small.patches, small.pixels])
}

/** Rows of a matrix from one on, as a matrix. */
export function rowsFrom(x: Tensor, first: number, count: number): Tensor {
  return x.lo(first, 0).hi(count, -1)
}

async function gradientOf(values: Values, operators: Operators, name: 'image' | 'weight' | 'bias'): Promise<Tensor> {
  const y = reshape(tensorOf(values, 'patchGradient'), [1, small.patches, small.width])
  const gradients = await gradientsOf(operators, 'patchEmbedding', embeddingCall(values), { y }, patchAttributes)
  return gradients[name]
}

const embeddingNames = ['pixelValues', 'embeddingWeight', 'embeddingBias']

/** From the pixels to what the encoder reads. */
export const patchQuantities: readonly Quantity[] = [
  {
    name: 'patches',
    symbols: ['X_p', 'patch matrix'],
    meaning: 'the patches, a row each: their pixels row by row',
    kind: 'real',
    from: ['pixelValues'],
    formula: '\\text{patches}(I)',
    stage: 'patches',
    compute: (values, operators) => patchesOf(tensorOf(values, 'pixelValues'), operators),
  },
  {
    name: 'embedded',
    symbols: ['X_E', 'embedded patches', 'patch embeddings'],
    meaning: 'the embedded patches, a row each',
    kind: 'real',
    from: embeddingNames,
    formula: 'X_p \\cdot W_E + b_E',
    stage: 'patches',
    asked: true,
    compute: async (values, operators) => {
      const y = await forward(operators, 'patchEmbedding', 'y', embeddingCall(values), patchAttributes)
      return reshape(y, [small.patches, small.width])
    },
  },
  {
    name: 'tokens',
    symbols: ['X', 'token matrix'],
    meaning: 'the tokens before positions are added: the class token, then the embedded patches',
    kind: 'real',
    from: ['classToken', 'embedded'],
    formula: '[x_{class}; X_E]',
    stage: 'patches',
    compute: async (values) =>
      joined([tensorOf(values, 'classToken'), tensorOf(values, 'embedded')], [small.tokens, small.width]),
  },
  {
    name: 'encoderInput',
    symbols: ['z_0', 'Z_0', 'encoder input'],
    meaning: 'what the encoder reads, a row a token',
    kind: 'real',
    from: ['tokens', 'positions'],
    formula: 'X + E_{pos}',
    stage: 'patches',
    asked: true,
    compute: async (values) => plus(tensorOf(values, 'tokens'), tensorOf(values, 'positions')),
  },
]

/** What a loss sends back through the patch step. */
export const gradientQuantities: readonly Quantity[] = [
  {
    name: 'classGradient',
    symbols: ['g_class', ...gradientSymbols('x_class'), 'class token gradient'],
    meaning: 'the gradient of the class token',
    kind: 'real',
    from: ['upstream'],
    formula: 'G[1, :]',
    stage: 'gradients',
    asked: true,
    compute: async (values) => reshape(rowsFrom(tensorOf(values, 'upstream'), 0, 1), [small.width]),
  },
  {
    name: 'positionGradient',
    symbols: ['g_pos', ...gradientSymbols('E_pos'), 'position gradient'],
    meaning: 'the gradient of the positions',
    kind: 'real',
    from: ['upstream'],
    formula: 'G',
    stage: 'gradients',
    asked: true,
    compute: async (values) => tensorOf(values, 'upstream'),
  },
  {
    name: 'patchGradient',
    symbols: ['G_p', ...gradientSymbols('X_E'), 'embedded patch gradient'],
    meaning: 'the gradient of the embedded patches',
    kind: 'real',
    from: ['upstream'],
    formula: 'G[2:3, :]',
    stage: 'gradients',
    compute: async (values) => rowsFrom(tensorOf(values, 'upstream'), 1, small.patches),
  },
  {
    name: 'weightGradient',
    symbols: ['g_W', ...gradientSymbols('W_E'), 'embedding weight gradient'],
    meaning: 'the gradient of the weights of the patch embedding',
    kind: 'real',
    from: [...embeddingNames, 'patchGradient'],
    formula: 'X_p^{T} \\cdot G_p',
    stage: 'gradients',
    asked: true,
    compute: async (values, operators) => transposed(await gradientOf(values, operators, 'weight')),
  },
  {
    name: 'biasGradient',
    symbols: ['g_b', ...gradientSymbols('b_E'), 'embedding bias gradient'],
    meaning: 'the gradient of the biases of the patch embedding',
    kind: 'real',
    from: [...embeddingNames, 'patchGradient'],
    formula: 'G_p[1, :] + G_p[2, :]',
    stage: 'gradients',
    asked: true,
    compute: (values, operators) => gradientOf(values, operators, 'bias'),
  },
  {
    name: 'imageGradient',
    symbols: ['g_I', ...gradientSymbols('I'), 'image gradient'],
    meaning: 'the gradient of the pixels, at their places in the image',
    kind: 'real',
    from: [...embeddingNames, 'patchGradient'],
    formula: '\\text{image}(G_p \\cdot W_E^{T})',
    stage: 'gradients',
    asked: true,
    compute: async (values, operators) => {
      const gradient = await gradientOf(values, operators, 'image')
      return reshape(gradient, tensorOf(values, 'pixelValues').shape)
    },
  },
]

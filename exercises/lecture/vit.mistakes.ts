import { reshape, tensor, zeros } from '../../oracle/tensor.js'
import { forward, joined, onHost, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { scaledBy, times, transposed } from '../matrices.js'
import { mistakeIn } from '../mistake.js'
import { plus } from '../training.js'
import { taken } from './mistakes.js'
import { attentionCall, layerOf, normalized } from './vit.encoder.js'
import { networkMistakes } from './vit.networkMistakes.js'
import { epsilon, patchesOf, rowsFrom, small } from './vit.step.js'

/** xW + b with another order of the pixels. */
async function embeddedFrom(patches: ReturnType<typeof tensor>, values: Values, operators: Operators) {
  return forward(operators, 'linear', 'y', {
    x: patches,
    weight: transposed(tensorOf(values, 'embeddingWeight')),
    bias: tensorOf(values, 'embeddingBias'),
  })
}

const ofThePatches: readonly ExerciseMistake[] = [
  mistakeIn(
    'patches',
    'rows of the image',
    'has the rows of the image; a patch is a square of it.',
    ['pixelValues'],
    async (values) => reshape(tensorOf(values, 'pixelValues'), [small.patches, small.pixels]),
  ),
  mistakeIn(
    'patches',
    'pixels column by column',
    'has the pixels of each patch column by column; they are read row by row.',
    ['pixelValues'],
    async (values, operators) => {
      const patches = await patchesOf(tensorOf(values, 'pixelValues'), operators)
      return onHost([patches], [small.patches, small.pixels], (data) =>
        [0, 2, 1, 3, 4, 6, 5, 7].map((place) => data[place]),
      )
    },
  ),
  mistakeIn(
    'embedded',
    'bias of the embedding forgotten',
    'is what you get without the biases.',
    ['patches', 'embeddingWeight'],
    (values, operators) => times(operators, tensorOf(values, 'patches'), tensorOf(values, 'embeddingWeight')),
  ),
  mistakeIn(
    'embedded',
    'weights transposed',
    'is what you get with the transposed weights; a patch is a row on their left.',
    ['patches', 'embeddingWeight', 'embeddingBias'],
    async (values, operators) => {
      const [x, weight, bias] = ['patches', 'embeddingWeight', 'embeddingBias'].map((name) => tensorOf(values, name))
      return forward(operators, 'linear', 'y', { x, weight, bias })
    },
  ),
  mistakeIn(
    'embedded',
    'rows of the image embedded',
    'is what you get with the rows of the image in place of its patches.',
    ['pixelValues', 'embeddingWeight', 'embeddingBias'],
    (values, operators) =>
      embeddedFrom(reshape(tensorOf(values, 'pixelValues'), [small.patches, small.pixels]), values, operators),
  ),
  mistakeIn(
    'tokens',
    'class token last',
    'has the class token behind the patches; it is the first.',
    ['classToken', 'embedded'],
    async (values) =>
      joined([tensorOf(values, 'embedded'), tensorOf(values, 'classToken')], [small.tokens, small.width]),
  ),
  taken('patches only', 'encoderInput', 'has no class token and no positions.', 'embedded'),
  taken('positions forgotten', 'encoderInput', 'is what you get without positions.', 'tokens'),
  mistakeIn(
    'encoderInput',
    'class token forgotten in the positions',
    'is what you get when the first position goes to the first patch; the first is that of the class token.',
    ['tokens', 'positions'],
    async (values) => {
      const [tokens, positions] = ['tokens', 'positions'].map((name) => tensorOf(values, name))
      const moved = joined(
        [zeros([1, small.width]), rowsFrom(positions, 0, small.patches)],
        [small.tokens, small.width],
      )
      return plus(tokens, moved)
    },
  ),
  mistakeIn(
    'classGradient',
    'gradients of all tokens summed',
    'is the sum of all rows; only the first token is the class token.',
    ['upstream'],
    async (values, operators) =>
      reshape(await times(operators, tensor([1, small.tokens], [1, 1, 1]), tensorOf(values, 'upstream')), [
        small.width,
      ]),
  ),
  taken('positions of patches only', 'positionGradient', 'has no row for the class token.', 'patchGradient'),
  mistakeIn(
    'patchGradient',
    'first rows taken',
    'has the row of the class token, and not the one of the last patch.',
    ['upstream'],
    async (values) => rowsFrom(tensorOf(values, 'upstream'), 0, small.patches),
  ),
  mistakeIn(
    'weightGradient',
    'gradient transposed',
    'is the transpose: a row a number of the token, not a row a pixel.',
    ['weightGradient'],
    async (values) => transposed(tensorOf(values, 'weightGradient')),
  ),
  mistakeIn(
    'weightGradient',
    'mean over the patches',
    'is the mean over the patches; the gradients of all patches are summed.',
    ['weightGradient'],
    (values, operators) => scaledBy(operators, tensorOf(values, 'weightGradient'), 1 / small.patches),
  ),
  mistakeIn(
    'biasGradient',
    'mean of the rows',
    'is the mean over the patches; the gradients of all patches are summed.',
    ['biasGradient'],
    (values, operators) => scaledBy(operators, tensorOf(values, 'biasGradient'), 1 / small.patches),
  ),
  mistakeIn(
    'biasGradient',
    'class token counted in the bias',
    'counts the row of the class token too; the biases are added to patches only.',
    ['upstream'],
    async (values, operators) =>
      reshape(await times(operators, tensor([1, small.tokens], [1, 1, 1]), tensorOf(values, 'upstream')), [
        small.width,
      ]),
  ),
  mistakeIn(
    'imageGradient',
    'gradient left in rows',
    'has each patch as a row; its pixels belong into a square of the image.',
    ['patchGradient', 'embeddingWeight'],
    (values, operators) =>
      times(operators, tensorOf(values, 'patchGradient'), transposed(tensorOf(values, 'embeddingWeight'))),
  ),
]

const attentionNames = ['weightQ', 'weightK', 'weightV', 'weightO']

const ofTheEncoder: readonly ExerciseMistake[] = [
  mistakeIn(
    'normed1',
    'unbiased deviation',
    'is what you get when the squares are divided by D − 1; a normalization divides by D.',
    ['normed1'],
    (values, operators) => scaledBy(operators, tensorOf(values, 'normed1'), Math.sqrt((small.width - 1) / small.width)),
  ),
  mistakeIn(
    'normed1',
    'normalized over the tokens',
    'is normalized over the tokens, column by column; each token is normalized by itself.',
    ['encoderInput'],
    async (values, operators) => transposed(await normalized(transposed(tensorOf(values, 'encoderInput')), operators)),
  ),
  taken('normalization forgotten', 'normed1', 'is not normalized.', 'encoderInput'),
  mistakeIn(
    'attention',
    'attention of the tokens as they are',
    'is what you get when the attention reads the tokens before their normalization.',
    ['encoderInput', ...attentionNames],
    async (values, operators) => {
      const call = attentionCall(tensorOf(values, 'encoderInput'), values)
      const output = await forward(operators, 'multiHeadAttention', 'output', call, { heads: small.heads })
      return reshape(output, [small.tokens, small.width])
    },
  ),
  mistakeIn(
    'attention',
    'one head',
    'is what you get with one head of the whole width.',
    ['normed1', ...attentionNames],
    async (values, operators) => {
      const call = attentionCall(tensorOf(values, 'normed1'), values)
      const output = await forward(operators, 'multiHeadAttention', 'output', call, { heads: 1 })
      return reshape(output, [small.tokens, small.width])
    },
  ),
  mistakeIn(
    'attention',
    'earlier tokens only',
    'is what you get when every token attends to itself and earlier ones; in a Vision Transformer all attend to all.',
    ['normed1', ...attentionNames],
    async (values, operators) => {
      const call = attentionCall(tensorOf(values, 'normed1'), values)
      const output = await forward(operators, 'multiHeadAttention', 'output', call, {
        heads: small.heads,
        causal: true,
      })
      return reshape(output, [small.tokens, small.width])
    },
  ),
  taken('first residual connection forgotten', 'afterAttention', 'is what you get without z₀.', 'attention'),
  mistakeIn(
    'afterAttention',
    'normalized tokens added',
    'is what you get when the normalized tokens are added; the tokens go past the sublayer as they are.',
    ['attention', 'normed1'],
    async (values) => plus(tensorOf(values, 'attention'), tensorOf(values, 'normed1')),
  ),
  mistakeIn(
    'afterAttention',
    'post-norm',
    'is normalized behind the sum, as in the Transformer of 2017; here it is done before the sublayer.',
    ['attention', 'encoderInput'],
    (values, operators) => normalized(plus(tensorOf(values, 'attention'), tensorOf(values, 'encoderInput')), operators),
  ),
  taken('second normalization forgotten', 'normed2', 'is not normalized.', 'afterAttention'),
  mistakeIn(
    'preActivation',
    'biases of the hidden units forgotten',
    'is what you get without the biases.',
    ['normed2', 'weight1'],
    (values, operators) => times(operators, tensorOf(values, 'normed2'), tensorOf(values, 'weight1')),
  ),
  mistakeIn(
    'hiddenUnits',
    'ReLU in place of GELU',
    'is what you get with ReLU; the Vision Transformer has GELU.',
    ['preActivation'],
    (values, operators) => forward(operators, 'relu', 'y', { x: tensorOf(values, 'preActivation') }),
  ),
  taken('GELU forgotten', 'hiddenUnits', 'is what you get without GELU.', 'preActivation'),
  mistakeIn(
    'hiddenUnits',
    'sigmoid in place of the normal distribution',
    'is u·σ(u); GELU has the distribution function of the normal distribution.',
    ['preActivation'],
    async (values) =>
      onHost([tensorOf(values, 'preActivation')], [small.tokens, small.hidden], (data) =>
        data.map((u) => u / (1 + Math.exp(-u))),
      ),
  ),
  mistakeIn(
    'feedForward',
    'linear hidden units',
    'is what you get without GELU between the two layers.',
    ['preActivation', 'weight2', 'bias2'],
    (values, operators) => layerOf(values, ['preActivation', 'weight2', 'bias2'], operators),
  ),
  mistakeIn(
    'feedForward',
    'biases of the outputs forgotten',
    'is what you get without the biases.',
    ['hiddenUnits', 'weight2'],
    (values, operators) => times(operators, tensorOf(values, 'hiddenUnits'), tensorOf(values, 'weight2')),
  ),
  taken('second residual connection forgotten', 'output', 'is what you get without the sum.', 'feedForward'),
  mistakeIn(
    'output',
    'residual from the encoder input',
    'is what you get when z₀ is added a second time in place of the tokens behind the attention.',
    ['feedForward', 'encoderInput'],
    async (values) => plus(tensorOf(values, 'feedForward'), tensorOf(values, 'encoderInput')),
  ),
  mistakeIn(
    'answer',
    'last token read',
    'is the last patch; the head reads the class token, the first.',
    ['output'],
    (values, operators) =>
      normalized(reshape(rowsFrom(tensorOf(values, 'output'), small.patches, 1), [small.width]), operators),
  ),
  mistakeIn('answer', 'last normalization forgotten', 'is not normalized.', ['output'], async (values) =>
    reshape(rowsFrom(tensorOf(values, 'output'), 0, 1), [small.width]),
  ),
  mistakeIn(
    'answer',
    'mean of all tokens',
    'is the normalized mean of all tokens; the head reads the class token.',
    ['output'],
    async (values, operators) => {
      const third = 1 / small.tokens
      const mean = await times(operators, tensor([1, small.tokens], [third, third, third]), tensorOf(values, 'output'))
      return forward(operators, 'layerNorm', 'y', { x: reshape(mean, [small.width]) }, { epsilon })
    },
  ),
]

export const vitMistakes: readonly ExerciseMistake[] = [...networkMistakes, ...ofThePatches, ...ofTheEncoder]

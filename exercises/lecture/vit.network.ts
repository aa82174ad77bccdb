import { scalar } from '../../oracle/tensor.js'
import type { VisionTransformerSizes } from '../architecture/models/vit.js'
import { numberOf } from '../computation.js'
import type { Given, Quantity, Values } from '../exercise.js'
import { counted, givenSize, shaped } from './counted.js'
import {
  encoderParameters,
  type Model,
  modelGiven,
  modelNames,
  models,
  type OwnSizes,
  ownSizes,
} from './encoderLayers.js'

export const networkGiven: readonly Given[] = [
  givenSize('image', ['H', 'image size', 'image side'], 'the side of the images', 224),
  givenSize('channels', ['C', 'channels'], 'the channels of the images', 3),
  givenSize('patch', ['P', 'patch size', 'patch side'], 'the side of a patch', 16),
  givenSize('classes', ['K', 'classes'], 'the classes', 1000),
  ...modelGiven,
]

/** The sizes of a model as an architecture. */
export function sizesOf(values: Values, model: Model): VisionTransformerSizes {
  const of = (name: string) => numberOf(values, name)
  const own = (name: string) => of(`${name}${model}`)
  return {
    name: `the ${modelNames[model]} model`,
    image: of('image'),
    channels: of('channels'),
    patch: of('patch'),
    classes: of('classes'),
    width: own('width'),
    hidden: own('hidden'),
    layers: own('layers'),
    heads: own('heads'),
  }
}

const stage = 'networks'

const patches: readonly Quantity[] = [
  counted({
    name: 'side',
    symbols: ['G', 'patches per side', 'grid size'],
    meaning: 'the patches along a side of the image',
    from: ['image', 'patch'],
    formula: '\\frac{H}{P}',
    stage,
    of: (image, patch) => {
      if (image % patch !== 0) throw new RangeError(`H is ${image}; it should be a multiple of the patch side ${patch}`)
      return image / patch
    },
  }),
  counted({
    name: 'patchCount',
    symbols: ['N', 'patches', 'number of patches'],
    meaning: 'the patches of an image',
    from: ['side'],
    formula: 'G \\cdot G',
    stage,
    asked: true,
    of: (side) => side * side,
  }),
  counted({
    name: 'tokenCount',
    symbols: ['T', 'tokens', 'sequence length', 'number of tokens'],
    meaning: 'the tokens that the encoder reads: the patches and the class token',
    from: ['patchCount'],
    formula: 'N + 1',
    stage,
    asked: true,
    of: (count) => count + 1,
  }),
  counted({
    name: 'pixels',
    symbols: ['p', 'numbers per patch', 'patch length', 'patch dimension'],
    meaning: 'the numbers of a patch, in all channels',
    from: ['channels', 'patch'],
    formula: 'C \\cdot P \\cdot P',
    stage,
    asked: true,
    of: (channels, patch) => channels * patch * patch,
  }),
]

function modelQuantities(model: Model): readonly Quantity[] {
  const i = model
  const word = modelNames[model]
  const [width, hidden, layers, heads] = ['width', 'hidden', 'layers', 'heads'].map((name) => `${name}${i}`)
  return [
    shaped({
      name: `inputShape${i}`,
      symbols: [`Z_${i}`, `${word} token shape`, `${word} encoder input`],
      meaning: `the shape of what the first encoder layer of the ${word} model reads`,
      from: ['tokenCount', width],
      formula: `T \\times D_${i}`,
      stage,
      asked: true,
      of: (tokens, D) => [tokens, D],
    }),
    counted({
      name: `headWidth${i}`,
      symbols: [`d_${i}`, `${word} head width`],
      meaning: `the numbers of a token in one head of the ${word} model`,
      from: [width, heads],
      formula: `\\frac{D_${i}}{k_${i}}`,
      stage,
      of: (D, k) => {
        if (D % k !== 0) throw new RangeError(`D_${i} is ${D}; it should be a multiple of the ${k} heads`)
        return D / k
      },
    }),
    shaped({
      name: `weightsShape${i}`,
      symbols: [`S_${i}`, `${word} attention shape`, `${word} attention weights`],
      meaning: `the shape of the attention weights of a layer of the ${word} model`,
      from: [heads, 'tokenCount'],
      formula: `k_${i} \\times T \\times T`,
      stage,
      asked: true,
      of: (k, tokens) => [k, tokens, tokens],
    }),
    counted({
      name: `embeddingParameters${i}`,
      symbols: [`E_${i}`, `${word} patch embedding parameters`],
      meaning: `the parameters of the patch embedding of the ${word} model`,
      from: ['pixels', width],
      formula: `(p + 1) \\cdot D_${i}`,
      stage,
      asked: true,
      of: (pixels, D) => (pixels + 1) * D,
    }),
    counted({
      name: `positionParameters${i}`,
      symbols: [`R_${i}`, `${word} position parameters`],
      meaning: `the learned positions of the ${word} model`,
      from: ['tokenCount', width],
      formula: `T \\cdot D_${i}`,
      stage,
      asked: true,
      of: (tokens, D) => tokens * D,
    }),
    ...encoderParameters(i),
    counted({
      name: `headParameters${i}`,
      symbols: [`Y_${i}`, `${word} head parameters`],
      meaning: `the parameters of the last linear layer of the ${word} model`,
      from: [width, 'classes'],
      formula: `(D_${i} + 1) \\cdot K`,
      stage,
      of: (D, K) => (D + 1) * K,
    }),
    counted({
      name: `parameters${i}`,
      symbols: [`Q_${i}`, `${word} parameters`],
      meaning: `the parameters of the ${word} model, with class token and last normalization`,
      from: [
        `embeddingParameters${i}`,
        `positionParameters${i}`,
        layers,
        `layerParameters${i}`,
        `headParameters${i}`,
        width,
      ],
      formula: `E_${i} + R_${i} + L_${i} \\cdot B_${i} + Y_${i} + 3 \\cdot D_${i}`,
      stage,
      asked: true,
      of: (embedding, positions, L, layer, head, D) => embedding + positions + L * layer + head + 3 * D,
    }),
    counted({
      name: `layerOperations${i}`,
      symbols: [`O_${i}`, `${word} layer multiply adds`],
      meaning: `the multiply-adds of an encoder layer of the ${word} model`,
      from: ['tokenCount', width, hidden],
      formula: `4 \\cdot T \\cdot D_${i} \\cdot D_${i} + 2 \\cdot T \\cdot T \\cdot D_${i} + 2 \\cdot T \\cdot D_${i} \\cdot F_${i}`,
      stage,
      of: (tokens, D, F) => 4 * tokens * D * D + 2 * tokens * tokens * D + 2 * tokens * D * F,
    }),
    counted({
      name: `operations${i}`,
      symbols: [`U_${i}`, `${word} multiply adds`],
      meaning: `the multiply-adds of the ${word} model for an image`,
      from: ['patchCount', 'pixels', width, layers, `layerOperations${i}`, 'classes'],
      formula: `N \\cdot p \\cdot D_${i} + L_${i} \\cdot O_${i} + D_${i} \\cdot K`,
      stage,
      asked: true,
      of: (count, pixels, D, L, layer, K) => count * pixels * D + L * layer + D * K,
    }),
  ]
}

/** Shapes, parameters and multiply-adds of both models. */
export const networkQuantities: readonly Quantity[] = [...patches, ...models.flatMap(modelQuantities)]

/** Sizes of models that fit: the image a multiple of the patch, the width of the heads. */
export function networkSizes({
  side,
  patch,
  channels,
  classes,
  own,
}: {
  readonly side: number
  readonly patch: number
  readonly channels: number
  readonly classes: number
  readonly own: readonly OwnSizes[]
}): Values {
  const shared = { image: side * patch, patch, channels, classes }
  return Object.fromEntries([...Object.entries(shared), ...ownSizes(own)].map(([name, size]) => [name, scalar(size)]))
}

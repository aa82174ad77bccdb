import type { ExerciseMistake } from '../exercise.js'
import { encoderMiscounts, models } from './encoderLayers.js'
import { countMistake, taken } from './mistakes.js'

const patchCounts: readonly ExerciseMistake[] = [
  countMistake(
    'patches with stride 1',
    'patchCount',
    'counts patches at every pixel, as if they overlapped; they lie side by side.',
    ['image', 'patch'],
    (image, patch) => (image - patch + 1) ** 2,
  ),
  countMistake(
    'patches along one side only',
    'patchCount',
    'is the number of patches along one side; the image has that many rows of them.',
    ['side'],
    (side) => side,
  ),
  countMistake(
    'pixels counted as patches',
    'patchCount',
    'is what you get when the pixels are divided by the side of a patch; a patch has P·P of them.',
    ['image', 'patch'],
    (image, patch) => (image * image) / patch,
  ),
  taken('class token forgotten', 'tokenCount', 'is what you get without the class token.', 'patchCount'),
  countMistake(
    'channels forgotten',
    'pixels',
    'is what you get with one channel; a patch has the numbers of all channels.',
    ['patch'],
    (patch) => patch * patch,
  ),
  countMistake(
    'side in place of the area',
    'pixels',
    'is what you get with one row of the patch.',
    ['channels', 'patch'],
    (channels, patch) => channels * patch,
  ),
]

const ofNetworks: readonly ExerciseMistake[] = models.flatMap((i) => {
  const [width, hidden, layers, heads] = ['width', 'hidden', 'layers', 'heads'].map((name) => `${name}${i}`)
  return [
    countMistake(
      `class token forgotten in the shape (${i})`,
      `inputShape${i}`,
      'is the shape without the class token.',
      ['patchCount', width],
      (count, D) => [count, D],
    ),
    countMistake(
      `patches in place of tokens attended to (${i})`,
      `weightsShape${i}`,
      'has the patches only; the class token attends and is attended to as well.',
      [heads, 'patchCount'],
      (k, count) => [k, count, count],
    ),
    countMistake(
      `bias forgotten (${i})`,
      `embeddingParameters${i}`,
      'is what you get without the biases.',
      ['pixels', width],
      (pixels, D) => pixels * D,
    ),
    countMistake(
      `channels of the patch forgotten (${i})`,
      `embeddingParameters${i}`,
      'is what you get with one channel; the weights read all channels of a patch.',
      ['patch', width],
      (patch, D) => (patch * patch + 1) * D,
    ),
    countMistake(
      `class token without a position (${i})`,
      `positionParameters${i}`,
      'is what you get with a position for every patch; the class token has one too.',
      ['patchCount', width],
      (count, D) => count * D,
    ),
    countMistake(
      `one number a position (${i})`,
      `positionParameters${i}`,
      'is the number of positions; each is a whole vector.',
      ['tokenCount'],
      (count) => count,
    ),
    ...encoderMiscounts(i),
    countMistake(
      `one layer (${i})`,
      `parameters${i}`,
      'counts a single encoder layer.',
      [`embeddingParameters${i}`, `positionParameters${i}`, `layerParameters${i}`, `headParameters${i}`, width],
      (embedding, positions, layer, head, D) => embedding + positions + layer + head + 3 * D,
    ),
    countMistake(
      `head forgotten (${i})`,
      `parameters${i}`,
      'is what you get without the last linear layer.',
      [`parameters${i}`, `headParameters${i}`],
      (all, head) => all - head,
    ),
    countMistake(
      `last normalization and class token forgotten (${i})`,
      `parameters${i}`,
      'is what you get without the class token and the normalization behind the last layer.',
      [`parameters${i}`, width],
      (all, D) => all - 3 * D,
    ),
    countMistake(
      `attention between tokens forgotten (${i})`,
      `layerOperations${i}`,
      'counts the products with weights only; queries times keys and weights times values take 2·T·T·D more.',
      ['tokenCount', width, hidden],
      (count, D, F) => 4 * count * D * D + 2 * count * D * F,
    ),
    countMistake(
      `attention as in every head of the whole width (${i})`,
      `layerOperations${i}`,
      'counts every head as wide as the model where tokens attend to each other; the heads share the width.',
      ['tokenCount', width, hidden, heads],
      (count, D, F, k) => 4 * count * D * D + 2 * k * count * count * D + 2 * count * D * F,
    ),
    countMistake(
      `head at every token (${i})`,
      `operations${i}`,
      'is what you get when the last linear layer reads every token; it reads the class token only.',
      [`operations${i}`, 'tokenCount', width, 'classes'],
      (all, count, D, K) => all + (count - 1) * D * K,
    ),
    countMistake(
      `layers counted once (${i})`,
      `operations${i}`,
      'counts a single encoder layer.',
      [`operations${i}`, layers, `layerOperations${i}`],
      (all, L, layer) => all - (L - 1) * layer,
    ),
  ]
})

/** How shapes, parameters and multiply-adds of both models are miscounted. */
export const networkMistakes: readonly ExerciseMistake[] = [...patchCounts, ...ofNetworks]

import type { ExerciseMistake } from '../exercise.js'
import { encoderMiscounts, models } from './encoderLayers.js'
import { countMistake } from './mistakes.js'

/** How the parameters of both models are miscounted. */
export const networkMistakes: readonly ExerciseMistake[] = models.flatMap((i) => {
  const width = `width${i}`
  return [
    countMistake(
      `hidden units in place of the width (${i})`,
      `tokenTable${i}`,
      'is what you get with the hidden units of a feed-forward layer; a token has D numbers.',
      ['vocabulary', `hidden${i}`],
      (V, F) => V * F,
    ),
    countMistake(
      `sines and cosines for positions (${i})`,
      `positionTable${i}`,
      'is what you get with positions that are not learned, as in the Transformer of 2017.',
      [],
      () => 0,
    ),
    countMistake(
      `positions forgotten (${i})`,
      `embeddingParameters${i}`,
      'is what you get without the table of positions.',
      [`tokenTable${i}`, width],
      (tokens, D) => tokens + 4 * D,
    ),
    countMistake(
      `segments or normalization forgotten (${i})`,
      `embeddingParameters${i}`,
      'is what you get without the table of the two segments, or without the gain and bias of the normalization.',
      [`tokenTable${i}`, `positionTable${i}`, width],
      (tokens, positions, D) => tokens + positions + 2 * D,
    ),
    ...encoderMiscounts(i),
    countMistake(
      `bias of the pooler forgotten (${i})`,
      `poolerParameters${i}`,
      'is what you get without the biases.',
      [width],
      (D) => D * D,
    ),
    countMistake(
      `one layer (${i})`,
      `parameters${i}`,
      'counts a single encoder layer.',
      [`embeddingParameters${i}`, `layerParameters${i}`, `poolerParameters${i}`],
      (embedding, layer, pooler) => embedding + layer + pooler,
    ),
    countMistake(
      `pooler forgotten (${i})`,
      `parameters${i}`,
      'is what you get without the pooler.',
      [`embeddingParameters${i}`, `layers${i}`, `layerParameters${i}`],
      (embedding, L, layer) => embedding + L * layer,
    ),
    countMistake(
      `heads counted (${i})`,
      `parameters${i}`,
      'counts the heads of pre-training too.',
      [`parameters${i}`, `wordHeadParameters${i}`, `pairHeadParameters${i}`],
      (all, words, pairs) => all + words + pairs,
    ),
    countMistake(
      `shared table counted twice (${i})`,
      `wordHeadParameters${i}`,
      'counts the table of tokens a second time; scores and input share it.',
      [`wordHeadParameters${i}`, `tokenTable${i}`],
      (head, tokens) => head + tokens,
    ),
    countMistake(
      `biases of the tokens forgotten (${i})`,
      `wordHeadParameters${i}`,
      'is what you get without a bias for each token.',
      [`wordHeadParameters${i}`, 'vocabulary'],
      (head, V) => head - V,
    ),
    countMistake(
      `one score (${i})`,
      `pairHeadParameters${i}`,
      'is what you get with a single score; there are two.',
      [width],
      (D) => D + 1,
    ),
  ]
})

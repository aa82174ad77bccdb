import type { ExerciseMistake, Given, Quantity } from '../exercise.js'
import { counted, givenSize } from './counted.js'
import { countMistake } from './mistakes.js'

/** The two models that an exercise counts: base and large, unless other sizes are given. */
export const models = [1, 2] as const
export type Model = (typeof models)[number]

export const modelNames: Readonly<Record<Model, string>> = { 1: 'base', 2: 'large' }

/** What the models differ in. */
export const modelGiven: readonly Given[] = models.flatMap((model) => {
  const [width, hidden, layers, heads] = model === 1 ? [768, 3072, 12, 12] : [1024, 4096, 24, 16]
  const of = `of the ${modelNames[model]} model`
  return [
    givenSize(`width${model}`, [`D_${model}`], `the numbers of a token ${of}`, width),
    givenSize(`hidden${model}`, [`F_${model}`], `the hidden units of the feed-forward layers ${of}`, hidden),
    givenSize(`layers${model}`, [`L_${model}`], `the encoder layers ${of}`, layers),
    givenSize(`heads${model}`, [`k_${model}`], `the heads of an attention ${of}`, heads),
  ]
})

/** Heads, the numbers of a token in each, hidden units and layers of a model. */
export type OwnSizes = readonly [heads: number, headWidth: number, hidden: number, layers: number]

/** Given sizes of both models by name; the heads share the width evenly. */
export function ownSizes(own: readonly OwnSizes[]): readonly (readonly [string, number])[] {
  return own.flatMap(([heads, headWidth, hidden, layers], i) => [
    [`width${i + 1}`, heads * headWidth] as const,
    [`hidden${i + 1}`, hidden] as const,
    [`layers${i + 1}`, layers] as const,
    [`heads${i + 1}`, heads] as const,
  ])
}

const stage = 'networks'

/** The parameters of an encoder layer and of its parts, of width D and F hidden units; attention with biases. */
export function encoderParameters(i: Model): readonly Quantity[] {
  const word = modelNames[i]
  const [width, hidden] = [`width${i}`, `hidden${i}`]
  return [
    counted({
      name: `attentionParameters${i}`,
      symbols: [`A_${i}`, `${word} attention parameters`],
      meaning: `the parameters of an attention of the ${word} model: four projections with biases`,
      from: [width],
      formula: `4 \\cdot (D_${i} + 1) \\cdot D_${i}`,
      stage,
      asked: true,
      of: (D) => 4 * (D + 1) * D,
    }),
    counted({
      name: `feedForwardParameters${i}`,
      symbols: [`M_${i}`, `${word} mlp parameters`, `${word} feed forward parameters`],
      meaning: `the parameters of a feed-forward layer of the ${word} model`,
      from: [width, hidden],
      formula: `(D_${i} + 1) \\cdot F_${i} + (F_${i} + 1) \\cdot D_${i}`,
      stage,
      asked: true,
      of: (D, F) => (D + 1) * F + (F + 1) * D,
    }),
    counted({
      name: `layerParameters${i}`,
      symbols: [`B_${i}`, `${word} layer parameters`],
      meaning: `the parameters of an encoder layer of the ${word} model, with its two normalizations`,
      from: [`attentionParameters${i}`, `feedForwardParameters${i}`, width],
      formula: `A_${i} + M_${i} + 4 \\cdot D_${i}`,
      stage,
      asked: true,
      of: (attention, feedForward, D) => attention + feedForward + 4 * D,
    }),
  ]
}

/** How they are miscounted. */
export function encoderMiscounts(i: Model): readonly ExerciseMistake[] {
  const [width, hidden, heads] = [`width${i}`, `hidden${i}`, `heads${i}`]
  return [
    countMistake(
      `biases of the projections forgotten (${i})`,
      `attentionParameters${i}`,
      'is what you get without the biases of the four projections.',
      [width],
      (D) => 4 * D * D,
    ),
    countMistake(
      `last projection forgotten (${i})`,
      `attentionParameters${i}`,
      'counts queries, keys and values only; the concatenated heads are projected too.',
      [width],
      (D) => 3 * (D + 1) * D,
    ),
    countMistake(
      `every head as wide as the model (${i})`,
      `attentionParameters${i}`,
      'is what you get when every head has projections of the whole width; the heads share it.',
      [width, heads],
      (D, k) => 3 * k * (D + 1) * D + (D + 1) * D,
    ),
    countMistake(
      `second layer forgotten (${i})`,
      `feedForwardParameters${i}`,
      'counts the first of the two linear layers only.',
      [width, hidden],
      (D, F) => (D + 1) * F,
    ),
    countMistake(
      `biases of the feed-forward layer forgotten (${i})`,
      `feedForwardParameters${i}`,
      'is what you get without biases.',
      [width, hidden],
      (D, F) => 2 * D * F,
    ),
    countMistake(
      `normalizations forgotten (${i})`,
      `layerParameters${i}`,
      'is what you get without the gains and biases of the two normalizations.',
      [`attentionParameters${i}`, `feedForwardParameters${i}`],
      (attention, feedForward) => attention + feedForward,
    ),
  ]
}

import { scalar } from '../../oracle/tensor.js'
import type { BertSizes } from '../architecture/models/bert.js'
import { numberOf } from '../computation.js'
import type { Given, Quantity, Values } from '../exercise.js'
import { counted, givenSize } from './counted.js'
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
  givenSize('vocabulary', ['V', 'vocabulary size'], 'the tokens of the vocabulary', 30522),
  givenSize('longest', ['S', 'maximum length'], 'the tokens of the longest sequence', 512),
  ...modelGiven,
]

/** The sizes of a model as an architecture. */
export function sizesOf(values: Values, model: Model): BertSizes {
  const own = (name: string) => numberOf(values, `${name}${model}`)
  const longest = numberOf(values, 'longest')
  return {
    name: `the ${modelNames[model]} model`,
    vocabulary: numberOf(values, 'vocabulary'),
    ...{ positions: longest, length: longest, segments: 2 },
    ...{ width: own('width'), hidden: own('hidden'), layers: own('layers'), heads: own('heads') },
  }
}

const stage = 'networks'

function modelQuantities(i: Model): readonly Quantity[] {
  const word = modelNames[i]
  const width = `width${i}`
  return [
    counted({
      name: `tokenTable${i}`,
      symbols: [`E_${i}`, `${word} token embedding parameters`],
      meaning: `the parameters of the token embeddings of the ${word} model`,
      from: ['vocabulary', width],
      formula: `V \\cdot D_${i}`,
      stage,
      asked: true,
      of: (V, D) => V * D,
    }),
    counted({
      name: `positionTable${i}`,
      symbols: [`R_${i}`, `${word} position embedding parameters`],
      meaning: `the parameters of the position embeddings of the ${word} model`,
      from: ['longest', width],
      formula: `S \\cdot D_${i}`,
      stage,
      asked: true,
      of: (S, D) => S * D,
    }),
    counted({
      name: `embeddingParameters${i}`,
      symbols: [`I_${i}`, `${word} embedding parameters`],
      meaning: `the parameters of the input of the ${word} model: three tables, and the normalization of their sum`,
      from: [`tokenTable${i}`, `positionTable${i}`, width],
      formula: `E_${i} + R_${i} + 4 \\cdot D_${i}`,
      stage,
      asked: true,
      of: (tokens, positions, D) => tokens + positions + 4 * D,
    }),
    ...encoderParameters(i),
    counted({
      name: `poolerParameters${i}`,
      symbols: [`O_${i}`, `${word} pooler parameters`],
      meaning: `the parameters of the layer on the first token of the ${word} model, the pooler`,
      from: [width],
      formula: `(D_${i} + 1) \\cdot D_${i}`,
      stage,
      asked: true,
      of: (D) => (D + 1) * D,
    }),
    counted({
      name: `parameters${i}`,
      symbols: [`Q_${i}`, `${word} parameters`],
      meaning: `the parameters of the ${word} model, heads of pre-training left out`,
      from: [`embeddingParameters${i}`, `layers${i}`, `layerParameters${i}`, `poolerParameters${i}`],
      formula: `I_${i} + L_${i} \\cdot B_${i} + O_${i}`,
      stage,
      asked: true,
      of: (embedding, L, layer, pooler) => embedding + L * layer + pooler,
    }),
    counted({
      name: `wordHeadParameters${i}`,
      symbols: [`H_${i}`, `${word} word head parameters`, `${word} mlm head parameters`],
      meaning: `what predicting masked words adds to the ${word} model: a layer, its normalization, a bias for each token; the table is shared`,
      from: ['vocabulary', width],
      formula: `(D_${i} + 1) \\cdot D_${i} + 2 \\cdot D_${i} + V`,
      stage,
      asked: true,
      of: (V, D) => (D + 1) * D + 2 * D + V,
    }),
    counted({
      name: `pairHeadParameters${i}`,
      symbols: [`J_${i}`, `${word} next sentence head parameters`, `${word} nsp head parameters`],
      meaning: `what predicting next sentences adds to the ${word} model`,
      from: [width],
      formula: `2 \\cdot (D_${i} + 1)`,
      stage,
      of: (D) => 2 * (D + 1),
    }),
  ]
}

/** Parameters of both models, part by part. */
export const networkQuantities: readonly Quantity[] = models.flatMap(modelQuantities)

/** Sizes of models whose heads share the width evenly. */
export function networkSizes({
  vocabulary,
  longest,
  own,
}: {
  readonly vocabulary: number
  readonly longest: number
  readonly own: readonly OwnSizes[]
}): Values {
  const all = [...Object.entries({ vocabulary, longest }), ...ownSizes(own)]
  return Object.fromEntries(all.map(([name, size]) => [name, scalar(size)]))
}

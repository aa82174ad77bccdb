import fc from 'fast-check'
import { rowMajor } from '../../oracle/tensor.js'
import { visionTransformer } from '../architecture/models/vit.js'
import { tableOf, walk } from '../architecture/walker.js'
import { tensorOf } from '../computation.js'
import { multiples } from '../draws.js'
import type { Exercise, Values } from '../exercise.js'
import type { Picture } from '../picture.js'
import { models } from './encoderLayers.js'
import { activationConventions, encoderQuantities } from './vit.encoder.js'
import { positionsExperiment } from './vit.experiment.js'
import { vitLaws } from './vit.laws.js'
import { vitMistakes } from './vit.mistakes.js'
import { networkGiven, networkQuantities, networkSizes, sizesOf } from './vit.network.js'
import { gradientQuantities, patchQuantities, small, stepGiven } from './vit.step.js'

/** Models of a few narrow layers. */
function sizesArbitrary(): fc.Arbitrary<Values> {
  const upTo = (least: number, most: number) => fc.integer({ min: least, max: most })
  const own = fc.tuple(upTo(1, 4), upTo(1, 4), upTo(1, 20), upTo(1, 4))
  return fc
    .record({ side: upTo(1, 4), patch: upTo(1, 5), channels: upTo(1, 4), classes: upTo(1, 9), own: fc.tuple(own, own) })
    .map(networkSizes)
}

function tensorsArbitrary(): fc.Arbitrary<Values> {
  return fc.record(
    Object.fromEntries(stepGiven.map(({ name, value }) => [name, multiples(value.shape, -3, 3, 0.5)] as const)),
  )
}

function arbitrary(): fc.Arbitrary<Values> {
  return fc.tuple(sizesArbitrary(), tensorsArbitrary()).map(([sizes, tensors]) => ({ ...sizes, ...tensors }))
}

/** Models of sizes that are seen in practice. */
function worksheetSizes(): fc.Arbitrary<Values> {
  const own = fc.tuple(
    fc.constantFrom(2, 3, 4, 6),
    fc.constantFrom(16, 32, 64),
    fc.constantFrom(96, 128, 256),
    fc.constantFrom(4, 6, 8),
  )
  return fc
    .record({
      side: fc.constantFrom(4, 7, 8, 14),
      patch: fc.constantFrom(4, 8, 16),
      channels: fc.constant(3),
      classes: fc.constantFrom(10, 100),
      own: fc.tuple(own, own),
    })
    .map(networkSizes)
}

/** No row that is nearly constant, scores that do not saturate, and pixels, biases and gradients that show. */
function isWorkable(values: Values): boolean {
  const rowsOf = (name: string) => {
    const data = [...rowMajor(tensorOf(values, name))]
    return [0, 1, 2].map((row) => data.slice(row * small.width, (row + 1) * small.width))
  }
  const spreads = ['encoderInput', 'afterAttention', 'output'].flatMap((name) =>
    rowsOf(name).map((row) => Math.max(...row) - Math.min(...row)),
  )
  const weights = ['attention1', 'attention2'].flatMap((name) => [...rowMajor(tensorOf(values, name))])
  const some = ['embeddingBias', 'bias1', 'bias2', 'classToken', 'attention', 'feedForward', 'imageGradient']
  return (
    spreads.every((spread) => spread >= 1) &&
    Math.max(...weights) < 0.99 &&
    some.every((name) => rowMajor(tensorOf(values, name)).some((value) => value !== 0))
  )
}

function pictures(values: Values): readonly Picture[] {
  const tokens = ['class', 'patch 1', 'patch 2']
  return [1, 2].map((head) => {
    const weights = tensorOf(values, `attention${head}`)
    return {
      kind: 'heatMap',
      title: `Attention weights of head ${head}`,
      rowTitle: 'token that reads',
      columnTitle: 'token that is read',
      rows: tokens,
      columns: tokens,
      values: [0, 1, 2].map((row) => [0, 1, 2].map((column) => weights.get(row, column))),
      labelled: true,
    }
  })
}

export const exerciseVit: Exercise = {
  id: 'lecture/vit',
  title: 'Vision Transformer: an image as a sequence of patches',
  source:
    'NTUA, lecture on attention, transformers and transfer learning; Dosovitskiy and others, An Image is Worth 16×16 Words, 2021, sections 3.1 and 4.1',
  statement: `A Vision Transformer cuts an image of $H \\times H$ pixels and $C$ channels into patches of $P \\times P$ pixels side by side. Every patch is mapped by the same
weights and biases to a token of $D$ numbers; a learned class token is put before them, and a learned position is added to each token. Then come $L$
encoder layers, each with an attention of $k$ heads (four projections with biases) and a feed-forward layer of $F$ hidden units with GELU, a normalization before each of
the two (with a gain and a bias for every number of a token) and a residual connection around each:
$$z' = MSA(LN(z)) + z, \\qquad z = MLP(LN(z')) + z'.$$
A last normalization and a linear layer for $K$ classes read the class token.

For both models, (1) how many patches and tokens has an image, and how many numbers a patch? (2) What are the shapes of the tokens and of a layer's attention
weights? (3) How many parameters have the patch embedding, the positions, an attention, a feed-forward layer, an encoder layer and the whole model? (4) How many
multiply-adds takes an image?

A small image $I$ of one channel has two patches of $2 \\times 2$, read row by row. (5) What does the encoder read, with the weights $W_E$, the
biases $b_E$, the class token and the positions given? (6) The gradient of a loss with respect to it is $G$. What are the gradients of class token, positions, weights, biases and
pixels? (7) One encoder layer of two heads has the weights given, no biases in its attention, and normalizations with gain one and bias zero. What does it answer, and what
does the head read? (8) Why are positions added?`,
  heading: { number: 'vit' },
  given: [...networkGiven, ...stepGiven],
  arbitrary,
  stages: [
    { name: 'networks', title: 'The networks' },
    { name: 'patches', title: 'From patches to tokens' },
    { name: 'gradients', title: 'Gradients of the patch step' },
    { name: 'encoder', title: 'An encoder layer' },
  ],
  quantities: [...networkQuantities, ...patchQuantities, ...gradientQuantities, ...encoderQuantities],
  conventions: [{ axis: 'GELU', conventions: activationConventions }],
  mistakes: vitMistakes,
  laws: vitLaws,
  experiments: [positionsExperiment],
  worksheet: {
    arbitrary: () =>
      fc.tuple(worksheetSizes(), tensorsArbitrary()).map(([sizes, tensors]) => ({ ...sizes, ...tensors })),
    isWorkable,
  },
  pictures,
  tables: (values) => models.map((model) => tableOf(walk(visionTransformer(sizesOf(values, model))))),
}

import { copy, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseLaw, Operators, Values } from '../exercise.js'
import { expectAllClose, expectClose, expectShape, largest } from '../expectation.js'
import { type Parameters, randomNumbers } from '../training.js'
import {
  decoded,
  embedded,
  encoded,
  initialTransformer,
  layerOf,
  type TransformerSizes,
  translationPass,
} from './transformer.model.js'
import { special } from './transformer.pairs.js'
import { isNoPadding, lengthsOf, movedRight } from './transformer.quantities.js'

function sizesOf(values: Values): TransformerSizes {
  const [width, hiddenWidth, layers, heads, vocabulary] = [
    'width',
    'hiddenWidth',
    'layers',
    'heads',
    'vocabularySize',
  ].map((name) => numberOf(values, name))
  return { width, hiddenWidth, layers, heads, vocabulary }
}

/** A model of these sizes with random parameters. */
function modelOf(values: Values): { readonly sizes: TransformerSizes; readonly parameters: Parameters } {
  const sizes = sizesOf(values)
  return { sizes, parameters: initialTransformer(sizes, randomNumbers(1)) }
}

/** The given sentences as one batch, padding and all. */
function batchOf(values: Values, input: Tensor) {
  const target = tensorOf(values, 'target')
  const isWord = rowMajor(isNoPadding(target))
  const words = isWord.reduce((sum, value) => sum + value)
  return {
    source: tensorOf(values, 'source'),
    input,
    target: tensor([target.size], rowMajor(target)),
    counted: tensor(
      [target.size],
      isWord.map((value) => value / words),
    ),
  }
}

/** The logits for the given sources and this input of the decoder. */
async function logitsOf(values: Values, input: Tensor, operators: Operators): Promise<Tensor> {
  const { sizes, parameters } = modelOf(values)
  const memory = await encoded(parameters, tensorOf(values, 'source'), sizes, operators)
  return (await decoded(parameters, { memory, input }, sizes, operators)).logits
}

/** Numbers that do not depend on what was changed go through the same roundings; a few of the last digits may differ still. */
function allowedFor(slack: number, x: Tensor): number {
  return 8 * slack * (1 + largest(x))
}

/** What holds for lecture/transformer whatever the sizes and the sentences. */
export const transformerLaws: readonly ExerciseLaw[] = [
  {
    name: 'a model that is built and run has the shapes and parameters that are claimed',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const { sizes, parameters } = modelOf(given)
      const counted = Object.values(parameters).reduce((sum, { size }) => sum + size, 0)
      expectClose('the number of parameters', numberOf(solved, 'parameters'), counted, 4 * slack * counted)
      const source = tensorOf(given, 'source')
      const x = await embedded(parameters, source, operators)
      expectShape('the embedded source', x, [...rowMajor(tensorOf(solved, 'embeddedShape'))])
      const memory = await encoded(parameters, source, sizes, operators)
      expectShape('the memory', memory, [...rowMajor(tensorOf(solved, 'memoryShape'))])
      const input = tensorOf(solved, 'decoderInput')
      const { logits, output } = await decoded(parameters, { memory, input }, sizes, operators)
      const [sentences, length, words] = rowMajor(tensorOf(solved, 'logitsShape'))
      expectShape('the logits', logits, [sentences * length, words])
      const across = { query: output, key: memory, value: memory, ...attentionOf(parameters, 'crossAttention') }
      const weights = await forward(operators, 'multiHeadAttention', 'weights', across, { heads: sizes.heads })
      expectShape('encoder-decoder attention', weights, [...rowMajor(tensorOf(solved, 'crossAttentionShape'))])
      const own = { query: output, key: output, value: output, ...attentionOf(parameters, 'selfAttention') }
      const settings = { heads: sizes.heads, causal: true }
      const ofDecoder = await forward(operators, 'multiHeadAttention', 'weights', own, settings)
      expectShape('self-attention', ofDecoder, [...rowMajor(tensorOf(solved, 'decoderAttentionShape'))])
    },
  },
  {
    name: 'the look-ahead mask says where causal attention has weights',
    async check(given, solve, _slack, operators) {
      const solved = await solve(given)
      const { sizes, parameters } = modelOf(given)
      const x = await embedded(parameters, tensorOf(solved, 'decoderInput'), operators)
      const call = { query: x, key: x, value: x, ...attentionOf(parameters, 'selfAttention') }
      const settings = { heads: sizes.heads, causal: true }
      const weights = await forward(operators, 'multiHeadAttention', 'weights', call, settings)
      const mask = rowMajor(tensorOf(solved, 'lookAheadMask'))
      for (const [i, weight] of rowMajor(weights).entries()) {
        const allowed = mask[i % mask.length]
        if (weight > 0 !== (allowed === 1)) throw new Error(`a weight is ${weight} where the mask is ${allowed}`)
      }
    },
  },
  {
    name: 'what the decoder reads later changes no earlier position',
    async check(given, solve, slack, operators) {
      const input = tensorOf(await solve(given), 'decoderInput')
      const [sentences, length] = input.shape
      const before = await logitsOf(given, input, operators)
      const at = length - 2
      const changed = copy(input)
      for (let n = 0; n < sentences; n++) for (let t = at + 1; t < length; t++) changed.set(n, t, special.end)
      const after = await logitsOf(given, changed, operators)
      for (let n = 0; n < sentences; n++)
        for (let t = 0; t <= at; t++) {
          const row = n * length + t
          const [is, should] = [after, before].map((logits) => copy(logits.pick(row, null)))
          expectAllClose(`position ${t} of sentence ${n}`, is, should, allowedFor(slack, before))
        }
    },
  },
  {
    name: 'padding in the targets changes neither the loss nor its gradients',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const { sizes, parameters } = modelOf(given)
      const input = tensorOf(solved, 'decoderInput')
      const isWord = rowMajor(isNoPadding(tensorOf(given, 'target')))
      const noise = tensor(
        input.shape,
        rowMajor(input).map((id, i) => (isWord[i] === 1 ? id : special.end)),
      )
      const before = await translationPass(parameters, batchOf(given, input), sizes, operators)
      const after = await translationPass(parameters, batchOf(given, noise), sizes, operators)
      expectAllClose('the loss', after.loss, before.loss, allowedFor(slack, before.loss))
      for (const [name, gradient] of Object.entries(before.gradients))
        expectAllClose(`the gradient of ${name}`, after.gradients[name], gradient, allowedFor(slack, gradient))
    },
  },
  {
    name: 'with the padding mask, padding behind a source sentence changes no word of it',
    async check(given, solve, slack, operators) {
      const mask = tensorOf(await solve(given), 'paddingMask')
      const { sizes, parameters } = modelOf(given)
      const [sentences, length] = lengthsOf(given, 'source')
      for (let n = 0; n < sentences; n++) {
        const isWord = rowMajor(copy(mask.pick(n, null)))
        const ids = rowMajor(copy(tensorOf(given, 'source').pick(n, null)))
        const run = async (padding: number) => {
          const source = tensor(
            [1, length],
            ids.map((id, i) => (isWord[i] === 1 ? id : padding)),
          )
          const x = await embedded(parameters, source, operators)
          const rows = tensor([length, length], Array.from({ length }, () => [...isWord]).flat())
          const call = { x, mask: rows, ...layerOf(parameters, 'encoder1') }
          return forward(operators, 'encoderLayer', 'y', call, { heads: sizes.heads })
        }
        const [before, after] = [await run(special.padding), await run(special.end)]
        for (const [t, word] of isWord.entries()) {
          if (word === 0) continue
          const [is, should] = [after, before].map((y) => copy(y.pick(0, t, null)))
          expectAllClose(`position ${t} of sentence ${n}`, is, should, allowedFor(slack, before))
        }
      }
    },
  },
  {
    name: 'the words to predict are the words that the decoder reads one position later',
    async check(given, solve) {
      const [solved, target] = [await solve(given), tensorOf(given, 'target')]
      const input = tensorOf(solved, 'decoderInput')
      expectAllClose('the shifted targets', movedRight(target, special.start), input, 0)
      const [sentences, length] = target.shape
      for (let n = 0; n < sentences; n++)
        for (let t = 0; t + 1 < length; t++)
          expectClose(`the input of sentence ${n} at ${t + 1}`, input.get(n, t + 1), target.get(n, t), 0)
    },
  },
  {
    name: 'another word in the vocabulary costs one vector, another layer in each stack as much as the first',
    async check(given, solve) {
      const count = async (changed: Values) => numberOf(await solve({ ...given, ...changed }), 'parameters')
      const { vocabulary, layers, width } = sizesOf(given)
      const solved = await solve(given)
      const all = numberOf(solved, 'parameters')
      const word = (await count({ vocabularySize: scalar(vocabulary + 1) })) - all
      expectClose('the parameters of a word', word, width, 0)
      const layer = (await count({ layers: scalar(layers + 1) })) - all
      const [encoder, decoder] = ['encoderLayerParameters', 'decoderLayerParameters'].map((name) =>
        numberOf(solved, name),
      )
      expectClose('the parameters of another layer', layer, encoder + decoder, 0)
    },
  },
  {
    name: 'a guess among all words costs as much as among half of them and one more bit',
    async check(given, solve, slack) {
      const loss = async (words: number) =>
        numberOf(await solve({ ...given, vocabularySize: scalar(words) }), 'uniformLoss')
      const { vocabulary } = sizesOf(given)
      const [some, twice] = [await loss(vocabulary), await loss(2 * vocabulary)]
      expectClose('the loss of twice as many words', twice, some + Math.LN2, 8 * slack * (1 + twice))
    },
  },
]

/** The weights of the first layer of the decoder's attention of this name. */
function attentionOf(parameters: Parameters, name: string): Parameters {
  return layerOf(layerOf(parameters, 'decoder1'), name)
}

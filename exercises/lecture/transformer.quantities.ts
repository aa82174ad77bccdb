import { rowMajor, scalar, type Tensor, tensor, zeros } from '../../oracle/tensor.js'
import { forward, numberOf, scalarOf, tensorOf } from '../computation.js'
import type { Convention, Quantity, Values } from '../exercise.js'
import { lowerTriangle } from '../matrices.js'
import { special } from './transformer.pairs.js'

/** Rows of ids: sentences, and the length that they are padded to. */
export function lengthsOf(values: Values, name: string): readonly [number, number] {
  const [sentences, length] = tensorOf(values, name).shape
  return [sentences, length]
}

/** How many tokens of each row are no padding. */
export function countsOf(ids: Tensor): readonly number[] {
  const [rows, length] = ids.shape
  const data = rowMajor(ids)
  return Array.from(
    { length: rows },
    (_, r) => data.subarray(r * length, (r + 1) * length).filter((id) => id !== special.padding).length,
  )
}

/** Every row moved one position to the right, `first` in front of it. */
export function movedRight(ids: Tensor, first: number): Tensor {
  const length = ids.shape[1]
  return tensor(
    ids.shape,
    rowMajor(ids).map((_, i, all) => (i % length === 0 ? first : all[i - 1])),
  )
}

/** A mask that is 1 where an id is no padding. */
export function isNoPadding(ids: Tensor): Tensor {
  return tensor(
    ids.shape,
    rowMajor(ids).map((id) => (id === special.padding ? 0 : 1)),
  )
}

function shape(
  name: string,
  symbols: readonly string[],
  meaning: string,
  from: readonly string[],
  formula: string,
  dimensions: (values: Values) => readonly number[],
): Quantity {
  return {
    name,
    symbols,
    meaning,
    kind: 'shape',
    from,
    formula,
    asked: true,
    compute: async (values) => {
      const lengths = dimensions(values)
      return tensor([lengths.length], lengths)
    },
  }
}

/** A whole number computed from whole numbers. */
function count(
  name: string,
  symbols: readonly string[],
  meaning: string,
  from: readonly string[],
  formula: string,
  compute: (...numbers: readonly number[]) => number,
): Quantity {
  return {
    name,
    symbols,
    meaning,
    kind: 'whole',
    from,
    formula,
    compute: async (values) => scalar(compute(...from.map((input) => numberOf(values, input)))),
  }
}

const sequences: readonly Quantity[] = [
  {
    name: 'decoderInput',
    symbols: ['y_in', 'decoder input', 'shifted targets', 'shifted right', 'outputs shifted right'],
    meaning:
      'what the decoder reads while it is trained: the targets one position further right, behind the start token',
    kind: 'whole',
    from: ['target'],
    formula: '\\text{shift right}(Y)',
    asked: true,
    compute: async (values) => movedRight(tensorOf(values, 'target'), special.start),
  },
  {
    name: 'paddingMask',
    symbols: ['M_pad', 'padding mask', 'source mask', 'm_src'],
    meaning: 'which positions of the source sentences take part in attention: 1 for words, 0 for padding',
    kind: 'whole',
    from: ['source'],
    formula: '[X \\neq \\text{pad}]',
    asked: true,
    compute: async (values) => isNoPadding(tensorOf(values, 'source')),
  },
  {
    name: 'lookAheadMask',
    symbols: ['M_causal', 'M_look', 'look ahead mask', 'causal mask', 'target mask'],
    meaning: 'which positions (columns) each position of the target (row) may look at: itself and those before it',
    kind: 'whole',
    from: ['target'],
    formula: '[s \\leq t]',
    asked: true,
    compute: async (values) => lowerTriangle(lengthsOf(values, 'target')[1]),
  },
  {
    name: 'decoderRuns',
    symbols: ['r', 'decoder runs', 'decoding steps', 'time steps'],
    meaning: 'how often the decoder runs to write each sentence greedily: once a word, and once for the end token',
    kind: 'whole',
    from: ['target'],
    formula: '\\sum_t [Y_t \\neq \\text{pad}]',
    asked: true,
    compute: async (values) => {
      const counts = countsOf(tensorOf(values, 'target'))
      return tensor([counts.length], counts)
    },
  },
  {
    name: 'countedPositions',
    symbols: ['n_loss', 'counted positions', 'loss positions', 'target tokens'],
    meaning: 'the positions whose cross-entropy counts: those of the targets that are no padding',
    kind: 'whole',
    from: ['decoderRuns'],
    formula: '\\sum r',
    compute: async (values) => scalar(rowMajor(tensorOf(values, 'decoderRuns')).reduce((sum, runs) => sum + runs)),
  },
]

const batchAndSource = (values: Values) => lengthsOf(values, 'source')
const sizeOf = (values: Values, name: string) => numberOf(values, name)

const shapes: readonly Quantity[] = [
  shape(
    'embeddedShape',
    ['embedding shape', 'encoder input', 'embedded shape', 'input embedding'],
    'what embedding and positional encoding make of the source: sentences × positions × width',
    ['source', 'width'],
    'B \\times S \\times d_{model}',
    (values) => [...batchAndSource(values), sizeOf(values, 'width')],
  ),
  shape(
    'queryShape',
    ['query shape', 'q', 'query', 'heads shape'],
    'the queries of the encoder by heads: sentences × heads × positions × width of a head',
    ['source', 'heads', 'headWidth'],
    'B \\times h \\times S \\times d_k',
    (values) => {
      const [sentences, length] = batchAndSource(values)
      return [sentences, sizeOf(values, 'heads'), length, sizeOf(values, 'headWidth')]
    },
  ),
  shape(
    'memoryShape',
    ['memory shape', 'encoder output', 'memory'],
    'what the encoder hands to every layer of the decoder',
    ['source', 'width'],
    'B \\times S \\times d_{model}',
    (values) => [...batchAndSource(values), sizeOf(values, 'width')],
  ),
  shape(
    'decoderAttentionShape',
    ['decoder attention', 'decoder self attention', 'self attention weights'],
    'the weights of the decoder’s self-attention: sentences × heads × positions × positions',
    ['target', 'heads'],
    'B \\times h \\times T \\times T',
    (values) => {
      const [sentences, length] = lengthsOf(values, 'target')
      return [sentences, sizeOf(values, 'heads'), length, length]
    },
  ),
  shape(
    'crossAttentionShape',
    ['cross attention', 'encoder decoder attention', 'cross attention weights'],
    'the weights of encoder-decoder attention: the target attends to the source',
    ['source', 'target', 'heads'],
    'B \\times h \\times T \\times S',
    (values) => {
      const [[sources, sourceLength], [targets, targetLength]] = ['source', 'target'].map((name) =>
        lengthsOf(values, name),
      )
      if (sources !== targets) throw new RangeError(`there are ${sources} sentences and ${targets} translations`)
      return [sources, sizeOf(values, 'heads'), targetLength, sourceLength]
    },
  ),
  shape(
    'logitsShape',
    ['logits shape', 'logits', 'output shape', 'decoder output'],
    'the scores of the last linear layer: one a word of the vocabulary at every position of the target',
    ['target', 'vocabularySize'],
    'B \\times T \\times V',
    (values) => [...lengthsOf(values, 'target'), sizeOf(values, 'vocabularySize')],
  ),
]

/** Whether the sizes are those of the paper's base model. */
function isBaseModel(values: Values): boolean {
  const base = { layers: 6, width: 512, heads: 8, hiddenWidth: 2048, vocabularySize: 37000 }
  return Object.entries(base).every(([name, size]) => numberOf(values, name) === size)
}

const parameters: readonly Quantity[] = [
  count(
    'attentionParameters',
    ['P_att', 'attention parameters', 'multi head parameters'],
    'the weights of one multi-head attention: queries, keys, values and W^O of all heads, without biases',
    ['width'],
    '4 \\cdot d_{model} \\cdot d_{model}',
    (d) => 4 * d * d,
  ),
  count(
    'feedForwardParameters',
    ['P_ffn', 'feed forward parameters', 'P_ff'],
    'the weights and biases of one feed-forward network',
    ['width', 'hiddenWidth'],
    '2 \\cdot d_{model} \\cdot d_{ff} + d_{ff} + d_{model}',
    (d, f) => 2 * d * f + f + d,
  ),
  count(
    'normParameters',
    ['P_norm', 'norm parameters', 'layer norm parameters'],
    'the gain and bias of one layer normalization',
    ['width'],
    '2 \\cdot d_{model}',
    (d) => 2 * d,
  ),
  count(
    'encoderLayerParameters',
    ['P_enc', 'encoder layer parameters'],
    'the parameters of one layer of the encoder: an attention, a feed-forward network, two norms',
    ['attentionParameters', 'feedForwardParameters', 'normParameters'],
    'P_{att} + P_{ffn} + 2 \\cdot P_{norm}',
    (attention, feedForward, norm) => attention + feedForward + 2 * norm,
  ),
  count(
    'decoderLayerParameters',
    ['P_dec', 'decoder layer parameters'],
    'the parameters of one layer of the decoder: two attentions, a feed-forward network, three norms',
    ['attentionParameters', 'feedForwardParameters', 'normParameters'],
    '2 \\cdot P_{att} + P_{ffn} + 3 \\cdot P_{norm}',
    (attention, feedForward, norm) => 2 * attention + feedForward + 3 * norm,
  ),
  count(
    'embeddingParameters',
    ['P_emb', 'embedding parameters'],
    'the one table that both embeddings and the last linear layer share',
    ['vocabularySize', 'width'],
    'V \\cdot d_{model}',
    (V, d) => V * d,
  ),
  {
    ...count(
      'parameters',
      ['P', 'parameters', 'params', 'trainable parameters', 'number of parameters'],
      'the trainable parameters of the whole model',
      ['layers', 'encoderLayerParameters', 'decoderLayerParameters', 'embeddingParameters'],
      'N \\cdot (P_{enc} + P_{dec}) + P_{emb}',
      (N, encoder, decoder, embedding) => N * (encoder + decoder) + embedding,
    ),
    asked: true,
    alternatives: [
      {
        note: 'the figure of the paper’s table, in millions; a vocabulary of 37,000 yields 63.0 million',
        value: (values) => (isBaseModel(values) ? scalar(65e6) : tensorOf(values, 'parameters')),
      },
    ],
  },
]

/** Everything that lecture/transformer asks for or passes on the way. */
export const transformerQuantities: readonly Quantity[] = [
  ...sequences,
  count(
    'headWidth',
    ['d_k', 'd_v', 'head width', 'head size'],
    'the width of a head',
    ['width', 'heads'],
    '\\frac{d_{model}}{h}',
    (d, h) => {
      if (d % h !== 0) throw new RangeError(`d_model is ${d}; it should be a multiple of the ${h} heads`)
      return d / h
    },
  ),
  ...shapes,
  ...parameters,
  {
    name: 'uniformLoss',
    symbols: ['L_0', 'uniform loss', 'initial loss', 'cal L_0'],
    meaning: 'the cross-entropy of a model that gives all words of the vocabulary the same probability',
    kind: 'real',
    from: ['vocabularySize'],
    formula: '\\ln V',
    compute: async (values, operators) => {
      const logits = zeros([1, numberOf(values, 'vocabularySize')])
      return scalarOf(await forward(operators, 'crossEntropy', 'loss', { logits, target: zeros([1]) }))
    },
  },
]

/** Three tables in place of one: for the source, for the target, and the last linear layer’s weight. */
export const separateTables: Convention = {
  name: 'three tables',
  description: 'source embedding, target embedding and last linear layer have a table of V·d_model each',
  overrides: {
    embeddingParameters: ({ symbols, meaning }) =>
      count(
        'embeddingParameters',
        symbols,
        meaning,
        ['vocabularySize', 'width'],
        '3 \\cdot V \\cdot d_{model}',
        (V, d) => 3 * V * d,
      ),
  },
}

/** Projections of attention with biases, as many libraries have them. */
export const attentionBiases: Convention = {
  name: 'attention with biases',
  description: 'each of the four projections of an attention has a bias of d_model',
  overrides: {
    attentionParameters: ({ symbols, meaning }) =>
      count(
        'attentionParameters',
        symbols,
        meaning,
        ['width'],
        '4 \\cdot d_{model} \\cdot d_{model} + 4 \\cdot d_{model}',
        (d) => 4 * d * d + 4 * d,
      ),
  },
}

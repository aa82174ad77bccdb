import fc from 'fast-check'
import { rowMajor, scalar, type Tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { Exercise, Given, Table, Values } from '../exercise.js'
import type { HeatMap } from '../picture.js'
import { translationExperiment } from './transformer.experiment.js'
import { transformerLaws } from './transformer.laws.js'
import { transformerMistakes } from './transformer.mistakes.js'
import { padded, special, vocabulary } from './transformer.pairs.js'
import { attentionBiases, separateTables, transformerQuantities } from './transformer.quantities.js'
import { sentences, translationTraining } from './transformer.training.js'

const tokens = vocabulary.map((word, id) => `\`${id} ${word}\``).join(', ')

const given: readonly Given[] = [
  {
    name: 'source',
    symbols: ['X', 'source', 'source ids', 'x'],
    meaning: 'the ids of the source sentences, a row each, padded',
    kind: 'whole',
    value: padded(sentences.map(([source]) => source)),
    range: { least: 0 },
  },
  {
    name: 'target',
    symbols: ['Y', 'target', 'targets', 'target ids', 'y'],
    meaning: 'the ids of their translations, each closed by the end token and padded',
    kind: 'whole',
    value: padded(sentences.map(([, target]) => target)),
    range: { least: 0 },
  },
  {
    name: 'layers',
    symbols: ['N', 'layers', 'number of layers'],
    meaning: 'the layers of the encoder, and of the decoder',
    kind: 'whole',
    value: scalar(6),
    range: { least: 1 },
  },
  {
    name: 'width',
    symbols: ['d_model', 'd', 'width', 'model size', 'embedding size'],
    meaning: 'the width of embeddings and of all layers’ outputs',
    kind: 'whole',
    value: scalar(512),
    range: { least: 2 },
  },
  {
    name: 'heads',
    symbols: ['h', 'heads', 'number of heads'],
    meaning: 'the heads of every attention',
    kind: 'whole',
    value: scalar(8),
    range: { least: 1 },
  },
  {
    name: 'hiddenWidth',
    symbols: ['d_ff', 'd_ffn', 'hidden width', 'hidden size'],
    meaning: 'the hidden units of the feed-forward networks',
    kind: 'whole',
    value: scalar(2048),
    range: { least: 1 },
  },
  {
    name: 'vocabularySize',
    symbols: ['V', 'vocabulary size', 'vocab size', "cal V'"],
    meaning: 'the tokens of the vocabulary that both languages share',
    kind: 'whole',
    value: scalar(37000),
    range: { least: 1 },
  },
]

/** Three sentences of one to four words with translations of one to four words, padded as the lecture's are. */
function sentencesArbitrary(words: number): fc.Arbitrary<Values> {
  const sentence = fc.array(fc.integer({ min: special.end + 1, max: words - 1 }), { minLength: 1, maxLength: 4 })
  const three = fc.array(sentence, { minLength: 3, maxLength: 3 })
  return fc.record({ sources: three, targets: three }).map(({ sources, targets }) => ({
    source: paddedTo(sources, 4),
    target: paddedTo(
      targets.map((target) => [...target, special.end]),
      5,
    ),
  }))
}

/** The rows, each padded to this length. */
function paddedTo(rows: readonly (readonly number[])[], length: number): Tensor {
  return padded(rows.map((row) => [...row, ...Array<number>(length - row.length).fill(special.padding)]))
}

/** Sizes from these lists; every width is shared out evenly among the heads, and even. */
function sizesArbitrary(
  choices: Readonly<Record<'layers' | 'headWidth' | 'heads' | 'hiddenWidth', readonly number[]>>,
  vocabularySize: fc.Arbitrary<number>,
): fc.Arbitrary<Values> {
  return fc
    .record({
      layers: fc.constantFrom(...choices.layers),
      headWidth: fc.constantFrom(...choices.headWidth),
      heads: fc.constantFrom(...choices.heads),
      hiddenWidth: fc.constantFrom(...choices.hiddenWidth),
      vocabularySize,
    })
    .map(({ headWidth, ...sizes }) => {
      const numbers = { ...sizes, width: sizes.heads * headWidth }
      return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, scalar(value)]))
    })
}

function arbitraryOf(
  choices: Parameters<typeof sizesArbitrary>[0],
  vocabularySize: fc.Arbitrary<number>,
  words: number,
): fc.Arbitrary<Values> {
  return fc
    .tuple(sentencesArbitrary(words), sizesArbitrary(choices, vocabularySize))
    .map(([ids, sizes]) => ({ ...ids, ...sizes }))
}

function isFullLength(ids: Tensor): boolean {
  const length = ids.shape[1]
  return rowMajor(ids).some((id, i) => i % length === length - 1 && id !== special.padding)
}

function hasPadding(ids: Tensor): boolean {
  return rowMajor(ids).includes(special.padding)
}

function matrix(values: Values, name: string): readonly (readonly number[])[] {
  const x = tensorOf(values, name)
  return Array.from({ length: x.shape[0] }, (_, r) => Array.from({ length: x.shape[1] }, (_, c) => x.get(r, c)))
}

function maskPicture(values: Values, name: string, rowTitle: string): HeatMap {
  const titles: Readonly<Record<string, string>> = {
    paddingMask: 'Padding mask of the source sentences',
    lookAheadMask: 'Look-ahead mask of the decoder',
  }
  const [rows, columnTitle] = [matrix(values, name), 'position that is attended to']
  return { kind: 'heatMap', title: titles[name], rowTitle, columnTitle, values: rows, labelled: true }
}

/** The parameters part by part. */
function parameterTable(values: Values): Table {
  const number = (name: string) => numberOf(values, name)
  const layers = number('layers')
  const part = (name: string, each: string, times: number) => [name, number(each), times, times * number(each)]
  return {
    title: 'Parameters',
    columns: ['part', 'parameters of one', 'how many', 'parameters'],
    rows: [
      part('embeddings and last linear layer', 'embeddingParameters', 1),
      part('multi-head attention', 'attentionParameters', 3 * layers),
      part('feed-forward network', 'feedForwardParameters', 2 * layers),
      part('layer normalization', 'normParameters', 5 * layers),
      part('all', 'parameters', 1),
    ],
  }
}

/** The sentences as the encoder and the decoder read them, and as they should come out. */
function sentenceTable(values: Values): Table {
  const rows = ['source', 'decoderInput', 'target'].map((name) => matrix(values, name))
  const text = (ids: readonly number[]) => ids.join(' ')
  return {
    title: 'Ids of each sentence',
    columns: ['sentence', 'encoder reads', 'decoder reads', 'decoder should write'],
    rows: rows[0].map((_, n) => [n + 1, ...rows.map((ids) => text(ids[n]))]),
  }
}

export const transformer: Exercise = {
  id: 'lecture/transformer',
  title: 'A Transformer: shapes, masks, parameters, training and decoding',
  source:
    'NTUA lecture on attention and Transformers (architecture, training, inference); sizes of the base model and of its vocabulary from the paper of 2017, sections 3, 5 and table 3',
  statement: `A Transformer translates sentences: an encoder and a decoder of $N$ layers each, of width $d_{model}$, with $h$ heads in every
attention, feed-forward networks with $d_{ff}$ hidden units, and layer normalization after every sublayer. One vocabulary of $V$ tokens serves both
languages; its table of embeddings is shared by the encoder, by the decoder and, as the weights without a bias, by the last linear layer. The projections
of attention have no biases, the two layers of the feed-forward networks have.

Given are the ids of some sentences, $X$, and of their translations, $Y$. Id ${special.padding} is padding, id ${special.start} is \`<sos>\`, which the decoder begins
with, and id ${special.end} is \`<eos>\`, the end token, which closes a translation. Of three pairs of sentences the words are ${tokens}.

(a) What does the decoder read in training? (b) Write down the padding mask of the sources and the look-ahead mask of the decoder, 1 where a
position takes part. (c) What are the shapes of the embedded sources, of the queries by heads, of the memory, of the attention weights in the decoder, of
the logits? (d) How many parameters does the model have? (e) How often does the decoder run to write each translation greedily? (f) Train a small one on
the pairs until it writes every translation exactly. Why are the targets shifted?`,
  heading: { number: 'transformer' },
  given,
  arbitrary: () =>
    arbitraryOf(
      { layers: [1, 2], headWidth: [2, 4], heads: [1, 2], hiddenWidth: [1, 3, 6] },
      fc.integer({ min: 6, max: 12 }),
      6,
    ),
  stages: [],
  quantities: transformerQuantities,
  conventions: [
    {
      axis: 'embeddings',
      conventions: [
        {
          name: 'one shared table',
          description: 'both embeddings and the last linear layer share one table of V·d_model',
          overrides: {},
        },
        separateTables,
      ],
    },
    {
      axis: 'attention',
      conventions: [
        {
          name: 'attention without biases',
          description: 'the four projections of an attention are matrices only',
          overrides: {},
        },
        attentionBiases,
      ],
    },
  ],
  mistakes: transformerMistakes,
  laws: transformerLaws,
  experiments: [translationExperiment],
  trainings: [translationTraining],
  worksheet: {
    arbitrary: () =>
      arbitraryOf(
        { layers: [2, 3, 4], headWidth: [2, 4, 8], heads: [2, 4], hiddenWidth: [10, 20, 32] },
        fc.constantFrom(30, 50, 100),
        vocabulary.length,
      ),
    isWorkable: (values) =>
      ['source', 'target'].every((name) => {
        const ids = tensorOf(values, name)
        return isFullLength(ids) && hasPadding(ids)
      }),
  },
  pictures: (values) => [
    maskPicture(values, 'paddingMask', 'sentence'),
    maskPicture(values, 'lookAheadMask', 'position that attends'),
  ],
  tables: (values) => [sentenceTable(values), parameterTable(values)],
}

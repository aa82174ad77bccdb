import type { Architecture, Layer } from '../notation.js'

export interface BertSizes {
  readonly name: string
  readonly vocabulary: number
  /** The longest sequence: rows of the table of positions. */
  readonly positions: number
  readonly segments: number
  readonly width: number
  readonly layers: number
  readonly heads: number
  /** Hidden units of the feed-forward layers. */
  readonly hidden: number
  /** Tokens of the sequences that it reads. */
  readonly length: number
}

export const bertModels = ['base', 'large'] as const

export type BertName = (typeof bertModels)[number]

/** The sizes of the paper's section 3, with the vocabulary of the published uncased models. */
export function bertSizes(name: BertName): BertSizes {
  const texts = { name: `BERT ${name}`, vocabulary: 30522, positions: 512, segments: 2, length: 512 }
  return name === 'base'
    ? { ...texts, width: 768, layers: 12, heads: 12, hidden: 3072 }
    : { ...texts, width: 1024, layers: 24, heads: 16, hidden: 4096 }
}

/**
 * BERT: the normalized sum of token, segment and position embeddings, encoder layers, and the pooler on the first token. The heads
 * of pre-training are auxiliary: the one for words shares the table of tokens and has a bias of its own for each.
 */
export function bert(sizes: BertSizes): Architecture {
  const { name, vocabulary, positions, segments, width, layers, heads, hidden, length } = sizes
  const epsilon = 1e-12
  const tokens: Layer = { kind: 'embedding', name: 'tokens', width }
  const segmentTable: Layer = { kind: 'embedding', name: 'segments', from: 'segmentIds', width }
  return {
    name,
    source: 'Devlin, Chang, Lee, Toutanova: BERT: Pre-training of Deep Bidirectional Transformers, 2019',
    input: { kind: 'tokens', length, vocabulary },
    inputs: { segmentIds: { kind: 'tokens', length, vocabulary: segments } },
    layers: [
      { kind: 'add', name: 'embeddings', branches: [[tokens], [segmentTable]] },
      { kind: 'learnedPositions', name: 'positions', positions },
      { kind: 'layerNorm', name: 'norm', epsilon },
      { kind: 'dropout', name: 'dropout', p: 0.1 },
      {
        kind: 'repeat',
        name: 'encoder',
        times: layers,
        layers: [{ kind: 'encoderLayer', name: 'layer', heads, feedForward: hidden, activation: 'gelu' }],
      },
      {
        kind: 'head',
        name: 'words',
        auxiliary: true,
        layers: [
          { kind: 'linear', name: 'transform', units: width },
          { kind: 'gelu', name: 'gelu' },
          { kind: 'layerNorm', name: 'norm', epsilon },
          { kind: 'linear', name: 'scores', units: vocabulary, tied: 'embeddings/branch1/tokens' },
        ],
      },
      {
        kind: 'block',
        name: 'pooler',
        layers: [
          { kind: 'selectToken', name: 'first' },
          { kind: 'linear', name: 'linear', units: width },
          { kind: 'tanh', name: 'tanh' },
        ],
      },
      {
        kind: 'head',
        name: 'nextSentence',
        auxiliary: true,
        layers: [{ kind: 'linear', name: 'scores', units: 2 }],
      },
    ],
  }
}

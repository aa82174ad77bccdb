import type { Architecture } from '../notation.js'

export interface TransformerSizes {
  readonly name: string
  /** Tokens of the vocabulary that both languages share. */
  readonly vocabulary: number
  readonly width: number
  /** Layers of the encoder, and of the decoder. */
  readonly layers: number
  readonly heads: number
  /** Hidden units of the feed-forward layers. */
  readonly hidden: number
  /** Tokens of a source sentence, and of what the decoder reads. */
  readonly sourceLength: number
  readonly targetLength: number
}

export const transformerModels = ['base', 'big'] as const

export type TransformerName = (typeof transformerModels)[number]

/** The sizes of the paper's table 3, with the vocabulary of its section 5.1. */
export function transformerSizes(name: TransformerName): TransformerSizes {
  const texts = { name: `Transformer ${name}`, vocabulary: 37_000, layers: 6, sourceLength: 25, targetLength: 25 }
  return name === 'base'
    ? { ...texts, width: 512, heads: 8, hidden: 2048 }
    : { ...texts, width: 1024, heads: 16, hidden: 4096 }
}

/**
 * The Transformer: one table of tokens for the encoder, the decoder and the last linear layer, sines and cosines as positions, and
 * attention without biases.
 */
export function transformerModel(sizes: TransformerSizes): Architecture {
  const { name, vocabulary, width, layers, heads, hidden, sourceLength, targetLength } = sizes
  return {
    name,
    source: 'Vaswani and others: Attention Is All You Need, 2017',
    input: { kind: 'tokens', length: sourceLength, vocabulary },
    inputs: { target: { kind: 'tokens', length: targetLength, vocabulary } },
    layers: [
      { kind: 'embedding', name: 'tokens', width, scaled: true },
      { kind: 'sinusoidalPositions', name: 'positions' },
      {
        kind: 'repeat',
        name: 'encoder',
        times: layers,
        layers: [{ kind: 'encoderLayer', name: 'layer', heads, feedForward: hidden, attentionBias: false }],
      },
      { kind: 'embedding', name: 'targetTokens', from: 'target', width, tied: 'tokens', scaled: true },
      { kind: 'sinusoidalPositions', name: 'targetPositions' },
      {
        kind: 'repeat',
        name: 'decoder',
        times: layers,
        layers: [
          {
            kind: 'decoderLayer',
            name: 'layer',
            memory: 'encoder',
            heads,
            feedForward: hidden,
            attentionBias: false,
          },
        ],
      },
      { kind: 'linear', name: 'scores', units: vocabulary, tied: 'tokens', bias: false },
    ],
  }
}

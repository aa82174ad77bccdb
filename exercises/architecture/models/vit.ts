import type { Architecture } from '../notation.js'

export interface VisionTransformerSizes {
  readonly name: string
  /** Side of the image, a multiple of the patch's. */
  readonly image: number
  readonly channels: number
  /** Side of a patch. */
  readonly patch: number
  readonly width: number
  readonly layers: number
  readonly heads: number
  /** Hidden units of the feed-forward layers. */
  readonly hidden: number
  readonly classes: number
}

export const visionTransformers = ['B/16', 'L/16'] as const

export type VisionTransformerName = (typeof visionTransformers)[number]

/** The sizes of the paper's table 1, on images of 224 × 224 and with the 1000 classes of ImageNet. */
export function visionTransformerSizes(name: VisionTransformerName): VisionTransformerSizes {
  const images = { name: `ViT-${name}`, image: 224, channels: 3, patch: 16, classes: 1000 }
  return name === 'B/16'
    ? { ...images, width: 768, layers: 12, heads: 12, hidden: 3072 }
    : { ...images, width: 1024, layers: 24, heads: 16, hidden: 4096 }
}

/**
 * Vision Transformer: the image in patches, a class token before them, learned positions, pre-norm encoder layers, and a linear
 * layer on the normalized class token.
 */
export function visionTransformer(sizes: VisionTransformerSizes): Architecture {
  const { name, image, channels, patch, width, layers, heads, hidden, classes } = sizes
  return {
    name,
    source: 'Dosovitskiy and others: An Image is Worth 16×16 Words, 2021',
    input: { kind: 'image', channels, height: image, width: image },
    layers: [
      { kind: 'patchEmbedding', name: 'patches', patch, width },
      { kind: 'classToken', name: 'class' },
      { kind: 'learnedPositions', name: 'positions' },
      {
        kind: 'repeat',
        name: 'encoder',
        times: layers,
        layers: [{ kind: 'encoderLayer', name: 'layer', heads, feedForward: hidden, norm: 'pre', activation: 'gelu' }],
      },
      { kind: 'layerNorm', name: 'norm', epsilon: 1e-6 },
      { kind: 'selectToken', name: 'answer' },
      { kind: 'linear', name: 'head', units: classes },
    ],
  }
}

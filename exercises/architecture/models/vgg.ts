import type { Architecture, Layer } from '../notation.js'

export interface VggSizes {
  /** Side of the image. */
  readonly image: number
  readonly channels: number
  /** Filters of the convolutions of each stage. */
  readonly widths: readonly number[]
  /** How many convolutions each stage has. */
  readonly depths: readonly number[]
  /** Units of the first two fully connected layers. */
  readonly hidden: readonly [number, number]
  readonly classes: number
}

/** The sizes of VGG-16, «configuration D». */
export const vgg16Sizes: VggSizes = {
  image: 224,
  channels: 3,
  widths: [64, 128, 256, 512, 512],
  depths: [2, 2, 3, 3, 3],
  hidden: [4096, 4096],
  classes: 1000,
}

/** The sizes of VGG-19, «configuration E». */
export const vgg19Sizes: VggSizes = { ...vgg16Sizes, depths: [2, 2, 4, 4, 4] }

/**
 * VGG: stages of 3×3 convolutions, each followed by ReLU, with a pooling that halves the image behind every stage; three
 * fully connected layers.
 */
export function vgg(sizes: VggSizes = vgg16Sizes): Architecture {
  const { image, channels, widths, depths, hidden, classes } = sizes
  const convolutions = depths.reduce((sum, depth) => sum + depth, 0)
  const stages = depths.flatMap((depth, stage): readonly Layer[] => [
    ...Array.from({ length: depth }, (_, i) => `${stage + 1}_${i + 1}`).flatMap((place): readonly Layer[] => [
      { kind: 'conv', name: `conv${place}`, filters: widths[stage], kernel: 3, padding: 1 },
      { kind: 'relu', name: `relu${place}` },
    ]),
    { kind: 'maxPool', name: `pool${stage + 1}`, kernel: 2, stride: 2 },
  ])
  return {
    name: `VGG-${convolutions + 3}`,
    source: 'Very Deep Convolutional Networks for Large-Scale Image Recognition, 2015',
    input: { kind: 'image', channels, height: image, width: image },
    layers: [
      ...stages,
      { kind: 'flatten', name: 'flatten' },
      { kind: 'linear', name: 'fc6', units: hidden[0] },
      { kind: 'relu', name: 'relu6' },
      { kind: 'dropout', name: 'drop6', p: 0.5 },
      { kind: 'linear', name: 'fc7', units: hidden[1] },
      { kind: 'relu', name: 'relu7' },
      { kind: 'dropout', name: 'drop7', p: 0.5 },
      { kind: 'linear', name: 'fc8', units: classes },
      { kind: 'softmax', name: 'softmax' },
    ],
  }
}

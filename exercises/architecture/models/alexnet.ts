import type { Architecture, Layer } from '../notation.js'

export interface AlexNetSizes {
  /** Side of the image. 227 is what the arithmetic of the paper needs; its text says 224. */
  readonly image: number
  readonly channels: number
  /** Filters of the five convolutions. */
  readonly filters: readonly [number, number, number, number, number]
  /** Zeros around the image before the first convolution: 0; 2 where the image is taken as 224. */
  readonly padding: number
  /** Halves that the second, fourth and fifth convolution are split into, one a GPU: 2, or 1 without the split. */
  readonly groups: number
  /** Units of the first two fully connected layers. */
  readonly hidden: readonly [number, number]
  readonly classes: number
}

/** The sizes of the paper. */
export const alexNetSizes: AlexNetSizes = {
  image: 227,
  channels: 3,
  filters: [96, 256, 384, 384, 256],
  padding: 0,
  groups: 2,
  hidden: [4096, 4096],
  classes: 1000,
}

/**
 * AlexNet: five convolutions, of which the second, fourth and fifth see only half of the channels below; response normalization
 * and overlapping pooling behind the first two, pooling behind the fifth; three fully connected layers.
 */
export function alexNet(sizes: AlexNetSizes = alexNetSizes): Architecture {
  const { image, channels, filters, padding, groups, hidden, classes } = sizes
  const pool = (name: string): Layer => ({ kind: 'maxPool', name, kernel: 3, stride: 2 })
  // The paper adds 1e-4 times the sum of squares; the operator takes their mean over the five channels.
  const norm = (name: string): Layer => ({ kind: 'localResponseNorm', name, size: 5, alpha: 5e-4, beta: 0.75, k: 2 })
  const relu = (name: string): Layer => ({ kind: 'relu', name })
  return {
    name: 'AlexNet',
    source: 'ImageNet Classification with Deep Convolutional Neural Networks, 2012',
    input: { kind: 'image', channels, height: image, width: image },
    layers: [
      { kind: 'conv', name: 'conv1', filters: filters[0], kernel: 11, stride: 4, padding },
      relu('relu1'),
      norm('norm1'),
      pool('pool1'),
      { kind: 'conv', name: 'conv2', filters: filters[1], kernel: 5, padding: 2, groups },
      relu('relu2'),
      norm('norm2'),
      pool('pool2'),
      { kind: 'conv', name: 'conv3', filters: filters[2], kernel: 3, padding: 1 },
      relu('relu3'),
      { kind: 'conv', name: 'conv4', filters: filters[3], kernel: 3, padding: 1, groups },
      relu('relu4'),
      { kind: 'conv', name: 'conv5', filters: filters[4], kernel: 3, padding: 1, groups },
      relu('relu5'),
      pool('pool5'),
      { kind: 'flatten', name: 'flatten' },
      { kind: 'linear', name: 'fc6', units: hidden[0] },
      relu('relu6'),
      { kind: 'dropout', name: 'drop6', p: 0.5 },
      { kind: 'linear', name: 'fc7', units: hidden[1] },
      relu('relu7'),
      { kind: 'dropout', name: 'drop7', p: 0.5 },
      { kind: 'linear', name: 'fc8', units: classes },
      { kind: 'softmax', name: 'softmax' },
    ],
  }
}

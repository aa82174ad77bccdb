import type { Architecture, Layer } from '../notation.js'

/** Filters of an Inception module: 1×1; reduction and 3×3; reduction and 5×5; projection behind the pooling. */
export interface InceptionSizes {
  readonly ones: number
  readonly reduceThrees: number
  readonly threes: number
  readonly reduceFives: number
  readonly fives: number
  readonly projection: number
}

export interface GoogLeNetSizes {
  /** Side of the image. */
  readonly image: number
  readonly channels: number
  /** Filters of the first convolution, of the reduction before the second, and of the second. */
  readonly stem: readonly [number, number, number]
  readonly modules: Readonly<Record<ModuleName, InceptionSizes>>
  /** Filters of an auxiliary classifier's convolution, and units of its hidden layer. */
  readonly auxiliary: readonly [number, number]
  readonly classes: number
}

export const moduleNames = ['3a', '3b', '4a', '4b', '4c', '4d', '4e', '5a', '5b'] as const

export type ModuleName = (typeof moduleNames)[number]

function inceptionSizes(
  ones: number,
  reduceThrees: number,
  threes: number,
  reduceFives: number,
  fives: number,
  projection: number,
): InceptionSizes {
  return { ones, reduceThrees, threes, reduceFives, fives, projection }
}

/** The sizes of the paper's table 1. */
export const googLeNetSizes: GoogLeNetSizes = {
  image: 224,
  channels: 3,
  stem: [64, 64, 192],
  modules: {
    '3a': inceptionSizes(64, 96, 128, 16, 32, 32),
    '3b': inceptionSizes(128, 128, 192, 32, 96, 64),
    '4a': inceptionSizes(192, 96, 208, 16, 48, 64),
    '4b': inceptionSizes(160, 112, 224, 24, 64, 64),
    '4c': inceptionSizes(128, 128, 256, 24, 64, 64),
    '4d': inceptionSizes(112, 144, 288, 32, 64, 64),
    '4e': inceptionSizes(256, 160, 320, 32, 128, 128),
    '5a': inceptionSizes(256, 160, 320, 32, 128, 128),
    '5b': inceptionSizes(384, 192, 384, 48, 128, 128),
  },
  auxiliary: [128, 1024],
  classes: 1000,
}

/** An Inception module: four branches side by side, every convolution followed by ReLU, concatenated along the channels. */
export function inception(name: string, sizes: InceptionSizes): Layer {
  const conv = (layer: string, filters: number, kernel: number): readonly Layer[] => [
    { kind: 'conv', name: layer, filters, kernel, padding: (kernel - 1) / 2 },
    { kind: 'relu', name: `relu_${layer}` },
  ]
  return {
    kind: 'concatenate',
    name,
    branches: [
      conv('1x1', sizes.ones, 1),
      [...conv('3x3_reduce', sizes.reduceThrees, 1), ...conv('3x3', sizes.threes, 3)],
      [...conv('5x5_reduce', sizes.reduceFives, 1), ...conv('5x5', sizes.fives, 5)],
      [{ kind: 'maxPool', name: 'pool', kernel: 3, stride: 1, padding: 1 }, ...conv('pool_proj', sizes.projection, 1)],
    ],
  }
}

/**
 * GoogLeNet (Inception v1): a stem of two convolutions with response normalization, nine Inception modules, global average
 * pooling and one fully connected layer; in training two auxiliary classifiers, behind modules 4a and 4d.
 */
export function googLeNet(sizes: GoogLeNetSizes = googLeNetSizes): Architecture {
  const { image, channels, stem, modules, auxiliary, classes } = sizes
  const conv = (name: string, filters: number, kernel: number, stride = 1): readonly Layer[] => [
    { kind: 'conv', name, filters, kernel, stride, padding: (kernel - 1) / 2 },
    { kind: 'relu', name: `relu_${name}` },
  ]
  const pool = (name: string): Layer => ({ kind: 'maxPool', name, kernel: 3, stride: 2, ceil: true })
  const norm = (name: string): Layer => ({ kind: 'localResponseNorm', name, size: 5, alpha: 1e-4, beta: 0.75, k: 1 })
  const module = (name: ModuleName) => inception(`inception_${name}`, modules[name])
  const classifier = (name: string): Layer => ({
    kind: 'head',
    name,
    auxiliary: true,
    layers: [
      { kind: 'avgPool', name: 'pool', kernel: 5, stride: 3 },
      ...conv('conv', auxiliary[0], 1),
      { kind: 'flatten', name: 'flatten' },
      { kind: 'linear', name: 'fc', units: auxiliary[1] },
      { kind: 'relu', name: 'relu_fc' },
      { kind: 'dropout', name: 'drop', p: 0.7 },
      { kind: 'linear', name: 'classifier', units: classes },
    ],
  })
  return {
    name: 'GoogLeNet',
    source: 'Going Deeper with Convolutions, 2015',
    input: { kind: 'image', channels, height: image, width: image },
    layers: [
      ...conv('conv1', stem[0], 7, 2),
      pool('pool1'),
      norm('norm1'),
      ...conv('conv2_reduce', stem[1], 1),
      ...conv('conv2', stem[2], 3),
      norm('norm2'),
      pool('pool2'),
      module('3a'),
      module('3b'),
      pool('pool3'),
      module('4a'),
      classifier('auxiliary1'),
      module('4b'),
      module('4c'),
      module('4d'),
      classifier('auxiliary2'),
      module('4e'),
      pool('pool4'),
      module('5a'),
      module('5b'),
      { kind: 'globalAvgPool', name: 'pool5' },
      { kind: 'flatten', name: 'flatten' },
      { kind: 'dropout', name: 'drop', p: 0.4 },
      { kind: 'linear', name: 'fc', units: classes },
      { kind: 'softmax', name: 'softmax' },
    ],
  }
}

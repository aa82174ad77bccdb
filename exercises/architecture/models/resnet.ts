import type { Architecture, Layer, Shortcut } from '../notation.js'

export interface ResNetSizes {
  readonly name: string
  /** Side of the image. */
  readonly image: number
  readonly channels: number
  /** Filters of the 3×3 convolutions of each stage; the first stage's are the stem's too. */
  readonly widths: readonly number[]
  /** Residual blocks of each stage. */
  readonly blocks: readonly number[]
  /** Two 3×3 convolutions a block, or 1×1, 3×3 and 1×1. */
  readonly block: 'basic' | 'bottleneck'
  /** Channels of a bottleneck's output for one of its 3×3 convolution; 4. */
  readonly expansion: number
  /** What goes past a block that changes the shape: zeros filled in («option A»), or a 1×1 convolution («option B»). */
  readonly shortcut: 'zeroPadding' | 'projection'
  /** Where a bottleneck halves the image: in its first convolution, as the paper does, or in the 3×3 one. */
  readonly strideIn: '1x1' | '3x3'
  readonly classes: number
}

export const resNetDepths = [18, 34, 50, 101, 152] as const

export type ResNetDepth = (typeof resNetDepths)[number]

const blocksOf: Readonly<Record<ResNetDepth, readonly number[]>> = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
}

/** The sizes of the paper's table 1, with projections where the shape changes. */
export function resNetSizes(depth: ResNetDepth): ResNetSizes {
  return {
    name: `ResNet-${depth}`,
    image: 224,
    channels: 3,
    widths: [64, 128, 256, 512],
    blocks: blocksOf[depth],
    block: depth < 50 ? 'basic' : 'bottleneck',
    expansion: 4,
    shortcut: 'projection',
    strideIn: '1x1',
    classes: 1000,
  }
}

/**
 * ResNet: a 7×7 convolution and a pooling, stages of residual blocks with batch normalization, the first block of every later stage
 * halving the image, global average pooling and one fully connected layer. Convolutions have no biases.
 */
export function resNet(sizes: ResNetSizes): Architecture {
  const { widths, blocks, block, expansion } = sizes
  const outputs = widths.map((width) => (block === 'basic' ? width : width * expansion))
  return {
    name: sizes.name,
    source: 'Deep Residual Learning for Image Recognition, 2015',
    input: { kind: 'image', channels: sizes.channels, height: sizes.image, width: sizes.image },
    layers: [
      ...normalized('conv1', widths[0], 7, 2),
      { kind: 'relu', name: 'relu1' },
      { kind: 'maxPool', name: 'pool1', kernel: 3, stride: 2, padding: 1 },
      ...blocks.map((times, stage): Layer => {
        const before = stage === 0 ? widths[0] : outputs[stage - 1]
        const layers = Array.from({ length: times }, (_, i): readonly Layer[] => {
          const unit = `unit_${i + 1}`
          const stride = i === 0 && stage > 0 ? 2 : 1
          const changes = i === 0 && (stage > 0 || before !== outputs[stage])
          return [
            {
              kind: 'residual',
              name: unit,
              layers: branch(sizes, widths[stage], outputs[stage], stride),
              shortcut: changes ? shortcutOf(sizes, stride) : 'identity',
            },
            { kind: 'relu', name: `relu_${i + 1}` },
          ]
        })
        return { kind: 'block', name: `conv${stage + 2}_x`, layers: layers.flat() }
      }),
      { kind: 'globalAvgPool', name: 'pool5' },
      { kind: 'flatten', name: 'flatten' },
      { kind: 'linear', name: 'fc', units: sizes.classes },
      { kind: 'softmax', name: 'softmax' },
    ],
  }
}

/** A convolution that keeps the size where its stride is 1, and the normalization behind it. */
function normalized(name: string, filters: number, kernel: number, stride = 1): readonly Layer[] {
  return [
    { kind: 'conv', name, filters, kernel, stride, padding: (kernel - 1) / 2, bias: false },
    { kind: 'batchNorm', name: `bn_${name}` },
  ]
}

function branch(sizes: ResNetSizes, width: number, output: number, stride: number): readonly Layer[] {
  if (sizes.block === 'basic')
    return [...normalized('conv1', width, 3, stride), { kind: 'relu', name: 'relu1' }, ...normalized('conv2', width, 3)]
  const [first, second] = sizes.strideIn === '1x1' ? [stride, 1] : [1, stride]
  return [
    ...normalized('conv1', width, 1, first),
    { kind: 'relu', name: 'relu1' },
    ...normalized('conv2', width, 3, second),
    { kind: 'relu', name: 'relu2' },
    ...normalized('conv3', output, 1),
  ]
}

function shortcutOf({ shortcut }: ResNetSizes, stride: number): Shortcut {
  return shortcut === 'zeroPadding'
    ? { kind: 'zeroPadding', stride }
    : { kind: 'projection', stride, batchNorm: true, bias: false }
}

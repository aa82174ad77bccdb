import { sizeOf } from '../../oracle/tensor.js'
import type { Embedding, Layer } from './notation.js'
import { image, pairOr, type Signal, sequence, signalText, vectorSignal } from './signal.js'

/** What combines the others: expanded into primitive layers before anything is counted or run. */
type GroupKind =
  | 'block'
  | 'repeat'
  | 'residual'
  | 'concatenate'
  | 'add'
  | 'head'
  | 'encoderLayer'
  | 'decoderLayer'
  | 'feedForward'

/** A layer by itself, and the joints of the combining ones. */
export type PrimitiveLayer =
  | Exclude<Layer, { readonly kind: GroupKind }>
  /** x·factor: √width behind a scaled embedding. */
  | { readonly kind: 'scale'; readonly factor: number }
  /** Every `stride`th row and column; channels of zeros behind its own, up to this number. */
  | { readonly kind: 'zeroPadding'; readonly stride: number; readonly channels: number }
  | { readonly kind: 'sum' }
  | { readonly kind: 'concatenation' }
  | { readonly kind: 'input' }

/** A trainable parameter of a layer. */
export interface Parameter {
  /** The operator's name of it: `weight`, `bias`, `table`, `gain`. */
  readonly name: string
  readonly shape: readonly number[]
  /** Gains count as weights. */
  readonly role: 'weight' | 'bias'
}

/** What a layer makes of what it reads. */
export interface Described {
  readonly signal: Signal
  /** Its own; a tied weight belongs to the layer that it is shared with. */
  readonly parameters: readonly Parameter[]
  /** Multiplications by weights, and of queries, keys and values; activations, pooling and normalization count none. */
  readonly multiplyAdds: number
  /** Numbers that it keeps for its backward pass besides its answer: queries, keys, values and attention weights. */
  readonly kept: number
}

/** Throws an ArchitectureError about this key of the layer. */
export type Refuse = (key: string | undefined, message: string) => never

const weight = (...shape: readonly number[]): Parameter => ({ name: 'weight', shape, role: 'weight' })
const biases = (size: number, has: boolean | undefined): readonly Parameter[] =>
  has === false ? [] : [{ name: 'bias', shape: [size], role: 'bias' }]

function described(signal: Signal, parameters: readonly Parameter[] = [], multiplyAdds = 0, kept = 0): Described {
  return { signal, parameters, multiplyAdds, kept }
}

/** Output shape, parameters and multiply-adds of a layer that reads these signals. Refuses what does not fit. */
export function describeLayer(layer: PrimitiveLayer, reads: readonly Signal[], refuse: Refuse): Described {
  const [x] = reads
  switch (layer.kind) {
    case 'input':
    case 'relu':
    case 'tanh':
    case 'sigmoid':
    case 'gelu':
    case 'softmax':
    case 'dropout':
    case 'scale':
      return described(numbers(x, refuse))
    case 'localResponseNorm':
      return described(asImage(x, layer.kind, refuse))
    case 'conv': {
      const { shape } = asImage(x, 'conv', refuse)
      const [channels] = shape
      const groups = layer.groups === 'channels' ? channels : (layer.groups ?? 1)
      for (const [what, count] of [
        ['channels of the image', channels],
        ['filters', layer.filters],
      ] as const)
        if (count % groups !== 0) refuse('groups', `groups is ${groups}; it should divide the ${count} ${what}`)
      const kernel = pairOr(layer.kernel, 1)
      const [height, width] = windows(shape, { ...layer, kernel }, refuse)
      const filter = weight(layer.filters, channels / groups, ...kernel)
      return described(
        image(layer.filters, height, width),
        [filter, ...biases(layer.filters, layer.bias)],
        sizeOf(filter.shape) * height * width,
      )
    }
    case 'depthwiseSeparableConv': {
      const { shape } = asImage(x, layer.kind, refuse)
      const [channels] = shape
      const kernel = pairOr(layer.kernel, 1)
      const [height, width] = windows(shape, { ...layer, kernel }, refuse)
      const depthwise: Parameter = { ...weight(channels, 1, ...kernel), name: 'depthwise' }
      const pointwise: Parameter = { ...weight(layer.filters, channels, 1, 1), name: 'pointwise' }
      return described(
        image(layer.filters, height, width),
        [depthwise, pointwise, ...biases(layer.filters, layer.bias)],
        (sizeOf(depthwise.shape) + sizeOf(pointwise.shape)) * height * width,
        channels * height * width,
      )
    }
    case 'maxPool':
    case 'avgPool': {
      const { shape } = asImage(x, layer.kind, refuse)
      const kernel = pairOr(layer.kernel, 1)
      const padding = pairOr(layer.padding, 0)
      if (layer.kind === 'avgPool' && layer.ceil === true) refuse('ceil', 'ceil is for maxPool; an avgPool has none')
      if (padding.some((p, d) => p > kernel[d] / 2))
        refuse(
          'padding',
          `padding is ${pairText(padding)}; it should be at most half the kernel of ${pairText(kernel)}`,
        )
      const stride = layer.stride ?? layer.kernel
      return described(image(shape[0], ...windows(shape, { ...layer, kernel, stride }, refuse)))
    }
    case 'adaptiveAvgPool': {
      const [channels, height, width] = asImage(x, layer.kind, refuse).shape
      const output = pairOr(layer.output, 1)
      if (output[0] > height || output[1] > width)
        refuse('output', `output is ${pairText(output)}; it should be no larger than the image of ${height}×${width}`)
      return described(image(channels, ...output))
    }
    case 'globalAvgPool':
      return described(image(asImage(x, layer.kind, refuse).shape[0], 1, 1))
    case 'batchNorm':
    case 'layerNorm': {
      if (layer.kind === 'layerNorm' && x.kind === 'image')
        refuse('kind', 'layerNorm is for vectors and sequences; for an image there is batchNorm')
      if (layer.kind === 'batchNorm' && x.kind === 'sequence')
        refuse('kind', 'batchNorm is for images and vectors; for a sequence there is layerNorm')
      const { shape } = numbers(x, refuse)
      const size = layer.kind === 'batchNorm' ? shape[0] : shape[shape.length - 1]
      return described(x, [{ name: 'gain', shape: [size], role: 'weight' }, ...biases(size, true)])
    }
    case 'flatten':
      return described(vectorSignal(sizeOf(numbers(x, refuse).shape)))
    case 'linear': {
      if (x.kind === 'image') refuse('kind', `linear reads ${signalText(x)}; it should read a vector: flatten it first`)
      const { kind, shape } = numbers(x, refuse)
      const inputs = shape[shape.length - 1]
      const positions = kind === 'sequence' ? shape[0] : 1
      const own = layer.tied === undefined ? [weight(layer.units, inputs)] : []
      return described(
        kind === 'sequence' ? sequence(positions, layer.units) : vectorSignal(layer.units),
        [...own, ...biases(layer.units, layer.bias)],
        positions * inputs * layer.units,
      )
    }
    case 'embedding': {
      if (x.kind !== 'tokens') refuse('kind', `embedding reads ${signalText(x)}; it should read tokens`)
      return described(sequence(x.shape[0], layer.width), layer.tied === undefined ? [embeddingTable(x, layer)] : [])
    }
    case 'learnedPositions': {
      const [length, width] = asSequence(x, layer.kind, refuse).shape
      const positions = layer.positions ?? length
      if (positions < length)
        refuse('positions', `positions is ${positions}; it should be at least the length of the sequence, ${length}`)
      return described(x, [{ name: 'table', shape: [positions, width], role: 'weight' }])
    }
    case 'sinusoidalPositions': {
      const [, width] = asSequence(x, layer.kind, refuse).shape
      if (width % 2 !== 0) refuse('kind', `sinusoidalPositions reads a width of ${width}; it should be even`)
      return described(x)
    }
    case 'classToken': {
      const [length, width] = asSequence(x, layer.kind, refuse).shape
      return described(sequence(length + 1, width), [{ name: 'token', shape: [width], role: 'weight' }])
    }
    case 'selectToken': {
      const [length, width] = asSequence(x, layer.kind, refuse).shape
      const index = layer.index ?? 0
      if (index >= length) refuse('index', `index is ${index}; the positions are 0 to ${length - 1}`)
      return described(vectorSignal(width))
    }
    case 'patchEmbedding': {
      const [channels, height, width] = asImage(x, layer.kind, refuse).shape
      const { patch } = layer
      if (height % patch !== 0 || width % patch !== 0)
        refuse('patch', `patch is ${patch}; it should divide the image's height ${height} and width ${width}`)
      const count = (height / patch) * (width / patch)
      const projection = weight(layer.width, channels * patch * patch)
      return described(
        sequence(count, layer.width),
        [projection, ...biases(layer.width, layer.bias)],
        count * sizeOf(projection.shape),
      )
    }
    case 'multiHeadAttention': {
      const [length, width] = asSequence(x, layer.kind, refuse).shape
      const memory = asSequence(reads[1] ?? x, layer.kind, refuse).shape
      if (width % layer.heads !== 0) refuse('heads', `heads is ${layer.heads}; it should divide the width ${width}`)
      if (memory[1] !== width)
        refuse('memory', `memory has width ${memory[1]}; it should have ${width}, as the queries`)
      if (layer.causal === true && reads.length > 1)
        refuse('causal', 'causal attention is to the own sequence; there should be no memory')
      const projections = attentionProjections.flatMap((projection) => [
        { ...weight(width, width), name: `weight${projection}` },
        ...biases(width, layer.bias).map((bias) => ({ ...bias, name: `bias${projection}` })),
      ])
      const [T, S] = [length, memory[0]]
      return described(
        sequence(T, width),
        projections,
        2 * (T + S) * width * width + 2 * T * S * width,
        (2 * T + 2 * S) * width + layer.heads * T * S,
      )
    }
    case 'zeroPadding': {
      const [channels, height, width] = asImage(x, 'zeroPadding', refuse).shape
      if (channels > layer.channels)
        refuse(
          'shortcut',
          `a zeroPadding shortcut adds channels to its ${channels}; the layers answer only ${layer.channels}`,
        )
      return described(image(layer.channels, Math.ceil(height / layer.stride), Math.ceil(width / layer.stride)))
    }
    case 'sum': {
      for (const other of reads)
        if (other.kind !== x.kind || other.shape.join() !== x.shape.join())
          refuse(undefined, `${signalText(x)} cannot be added to ${signalText(other)}; the shapes should be equal`)
      return described(numbers(x, refuse))
    }
    case 'concatenation':
      return described(concatenated(reads, refuse))
  }
}

const attentionProjections = ['Query', 'Key', 'Value', 'Output'] as const

/** The table of an embedding that reads these tokens. */
function embeddingTable(tokens: Extract<Signal, { readonly kind: 'tokens' }>, { width }: Embedding): Parameter {
  return { name: 'table', shape: [tokens.vocabulary, width], role: 'weight' }
}

function concatenated(reads: readonly Signal[], refuse: Refuse): Signal {
  const [first] = reads
  const total = (sizes: readonly number[]) => sizes.reduce((sum, size) => sum + size, 0)
  const fits = (others: readonly (readonly number[])[]) => others.every((other) => other.join() === others[0].join())
  if (first.kind === 'image') {
    const images = reads.map((signal) => asImage(signal, 'concatenate', refuse).shape)
    if (!fits(images.map(([, ...size]) => size)))
      refuse(
        'branches',
        `the branches answer images of ${images.map((shape) => shape.join('×')).join(', ')}; height and width should be equal`,
      )
    return image(total(images.map(([channels]) => channels)), first.shape[1], first.shape[2])
  }
  if (first.kind === 'vector') {
    for (const other of reads)
      if (other.kind !== 'vector') refuse('branches', `${signalText(other)} cannot be joined to ${signalText(first)}`)
    return vectorSignal(total(reads.map(({ shape }) => shape[0])))
  }
  return refuse('branches', `concatenate joins images or vectors, and a branch answers ${signalText(first)}`)
}

/**
 * Positions of a window along an axis that has `room` to move over. With `ceil`, the last one may reach over the end; one that would
 * begin behind the image and its padding is left out.
 */
export function positionsOf(length: number, room: number, stride: number, padding: number, ceil: boolean): number {
  if (!ceil) return Math.floor(room / stride) + 1
  const positions = Math.ceil(room / stride) + 1
  return (positions - 1) * stride >= length + padding ? positions - 1 : positions
}

/** Positions of a window along height and width. */
function windows(
  [, height, width]: readonly [number, number, number],
  layer: {
    readonly kernel: readonly [number, number]
    readonly stride?: number | readonly [number, number]
    readonly padding?: number | readonly [number, number]
    readonly dilation?: number | readonly [number, number]
    readonly ceil?: boolean
  },
  refuse: Refuse,
): [number, number] {
  const { kernel } = layer
  const [stride, padding, dilation] = [pairOr(layer.stride, 1), pairOr(layer.padding, 0), pairOr(layer.dilation, 1)]
  const [rows, columns] = [height, width].map((length, d) => {
    const reach = dilation[d] * (kernel[d] - 1) + 1
    const room = length + 2 * padding[d] - reach
    if (room < 0)
      refuse(
        'kernel',
        `the window reaches over ${reach} and the padded image has only ${length + 2 * padding[d]} (an image of ${height}×${width}, kernel ${pairText(kernel)}, padding ${pairText(padding)})`,
      )
    return positionsOf(length, room, stride[d], padding[d], layer.ceil === true)
  })
  return [rows, columns]
}

type Numbers = Exclude<Signal, { readonly kind: 'tokens' }>

function numbers(x: Signal, refuse: Refuse): Numbers {
  return x.kind === 'tokens' ? refuse('kind', `it reads ${signalText(x)}; put an embedding before it`) : x
}

function asImage(x: Signal, kind: string, refuse: Refuse): Extract<Signal, { readonly kind: 'image' }> {
  return x.kind === 'image' ? x : refuse('kind', `${kind} reads ${signalText(x)}; it should read an image`)
}

function asSequence(x: Signal, kind: string, refuse: Refuse): Extract<Signal, { readonly kind: 'sequence' }> {
  return x.kind === 'sequence' ? x : refuse('kind', `${kind} reads ${signalText(x)}; it should read a sequence`)
}

export function pairText([height, width]: readonly [number, number]): string {
  return `${height}×${width}`
}

import type { Architecture, Input, Layer } from './notation.js'

/** How much smaller a network is made, so that it can be run in a moment. What is left out stays as it is. */
export interface Reduction {
  /** Factor of all filters, units, widths and vocabularies: 1/16. */
  readonly width?: number
  /** Side of images. */
  readonly image?: number
  /** Length of sequences. */
  readonly length?: number
  /** At most so many copies of what is repeated. */
  readonly repeats?: number
}

/**
 * The same architecture, smaller: every number of filters, units or features is multiplied by `width` and rounded up to a multiple
 * of all groups, heads and 2 (for sines and cosines), so that equal numbers stay equal and what has to be divided can be.
 */
export function reduced(architecture: Architecture, { width = 1, image, length, repeats }: Reduction): Architecture {
  const unit = divisorsIn(architecture.layers).reduce(leastCommonMultiple, 2)
  const narrow = (size: number) => (width === 1 ? size : Math.ceil((size * width) / unit) * unit)
  const inputOf = (input: Input): Input => {
    switch (input.kind) {
      case 'image':
        return { ...input, height: image ?? input.height, width: image ?? input.width }
      case 'vector':
        return { ...input, size: narrow(input.size) }
      case 'tokens':
        return { ...input, length: length ?? input.length, vocabulary: narrow(input.vocabulary) }
      case 'sequence':
        return { ...input, length: length ?? input.length, width: narrow(input.width) }
    }
  }
  const layersOf = (layers: readonly Layer[]) => layers.map(layerOf)
  const layerOf = (layer: Layer): Layer => {
    switch (layer.kind) {
      case 'conv':
      case 'depthwiseSeparableConv':
        return { ...layer, filters: narrow(layer.filters) }
      case 'linear':
        return { ...layer, units: narrow(layer.units) }
      case 'embedding':
      case 'patchEmbedding':
      case 'feedForward':
        return { ...layer, width: narrow(layer.width) }
      case 'encoderLayer':
      case 'decoderLayer':
        return { ...layer, feedForward: narrow(layer.feedForward) }
      case 'block':
      case 'residual':
      case 'head':
        return { ...layer, layers: layersOf(layer.layers) }
      case 'repeat':
        return { ...layer, times: Math.min(layer.times, repeats ?? layer.times), layers: layersOf(layer.layers) }
      case 'concatenate':
      case 'add':
        return { ...layer, branches: layer.branches.map(layersOf) }
      default:
        return layer
    }
  }
  const { input, inputs } = architecture
  return {
    ...architecture,
    input: inputOf(input),
    ...(inputs && { inputs: Object.fromEntries(Object.entries(inputs).map(([name, one]) => [name, inputOf(one)])) }),
    layers: layersOf(architecture.layers),
  }
}

/** Numbers that channels or features have to be divided by. */
function divisorsIn(layers: readonly Layer[]): readonly number[] {
  return layers.flatMap((layer): readonly number[] => {
    switch (layer.kind) {
      case 'conv':
        return typeof layer.groups === 'number' ? [layer.groups] : []
      case 'multiHeadAttention':
      case 'encoderLayer':
      case 'decoderLayer':
        return [layer.heads]
      case 'block':
      case 'residual':
      case 'repeat':
      case 'head':
        return divisorsIn(layer.layers)
      case 'concatenate':
      case 'add':
        return layer.branches.flatMap(divisorsIn)
      default:
        return []
    }
  })
}

function leastCommonMultiple(a: number, b: number): number {
  const divisor = (x: number, y: number): number => (y === 0 ? x : divisor(y, x % y))
  return (a * b) / divisor(a, b)
}

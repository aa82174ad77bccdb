import { scalar } from '../../oracle/tensor.js'
import { numberOf } from '../computation.js'
import type { Given, Values } from '../exercise.js'
import type { Architecture, Layer } from './notation.js'

/** A number, or the name of a datum of the exercise that holds it. */
export type Size = number | string

/** What is computed of a layer. */
export type Aspect = 'side' | 'shape' | 'parameters' | 'receptiveField' | 'jump' | 'multiplyAdds'

interface Described {
  /** Name of the layer, and the beginning of its quantities' names: `conv1`, `conv1Shape`. */
  readonly name: string
  /** «the first convolution». */
  readonly meaning: string
  /** Script of its symbols: n_1, r_1. The name without underlines where left out. */
  readonly tag?: string
  /** What the exercise asks for. */
  readonly asked?: readonly Aspect[]
}

export interface ChainConvolution extends Described {
  readonly kind: 'conv'
  readonly filters: Size
  readonly kernel: Size
  readonly stride?: Size
  readonly padding?: Size
  readonly groups?: Size
  readonly bias?: boolean
}

export interface ChainPooling extends Described {
  readonly kind: 'maxPool' | 'avgPool'
  readonly kernel: Size
  readonly stride?: Size
  readonly padding?: Size
}

export interface ChainLinear extends Described {
  readonly kind: 'linear'
  readonly units: Size
  readonly bias?: boolean
}

export interface ChainPlain extends Described {
  readonly kind: 'relu' | 'tanh' | 'sigmoid' | 'softmax' | 'dropout' | 'localResponseNorm' | 'flatten'
}

export type ChainLayer = ChainConvolution | ChainPooling | ChainLinear | ChainPlain

/** A network on square images, layer behind layer, whose sizes are given data of an exercise. */
export interface Chain {
  readonly name: string
  readonly source?: string
  /** Channels and side of the image. */
  readonly channels: Size
  readonly side: Size
  readonly layers: readonly ChainLayer[]
  /** The exercise's given data, whose symbols the formulas are written in. */
  readonly given: readonly Given[]
}

/** A given datum that is a count. */
export function count(name: string, symbols: readonly string[], meaning: string, value: number, least = 1): Given {
  return { name, symbols, meaning, kind: 'whole', value: scalar(value), range: { least } }
}

/** The number that a size stands for. */
export function numberOfSize(size: Size, values: Values): number {
  return typeof size === 'number' ? size : numberOf(values, size)
}

/** Names of the given data among these sizes. */
export function namesIn(...sizes: readonly (Size | undefined)[]): readonly string[] {
  return [...new Set(sizes.filter((size) => typeof size === 'string'))]
}

/** The chain with these given data, as an architecture that can be walked and run. */
export function architectureOf(chain: Chain, values: Values): Architecture {
  const number = (size: Size) => numberOfSize(size, values)
  const side = number(chain.side)
  return {
    name: chain.name,
    source: chain.source,
    input: { kind: 'image', channels: number(chain.channels), height: side, width: side },
    layers: chain.layers.map((layer) => layerOf(layer, values)),
  }
}

/** A layer of the chain with these given data. */
export function layerOf(layer: ChainLayer, values: Values): Layer {
  const number = (size: Size | undefined, otherwise: number) =>
    size === undefined ? otherwise : numberOfSize(size, values)
  const { name } = layer
  switch (layer.kind) {
    case 'conv':
      return {
        kind: 'conv',
        name,
        filters: number(layer.filters, 1),
        kernel: number(layer.kernel, 1),
        stride: number(layer.stride, 1),
        padding: number(layer.padding, 0),
        groups: number(layer.groups, 1),
        bias: layer.bias,
      }
    case 'maxPool':
    case 'avgPool': {
      const kernel = number(layer.kernel, 1)
      const [stride, padding] = [number(layer.stride, kernel), number(layer.padding, 0)]
      return { kind: layer.kind, name, kernel, stride, padding }
    }
    case 'linear':
      return { kind: 'linear', name, units: number(layer.units, 1), bias: layer.bias }
    default:
      return { kind: layer.kind, name }
  }
}

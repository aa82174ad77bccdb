import type { Attributes } from '../oracle/contract.js'
import { sizeOf, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'

/** One row's call of an operator. */
export interface Workload {
  /** Rows of one family differ in size only: a row's time is foretold from the one before it. */
  readonly family: string
  readonly name: string
  readonly operator: 'matmul' | 'conv2d' | 'scaledDotProductAttention' | 'layerNorm' | 'lstm'
  /** The output that is compared. */
  readonly output: string
  readonly attributes: Attributes
  /** How much work it is, in units of its family. */
  readonly work: number
  inputs(): Tensors
  /** Inputs of a call whose output is how the whole one's begins, and which share of the work it is. */
  beginning(inputs: Tensors): { readonly inputs: Tensors; readonly share: number }
}

/** Numbers between −scale and scale that look random, in float32. */
function noise(shape: readonly number[], seed: number, scale = 1): Tensor {
  return tensor(
    shape,
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.fround(scale * Math.sin((i + seed) * (i % 9973)))),
  )
}

/** The first `length` of a row-major tensor's outermost rows; with `axis`, of the dimension after so many of length 1. */
function firstOf(x: Tensor, length: number, axis = 0): Tensor {
  const shape = x.shape.map((size, i) => (i === axis ? Math.min(length, size) : size))
  return tensor(shape, x.data.subarray(0, sizeOf(shape)))
}

/** All but the outermost `length` rows of one input are left out. */
function beginningOf(name: string, length: number, axis = 0): Workload['beginning'] {
  return (inputs) => ({
    inputs: { ...inputs, [name]: firstOf(inputs[name], length, axis) },
    share: Math.min(1, length / inputs[name].shape[axis]),
  })
}

function matmul(n: number): Workload {
  return {
    family: 'matmul',
    name: `matmul ${n}×${n}×${n}`,
    operator: 'matmul',
    output: 'y',
    attributes: {},
    work: n ** 3,
    inputs: () => ({ a: noise([n, n], 1), b: noise([n, n], 2) }),
    beginning: beginningOf('a', 16),
  }
}

function conv2d(
  name: string,
  [channels, size]: readonly [number, number],
  [outputs, side]: readonly [number, number],
  attributes: Attributes,
): Workload {
  return {
    family: name,
    name: `conv2d, ${name}`,
    operator: 'conv2d',
    output: 'y',
    attributes,
    work: 1,
    inputs: () => ({ x: noise([1, channels, size, size], 1), weight: noise([outputs, channels, side, side], 2, 0.1) }),
    beginning: beginningOf('weight', 4),
  }
}

function attention(length: number): Workload {
  const shape = [1, length, 64]
  return {
    family: 'attention',
    name: `scaledDotProductAttention, T = ${length}, d = 64`,
    operator: 'scaledDotProductAttention',
    output: 'output',
    attributes: {},
    work: length ** 2,
    inputs: () => ({ query: noise(shape, 1), key: noise(shape, 2), value: noise(shape, 3) }),
    beginning: beginningOf('query', 16, 1),
  }
}

function layerNorm(rows: number, columns: number): Workload {
  return {
    family: 'layerNorm',
    name: `layerNorm [${rows}, ${columns}]`,
    operator: 'layerNorm',
    output: 'y',
    attributes: {},
    work: rows * columns,
    inputs: () => ({ x: noise([rows, columns], 1), gain: noise([columns], 2), bias: noise([columns], 3) }),
    beginning: beginningOf('x', 64),
  }
}

function lstm(steps: number, items: number, units: number): Workload {
  return {
    family: 'lstm',
    name: `lstm, T = ${steps}, N = ${items}, ${units} inputs and units`,
    operator: 'lstm',
    output: 'hidden',
    attributes: {},
    work: steps * items * units ** 2,
    inputs: () => ({
      x: noise([steps, items, units], 1),
      weightInput: noise([4 * units, units], 2, units ** -0.5),
      weightHidden: noise([4 * units, units], 3, units ** -0.5),
    }),
    beginning: beginningOf('x', 8),
  }
}

/** AlexNet's and VGG's layers are those of their papers: ImageNet Classification with Deep CNNs; Very Deep Convolutional Networks. */
export const workloads: readonly Workload[] = [
  ...[256, 512, 1024, 2048, 4096].map(matmul),
  conv2d('AlexNet’s first layer', [3, 227], [96, 11], { stride: 4 }),
  conv2d('VGG’s conv3-64 at 224²', [64, 224], [64, 3], { padding: 1 }),
  ...[512, 1024, 2048, 4096, 8192].map(attention),
  layerNorm(512, 768),
  layerNorm(4096, 768),
  lstm(32, 16, 128),
  lstm(128, 32, 256),
]

/** The small ones, for a quick look. */
export const quickWorkloads: readonly Workload[] = [
  matmul(256),
  matmul(512),
  conv2d('AlexNet’s first layer', [3, 227], [96, 11], { stride: 4 }),
  attention(512),
  layerNorm(512, 768),
  lstm(32, 16, 128),
]

/** The row of this name. */
export function workloadNamed(name: string): Workload {
  const found = [...workloads, ...quickWorkloads].find((workload) => workload.name === name)
  if (found === undefined) throw new RangeError(`there is no row ${name}`)
  return found
}

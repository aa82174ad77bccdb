import { reshape, rowMajor, type Tensor, type Tensors, tensor, zeros } from '../../oracle/tensor.js'
import { forward, joined } from '../computation.js'
import type { Operators } from '../exercise.js'
import { lowerTriangle, minus, ones } from '../matrices.js'

/** The four kinds of layers of the table. */
export const layerKinds = ['attention', 'recurrent', 'convolutional', 'restricted'] as const
export type LayerKind = (typeof layerKinds)[number]

export interface Sizes {
  /** Positions. */
  readonly n: number
  /** Features of a position. */
  readonly d: number
  /** Width of a convolution's kernel. */
  readonly k: number
  /** Positions that restricted attention reads: its own and the r − 1 before it. */
  readonly r: number
}

/** Small weights, so that long runs stay finite. */
function weights(...shape: readonly number[]): Tensor {
  const x = ones(shape)
  return tensor(
    shape,
    Float64Array.from(rowMajor(x), () => 1 / (shape[shape.length - 1] * 4)),
  )
}

/** Runs one layer over a sequence of ones, with as few calls, one after another, as it allows. */
export async function runLayer(kind: LayerKind, { n, d, k, r }: Sizes, operators: Operators): Promise<Tensor> {
  const x = ones([n, d])
  if (kind === 'attention')
    return forward(operators, 'scaledDotProductAttention', 'output', { query: x, key: x, value: x })
  if (kind === 'convolutional') {
    const inputs = { x: ones([1, d, n + k - 1]), weight: weights(d, d, k) }
    return forward(operators, 'conv1d', 'y', inputs)
  }
  if (kind === 'restricted') {
    // The positions that each one reads, side by side.
    const key = ones([n, r, d])
    return forward(operators, 'scaledDotProductAttention', 'output', { query: ones([n, 1, d]), key, value: key })
  }
  let hidden: Tensor = zeros([1, 1, d])
  for (let t = 0; t < n; t++)
    hidden = await forward(operators, 'rnn', 'hidden', {
      x: ones([1, 1, d]),
      h0: reshape(hidden, [1, d]),
      weightInput: weights(d, d),
      weightHidden: weights(d, d),
    })
  return hidden
}

/** How many calls of operators wait for one another: the longest chain in which each needs the one before. */
export function depthOperators(operators: Operators): { readonly operators: Operators; depth(): number } {
  const depths = new WeakMap<ArrayBufferLike, number>()
  let deepest = 0
  const depthOf = (x: Tensor) => depths.get(x.data.buffer) ?? 0
  const noting = Object.entries(operators).map(([name, operator]) => [
    name,
    {
      ...operator,
      async forward(inputs: Tensors, attributes = {}) {
        const outputs = await operator.forward(inputs, attributes)
        const depth = 1 + Math.max(0, ...Object.values(inputs).map(depthOf))
        deepest = Math.max(deepest, depth)
        for (const output of Object.values(outputs)) depths.set(output.data.buffer, depth)
        return outputs
      },
    },
  ])
  return { operators: Object.fromEntries(noting), depth: () => deepest }
}

/** How a layer moves what a position holds to others, as a linear layer on one feature. */
async function spread(kind: LayerKind, layer: number, x: Tensor, { n, k, r }: Sizes, operators: Operators) {
  if (kind === 'convolutional') {
    // Causal and dilated: the kernel reads positions k^layer apart (n apart at most), its own and those before it.
    const dilation = Math.min(k ** layer, n)
    const call = { x: reshape(x, [1, 1, n]), weight: ones([1, 1, k]) }
    const y = await forward(operators, 'conv1d', 'y', call, { dilation, padding: (k - 1) * dilation })
    return reshape(y.hi(-1, -1, n), [n])
  }
  const mask = kind === 'restricted' ? minus(lowerTriangle(n), lowerTriangleBelow(n, r)) : ones([n, n])
  // Queries of 0 attend to all that they may alike.
  const inputs = { query: zeros([n, 1]), key: zeros([n, 1]), value: reshape(x, [n, 1]), mask }
  return reshape(await forward(operators, 'scaledDotProductAttention', 'output', inputs), [n])
}

/** 1 where the column is at least `distance` before the row. */
function lowerTriangleBelow(size: number, distance: number): Tensor {
  const x = zeros([size, size])
  for (let i = 0; i < size; i++) for (let j = 0; j <= i - distance; j++) x.set(i, j, 1)
  return x
}

/** What the layers of a kind make, one reading the other, of a 1 at the first position and 0 elsewhere. */
export async function spreadLayers(kind: LayerKind, sizes: Sizes, operators: Operators): Promise<readonly Tensor[]> {
  const { n } = sizes
  const enough = kind === 'convolutional' ? Math.ceil(Math.log2(n)) + 1 : kind === 'attention' ? 2 : n
  let x = joined([ones([1]), zeros([n - 1])], [n])
  const layers: Tensor[] = []
  for (let layer = 0; layer < enough; layer++) {
    x = await spread(kind, layer, x, sizes, operators)
    layers.push(x)
  }
  return layers
}

/**
 * The length of the path from the first position to the last: the layers until what stood at the first shows at the last. For a
 * recurrent layer one is enough, and its steps, which wait for one another, are the path.
 */
export function reach(layers: readonly Tensor[]): number {
  return 1 + layers.findIndex((x) => rowMajor(x)[x.size - 1] !== 0)
}

/** The longest chain of calls of one run of a layer. */
export async function depthOf(kind: LayerKind, sizes: Sizes, operators: Operators): Promise<number> {
  const tracing = depthOperators(operators)
  await runLayer(kind, sizes, tracing.operators)
  return tracing.depth()
}

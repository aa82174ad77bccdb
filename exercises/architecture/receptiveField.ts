import type { PrimitiveLayer } from './layers.js'
import { pairOr, type Signal } from './signal.js'

/** What positions see of one of the network's inputs along one axis: rows, columns, or positions of a sequence. */
export interface AxisField {
  /** How much of the input one position sees; padding counts as if it were input. */
  readonly size: number
  /** The part of the input that all positions see together, from … up to …, that left out; padding is no part of it. */
  readonly seen: readonly [from: number, to: number]
  /** Where positions lie on a grid: position i sees [first + i·jump, first + i·jump + size). */
  readonly grid?: { readonly first: number; readonly jump: number }
  /** Length of the input. */
  readonly input: number
}

/** One axis each; none where the input is a vector. */
export type Field = readonly AxisField[]

export function fieldOfInput(signal: Signal): Field {
  const lengths = signal.kind === 'vector' ? [] : axesOf(signal)
  return lengths.map((input) => ({ size: 1, seen: [0, input], grid: { first: 0, jump: 1 }, input }))
}

/** Positions along each axis: rows and columns of an image, positions of a sequence. */
function axesOf({ kind, shape }: Signal): readonly number[] {
  return kind === 'image' ? shape.slice(1) : shape.slice(0, 1)
}

/**
 * The field of a layer's answer, from those of what it reads; undefined where it does not read of this input. A window of k over
 * positions that see r each and lie j apart sees r + (k − 1)·j, and its answers lie j·stride apart. A unit that depends on all
 * positions sees all that they see together.
 */
export function fieldAfter(
  layer: PrimitiveLayer,
  fields: readonly (Field | undefined)[],
  reads: readonly Signal[],
  answer: Signal,
): Field | undefined {
  const known = fields.filter((one) => one !== undefined)
  const [own, memory] = fields
  if (layer.kind === 'sum' || layer.kind === 'concatenation') return union(known)
  if (layer.kind === 'multiHeadAttention' && fields.length > 1)
    return union([...(own === undefined ? [] : [own]), ...(memory === undefined ? [] : [memory.map(whole)])])
  if (own === undefined) return undefined
  const positions = axesOf(answer)
  const windows = (kernel: Pair, stride: Pair, padding: Pair, dilation: Pair = [1, 1]): Field =>
    own.map((axis, d) => windowField(axis, positions[d], kernel[d], stride[d], padding[d], dilation[d]))
  switch (layer.kind) {
    case 'conv':
    case 'depthwiseSeparableConv': {
      const dilation = layer.kind === 'conv' ? pairOr(layer.dilation, 1) : undefined
      return windows(pairOr(layer.kernel, 1), pairOr(layer.stride, 1), pairOr(layer.padding, 0), dilation)
    }
    case 'maxPool':
    case 'avgPool':
      return windows(pairOr(layer.kernel, 1), pairOr(layer.stride ?? layer.kernel, 1), pairOr(layer.padding, 0))
    case 'zeroPadding':
      return windows([1, 1], [layer.stride, layer.stride], [0, 0])
    case 'adaptiveAvgPool':
      return own.map((axis, d) => cells(axis, axesOf(reads[0])[d], positions[d]))
    case 'patchEmbedding': {
      const patch: Pair = [layer.patch, layer.patch]
      const [, height, width] = reads[0].shape
      const grid = own.map((axis, d) =>
        windowField(axis, ([height, width][d] ?? 1) / layer.patch, layer.patch, patch[d], 0, 1),
      )
      return grid.map(offGrid)
    }
    case 'linear':
    case 'softmax':
      return reads[0].kind === 'vector' ? own.map(whole) : own
    case 'globalAvgPool':
    case 'multiHeadAttention':
      return own.map(whole)
    case 'flatten':
    case 'classToken':
    case 'selectToken':
      return own.map(offGrid)
    default:
      return own
  }
}

type Pair = readonly [number, number]

/** `positions` windows over an axis. */
function windowField(
  axis: AxisField,
  positions: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
): AxisField {
  if (axis.grid === undefined) return kernel === 1 && stride === 1 ? axis : whole(axis)
  const jump = axis.grid.jump * stride
  const first = axis.grid.first - padding * axis.grid.jump
  const size = axis.size + (kernel - 1) * dilation * axis.grid.jump
  const end = first + (positions - 1) * jump + size
  return { size, seen: [Math.max(first, 0), Math.min(end, axis.input)], grid: { first, jump }, input: axis.input }
}

/** Cell i of `output` covers the positions ⌊i·length/output⌋ to ⌈(i + 1)·length/output⌉ − 1; the largest one's size. */
function cells(axis: AxisField, length: number, output: number): AxisField {
  const kernel = length / output
  if (Number.isInteger(kernel)) return windowField(axis, output, kernel, kernel, 0, 1)
  if (axis.grid === undefined) return whole(axis)
  const sizes = Array.from(
    { length: output },
    (_, i) => Math.ceil(((i + 1) * length) / output) - Math.floor((i * length) / output),
  )
  return { ...offGrid(axis), size: axis.size + (Math.max(...sizes) - 1) * axis.grid.jump }
}

function whole(axis: AxisField): AxisField {
  return { ...offGrid(axis), size: axis.seen[1] - axis.seen[0] }
}

function offGrid({ size, seen, input }: AxisField): AxisField {
  return { size, seen, input }
}

/** What sees all that the fields see. It lies on a grid where all of them do, equally far apart. */
function union(fields: readonly Field[]): Field {
  const [one] = fields
  return one.map((axis, d) => {
    const axes = fields.map((field) => field[d] ?? axis)
    const seen: [number, number] = [
      Math.min(...axes.map((other) => other.seen[0])),
      Math.max(...axes.map((other) => other.seen[1])),
    ]
    const grids = axes.flatMap(({ grid, size }) => (grid === undefined ? [] : [{ ...grid, size }]))
    if (grids.length < axes.length || grids.some(({ jump }) => jump !== grids[0].jump))
      return { size: Math.max(...axes.map(({ size }) => size)), seen, input: axis.input }
    const first = Math.min(...grids.map((grid) => grid.first))
    const end = Math.max(...grids.map((grid) => grid.first + grid.size))
    return { size: end - first, seen, grid: { first, jump: grids[0].jump }, input: axis.input }
  })
}

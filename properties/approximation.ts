import { rowMajor, sizeOf, type Tensor } from '../oracle/tensor.js'

/**
 * A tensor of values and how far rounding may have moved each: `bound`, the worst case over everything that the platform may
 * do, and `variance`, of the running error that honest rounding makes. Row-major.
 */
export interface Approximation {
  readonly shape: readonly number[]
  readonly value: Float64Array
  readonly bound: Float64Array
  readonly variance: Float64Array
}

export type Approximations = Readonly<Record<string, Approximation>>

/** An approximation whose entries are still to be filled in. */
export function blank(shape: readonly number[]): Approximation {
  const size = sizeOf(shape)
  return {
    shape,
    value: new Float64Array(size),
    bound: new Float64Array(size),
    variance: new Float64Array(size),
  }
}

/** A tensor that is known exactly. */
export function exact(x: Tensor): Approximation {
  const value = rowMajor(x)
  return { shape: x.shape, value, bound: new Float64Array(value.length), variance: new Float64Array(value.length) }
}

/** Every entry the same number, known exactly. */
export function constant(shape: readonly number[], value: number): Approximation {
  const result = blank(shape)
  result.value.fill(value)
  return result
}

/** An implementation's answer, with the accuracy that the model of its arithmetic ascribes to it. */
export function measured(answer: Tensor, accuracy: Approximation): Approximation {
  return { ...accuracy, shape: answer.shape, value: rowMajor(answer) }
}

/** The same entries under another shape of equal size. */
export function reshaped(a: Approximation, shape: readonly number[]): Approximation {
  return { ...a, shape }
}

/** The entries at `index`, in this order, under `shape`; an index of −1 gives an exact 0. */
export function gather(a: Approximation, shape: readonly number[], index: ArrayLike<number>): Approximation {
  const result = blank(shape)
  for (let i = 0; i < index.length; i++) {
    const at = index[i]
    if (at < 0) continue
    result.value[i] = a.value[at]
    result.bound[i] = a.bound[at]
    result.variance[i] = a.variance[at]
  }
  return result
}

/** The positions of a tensor's entries after its axes are put into `order`, with the new shape. */
export function permutation(shape: readonly number[], order: readonly number[]) {
  const steps = shape.map((_, d) => sizeOf(shape.slice(d + 1)))
  const newShape = order.map((d) => shape[d])
  const index = new Int32Array(sizeOf(shape))
  for (let i = 0; i < index.length; i++) {
    let rest = i
    let at = 0
    for (let d = order.length - 1; d >= 0; d--) {
      at += (rest % newShape[d]) * steps[order[d]]
      rest = Math.floor(rest / newShape[d])
    }
    index[i] = at
  }
  return { shape: newShape, index }
}

/** The axes of `a` in another order. */
export function permuted(a: Approximation, order: readonly number[]): Approximation {
  const { shape, index } = permutation(a.shape, order)
  return gather(a, shape, index)
}

/** The last two axes exchanged. */
export function transposed(a: Approximation): Approximation {
  const order = a.shape.map((_, d) => d)
  const rank = order.length
  ;[order[rank - 2], order[rank - 1]] = [order[rank - 1], order[rank - 2]]
  return permuted(a, order)
}

/** Entries of `a` repeated so that the last axis, which `a` lacks, has this length. */
export function spread(a: Approximation, length: number): Approximation {
  const index = new Int32Array(a.value.length * length)
  for (let i = 0; i < index.length; i++) index[i] = Math.floor(i / length)
  return gather(a, [...a.shape, length], index)
}

/** `a` repeated along new leading axes until it has this shape. */
export function repeated(a: Approximation, shape: readonly number[]): Approximation {
  const size = a.value.length
  const index = new Int32Array(sizeOf(shape))
  for (let i = 0; i < index.length; i++) index[i] = i % size
  return gather(a, shape, index)
}

/** Approximations one after the other along the last axis; all other lengths are equal. */
export function joined(parts: readonly Approximation[]): Approximation {
  const lengths = parts.map(({ shape }) => shape[shape.length - 1])
  const total = lengths.reduce((sum, length) => sum + length, 0)
  const result = blank([...parts[0].shape.slice(0, -1), total])
  const rows = result.value.length / total
  for (let row = 0; row < rows; row++) {
    let to = row * total
    for (const [p, part] of parts.entries()) {
      const [from, length] = [row * lengths[p], lengths[p]]
      result.value.set(part.value.subarray(from, from + length), to)
      result.bound.set(part.bound.subarray(from, from + length), to)
      result.variance.set(part.variance.subarray(from, from + length), to)
      to += length
    }
  }
  return result
}

type Shaped = readonly [Float32Array, readonly number[]]

/** A row-major array with its dimensions in another order. */
export function permuted([values, shape]: Shaped, order: readonly number[]): Shaped {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1))
  const to = order.map((axis) => shape[axis])
  const steps = order.map((axis) => strides[axis])
  const index = to.map(() => 0)
  let from = 0
  const result = new Float32Array(values.length)
  for (let i = 0; i < result.length; i++) {
    result[i] = values[from]
    for (let axis = to.length - 1; axis >= 0; axis--) {
      index[axis] += 1
      from += steps[axis]
      if (index[axis] < to[axis]) break
      from -= steps[axis] * to[axis]
      index[axis] = 0
    }
  }
  return [result, to]
}

/** Parts of one length in another order. */
export function blocks(values: Float32Array, order: readonly number[]): Float32Array {
  const length = values.length / order.length
  const result = new Float32Array(values.length)
  for (const [to, from] of order.entries()) result.set(values.subarray(from * length, (from + 1) * length), to * length)
  return result
}

/**
 * How many positions a window takes along one axis, by counting them: the window of `dilation`·(kernel − 1) + 1 entries is moved
 * by `stride` as long as it lies inside the padded input.
 */
export function countPositions(
  input: number,
  kernel: number,
  stride: number,
  padding: number,
  dilation: number,
): number {
  const last = dilation * (kernel - 1)
  let positions = 0
  for (let start = 0; start + last < input + 2 * padding; start += stride) positions++
  return positions
}

/** A window that is moved over an image, [height, width] each. */
export interface Window {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly number[]
  readonly dilation: readonly number[]
}

/** The positions of the window along both axes. */
export function positionsOf([H, W]: readonly number[], { kernel, stride, padding, dilation }: Window) {
  return [
    countPositions(H, kernel[0], stride[0], padding[0], dilation[0]),
    countPositions(W, kernel[1], stride[1], padding[1], dilation[1]),
  ]
}

/** A pair attribute, [height, width]. */
export function pair(value: unknown): readonly [number, number] {
  if (typeof value === 'number') return [value, value]
  if (Array.isArray(value) && value.length === 2) return [Number(value[0]), Number(value[1])]
  throw new TypeError(`expected [height, width], got ${String(value)}`)
}

/** For every one of `size` places the entries of `index` that name it, padded with −1 to equal length. */
export function namedBy(index: ArrayLike<number>, size: number): { shape: readonly number[]; index: Int32Array } {
  const lists: number[][] = Array.from({ length: size }, () => [])
  for (let i = 0; i < index.length; i++) lists[index[i]].push(i)
  const most = lists.reduce((length, list) => Math.max(length, list.length), 1)
  const result = new Int32Array(size * most).fill(-1)
  for (const [place, list] of lists.entries()) result.set(list, place * most)
  return { shape: [size, most], index: result }
}

/** The eigenvalues of a symmetric matrix, largest first, and its eigenvectors of length 1 in the same order. */
export interface Eigensystem {
  readonly values: Float64Array
  /** An eigenvector each; its entry of largest magnitude (the first of several) is positive. */
  readonly vectors: readonly Float64Array[]
}

/**
 * The eigensystem of a symmetric matrix [size, size], row-major, by Jacobi's method: rotations in the planes of two axes,
 * each of which sets an entry off the diagonal to zero, until none is left. The error is some roundings of the largest entry,
 * eigenvectors apart that belong to eigenvalues close to each other.
 * Source: Matrix Computations (4th edition, 2013), section 8.5.
 */
export function eigensystem(matrix: ArrayLike<number>, size: number): Eigensystem {
  const a = Float64Array.from(matrix)
  const v = new Float64Array(size * size)
  for (let i = 0; i < size; i++) v[i * size + i] = 1
  const scale = a.reduce((sum, value) => sum + value * value, 0)
  while (squaresOffDiagonal(a, size) > 2 ** -106 * scale)
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(a, v, size, p, q)
  const order = Array.from({ length: size }, (_, i) => i).sort((i, j) => a[j * size + j] - a[i * size + i])
  return {
    values: Float64Array.from(order, (i) => a[i * size + i]),
    vectors: order.map((i) => withSign(Float64Array.from({ length: size }, (_, row) => v[row * size + i]))),
  }
}

function squaresOffDiagonal(a: Float64Array, size: number): number {
  let sum = 0
  for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) sum += 2 * a[p * size + q] ** 2
  return sum
}

/** Rotates the plane of axes p and q so that a[p, q] becomes 0, the columns of `v` with it. */
function rotate(a: Float64Array, v: Float64Array, size: number, p: number, q: number): void {
  const off = a[p * size + q]
  if (off === 0) return
  const theta = (a[q * size + q] - a[p * size + p]) / (2 * off)
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.hypot(theta, 1))
  const c = 1 / Math.hypot(t, 1)
  const s = t * c
  const turn = (x: Float64Array, at: number, other: number) => {
    const [first, second] = [x[at], x[other]]
    x[at] = c * first - s * second
    x[other] = s * first + c * second
  }
  for (let k = 0; k < size; k++) turn(a, k * size + p, k * size + q)
  for (let k = 0; k < size; k++) turn(a, p * size + k, q * size + k)
  for (let k = 0; k < size; k++) turn(v, k * size + p, k * size + q)
  a[p * size + q] = 0
  a[q * size + p] = 0
}

/** The vector or its opposite: its largest entry positive, entries equal up to rounding being equal. */
function withSign(x: Float64Array): Float64Array {
  const most = x.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
  const leading = x.find((value) => Math.abs(value) > most * (1 - 2 ** -20)) ?? 1
  return leading < 0 ? x.map((value) => -value) : x
}

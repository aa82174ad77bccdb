import type { Span } from './ast.js'

/** What an expression's value cannot be computed from: an unknown name or function, or shapes that do not fit. */
export class Unevaluable extends Error {
  override readonly name = 'Unevaluable'
  readonly span: Span

  constructor(why: string, span: Span) {
    super(why)
    this.span = span
  }
}

/** Row-major scalars of one kind: numbers, or intervals. */
export interface Grid<Scalar> {
  readonly shape: readonly number[]
  readonly data: readonly Scalar[]
}

/** The shape in words for a message: `[2, 3] matrix`, `vector of 3`, `number`. */
export function shapeWord({ shape }: Grid<unknown>): string {
  if (shape.length === 0) return 'number'
  return shape.length === 1 ? `vector of ${shape[0]}` : `[${shape.join(', ')}] matrix`
}

export function scalarOf<Scalar>(x: Scalar): Grid<Scalar> {
  return { shape: [], data: [x] }
}

export function mapOf<Scalar>(x: Grid<Scalar>, f: (x: Scalar) => Scalar): Grid<Scalar> {
  return { shape: x.shape, data: x.data.map((element) => f(element)) }
}

export function elementwise<Scalar>(
  a: Grid<Scalar>,
  b: Grid<Scalar>,
  f: (a: Scalar, b: Scalar) => Scalar,
  span: Span,
): Grid<Scalar> {
  if (b.data.length === 1 && b.shape.length <= a.shape.length) return mapOf(a, (x) => f(x, b.data[0]))
  if (a.data.length === 1) return mapOf(b, (x) => f(a.data[0], x))
  const same = a.shape.length === b.shape.length && a.shape.every((length, d) => length === b.shape[d])
  const vectors =
    a.shape.length !== b.shape.length &&
    a.data.length === b.data.length &&
    [...a.shape, ...b.shape].filter((n) => n > 1).length === 2
  const broadcast = same || vectors ? undefined : (rowsWith(a, b, f) ?? rowsWith(b, a, (x, y) => f(y, x)))
  if (broadcast !== undefined) return broadcast
  if (!same && !vectors)
    throw new Unevaluable(`a sum or product by elements of a ${shapeWord(a)} and a ${shapeWord(b)}`, span)
  const { shape } = a.shape.length >= b.shape.length ? a : b
  return { shape, data: a.data.map((x, i) => f(x, b.data[i])) }
}

/** A matrix with a row vector beside each of its rows, or a column vector beside each of its columns. */
function rowsWith<Scalar>(
  matrix: Grid<Scalar>,
  vector: Grid<Scalar>,
  f: (a: Scalar, b: Scalar) => Scalar,
): Grid<Scalar> | undefined {
  if (matrix.shape.length !== 2 || vector.data.length === 1) return undefined
  const [rows, columns] = matrix.shape
  const isRow =
    vector.shape.length === 1 ? vector.shape[0] === columns : vector.shape[0] === 1 && vector.shape[1] === columns
  const isColumn = vector.shape.length === 2 && vector.shape[1] === 1 && vector.shape[0] === rows
  if (!isRow && !isColumn) return undefined
  const data = matrix.data.map((x, i) => f(x, vector.data[isRow ? i % columns : Math.floor(i / columns)]))
  return { shape: matrix.shape, data }
}

/** How many entries a tensor has along the place of an index in a key's subscript. */
export function lengthAlong(shape: readonly number[], key: string, index: string): number | undefined {
  const [, subscript] = /_\(?([^^')]+)/.exec(key) ?? []
  const lengths = shape.filter((length) => length > 1)
  if (subscript === undefined || shape.length === 0) return undefined
  if (subscript === index) return lengths.length <= 1 ? shape.reduce((a, b) => a * b) : undefined
  const letters = subscript.replaceAll(',', '')
  const axis = letters.indexOf(index)
  return letters.length === shape.length && axis >= 0 ? shape[axis] : undefined
}

export function transposed<Scalar>(x: Grid<Scalar>): Grid<Scalar> {
  if (x.shape.length < 2) return x.shape.length === 0 ? x : { shape: [x.shape[0], 1], data: x.data }
  const [rows, columns] = x.shape
  const data = Array.from({ length: x.data.length }, (_, i) => x.data[(i % rows) * columns + Math.floor(i / rows)])
  return { shape: [columns, rows], data }
}

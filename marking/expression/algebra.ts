import type { Expression, Numeral, Span } from './ast.js'

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

/** Arithmetic on one kind of scalar. */
export interface Algebra<Scalar> {
  numeral(numeral: Numeral): Scalar
  exact(value: number): Scalar
  negate(x: Scalar): Scalar
  add(a: Scalar, b: Scalar): Scalar
  subtract(a: Scalar, b: Scalar): Scalar
  multiply(a: Scalar, b: Scalar): Scalar
  divide(a: Scalar, b: Scalar): Scalar
  power(base: Scalar, exponent: Scalar): Scalar
  max(a: Scalar, b: Scalar): Scalar
  min(a: Scalar, b: Scalar): Scalar
  softmax(logits: readonly Scalar[]): readonly Scalar[]
  logSoftmax(logits: readonly Scalar[]): readonly Scalar[]
  argmax(values: readonly Scalar[]): Scalar
  /** Functions of one scalar, by the names of `Call`. */
  readonly elementwise: ReadonlyMap<string, (x: Scalar) => Scalar>
  /** The value of a symbol, and of a function that the caller knows. */
  valueOf(key: string): Grid<Scalar> | undefined
  apply(name: string, values: readonly Grid<Scalar>[]): Grid<Scalar> | undefined
}

const constants: ReadonlyMap<string, number> = new Map([
  ['e', Math.E],
  ['pi', Math.PI],
])

/**
 * The value of an expression over any algebra. A list [1, 2] has shape [2], a column [2, 1]; a vector [n] fits beside [n, 1] and
 * [1, n], whose shape the result has; a single element is a scalar wherever shapes do not fit otherwise. `*` between
 * matrices and vectors is the matrix product. Throws an Unevaluable.
 */
export function evaluateOver<Scalar>(expression: Expression, algebra: Algebra<Scalar>): Grid<Scalar> {
  return value(expression)

  function value(node: Expression): Grid<Scalar> {
    switch (node.kind) {
      case 'numeral':
        return scalarOf(algebra.numeral(node))
      case 'name': {
        const known = algebra.valueOf(node.key)
        if (known !== undefined) return known
        const constant = constants.get(node.key)
        if (constant === undefined) throw new Unevaluable(`${node.text} has no value`, node.span)
        return scalarOf(algebra.exact(constant))
      }
      case 'negation':
        return mapOf(value(node.operand), algebra.negate)
      case 'transposition':
        return transposed(value(node.operand))
      case 'operation':
        return operate(node.operator, value(node.left), value(node.right), node.span)
      case 'call':
        return call(node.name, node.arguments.map(value), node.span)
      case 'matrix':
        return matrix(
          node.rows.map((row) => row.map(value)),
          node.list,
          node.span,
        )
    }
  }

  function operate(operator: string, a: Grid<Scalar>, b: Grid<Scalar>, span: Span): Grid<Scalar> {
    switch (operator) {
      case '+':
        return elementwise(a, b, algebra.add, span)
      case '-':
        return elementwise(a, b, algebra.subtract, span)
      case '⊙':
        return elementwise(a, b, algebra.multiply, span)
      case '/':
        if (b.data.length !== 1) throw new Unevaluable(`a quotient by a ${shapeWord(b)}`, span)
        return mapOf(a, (x) => algebra.divide(x, b.data[0]))
      case '^':
        if (b.data.length !== 1) throw new Unevaluable(`a power with a ${shapeWord(b)} as exponent`, span)
        if (a.shape.length === 2 && a.shape.every((length) => length > 1))
          throw new Unevaluable('a power of a matrix', span)
        return mapOf(a, (x) => algebra.power(x, b.data[0]))
      default:
        return product(a, b, span)
    }
  }

  function product(a: Grid<Scalar>, b: Grid<Scalar>, span: Span): Grid<Scalar> {
    if (a.shape.length === 0) return mapOf(b, (x) => algebra.multiply(a.data[0], x))
    if (b.shape.length === 0) return mapOf(a, (x) => algebra.multiply(x, b.data[0]))
    const [rows, inner] = a.shape.length === 1 ? [1, a.shape[0]] : a.shape
    const [innerToo, columns] = b.shape.length === 1 ? [b.shape[0], 1] : b.shape
    if (inner !== innerToo) {
      if (a.data.length === 1) return mapOf(b, (x) => algebra.multiply(a.data[0], x))
      if (b.data.length === 1) return mapOf(a, (x) => algebra.multiply(x, b.data[0]))
      throw new Unevaluable(`a product of a ${shapeWord(a)} and a ${shapeWord(b)}`, span)
    }
    const data: Scalar[] = []
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) {
        let sum = algebra.multiply(a.data[row * inner], b.data[column])
        for (let k = 1; k < inner; k++)
          sum = algebra.add(sum, algebra.multiply(a.data[row * inner + k], b.data[k * columns + column]))
        data.push(sum)
      }
    const shape = [...(a.shape.length === 1 ? [] : [rows]), ...(b.shape.length === 1 ? [] : [columns])]
    return { shape, data }
  }

  function call(name: string, values: readonly Grid<Scalar>[], span: Span): Grid<Scalar> {
    const applied = algebra.apply(name, values)
    if (applied !== undefined) return applied
    const f = algebra.elementwise.get(name)
    if (f !== undefined && values.length === 1) return mapOf(values[0], f)
    const entries = values.length === 1 ? values[0] : listOf(values, span)
    switch (name) {
      case 'softmax':
        return byRows(entries, algebra.softmax)
      case 'logSoftmax':
        return byRows(entries, algebra.logSoftmax)
      case 'argmax':
        return scalarOf(algebra.argmax(entries.data))
      case 'max':
      case 'min':
        if (values.length === 1) return scalarOf(entries.data.reduce(algebra[name]))
        return values.reduce((a, b) => elementwise(a, b, algebra[name], span))
      case 'mean': {
        const summands = values.length === 1 ? entries.data.map(scalarOf) : values
        const sum = summands.reduce((a, b) => elementwise(a, b, algebra.add, span))
        return mapOf(sum, (x) => algebra.divide(x, algebra.exact(summands.length)))
      }
      case 'norm': {
        const squares = entries.data.map((x) => algebra.power(x, algebra.exact(2)))
        return scalarOf(algebra.power(squares.reduce(algebra.add), algebra.exact(0.5)))
      }
      default:
        throw new Unevaluable(`${name} is no known function of ${values.length} arguments`, span)
    }
  }

  function byRows(x: Grid<Scalar>, f: (row: readonly Scalar[]) => readonly Scalar[]): Grid<Scalar> {
    const matrix = x.shape.length === 2 && x.shape[1] > 1
    const length = matrix ? x.shape[1] : x.data.length
    const rows = Array.from({ length: x.data.length / length }, (_, row) =>
      x.data.slice(row * length, (row + 1) * length),
    )
    return { shape: x.shape, data: rows.flatMap(f) }
  }

  function matrix(rows: readonly (readonly Grid<Scalar>[])[], isList: boolean, span: Span): Grid<Scalar> {
    const entries = rows.flat()
    if (entries.every(({ data }) => data.length === 1)) {
      const data = entries.map(({ data: [only] }) => only)
      return { shape: isList ? [data.length] : [rows.length, rows[0].length], data }
    }
    // Vectors side by side are the columns of a matrix.
    const [{ data: first }] = entries
    if (
      rows.length !== 1 ||
      entries.some(({ shape, data }) => shape.length > 2 || data.length !== first.length || (shape[1] ?? 1) !== 1)
    )
      throw new Unevaluable('a matrix of parts that do not fit together', span)
    return { shape: [first.length, entries.length], data: first.flatMap((_, i) => entries.map(({ data }) => data[i])) }
  }

  function listOf(values: readonly Grid<Scalar>[], span: Span): Grid<Scalar> {
    return matrix([values], true, span)
  }
}

/** The shape in words for a message: `[2, 3] matrix`, `vector of 3`, `number`. */
function shapeWord({ shape }: Grid<unknown>): string {
  if (shape.length === 0) return 'number'
  return shape.length === 1 ? `vector of ${shape[0]}` : `[${shape.join(', ')}] matrix`
}

function scalarOf<Scalar>(x: Scalar): Grid<Scalar> {
  return { shape: [], data: [x] }
}

function mapOf<Scalar>(x: Grid<Scalar>, f: (x: Scalar) => Scalar): Grid<Scalar> {
  return { shape: x.shape, data: x.data.map((element) => f(element)) }
}

function elementwise<Scalar>(
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
  if (!same && !vectors)
    throw new Unevaluable(`a sum or product by elements of a ${shapeWord(a)} and a ${shapeWord(b)}`, span)
  const { shape } = a.shape.length >= b.shape.length ? a : b
  return { shape, data: a.data.map((x, i) => f(x, b.data[i])) }
}

function transposed<Scalar>(x: Grid<Scalar>): Grid<Scalar> {
  if (x.shape.length < 2) return x.shape.length === 0 ? x : { shape: [x.shape[0], 1], data: x.data }
  const [rows, columns] = x.shape
  const data = Array.from({ length: x.data.length }, (_, i) => x.data[(i % rows) * columns + Math.floor(i / rows)])
  return { shape: [columns, rows], data }
}

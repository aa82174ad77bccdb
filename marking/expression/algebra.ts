import type { Call, Expression, Name, Numeral, Span } from './ast.js'
import { elementwise, type Grid, lengthAlong, mapOf, scalarOf, shapeWord, transposed, Unevaluable } from './grid.js'
import { dependsOn, entriesNamed, positionOf, rowNamed, withIndex } from './indices.js'
import { walk } from './walk.js'

/** Functions that apply to each of their arguments: `relu(5, 2)` is the vector of both. */
const activations: ReadonlySet<string> = new Set(['relu', 'sigmoid', 'sigma', 'tanh'])

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
  /** Whether a relation holds; `undefined` where that cannot be told. */
  holds(relation: string, a: Scalar, b: Scalar): boolean | undefined
  /** The whole number that a scalar is; `undefined` where it is none. */
  wholeNumber(x: Scalar): number | undefined
  /** Functions of one scalar, by the names of `Call`. */
  readonly elementwise: ReadonlyMap<string, (x: Scalar) => Scalar>
  /** The value of a symbol, and of a function that the caller knows. */
  valueOf(key: string): Grid<Scalar> | undefined
  apply(name: string, values: readonly Grid<Scalar>[]): Grid<Scalar> | undefined
}

/** The most terms that the sums of an expression are evaluated over, all together. */
const mostTerms = 10_000

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
  /** How many terms of sums have been evaluated, of those inside others too. */
  let terms = 0
  return value(expression)

  function value(node: Expression): Grid<Scalar> {
    switch (node.kind) {
      case 'numeral':
        return scalarOf(algebra.numeral(node))
      case 'name': {
        const known = algebra.valueOf(node.key) ?? entryNamed(node.key)
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
        return operate(
          node.operator,
          value(node.left),
          node.operator === '^' ? exponent(node.right) : value(node.right),
          node.span,
        )
      case 'call':
        if (node.name.endsWith('Over')) return over(node)
        if (node.name === 'cases') return cases(node)
        return call(node.name, node.arguments.map(value), node.span)
      case 'matrix':
        return matrix(
          node.rows.map((row) => row.map(value)),
          node.list,
          node.span,
        )
    }
  }

  /** A whole number that stands above is itself, whatever value it may repeat elsewhere. */
  function exponent(node: Expression): Grid<Scalar> {
    return node.kind === 'numeral' && node.whole ? scalarOf(algebra.exact(node.value)) : value(node)
  }

  /** An entry of a tensor that has a value, `Q_{12}`, `x_3`, or a row of a matrix, `q_1`. */
  function entryNamed(key: string): Grid<Scalar> | undefined {
    for (const entry of entriesNamed(key)) {
      const whole = algebra.valueOf(entry.base)
      const position = whole === undefined ? undefined : positionOf(entry, whole.shape)
      if (whole !== undefined && position !== undefined) return scalarOf(whole.data[position])
    }
    const named = rowNamed(key)
    const matrix = named === undefined ? undefined : algebra.valueOf(named.base)
    if (named === undefined || matrix?.shape.length !== 2) return undefined
    const [rows, columns] = matrix.shape
    const from = named.row * columns
    return named.row < rows ? { shape: [columns], data: matrix.data.slice(from, from + columns) } : undefined
  }

  /** A sum, product or extremum over an index: the values of its body, put together. */
  function over(node: Call): Grid<Scalar> {
    const [body, index, first, last] = node.arguments
    const known = node.arguments.every(
      (argument) => argument.kind !== 'name' || algebra.valueOf(argument.key) !== undefined,
    )
    const range = index.kind === 'name' ? rangeOf(body, index, first, last) : undefined
    if (index.kind !== 'name' || range === undefined) {
      const applied = known ? algebra.apply(node.name, node.arguments.map(value)) : undefined
      if (applied !== undefined) return applied
      throw new Unevaluable(`what the index of this runs over is not known`, node.span)
    }
    const [from, to] = range
    terms += Math.max(0, to - from + 1)
    if (to < from || terms > mostTerms) throw new Unevaluable(`${to - from + 1} terms`, node.span)
    const values = Array.from({ length: to - from + 1 }, (_, i) => value(withIndex(body, index.key, from + i)))
    if (node.name === 'sumOver') return values.reduce((a, b) => elementwise(a, b, algebra.add, node.span))
    if (node.name === 'productOver') return values.reduce((a, b) => product(a, b, node.span))
    if (values.some(({ data }) => data.length !== 1)) throw new Unevaluable('the greatest of vectors', node.span)
    const scalars = values.map(({ data: [only] }) => only)
    switch (node.name) {
      case 'maxOver':
        return scalarOf(scalars.reduce(algebra.max))
      case 'minOver':
        return scalarOf(scalars.reduce(algebra.min))
      case 'argmaxOver':
        return scalarOf(algebra.add(algebra.argmax(scalars), algebra.exact(from)))
      default:
        return scalarOf(algebra.add(algebra.argmax(scalars.map(algebra.negate)), algebra.exact(from)))
    }
  }

  /** The whole numbers that an index runs through: its bounds, or the entries of the vectors in the body that bear it. */
  function rangeOf(
    body: Expression,
    index: Name,
    first?: Expression,
    last?: Expression,
  ): readonly [number, number] | undefined {
    if (first !== undefined && last !== undefined) {
      const [from, to] = [first, last].map((bound) => algebra.wholeNumber(value(bound).data[0]))
      return from === undefined || to === undefined ? undefined : [from, to]
    }
    if (first !== undefined) return undefined
    const lengths = walk(body).flatMap((node) => {
      if (node.kind !== 'name' || node.key === index.key || !dependsOn(node, index.key)) return []
      const base = algebra.valueOf(node.key.replace(/_[^^']+/, ''))
      const length = base === undefined ? undefined : lengthAlong(base.shape, node.key, index.key)
      return [length]
    })
    const [length] = lengths
    return length === undefined || lengths.some((other) => other !== length) ? undefined : [1, length]
  }

  /** The value whose condition holds. */
  function cases(node: Call): Grid<Scalar> {
    const parts = node.arguments
    for (let at = 0; at + 1 < parts.length; at += 2) {
      const met = holds(parts[at + 1])
      if (met === undefined) throw new Unevaluable('which case it is cannot be told', node.span)
      if (met) return value(parts[at])
    }
    if (parts.length % 2 === 0) throw new Unevaluable('none of the cases', node.span)
    return value(parts[parts.length - 1])
  }

  function holds(condition: Expression): boolean | undefined {
    if (condition.kind !== 'call') return undefined
    const [a, b] = condition.arguments
    if (condition.name === 'and') {
      const both = [holds(a), holds(b)]
      return both.includes(false) ? false : both.includes(undefined) ? undefined : true
    }
    const [left, right] = [value(a), value(b)]
    if (left.data.length !== 1 || right.data.length !== 1) return undefined
    return algebra.holds(condition.name, left.data[0], right.data[0])
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
    const entries = (): Grid<Scalar> => (values.length === 1 ? values[0] : listOf(values, span))
    if (f !== undefined && (values.length === 1 || activations.has(name))) return mapOf(entries(), f)
    switch (name) {
      case 'softmax':
        return byRows(entries(), algebra.softmax)
      case 'logSoftmax':
        return byRows(entries(), algebra.logSoftmax)
      case 'argmax':
        return scalarOf(algebra.argmax(entries().data))
      case 'argmin':
        return scalarOf(algebra.argmax(entries().data.map(algebra.negate)))
      case 'sum':
        if (values.length === 1) return scalarOf(entries().data.reduce(algebra.add))
        return values.reduce((a, b) => elementwise(a, b, algebra.add, span))
      case 'entry':
        return entryOf(values, span)
      case 'convolution':
        return convolved(values, span)
      case 'max':
      case 'min':
        if (values.length === 1) return scalarOf(entries().data.reduce(algebra[name]))
        return values.reduce((a, b) => elementwise(a, b, algebra[name], span))
      case 'mean': {
        const summands = values.length === 1 ? entries().data.map(scalarOf) : values
        const sum = summands.reduce((a, b) => elementwise(a, b, algebra.add, span))
        return mapOf(sum, (x) => algebra.divide(x, algebra.exact(summands.length)))
      }
      case 'norm': {
        const squares = entries().data.map((x) => algebra.power(x, algebra.exact(2)))
        return scalarOf(algebra.power(squares.reduce(algebra.add), algebra.exact(0.5)))
      }
      case 'norm1':
        return scalarOf(entries().data.map(absolute).reduce(algebra.add))
      case 'normMax':
        return scalarOf(entries().data.map(absolute).reduce(algebra.max))
      default:
        throw new Unevaluable(`${name} is no known function of ${values.length} arguments`, span)
    }
  }

  function absolute(x: Scalar): Scalar {
    return algebra.max(x, algebra.negate(x))
  }

  /** One entry of a tensor by its one-based indices. */
  function entryOf([whole, ...indices]: readonly Grid<Scalar>[], span: Span): Grid<Scalar> {
    const place = indices.map(({ data }) => algebra.wholeNumber(data[0]))
    const known = place.flatMap((index) => (index === undefined || index < 1 ? [] : [index - 1]))
    const position = known.length < place.length ? undefined : positionOf({ base: '', place: known }, whole.shape)
    if (position === undefined) throw new Unevaluable(`no such entry of a ${shapeWord(whole)}`, span)
    return scalarOf(whole.data[position])
  }

  /** The cross-correlation of two vectors without padding: the kernel moves along the first. */
  function convolved([signal, kernel]: readonly Grid<Scalar>[], span: Span): Grid<Scalar> {
    const [length, width] = [signal.data.length, kernel.data.length]
    const areVectors = [signal, kernel].every(({ shape }) => shape.length > 0 && shape.filter((n) => n > 1).length <= 1)
    if (!areVectors || width > length)
      throw new Unevaluable(`a convolution of a ${shapeWord(signal)} with a ${shapeWord(kernel)}`, span)
    const data = Array.from({ length: length - width + 1 }, (_, at) =>
      kernel.data.map((weight, k) => algebra.multiply(weight, signal.data[at + k])).reduce(algebra.add),
    )
    return { shape: [data.length], data }
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

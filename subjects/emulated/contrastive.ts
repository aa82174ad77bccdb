import type { Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { logProbabilities, probabilities } from './activations.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { squareRoot } from './functions.js'
import { build, elementwise, pick, run } from './layout.js'
import { incoming, reduce } from './losses.js'

type Rows = readonly (readonly number[])[]

function rowsOf(x: Tensor): number[][] {
  const [N, D] = x.shape
  return run(0, N).map((n) => pick(rowMajor(x), run(n * D, D)))
}

export function contrastiveLoss(arithmetic: EmulatedArithmetic): Operator {
  /** The differences of all pairs with their squared lengths and lengths. */
  const apart = (a: Tensor, b: Tensor) =>
    rowsOf(elementwise([a, b], (p, q) => arithmetic.subtract(p, q))).map((difference) => {
      const square = arithmetic.dot(difference, difference)
      return { difference, square, distance: squareRoot(arithmetic, square) }
    })
  return {
    forward({ a, b, same }, attributes) {
      const margin = arithmetic.round(Number(attributes.margin))
      const marks = rowMajor(same)
      const items = apart(a, b).map(({ square, distance }, n) => {
        const short = Math.max(0, arithmetic.subtract(margin, distance))
        return marks[n] === 1 ? square : arithmetic.multiply(short, short)
      })
      return { loss: reduce(arithmetic, tensor([items.length], items), attributes) }
    },
    backward({ a, b, same }, attributes, { loss }) {
      const margin = arithmetic.round(Number(attributes.margin))
      const marks = rowMajor(same)
      const g = incoming(arithmetic, loss, attributes, a.shape[0])
      const rows = apart(a, b).flatMap(({ difference, distance }, n) => {
        if (marks[n] === 1) return difference.map((d) => arithmetic.multiply(2 * d, g(n)))
        const short = Math.max(0, arithmetic.subtract(margin, distance))
        if (short === 0 || distance === 0) return difference.map(() => 0)
        const slope = arithmetic.divide(arithmetic.multiply(-2 * short, g(n)), distance)
        return difference.map((d) => arithmetic.multiply(d, slope))
      })
      return { a: tensor(a.shape, rows), b: build(b.shape, (i) => -rows[i]) }
    },
  }
}

/** The rows divided by their lengths, at least 1e-12, and the way of a gradient back through that. */
function normalization(arithmetic: EmulatedArithmetic, x: Tensor) {
  const least = arithmetic.round(1e-12)
  const rows = rowsOf(x).map((row) => {
    const length = squareRoot(arithmetic, arithmetic.dot(row, row))
    const divisor = Math.max(length, least)
    return { unit: row.map((value) => arithmetic.divide(value, divisor)), divisor, short: !(length > least) }
  })
  return {
    units: rows.map(({ unit }) => unit),
    through: (gradient: Rows) =>
      rows.map(({ unit, divisor, short }, n) => {
        const along = arithmetic.dot(gradient[n], unit)
        return gradient[n].map((g, d) =>
          arithmetic.divide(short ? g : arithmetic.subtract(g, arithmetic.multiply(along, unit[d])), divisor),
        )
      }),
  }
}

/** q·kᵀ/τ */
function scoresOf(arithmetic: EmulatedArithmetic, q: Rows, k: Rows, temperature: number): number[][] {
  return q.map((row) => k.map((other) => arithmetic.divide(arithmetic.dot(row, other), temperature)))
}

/** The mean of −log softmax of every row at its target. */
function meanCrossEntropy(arithmetic: EmulatedArithmetic, scores: Rows, target: (row: number) => number): Tensor {
  const items = scores.map((row, i) => -logProbabilities(arithmetic, row)[target(i)])
  return tensor([], [arithmetic.divide(arithmetic.sum(items), arithmetic.round(items.length))])
}

/** Its gradient with respect to the scores, divided by τ. */
function scoreGradients(
  arithmetic: EmulatedArithmetic,
  scores: Rows,
  target: (row: number) => number,
  loss: Tensor,
  temperature: number,
): number[][] {
  const g = arithmetic.divide(rowMajor(loss)[0], arithmetic.round(scores.length))
  return scores.map((row, i) =>
    probabilities(arithmetic, row).map((p, j) =>
      arithmetic.divide(arithmetic.multiply(arithmetic.subtract(p, j === target(i) ? 1 : 0), g), temperature),
    ),
  )
}

/** The rows of a matrix product a·b. */
function product(arithmetic: EmulatedArithmetic, a: Rows, b: Rows): number[][] {
  return a.map((row) =>
    b[0].map((_, d) =>
      arithmetic.dot(
        row,
        b.map((other) => other[d]),
      ),
    ),
  )
}

function turned(rows: Rows): number[][] {
  return rows[0].map((_, j) => rows.map((row) => row[j]))
}

export function infoNce(arithmetic: EmulatedArithmetic): Operator {
  const prepared = (x: Tensor, normalize: unknown) =>
    normalize === true ? normalization(arithmetic, x) : { units: rowsOf(x), through: (gradient: Rows) => gradient }
  return {
    forward({ query, key }, { temperature, normalize }) {
      const [q, k] = [prepared(query, normalize), prepared(key, normalize)]
      const scores = scoresOf(arithmetic, q.units, k.units, arithmetic.round(Number(temperature)))
      return { loss: meanCrossEntropy(arithmetic, scores, (row) => row) }
    },
    backward({ query, key }, attributes, { loss }) {
      const temperature = arithmetic.round(Number(attributes.temperature))
      const [q, k] = [prepared(query, attributes.normalize), prepared(key, attributes.normalize)]
      const scores = scoresOf(arithmetic, q.units, k.units, temperature)
      const G = scoreGradients(arithmetic, scores, (row) => row, loss, temperature)
      return {
        query: tensor(query.shape, q.through(product(arithmetic, G, k.units)).flat()),
        key: tensor(key.shape, k.through(product(arithmetic, turned(G), q.units)).flat()),
      }
    },
  }
}

export function ntXent(arithmetic: EmulatedArithmetic): Operator {
  const pairOf = (rows: number) => (i: number) => (i < rows / 2 ? i + rows / 2 - 1 : i - rows / 2)
  const others = (scores: Rows) => scores.map((row, i) => row.filter((_, j) => j !== i))
  return {
    forward({ z }, attributes) {
      const { units } = normalization(arithmetic, z)
      const scores = others(scoresOf(arithmetic, units, units, arithmetic.round(Number(attributes.temperature))))
      return { loss: meanCrossEntropy(arithmetic, scores, pairOf(scores.length)) }
    },
    backward({ z }, attributes, { loss }) {
      const temperature = arithmetic.round(Number(attributes.temperature))
      const { units, through } = normalization(arithmetic, z)
      const scores = others(scoresOf(arithmetic, units, units, temperature))
      const beside = scoreGradients(arithmetic, scores, pairOf(scores.length), loss, temperature)
      const G = beside.map((row, i) => [...row.slice(0, i), 0, ...row.slice(i)])
      const [left, right] = [product(arithmetic, G, units), product(arithmetic, turned(G), units)]
      const both = left.map((row, i) => row.map((value, d) => arithmetic.add(value, right[i][d])))
      return { z: tensor(z.shape, through(both).flat()) }
    },
  }
}

/** m·t + (1 − m)·o, or t + (1 − m)·(o − t). */
export function momentumUpdate(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward({ target, online }, attributes) {
      const momentum = arithmetic.round(Number(attributes.momentum))
      const rest = arithmetic.subtract(1, momentum)
      return {
        y: elementwise([target, online], (t, o) =>
          arithmetic.options.formulation === 'textbook'
            ? arithmetic.add(arithmetic.multiply(momentum, t), arithmetic.multiply(rest, o))
            : arithmetic.add(t, arithmetic.multiply(rest, arithmetic.subtract(o, t))),
        ),
      }
    },
  }
}

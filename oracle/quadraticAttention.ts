import { float, output, Refusal } from './contract.js'
import { type DoubleDouble, divide, twoProduct, twoSum } from './doubleDouble.js'
import { defineOperator } from './operator.js'
import { rowMajor, type Tensor, tensor } from './tensor.js'

/** A matrix of `rows` rows, row-major. */
interface Matrix {
  readonly data: Float64Array
  /** What rounding the entries left over, where it is known. */
  readonly rest?: Float64Array
  readonly rows: number
  readonly columns: number
}

/** A power of two that brings `largest` to about 2^exponent; 1 for 0. */
function unitFor(largest: number, exponent: number): number {
  return largest === 0 ? 1 : 2 ** Math.min(1000, exponent - Math.floor(Math.log2(largest)))
}

function largestOf(data: Float64Array): number {
  return data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0)
}

/** The rows of a matrix, each times its unit. */
function scaled(x: Tensor, unitOf: (row: Float64Array) => number): Matrix & { readonly units: Float64Array } {
  const [rows, columns] = x.shape
  const data = rowMajor(x).slice()
  const units = new Float64Array(rows)
  for (let r = 0; r < rows; r++) {
    const row = data.subarray(r * columns, (r + 1) * columns)
    units[r] = unitOf(row)
    for (let c = 0; c < columns; c++) row[c] *= units[r]
  }
  return { data, rows, columns, units }
}

/** The matrix with a column of ones after its last. */
function withOnes(x: Tensor): Matrix {
  const [rows, columns] = [x.shape[0], x.shape[1] + 1]
  const [data, source] = [new Float64Array(rows * columns).fill(1), rowMajor(x)]
  for (let r = 0; r < rows; r++) data.set(source.subarray(r * (columns - 1), (r + 1) * (columns - 1)), r * columns)
  return { data, rows, columns }
}

/** A sum and what its additions and products rounded off: as good as twice the digits, added at the end. */
class Sums {
  readonly high: Float64Array
  readonly low: Float64Array

  constructor(length: number) {
    this.high = new Float64Array(length)
    this.low = new Float64Array(length)
  }

  at(i: number): DoubleDouble {
    return { high: this.high[i], low: this.low[i] }
  }

  clear(): void {
    this.high.fill(0)
    this.low.fill(0)
  }

  /** Adds (a + aRest)·(b + bRest) to sum i. */
  addProduct(i: number, a: number, aRest: number, b: number, bRest: number): void {
    const product = twoProduct(a, b)
    const sum = twoSum(this.high[i], product.high)
    this.high[i] = sum.high
    this.low[i] += sum.low + (product.low + (a * bRest + aRest * b))
  }

  /** The high part of sum i takes over what the low one has gathered. */
  settle(i: number): void {
    const sum = twoSum(this.high[i], this.low[i])
    this.high[i] = sum.high
    this.low[i] = sum.low
  }
}

/**
 * Σₛ (lₜ·rₛ)²·vₛ for every t, in time that grows with the rows of l plus those of r: (l·r)² = φ(l)·φ(r) with
 * φ(x) = vec(xxᵀ), so that Σₛ φ(rₛ)·vₛ is summed once for all t; one component of φ at a time. The sums cancel where l·r is
 * small beside |l|·|r|, squared: so they are carried with twice the digits. Rows of l and r are at most about 1.
 */
function quadraticForm(l: Matrix, r: Matrix, v: Matrix): Sums {
  const [D, M] = [l.columns, v.columns]
  const columnUnits = Float64Array.from({ length: M }, (_, m) => {
    let largest = 0
    for (let s = 0; s < v.rows; s++) largest = Math.max(largest, Math.abs(v.data[s * M + m]))
    return unitFor(largest, 0)
  })
  const sums = new Sums(l.rows * M)
  const moments = new Sums(M)
  for (let i = 0; i < D; i++)
    for (let j = i; j < D; j++) {
      moments.clear()
      for (let s = 0; s < r.rows; s++) {
        const component = twoProduct(r.data[s * D + i], r.data[s * D + j])
        for (let m = 0; m < M; m++)
          moments.addProduct(m, component.high, component.low, v.data[s * M + m] * columnUnits[m], 0)
      }
      for (let m = 0; m < M; m++) moments.settle(m)
      for (let t = 0; t < l.rows; t++) {
        const component = twoProduct(l.data[t * D + i] * (i === j ? 1 : 2), l.data[t * D + j])
        for (let m = 0; m < M; m++)
          sums.addProduct(t * M + m, component.high, component.low, moments.high[m], moments.low[m])
      }
    }
  for (let i = 0; i < l.rows * M; i++) {
    sums.settle(i)
    sums.high[i] /= columnUnits[i % M]
    sums.low[i] /= columnUnits[i % M]
  }
  return sums
}

/** Σₛ (lₜ·rₛ)(aₜ·bₛ)·rₛ for every t, through φ as above: what the squares' derivative 2·(lₜ·rₛ)·rₛ asks for. */
function derivativeForm(l: Matrix, r: Matrix, a: Matrix, b: Matrix): Float64Array {
  const [D, M] = [l.columns, a.columns]
  const result = new Sums(l.rows * D)
  const [sum, moments] = [new Sums(1), new Sums(M)]
  for (let i = 0; i < D; i++)
    for (let j = i; j < D; j++) {
      moments.clear()
      for (let s = 0; s < r.rows; s++) {
        const component = twoProduct(r.data[s * D + i], r.data[s * D + j])
        for (let m = 0; m < M; m++)
          moments.addProduct(m, component.high, component.low, b.data[s * M + m], b.rest?.[s * M + m] ?? 0)
      }
      for (let m = 0; m < M; m++) moments.settle(m)
      for (let t = 0; t < l.rows; t++) {
        sum.clear()
        for (let m = 0; m < M; m++)
          sum.addProduct(0, a.data[t * M + m], a.rest?.[t * M + m] ?? 0, moments.high[m], moments.low[m])
        sum.settle(0)
        result.addProduct(t * D + i, l.data[t * D + j], 0, sum.high[0], sum.low[0])
        if (i !== j) result.addProduct(t * D + j, l.data[t * D + i], 0, sum.high[0], sum.low[0])
      }
    }
  return result.high.map((high, i) => high + result.low[i])
}

/** A query whose every q·k is small beside |q|·|k|, below what φ can tell from 0: its weights from the products themselves. */
interface Faint {
  /** q·kₛ over the largest of them. */
  readonly ratios: Float64Array
  readonly sumOfSquares: number
  /** What the largest q·k is in units of scaled query and key. */
  readonly peak: number
  readonly keyUnit: number
}

/** Throws a Refusal where every q·k is 0. */
function faintQuery(query: Matrix, t: number, key: Tensor): Faint {
  const k = rowMajor(key)
  const [S, D] = key.shape
  const keyUnit = unitFor(largestOf(k), 900)
  const products = new Sums(S)
  for (let s = 0; s < S; s++) {
    for (let d = 0; d < D; d++) products.addProduct(s, query.data[t * D + d], 0, k[s * D + d] * keyUnit, 0)
    products.settle(s)
  }
  const peak = largestOf(products.high)
  if (peak === 0)
    throw new Refusal(
      'quadraticAttention',
      `query ${t} has q·k = 0 with every key, so that its weights are 0/0; it should have another product with one key at least`,
    )
  const ratios = products.high.map((product) => product / peak)
  return { ratios, sumOfSquares: ratios.reduce((sum, ratio) => sum + ratio * ratio, 0), peak, keyUnit }
}

/** Σ (q·k)² below this part of Σ |q|²|k|² is taken from the products q·k: the doubled digits of φ are certain above it. */
const faintest = 2 ** -20

/** What both passes need: scaled queries and keys, every query's output, denominator, or faint weights. */
function run({ query, key, value }: { query: Tensor; key: Tensor; value: Tensor }) {
  const q = scaled(query, (row) => unitFor(largestOf(row), 0))
  const keyUnit = unitFor(largestOf(rowMajor(key)), 0)
  const k = scaled(key, () => keyUnit)
  const M = value.shape[1]
  const values = withOnes(value)
  const sums = quadraticForm(q, k, values)
  const energy = k.data.reduce((sum, entry) => sum + entry * entry, 0)
  const result = new Float64Array(q.rows * M)
  const rest = new Float64Array(q.rows * M)
  const denominators = new Float64Array(q.rows)
  const faint = new Map<number, Faint>()
  for (let t = 0; t < q.rows; t++) {
    const row = q.data.subarray(t * q.columns, (t + 1) * q.columns)
    const bound = energy * row.reduce((sum, entry) => sum + entry * entry, 0)
    const denominator = sums.at(t * (M + 1) + M)
    if (denominator.high > faintest * bound) {
      denominators[t] = denominator.high
      for (let m = 0; m < M; m++) {
        const quotient = divide(sums.at(t * (M + 1) + m), denominator)
        result[t * M + m] = quotient.high
        rest[t * M + m] = quotient.low
      }
    } else {
      const weights = faintQuery(q, t, key)
      faint.set(t, weights)
      for (const [s, ratio] of weights.ratios.entries())
        for (let m = 0; m < M; m++)
          result[t * M + m] += ((ratio * ratio) / weights.sumOfSquares) * values.data[s * (M + 1) + m]
    }
  }
  return { q, k, values, result, rest, denominators, faint }
}

export const quadraticAttention = defineOperator({
  name: 'quadraticAttention',
  family: 'attention',
  summary:
    'weights (q·k)²/Σₛ(q·kₛ)², output = Σ weights·value, through φ(x) = vec(xxᵀ) with (q·k)² = φ(q)·φ(k): time grows with T + S; a query with q·k = 0 for every key is refused',
  source:
    'Transformers are RNNs: Fast Autoregressive Transformers with Linear Attention (2020), section 3.2, equation 5, with the second-degree polynomial kernel',
  inputs: { query: float('T', 'D'), key: float('S', 'D'), value: float('S', 'M') },
  attributes: {},
  outputs: { output: output('T', 'M') },
  dimensionNames: { T: 'queries', S: 'keys', D: 'features', M: 'value features' },
  forward: (inputs) => {
    const { result } = run(inputs)
    return { output: tensor([inputs.query.shape[0], inputs.value.shape[1]], result) }
  },
  /**
   * With dₜ = Σₛ (qₜ·kₛ)² and y the output: ∂L/∂vₛ = Σₜ (qₜ·kₛ)²·gₜ/dₜ; ∂L/∂(qₜ·kₛ) = 2(qₜ·kₛ)·gₜ·(vₛ − yₜ)/dₜ, where
   * gₜ·(vₛ − yₜ)·2/dₜ = aₜ·bₛ with aₜ = [2gₜ/dₜ, −2gₜ·yₜ/dₜ] and bₛ = [vₛ, 1].
   */
  backward: (inputs, _, { output: gradient }) => {
    const { q, k, values, result, rest, denominators, faint } = run(inputs)
    const [T, D, S, M] = [q.rows, q.columns, k.rows, inputs.value.shape[1]]
    const g = rowMajor(gradient)
    const factors = new Sums(T * (M + 1))
    const shares = { data: new Float64Array(T * M), rows: T, columns: M }
    for (let t = 0; t < T; t++) {
      if (faint.has(t)) continue
      for (let m = 0; m < M; m++) {
        const share = g[t * M + m] / denominators[t]
        shares.data[t * M + m] = share
        factors.high[t * (M + 1) + m] = 2 * share
        factors.addProduct(t * (M + 1) + M, -2 * share, 0, result[t * M + m], rest[t * M + m])
      }
      factors.settle(t * (M + 1) + M)
    }
    const a = { data: factors.high, rest: factors.low, rows: T, columns: M + 1 }
    const gradientValue = quadraticForm(k, q, shares).high
    const gradientQuery = derivativeForm(q, k, a, values).map((entry, i) => entry * q.units[Math.floor(i / D)])
    const gradientKey = derivativeForm(k, q, values, a).map((entry, i) => entry * k.units[Math.floor(i / D)])
    for (const [t, { ratios, sumOfSquares, peak, keyUnit }] of faint) {
      const keys = rowMajor(inputs.key)
      for (let s = 0; s < S; s++) {
        let dot = 0
        for (let m = 0; m < M; m++) {
          gradientValue[s * M + m] += ((ratios[s] * ratios[s]) / sumOfSquares) * g[t * M + m]
          dot += g[t * M + m] * (values.data[s * (M + 1) + m] - result[t * M + m])
        }
        const factor = (2 * ratios[s] * dot) / sumOfSquares
        for (let d = 0; d < D; d++) {
          gradientQuery[t * D + d] += factor * ((keys[s * D + d] * keyUnit) / peak) * q.units[t]
          gradientKey[s * D + d] += factor * (q.data[t * D + d] / peak) * keyUnit
        }
      }
    }
    return {
      query: tensor([T, D], gradientQuery),
      key: tensor([S, D], gradientKey),
      value: tensor([S, M], gradientValue),
    }
  },
})

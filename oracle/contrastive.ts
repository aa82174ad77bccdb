import { logSumExp } from './activations.js'
import { type CallShape, float, lossOutput, output, scalarOutput } from './contract.js'
import { scaleByPowerOfTwo } from './elementary.js'
import { reduce, reduction, spread } from './losses.js'
import { across, norm } from './norm.js'
import { defineOperator } from './operator.js'
import { item, map, rowMajor, scalar, type Tensor, tensor, zeros, zip } from './tensor.js'

/** The least length that a vector is taken to have where it is divided by it. */
const leastLength = 1e-12

/** The rows of x divided by max(‖row‖, 1e-12). */
function normalizeRows(x: Tensor): Tensor {
  const [N, D] = x.shape
  const data = rowMajor(x)
  const result = zeros(x.shape)
  for (let n = 0; n < N; n++) {
    const { mantissa, exponent } = norm(data, n * D, D)
    const short = scaleByPowerOfTwo(mantissa, exponent) <= leastLength
    for (let i = n * D; i < (n + 1) * D; i++)
      result.data[i] = short ? data[i] / leastLength : scaleByPowerOfTwo(data[i], -exponent) / mantissa
  }
  return result
}

/** ∂L/∂x = (g − x̂·⟨g, x̂⟩)/‖x‖ by row, g the gradient with respect to x̂ = x/‖x‖; g/1e-12 where the length is held fast. */
function normalizeRowsBackward(x: Tensor, gradient: Tensor): Tensor {
  const [N, D] = x.shape
  const [data, g] = [rowMajor(x), rowMajor(gradient)]
  const normalized = normalizeRows(x).data
  const result = zeros(x.shape)
  for (let n = 0; n < N; n++) {
    const { mantissa, exponent } = norm(data, n * D, D)
    const short = scaleByPowerOfTwo(mantissa, exponent) <= leastLength
    across(g, normalized, result.data, n * D, D)
    for (let i = n * D; i < (n + 1) * D; i++)
      result.data[i] = short ? g[i] / leastLength : scaleByPowerOfTwo(result.data[i] / mantissa, -exponent)
  }
  return result
}

const temperature = (value: number) => ({ type: 'number', above: 0, default: value }) as const

/** −log softmax of a row of scores at its positive. */
function lossAt(positive: number, scores: Float64Array): number {
  const { maximum, logSum } = logSumExp(scores, 0, 1, scores.length)
  return logSum + (maximum - scores[positive])
}

/** Scores give way to g·(softmax − one-hot of the positive), their gradient; at the positive p − 1 is taken as −Σ of the others. */
function gradientAt(positive: number, scores: Float64Array, g: number): void {
  const { maximum, sum } = logSumExp(scores, 0, 1, scores.length)
  let others = 0
  for (let j = 0; j < scores.length; j++) {
    if (j === positive) continue
    const p = Math.exp(scores[j] - maximum) / sum
    others += p
    scores[j] = g * p
  }
  scores[positive] = -g * others
}

/** ⟨row i of a, row j of b⟩ */
function dot(a: Float64Array, i: number, b: Float64Array, j: number, D: number): number {
  let sum = 0
  for (let d = 0; d < D; d++) sum += a[i * D + d] * b[j * D + d]
  return sum
}

/** Adds factor·row j of b to row i of sum. */
function addRow(sum: Float64Array, i: number, factor: number, b: Float64Array, j: number, D: number): void {
  for (let d = 0; d < D; d++) sum[i * D + d] += factor * b[j * D + d]
}

export const contrastiveLoss = defineOperator({
  name: 'contrastiveLoss',
  family: 'contrastive',
  summary: 'same = 1: d²; same = 0: max(0, margin − d)², d = ‖a − b‖; the derivative of d at 0 is 0',
  source: 'Dimensionality Reduction by Learning an Invariant Mapping (2006), equation 4 without the factors ½',
  inputs: {
    a: float('N', 'D'),
    b: float('N', 'D'),
    same: { dimensions: ['N'], kind: 'mask', optional: false },
  },
  attributes: { margin: { type: 'number', least: 0, default: 1 }, reduction },
  outputs: { loss: lossOutput },
  dimensionNames: { N: 'pairs', D: 'features' },
  outputShapes: ({ sizes, attributes }: CallShape) => ({ loss: attributes.reduction === 'none' ? [sizes.N] : [] }),
  forward: ({ a, b, same }, { margin, reduction }) => {
    const [N, D] = a.shape
    const [difference, alike] = [zip(a, b, (p, q) => p - q).data, rowMajor(same)]
    const items = new Float64Array(N)
    for (let n = 0; n < N; n++) {
      const { mantissa, exponent } = norm(difference, n * D, D)
      const distance = scaleByPowerOfTwo(mantissa, exponent)
      items[n] = alike[n] === 1 ? distance ** 2 : Math.max(0, margin - distance) ** 2
    }
    return { loss: reduce(tensor([N], items), reduction) }
  },
  /** ∂/∂a = 2(a − b) where alike; −2(margin − d)·(a − b)/d where not and d < margin; ∂/∂b is its negative. */
  backward: ({ a, b, same }, { margin, reduction }, { loss }) => {
    const [N, D] = a.shape
    const [difference, alike] = [zip(a, b, (p, q) => p - q).data, rowMajor(same)]
    const g = spread(loss, reduction, N)
    const result = zeros(a.shape)
    for (let n = 0; n < N; n++) {
      const { mantissa, exponent } = norm(difference, n * D, D)
      const short = margin - scaleByPowerOfTwo(mantissa, exponent)
      for (let i = n * D; i < (n + 1) * D; i++) {
        if (alike[n] === 1) result.data[i] = 2 * g[n] * difference[i]
        else if (short > 0 && mantissa > 0)
          result.data[i] = -2 * g[n] * short * (scaleByPowerOfTwo(difference[i], -exponent) / mantissa)
      }
    }
    return { a: result, b: map(result, (value) => -value) }
  },
})

/** The unit vectors of the rows, or the rows themselves. */
function directions(x: Tensor, normalize: boolean): Float64Array {
  return rowMajor(normalize ? normalizeRows(x) : x)
}

export const infoNce = defineOperator({
  name: 'infoNce',
  family: 'contrastive',
  summary:
    'the mean cross-entropy of query·keyᵀ/temperature, the positive on the diagonal; ‖x‖ is taken as at least 1e-12',
  source:
    'Representation Learning with Contrastive Predictive Coding (2018), equation 4; Momentum Contrast (2020), equation 1',
  inputs: { query: float('N', 'D'), key: float('N', 'D') },
  attributes: { temperature: temperature(0.07), normalize: { type: 'boolean', default: true } },
  outputs: { loss: scalarOutput },
  dimensionNames: { N: 'rows', D: 'features' },
  /** Row by row, so that never more than N of the N² scores are held. */
  forward: ({ query, key }, { temperature, normalize }) => {
    const [N, D] = query.shape
    const [q, k] = [directions(query, normalize), directions(key, normalize)]
    const scores = new Float64Array(N)
    let loss = 0
    for (let i = 0; i < N; i++) {
      for (let j = 0; j < N; j++) scores[j] = dot(q, i, k, j, D) / temperature
      loss += lossAt(i, scores)
    }
    return { loss: scalar(loss / N) }
  },
  /** With S = q·kᵀ/τ: ∂L/∂q = ∂L/∂S·k/τ, ∂L/∂k = (∂L/∂S)ᵀ·q/τ, then through the normalization. */
  backward: ({ query, key }, { temperature, normalize }, { loss }) => {
    const [N, D] = query.shape
    const [q, k] = [directions(query, normalize), directions(key, normalize)]
    const [gradQuery, gradKey] = [zeros(query.shape), zeros(key.shape)]
    const scores = new Float64Array(N)
    for (let i = 0; i < N; i++) {
      for (let j = 0; j < N; j++) scores[j] = dot(q, i, k, j, D) / temperature
      gradientAt(i, scores, item(loss) / N)
      for (let j = 0; j < N; j++) {
        addRow(gradQuery.data, i, scores[j] / temperature, k, j, D)
        addRow(gradKey.data, j, scores[j] / temperature, q, i, D)
      }
    }
    if (!normalize) return { query: gradQuery, key: gradKey }
    return { query: normalizeRowsBackward(query, gradQuery), key: normalizeRowsBackward(key, gradKey) }
  },
})

/** Row i's scores û_i·û_j/τ without its own, j = i: column j of all others is j, or j − 1 after i. */
function writePairedScores(unit: Float64Array, i: number, D: number, temperature: number, scores: Float64Array): void {
  for (let j = 0; j < scores.length; j++) scores[j] = dot(unit, i, unit, j < i ? j : j + 1, D) / temperature
}

/** Where row i's pair i ± N stands among its scores. */
function pairOf(i: number, rows: number): number {
  return i < rows / 2 ? i + rows / 2 - 1 : i - rows / 2
}

export const ntXent = defineOperator({
  name: 'ntXent',
  family: 'contrastive',
  summary:
    'the mean over all 2N rows of −log softmax of the cosine similarities/temperature at the row’s pair (i, i + N), itself excluded',
  source: 'A Simple Framework for Contrastive Learning of Visual Representations (2020), equation 1',
  inputs: { z: float('2N', 'D') },
  attributes: { temperature: temperature(0.5) },
  outputs: { loss: scalarOutput },
  dimensionNames: { D: 'features' },
  /** Row by row, so that never more than 2N of the 4N² scores are held. */
  forward: ({ z }, { temperature }) => {
    const [rows, D] = z.shape
    const unit = normalizeRows(z).data
    const scores = new Float64Array(rows - 1)
    let loss = 0
    for (let i = 0; i < rows; i++) {
      writePairedScores(unit, i, D, temperature, scores)
      loss += lossAt(pairOf(i, rows), scores)
    }
    return { loss: scalar(loss / rows) }
  },
  /** With S = û·ûᵀ/τ: ∂L/∂û = (G + Gᵀ)·û/τ for G = ∂L/∂S, then through the normalization. */
  backward: ({ z }, { temperature }, { loss }) => {
    const [rows, D] = z.shape
    const unit = normalizeRows(z).data
    const gradient = zeros(z.shape)
    const scores = new Float64Array(rows - 1)
    for (let i = 0; i < rows; i++) {
      writePairedScores(unit, i, D, temperature, scores)
      gradientAt(pairOf(i, rows), scores, item(loss) / rows)
      for (let column = 0; column < scores.length; column++) {
        const j = column < i ? column : column + 1
        addRow(gradient.data, i, scores[column] / temperature, unit, j, D)
        addRow(gradient.data, j, scores[column] / temperature, unit, i, D)
      }
    }
    return { z: normalizeRowsBackward(z, gradient) }
  },
})

export const momentumUpdate = defineOperator({
  name: 'momentumUpdate',
  family: 'contrastive',
  summary: 'momentum·target + (1 − momentum)·online',
  source: 'Momentum Contrast for Unsupervised Visual Representation Learning (2020), equation 2',
  inputs: { target: float(), online: float() },
  attributes: { momentum: { type: 'number', least: 0, most: 1, default: 0.999 } },
  outputs: { y: output() },
  forward: ({ target, online }, { momentum }) => ({
    y: zip(target, online, (t, o) => momentum * t + (1 - momentum) * o),
  }),
})

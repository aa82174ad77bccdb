import fc from 'fast-check'
import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import { type Approximation, constant, exact, gather, reshaped, transposed } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { chosen, completeCalls, type OperatorProperties, perhaps } from './calls.js'
import { type DataKind, fill, fillings, type Limits, sizes, sumLengths } from './data.js'
import { anchored, atLeast, byRow, loosened, parameter, rowLengths, rowProducts } from './functions.js'
import { numbers } from './losses.js'
import type { Model } from './model.js'
import type { Profile } from './profile.js'
import { softmaxParts } from './softmaxModel.js'

const factors: Limits = { multiplied: true, most: 1e7 }

const leastLength = 1e-12

/** Rows divided by max(‖row‖, 1e-12). */
function normalized(arithmetic: Arithmetic, x: Tensor) {
  const length = rowLengths(arithmetic, exact(x))
  const divisor = atLeast(arithmetic, length, leastLength)
  const unit = byRow(exact(x), divisor, 'divide', arithmetic)
  return { divisor, unit, length }
}

/** (g − x̂·⟨g, x̂⟩)/‖x‖ by row; g/1e-12 where the row is shorter. Written as g/‖x‖ − x·⟨g, x⟩/‖x‖³ it rounds each part more often. */
function throughNormalized(arithmetic: Arithmetic, x: Tensor, g: Approximation): Approximation {
  const { divisor, unit, length } = normalized(arithmetic, x)
  const dot = rowProducts(arithmetic, g, unit)
  const along = byRow(unit, dot, 'multiply', arithmetic)
  const D = x.shape[1]
  const roundings = (6 + 2 * arithmetic.profile.division) * arithmetic.profile.unitRoundoff
  const across = loosened(
    arithmetic.subtract(g, along),
    (i) => roundings * (Math.abs(g.value[i]) + Math.abs(along.value[i])),
    (i) => (roundings ** 2 / 12) * (g.value[i] ** 2 + along.value[i] ** 2),
  )
  const short = (i: number) => length.value[Math.floor(i / D)] <= leastLength
  const pick = (part: 'value' | 'bound' | 'variance') => across[part].map((entry, i) => (short(i) ? g[part][i] : entry))
  const free = { shape: x.shape, value: pick('value'), bound: pick('bound'), variance: pick('variance') }
  return byRow(free, divisor, 'divide', arithmetic)
}

/** The softmax less the one-hot target, times g/rows: the gradient of a mean cross-entropy with respect to its scores. */
function scoreGradient(arithmetic: Arithmetic, scores: Approximation, target: (row: number) => number, g: number) {
  const [rows, columns] = scores.shape
  const { softmax } = softmaxParts(arithmetic, scores)
  const wanted = constant(scores.shape, 0)
  for (let row = 0; row < rows; row++) wanted.value[row * columns + target(row)] = 1
  const u = arithmetic.profile.unitRoundoff
  const difference = arithmetic.widen(
    arithmetic.subtract(softmax, wanted),
    (i) => 2 * u * (softmax.value[i] + wanted.value[i]),
  )
  return arithmetic.multiply(difference, arithmetic.divideBy(constant(scores.shape, g), rows))
}

/** −log softmax of every row at its target, averaged. */
function meanCrossEntropy(arithmetic: Arithmetic, scores: Approximation, target: (row: number) => number) {
  const [rows, columns] = scores.shape
  const { logSoftmax } = softmaxParts(arithmetic, scores)
  const items = gather(
    arithmetic.negate(logSoftmax),
    [rows],
    Int32Array.from({ length: rows }, (_, row) => row * columns + target(row)),
  )
  return arithmetic.divideBy(arithmetic.sum(items, 'common'), rows)
}

/** x/τ, or x·(1/τ). */
function cooled(arithmetic: Arithmetic, x: Approximation, temperature: number): Approximation {
  return arithmetic.divide(x, parameter(arithmetic, x.shape, temperature))
}

function directions(arithmetic: Arithmetic, x: Tensor, normalize: unknown): Approximation {
  return normalize === true ? normalized(arithmetic, x).unit : exact(x)
}

/** Scores that may be scaled before their product is taken: each factor is rounded once more. */
function similarities(arithmetic: Arithmetic, q: Approximation, k: Approximation, temperature: number): Approximation {
  const product = arithmetic.matmul(q, transposed(k))
  const [N, D] = q.shape
  const M = k.shape[0]
  const u = arithmetic.profile.unitRoundoff
  const total = (at: number, power: 1 | 2) => {
    const [n, m] = [Math.floor(at / M), at % M]
    let sum = 0
    for (let d = 0; d < D; d++) sum += Math.abs(q.value[n * D + d] * k.value[m * D + d]) ** power
    return sum
  }
  const loose = loosened(
    product,
    (i) => 2 * u * total(i, 1),
    (i) => (u ** 2 / 3) * total(i, 2),
  )
  return reshaped(cooled(arithmetic, loose, temperature), [N, M])
}

const infoNceModel: Model = {
  shapes: () => ({ loss: [] }),
  forward: (arithmetic, { query, key }, { temperature, normalize }) => {
    const [q, k] = [directions(arithmetic, query, normalize), directions(arithmetic, key, normalize)]
    return { loss: meanCrossEntropy(arithmetic, similarities(arithmetic, q, k, Number(temperature)), (row) => row) }
  },
  /** With G = ∂L/∂S/τ: G·k and Gᵀ·q, through the normalization. */
  backward: (arithmetic, { query, key }, { temperature, normalize }, { loss }) => {
    const [q, k] = [directions(arithmetic, query, normalize), directions(arithmetic, key, normalize)]
    const scores = similarities(arithmetic, q, k, Number(temperature))
    const G = cooled(
      arithmetic,
      scoreGradient(arithmetic, scores, (row) => row, rowMajor(loss)[0]),
      Number(temperature),
    )
    const [ofQuery, ofKey] = [arithmetic.matmul(G, k, 'common'), arithmetic.matmul(transposed(G), q, 'common')]
    if (normalize !== true) return { query: ofQuery, key: ofKey }
    return { query: throughNormalized(arithmetic, query, ofQuery), key: throughNormalized(arithmetic, key, ofKey) }
  },
}

/** Rows that the platform can normalize: not near zero for difference quotients, or where 1e-12 itself is not held. */
function rowsOf(x: Tensor, kind: DataKind, profile: Profile): Tensor {
  return kind === 'smooth' || profile.smallestNormal > leastLength ** 2 ? anchored(x, profile) : x
}

const infoNceCalls = completeCalls(
  'infoNce',
  infoNceModel,
  (kind, profile) =>
    fc
      .record({
        N: sizes(4),
        D: sumLengths(kind, 5),
        query: fillings(kind, profile, factors),
        key: fillings(kind, profile, factors),
        temperature: perhaps(kind === 'smooth' ? numbers(profile, 1, 0.5, 2) : numbers(profile, 1, 0.07, 0.5, 2)),
        normalize: perhaps(fc.boolean()),
      })
      .map(({ N, D, query, key, temperature, normalize }) => ({
        inputs: {
          query: rowsOf(fill([N, D], query, profile), kind, profile),
          key: rowsOf(fill([N, D], key, profile), kind, profile),
        },
        attributes: chosen<number | boolean>({ temperature, normalize }),
      })),
  factors,
)

/** One positive key among those of the batch. (Representation Learning with Contrastive Predictive Coding, 2018, equation 4) */
export const noiseContrastive: Omit<OperatorProperties, 'laws'> = {
  operator: 'infoNce',
  model: infoNceModel,
  calls: infoNceCalls,
  smooth: infoNceCalls('smooth'),
}

/** The entries of a square beside its diagonal, row by row. */
function beside(rows: number): Int32Array {
  return Int32Array.from({ length: rows * (rows - 1) }, (_, i) => {
    const [row, column] = [Math.floor(i / (rows - 1)), i % (rows - 1)]
    return row * rows + column + (column < row ? 0 : 1)
  })
}

/** The column of row i's pair, i ± N, once its own has been left out. */
function pairOf(rows: number) {
  return (row: number) => (row < rows / 2 ? row + rows / 2 - 1 : row - rows / 2)
}

const ntXentModel: Model = {
  shapes: () => ({ loss: [] }),
  forward: (arithmetic, { z }, { temperature }) => {
    const [rows] = z.shape
    const { unit } = normalized(arithmetic, z)
    const scores = gather(similarities(arithmetic, unit, unit, Number(temperature)), [rows, rows - 1], beside(rows))
    return { loss: meanCrossEntropy(arithmetic, scores, pairOf(rows)) }
  },
  /** With G = ∂L/∂S/τ: (G + Gᵀ)·û, through the normalization. */
  backward: (arithmetic, { z }, { temperature }, { loss }) => {
    const [rows] = z.shape
    const { unit } = normalized(arithmetic, z)
    const places = beside(rows)
    const scores = gather(similarities(arithmetic, unit, unit, Number(temperature)), [rows, rows - 1], places)
    const gradient = scoreGradient(arithmetic, scores, pairOf(rows), rowMajor(loss)[0])
    const back = new Int32Array(rows * rows).fill(-1)
    for (const [i, place] of places.entries()) back[place] = i
    const G = cooled(arithmetic, gather(gradient, [rows, rows], back), Number(temperature))
    const [left, right] = [arithmetic.matmul(G, unit, 'common'), arithmetic.matmul(transposed(G), unit, 'common')]
    const u = arithmetic.profile.unitRoundoff
    const both = arithmetic.widen(
      arithmetic.add(left, right),
      (i) => 2 * u * (Math.abs(left.value[i]) + Math.abs(right.value[i])),
    )
    return { z: throughNormalized(arithmetic, z, both) }
  },
}

/** The rows with every second of a pair equal or opposite to the first, or as they are. */
function paired(z: Tensor, pairs: 'any' | 'equal' | 'opposite'): Tensor {
  if (pairs === 'any') return z
  const half = z.size / 2
  const data = rowMajor(z)
  return tensor(
    z.shape,
    data.map((value, i) => (i < half ? value : pairs === 'equal' ? data[i - half] : -data[i - half])),
  )
}

const ntXentCalls = completeCalls(
  'ntXent',
  ntXentModel,
  (kind, profile) =>
    fc
      .record({
        N: sizes(3),
        D: sumLengths(kind, 5),
        z: fillings(kind, profile, factors),
        temperature: perhaps(numbers(profile, 1, 0.07, 0.5, 2)),
        pairs: fc.constantFrom('any', 'any', 'equal', 'opposite'),
      })
      .map(({ N, D, z, temperature, pairs }) => ({
        inputs: { z: paired(rowsOf(fill([2 * N, D], z, profile), kind, profile), pairs) },
        attributes: chosen({ temperature }),
      })),
  factors,
)

/** Pairs of views of the same items. (A Simple Framework for Contrastive Learning of Visual Representations, 2020, equation 1) */
export const crossEntropyOfPairs: Omit<OperatorProperties, 'laws'> = {
  operator: 'ntXent',
  model: ntXentModel,
  calls: ntXentCalls,
  smooth: ntXentCalls('smooth'),
}

import fc from 'fast-check'
import { map, rowMajor, type Tensor, type Tensors } from '../oracle/tensor.js'
import { type Approximation, blank, exact, reshaped, spread, transposed } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { looser, productSizes } from './attention.js'
import { completeCalls, type OperatorProperties } from './calls.js'
import { type DataKind, fill, fillings, type Limits, sizes, sumLengths } from './data.js'
import type { Model } from './model.js'
import { type Profile, representable } from './profile.js'
import { tensorOf } from './relations.js'

/** φ(x) = vec(xxᵀ) of every row: [rows, D²]. */
function features(arithmetic: Arithmetic, x: Approximation): Approximation {
  const [rows, D] = x.shape
  const [left, right] = [blank([rows, D * D]), blank([rows, D * D])]
  for (let i = 0; i < left.value.length; i++) {
    const [row, pair] = [Math.floor(i / (D * D)), i % (D * D)]
    left.value[i] = x.value[row * D + Math.floor(pair / D)]
    right.value[i] = x.value[row * D + (pair % D)]
  }
  return arithmetic.multiply(left, right)
}

/** Σ |a||b| of the rows of two matrices. */
function sizesOf(a: Approximation, b: Approximation): Approximation {
  const size = productSizes(reshaped(a, [1, ...a.shape]), reshaped(b, [1, ...b.shape]))
  return reshaped(size, size.shape.slice(1))
}

/**
 * Every (q·k)² as φ(q)·φ(k), which rounds at least as much as the square itself, and the sums over the keys, in which φ(q) may
 * be taken out: their terms are then as large as (Σ|qᵢkᵢ|)².
 */
function quadratic(arithmetic: Arithmetic, { query, key, value }: Tensors) {
  const [q, k, v] = [features(arithmetic, exact(query)), features(arithmetic, exact(key)), exact(value)]
  const S = key.shape[0]
  const squares = looser(arithmetic, arithmetic.matmul(q, transposed(k)), S, sizesOf(q, k))
  const sums = arithmetic.matmul(squares, v)
  const denominators = arithmetic.sum(squares)
  return { squares, denominators, output: arithmetic.divide(sums, spread(denominators, value.shape[1])) }
}

const quadraticModel: Model = {
  shapes: ({ query, value }) => ({ output: [query.shape[0], value.shape[1]] }),
  forward: (arithmetic, inputs) => ({ output: quadratic(arithmetic, inputs).output }),
  /** ∂L/∂vₛ = Σₜ (qₜ·kₛ)²·gₜ/dₜ; ∂L/∂(qₜ·kₛ) = 2(qₜ·kₛ)·gₜ·(vₛ − yₜ)/dₜ with dₜ = Σₛ (qₜ·kₛ)². */
  backward: (arithmetic, inputs, _, gradients) => {
    const [q, k, v, g] = [exact(inputs.query), exact(inputs.key), exact(inputs.value), exact(gradients.output)]
    const [[T, D], [S, M]] = [q.shape, v.shape]
    const { squares, denominators, output } = quadratic(arithmetic, inputs)
    const shares = arithmetic.divide(g, spread(denominators, M))
    const ofValue = arithmetic.matmul(transposed(squares), shares)

    const fromValues = arithmetic.matmul(g, transposed(v))
    const fromOutput = spread(arithmetic.sum(arithmetic.multiply(g, output)), S)
    const ofMean = spread(diagonal(sizesOf(g, output)), S)
    const size = { ...fromValues, value: sizesOf(g, v).value.map((x, i) => x + ofMean.value[i]) }
    const difference = looser(arithmetic, arithmetic.subtract(fromValues, fromOutput), M + 2, size)
    const [products, sizeOfProducts] = [arithmetic.matmul(q, transposed(k)), sizesOf(q, k)]
    // The quotient first, since it is the order that overflows first.
    const slope = arithmetic.multiply(products, arithmetic.divide(difference, spread(denominators, S)))
    const largest = blank([T, S])
    for (let i = 0; i < T * S; i++)
      largest.value[i] = (sizeOfProducts.value[i] * size.value[i]) / denominators.value[Math.floor(i / S)]
    // Through φ, sums over pairs of features, keys and queries come before the products with g: their terms do not cancel.
    const delta = arithmetic.scale(looser(arithmetic, slope, D * D + S + T + M + 3, largest), 2)
    return {
      query: arithmetic.matmul(delta, k, 'common'),
      key: arithmetic.matmul(transposed(delta), q, 'common'),
      value: ofValue,
    }
  },
}

/** The diagonal of a square matrix. */
function diagonal(a: Approximation): Approximation {
  const [size] = a.shape
  const result = blank([size])
  for (let i = 0; i < size; i++) result.value[i] = a.value[i * (size + 1)]
  return result
}

/** Queries of which each has a product with some key whose square neither vanishes nor drowns in rounding. */
function meeting({ query, key }: { query: Tensor; key: Tensor }, profile: Profile): { query: Tensor; key: Tensor } {
  const keys = rowMajor(key).slice()
  const least = 64 * Math.sqrt(profile.smallestNormal)
  if (keys.every((x) => Math.abs(x) < least)) keys[keys.length - 1] = 1
  const [S, D] = key.shape
  const q = rowMajor(query).slice()
  const largest = keys.reduce((best, x, i) => (Math.abs(x) > Math.abs(keys[best]) ? i : best), 0)
  const row = Math.floor(largest / D)
  for (let t = 0; t < query.shape[0]; t++) {
    const meets = Array.from({ length: S }, (_, s) => s).some((s) => {
      let [product, size] = [0, 0]
      for (let d = 0; d < D; d++) {
        product += q[t * D + d] * keys[s * D + d]
        size += Math.abs(q[t * D + d] * keys[s * D + d])
      }
      return Math.abs(product) > Math.max(size / 8, least)
    })
    if (!meets) q.set(keys.subarray(row * D, (row + 1) * D), t * D)
  }
  return { query: tensorOf(query.shape, (i) => q[i]), key: tensorOf(key.shape, (i) => keys[i]) }
}

/** Products that stay away from 0 when the numbers move a little: positive queries, and one positive key. */
function apart({ query, key }: { query: Tensor; key: Tensor }): { query: Tensor; key: Tensor } {
  const [queries, keys] = [rowMajor(query), rowMajor(key)]
  const D = key.shape[1]
  return {
    query: tensorOf(query.shape, (i) => 2 + Math.abs(queries[i])),
    key: tensorOf(key.shape, (i) => (i < D ? 2 + Math.abs(keys[i]) : keys[i])),
  }
}

function limitsOf(profile: Profile): Limits {
  return { multiplied: true, most: profile.precision === 'float16' ? 1 : 400 }
}

function drawQuadratic(kind: DataKind, profile: Profile) {
  const limits = limitsOf(profile)
  return fc
    .record({
      T: sizes(4),
      S: sumLengths(kind, 5),
      D: sizes(4),
      M: sizes(3),
      query: fillings(kind, profile, limits),
      key: fillings(kind, profile, limits),
      value: fillings(kind, profile, limits),
    })
    .map(({ T, S, D, M, query, key, value }) => {
      const rows = { query: fill([T, D], query, profile), key: fill([S, D], key, profile) }
      const suited = kind === 'smooth' ? apart(rows) : meeting(rows, profile)
      return {
        inputs: {
          query: map(suited.query, (x) => representable(profile, x)),
          key: map(suited.key, (x) => representable(profile, x)),
          value: fill([S, M], value, profile),
        },
        attributes: {},
      }
    })
}

const quadraticCalls = completeCalls('quadraticAttention', quadraticModel, drawQuadratic, {
  multiplied: true,
  most: 400,
})

/** The shapes, arithmetic and calls of attention with squared products as weights. */
export const quadraticBase: Omit<OperatorProperties, 'laws'> = {
  operator: 'quadraticAttention',
  model: quadraticModel,
  calls: quadraticCalls,
  smooth: quadraticCalls('smooth'),
}

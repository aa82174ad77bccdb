import fc from 'fast-check'
import type { Tensors } from '../oracle/tensor.js'
import {
  type Approximation,
  type Approximations,
  blank,
  exact,
  gather,
  joined,
  permuted,
  repeated,
  reshaped,
  transposed,
} from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { type AttentionParts, attended, attentionGradients, looser, productSizes } from './attention.js'
import { chosen, completeCalls, type OperatorProperties, perhaps } from './calls.js'
import { type DataKind, fill, fillings, type Limits, sizes, sumLengths } from './data.js'
import type { Model } from './model.js'
import type { Profile } from './profile.js'
import { takenFrom } from './relations.js'

/** Columns `from` to `to` of a matrix. */
function columns(a: Approximation, from: number, to: number): Approximation {
  return takenFrom(
    a,
    1,
    Array.from({ length: to - from }, (_, i) => from + i),
  )
}

/** [d; eₛ] of all positions, [N·S, D+E]. */
function sideBySide({ decoder, encoder }: Tensors): Approximation {
  const [N, S, E] = encoder.shape
  const D = decoder.shape[1]
  const index = Array.from({ length: N * S * D }, (_, i) => Math.floor(i / (S * D)) * D + (i % D))
  return joined([gather(exact(decoder), [N * S, D], index), reshaped(exact(encoder), [N * S, E])])
}

/** Σ |a||b| of the rows of two matrices. */
function sizesOf(a: Approximation, b: Approximation): Approximation {
  const size = productSizes(reshaped(a, [1, ...a.shape]), reshaped(b, [1, ...b.shape]))
  return reshaped(size, size.shape.slice(1))
}

/** Every score as a product q·kₛ; d·W·e may be (d·W)·e or d·(W·e). */
function scored(arithmetic: Arithmetic, inputs: Tensors, score: unknown): AttentionParts {
  const { decoder, encoder, weight, vector } = inputs
  const [N, S, E] = encoder.shape
  const asQueries = (a: Approximation) => reshaped(a, [N, 1, a.value.length / N])
  const rest = { value: exact(encoder), allowed: () => true, scale: 1 }
  if (score === 'dot') return { query: asQueries(exact(decoder)), key: exact(encoder), ...rest }
  if (score === 'general') {
    const [d, W] = [exact(decoder), exact(weight)]
    const query = looser(arithmetic, arithmetic.matmul(d, W), E, sizesOf(d, transposed(W)))
    return { query: asQueries(query), key: exact(encoder), ...rest }
  }
  const A = vector.shape[0]
  const squashed = arithmetic.tanh(arithmetic.matmul(sideBySide(inputs), transposed(exact(weight))))
  return { query: repeated(exact(vector), [N, 1, A]), key: reshaped(squashed, [N, S, A]), ...rest }
}

/** [N,S,A] summed over the positions: [N,A]. */
function overPositions(arithmetic: Arithmetic, a: Approximation): Approximation {
  const byRow = permuted(a, [0, 2, 1])
  const size = blank(byRow.shape.slice(0, 2))
  for (const [i, value] of byRow.value.entries()) size.value[Math.floor(i / a.shape[1])] += Math.abs(value)
  // The product with W may be taken before the sum.
  return looser(arithmetic, arithmetic.sum(byRow, 'common'), a.shape[2], size)
}

const luongModel: Model = {
  shapes: ({ encoder }) => {
    const [N, S, E] = encoder.shape
    return { context: [N, E], weights: [N, S] }
  },
  forward: (arithmetic, inputs, { score }) => {
    const [N, S, E] = inputs.encoder.shape
    const { output, weights } = attended(arithmetic, scored(arithmetic, inputs, score))
    return { context: reshaped(output, [N, E]), weights: reshaped(weights, [N, S]) }
  },
  backward: (arithmetic, inputs, { score }, gradients): Approximations => {
    const { decoder, encoder, weight } = inputs
    const [N, S, E] = encoder.shape
    const D = decoder.shape[1]
    const parts = scored(arithmetic, inputs, score)
    const { products, query, key, value } = attentionGradients(arithmetic, parts, {
      output: reshaped(exact(gradients.context), [N, 1, E]),
      weights: reshaped(exact(gradients.weights), [N, 1, S]),
    })
    const ofQuery = reshaped(query, [N, query.shape[2]])
    if (score === 'dot') return { decoder: ofQuery, encoder: arithmetic.add(key, value) }
    if (score === 'general') {
      const size = productSizes(products, transposed(parts.key))
      const q = looser(arithmetic, ofQuery, E, reshaped(size, ofQuery.shape))
      return {
        decoder: arithmetic.matmul(q, transposed(exact(weight)), 'common'),
        encoder: arithmetic.add(key, value),
        weight: arithmetic.matmul(transposed(exact(decoder)), q, 'common'),
      }
    }
    const slope = arithmetic.shift(arithmetic.negate(arithmetic.square(parts.key)), 1)
    const delta = arithmetic.multiply(key, slope)
    const A = delta.shape[2]
    const flat = reshaped(delta, [N * S, A])
    const W = exact(weight)
    const fromScore = arithmetic.matmul(flat, columns(W, D, D + E), 'common')
    return {
      decoder: arithmetic.matmul(overPositions(arithmetic, delta), columns(W, 0, D), 'common'),
      encoder: arithmetic.add(reshaped(fromScore, encoder.shape), value),
      weight: arithmetic.matmul(transposed(flat), sideBySide(inputs), 'common'),
      vector: arithmetic.sum(transposed(ofQuery), 'common'),
    }
  },
}

const factors: Limits = { multiplied: true, most: 20 }

const scores = ['dot', 'general', 'concat'] as const

function drawLuong(kind: DataKind, profile: Profile) {
  const x = fillings(kind, profile, factors)
  return fc
    .record({
      N: sizes(3),
      D: sizes(4),
      S: sumLengths(kind, 4),
      E: sizes(4),
      A: sizes(3),
      score: perhaps(fc.constantFrom(...scores)),
      decoder: x,
      encoder: x,
      // Of size 1 at most: scores are products of three factors.
      weight: fillings(kind === 'wide' ? 'smooth' : kind, profile),
      vector: fillings(kind === 'wide' ? 'smooth' : kind, profile),
    })
    .map(({ N, D: other, S, E, A, score, decoder, encoder, weight, vector }) => {
      const D = score === 'general' || score === 'concat' ? other : E
      const parameters: Tensors =
        score === 'general'
          ? { weight: fill([D, E], weight, profile) }
          : score === 'concat'
            ? { weight: fill([A, D + E], weight, profile), vector: fill([A], vector, profile) }
            : {}
      return {
        inputs: { decoder: fill([N, D], decoder, profile), encoder: fill([N, S, E], encoder, profile), ...parameters },
        attributes: chosen({ score }),
      }
    })
}

const luongCalls = completeCalls('luongAttention', luongModel, drawLuong, factors)

/** The shapes, arithmetic and calls of the attention of a decoder to an encoder. */
export const luongBase: Omit<OperatorProperties, 'laws'> = {
  operator: 'luongAttention',
  model: luongModel,
  calls: luongCalls,
  smooth: luongCalls('smooth'),
}

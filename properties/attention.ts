import fc from 'fast-check'
import type { Attributes, AttributeValue } from '../oracle/contract.js'
import { rowMajor, sizeOf, type Tensor, type Tensors } from '../oracle/tensor.js'
import { type Approximation, blank, constant, exact, reshaped, spread, transposed } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { chosen, completeCalls, type OperatorProperties, perhaps, present } from './calls.js'
import {
  type DataKind,
  type Filling,
  fill,
  fillings,
  type Limits,
  leadingDimensions,
  Random,
  seeds,
  sizes,
  sumLengths,
} from './data.js'
import type { Model } from './model.js'
import { type Profile, representable } from './profile.js'
import { tensorOf } from './relations.js'

/** Whether query t may attend to key s. */
export type Allowed = (t: number, s: number) => boolean

/** Which keys a mask [T,S] and the order of time leave. */
export function allowedBy(mask: Tensor | undefined, causal: unknown): Allowed {
  const takesPart = mask && rowMajor(mask)
  const S = mask === undefined ? 0 : mask.shape[1]
  return (t, s) => (causal !== true || s <= t) && (takesPart === undefined || takesPart[t * S + s] === 1)
}

/** Query [L,T,D], key [L,S,D] and value [L,S,M] of an attention; every weight is a softmax over the allowed keys. */
export interface AttentionParts {
  readonly query: Approximation
  readonly key: Approximation
  readonly value: Approximation
  readonly allowed: Allowed
  readonly scale: number
}

/** The same with `roundings` further ones, of numbers as large as `size`: for formulas that are written in several ways. */
export function looser(
  arithmetic: Arithmetic,
  a: Approximation,
  roundings: number,
  size: Approximation,
): Approximation {
  const u = arithmetic.profile.unitRoundoff
  const result = { ...a, bound: a.bound.slice(), variance: a.variance.slice() }
  for (let i = 0; i < a.value.length; i++) {
    const reach = u * (Math.abs(size.value[i]) + size.bound[i])
    result.bound[i] += roundings * reach
    result.variance[i] += (roundings * reach * reach) / 3
  }
  return result
}

/** scale·q·k; the scale, which is rounded, may be applied to the product, to a factor, or as its root to both. */
function logitsOf(arithmetic: Arithmetic, { query, key, scale }: AttentionParts): Approximation {
  const products = arithmetic.matmul(query, transposed(key), 'common')
  const sizes = productSizes(query, key)
  return arithmetic.scale(looser(arithmetic, products, 4 + 2 * arithmetic.profile.sqrt, sizes), scale)
}

/** Σ |a||b| for the rows of a [L,T,D] and of b [L,S,D], without errors of its own. */
export function productSizes(a: Approximation, b: Approximation): Approximation {
  const [items, T, D] = a.shape
  const S = b.shape[1]
  const result = blank([items, T, S])
  for (let i = 0; i < items * T; i++)
    for (let s = 0; s < S; s++) {
      const k = (Math.floor(i / T) * S + s) * D
      let sum = 0
      for (let d = 0; d < D; d++) sum += Math.abs(a.value[i * D + d] * b.value[k + d])
      result.value[i * S + s] = sum
    }
  return result
}

/**
 * Softmax over the allowed entries of each row [L,T,S], 0 for the others. However far off the logits are, a weight lies
 * between 0 and 1, unless a logit overflows.
 */
export function maskedSoftmax(arithmetic: Arithmetic, logits: Approximation, allowed: Allowed): Approximation {
  const [items, T, S] = logits.shape
  const isAllowed = (i: number) => allowed(Math.floor(i / S) % T, i % S)
  const maxima = constant([items, T], Number.NEGATIVE_INFINITY)
  for (const [i, value] of logits.value.entries())
    if (isAllowed(i)) maxima.value[Math.floor(i / S)] = Math.max(maxima.value[Math.floor(i / S)], value)
  const maximum = spread(maxima, S)
  const only = masked(logits, isAllowed, maximum)
  const difference = arithmetic.subtract(only, maximum)
  const u = arithmetic.profile.unitRoundoff
  // Honest forms through log Σ e^x instead of the maximum lose some roundings of it in the exponent.
  const shifted = arithmetic.widen(difference, (i) => {
    const through = u * Math.abs(maximum.value[i])
    return (through < 0.5 ? through : 0) + u * (Math.abs(difference.value[i]) + 6 * Math.log(S))
  })
  const exponentials = masked(arithmetic.exp(shifted), isAllowed)
  const sum = spread(arithmetic.sum(held(arithmetic, exponentials), 'common'), S)
  const weights = arithmetic.divide(exponentials, sum)
  const open = new Set<number>()
  for (const [i, error] of logits.bound.entries())
    if (isAllowed(i) && !Number.isFinite(error)) open.add(Math.floor(i / S))
  for (let i = 0; i < weights.value.length; i++) {
    if (open.has(Math.floor(i / S))) continue
    const most = isAllowed(i) ? Math.max(weights.value[i], 1 - weights.value[i]) + (S + 4) * u : 0
    weights.bound[i] = Math.min(weights.bound[i], most)
    weights.variance[i] = Math.min(weights.variance[i], most * most)
  }
  return weights
}

/** The allowed entries; the others are those of `instead`, or exactly 0. */
function masked(a: Approximation, isAllowed: (i: number) => boolean, instead?: Approximation): Approximation {
  const result = blank(a.shape)
  for (let i = 0; i < a.value.length; i++) {
    const from = isAllowed(i) ? a : instead
    if (from === undefined) continue
    result.value[i] = from.value[i]
    result.bound[i] = from.bound[i]
    result.variance[i] = from.variance[i]
  }
  return result
}

/** The same with values as the platform holds them: terms of a sum that are equal there are seen to be equal. */
function held(arithmetic: Arithmetic, a: Approximation): Approximation {
  return { ...a, value: a.value.map((x) => representable(arithmetic.profile, x)) }
}

/** Weights [L,T,S] and output [L,T,M]. */
export function attended(arithmetic: Arithmetic, parts: AttentionParts) {
  const weights = maskedSoftmax(arithmetic, logitsOf(arithmetic, parts), parts.allowed)
  return { weights, output: arithmetic.matmul(held(arithmetic, weights), parts.value, 'common') }
}

/**
 * δₜₛ = wₜₛ·(∂wₜₛ − Σ w·∂w) with ∂wₜₛ = gₜ·vₛ + the gradient of the weights; Σ w·∂w is also written gₜ·outputₜ. ∂L/∂q =
 * scale·Σₛ δₜₛ·kₛ, ∂L/∂k = scale·Σₜ δₜₛ·qₜ, ∂L/∂v = Σₜ wₜₛ·gₜ.
 */
export function attentionGradients(
  arithmetic: Arithmetic,
  parts: AttentionParts,
  gradients: { readonly output: Approximation; readonly weights?: Approximation },
) {
  const { query, key, value, scale } = parts
  const [T, S, M] = [query.shape[1], key.shape[1], value.shape[2]]
  const { weights } = attended(arithmetic, parts)
  const g = gradients.output
  const fromOutput = arithmetic.matmul(g, transposed(value))
  const ofWeights = gradients.weights === undefined ? fromOutput : arithmetic.add(fromOutput, gradients.weights)
  const size = productSizes(g, value)
  if (gradients.weights !== undefined)
    for (const [i, extra] of gradients.weights.value.entries()) size.value[i] += Math.abs(extra)
  const mean = spread(arithmetic.sum(arithmetic.multiply(weights, ofWeights), 'common'), S)
  const meanSize = blank(size.shape)
  for (let row = 0; row < size.value.length; row += S) {
    let total = 0
    for (let s = 0; s < S; s++) total += weights.value[row + s] * size.value[row + s]
    for (let s = 0; s < S; s++) meanSize.value[row + s] = total
  }
  const difference = looser(arithmetic, arithmetic.subtract(ofWeights, mean), S + M + 2, meanSize)
  const delta = looser(arithmetic, arithmetic.multiply(weights, difference), 2, difference)
  for (let i = 0; i < delta.value.length; i++)
    if (!parts.allowed(Math.floor(i / S) % T, i % S)) {
      delta.bound[i] = 0
      delta.variance[i] = 0
    }
  const scaled = arithmetic.scale(looser(arithmetic, delta, 4, delta), scale)
  return {
    /** δ times scale, of the products q·k. */
    products: scaled,
    query: arithmetic.matmul(scaled, key, 'common'),
    key: arithmetic.matmul(transposed(scaled), query, 'common'),
    value: arithmetic.matmul(transposed(weights), g, 'common'),
  }
}

/** Query, key and value with their leading dimensions as one. */
function partsOf({ query, key, value, mask }: Tensors, { scale, causal }: Attributes): AttentionParts {
  const items = sizeOf(query.shape.slice(0, -2))
  const flat = (x: Tensor) => reshaped(exact(x), [items, ...x.shape.slice(-2)])
  return {
    query: flat(query),
    key: flat(key),
    value: flat(value),
    allowed: allowedBy(mask, causal),
    scale: Number(scale),
  }
}

function shapesOf({ query, key, value }: Tensors) {
  const rows = query.shape.slice(0, -1)
  return { output: [...rows, value.shape[value.shape.length - 1]], weights: [...rows, key.shape[key.shape.length - 2]] }
}

const attentionModel: Model = {
  shapes: shapesOf,
  forward: (arithmetic, inputs, attributes) => {
    const { output, weights } = attended(arithmetic, partsOf(inputs, attributes))
    const shapes = shapesOf(inputs)
    return { output: reshaped(output, shapes.output), weights: reshaped(weights, shapes.weights) }
  },
  backward: (arithmetic, inputs, attributes, gradients) => {
    const parts = partsOf(inputs, attributes)
    const items = parts.query.shape[0]
    const flat = (x: Tensor) => reshaped(exact(x), [items, ...x.shape.slice(-2)])
    const { query, key, value } = attentionGradients(arithmetic, parts, {
      output: flat(gradients.output),
      weights: flat(gradients.weights),
    })
    return Object.fromEntries(
      Object.entries({ query, key, value }).map(([name, gradient]) => [name, reshaped(gradient, inputs[name].shape)]),
    )
  },
}

/** Which keys a drawn mask leaves; every query keeps one. */
export interface Masking {
  readonly pattern: 'all' | 'own' | 'one' | 'random' | 'last'
  readonly seed: number
}

/** Masks; shrink towards one that leaves every key. */
export const maskings: fc.Arbitrary<Masking> = fc.record({
  pattern: fc.constantFrom('all', 'own', 'one', 'random', 'random', 'last'),
  seed: seeds,
})

/** A mask [T,S] of which every query keeps a key, one that it may attend to where time counts. */
export function drawMask(T: number, S: number, { pattern, seed }: Masking, causal: boolean): Tensor {
  const random = new Random(seed)
  const kept = Array.from({ length: T }, (_, t) => random.integer(0, causal ? t : S - 1))
  const last = random.integer(1, S)
  return tensorOf([T, S], (i) => {
    const [t, s] = [Math.floor(i / S), i % S]
    const other = { all: true, own: s === t, one: false, random: random.next() < 0.5, last: s < last }[pattern]
    return other || s === kept[t] ? 1 : 0
  })
}

const factors: Limits = { multiplied: true, most: 20 }

/** What a query, a key, a value or a gradient is filled with. */
export function attentionFillings(kind: DataKind, profile: Profile) {
  return {
    query: fillings(kind, profile, factors),
    key: fillings(kind, profile, factors),
    value: fillings(kind, profile, { multiplied: true, most: 1e7 }),
  }
}

const attentionCalls = completeCalls(
  'scaledDotProductAttention',
  attentionModel,
  (kind, profile) =>
    fc
      .record({
        leading: leadingDimensions,
        T: sizes(4),
        S: fc.oneof({ weight: 5, arbitrary: sizes(5) }, { weight: 1, arbitrary: sumLengths(kind, 5) }),
        D: sumLengths(kind, 4),
        M: sizes(4),
        masking: perhaps(maskings),
        scale: perhaps(fc.constantFrom(...[1, 0.5, 2, 0.1, 0, -0.5].map((value) => representable(profile, value)))),
        causal: perhaps(fc.boolean()),
        ...attentionFillings(kind, profile),
      })
      .map(({ leading, T, S: other, D, M, masking, scale, causal, query, key, value }) => {
        const S = causal ? T : other
        const filled = (shape: readonly number[], filling: Filling) => fill([...leading, ...shape], filling, profile)
        return {
          inputs: present({
            query: filled([T, D], query),
            key: filled([S, D], key),
            value: filled([S, M], value),
            mask: masking && drawMask(T, S, masking, causal === true),
          }),
          attributes: chosen<AttributeValue>({ scale, causal }),
        }
      }),
  factors,
)

/** The shapes, arithmetic and calls of scaled dot-product attention. */
export const attentionBase: Omit<OperatorProperties, 'laws'> = {
  operator: 'scaledDotProductAttention',
  model: attentionModel,
  calls: attentionCalls,
  smooth: attentionCalls('smooth'),
}

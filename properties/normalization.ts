import fc from 'fast-check'
import { rowMajor, sizeOf, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import {
  type Approximation,
  type Approximations,
  constant,
  exact,
  gather,
  permuted,
  repeated,
  reshaped,
  spread,
  transposed,
} from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { chosen, completeCalls, perhaps, present } from './calls.js'
import { fill, fillings, type Limits, leadingDimensions, sizes, sumLengths } from './data.js'
import type { Model } from './model.js'
import { type Profile, representable } from './profile.js'

/** An attribute as the platform holds it: rounded. */
export function attributeOf(arithmetic: Arithmetic, value: number): Approximation {
  const { unitRoundoff, smallestNormal, underflow } = arithmetic.profile
  const result = constant([], value)
  const error = unitRoundoff * Math.abs(value) + (Math.abs(value) < smallestNormal ? underflow : 0)
  if (Number.isInteger(value)) return result
  return arithmetic.widen(result, () => error)
}

/** Rows x with their means, and the entries, one a row, from which differences may have been taken on the way. */
interface Centred {
  readonly x: Approximation
  readonly mean: Approximation
  readonly reference: Approximation
}

/** Rows x̂ = (x − μ)/√(σ² + ε), with what they are made of; one μ, and one 1/√(σ² + ε), a row. */
interface Standardized extends Centred {
  readonly inverse: Approximation
  readonly normalized: Approximation
}

/**
 * 1/√(σ² + ε). However far σ² may be off, it is not negative, so that the result is at most 1/√ε; where its error is as large as
 * itself, anything up to that is as likely.
 */
function inverseDeviation(arithmetic: Arithmetic, variance: Approximation, epsilon: number): Approximation {
  const shift = attributeOf(arithmetic, epsilon)
  const shifted = arithmetic.add(variance, repeated(shift, variance.shape))
  const result = arithmetic.divide(constant(variance.shape, 1), arithmetic.sqrt(shifted))
  const { division, sqrt, unitRoundoff } = arithmetic.profile
  const least = epsilon - shift.bound[0]
  const most = least > 0 ? (1 + (division + sqrt + 2) * unitRoundoff) / Math.sqrt(least) : Number.POSITIVE_INFINITY
  const limited = { ...result, bound: result.bound.map((bound) => Math.min(bound, most)) }
  for (let i = 0; i < limited.bound.length; i++)
    if (12 * Math.sqrt(shifted.variance[i]) > shifted.value[i]) limited.variance[i] = limited.bound[i] ** 2
  return limited
}

/**
 * How far the numbers are from 0 that x − μ is the difference of, by entry: of the form x·s − μ·s of x̂ = (x − μ)·s, and of
 * (x − r) − (μ − r) with a reference r, from which Welford's recurrence starts too.
 */
function distances({ x, mean, reference }: Centred): (i: number) => number {
  const length = x.value.length / mean.value.length
  return (i) => {
    const row = Math.floor(i / length)
    return Math.abs(x.value[i]) + Math.abs(mean.value[row]) + Math.abs(reference.value[row] - mean.value[row])
  }
}

/** The means of rows, as Σx/n or as r + Σ(x − r)/n, whichever is less accurate; r is the first entry of each row. */
function centred(arithmetic: Arithmetic, x: Approximation): Centred {
  const [rows, length] = x.shape
  const reference = gather(
    x,
    [rows],
    Int32Array.from({ length: rows }, (_, row) => row * length),
  )
  const mean = arithmetic.divideBy(arithmetic.sum(x), length)
  const differences = arithmetic.subtract(x, spread(reference, length))
  const shifted = arithmetic.add(reference, arithmetic.divideBy(arithmetic.sum(differences), length))
  const bound = mean.bound.map((value, i) => Math.max(value, shifted.bound[i]))
  const variance = mean.variance.map((value, i) => Math.max(value, shifted.variance[i]))
  return { x, mean: { ...mean, bound, variance }, reference }
}

/** An error that may come to 0·∞: then nothing is known. */
function orOpen(error: number): number {
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
}

/** The most that an entry may be. */
function most(a: Approximation, i: number): number {
  return Math.abs(a.value[i]) + a.bound[i]
}

/** (x − μ)·s of rows. */
function standardizedBy(arithmetic: Arithmetic, rows: Centred, inverse: Approximation): Standardized {
  const { x, mean } = rows
  const length = x.shape[1]
  const differences = arithmetic.subtract(x, spread(mean, length))
  const normalized = arithmetic.multiply(differences, spread(inverse, length))
  const distance = distances(rows)
  const error = (i: number) =>
    orOpen(3 * arithmetic.profile.unitRoundoff * distance(i) * most(inverse, Math.floor(i / length)))
  return { ...rows, inverse, normalized: arithmetic.widen(normalized, error) }
}

/** Rows by their own mean and biased variance; all is open where the squares that some form sums overflow. */
function standardized(arithmetic: Arithmetic, x: Approximation, epsilon: number): Standardized {
  const length = x.shape[1]
  const rows = centred(arithmetic, x)
  const differences = arithmetic.subtract(x, spread(rows.mean, length))
  const variance = arithmetic.divideBy(arithmetic.sum(arithmetic.square(differences)), length)
  const inverse = inverseDeviation(arithmetic, variance, epsilon)
  const squares = arithmetic.sum(arithmetic.square(x))
  const bound = inverse.bound.map((value, row) => (Number.isFinite(squares.bound[row]) ? value : squares.bound[row]))
  return standardizedBy(arithmetic, rows, { ...inverse, bound })
}

/**
 * ∂L/∂x = s·(ĝ − mean(ĝ) − x̂·mean(ĝ⊙x̂)) of rows, ĝ the gradient with respect to x̂; or s·ĝ + b·x + c with
 * b = −s³·mean(ĝ⊙(x − μ)), the sum as Σ ĝx − μ·Σ ĝ, and c = −b·μ − s·mean(ĝ), whose rounding grows with the distance of x from 0.
 */
function standardizedBackward(arithmetic: Arithmetic, rows: Standardized, g: Approximation): Approximation {
  const { normalized, inverse } = rows
  const length = g.shape[1]
  const mean = arithmetic.divideBy(arithmetic.sum(g), length)
  const dot = arithmetic.divideBy(arithmetic.sum(arithmetic.multiply(g, normalized), 'common'), length)
  const inner = arithmetic.subtract(
    arithmetic.subtract(g, spread(mean, length)),
    arithmetic.multiply(normalized, spread(dot, length)),
  )
  const distance = distances(rows)
  const moments = new Float64Array(dot.value.length)
  for (let i = 0; i < g.value.length; i++) moments[Math.floor(i / length)] += (most(g, i) * distance(i)) / length
  const error = (i: number) => {
    const row = Math.floor(i / length)
    const s = most(inverse, row)
    const ofSum = (length + 3) * most(normalized, i) * s * moments[row]
    return orOpen(arithmetic.profile.unitRoundoff * s * (ofSum + 4 * s * most(dot, row) * distance(i)))
  }
  return arithmetic.widen(arithmetic.multiply(inner, spread(inverse, length)), error)
}

/** x̂⊙gain + bias, both of x̂'s shape where they are given; the bias perhaps added to −μ·s⊙gain first. */
function affine(arithmetic: Arithmetic, normalized: Approximation, gain?: Approximation, bias?: Approximation) {
  const scaled = gain === undefined ? normalized : arithmetic.multiply(normalized, gain)
  if (bias === undefined) return scaled
  return arithmetic.widen(
    arithmetic.add(scaled, bias),
    (i) => arithmetic.profile.unitRoundoff * Math.abs(bias.value[i]),
  )
}

/** The operands of a normalization, gain and bias of one entry a feature. */
export interface Normalizing {
  readonly x: Approximation
  readonly gain?: Approximation
  readonly bias?: Approximation
}

/** Every row of the last axis normalized. */
export function normalizeRows(arithmetic: Arithmetic, { x, gain, bias }: Normalizing, epsilon: number): Approximation {
  const D = x.shape[x.shape.length - 1]
  const shape = [x.value.length / D, D]
  const { normalized } = standardized(arithmetic, reshaped(x, shape), epsilon)
  return reshaped(affine(arithmetic, normalized, gain && repeated(gain, shape), bias && repeated(bias, shape)), x.shape)
}

/** The gradients of normalizeRows with respect to x and, where they are given, gain and bias. */
export function normalizeRowsBackward(
  arithmetic: Arithmetic,
  { x, gain, bias }: Normalizing,
  epsilon: number,
  gradient: Approximation,
): Approximations {
  const D = x.shape[x.shape.length - 1]
  const shape = [x.value.length / D, D]
  const rows = standardized(arithmetic, reshaped(x, shape), epsilon)
  const g = reshaped(gradient, shape)
  const toNormalized = gain === undefined ? g : arithmetic.multiply(g, repeated(gain, shape))
  return {
    x: reshaped(standardizedBackward(arithmetic, rows, toNormalized), x.shape),
    ...(gain && { gain: arithmetic.sum(transposed(arithmetic.multiply(g, rows.normalized))) }),
    ...(bias && { bias: arithmetic.sum(transposed(g)) }),
  }
}

function normalizingOf({ x, gain, bias }: Tensors): Normalizing {
  return { x: exact(x), ...(gain && { gain: exact(gain) }), ...(bias && { bias: exact(bias) }) }
}

export const layerNormModel: Model = {
  shapes: ({ x }) => ({ y: x.shape }),
  forward: (arithmetic, inputs, { epsilon }) => ({
    y: normalizeRows(arithmetic, normalizingOf(inputs), Number(epsilon)),
  }),
  backward: (arithmetic, inputs, { epsilon }, { y }) =>
    normalizeRowsBackward(arithmetic, normalizingOf(inputs), Number(epsilon), exact(y)),
}

const factors: Limits = { multiplied: true }

/** ε as the platform holds it; not small where a difference quotient would see the kink at σ = 0. */
function epsilons(smooth: boolean, profile: Profile): fc.Arbitrary<number | undefined> {
  const values = smooth ? [1, 0.5, 2] : [undefined, undefined, 1e-5, 0.001, 0.1, 1]
  return fc.constantFrom(...values.map((value) => value && representable(profile, value)))
}

export const layerNormCalls = completeCalls(
  'layerNorm',
  layerNormModel,
  (kind, profile) =>
    fc
      .record({
        leading: leadingDimensions,
        D: sumLengths(kind, 6),
        x: fillings(kind, profile, factors),
        gain: perhaps(fillings(kind, profile, factors)),
        bias: perhaps(fillings(kind, profile, factors)),
        epsilon: epsilons(kind === 'smooth', profile),
      })
      .map(({ leading, D, x, gain, bias, epsilon }) => ({
        inputs: present({
          x: fill([...leading, D], x, profile),
          gain: gain && fill([D], gain, profile),
          bias: bias && fill([D], bias, profile),
        }),
        attributes: chosen({ epsilon }),
      })),
  factors,
)

/** x[N,C,…] with a row for each channel, and the way back. */
export function byChannel(a: Approximation): Approximation {
  const [N, C] = a.shape
  const area = sizeOf(a.shape.slice(2))
  return reshaped(permuted(reshaped(a, [N, C, area]), [1, 0, 2]), [C, N * area])
}

function fromChannels(a: Approximation, shape: readonly number[]): Approximation {
  const [N, C] = shape
  return reshaped(permuted(reshaped(a, [C, N, sizeOf(shape.slice(2))]), [1, 0, 2]), shape)
}

/** By the batch's own statistics, or by the given ones. */
function standardizedChannels(arithmetic: Arithmetic, { x, mean, variance }: Tensors, epsilon: number): Standardized {
  const rows = byChannel(exact(x))
  if (mean === undefined || variance === undefined) return standardized(arithmetic, rows, epsilon)
  const given = { x: rows, mean: exact(mean), reference: exact(mean) }
  return standardizedBy(arithmetic, given, inverseDeviation(arithmetic, exact(variance), epsilon))
}

export const batchNormModel: Model = {
  shapes: ({ x }) => ({ y: x.shape }),
  forward: (arithmetic, inputs, { epsilon }) => {
    const { normalized } = standardizedChannels(arithmetic, inputs, Number(epsilon))
    const length = normalized.shape[1]
    const [gain, bias] = [inputs.gain, inputs.bias].map((values) => values && spread(exact(values), length))
    return { y: fromChannels(affine(arithmetic, normalized, gain, bias), inputs.x.shape) }
  },
  /** With given statistics ∂L/∂x = s·ĝ, ∂L/∂mean = −s·Σ ĝ, ∂L/∂variance = −½·s²·Σ ĝ⊙x̂. */
  backward: (arithmetic, inputs, { epsilon }, { y }) => {
    const { x, gain, bias, mean } = inputs
    const rows = standardizedChannels(arithmetic, inputs, Number(epsilon))
    const { normalized, inverse } = rows
    const length = normalized.shape[1]
    const g = byChannel(exact(y))
    const toNormalized = gain === undefined ? g : arithmetic.multiply(g, spread(exact(gain), length))
    const gradients: Record<string, Approximation> = {
      ...(gain && { gain: arithmetic.sum(arithmetic.multiply(g, normalized), 'common') }),
      ...(bias && { bias: arithmetic.sum(g) }),
    }
    if (mean === undefined)
      return { x: fromChannels(standardizedBackward(arithmetic, rows, toNormalized), x.shape), ...gradients }
    const dot = arithmetic.sum(arithmetic.multiply(toNormalized, normalized), 'common')
    return {
      x: fromChannels(arithmetic.multiply(toNormalized, spread(inverse, length)), x.shape),
      ...gradients,
      mean: arithmetic.negate(arithmetic.multiply(arithmetic.sum(toNormalized), inverse)),
      // 1/(σ² + ε) may overflow in a small format, and then nothing is known.
      variance: arithmetic.scale(arithmetic.multiply(dot, arithmetic.square(inverse)), -0.5),
    }
  },
}

/** A variance: not negative, and at least 1 where a difference quotient moves it. */
function varianceFrom(x: Tensor, smooth: boolean, profile: Profile): Tensor {
  return tensor(
    x.shape,
    rowMajor(x).map((value) => representable(profile, Math.abs(value) + (smooth ? 1 : 0))),
  )
}

export const batchNormCalls = completeCalls(
  'batchNorm',
  batchNormModel,
  (kind, profile) =>
    fc
      .record({
        N: sumLengths(kind, 4),
        C: sizes(3),
        trailing: fc.array(sizes(3), { maxLength: 2 }),
        training: fc.constantFrom(undefined, true, false, false),
        x: fillings(kind, profile, factors),
        gain: perhaps(fillings(kind, profile, factors)),
        bias: perhaps(fillings(kind, profile, factors)),
        mean: fillings(kind, profile, factors),
        variance: fillings(kind, profile, factors),
        epsilon: epsilons(kind === 'smooth', profile),
      })
      .map(({ N, C: some, trailing, training, x, gain, bias, mean, variance, epsilon }) => {
        // A large batch has a single channel of single numbers.
        const [C, rest] = N > 1000 ? [1, []] : [some, trailing]
        return {
          inputs: present({
            x: fill([N, C, ...rest], x, profile),
            gain: gain && fill([C], gain, profile),
            bias: bias && fill([C], bias, profile),
            mean: training === false ? fill([C], mean, profile) : undefined,
            variance:
              training === false ? varianceFrom(fill([C], variance, profile), kind === 'smooth', profile) : undefined,
          }),
          attributes: chosen<number | boolean>({ epsilon, training }),
        }
      }),
  factors,
)

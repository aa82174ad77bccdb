import fc from 'fast-check'
import type { Attributes } from '../oracle/contract.js'
import { rowMajor, type Tensor } from '../oracle/tensor.js'
import { type Approximation, constant, exact, gather, repeated } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { chosen, completeCalls, perhaps } from './calls.js'
import { type DataKind, fill, fillings, type Limits, Random, seeds, sizes } from './data.js'
import type { Model } from './model.js'
import { attributeOf } from './normalization.js'
import { type Profile, representable } from './profile.js'
import { tensorOf } from './relations.js'

/** For every entry of x[N,C,H,W] those of `size` channels around it, −1 beyond the ends: [N,C,H,W,size]. */
function neighbourIndex([N, C, H, W]: readonly number[], size: number) {
  const area = H * W
  const index = new Int32Array(N * C * area * size)
  for (let i = 0; i < index.length; i++) {
    const [entry, offset] = [Math.floor(i / size), (i % size) - (size - 1) / 2]
    const channel = (Math.floor(entry / area) % C) + offset
    index[i] = channel >= 0 && channel < C ? entry + offset * area : -1
  }
  return { shape: [N, C, H, W, size], index }
}

/** The sums over the neighbouring channels of every entry. */
function neighbourSums(arithmetic: Arithmetic, a: Approximation, size: number): Approximation {
  const { shape, index } = neighbourIndex(a.shape, size)
  return arithmetic.sum(gather(a, shape, index))
}

/** alpha/size as the platform holds it, times each entry. */
function timesAlpha(arithmetic: Arithmetic, a: Approximation, { alpha, size }: Attributes): Approximation {
  const share = arithmetic.divideBy(attributeOf(arithmetic, Number(alpha)), Number(size))
  return arithmetic.multiply(a, repeated(share, a.shape))
}

/** D = k + (alpha/size)·Σ x². */
export function denominators(arithmetic: Arithmetic, x: Approximation, attributes: Attributes): Approximation {
  const sums = neighbourSums(arithmetic, arithmetic.square(x), Number(attributes.size))
  const k = repeated(attributeOf(arithmetic, Number(attributes.k)), x.shape)
  return arithmetic.add(timesAlpha(arithmetic, sums, attributes), k)
}

/** D^beta, through the logarithm perhaps. */
function powers(arithmetic: Arithmetic, D: Approximation, beta: number): Approximation {
  return arithmetic.exp(arithmetic.scale(arithmetic.log(D), beta))
}

export const localResponseNormModel: Model = {
  shapes: ({ x }) => ({ y: x.shape }),
  forward: (arithmetic, { x }, attributes) => {
    const D = denominators(arithmetic, exact(x), attributes)
    return { y: arithmetic.divide(exact(x), powers(arithmetic, D, Number(attributes.beta))) }
  },
  /** ∂L/∂xⱼ = gⱼ/Dⱼ^β − 2β·(alpha/size)·xⱼ·Σ g·x/D^(β+1), or each term as g·x/(D^β)²·D^(β−1). */
  backward: (arithmetic, { x }, attributes, { y }) => {
    const beta = Number(attributes.beta)
    const D = denominators(arithmetic, exact(x), attributes)
    const power = powers(arithmetic, D, beta)
    const terms = arithmetic.divide(arithmetic.multiply(exact(y), exact(x)), arithmetic.multiply(power, D))
    const error = (i: number) => 6 * arithmetic.profile.unitRoundoff * Math.abs(terms.value[i])
    const sums = neighbourSums(arithmetic, arithmetic.widen(terms, error), Number(attributes.size))
    const others = timesAlpha(arithmetic, arithmetic.multiply(exact(x), sums), attributes)
    return { x: arithmetic.subtract(arithmetic.divide(exact(y), power), arithmetic.scale(others, 2 * beta)) }
  },
}

/** Larger numbers have squares that float32 does not hold. */
const factors: Limits = { multiplied: true, most: 1e7 }

/** A number that the platform holds, or the default. */
function numbers(profile: Profile, ...values: number[]): fc.Arbitrary<number | undefined> {
  return perhaps(fc.constantFrom(...values.map((value) => representable(profile, value))))
}

export const localResponseNormCalls = completeCalls(
  'localResponseNorm',
  localResponseNormModel,
  (kind: DataKind, profile) =>
    fc
      .record({
        N: sizes(2),
        C: sizes(7),
        H: sizes(2),
        W: sizes(3),
        x: fillings(kind, profile, factors),
        size: perhaps(fc.constantFrom(1, 3, 5, 7)),
        alpha: numbers(profile, 1, 1, 0.01, 0),
        beta: numbers(profile, 1, 0.5, 0.25, 0),
        k: numbers(profile, 1, 0.5, 10),
      })
      .map(({ N, C, H, W, x, ...attributes }) => ({
        inputs: { x: fill([N, C, H, W], x, profile) },
        attributes: chosen(attributes),
      })),
  factors,
)

export const dropoutModel: Model = {
  shapes: ({ x }) => ({ y: x.shape }),
  forward: (arithmetic, { x, mask }, { p }) => ({ y: kept(arithmetic, exact(x), mask, Number(p)) }),
  backward: (arithmetic, { mask }, { p }, { y }) => ({ x: kept(arithmetic, exact(y), mask, Number(p)) }),
}

/** x/(1 − p) where the mask is 1, exactly 0 elsewhere. */
function kept(arithmetic: Arithmetic, x: Approximation, mask: Tensor, p: number): Approximation {
  const share = arithmetic.subtract(constant([], 1), constant([], p))
  const enlarged = arithmetic.divide(x, repeated(share, x.shape))
  const takesPart = rowMajor(mask)
  return gather(
    enlarged,
    x.shape,
    Int32Array.from(takesPart, (bit, i) => (bit === 1 ? i : -1)),
  )
}

/** A mask of ones, of zeros, or of both in some share. */
const masks = fc.record({ share: fc.constantFrom(0, 1, 0.5, 0.5, 0.8), seed: seeds })

export const dropoutCalls = completeCalls('dropout', dropoutModel, (kind, profile) =>
  fc
    .record({
      shape: fc.array(sizes(4), { maxLength: 3 }),
      x: fillings(kind, profile),
      mask: masks,
      p: fc.constantFrom(...[0, 0.5, 0.5, 0.1, 0.2, 0.25, 0.9, 0.99].map((value) => representable(profile, value))),
    })
    .map(({ shape, x, mask, p }) => {
      const random = new Random(mask.seed)
      return {
        inputs: {
          x: fill(shape, x, profile),
          mask: tensorOf(shape, () => (random.next() < mask.share ? 1 : 0)),
        },
        attributes: { p },
      }
    }),
)

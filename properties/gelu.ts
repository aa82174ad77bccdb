import fc from 'fast-check'
import { rowMajor } from '../oracle/tensor.js'
import { type Approximation, constant, exact } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { chosen, completeCalls, type OperatorProperties, perhaps } from './calls.js'
import { compare } from './comparison.js'
import { fill, fillings, sizes } from './data.js'
import { applied } from './functions.js'
import type { Model } from './model.js'
import type { Profile } from './profile.js'
import { actsEntryByEntry, known, law, ledger, tensorOf, times, within } from './relations.js'

/** erf x = 2/√π·Σ (−1)ⁿx^(2n+1)/(n!(2n+1)) near 0, else 1 − erfc x by Laplace's continued fraction. */
function errorFunction(x: number): number {
  const z = Math.abs(x)
  if (z > 6) return Math.sign(x)
  if (z < 2) {
    let [term, sum] = [z, z]
    for (let n = 1; n < 60; n++) {
      term *= (-z * z) / n
      sum += term / (2 * n + 1)
    }
    return (Math.sign(x) * 2 * sum) / Math.sqrt(Math.PI)
  }
  let fraction = z
  for (let n = 60; n > 0; n--) fraction = z + n / 2 / fraction
  return Math.sign(x) * (1 - Math.exp(-z * z) / (fraction * Math.sqrt(Math.PI)))
}

/** e^−z² by the platform's exponential, as a polynomial for erf would use it. */
function bell(x: number): number {
  return Math.exp(-x * x)
}

/** Coefficients of t, t², … in erf z ≈ 1 − P(t)·e^−z², t = 1/(1 + pz), z ≥ 0. (Handbook of Mathematical Functions, 7.1.26) */
const handbook = { p: 0.3275911, P: [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429], error: 1.5e-7 }

/**
 * How far erf by that polynomial may be off at x, to first order: its own 1.5·10⁻⁷, and every rounding on the way, those of the
 * coefficients too, P(t) by Horner's scheme.
 */
function errorOfPolynomial({ unitRoundoff: u, division, exp }: Profile, x: number): number {
  const z = Math.abs(x)
  const t = 1 / (1 + handbook.p * z)
  let [value, slope, rounding] = [0, 0, 0]
  for (const coefficient of handbook.P.toReversed()) {
    slope = value + slope * t
    rounding = t * rounding + u * (Math.abs(t * value) + Math.abs(coefficient) + Math.abs(t * value + coefficient))
    value = t * value + coefficient
  }
  slope = value + slope * t
  value *= t
  rounding = t * rounding + u * value
  const errorOfT = t * u * (2 * (1 - t) + 1 + division)
  const tail =
    bell(z) * (Math.abs(slope) * errorOfT + rounding + u * value * (z * z + 1)) + value * exp(-z * z, bell(z))
  return handbook.error + tail + u
}

/**
 * erf within 2 ULP in float64; below that perhaps by a polynomial, as in the vectorized libraries and in shading languages, which
 * have no erf of their own.
 */
function erf(arithmetic: Arithmetic, x: Approximation): Approximation {
  const { profile } = arithmetic
  const u = profile.unitRoundoff
  return applied(arithmetic, x, {
    value: errorFunction,
    propagate: (at, e) => (2 / Math.sqrt(Math.PI)) * bell(Math.max(Math.abs(at) - e, 0)) * e,
    slope: (at) => (2 / Math.sqrt(Math.PI)) * bell(at),
    error: (at, y) =>
      profile.precision === 'float64'
        ? 4 * u * Math.abs(y)
        : Math.max(4 * u * Math.abs(y), errorOfPolynomial(profile, at)),
  })
}

const coefficient = Math.sqrt(2 / Math.PI)

/** Entries times a number that the platform rounds. */
function scaledBy(arithmetic: Arithmetic, x: Approximation, factor: number): Approximation {
  const u = arithmetic.profile.unitRoundoff
  const scaled = arithmetic.scale(x, factor)
  return arithmetic.widen(scaled, (i) => u * Math.abs(scaled.value[i]))
}

/** 1 + erf(x/√2), or 1 + tanh(√(2/π)(x + 0.044715x³)): twice the weight that x is multiplied by. */
function doubledWeight(arithmetic: Arithmetic, x: Approximation, approximate: unknown): Approximation {
  const inner =
    approximate === 'none'
      ? erf(arithmetic, scaledBy(arithmetic, x, Math.SQRT1_2))
      : arithmetic.tanh(tanhArgument(arithmetic, x))
  return arithmetic.shift(inner, 1)
}

/** √(2/π)(x + 0.044715x³), of which nothing beyond ±30 matters: there tanh is ±1, though x³ may overflow. */
function tanhArgument(arithmetic: Arithmetic, x: Approximation): Approximation {
  const moderate = { ...x, value: x.value.map((value) => Math.min(Math.max(value, -30), 30)) }
  const cube = arithmetic.multiply(arithmetic.square(moderate), moderate)
  return scaledBy(arithmetic, arithmetic.add(moderate, scaledBy(arithmetic, cube, 0.044715)), coefficient)
}

const model: Model = {
  shapes: ({ x }) => ({ y: x.shape }),
  forward: (arithmetic, { x }, { approximate }) => {
    const weight = doubledWeight(arithmetic, exact(x), approximate)
    return { y: arithmetic.scale(arithmetic.multiply(exact(x), weight), 0.5) }
  },
  /**
   * Φ(x) + x·φ(x), or ½(1 + tanh u) + ½x·(1 − tanh²u)·u′ with u′ = √(2/π)(1 + 3·0.044715x²): of that product's factors the second
   * is 0 for large x, and x·u′ may overflow, so that there the formula may come to 0·∞.
   */
  backward: (arithmetic, { x }, { approximate }, { y }) => {
    const weight = arithmetic.scale(doubledWeight(arithmetic, exact(x), approximate), 0.5)
    const moderate = { ...exact(x), value: rowMajor(x).map((value) => Math.min(Math.max(value, -40), 40)) }
    const square = arithmetic.square(moderate)
    let slope: Approximation
    if (approximate === 'none') {
      slope = scaledBy(arithmetic, arithmetic.exp(arithmetic.scale(square, -0.5)), 1 / Math.sqrt(2 * Math.PI))
    } else {
      const curve = arithmetic.shift(
        arithmetic.negate(arithmetic.square(arithmetic.tanh(tanhArgument(arithmetic, exact(x))))),
        1,
      )
      const inner = scaledBy(arithmetic, arithmetic.shift(scaledBy(arithmetic, square, 3 * 0.044715), 1), coefficient)
      const product = arithmetic.scale(arithmetic.multiply(curve, inner), 0.5)
      const overflows = (i: number) => !(Math.abs(rowMajor(x)[i]) ** 3 <= arithmetic.profile.largest)
      slope = { ...product, bound: product.bound.map((e, i) => (overflows(i) ? Number.POSITIVE_INFINITY : e)) }
    }
    return { x: arithmetic.multiply(exact(y), arithmetic.add(weight, arithmetic.multiply(moderate, slope))) }
  },
}

const calls = completeCalls('gelu', model, (kind, profile) =>
  fc
    .record({
      shape: fc.array(sizes(4), { maxLength: 4 }),
      x: fillings(kind, profile),
      approximate: perhaps(fc.constantFrom('none', 'tanh', 'tanh')),
    })
    .map(({ shape, x, approximate }) => ({
      inputs: { x: fill(shape, x, profile) },
      attributes: chosen({ approximate }),
    })),
)

const simple = { operator: 'gelu', calls: calls('simple') }
const wide = { operator: 'gelu', calls: calls('wide') }

/** x·Φ(x), Φ the standard normal distribution function, or its tanh form. (Gaussian Error Linear Units, 2016) */
export const gelu: OperatorProperties = {
  operator: 'gelu',
  model,
  calls,
  smooth: calls('smooth'),
  laws: [
    actsEntryByEntry({ ...wide, name: 'acts on every entry alone' }),
    law({
      ...wide,
      name: 'parts x into gelu(x) − gelu(−x)',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const there = await subject.forward(inputs, attributes)
        const here = await subject.forward({ x: times(inputs.x, -1) }, attributes)
        return compare('gelu(x) − gelu(−x)', ledger.subtract(there.y, here.y), known(inputs.x))
      },
    }),
    law({
      ...wide,
      name: 'lies between −0.17004 and 0 where x is negative',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const x = tensorOf(inputs.x.shape, (i) => -Math.abs(rowMajor(inputs.x)[i]))
        return within('y', (await subject.forward({ x }, attributes)).y, -0.170_041, 0)
      },
    }),
    law({
      ...wide,
      name: 'lies between x/2 and x where x is positive',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward(
          { x: tensorOf(inputs.x.shape, (i) => Math.abs(rowMajor(inputs.x)[i])) },
          attributes,
        )
        const limited = y.value.map((value, i) => {
          const size = Math.abs(rowMajor(inputs.x)[i])
          return Math.min(Math.max(value, size / 2), size)
        })
        return compare('y', y, { ...constant(y.shape, 0), value: limited })
      },
    }),
    law({
      ...simple,
      name: 'is 0 at 0',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward({ x: times(inputs.x, 0) }, attributes)
        return compare('y', y, constant(y.shape, 0))
      },
    }),
    law({
      ...simple,
      name: 'has the values of the normal distribution at 1, 2 and 3',
      check: async ({ call: { inputs }, subject }) => {
        const distribution = [0.841_344_746_068_542_9, 0.977_249_868_051_820_8, 0.998_650_101_968_369_9]
        const at = (i: number) => 1 + (i % 3)
        const { y } = await subject.forward({ x: tensorOf(inputs.x.shape, at) }, { approximate: 'none' })
        return compare('y', y, known(tensorOf(inputs.x.shape, (i) => at(i) * distribution[i % 3])))
      },
    }),
    law({
      ...wide,
      name: 'has a tanh form that is at most 0.0005 from x·Φ(x)',
      check: async ({ call: { inputs }, subject }) => {
        const right = await subject.forward(inputs, { approximate: 'none' })
        const near = await subject.forward(inputs, { approximate: 'tanh' })
        const limited = near.y.value.map((value, i) =>
          Math.min(Math.max(value, right.y.value[i] - 0.0005), right.y.value[i] + 0.0005),
        )
        return compare('the tanh form', near.y, { ...right.y, value: limited })
      },
    }),
    law({
      ...simple,
      name: 'has another value at 1 in the tanh form',
      check: async ({ call: { inputs }, subject }) => {
        const tangent = Math.tanh(Math.sqrt(2 / Math.PI) * 1.044_715)
        const { y } = await subject.forward({ x: tensorOf(inputs.x.shape, () => 1) }, { approximate: 'tanh' })
        return compare('y', y, constant(y.shape, (1 + tangent) / 2))
      },
    }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: 'has slopes at x and −x that add up to one',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const there = await subject.backward(inputs, attributes, gradients)
        const here = await subject.backward({ x: times(inputs.x, -1) }, attributes, gradients)
        return compare('∂L/∂x at x and at −x together', ledger.add(there.x, here.x), known(gradients.y))
      },
    }),
    law({
      ...simple,
      kind: 'gradient',
      backward: true,
      name: 'has the slope ½ at 0',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { x } = await subject.backward({ x: times(inputs.x, 0) }, attributes, gradients)
        return compare('∂L/∂x at 0', x, ledger.scale(known(gradients.y), 0.5))
      },
    }),
  ],
}

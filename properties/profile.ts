import type { Precision } from '../oracle/contract.js'
import { formats, roundTo } from './precision.js'

/** What a platform's arithmetic may do: the tolerances of the laws are derived from it and from nothing else. */
export interface Profile {
  readonly name: string
  readonly precision: Precision
  readonly unitRoundoff: number
  readonly largest: number
  readonly smallestNormal: number
  /** Absolute error of an operation whose result is subnormal: half a step, or all of it where subnormals flush to zero. */
  readonly underflow: number
  readonly flushesSubnormals: boolean
  /** Relative error of a division, in unit roundoffs. */
  readonly division: number
  /** Relative error of a square root, in unit roundoffs. */
  readonly sqrt: number
  /** Absolute errors of the elementary functions at x, in the units of the result. */
  readonly exp: (x: number, result: number) => number
  readonly log: (x: number, result: number) => number
  readonly tanh: (x: number, result: number) => number
}

export const profileNames = ['ieee', 'flush to zero', 'wgsl', 'glsl'] as const
export type ProfileName = (typeof profileNames)[number]

/**
 * IEEE 754 arithmetic with an ordinary mathematical library: + − × √ correctly rounded, a quotient perhaps as a product with
 * the reciprocal, exp and log within 2 ULP, and tanh within 3 ULP or, through exponentials, within 2 roundings of 1.
 */
export function ieee(precision: Precision): Profile {
  const { unitRoundoff: u, largest, smallestNormal, smallestSubnormal } = formats[precision]
  return {
    name: 'ieee',
    precision,
    unitRoundoff: u,
    largest,
    smallestNormal,
    underflow: smallestSubnormal / 2,
    flushesSubnormals: false,
    division: 2,
    sqrt: 1,
    exp: (_, result) => 4 * u * result,
    log: (_, result) => 4 * u * Math.abs(result),
    tanh: (_, result) => u * Math.max(6 * Math.abs(result), 2),
  }
}

/** The same, with every subnormal operand and result replaced by zero. */
function flushToZero(base: Profile): Profile {
  return { ...base, name: 'flush to zero', underflow: base.smallestNormal, flushesSubnormals: true }
}

/**
 * The accuracy that the WebGPU Shading Language requires of f32 (section 15.7.4): division 2.5 ULP, exp 3 + 2|x| ULP,
 * log absolute 2⁻²¹ in [½, 2], else 3 ULP, sqrt as 1/inverseSqrt, tanh the worse of absolute 1e-5 and sinh/cosh; subnormals may
 * flush to zero.
 */
function wgsl(precision: Precision): Profile {
  const base = flushToZero(ieee(precision))
  const u = base.unitRoundoff
  return {
    ...base,
    name: 'wgsl',
    division: 5,
    sqrt: 9,
    exp: (x, result) => (6 + 4 * Math.abs(x)) * u * result,
    log: (x, result) => (x >= 0.5 && x <= 2 ? 2 ** 3 * u : 6 * u * Math.abs(result)),
    tanh: (x) => Math.max(1e-5, (20 + 8 * Math.min(Math.abs(x), 40)) * u),
  }
}

/** The profile of this name; `glsl` (OpenGL ES, the gpu.js path through headless-gl) has the accuracies of `wgsl`. */
export function profileNamed(name: ProfileName, precision: Precision): Profile {
  switch (name) {
    case 'ieee':
      return ieee(precision)
    case 'flush to zero':
      return flushToZero(ieee(precision))
    case 'wgsl':
      return wgsl(precision)
    case 'glsl':
      return { ...wgsl(precision), name: 'glsl' }
  }
}

/** The nearest number that the platform can hold and keeps: subnormals become zero where it flushes them. */
export function representable(profile: Profile, x: number): number {
  const rounded = roundTo(profile.precision, x)
  return profile.flushesSubnormals && Math.abs(rounded) < profile.smallestNormal ? 0 : rounded
}

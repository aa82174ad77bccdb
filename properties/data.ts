import fc from 'fast-check'
import { sizeOf, type Tensor, tensor } from '../oracle/tensor.js'
import { type Profile, representable } from './profile.js'

/** Bulk data from a seed: fast-check draws the structure, this the numbers. (mulberry32) */
export class Random {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
  }

  /** Evenly spread over [0, 1). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`, both included. */
  integer(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1))
  }

  sign(): 1 | -1 {
    return this.next() < 0.5 ? -1 : 1
  }

  /** Normally distributed with mean 0 and standard deviation 1. (Box-Muller) */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next())
  }

  /** 0 … length − 1 in random order. */
  permutation(length: number): number[] {
    const order = Array.from({ length }, (_, i) => i)
    for (let i = length - 1; i > 0; i--) {
      const j = this.integer(0, i)
      ;[order[i], order[j]] = [order[j], order[i]]
    }
    return order
  }
}

/**
 * What the numbers of a case are for. `wide`: every scale that the platform can hold, and the positions where bugs hide.
 * `smooth`: moderate sizes, for difference quotients. `simple`: small halves, of which sums and products are exact in every
 * precision, so that two ways to the same result need no tolerance for their inputs.
 */
export type DataKind = 'wide' | 'smooth' | 'simple'

const shapes = ['plain', 'zeros', 'ties', 'equal', 'one large', 'offset'] as const

/** How a tensor is filled. */
export interface Filling {
  readonly digits: 'whole numbers' | 'halves' | 'even' | 'normal'
  readonly scale: number
  readonly pattern: (typeof shapes)[number]
  readonly seed: number
}

/** The largest scale that an operand of a product, or of nothing, may have. */
export interface Limits {
  /** The operator multiplies such numbers with one another: float16 then holds only small ones. */
  readonly multiplied?: true
  readonly most?: number
}

const scales = [1, 0.001, 20, 400, 4e4, 1e7, 1e20]

export const seeds: fc.Arbitrary<number> = fc.noShrink(fc.noBias(fc.nat(2 ** 31 - 1)))

/** How to fill a tensor with numbers of this kind; shrinks towards small whole numbers. */
export function fillings(kind: DataKind, profile: Profile, limits: Limits = {}): fc.Arbitrary<Filling> {
  if (kind === 'simple')
    return fc.record({
      digits: fc.constantFrom('whole numbers', 'halves'),
      scale: fc.constant(1),
      pattern: fc.constantFrom('plain', 'zeros', 'ties'),
      seed: seeds,
    })
  if (kind === 'smooth')
    return fc.record({
      digits: fc.constantFrom('halves', 'even', 'normal', 'normal'),
      scale: fc.constantFrom(1, 1, 0.1),
      pattern: fc.constantFrom('plain', 'plain', 'zeros'),
      seed: seeds,
    })
  const most = Math.min(limits.most ?? 1e20, profile.precision === 'float16' ? (limits.multiplied ? 20 : 4e4) : 1e20)
  return fc.record({
    digits: fc.constantFrom('whole numbers', 'halves', 'even', 'even', 'normal', 'normal'),
    scale: fc.oneof(fc.constantFrom(1, 1, 0.001), fc.constantFrom(...scales.filter((scale) => scale <= most))),
    pattern: fc.constantFrom('plain', 'plain', 'plain', ...shapes),
    seed: seeds,
  })
}

/** A tensor of this shape, filled as said, every number representable on the platform. */
export function fill(shape: readonly number[], filling: Filling, profile: Profile): Tensor {
  const random = new Random(filling.seed)
  const size = sizeOf(shape)
  const data = Float64Array.from({ length: size }, () => drawn(filling, random))
  apply(filling, data, random)
  const within = (x: number) => Math.max(-profile.largest, Math.min(profile.largest, x))
  return tensor(
    shape,
    data.map((x) => representable(profile, within(x))),
  )
}

function drawn({ digits, scale }: Filling, random: Random): number {
  switch (digits) {
    case 'whole numbers':
      return random.integer(-3, 3)
    case 'halves':
      return random.integer(-8, 8) / 2
    case 'even':
      return (2 * random.next() - 1) * scale
    case 'normal':
      return random.normal() * 0.5 * scale
  }
}

/** Puts zeros, ties, equal rows, one large entry or a common offset into the data. */
function apply({ pattern, scale }: Filling, data: Float64Array, random: Random): void {
  switch (pattern) {
    case 'plain':
      return
    case 'zeros':
      for (let i = 0; i < data.length; i++) if (random.next() < 0.5) data[i] = 0
      return
    case 'ties':
      for (let i = 1; i < data.length; i++) if (random.next() < 0.5) data[i] = data[random.integer(0, i - 1)]
      return
    case 'equal':
      data.fill(data[0])
      return
    case 'one large':
      data[random.integer(0, data.length - 1)] *= 16
      return
    case 'offset':
      for (let i = 0; i < data.length; i++) data[i] = scale + (data[i] / scale) * Math.min(scale, 1)
      return
  }
}

/** A size from 1 to `most`, biased to the ends. */
export function sizes(most: number): fc.Arbitrary<number> {
  return fc.integer({ min: 1, max: most })
}

/** The length of a sum: small, and once in a while longer than 1,000. */
export function sumLengths(kind: DataKind, most: number): fc.Arbitrary<number> {
  if (kind !== 'wide') return sizes(most)
  return fc.oneof(
    { withCrossShrink: true },
    { weight: 39, arbitrary: sizes(most) },
    { weight: 1, arbitrary: fc.integer({ min: 1001, max: 1100 }) },
  )
}

/** Leading dimensions: none, one or two. */
export const leadingDimensions: fc.Arbitrary<number[]> = fc.array(sizes(3), { maxLength: 2 })

/** How to choose whole numbers below a bound; shrinks towards repeated zeros. */
export interface Choice {
  readonly pattern: 'zero' | 'last' | 'ascending' | 'random' | 'few'
  readonly seed: number
}

export const choices: fc.Arbitrary<Choice> = fc.record({
  pattern: fc.constantFrom('zero', 'last', 'ascending', 'random', 'random', 'few'),
  seed: seeds,
})

/** Whole numbers from 0 to `below` − 1. */
export function choose(shape: readonly number[], { pattern, seed }: Choice, below: number): Tensor {
  const random = new Random(seed)
  const some = random.integer(0, below - 1)
  const pick = (i: number): number => {
    switch (pattern) {
      case 'zero':
        return 0
      case 'last':
        return below - 1
      case 'ascending':
        return i % below
      case 'random':
        return random.integer(0, below - 1)
      case 'few':
        return random.next() < 0.5 ? some : 0
    }
  }
  return tensor(
    shape,
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => pick(i)),
  )
}

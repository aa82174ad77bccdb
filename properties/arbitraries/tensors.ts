import fc from 'fast-check'
import type { Precision } from '../../oracle/contract.js'
import { sizeOf, type Tensor, tensor, toNested } from '../../oracle/tensor.js'
import { formats } from '../precision.js'

export interface NumberConstraints {
  /** The format that holds every number; float64 where not given. */
  readonly precision?: Precision
  /** Inclusive; −8 where not given. */
  readonly least?: number
  /** Inclusive; 8 where not given. */
  readonly most?: number
}

/** Binary digits of the finest numbers at most: multiples of their step are then safe integers times a power of two. */
const finest = 52

/**
 * Finite numbers from `least` to `most` that the precision holds, −0 not among them: a third of them whole, a third eighths, a third
 * as fine as the largest allows, each evenly spread and biased to zero and the ends. They shrink towards zero, to whole numbers and
 * eighths where these fail as well. Throws a RangeError where the precision has no such number.
 */
export function numbers({ precision = 'float64', least = -8, most = 8 }: NumberConstraints = {}): fc.Arbitrary<number> {
  const { digits, largest, smallestSubnormal } = formats[precision]
  if (!(-largest <= least && least <= most && most <= largest))
    throw new RangeError(`numbers from ${least} to ${most}: ${precision} has numbers from ${-largest} to ${largest}`)
  const size = Math.max(Math.abs(least), Math.abs(most))
  const exponent = size === 0 ? 0 : Math.floor(Math.log2(size)) + 1
  const smallestStep = Math.max(2 ** (exponent - Math.min(digits, finest)), smallestSubnormal)
  const grids = [1, 0.125, smallestStep]
    .map((step) => ({ step, min: Math.ceil(least / step) + 0, max: Math.floor(most / step) + 0 }))
    // The precision holds every multiple that has no more digits than it has itself.
    .filter(({ step, min, max }) => min <= max && size <= step * 2 ** digits)
  if (grids.length === 0)
    throw new RangeError(`numbers from ${least} to ${most}: ${precision} has none, or none to spare`)
  return new Multiples(grids)
}

/** The multiples of a step from `min` to `max` of them. */
interface Grid {
  readonly step: number
  readonly min: number
  readonly max: number
}

/** Which grid a number was drawn from, and what fast-check knows of the multiple. */
interface Origin {
  readonly grid: number
  readonly integer: unknown
}

/** Multiples of several steps, the coarsest first. A number shrinks to the multiples of a coarser step beside it, then in its own grid. */
class Multiples extends fc.Arbitrary<number> {
  private readonly grids: readonly (Grid & { readonly integers: fc.Arbitrary<number> })[]

  constructor(grids: readonly Grid[]) {
    super()
    this.grids = grids.map((grid) => ({ ...grid, integers: fc.integer({ min: grid.min, max: grid.max }) }))
  }

  override generate(random: fc.Random, biasFactor: number | undefined): fc.Value<number> {
    const grid = random.nextInt(0, this.grids.length - 1)
    return this.multiple(grid, this.grids[grid].integers.generate(random, biasFactor))
  }

  override canShrinkWithoutContext(_: unknown): _ is number {
    return false
  }

  override shrink(value: number, context: unknown): fc.Stream<fc.Value<number>> {
    if (!isOrigin(context)) return fc.Stream.nil()
    const { step, integers } = this.grids[context.grid]
    const coarser = this.grids
      .slice(0, context.grid)
      .flatMap(({ step: wide, min, max }, grid) =>
        [Math.trunc(value / wide), Math.trunc(value / wide) + Math.sign(value)]
          .filter((i) => i * wide !== value && min <= i && i <= max)
          .map((i) => new fc.Value((i + 0) * wide, { grid, integer: undefined } satisfies Origin)),
      )
    const own = integers.shrink(value / step, context.integer).map((integer) => this.multiple(context.grid, integer))
    return fc.stream(coarser[Symbol.iterator]()).join(own)
  }

  private multiple(grid: number, integer: fc.Value<number>): fc.Value<number> {
    return new fc.Value(integer.value * this.grids[grid].step, { grid, integer: integer.context } satisfies Origin)
  }
}

function isOrigin(context: unknown): context is Origin {
  return typeof context === 'object' && context !== null && 'grid' in context && 'integer' in context
}

export interface ShapeConstraints {
  /** How many dimensions at least; 0 where not given, the shape [] of a single number. */
  readonly leastRank?: number
  /** How many dimensions at most; 3 where not given. */
  readonly mostRank?: number
  /** The length of a dimension at most; 4 where not given. The least is 1. */
  readonly mostLength?: number
}

/** Shapes; they shrink to fewer and shorter dimensions. */
export function shapes({ leastRank = 0, mostRank = 3, mostLength = 4 }: ShapeConstraints = {}): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: 1, max: mostLength }), { minLength: leastRank, maxLength: mostRank, size: 'max' })
}

/**
 * Tensors of a shape, or of shapes that are drawn as well, their numbers as `numbers` draws them. They shrink in shape first, then
 * number by number, and are reported as nested arrays.
 */
export function tensors(
  shape: readonly number[] | fc.Arbitrary<readonly number[]>,
  constraints: NumberConstraints = {},
): fc.Arbitrary<Tensor> {
  const entries = numbers(constraints)
  const ofShape = (lengths: readonly number[]): fc.Arbitrary<Tensor> => {
    const size = sizeOf(lengths)
    return fc
      .array(entries, { minLength: size, maxLength: size, size: 'max' })
      .map((data) => readable(tensor(lengths, data)))
  }
  return isShape(shape) ? ofShape(shape) : shape.chain(ofShape)
}

function isShape(shape: readonly number[] | fc.Arbitrary<readonly number[]>): shape is readonly number[] {
  return Array.isArray(shape)
}

/** The same tensor, which fast-check's reports show as nested arrays. */
export function readable(x: Tensor): Tensor {
  const text = () => `tensor([${x.shape.join(', ')}], ${JSON.stringify(toNested(x))})`
  Object.defineProperty(x, fc.toStringMethod, { value: text, configurable: true })
  return x
}

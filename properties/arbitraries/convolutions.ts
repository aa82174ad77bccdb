import fc from 'fast-check'
import { axes, inputLength } from '../convolution.js'
import { sizes } from '../data.js'
import { countPositions } from '../shapes.js'

/** A convolution's settings and shapes; lists hold one number an axis, for two axes [height, width]. */
export interface Convolution {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  /** Zeros on both sides of an axis. */
  readonly padding: readonly number[]
  readonly dilation: readonly number[]
  /** Divides the channels of x and of y. */
  readonly groups: number
  readonly shapes: {
    /** [N, C, …input] */
    readonly x: readonly number[]
    /** [O, C/groups, …kernel] */
    readonly weight: readonly number[]
    /** [O] */
    readonly bias: readonly number[]
    /** [N, O, …output], the output as large as there are positions of the kernel on the padded input. */
    readonly y: readonly number[]
  }
}

/**
 * Convolutions over one axis or several, every one of them possible: the kernel fits on the padded input at least once, and often
 * exactly once; strides may be larger than the kernel. They shrink to one image, one channel and a kernel of 1.
 */
export function convolutions(dimensions: 1 | 2 | 3): fc.Arbitrary<Convolution> {
  return fc
    .record({
      N: sizes(3),
      groups: fc.constantFrom(1, 1, 2, 3),
      depth: sizes(3),
      width: sizes(2),
      each: fc.array(axes, { minLength: dimensions, maxLength: dimensions }),
    })
    .map(({ N, groups, depth, width, each }) => {
      const input = each.map(inputLength)
      const output = each.map(({ kernel, stride, padding, dilation }, axis) =>
        countPositions(input[axis], kernel, stride, padding, dilation),
      )
      const kernel = each.map((axis) => axis.kernel)
      const [C, O] = [groups * depth, groups * width]
      return {
        kernel,
        stride: each.map(({ stride }) => stride),
        padding: each.map(({ padding }) => padding),
        dilation: each.map(({ dilation }) => dilation),
        groups,
        shapes: { x: [N, C, ...input], weight: [O, depth, ...kernel], bias: [O], y: [N, O, ...output] },
      }
    })
}

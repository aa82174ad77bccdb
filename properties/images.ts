import type fc from 'fast-check'
import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import { type Approximation, permuted, reshaped } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import type { Call, Law } from './law.js'
import type { Profile } from './profile.js'
import {
  isAdditive,
  isHomogeneous,
  known,
  law,
  ledger,
  obeysEuler,
  reordered,
  reorders,
  taken,
  treatsSlicesAlone,
  wholeNumbers,
} from './relations.js'

interface CallsOf {
  readonly operator: string
  readonly calls: (profile: Profile) => fc.Arbitrary<Call>
}

/** An answer as a tensor, to be handed to another call. */
export function asTensor({ shape, value }: Approximation): Tensor {
  return tensor(shape, value.slice())
}

/** The last entry first along an axis. */
export function reversed(x: Tensor, axis: number): Tensor {
  return taken(x, axis, backwards(x.shape[axis]))
}

/** length − 1 … 0. */
export function backwards(length: number): number[] {
  return Array.from({ length }, (_, i) => length - 1 - i)
}

/** Rows and columns exchanged. */
export function turned(x: Tensor): Tensor {
  return reordered(x, [0, 1, 3, 2])
}

/** The same of an answer. */
export function turnedBack(y: Approximation): Approximation {
  return permuted(y, [0, 1, 3, 2])
}

/** The sums over every channel of every image. */
export function planeSums(a: Approximation): Approximation {
  const [N, C] = a.shape
  return ledger.sum(reshaped(a, [N * C, a.value.length / (N * C)]), 'common')
}

/** Laws of operators that treat every channel of every image[N,C,H,W] alone and in the same way, linearly. */
export function linearImageLaws({ operator, calls }: Pick<OperatorProperties, 'operator' | 'calls'>): Law[] {
  const wide: CallsOf = { operator, calls: calls('wide') }
  const simple: CallsOf = { operator, calls: calls('simple') }
  return [
    treatsSlicesAlone({ ...wide, name: 'treats each image alone', inputs: { image: 0 }, outputs: { y: 0 } }),
    reorders({
      ...wide,
      name: 'reorders its channels with those of the image',
      inputs: { image: 1 },
      outputs: { y: 1 },
    }),
    isAdditive({ ...simple, name: 'is additive', input: 'image' }),
    isHomogeneous({ ...simple, name: 'scales with the image', inputs: ['image'], degree: 1 }),
    obeysEuler({ ...wide, name: 'has its adjoint for a gradient', input: 'image', output: 'y', degree: 1 }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: 'has a gradient that does not depend on the image',
      check: async ({ call: { inputs, attributes, gradients }, subject }, random) => {
        const other = { image: wholeNumbers(inputs.image.shape, random) }
        const here = await subject.backward(inputs, attributes, gradients)
        const there = await subject.backward(other, attributes, gradients)
        return compare('∂L/∂image at another image', there.image, here.image)
      },
    }),
  ]
}

/** The sum of the gradient is that of the output's: for operators whose weights sum to one at every place. */
export function handsOnTheWholeGradient(relation: CallsOf): Law {
  return law({
    ...relation,
    kind: 'gradient',
    backward: true,
    name: 'hands on the whole gradient of each channel',
    check: async ({ call: { inputs, attributes, gradients }, subject }) => {
      const { image } = await subject.backward(inputs, attributes, gradients)
      return compare('Σ ∂L/∂image', planeSums(image), planeSums(known(gradients.y)))
    },
  })
}

/** The least and the largest entry of an image. */
export function extremes(x: Tensor): readonly [number, number] {
  return rowMajor(x).reduce<readonly [number, number]>(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  )
}

import fc from 'fast-check'
import type { AttributeValue } from '../oracle/contract.js'
import { rowMajor, sizeOf, type Tensor } from '../oracle/tensor.js'
import { permuted, repeated, reshaped, spread } from './approximation.js'
import { type OperatorProperties, present } from './calls.js'
import { compare } from './comparison.js'
import type { Limits } from './data.js'
import type { Call, Law } from './law.js'
import { known, law, ledger, obeysEuler, type Relation, taken, takenFrom, tensorOf } from './relations.js'
import { pair } from './shapes.js'

export const factors: Limits = { multiplied: true }

/** One axis of a window: valid by construction, the input perhaps exactly as large as the window. */
export const axes = fc.record({
  kernel: fc.integer({ min: 1, max: 3 }),
  stride: fc.integer({ min: 1, max: 4 }),
  padding: fc.integer({ min: 0, max: 2 }),
  dilation: fc.constantFrom(1, 1, 2, 3),
  extra: fc.constantFrom(0, 0, 1, 2, 3, 4),
})
export type Axis = typeof axes extends fc.Arbitrary<infer T> ? T : never

export function inputLength({ kernel, padding, dilation, extra }: Axis): number {
  return Math.max(1, dilation * (kernel - 1) + 1 - 2 * padding + extra)
}

/** [height, width], or one number for both where they are equal. */
export function pairValue(height: number, width: number, asNumber: boolean): AttributeValue {
  return asNumber && height === width ? height : [height, width]
}

/** x with rows and columns of zeros around it. */
export function padded(x: Tensor, [top, left]: readonly [number, number]): Tensor {
  const [N, C, H, W] = x.shape
  const [rows, columns] = [H + 2 * top, W + 2 * left]
  const data = rowMajor(x)
  return tensorOf([N, C, rows, columns], (i) => {
    const column = (i % columns) - left
    const row = (Math.floor(i / columns) % rows) - top
    const inside = row >= 0 && row < H && column >= 0 && column < W
    return inside ? data[(Math.floor(i / (rows * columns)) * H + row) * W + column] : 0
  })
}

export function withoutBias(call: Call): Call {
  const { bias: _, ...inputs } = call.inputs
  return { ...call, inputs }
}

/** The weight of a 1×1 convolution that hands each of C channels on. */
export function handsOn(C: number): Tensor {
  return tensorOf([C, C, 1, 1], (i) => (i % (C + 1) === 0 ? 1 : 0))
}

/** A bias b[O] at every place of y[N,O,…]. */
export function biasEverywhere(bias: Tensor, shape: readonly number[]) {
  const positions = sizeOf(shape.slice(2))
  return repeated(spread(known(bias), positions), shape)
}

/** x of zeros gives the bias everywhere; the first axis of `weight` counts the output's channels. */
export function givesTheBias(relation: Relation & { weight: string }): Law {
  return law({
    ...relation,
    check: async ({ call: { inputs, attributes }, subject }) => {
      const bias = inputs.bias ?? tensorOf([inputs[relation.weight].shape[0]], () => 0)
      const { y } = await subject.forward({ ...inputs, x: tensorOf(inputs.x.shape, () => 0) }, attributes)
      return compare('y', y, biasEverywhere(bias, y.shape))
    },
  })
}

/** ∂L/∂bias is the sum of ∂L/∂y[N,O,…] over all but the channels. */
export function sumsTheGradientForTheBias(relation: Relation): Law {
  return law({
    ...relation,
    kind: 'gradient',
    backward: true,
    check: async ({ call: { inputs, attributes, gradients }, subject }) => {
      const [N, O, ...places] = gradients.y.shape
      const bias = inputs.bias ?? tensorOf([O], () => 0)
      const gradient = await subject.backward({ ...inputs, bias }, attributes, gradients)
      const channels = permuted(reshaped(known(gradients.y), [N, O, sizeOf(places)]), [1, 0, 2])
      return compare('∂L/∂bias', gradient.bias, ledger.sum(reshaped(channels, [O, N * sizeOf(places)])))
    },
  })
}

/** The call with zeros around its images gives without padding what it gives with it. */
export function padsWithZeros(relation: Relation): Law {
  return law({
    ...relation,
    check: async ({ call: { inputs, attributes }, subject }) => {
      const plain = await subject.forward(inputs, attributes)
      const x = padded(inputs.x, pair(attributes.padding))
      const { y } = await subject.forward({ ...inputs, x }, { ...attributes, padding: [0, 0] })
      return compare('y of the image with zeros around it', y, plain.y)
    },
  })
}

/** The channels, filters and biases of one group, convolved without the others, give that group of the output. */
export function convolvesGroupsAlone(relation: Relation): Law {
  return law({
    ...relation,
    check: async ({ call: { inputs, attributes }, subject }, random) => {
      const groups = Number(attributes.groups)
      const group = random.integer(0, groups - 1)
      const slices = (length: number) =>
        Array.from({ length: length / groups }, (_, i) => (group * length) / groups + i)
      const [O, C] = [slices(inputs.weight.shape[0]), slices(inputs.x.shape[1])]
      const together = await subject.forward(inputs, attributes)
      const alone = present({
        x: taken(inputs.x, 1, C),
        weight: taken(inputs.weight, 0, O),
        bias: inputs.bias && taken(inputs.bias, 0, O),
      })
      const { y } = await subject.forward(alone, { ...attributes, groups: 1 })
      return compare(`group ${group} by itself: y`, y, takenFrom(together.y, 1, O))
    },
  })
}

/** Without its bias a convolution is linear in each of its other inputs. */
export function obeysEulerInEach(
  { operator, calls }: Pick<OperatorProperties, 'operator' | 'calls'>,
  inputs: readonly string[],
): Law[] {
  return inputs.map((input) =>
    obeysEuler({
      operator,
      calls: (profile) => calls('wide')(profile).map(withoutBias),
      name: `obeys Euler's identity in ${input}`,
      input,
      output: 'y',
      degree: 1,
    }),
  )
}

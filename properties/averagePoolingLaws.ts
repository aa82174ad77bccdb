import type { Attributes } from '../oracle/contract.js'
import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import { type Approximation, constant, reshaped } from './approximation.js'
import { adaptivePoolCalls, adaptivePoolModel, avgPoolCalls, avgPoolModel } from './averagePooling.js'
import type { OperatorProperties } from './calls.js'
import { compare, held, type Verdict } from './comparison.js'
import { padded } from './convolution.js'
import { backwards, planeSums } from './images.js'
import type { Law } from './law.js'
import { changed, refuses } from './refusals.js'
import {
  isAdditive,
  isHomogeneous,
  known,
  law,
  ledger,
  reorders,
  taken,
  takenFrom,
  tensorOf,
  treatsSlicesAlone,
  within,
} from './relations.js'
import { pair } from './shapes.js'
import { leavesOutPositions, treatsRowsLikeColumns } from './windows.js'

/** The largest and smallest entry of x, and 0 where padding may take part. */
function extremes(x: Tensor, padding: boolean): readonly [number, number] {
  const start = padding ? 0 : rowMajor(x)[0]
  return rowMajor(x).reduce<[number, number]>(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [start, start],
  )
}

/** The mean of each channel of each image: [N·C]. */
function means(a: Approximation): Approximation {
  const [N, C] = a.shape
  return ledger.divideBy(planeSums(a), a.value.length / (N * C))
}

/** The laws that every linear average over an image's channels obeys. */
function averageLaws(operator: string, calls: OperatorProperties['calls'], padding: boolean): Law[] {
  const [simple, wide] = [
    { operator, calls: calls('simple') },
    { operator, calls: calls('wide') },
  ]
  return [
    treatsSlicesAlone({ ...wide, name: 'treats each image alone', inputs: { x: 0 }, outputs: { y: 0 } }),
    reorders({ ...wide, name: 'reorders its channels with those of x', inputs: { x: 1 }, outputs: { y: 1 } }),
    isAdditive({ ...simple, name: 'is additive', input: 'x' }),
    isHomogeneous({ ...simple, name: 'scales with x', inputs: ['x'], degree: 1 }),
    law({
      ...wide,
      name: 'lies between the smallest and the largest entry',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward(inputs, attributes)
        return within('y', y, ...extremes(inputs.x, padding))
      },
    }),
    treatsRowsLikeColumns({ ...wide, name: 'does the same to columns as to rows', images: ['x'] }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: "obeys Euler's identity",
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { y } = await subject.forward(inputs, attributes)
        const { x } = await subject.backward(inputs, attributes, gradients)
        // Every quotient may be off in the same direction.
        const product = (a: Approximation, b: Tensor) =>
          ledger.sum(reshaped(ledger.multiply(a, known(b)), [1, b.size]), 'common')
        return compare('⟨∂L/∂x, x⟩', product(x, inputs.x), product(y, gradients.y))
      },
    }),
    law({
      ...simple,
      kind: 'gradient',
      backward: true,
      name: 'has a gradient that does not depend on x',
      check: async ({ call: { inputs, attributes, gradients }, subject }, random) => {
        const x = tensorOf(inputs.x.shape, () => random.integer(-3, 3))
        const here = await subject.backward(inputs, attributes, gradients)
        const there = await subject.backward({ x }, attributes, gradients)
        return compare('∂L/∂x at another x', there.x, here.x)
      },
    }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: 'has gradients that sum to ⟨∂L/∂y, y of ones⟩',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const ones = tensorOf(inputs.x.shape, () => 1)
        const { y } = await subject.forward({ x: ones }, attributes)
        const { x } = await subject.backward(inputs, attributes, gradients)
        return compare('Σ ∂L/∂x', planeSums(x), planeSums(ledger.multiply(y, known(gradients.y))))
      },
    }),
  ]
}

const avgPool = { operator: 'avgPool2d', calls: avgPoolCalls }
const wideAvg = { operator: 'avgPool2d', calls: avgPoolCalls('wide') }

/** Settings without padding, for one window over the whole of x. */
function wholeOf(x: Tensor): Attributes {
  const [, , H, W] = x.shape
  return { kernel: [H, W], stride: [1, 1], padding: [0, 0], countIncludePad: true }
}

const avgPoolLaws: Law[] = [
  refuses(avgPool, 'a window larger than the padded input', (call) => {
    const [, , H, W] = call.inputs.x.shape
    const [vertical, horizontal] = pair(call.attributes.padding)
    return changed(call, 'kernel', [H + 2 * vertical + 1, W + 2 * horizontal + 1])
  }),
  refuses(avgPool, 'a padding of more than half the kernel', (call) => {
    const [height, width] = pair(call.attributes.kernel)
    return changed(call, 'padding', [Math.floor(height / 2) + 1, Math.floor(width / 2) + 1])
  }),
  ...averageLaws('avgPool2d', avgPoolCalls, true),
  law({
    ...wideAvg,
    name: 'leaves x unchanged for a window of one entry',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const { y } = await subject.forward(inputs, { ...attributes, kernel: [1, 1], stride: [1, 1], padding: [0, 0] })
      return compare('y', y, known(inputs.x))
    },
  }),
  law({
    ...wideAvg,
    name: 'is the value of an image of equal entries where padding does not count',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const [value] = rowMajor(inputs.x)
      const x = tensorOf(inputs.x.shape, () => value)
      const { y } = await subject.forward({ x }, { ...attributes, countIncludePad: false })
      return compare(`y of an image of ${value}`, y, constant(y.shape, value))
    },
  }),
  law({
    ...wideAvg,
    name: 'counts padding like entries of 0 where padding counts',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const settings = { ...attributes, countIncludePad: true }
      const plain = await subject.forward(inputs, settings)
      const x = padded(inputs.x, pair(attributes.padding))
      const { y } = await subject.forward({ x }, { ...settings, padding: [0, 0] })
      return compare('y of the image with zeros around it', y, plain.y)
    },
  }),
  law({
    ...wideAvg,
    name: 'counts only the entries of x where padding does not count',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const counting = { ...attributes, countIncludePad: true }
      const sums = await subject.forward(inputs, counting)
      const shares = await subject.forward({ x: tensorOf(inputs.x.shape, () => 1) }, counting)
      const { y } = await subject.forward(inputs, { ...attributes, countIncludePad: false })
      return compare('y where padding does not count', y, ledger.divide(sums.y, shares.y))
    },
  }),
  law({
    ...wideAvg,
    name: 'does not ask whether padding counts where there is none',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const settings = { ...attributes, padding: [0, 0], kernel: [1, inputs.x.shape[3]] }
      const counting = await subject.forward(inputs, { ...settings, countIncludePad: true })
      const { y } = await subject.forward(inputs, { ...settings, countIncludePad: false })
      return compare('y where padding does not count', y, counting.y)
    },
  }),
  law({
    ...wideAvg,
    name: 'is the mean of each channel for one window over all',
    check: async ({ call: { inputs }, subject }) => {
      const { y } = await subject.forward(inputs, wholeOf(inputs.x))
      return compare('y', reshaped(y, [y.value.length]), means(known(inputs.x)))
    },
  }),
  leavesOutPositions({ ...wideAvg, name: 'leaves out positions for a stride' }),
  law({
    ...wideAvg,
    name: 'averages columns after rows as both at once',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const [kernel, stride, padding] = ['kernel', 'stride', 'padding'].map((name) => pair(attributes[name]))
      const along = (d: 0 | 1): Attributes => ({
        ...attributes,
        kernel: d === 0 ? [kernel[0], 1] : [1, kernel[1]],
        stride: d === 0 ? [stride[0], 1] : [1, stride[1]],
        padding: d === 0 ? [padding[0], 0] : [0, padding[1]],
      })
      const both = await subject.forward(inputs, attributes)
      const rows = (await subject.forward(inputs, along(0))).y
      // The sums of the first average may overflow on the platform: then there is nothing to average further.
      if (rows.bound.some((b) => b === Number.POSITIVE_INFINITY)) return { ...held, leftOut: both.y.value.length }
      const after = (await subject.forward({ x: tensor(rows.shape, rows.value.slice()) }, along(1))).y
      // The error of the first average is averaged by the second.
      const carried = largestOf(rows.bound)
      const spreadOf = largestOf(rows.variance)
      const bound = after.bound.map((b) => b + carried)
      return compare(
        'y of columns after rows',
        { ...after, bound, variance: plusEach(after.variance, spreadOf) },
        both.y,
      )
    },
  }),
]

function largestOf(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0)
}

function plusEach(values: Float64Array, by: number): Float64Array {
  return values.map((value) => value + by)
}

export const avgPool2d: OperatorProperties = {
  operator: 'avgPool2d',
  model: avgPoolModel,
  calls: avgPoolCalls,
  smooth: avgPoolCalls('smooth'),
  laws: avgPoolLaws,
}

const adaptive = { operator: 'adaptiveAvgPool2d', calls: adaptivePoolCalls }
const wideAdaptive = { operator: 'adaptiveAvgPool2d', calls: adaptivePoolCalls('wide') }

const adaptivePoolLaws: Law[] = [
  refuses(adaptive, 'more cells than entries', (call, random) => {
    const [, , H, W] = call.inputs.x.shape
    const [height, width] = pair(call.attributes.output)
    return changed(call, 'output', random.next() < 0.5 ? [H + 1, width] : [height, W + 1])
  }),
  ...averageLaws('adaptiveAvgPool2d', adaptivePoolCalls, false),
  law({
    ...wideAdaptive,
    name: 'is the value of an image of equal entries',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const [value] = rowMajor(inputs.x)
      const { y } = await subject.forward({ x: tensorOf(inputs.x.shape, () => value) }, attributes)
      return compare(`y of an image of ${value}`, y, constant(y.shape, value))
    },
  }),
  law({
    ...wideAdaptive,
    name: 'is the mean of each channel for one cell',
    check: async ({ call: { inputs }, subject }) => {
      const { y } = await subject.forward(inputs, { output: [1, 1] })
      return compare('y', reshaped(y, [y.value.length]), means(known(inputs.x)))
    },
  }),
  law({
    ...wideAdaptive,
    name: 'leaves x unchanged for as many cells as entries',
    check: async ({ call: { inputs }, subject }) => {
      const { y } = await subject.forward(inputs, { output: inputs.x.shape.slice(2) })
      return compare('y', y, known(inputs.x))
    },
  }),
  law({
    ...wideAdaptive,
    name: 'is mirrored when x is mirrored',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const plain = await subject.forward(inputs, attributes)
      const { y } = await subject.forward({ x: taken(inputs.x, 3, backwards(inputs.x.shape[3])) }, attributes)
      return compare('y, mirrored,', takenFrom(y, 3, backwards(y.shape[3])), plain.y)
    },
  }),
  law({
    ...wideAdaptive,
    name: 'undoes the repetition of every entry',
    check: async ({ call: { inputs }, subject }, random) => {
      const [, , H, W] = inputs.x.shape
      const times = random.integer(2, 3)
      const order = (length: number) => Array.from({ length: length * times }, (_, i) => Math.floor(i / times))
      const x = taken(taken(inputs.x, 2, order(H)), 3, order(W))
      const { y } = await subject.forward({ x }, { output: [H, W] })
      return compare(`y of x with every entry repeated ${times} times`, y, known(inputs.x))
    },
  }),
  law({
    ...wideAdaptive,
    name: 'keeps the mean where the cells divide the image',
    check: async ({ call: { inputs, attributes }, subject }): Promise<Verdict> => {
      const [height, width] = pair(attributes.output)
      const [, , H, W] = inputs.x.shape
      if (H % height !== 0 || W % width !== 0) return held
      const { y } = await subject.forward(inputs, attributes)
      return compare('the mean of y', means(y), means(known(inputs.x)))
    },
  }),
  law({
    ...wideAdaptive,
    name: 'shares an entry between the cells that meet in it',
    check: async ({ call: { inputs }, subject }) => {
      const [N, C, H, W] = inputs.x.shape
      // Three rows in two cells: both cover the row in the middle.
      const rows = [0, Math.floor(H / 2), H - 1]
      const x = taken(inputs.x, 2, rows)
      const { y } = await subject.forward({ x }, { output: [2, W] })
      const half = (first: number, second: number) =>
        ledger.divideBy(ledger.add(takenFrom(known(x), 2, [first]), takenFrom(known(x), 2, [second])), 2)
      return [0, 1].map((i) => compare(`row ${i} of y`, reshaped(takenFrom(y, 2, [i]), [N, C, 1, W]), half(i, i + 1)))
    },
  }),
]

export const adaptiveAvgPool2d: OperatorProperties = {
  operator: 'adaptiveAvgPool2d',
  model: adaptivePoolModel,
  calls: adaptivePoolCalls,
  smooth: adaptivePoolCalls('smooth'),
  laws: adaptivePoolLaws,
}

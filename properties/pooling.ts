import fc from 'fast-check'
import type { Attributes, AttributeValue } from '../oracle/contract.js'
import { rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { type Approximation, blank, constant, exact, gather, permuted, reshaped } from './approximation.js'
import { chosen, completeCalls, type OperatorProperties, perhaps, present } from './calls.js'
import { compare } from './comparison.js'
import { choices, choose, type DataKind, fill, fillings, sizes, sumLengths } from './data.js'
import type { Model } from './model.js'
import type { Profile } from './profile.js'
import { changed, refuses } from './refusals.js'
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
  takenFrom,
  tensorOf,
  toTheBit,
  treatsSlicesAlone,
  wholeNumbers,
} from './relations.js'
import { pair, positionsOf, type Window } from './shapes.js'

export function windowOf(attributes: Attributes): Window {
  return {
    kernel: pair(attributes.kernel),
    stride: pair(attributes.stride),
    padding: pair(attributes.padding),
    dilation: [1, 1],
  }
}

/** For every output the place of the first largest entry of its window, in row-major order. */
function winners(x: Tensor, window: Window): { shape: readonly number[]; index: Int32Array } {
  const [N, C, H, W] = x.shape
  const [OH, OW] = positionsOf([H, W], window)
  const data = rowMajor(x)
  const index = new Int32Array(N * C * OH * OW)
  let at = 0
  for (let plane = 0; plane < N * C; plane++)
    for (let i = 0; i < OH; i++)
      for (let j = 0; j < OW; j++) {
        let best = -1
        for (let p = 0; p < window.kernel[0]; p++)
          for (let q = 0; q < window.kernel[1]; q++) {
            const row = i * window.stride[0] + p - window.padding[0]
            const column = j * window.stride[1] + q - window.padding[1]
            if (row < 0 || row >= H || column < 0 || column >= W) continue
            const place = (plane * H + row) * W + column
            if (best < 0 || data[place] > data[best]) best = place
          }
        index[at++] = best
      }
  return { shape: [N, C, OH, OW], index }
}

/** For every one of `size` places the entries of `index` that name it, padded with −1 to equal length. */
export function namedBy(index: ArrayLike<number>, size: number): { shape: readonly number[]; index: Int32Array } {
  const lists: number[][] = Array.from({ length: size }, () => [])
  for (let i = 0; i < index.length; i++) lists[index[i]].push(i)
  const most = lists.reduce((length, list) => Math.max(length, list.length), 1)
  const result = new Int32Array(size * most).fill(-1)
  for (const [place, list] of lists.entries()) result.set(list, place * most)
  return { shape: [size, most], index: result }
}

const maxPoolModel: Model = {
  shapes: ({ x }, attributes) => {
    const [N, C, H, W] = x.shape
    return { y: [N, C, ...positionsOf([H, W], windowOf(attributes))] }
  },
  forward: (_, { x }, attributes) => {
    const { shape, index } = winners(x, windowOf(attributes))
    return { y: gather(exact(x), shape, index) }
  },
  /** Each gradient goes to the winner of its window. */
  backward: (arithmetic, { x }, attributes, { y }) => {
    const chosenBy = namedBy(winners(x, windowOf(attributes)).index, x.size)
    return { x: reshaped(arithmetic.sum(gather(exact(y), chosenBy.shape, chosenBy.index)), x.shape) }
  },
}

export const axes = fc
  .record({
    kernel: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 4 }),
    padding: fc.nat(2),
    extra: fc.constantFrom(0, 0, 1, 2, 3, 4),
  })
  .map(({ kernel, stride, padding, extra }) => ({
    kernel,
    stride,
    padding: Math.min(padding, Math.floor(kernel / 2)),
    extra,
  }))

export function drawPooling(kind: DataKind, profile: Profile) {
  return fc
    .record({
      N: sizes(2),
      C: sizes(3),
      height: axes,
      across: axes,
      square: fc.boolean(),
      settings: fc.constantFrom('default', 'stride', 'padding', 'both', 'both'),
      x: fillings(kind, profile),
    })
    .map(({ N, C, height, across, square, settings, x }) => {
      const w = square ? { ...height, extra: across.extra } : across
      const withStride = settings === 'stride' || settings === 'both'
      const withPadding = settings === 'padding' || settings === 'both'
      const length = ({ kernel, padding, extra }: typeof height) =>
        Math.max(1, kernel - (withPadding ? 2 * padding : 0) + extra)
      const pairValue = (name: 'kernel' | 'stride' | 'padding'): AttributeValue =>
        square ? height[name] : [height[name], w[name]]
      return {
        inputs: { x: fill([N, C, length(height), length(w)], x, profile) },
        attributes: chosen<AttributeValue>({
          kernel: pairValue('kernel'),
          stride: withStride ? pairValue('stride') : undefined,
          padding: withPadding ? pairValue('padding') : undefined,
        }),
      }
    })
}

const maxPoolCalls = completeCalls('maxPool2d', maxPoolModel, drawPooling)
const simple = { operator: 'maxPool2d', calls: maxPoolCalls('simple') }
const wide = { operator: 'maxPool2d', calls: maxPoolCalls('wide') }

export function swappedPairs(attributes: Attributes): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      const [height, width] = pair(value)
      return [name, [width, height]]
    }),
  )
}

export const maxPool2d: OperatorProperties = {
  operator: 'maxPool2d',
  model: maxPoolModel,
  calls: maxPoolCalls,
  hasKinks: true,
  laws: [
    refuses({ operator: 'maxPool2d', calls: maxPoolCalls }, 'a window larger than the padded input', (call) => {
      const [, , H, W] = call.inputs.x.shape
      const [vertical, horizontal] = pair(call.attributes.padding)
      return changed(call, 'kernel', [H + 2 * vertical + 1, W + 2 * horizontal + 1])
    }),
    refuses({ operator: 'maxPool2d', calls: maxPoolCalls }, 'a padding of more than half the kernel', (call) => {
      const [height, width] = pair(call.attributes.kernel)
      return changed(call, 'padding', [Math.floor(height / 2) + 1, Math.floor(width / 2) + 1])
    }),
    treatsSlicesAlone({ ...wide, name: 'treats each image alone', inputs: { x: 0 }, outputs: { y: 0 } }),
    reorders({ ...wide, name: 'reorders its channels with those of x', inputs: { x: 1 }, outputs: { y: 1 } }),
    isHomogeneous({
      ...simple,
      name: 'scales with x by a positive factor',
      inputs: ['x'],
      degree: 1,
      factors: [0.5, 2, 4],
    }),
    law({
      ...simple,
      name: 'moves with x by a constant',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const by = random.integer(-16, 16)
        const { y } = await subject.forward(inputs, attributes)
        const x = tensorOf(inputs.x.shape, (i) => rowMajor(inputs.x)[i] + by)
        const moved = await subject.forward({ x }, attributes)
        return compare(`with ${by} added to x, y`, moved.y, ledger.shift(y, by))
      },
    }),
    law({
      ...simple,
      name: 'never falls when an entry of x rises',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const at = random.integer(0, inputs.x.size - 1)
        const { y } = await subject.forward(inputs, attributes)
        const x = tensorOf(inputs.x.shape, (i) => rowMajor(inputs.x)[i] + (i === at ? 2 : 0))
        const raised = (await subject.forward({ x }, attributes)).y
        const atLeast = { ...raised, value: raised.value.map((value, i) => Math.max(value, y.value[i])) }
        return compare('y with an entry of x raised', raised, atLeast)
      },
    }),
    law({
      ...wide,
      name: 'leaves x unchanged for a window of one entry',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward(inputs, { kernel: [1, 1], stride: [1, 1], padding: [0, 0] })
        return compare('y', y, known(inputs.x))
      },
    }),
    law({
      ...wide,
      name: 'never lets the padding win',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const lowest = rowMajor(inputs.x).reduce((least, value) => Math.min(least, value), -1)
        const x = tensorOf(inputs.x.shape, () => lowest)
        const { y } = await subject.forward({ x }, attributes)
        return compare(`y of an image of ${lowest}`, y, constant(y.shape, lowest))
      },
    }),
    law({
      ...wide,
      name: 'does the same to columns as to rows',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward(inputs, attributes)
        const turned = await subject.forward({ x: reordered(inputs.x, [0, 1, 3, 2]) }, swappedPairs(attributes))
        return compare('y, all exchanged,', permuted(turned.y, [0, 1, 3, 2]), y)
      },
    }),
    law({
      ...wide,
      name: 'takes a large window for a small one after another',
      check: async ({ call: { inputs }, subject }) => {
        const [, , H, W] = inputs.x.shape
        const window = (kernel: number[]) => ({ kernel, stride: [1, 1], padding: [0, 0] })
        const [tall, broad] = [Math.min(H, 2), Math.min(W, 2)]
        const both = await subject.forward(inputs, window([tall, broad]))
        const rows = await subject.forward(inputs, window([tall, 1]))
        const after = await subject.forward({ x: tensor(rows.y.shape, rows.y.value.slice()) }, window([1, broad]))
        return compare('y of columns after rows', after.y, both.y)
      },
    }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: 'hands on the whole gradient of each channel',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { x } = await subject.backward(inputs, attributes, gradients)
        const total = (a: Approximation) => {
          const [N, C] = a.shape
          return ledger.sum(reshaped(a, [N * C, a.value.length / (N * C)]), 'common')
        }
        return compare('Σ ∂L/∂x', total(x), total(known(gradients.y)))
      },
    }),
    law({
      ...simple,
      kind: 'gradient',
      backward: true,
      name: 'gives the gradient of equal entries to the first of them',
      check: async ({ call: { inputs }, subject }) => {
        const [N, C, H, W] = inputs.x.shape
        const x = tensorOf(inputs.x.shape, () => 1)
        const attributes = { kernel: [H, W], stride: [H, W], padding: [0, 0] }
        const y = tensorOf([N, C, 1, 1], (i) => i + 1)
        const gradient = (await subject.backward({ x }, attributes, { y })).x
        const first = tensorOf(inputs.x.shape, (i) => (i % (H * W) === 0 ? i / (H * W) + 1 : 0))
        return compare('∂L/∂x of an image of equal entries', gradient, known(first))
      },
    }),
  ],
}

function stepsOf({ x, lengths }: Tensors): number[] {
  const [T, N] = x.shape
  return Array.from({ length: N }, (_, n) => (lengths === undefined ? T : rowMajor(lengths)[n]))
}

const meanOverTimeModel: Model = {
  shapes: ({ x }) => ({ y: x.shape.slice(1) }),
  forward: (arithmetic, inputs) => {
    const [T, N, H] = inputs.x.shape
    const steps = stepsOf(inputs)
    const index = new Int32Array(N * H * T)
    for (let i = 0; i < index.length; i++) {
      const t = i % T
      const item = Math.floor(i / T)
      index[i] = t < steps[Math.floor(item / H)] ? t * N * H + item : -1
    }
    const sum = arithmetic.sum(gather(exact(inputs.x), [N, H, T], index))
    return { y: dividedBy(sum, (i) => steps[Math.floor(i / H)]) }

    function dividedBy(a: Approximation, divisor: (i: number) => number): Approximation {
      const divisors = blank(a.shape)
      for (let i = 0; i < a.value.length; i++) divisors.value[i] = divisor(i)
      return arithmetic.divide(a, divisors)
    }
  },
  backward: (arithmetic, inputs, _, { y }) => {
    const [T, N, H] = inputs.x.shape
    const steps = stepsOf(inputs)
    const index = new Int32Array(T * N * H)
    const divisors = blank([T, N, H])
    for (let i = 0; i < index.length; i++) {
      const item = i % (N * H)
      const count = steps[Math.floor(item / H)]
      index[i] = Math.floor(i / (N * H)) < count ? item : -1
      divisors.value[i] = count
    }
    return { x: arithmetic.divide(gather(exact(y), [T, N, H], index), divisors) }
  },
}

const meanOverTimeCalls = completeCalls('meanOverTime', meanOverTimeModel, (kind, profile) =>
  fc
    .record({
      T: sumLengths(kind, 5),
      N: sizes(3),
      H: sizes(3),
      x: fillings(kind, profile),
      lengths: perhaps(choices),
    })
    .map(({ T, N, H, x, lengths }) => ({
      inputs: present({
        x: fill([T, N, H], x, profile),
        lengths:
          lengths &&
          tensor(
            [N],
            rowMajor(choose([N], lengths, T)).map((length) => length + 1),
          ),
      }),
      attributes: {},
    })),
)

const simpleMean = { operator: 'meanOverTime', calls: meanOverTimeCalls('simple') }
const wideMean = { operator: 'meanOverTime', calls: meanOverTimeCalls('wide') }

export const meanOverTime: OperatorProperties = {
  operator: 'meanOverTime',
  model: meanOverTimeModel,
  calls: meanOverTimeCalls,
  smooth: meanOverTimeCalls('smooth'),
  laws: [
    treatsSlicesAlone({
      ...wideMean,
      name: 'treats each sequence alone',
      inputs: { x: 1, lengths: 0 },
      outputs: { y: 0 },
    }),
    reorders({ ...wideMean, name: 'reorders its features with those of x', inputs: { x: 2 }, outputs: { y: 1 } }),
    isAdditive({ ...simpleMean, name: 'is additive', input: 'x' }),
    isHomogeneous({ ...simpleMean, name: 'scales with x', inputs: ['x'], degree: 1 }),
    law({
      ...wideMean,
      name: 'is the value of a sequence that does not change',
      check: async ({ call: { inputs }, subject }) => {
        const [, N, H] = inputs.x.shape
        const first = tensorOf([N, H], (i) => rowMajor(inputs.x)[i])
        const x = tensorOf(inputs.x.shape, (i) => rowMajor(first)[i % (N * H)])
        const { y } = await subject.forward({ ...inputs, x }, {})
        return compare('y of steps that are all the same', y, known(first))
      },
    }),
    law({
      ...wideMean,
      name: 'takes every step where no lengths are given',
      check: async ({ call: { inputs }, subject }) => {
        const [T, N] = inputs.x.shape
        const without = await subject.forward({ x: inputs.x }, {})
        const { y } = await subject.forward({ x: inputs.x, lengths: tensorOf([N], () => T) }, {})
        return compare('y for full lengths', y, without.y)
      },
    }),
    law({
      ...wideMean,
      name: 'does not look beyond the lengths',
      check: async ({ call: { inputs }, subject }, random) => {
        const [T, N, H] = inputs.x.shape
        const lengths = inputs.lengths ?? tensorOf([N], () => random.integer(1, T))
        const other = wholeNumbers(inputs.x.shape, random)
        const x = tensorOf(inputs.x.shape, (i) => {
          const inside = Math.floor(i / (N * H)) < rowMajor(lengths)[Math.floor((i % (N * H)) / H)]
          return rowMajor(inside ? inputs.x : other)[i]
        })
        const plain = await subject.forward({ x: inputs.x, lengths }, {})
        const changed = await subject.forward({ x, lengths }, {})
        return compare('y with later steps changed', toTheBit(changed.y), toTheBit(plain.y))
      },
    }),
    law({
      ...wideMean,
      name: 'does not depend on the order of the steps',
      check: async ({ call: { inputs }, subject }, random) => {
        const plain = await subject.forward({ x: inputs.x }, {})
        const order = random.permutation(inputs.x.shape[0])
        const { y } = await subject.forward({ x: taken(inputs.x, 0, order) }, {})
        return compare('y of reordered steps', y, plain.y)
      },
    }),
    law({
      ...wideMean,
      name: 'is the first step for a length of one',
      check: async ({ call: { inputs }, subject }) => {
        const [, N, H] = inputs.x.shape
        const { y } = await subject.forward({ x: inputs.x, lengths: tensorOf([N], () => 1) }, {})
        return compare('y', y, reshaped(takenFrom(known(inputs.x), 0, [0]), [N, H]))
      },
    }),
    obeysEuler({ ...wideMean, name: "obeys Euler's identity", input: 'x', output: 'y', degree: 1 }),
    law({
      ...wideMean,
      kind: 'gradient',
      backward: true,
      name: 'shares out the whole gradient over the steps',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const { x } = await subject.backward(inputs, {}, gradients)
        return compare('Σₜ ∂L/∂x', ledger.sum(permuted(x, [1, 2, 0]), 'common'), known(gradients.y))
      },
    }),
  ],
}

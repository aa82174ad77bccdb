import fc from 'fast-check'
import { rowMajor, type Tensors, tensor } from '../oracle/tensor.js'
import { type Approximation, blank, exact, gather, permuted, reshaped } from './approximation.js'
import { completeCalls, type OperatorProperties, perhaps, present } from './calls.js'
import { compare } from './comparison.js'
import { choices, choose, fill, fillings, sizes, sumLengths } from './data.js'
import type { Model } from './model.js'
import {
  isAdditive,
  isHomogeneous,
  known,
  law,
  ledger,
  obeysEuler,
  reorders,
  taken,
  takenFrom,
  tensorOf,
  toTheBit,
  treatsSlicesAlone,
  wholeNumbers,
} from './relations.js'

function stepsOf({ x, lengths }: Tensors): number[] {
  const [T, N] = x.shape
  return Array.from({ length: N }, (_, n) => (lengths === undefined ? T : rowMajor(lengths)[n]))
}

const model: Model = {
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

const calls = completeCalls('meanOverTime', model, (kind, profile) =>
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

const simple = { operator: 'meanOverTime', calls: calls('simple') }
const wide = { operator: 'meanOverTime', calls: calls('wide') }

export const meanOverTime: OperatorProperties = {
  operator: 'meanOverTime',
  model,
  calls,
  smooth: calls('smooth'),
  laws: [
    treatsSlicesAlone({
      ...wide,
      name: 'treats each sequence alone',
      inputs: { x: 1, lengths: 0 },
      outputs: { y: 0 },
    }),
    reorders({ ...wide, name: 'reorders its features with those of x', inputs: { x: 2 }, outputs: { y: 1 } }),
    isAdditive({ ...simple, name: 'is additive', input: 'x' }),
    isHomogeneous({ ...simple, name: 'scales with x', inputs: ['x'], degree: 1 }),
    law({
      ...wide,
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
      ...wide,
      name: 'takes every step where no lengths are given',
      check: async ({ call: { inputs }, subject }) => {
        const [T, N] = inputs.x.shape
        const without = await subject.forward({ x: inputs.x }, {})
        const { y } = await subject.forward({ x: inputs.x, lengths: tensorOf([N], () => T) }, {})
        return compare('y for full lengths', y, without.y)
      },
    }),
    law({
      ...wide,
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
      ...wide,
      name: 'does not depend on the order of the steps',
      check: async ({ call: { inputs }, subject }, random) => {
        const plain = await subject.forward({ x: inputs.x }, {})
        const order = random.permutation(inputs.x.shape[0])
        const { y } = await subject.forward({ x: taken(inputs.x, 0, order) }, {})
        return compare('y of reordered steps', y, plain.y)
      },
    }),
    law({
      ...wide,
      name: 'is the first step for a length of one',
      check: async ({ call: { inputs }, subject }) => {
        const [, N, H] = inputs.x.shape
        const { y } = await subject.forward({ x: inputs.x, lengths: tensorOf([N], () => 1) }, {})
        return compare('y', y, reshaped(takenFrom(known(inputs.x), 0, [0]), [N, H]))
      },
    }),
    obeysEuler({ ...wide, name: "obeys Euler's identity", input: 'x', output: 'y', degree: 1 }),
    law({
      ...wide,
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

import fc from 'fast-check'
import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import { blank, constant, exact, gather, joined, repeated, reshaped } from './approximation.js'
import { completeCalls, type OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { choices, choose, fill, fillings, sizes } from './data.js'
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
} from './relations.js'
import { namedBy } from './shapes.js'

const idShapes = fc.oneof(
  { withCrossShrink: true },
  { weight: 29, arbitrary: fc.array(sizes(4), { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constant([1040]) },
)

function flat(x: Tensor): Tensor {
  return tensor([x.size], rowMajor(x).slice())
}

const oneHotModel: Model = {
  shapes: ({ ids }, { classes }) => ({ y: [...ids.shape, Number(classes)] }),
  forward: (_, { ids }, { classes }) => {
    const length = Number(classes)
    const y = blank([...ids.shape, length])
    for (let i = 0; i < y.value.length; i++) y.value[i] = rowMajor(ids)[Math.floor(i / length)] === i % length ? 1 : 0
    return { y }
  },
}

const oneHotCalls = completeCalls('oneHot', oneHotModel, () =>
  fc
    .record({ shape: idShapes, classes: sizes(6), ids: choices })
    .map(({ shape, classes, ids }) => ({ inputs: { ids: choose(shape, ids, classes) }, attributes: { classes } })),
)
const hot = { operator: 'oneHot', calls: oneHotCalls('simple') }

export const oneHot: OperatorProperties = {
  operator: 'oneHot',
  model: oneHotModel,
  calls: oneHotCalls,
  laws: [
    law({
      ...hot,
      name: 'has rows that sum to one',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const sums = ledger.sum((await subject.forward(inputs, attributes)).y)
        return compare('Σ y', sums, constant(sums.shape, 1))
      },
    }),
    law({
      ...hot,
      name: 'gives back the id as the product with 0, 1, 2, …',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward(inputs, attributes)
        const length = Number(attributes.classes)
        const numbers = repeated(known(tensorOf([length], (i) => i)), y.shape)
        return compare('Σ c·y_c', ledger.sum(ledger.multiply(y, numbers)), known(inputs.ids))
      },
    }),
    law({
      ...hot,
      name: 'holds only 0 and 1',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward(inputs, attributes)
        return compare('y², against y,', { ...y, value: y.value.map((value) => value * value) }, y)
      },
    }),
    law({
      ...hot,
      name: 'gains a column of zeros with a class',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward(inputs, attributes)
        const more = await subject.forward(inputs, { classes: Number(attributes.classes) + 1 })
        return compare('y with a class more', more.y, joined([y, constant([...inputs.ids.shape, 1], 0)]))
      },
    }),
    law({
      ...hot,
      name: 'encodes every id alone',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const at = random.integer(0, inputs.ids.size - 1)
        const length = Number(attributes.classes)
        const { y } = await subject.forward(inputs, attributes)
        const alone = await subject.forward({ ids: tensor([], [rowMajor(inputs.ids)[at]]) }, attributes)
        return compare(
          `id ${at} by itself: y`,
          alone.y,
          gather(
            y,
            [length],
            Array.from({ length }, (_, i) => at * length + i),
          ),
        )
      },
    }),
    law({
      ...hot,
      name: 'is the identity matrix for the ids in order',
      check: async ({ call: { attributes }, subject }) => {
        const length = Number(attributes.classes)
        const { y } = await subject.forward({ ids: tensorOf([length], (i) => i) }, attributes)
        return compare('y', y, known(tensorOf([length, length], (i) => (i % (length + 1) === 0 ? 1 : 0))))
      },
    }),
  ],
}

const embeddingModel: Model = {
  shapes: ({ ids, table }) => ({ y: [...ids.shape, table.shape[1]] }),
  forward: (_, { ids, table }) => {
    const y = takenFrom(exact(table), 0, Array.from(rowMajor(ids)))
    return { y: reshaped(y, [...ids.shape, table.shape[1]]) }
  },
  /** Every entry of the table gathers the gradients of the places that it was copied to. */
  backward: (arithmetic, { ids, table }, _, { y }) => {
    const D = table.shape[1]
    const origin = Array.from({ length: y.size }, (_unused, i) => rowMajor(ids)[Math.floor(i / D)] * D + (i % D))
    const { shape, index } = namedBy(origin, table.size)
    return { table: reshaped(arithmetic.sum(gather(exact(y), shape, index)), table.shape) }
  },
}

const embeddingCalls = completeCalls('embedding', embeddingModel, (kind, profile) =>
  fc
    .record({ shape: idShapes, V: sizes(5), D: sizes(4), ids: choices, table: fillings(kind, profile) })
    .map(({ shape, V, D, ids, table }) => ({
      inputs: { ids: choose(shape, ids, V), table: fill([V, D], table, profile) },
      attributes: {},
    })),
)
const simple = { operator: 'embedding', calls: embeddingCalls('simple') }
const wide = { operator: 'embedding', calls: embeddingCalls('wide') }

export const embedding: OperatorProperties = {
  operator: 'embedding',
  model: embeddingModel,
  calls: embeddingCalls,
  smooth: embeddingCalls('smooth'),
  laws: [
    isAdditive({ ...simple, name: 'is additive in the table', input: 'table' }),
    isHomogeneous({ ...simple, name: 'scales with the table', inputs: ['table'], degree: 1 }),
    reorders({
      ...wide,
      name: 'reorders its columns with those of the table',
      inputs: { table: 1 },
      outputs: { y: -1 },
    }),
    law({
      ...wide,
      name: 'does not see where a row stands, if the ids follow it',
      check: async ({ call: { inputs }, subject }, random) => {
        const order = random.permutation(inputs.table.shape[0])
        const { y } = await subject.forward(inputs, {})
        const ids = tensorOf(inputs.ids.shape, (i) => order.indexOf(rowMajor(inputs.ids)[i]))
        const moved = await subject.forward({ ids, table: taken(inputs.table, 0, order) }, {})
        return compare('y with the rows reordered', moved.y, y)
      },
    }),
    law({
      ...wide,
      name: 'gives the table for the ids in order',
      check: async ({ call: { inputs }, subject }) => {
        const ids = tensorOf([inputs.table.shape[0]], (i) => i)
        const { y } = await subject.forward({ ids, table: inputs.table }, {})
        return compare('y', y, known(inputs.table))
      },
    }),
    law({
      ...wide,
      name: 'reorders its rows with the ids',
      check: async ({ call: { inputs }, subject }, random) => {
        const ids = flat(inputs.ids)
        const order = random.permutation(ids.size)
        const { y } = await subject.forward({ ...inputs, ids }, {})
        const moved = await subject.forward({ ...inputs, ids: taken(ids, 0, order) }, {})
        return compare('y of the reordered ids', moved.y, takenFrom(y, 0, order))
      },
    }),
    obeysEuler({ ...wide, name: "obeys Euler's identity", input: 'table', output: 'y', degree: 1 }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: 'hands the whole gradient on to the table',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const { table } = await subject.backward(inputs, {}, gradients)
        const total = (a: ReturnType<typeof known>) => ledger.sum(reshaped(a, [a.value.length]), 'common')
        return compare('Σ ∂L/∂table', total(table), total(known(gradients.y)))
      },
    }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: 'gives rows that no id names no gradient',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const named = new Set(rowMajor(inputs.ids))
        const { table } = await subject.backward(inputs, {}, gradients)
        const others = Array.from({ length: inputs.table.shape[0] }, (_, i) => i).filter((id) => !named.has(id))
        const rows = takenFrom(table, 0, others)
        return compare('∂L/∂table of rows that no id names', rows, constant(rows.shape, 0))
      },
    }),
  ],
}

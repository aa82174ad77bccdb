import fc from 'fast-check'
import { rowMajor, type Tensor } from '../oracle/tensor.js'
import { type Approximation, constant, gather, permutation, permuted } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { seeds } from './data.js'
import { staysFinite } from './functions.js'
import type { Law } from './law.js'
import { changed, refuses } from './refusals.js'
import { law, ledger, reordered, taken, takenFrom, tensorOf } from './relations.js'
import { axisLast, axisOf } from './softmaxModel.js'

export function lengthAlong(x: Tensor, attributes: Readonly<Record<string, unknown>>): number {
  const axis = axisOf(attributes)
  return x.shape[axis < 0 ? axis + x.shape.length : axis]
}

/** Sums of an answer's rows along an axis. */
export function sumsAlong(y: Approximation, axis: number): Approximation {
  return ledger.sum(permuted(y, axisLast(y.shape.length, axis).order), 'common')
}

/** Laws of softmax and of its logarithm alike. */
export function softmaxLaws(operator: 'softmax' | 'logSoftmax', calls: OperatorProperties['calls']): Law[] {
  return [
    refuses({ operator, calls }, 'an axis that x does not have', (call, random) => {
      const rank = call.inputs.x.shape.length
      return changed(call, 'axis', random.next() < 0.5 ? rank : -rank - 1)
    }),
    law({
      operator,
      calls: calls('simple'),
      name: 'is unchanged when a constant is added',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const by = random.integer(-16, 16)
        const plain = await subject.forward(inputs, attributes)
        const moved = await subject.forward(
          { x: tensorOf(inputs.x.shape, (i) => rowMajor(inputs.x)[i] + by) },
          attributes,
        )
        return compare(`with ${by} added to x, y`, moved.y, plain.y)
      },
    }),
    law({
      operator,
      calls: calls('wide'),
      name: 'reorders its entries with those of x along the axis',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const rank = inputs.x.shape.length
        const axis = (axisOf(attributes) + rank) % rank
        const order = random.permutation(inputs.x.shape[axis])
        const plain = await subject.forward(inputs, attributes)
        const moved = await subject.forward({ x: taken(inputs.x, axis, order) }, attributes)
        return compare('with entries reordered, y', moved.y, takenFrom(plain.y, axis, order))
      },
    }),
    law({
      operator,
      calls: calls('wide'),
      name: 'does the same along any axis that is put in its place',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { order, back } = axisLast(inputs.x.shape.length, axisOf(attributes))
        const plain = await subject.forward(inputs, attributes)
        const last = await subject.forward({ x: reordered(inputs.x, order) }, { axis: -1 })
        return compare('along the last axis, y', permuted(last.y, back), plain.y)
      },
    }),
    law({
      operator,
      calls: calls('wide'),
      name: 'counts an axis from the end as well as from the front',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const rank = inputs.x.shape.length
        const axis = axisOf(attributes)
        const plain = await subject.forward(inputs, attributes)
        const other = await subject.forward(inputs, { axis: axis < 0 ? axis + rank : axis - rank })
        return compare('with the axis counted from the other end, y', other.y, plain.y)
      },
    }),
    law({
      operator,
      calls: calls('wide'),
      name: 'treats each row along the axis alone',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const { order } = axisLast(inputs.x.shape.length, axisOf(attributes))
        const rows = reordered(inputs.x, order)
        const length = rows.shape[rows.shape.length - 1]
        const row = random.integer(0, rows.size / length - 1)
        const plain = await subject.forward(inputs, attributes)
        const alone = await subject.forward(
          { x: tensorOf([length], (i) => rowMajor(rows)[row * length + i]) },
          { axis: 0 },
        )
        const { index } = permutation(inputs.x.shape, order)
        return compare(
          'a row by itself: y',
          alone.y,
          gather(plain.y, [length], index.subarray(row * length, (row + 1) * length)),
        )
      },
    }),
    law({
      operator,
      calls: calls('wide'),
      name: 'is larger where x is larger',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { order } = axisLast(inputs.x.shape.length, axisOf(attributes))
        const rows = rowMajor(reordered(inputs.x, order))
        const y = permuted((await subject.forward(inputs, attributes)).y, order)
        const length = y.shape[y.shape.length - 1]
        // The next smaller entry of the same row, or the entry itself.
        const smaller = Array.from(rows, (value, i) => {
          let best = i
          for (let j = Math.floor(i / length) * length; j < Math.floor(i / length + 1) * length; j++)
            if (rows[j] < value && (best === i || rows[j] > rows[best])) best = j
          return best
        })
        const below = gather(y, y.shape, smaller)
        return compare('y, against that of the next smaller x,', y, {
          ...below,
          value: y.value.map((value, i) => Math.max(value, below.value[i])),
        })
      },
    }),
    law({
      operator,
      calls: calls('wide'),
      kind: 'gradient',
      backward: true,
      name: 'has a gradient that sums to zero along the axis',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { x } = await subject.backward(inputs, attributes, gradients)
        const sums = sumsAlong(x, axisOf(attributes))
        return compare('Σ ∂L/∂x', sums, constant(sums.shape, 0))
      },
    }),
    largeLogits(operator),
  ]
}

/** Logits as large as the precision must cope with: 1e300, 1e4, or as large as it holds. */
function largeLogits(operator: 'softmax' | 'logSoftmax'): Law {
  return law({
    operator,
    name: 'stays finite for large logits',
    calls: (profile) =>
      fc.record({ length: fc.integer({ min: 2, max: 5 }), seed: seeds }).map(({ length, seed }) => {
        const size = profile.precision === 'float64' ? 2 ** 996 : 8192
        // A row that holds large logits, and one in which all are far below those of the other.
        const x = tensorOf([2, length], (i) => (i === 0 || (i < length && (seed >> i) & 1) ? size : -size))
        return { inputs: { x }, attributes: { axis: -1 }, given: {}, gradients: {}, seed }
      }),
    check: async ({ call: { inputs, attributes }, subject }) => staysFinite(await subject.answer(inputs, attributes)),
  })
}

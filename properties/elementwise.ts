import fc from 'fast-check'
import { reshape, rowMajor } from '../oracle/tensor.js'
import { type Approximation, constant, exact } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { completeCalls, type OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { fill, fillings, sizes } from './data.js'
import { staysFinite } from './functions.js'
import type { Law } from './law.js'
import type { Model } from './model.js'
import { actsEntryByEntry, law, taken, takenFrom, times } from './relations.js'

/** Models and calls of the functions of one number, applied to every entry. */
export function elementwise(
  operator: string,
  forward: (arithmetic: Arithmetic, x: Approximation) => Approximation,
  backward: (arithmetic: Arithmetic, x: Approximation, g: Approximation) => Approximation,
): Omit<OperatorProperties, 'laws'> {
  const model: Model = {
    shapes: ({ x }) => ({ y: x.shape }),
    forward: (arithmetic, { x }) => ({ y: forward(arithmetic, exact(x)) }),
    backward: (arithmetic, { x }, _, { y }) => ({ x: backward(arithmetic, exact(x), exact(y)) }),
  }
  const calls = completeCalls(operator, model, (kind, profile) =>
    fc
      .record({ shape: fc.array(sizes(4), { maxLength: 4 }), x: fillings(kind, profile) })
      .map(({ shape, x }) => ({ inputs: { x: fill(shape, x, profile) }, attributes: {} })),
  )
  return { operator, model, calls }
}

/** Laws of a function that is applied entry by entry, never falls, and has its value at 0. */
export function monotone(base: Omit<OperatorProperties, 'laws'>, atZero: number): Law[] {
  const { operator, calls } = base
  return [
    actsEntryByEntry({ operator, calls: calls('wide'), name: 'acts on every entry alone' }),
    law({
      operator,
      calls: calls('wide'),
      name: 'stays finite',
      check: async ({ call: { inputs, attributes }, subject }) => staysFinite(await subject.answer(inputs, attributes)),
    }),
    law({
      operator,
      calls: calls('wide'),
      name: 'never falls',
      check: async ({ call, subject }) => {
        const { x } = call.inputs
        const order = Array.from({ length: x.size }, (_, i) => i).sort((i, j) => rowMajor(x)[i] - rowMajor(x)[j])
        const { y } = await subject.forward({ x: taken(reshape(x, [x.size]), 0, order) }, {})
        const rise = y.value.map((value, i) => (i === 0 ? value : Math.max(value, y.value[i - 1])))
        const before = takenFrom(
          y,
          0,
          order.map((_, i) => Math.max(i - 1, 0)),
        )
        return compare('y of the next larger x', y, { ...before, value: rise })
      },
    }),
    law({
      operator,
      calls: calls('simple'),
      name: `is ${atZero} at 0`,
      check: async ({ call, subject }) => {
        const { y } = await subject.forward({ x: times(call.inputs.x, 0) }, {})
        return compare('y', y, constant(y.shape, atZero))
      },
    }),
  ]
}

/** The derivative is the same on both sides of 0. */
export function evenDerivative({ operator, calls }: Omit<OperatorProperties, 'laws'>): Law {
  return law({
    operator,
    calls: calls('wide'),
    kind: 'gradient',
    backward: true,
    name: 'has the same slope at x and −x',
    check: async ({ call: { inputs, gradients }, subject }) => {
      const there = await subject.backward(inputs, {}, gradients)
      const here = await subject.backward({ x: times(inputs.x, -1) }, {}, gradients)
      return compare('∂L/∂x at −x', here.x, there.x)
    },
  })
}

import { rowMajor } from '../oracle/tensor.js'
import { constant } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { elementwise, monotone } from './elementwise.js'
import { isHomogeneous, known, law, ledger, tensorOf, times } from './relations.js'

const base = elementwise(
  'relu',
  (arithmetic, x) => arithmetic.relu(x),
  (_, x, g) => ({ ...g, value: g.value.map((value, i) => (x.value[i] > 0 ? value : 0)) }),
)

const simple = { operator: 'relu', calls: base.calls('simple') }
const wide = { operator: 'relu', calls: base.calls('wide') }

/** max(0, x), entry by entry. */
export const relu: OperatorProperties = {
  ...base,
  hasKinks: true,
  laws: [
    ...monotone(base, 0),
    law({
      ...wide,
      name: 'leaves its own output unchanged',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward(inputs, {})
        const again = await subject.forward({ x: tensorOf(y.shape, (i) => y.value[i]) }, {})
        return compare('relu(relu(x))', again.y, y)
      },
    }),
    isHomogeneous({
      ...simple,
      name: 'scales with x by a positive factor',
      inputs: ['x'],
      degree: 1,
      factors: [0.5, 2, 4],
    }),
    law({
      ...wide,
      name: 'parts x into relu(x) − relu(−x)',
      check: async ({ call: { inputs }, subject }) => {
        const there = await subject.forward(inputs, {})
        const here = await subject.forward({ x: times(inputs.x, -1) }, {})
        return compare('relu(x) − relu(−x)', ledger.subtract(there.y, here.y), known(inputs.x))
      },
    }),
    law({
      ...simple,
      kind: 'gradient',
      backward: true,
      name: 'has the slope 0 at 0',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const { x } = await subject.backward({ x: times(inputs.x, 0) }, {}, gradients)
        return compare('∂L/∂x at 0', x, constant(x.shape, 0))
      },
    }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: 'shares the gradient out between x and −x',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const there = await subject.backward(inputs, {}, gradients)
        const here = await subject.backward({ x: times(inputs.x, -1) }, {}, gradients)
        const expected = {
          ...known(gradients.y),
          value: rowMajor(gradients.y).map((g, i) => (rowMajor(inputs.x)[i] === 0 ? 0 : g)),
        }
        return compare('∂L/∂x at x and at −x together', ledger.add(there.x, here.x), expected)
      },
    }),
  ],
}

import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { elementwise, evenDerivative, monotone } from './elementwise.js'
import { isHomogeneous, known, law, ledger, times, within } from './relations.js'

const base = elementwise(
  'tanh',
  (arithmetic, x) => arithmetic.tanh(x),
  /** g·(1 − tanh²) */
  (arithmetic, x, g) =>
    arithmetic.multiply(g, arithmetic.shift(arithmetic.negate(arithmetic.square(arithmetic.tanh(x))), 1)),
)

const simple = { operator: 'tanh', calls: base.calls('simple') }
const wide = { operator: 'tanh', calls: base.calls('wide') }

/** (e^x − e^−x)/(e^x + e^−x), entry by entry. */
export const tanh: OperatorProperties = {
  ...base,
  smooth: base.calls('smooth'),
  laws: [
    ...monotone(base, 0),
    evenDerivative(base),
    isHomogeneous({
      ...wide,
      name: 'changes its sign with x',
      inputs: ['x'],
      degree: 1,
      factors: [-1],
    }),
    law({
      ...wide,
      name: 'lies between −1 and 1',
      check: async ({ call: { inputs }, subject }) => within('y', (await subject.forward(inputs, {})).y, -1, 1),
    }),
    law({
      ...simple,
      name: 'obeys the formula for the doubled argument',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward(inputs, {})
        const { y: twice } = await subject.forward({ x: times(inputs.x, 2) }, {})
        return compare('tanh(2x)', twice, ledger.divide(ledger.scale(y, 2), ledger.shift(ledger.square(y), 1)))
      },
    }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: 'has the slope 1 − tanh²(x)',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const { y } = await subject.forward(inputs, {})
        const { x } = await subject.backward(inputs, {}, gradients)
        const slope = ledger.shift(ledger.negate(ledger.square(y)), 1)
        return compare('∂L/∂x', x, ledger.multiply(known(gradients.y), slope))
      },
    }),
  ],
}

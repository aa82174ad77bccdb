import { type Approximation, constant } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { elementwise, evenDerivative, monotone } from './elementwise.js'
import { known, law, ledger, times, within } from './relations.js'

/**
 * 1/(1 + e^−x) from the side that does not overflow; the forms (1 + tanh(x/2))/2 and 1 − σ(−x) have errors of some roundings
 * of 1, not of σ.
 */
export function sigmoidOf(arithmetic: Arithmetic, x: Approximation): Approximation {
  const size = { ...x, value: x.value.map((value) => -Math.abs(value)) }
  const e = arithmetic.exp(size)
  const denominator = arithmetic.shift(e, 1)
  const numerator = { ...e, value: e.value.map((value, i) => (x.value[i] < 0 ? value : 1)) }
  const error = 2 * arithmetic.profile.unitRoundoff
  return arithmetic.widen(arithmetic.divide(numerator, denominator), () => error)
}

const base = elementwise(
  'sigmoid',
  sigmoidOf,
  /** g·σ·(1 − σ) */
  (arithmetic, x, g) => {
    const y = sigmoidOf(arithmetic, x)
    return arithmetic.multiply(g, arithmetic.multiply(y, arithmetic.shift(arithmetic.negate(y), 1)))
  },
)

const simple = { operator: 'sigmoid', calls: base.calls('simple') }
const wide = { operator: 'sigmoid', calls: base.calls('wide') }

/** 1/(1 + e^−x), entry by entry. */
export const sigmoid: OperatorProperties = {
  ...base,
  smooth: base.calls('smooth'),
  laws: [
    ...monotone(base, 0.5),
    evenDerivative(base),
    law({
      ...wide,
      name: 'adds up to one with its value at −x',
      check: async ({ call: { inputs }, subject }) => {
        const there = await subject.forward(inputs, {})
        const here = await subject.forward({ x: times(inputs.x, -1) }, {})
        return compare('σ(x) + σ(−x)', ledger.add(there.y, here.y), constant(there.y.shape, 1))
      },
    }),
    law({
      ...wide,
      name: 'lies between 0 and 1',
      check: async ({ call: { inputs }, subject }) => within('y', (await subject.forward(inputs, {})).y, 0, 1),
    }),
    law({
      ...simple,
      name: 'squares its odds when x is doubled',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward(inputs, {})
        const { y: twice } = await subject.forward({ x: times(inputs.x, 2) }, {})
        const yes = ledger.square(y)
        const no = ledger.square(ledger.shift(ledger.negate(y), 1))
        return compare('σ(2x)', twice, ledger.divide(yes, ledger.add(yes, no)))
      },
    }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: 'has the slope σ(x)·(1 − σ(x))',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const { y } = await subject.forward(inputs, {})
        const { x } = await subject.backward(inputs, {}, gradients)
        const slope = ledger.multiply(y, ledger.shift(ledger.negate(y), 1))
        return compare('∂L/∂x', x, ledger.multiply(known(gradients.y), slope))
      },
    }),
  ],
}

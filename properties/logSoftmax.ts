import { rowMajor } from '../oracle/tensor.js'
import { type Approximation, constant, gather, permuted } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { known, law, ledger, tensorOf, within } from './relations.js'
import { lengthAlong, softmaxLaws, sumsAlong } from './softmaxLaws.js'
import { axisCalls, axisLast, axisOf, logSoftmaxModel } from './softmaxModel.js'

const calls = axisCalls('logSoftmax', logSoftmaxModel)

const wide = { operator: 'logSoftmax', calls: calls('wide') }

/** xᵢ − log Σⱼ e^xⱼ along an axis. */
export const logSoftmax: OperatorProperties = {
  operator: 'logSoftmax',
  model: logSoftmaxModel,
  calls,
  smooth: calls('smooth'),
  laws: [
    ...softmaxLaws('logSoftmax', calls),
    law({
      ...wide,
      name: 'has exponentials that sum to one',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const sums = sumsAlong(ledger.exp((await subject.forward(inputs, attributes)).y), axisOf(attributes))
        return compare('Σ e^y', sums, constant(sums.shape, 1))
      },
    }),
    law({
      ...wide,
      name: 'is at most 0',
      check: async ({ call: { inputs, attributes }, subject }) =>
        within('y', (await subject.forward(inputs, attributes)).y, Number.NEGATIVE_INFINITY, 0),
    }),
    law({
      ...wide,
      name: 'gives equal entries −log of their number',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const first = rowMajor(inputs.x)[0]
        const { y } = await subject.forward({ x: tensorOf(inputs.x.shape, () => first) }, attributes)
        const expected = ledger.negate(ledger.log(constant(y.shape, lengthAlong(inputs.x, attributes))))
        return compare('y of equal entries', y, expected)
      },
    }),
    law({
      ...wide,
      name: 'keeps the differences between the entries of x',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { order } = axisLast(inputs.x.shape.length, axisOf(attributes))
        const { y } = await subject.forward(inputs, attributes)
        const length = lengthAlong(inputs.x, attributes)
        const differences = (a: Approximation) => {
          const rows = permuted(a, order)
          const first = gather(
            rows,
            rows.shape,
            Array.from(rows.value, (_, i) => i - (i % length)),
          )
          return ledger.subtract(rows, first)
        }
        return compare('y − y₀', differences(y), differences(known(inputs.x)))
      },
    }),
  ],
}

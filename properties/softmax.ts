import { rowMajor } from '../oracle/tensor.js'
import { type Approximation, constant, gather } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare, type Verdict } from './comparison.js'
import { law, ledger, plus, reordered, takenFrom, tensorOf, within } from './relations.js'
import { lengthAlong, softmaxLaws, sumsAlong } from './softmaxLaws.js'
import { axisCalls, axisLast, axisOf, softmaxModel } from './softmaxModel.js'

const calls = axisCalls('softmax', softmaxModel)

const simple = { operator: 'softmax', calls: calls('simple') }
const wide = { operator: 'softmax', calls: calls('wide') }

/** e^xᵢ/Σⱼ e^xⱼ along an axis. */
export const softmax: OperatorProperties = {
  operator: 'softmax',
  model: softmaxModel,
  calls,
  smooth: calls('smooth'),
  laws: [
    ...softmaxLaws('softmax', calls),
    law({
      ...wide,
      name: 'has entries that sum to one',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const sums = sumsAlong((await subject.forward(inputs, attributes)).y, axisOf(attributes))
        return compare('Σ y', sums, constant(sums.shape, 1))
      },
    }),
    law({
      ...wide,
      name: 'lies between 0 and 1',
      check: async ({ call: { inputs, attributes }, subject }) =>
        within('y', (await subject.forward(inputs, attributes)).y, 0, 1),
    }),
    law({
      ...wide,
      name: 'gives equal entries equal shares',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const first = rowMajor(inputs.x)[0]
        const { y } = await subject.forward({ x: tensorOf(inputs.x.shape, () => first) }, attributes)
        return compare('y of equal entries', y, constant(y.shape, 1 / lengthAlong(inputs.x, attributes)))
      },
    }),
    law({
      ...simple,
      name: 'multiplies shares by e^c where c is added to one entry',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const { x } = inputs
        const { order } = axisLast(x.shape.length, axisOf(attributes))
        const rows = reordered(x, order)
        const length = rows.shape[rows.shape.length - 1]
        const first = tensorOf([length], (i) => rowMajor(rows)[i])
        const by = random.integer(1, 3)
        const raised = plus(
          first,
          tensorOf([length], (i) => (i === 0 ? by : 0)),
        )
        const { y: before } = await subject.forward({ x: first }, { axis: 0 })
        const { y: after } = await subject.forward({ x: raised }, { axis: 0 })
        return oddsRatio(before, after, length, Math.exp(by))
      },
    }),
  ],
}

/** y₀′/y′ᵢ = factor·y₀/yᵢ, without the quotients. */
function oddsRatio(before: Approximation, after: Approximation, length: number, factor: number): Verdict {
  const zeroth = (a: Approximation) => gather(a, [length], new Int32Array(length))
  const left = ledger.multiply(zeroth(after), before)
  const right = ledger.scale(ledger.multiply(zeroth(before), after), factor)
  const others = Array.from({ length: length - 1 }, (_, i) => i + 1)
  return compare('y′₀·yᵢ against e^c·y₀·y′ᵢ: entry', takenFrom(left, 0, others), takenFrom(right, 0, others))
}

import fc from 'fast-check'
import { reshape, rowMajor, tensor } from '../oracle/tensor.js'
import { constant, exact, repeated, reshaped } from './approximation.js'
import { chosen, completeCalls, type OperatorProperties, perhaps } from './calls.js'
import { compare } from './comparison.js'
import { fill, fillings, sizes } from './data.js'
import type { Call } from './law.js'
import { isNeverNegative, numbers } from './losses.js'
import type { Model } from './model.js'
import { isHomogeneous, law, ledger, obeysEuler, taken, times, wholeNumbers } from './relations.js'

const model: Model = {
  shapes: () => ({ loss: [] }),
  /** λ·Σ|w| or λ·Σw² */
  forward: (arithmetic, { weight }, { norm, lambda }) => {
    const w = reshaped(exact(weight), [weight.size])
    const items = norm === 1 ? { ...w, value: w.value.map(Math.abs) } : arithmetic.square(w)
    const sum = arithmetic.sum(items)
    const u = arithmetic.profile.unitRoundoff
    return { loss: arithmetic.widen(arithmetic.scale(sum, Number(lambda)), () => u * Number(lambda) * sum.value[0]) }
  },
  backward: (arithmetic, { weight }, { norm, lambda }, { loss }) => {
    const w = exact(weight)
    const slope = norm === 1 ? { ...w, value: w.value.map(Math.sign) } : arithmetic.scale(w, 2)
    const product = arithmetic.multiply(repeated(exact(loss), weight.shape), arithmetic.scale(slope, Number(lambda)))
    // The three factors may be multiplied in any order, and the product of any two may underflow.
    const { underflow } = arithmetic.profile
    return { weight: arithmetic.widen(product, (i) => underflow * (Math.abs(slope.value[i]) + Number(lambda))) }
  },
}

const calls = completeCalls(
  'weightPenalty',
  model,
  (kind, profile) =>
    fc
      .record({
        shape: fc.oneof(
          { withCrossShrink: true },
          { weight: 39, arbitrary: fc.array(sizes(4), { maxLength: 3 }) },
          { weight: kind === 'wide' ? 1 : 0, arbitrary: fc.constant([1050]) },
        ),
        weight: fillings(kind, profile, { multiplied: true, most: 1e7 }),
        norm: perhaps(fc.constantFrom(1, 2)),
        lambda: numbers(profile, 1, 2, 0.01, 0),
      })
      .map(({ shape, weight, norm, lambda }) => ({
        inputs: { weight: fill(shape, weight, profile) },
        attributes: chosen({ norm, lambda }),
      })),
  { multiplied: true, most: 1e7 },
)

const simple = { operator: 'weightPenalty', calls: calls('simple') }
const wide = { operator: 'weightPenalty', calls: calls('wide') }

function squaredNorm(call: Call): Call {
  return { ...call, attributes: { ...call.attributes, norm: 2 } }
}

export const weightPenalty: OperatorProperties = {
  operator: 'weightPenalty',
  model,
  calls,
  smooth: (profile) => calls('smooth')(profile).map(squaredNorm),
  hasKinks: true,
  laws: [
    isNeverNegative('weightPenalty', calls, true),
    isHomogeneous({
      ...wide,
      name: 'does not see the sign of the weights',
      inputs: ['weight'],
      degree: 0,
      factors: [-1],
    }),
    law({
      ...simple,
      name: 'scales with the norm’s power of the weights',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward(inputs, attributes)
        const twice = await subject.forward({ weight: times(inputs.weight, 2) }, attributes)
        return compare('loss of weights twice as large', twice.loss, ledger.scale(loss, attributes.norm === 1 ? 2 : 4))
      },
    }),
    law({
      ...simple,
      name: 'is proportional to lambda',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const at = async (lambda: number) => (await subject.forward(inputs, { ...attributes, lambda })).loss
        const [none, one, four] = [await at(0), await at(1), await at(4)]
        return [
          compare('loss for lambda 0', none, constant([], 0)),
          compare('loss for lambda 4, against four times that for 1,', four, ledger.scale(one, 4)),
        ]
      },
    }),
    law({
      ...simple,
      name: 'adds up over parts of the weights',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const weight = reshape(inputs.weight, [inputs.weight.size])
        const more = wholeNumbers([random.integer(1, 4)], random)
        const both = tensor([weight.size + more.size], [...rowMajor(weight), ...rowMajor(more)])
        const at = async (w: typeof weight) => (await subject.forward({ weight: w }, attributes)).loss
        return compare('loss of two parts together', await at(both), ledger.add(await at(weight), await at(more)))
      },
    }),
    law({
      ...wide,
      name: 'does not depend on shape or order of the weights',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const { size } = inputs.weight
        const weight = taken(reshape(inputs.weight, [size]), 0, random.permutation(size))
        const { loss } = await subject.forward(inputs, attributes)
        return compare(
          'loss of the weights in another order',
          (await subject.forward({ weight }, attributes)).loss,
          loss,
        )
      },
    }),
    law({
      ...simple,
      kind: 'gradient',
      backward: true,
      name: 'has no slope at 0',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { weight } = await subject.backward({ weight: times(inputs.weight, 0) }, attributes, gradients)
        return compare('∂L/∂weight at 0', weight, constant(weight.shape, 0))
      },
    }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: "obeys Euler's identity",
      check: async (trial, _) => {
        const degree = trial.call.attributes.norm === 1 ? 1 : 2
        return obeysEuler({ ...wide, name: '', input: 'weight', output: 'loss', degree }).check(trial)
      },
    }),
  ],
}

import fc from 'fast-check'
import { rowMajor } from '../oracle/tensor.js'
import { constant, exact } from './approximation.js'
import { chosen, completeCalls, type OperatorProperties, perhaps } from './calls.js'
import { compare } from './comparison.js'
import { fill, fillings, sizes } from './data.js'
import { isNeverNegative, numbers, ofItems, reduced, reduces, reductions } from './losses.js'
import type { Model } from './model.js'
import { isHomogeneous, law, ledger, tensorOf } from './relations.js'

const model: Model = {
  shapes: ({ prediction }, { reduction }) => ({ loss: reduction === 'none' ? prediction.shape : [] }),
  forward: (arithmetic, { prediction, target }, { factor, reduction }) => {
    const items = arithmetic.square(arithmetic.subtract(exact(prediction), exact(target)))
    return { loss: reduced(arithmetic, arithmetic.scale(items, Number(factor)), reduction) }
  },
  backward: (arithmetic, { prediction, target }, { factor, reduction }, { loss }) => {
    const g = ofItems(arithmetic, exact(loss), prediction.shape, reduction)
    const error = arithmetic.subtract(exact(prediction), exact(target))
    const slope = arithmetic.scale(arithmetic.scale(arithmetic.multiply(g, error), Number(factor)), 2)
    return { prediction: slope, target: arithmetic.negate(slope) }
  },
}

const calls = completeCalls(
  'squaredError',
  model,
  (kind, profile) =>
    fc
      .record({
        shape: fc.array(sizes(4), { maxLength: 3 }),
        prediction: fillings(kind, profile, { multiplied: true, most: 1e7 }),
        target: fillings(kind, profile, { multiplied: true, most: 1e7 }),
        factor: perhaps(numbers(profile, 1, 0.5, 2, 0.1, 0)),
        reduction: perhaps(fc.constantFrom(...reductions)),
      })
      .map(({ shape, prediction, target, factor, reduction }) => ({
        inputs: { prediction: fill(shape, prediction, profile), target: fill(shape, target, profile) },
        attributes: chosen<number | string>({ factor, reduction }),
      })),
  { multiplied: true, most: 1e7 },
)

const simple = { operator: 'squaredError', calls: calls('simple') }
const wide = { operator: 'squaredError', calls: calls('wide') }

export const squaredError: OperatorProperties = {
  operator: 'squaredError',
  model,
  calls,
  smooth: calls('smooth'),
  laws: [
    reduces('squaredError', calls),
    isNeverNegative('squaredError', calls, true),
    law({
      ...wide,
      name: 'is the same when prediction and target are exchanged',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward(inputs, attributes)
        const other = await subject.forward({ prediction: inputs.target, target: inputs.prediction }, attributes)
        return compare('loss after the exchange', other.loss, loss)
      },
    }),
    law({
      ...wide,
      name: 'is zero where the prediction is the target',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward({ prediction: inputs.target, target: inputs.target }, attributes)
        return compare('loss', loss, constant(loss.shape, 0))
      },
    }),
    isHomogeneous({
      ...simple,
      name: 'scales with the square of prediction and target',
      inputs: ['prediction', 'target'],
      degree: 2,
    }),
    law({
      ...simple,
      name: 'is unchanged when prediction and target move together',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const by = random.integer(-8, 8)
        const moved = (name: 'prediction' | 'target') =>
          tensorOf(inputs[name].shape, (i) => rowMajor(inputs[name])[i] + by)
        const { loss } = await subject.forward(inputs, attributes)
        const other = await subject.forward({ prediction: moved('prediction'), target: moved('target') }, attributes)
        return compare(`loss with ${by} added to both`, other.loss, loss)
      },
    }),
    law({
      ...wide,
      name: 'is proportional to its factor',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const at = async (factor: number) => (await subject.forward(inputs, { ...attributes, factor })).loss
        return compare(
          'loss for factor 4, against four times that for factor 1,',
          await at(4),
          ledger.scale(await at(1), 4),
        )
      },
    }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: 'has opposite gradients for prediction and target',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { prediction, target } = await subject.backward(inputs, attributes, gradients)
        return compare('∂L/∂target', target, ledger.negate(prediction))
      },
    }),
  ],
}

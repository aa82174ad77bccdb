import fc from 'fast-check'
import type { Attributes } from '../oracle/contract.js'
import { rowMajor, tensor } from '../oracle/tensor.js'
import { type Approximation, constant, exact, gather, reshaped, spread } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { chosen, completeCalls, type OperatorProperties, perhaps } from './calls.js'
import { compare } from './comparison.js'
import { choices, choose, fill, fillings, seeds, sizes, sumLengths } from './data.js'
import { isNeverNegative, numbers, ofItems, reduced, reduces, reductions } from './losses.js'
import type { Model } from './model.js'
import { law, ledger, taken, tensorOf, toTheBit } from './relations.js'
import { softmaxParts } from './softmaxModel.js'

/** q = (1 − ε)·[c = target] + ε/C, as one of several ways of computing it may round it. */
function targetDistribution(arithmetic: Arithmetic, target: Float64Array, C: number, epsilon: number): Approximation {
  const u = arithmetic.profile.unitRoundoff
  const q = constant([target.length, C], epsilon / C)
  for (const [n, id] of target.entries()) q.value[n * C + id] += 1 - epsilon
  return epsilon === 0 ? q : arithmetic.widen(q, (i) => 4 * u * Math.max(q.value[i], epsilon))
}

const model: Model = {
  shapes: ({ logits }, { reduction }) => ({ loss: reduction === 'none' ? [logits.shape[0]] : [] }),
  /** −Σ_c q_c·log softmax(x)_c */
  forward: (arithmetic, { logits, target }, { labelSmoothing, reduction }) => {
    const [N, C] = logits.shape
    const q = targetDistribution(arithmetic, rowMajor(target), C, Number(labelSmoothing))
    const { logSoftmax } = softmaxParts(arithmetic, exact(logits))
    const items = arithmetic.matmul(
      reshaped(q, [N, 1, C]),
      reshaped(arithmetic.negate(logSoftmax), [N, C, 1]),
      'common',
    )
    return { loss: reduced(arithmetic, reshaped(items, [N]), reduction) }
  },
  /** (softmax(x) − q)·g */
  backward: (arithmetic, { logits, target }, { labelSmoothing, reduction }, { loss }) => {
    const [N, C] = logits.shape
    const u = arithmetic.profile.unitRoundoff
    const q = targetDistribution(arithmetic, rowMajor(target), C, Number(labelSmoothing))
    const { softmax } = softmaxParts(arithmetic, exact(logits))
    const difference = arithmetic.widen(
      arithmetic.subtract(softmax, q),
      (i) => 2 * u * (softmax.value[i] + Math.abs(q.value[i])),
    )
    const g = ofItems(arithmetic, exact(loss), [N], reduction)
    return { logits: arithmetic.multiply(difference, spread(g, C)) }
  },
}

const calls = completeCalls('crossEntropy', model, (kind, profile) =>
  fc
    .record({
      N: sizes(4),
      C: sumLengths(kind, 5),
      logits: fillings(kind, profile),
      target: choices,
      labelSmoothing: perhaps(numbers(profile, 0, 0.1, 0.5, 1)),
      reduction: perhaps(fc.constantFrom(...reductions)),
    })
    .map(({ N, C, logits, target, labelSmoothing, reduction }) => ({
      inputs: { logits: fill([N, C], logits, profile), target: choose([N], target, C) },
      attributes: chosen<number | string>({ labelSmoothing, reduction }),
    })),
)

const simple = { operator: 'crossEntropy', calls: calls('simple') }
const wide = { operator: 'crossEntropy', calls: calls('wide') }

function withoutReduction(attributes: Attributes): Attributes {
  return { ...attributes, reduction: 'none' }
}

export const crossEntropy: OperatorProperties = {
  operator: 'crossEntropy',
  model,
  calls,
  smooth: calls('smooth'),
  laws: [
    reduces('crossEntropy', calls),
    isNeverNegative('crossEntropy', calls, false),
    law({
      ...simple,
      name: 'is unchanged when a constant is added to the logits',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const by = random.integer(-16, 16)
        const { loss } = await subject.forward(inputs, attributes)
        const logits = tensorOf(inputs.logits.shape, (i) => rowMajor(inputs.logits)[i] + by)
        const moved = await subject.forward({ ...inputs, logits }, attributes)
        return compare(`loss with ${by} added to the logits`, moved.loss, loss)
      },
    }),
    law({
      ...wide,
      name: 'does not depend on the order of the classes',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const order = random.permutation(inputs.logits.shape[1])
        const { loss } = await subject.forward(inputs, attributes)
        const target = tensorOf(inputs.target.shape, (n) => order.indexOf(rowMajor(inputs.target)[n]))
        const other = await subject.forward({ logits: taken(inputs.logits, 1, order), target }, attributes)
        return compare('loss with the classes reordered', other.loss, loss)
      },
    }),
    law({
      ...wide,
      name: 'treats each item of the batch alone',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const item = random.integer(0, inputs.logits.shape[0] - 1)
        const alone = { logits: taken(inputs.logits, 0, [item]), target: taken(inputs.target, 0, [item]) }
        const together = await subject.forward(inputs, withoutReduction(attributes))
        const single = await subject.forward(alone, withoutReduction(attributes))
        return compare(`item ${item} by itself: loss`, single.loss, gather(together.loss, [1], [item]))
      },
    }),
    law({
      ...wide,
      name: 'is log C for equal logits',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const first = rowMajor(inputs.logits)[0]
        const [N, C] = inputs.logits.shape
        const logits = tensorOf([N, C], () => first)
        const { loss } = await subject.forward({ ...inputs, logits }, withoutReduction(attributes))
        return compare('loss', loss, ledger.log(constant([N], C)))
      },
    }),
    law({
      ...wide,
      name: 'mixes in the uniform distribution in proportion to the label smoothing',
      check: async ({ call: { inputs }, subject }) => {
        const at = async (labelSmoothing: number) =>
          (await subject.forward(inputs, { labelSmoothing, reduction: 'none' })).loss
        const [none, half, all] = [await at(0), await at(0.5), await at(1)]
        return compare(
          'loss for label smoothing 0.5, against the mean of those for 0 and 1,',
          half,
          ledger.scale(ledger.add(none, all), 0.5),
        )
      },
    }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: 'has gradients that sum to zero over the classes',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { logits } = await subject.backward(inputs, attributes, gradients)
        const sums = ledger.sum(logits, 'common')
        return compare('Σ ∂L/∂logits', sums, constant(sums.shape, 0))
      },
    }),
    law({
      operator: 'crossEntropy',
      name: 'stays finite for large logits',
      calls: (profile) =>
        fc.record({ C: fc.integer({ min: 2, max: 5 }), seed: seeds }).map(({ C, seed }) => {
          const size = profile.precision === 'float64' ? 2 ** 996 : 8192
          const logits = tensorOf([1, C], (i) => ((seed >> i) & 1 ? size : -size))
          const attributes = { labelSmoothing: 0, reduction: 'none' }
          return { inputs: { logits, target: tensor([1], [seed % C]) }, attributes, given: {}, gradients: {}, seed }
        }),
      check: async ({ call: { inputs, attributes }, subject, model }) => {
        const { loss } = await subject.answer(inputs, attributes)
        const { loss: accuracy } = model.forward(ledger, inputs, attributes)
        const value = rowMajor(loss).slice(0, 1)
        const finite = value.map((entry) => (Number.isFinite(entry) ? entry : accuracy.value[0]))
        return compare('loss', toTheBit({ ...accuracy, value }), toTheBit({ ...accuracy, value: finite }))
      },
    }),
  ],
}

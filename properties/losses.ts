import fc from 'fast-check'
import type { Attributes } from '../oracle/contract.js'
import { reshape, rowMajor, sizeOf, tensor } from '../oracle/tensor.js'
import { softmaxParts } from './activations.js'
import { type Approximation, constant, exact, gather, repeated, reshaped, spread } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { chosen, completeCalls, type OperatorProperties, perhaps } from './calls.js'
import { compare } from './comparison.js'
import { choices, choose, fill, fillings, seeds, sizes, sumLengths } from './data.js'
import type { Call, Law } from './law.js'
import type { Model } from './model.js'
import { type Profile, representable } from './profile.js'
import {
  isHomogeneous,
  law,
  ledger,
  obeysEuler,
  taken,
  tensorOf,
  times,
  toTheBit,
  wholeNumbers,
  within,
} from './relations.js'

export const reductions = ['mean', 'sum', 'none'] as const

/** The items of a loss, summed or averaged over, or as they are. */
export function reduced(arithmetic: Arithmetic, items: Approximation, reduction: unknown): Approximation {
  if (reduction === 'none') return items
  const sum = arithmetic.sum(reshaped(items, [items.value.length]))
  return reduction === 'mean' ? arithmetic.divideBy(sum, items.value.length) : sum
}

/** The gradient of each item, from that of the loss. */
export function ofItems(
  arithmetic: Arithmetic,
  g: Approximation,
  shape: readonly number[],
  reduction: unknown,
): Approximation {
  if (reduction === 'none') return g
  const shared = repeated(g, shape)
  return reduction === 'mean' ? arithmetic.divideBy(shared, sizeOf(shape)) : shared
}

/** Laws of a loss that is reduced over its items. */
export function reduces(operator: string, calls: OperatorProperties['calls']): Law {
  return law({
    operator,
    calls: calls('wide'),
    name: 'is the sum or the mean of its items',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const at = async (reduction: string) => (await subject.forward(inputs, { ...attributes, reduction })).loss
      const [items, sum, mean] = [await at('none'), await at('sum'), await at('mean')]
      const total = ledger.sum(reshaped(items, [items.value.length]), 'common')
      return [
        compare("loss for reduction 'sum', against the sum of the items,", sum, total),
        compare(
          "loss for reduction 'mean', against the mean of the items,",
          mean,
          ledger.divideBy(total, items.value.length),
        ),
      ]
    },
  })
}

export function isNeverNegative(operator: string, calls: OperatorProperties['calls'], exactly: boolean): Law {
  return law({
    operator,
    calls: calls('wide'),
    name: 'is never negative',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const { loss } = await subject.forward(inputs, attributes)
      return within('loss', exactly ? toTheBit(loss) : loss, 0, Number.POSITIVE_INFINITY)
    },
  })
}

/** A number that the platform holds; shrinks to the first. */
export function numbers(profile: Profile, ...values: number[]): fc.Arbitrary<number> {
  return fc.constantFrom(...values.map((value) => representable(profile, value)))
}

const squaredErrorModel: Model = {
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

const squaredErrorCalls = completeCalls(
  'squaredError',
  squaredErrorModel,
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

const simpleError = { operator: 'squaredError', calls: squaredErrorCalls('simple') }
const wideError = { operator: 'squaredError', calls: squaredErrorCalls('wide') }

export const squaredError: OperatorProperties = {
  operator: 'squaredError',
  model: squaredErrorModel,
  calls: squaredErrorCalls,
  smooth: squaredErrorCalls('smooth'),
  laws: [
    reduces('squaredError', squaredErrorCalls),
    isNeverNegative('squaredError', squaredErrorCalls, true),
    law({
      ...wideError,
      name: 'is the same when prediction and target are exchanged',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward(inputs, attributes)
        const other = await subject.forward({ prediction: inputs.target, target: inputs.prediction }, attributes)
        return compare('loss after the exchange', other.loss, loss)
      },
    }),
    law({
      ...wideError,
      name: 'is zero where the prediction is the target',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward({ prediction: inputs.target, target: inputs.target }, attributes)
        return compare('loss', loss, constant(loss.shape, 0))
      },
    }),
    isHomogeneous({
      ...simpleError,
      name: 'scales with the square of prediction and target',
      inputs: ['prediction', 'target'],
      degree: 2,
    }),
    law({
      ...simpleError,
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
      ...wideError,
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
      ...wideError,
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

/** q = (1 − ε)·[c = target] + ε/C, as one of several ways of computing it may round it. */
function targetDistribution(arithmetic: Arithmetic, target: Float64Array, C: number, epsilon: number): Approximation {
  const u = arithmetic.profile.unitRoundoff
  const q = constant([target.length, C], epsilon / C)
  for (const [n, id] of target.entries()) q.value[n * C + id] += 1 - epsilon
  return epsilon === 0 ? q : arithmetic.widen(q, (i) => 4 * u * Math.max(q.value[i], epsilon))
}

const crossEntropyModel: Model = {
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

const crossEntropyCalls = completeCalls('crossEntropy', crossEntropyModel, (kind, profile) =>
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

const simpleEntropy = { operator: 'crossEntropy', calls: crossEntropyCalls('simple') }
const wideEntropy = { operator: 'crossEntropy', calls: crossEntropyCalls('wide') }

function withoutReduction(attributes: Attributes): Attributes {
  return { ...attributes, reduction: 'none' }
}

export const crossEntropy: OperatorProperties = {
  operator: 'crossEntropy',
  model: crossEntropyModel,
  calls: crossEntropyCalls,
  smooth: crossEntropyCalls('smooth'),
  laws: [
    reduces('crossEntropy', crossEntropyCalls),
    isNeverNegative('crossEntropy', crossEntropyCalls, false),
    law({
      ...simpleEntropy,
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
      ...wideEntropy,
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
      ...wideEntropy,
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
      ...wideEntropy,
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
      ...wideEntropy,
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
      ...wideEntropy,
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

const weightPenaltyModel: Model = {
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

const weightPenaltyCalls = completeCalls(
  'weightPenalty',
  weightPenaltyModel,
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

const simplePenalty = { operator: 'weightPenalty', calls: weightPenaltyCalls('simple') }
const widePenalty = { operator: 'weightPenalty', calls: weightPenaltyCalls('wide') }

function squaredNorm(call: Call): Call {
  return { ...call, attributes: { ...call.attributes, norm: 2 } }
}

export const weightPenalty: OperatorProperties = {
  operator: 'weightPenalty',
  model: weightPenaltyModel,
  calls: weightPenaltyCalls,
  smooth: (profile) => weightPenaltyCalls('smooth')(profile).map(squaredNorm),
  hasKinks: true,
  laws: [
    isNeverNegative('weightPenalty', weightPenaltyCalls, true),
    isHomogeneous({
      ...widePenalty,
      name: 'does not see the sign of the weights',
      inputs: ['weight'],
      degree: 0,
      factors: [-1],
    }),
    law({
      ...simplePenalty,
      name: 'scales with the norm’s power of the weights',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward(inputs, attributes)
        const twice = await subject.forward({ weight: times(inputs.weight, 2) }, attributes)
        return compare('loss of weights twice as large', twice.loss, ledger.scale(loss, attributes.norm === 1 ? 2 : 4))
      },
    }),
    law({
      ...simplePenalty,
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
      ...simplePenalty,
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
      ...widePenalty,
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
      ...simplePenalty,
      kind: 'gradient',
      backward: true,
      name: 'has no slope at 0',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { weight } = await subject.backward({ weight: times(inputs.weight, 0) }, attributes, gradients)
        return compare('∂L/∂weight at 0', weight, constant(weight.shape, 0))
      },
    }),
    law({
      ...widePenalty,
      kind: 'gradient',
      backward: true,
      name: "obeys Euler's identity",
      check: async (trial, _) => {
        const degree = trial.call.attributes.norm === 1 ? 1 : 2
        return obeysEuler({ ...widePenalty, name: '', input: 'weight', output: 'loss', degree }).check(trial)
      },
    }),
  ],
}

import fc from 'fast-check'
import type { Attributes } from '../oracle/contract.js'
import { map, rowMajor, type Tensor } from '../oracle/tensor.js'
import { constant, exact } from './approximation.js'
import { chosen, completeCalls, type OperatorProperties, perhaps } from './calls.js'
import { compare } from './comparison.js'
import { fill, fillings, Random, seeds, sizes } from './data.js'
import { softplus } from './functions.js'
import { isNeverNegative, ofItems, reduced, reduces, reductions } from './losses.js'
import type { Model } from './model.js'
import { type Profile, representable } from './profile.js'
import { exchanged, refuses } from './refusals.js'
import { actsEntryByEntry, known, law, ledger, tensorOf, times } from './relations.js'
import { sigmoidOf } from './sigmoid.js'

const model: Model = {
  shapes: ({ logits }, { reduction }) => ({ loss: reduction === 'none' ? logits.shape : [] }),
  /** t·softplus(−z) + (1 − t)·softplus(z), also as softplus(z) − t·z, which rounds t·z. */
  forward: (arithmetic, { logits, target }, { reduction }) => {
    const [z, t] = [exact(logits), exact(target)]
    const product = arithmetic.multiply(z, t)
    const items = arithmetic.subtract(softplus(arithmetic, z), product)
    const u = arithmetic.profile.unitRoundoff
    const size = (i: number) => Math.abs(z.value[i])
    return {
      loss: reduced(
        arithmetic,
        arithmetic.widen(items, (i) => u * size(i)),
        reduction,
      ),
    }
  },
  /** σ(z) − t */
  backward: (arithmetic, { logits, target }, { reduction }, { loss }) => {
    const g = ofItems(arithmetic, exact(loss), logits.shape, reduction)
    const u = arithmetic.profile.unitRoundoff
    const difference = arithmetic.subtract(sigmoidOf(arithmetic, exact(logits)), exact(target))
    return {
      logits: arithmetic.multiply(
        arithmetic.widen(difference, (i) => 2 * u * (Math.abs(difference.value[i]) + rowMajor(target)[i])),
        g,
      ),
    }
  },
}

/** Probabilities: 0 and 1 only, quarters, or anything between. */
function probabilities(shape: readonly number[], digits: string, seed: number, profile: Profile): Tensor {
  const random = new Random(seed)
  return tensorOf(shape, () => {
    if (digits === 'zero and one') return random.integer(0, 1)
    return digits === 'quarters' ? random.integer(0, 4) / 4 : representable(profile, random.next())
  })
}

const calls = completeCalls('binaryCrossEntropy', model, (kind, profile) =>
  fc
    .record({
      shape: fc.array(sizes(4), { maxLength: 3 }),
      logits: fillings(kind, profile),
      digits: fc.constantFrom('zero and one', 'quarters', ...(kind === 'simple' ? [] : ['any'])),
      seed: seeds,
      reduction: perhaps(fc.constantFrom(...reductions)),
    })
    .map(({ shape, logits, digits, seed, reduction }) => ({
      inputs: { logits: fill(shape, logits, profile), target: probabilities(shape, digits, seed, profile) },
      attributes: chosen({ reduction }),
    })),
)

const simple = { operator: 'binaryCrossEntropy', calls: calls('simple') }
const wide = { operator: 'binaryCrossEntropy', calls: calls('wide') }

function unreduced(attributes: Attributes): Attributes {
  return { ...attributes, reduction: 'none' }
}

/** The target that says the opposite, 1 − t. */
function opposite(target: Tensor): Tensor {
  return map(target, (t) => 1 - t)
}

/** −t·log σ(z) − (1 − t)·log(1 − σ(z)). (Deep Learning, MIT Press 2016, section 6.2.2.2) */
export const binaryCrossEntropy: OperatorProperties = {
  operator: 'binaryCrossEntropy',
  model,
  calls,
  smooth: calls('smooth'),
  laws: [
    reduces('binaryCrossEntropy', calls),
    refuses({ operator: 'binaryCrossEntropy', calls }, 'a target below 0 or above 1', (call, random) => {
      const { target } = call.inputs
      const at = random.integer(0, target.size - 1)
      const bad = random.next() < 0.5 ? -0.25 : 1.25
      const spoilt = tensorOf(target.shape, (i) => (i === at ? bad : rowMajor(target)[i]))
      return exchanged(call, 'target', spoilt, `${bad} in target`)
    }),
    isNeverNegative('binaryCrossEntropy', calls, false),
    law({
      ...wide,
      name: 'acts on every entry alone',
      check: async (trial, random) => {
        const { call } = trial
        const attributes = unreduced(call.attributes)
        const each = actsEntryByEntry({ ...wide, name: 'acts on every entry alone' })
        return each.check({ ...trial, call: { ...call, attributes, seed: random.integer(0, 2 ** 30) } })
      },
    }),
    law({
      ...simple,
      name: 'is the same for −z and 1 − t',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward(inputs, attributes)
        const mirrored = { logits: times(inputs.logits, -1), target: opposite(inputs.target) }
        return compare('loss for −z and 1 − t', (await subject.forward(mirrored, attributes)).loss, loss)
      },
    }),
    law({
      ...simple,
      name: 'is log 2 at 0, whatever the target',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const even = { ...inputs, logits: times(inputs.logits, 0) }
        const { loss } = await subject.forward(even, unreduced(attributes))
        return compare('loss', loss, ledger.log(constant(loss.shape, 2)))
      },
    }),
    law({
      ...wide,
      name: 'grows by z from target 1 to target 0',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const at = async (t: number) =>
          (await subject.forward({ ...inputs, target: map(inputs.target, () => t) }, unreduced(attributes))).loss
        return compare('loss for 0 less that for 1', ledger.subtract(await at(0), await at(1)), known(inputs.logits))
      },
    }),
    law({
      ...wide,
      name: 'is a mean of those for target 0 and 1, weighted by the target',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const at = async (target: Tensor) => (await subject.forward({ ...inputs, target }, unreduced(attributes))).loss
        const [zero, one] = [await at(map(inputs.target, () => 0)), await at(map(inputs.target, () => 1))]
        const t = known(inputs.target)
        const rest = ledger.shift(ledger.negate(t), 1)
        return compare(
          'loss',
          await at(inputs.target),
          ledger.add(ledger.multiply(rest, zero), ledger.multiply(t, one)),
        )
      },
    }),
    law({
      operator: 'binaryCrossEntropy',
      name: 'is |z| for large logits against the wrong target, and finite',
      calls: calls('simple'),
      check: async ({ call: { inputs, attributes }, subject, profile }) => {
        const size = profile.precision === 'float64' ? 1e300 : representable(profile, 1e4)
        const target = map(inputs.logits, (z) => (z > 0 ? 0 : 1))
        const logits = map(inputs.logits, (z) => (z > 0 ? size : -size))
        const { loss } = await subject.forward({ logits, target }, unreduced(attributes))
        return compare('loss', loss, constant(loss.shape, size))
      },
    }),
    law({
      ...simple,
      kind: 'gradient',
      backward: true,
      name: 'has the slope ½ − t at 0',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const even = { ...inputs, logits: times(inputs.logits, 0) }
        const loss = tensorOf(inputs.logits.shape, (i) => rowMajor(gradients.loss)[i % gradients.loss.size])
        const { logits } = await subject.backward(even, { reduction: 'none' }, { loss })
        const slope = known(map(inputs.target, (t) => 0.5 - t))
        return compare('∂L/∂logits', logits, ledger.multiply(known(loss), slope))
      },
    }),
    law({
      ...simple,
      kind: 'gradient',
      backward: true,
      name: 'has opposite gradients for −z and 1 − t',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const there = await subject.backward(inputs, attributes, gradients)
        const mirrored = { logits: times(inputs.logits, -1), target: opposite(inputs.target) }
        const here = await subject.backward(mirrored, attributes, gradients)
        return compare('∂L/∂logits for −z and 1 − t', here.logits, ledger.negate(there.logits))
      },
    }),
  ],
}

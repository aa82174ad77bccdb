import { map, rowMajor, type Tensor } from '../oracle/tensor.js'
import { constant, gather } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { contrastive, movingAverage } from './contrastive.js'
import { staysFinite } from './functions.js'
import { isNeverNegative, reduces } from './losses.js'
import { changed, refuses } from './refusals.js'
import {
  actsEntryByEntry,
  isAdditive,
  isHomogeneous,
  known,
  law,
  ledger,
  plus,
  taken,
  tensorOf,
  times,
  toTheBit,
} from './relations.js'

const pairs = { operator: 'contrastiveLoss', calls: contrastive.calls('simple') }
const widePairs = { operator: 'contrastiveLoss', calls: contrastive.calls('wide') }

/** The same mark for every pair. */
function all(same: Tensor, mark: 0 | 1): Tensor {
  return tensorOf(same.shape, () => mark)
}

export const contrastiveLoss: OperatorProperties = {
  ...contrastive,
  laws: [
    reduces('contrastiveLoss', contrastive.calls),
    isNeverNegative('contrastiveLoss', contrastive.calls, true),
    law({
      ...widePairs,
      name: 'is the same when a and b are exchanged',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward(inputs, attributes)
        const other = await subject.forward({ ...inputs, a: inputs.b, b: inputs.a }, attributes)
        return compare('loss after the exchange', other.loss, loss)
      },
    }),
    law({
      ...pairs,
      name: 'is unchanged when both of a pair move together',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const by = random.integer(-8, 8)
        const { loss } = await subject.forward(inputs, attributes)
        const moved = { ...inputs, a: map(inputs.a, (x) => x + by), b: map(inputs.b, (x) => x + by) }
        return compare(`loss with ${by} added to both`, (await subject.forward(moved, attributes)).loss, loss)
      },
    }),
    law({
      ...pairs,
      name: 'is the squared distance for pairs that are alike',
      check: async ({ call: { inputs }, subject }) => {
        const call = { ...inputs, same: all(inputs.same, 1) }
        const { loss } = await subject.forward(call, { reduction: 'none', margin: 1 })
        return compare('loss', loss, ledger.sum(ledger.square(known(plus(inputs.a, inputs.b, -1)))))
      },
    }),
    law({
      ...widePairs,
      name: 'does not see the margin for pairs that are alike',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const call = { ...inputs, same: all(inputs.same, 1) }
        const at = async (margin: number) => (await subject.forward(call, { ...attributes, margin })).loss
        return compare('loss for margin 8, against that for 0,', await at(8), await at(0))
      },
    }),
    law({
      ...pairs,
      name: 'is the squared margin for pairs that differ and are equal',
      check: async ({ call: { inputs }, subject }) => {
        const call = { a: inputs.a, b: inputs.a, same: all(inputs.same, 0) }
        const { loss } = await subject.forward(call, { margin: 4, reduction: 'none' })
        return compare('loss', loss, constant(loss.shape, 16))
      },
    }),
    law({
      ...widePairs,
      name: 'is 0 for pairs that differ and a margin of 0',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const call = { ...inputs, same: all(inputs.same, 0) }
        const { loss } = await subject.forward(call, { ...attributes, margin: 0 })
        return compare('loss', toTheBit(loss), constant(loss.shape, 0))
      },
    }),
    law({
      ...pairs,
      name: 'scales with the square of a, b and the margin',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward(inputs, { ...attributes, margin: 2 })
        const doubled = { ...inputs, a: times(inputs.a, 2), b: times(inputs.b, 2) }
        const more = await subject.forward(doubled, { ...attributes, margin: 4 })
        return compare('loss of the doubled pairs', more.loss, ledger.scale(loss, 4))
      },
    }),
    law({
      ...pairs,
      name: 'has a distance and a shortfall that add up to the margin along one axis',
      check: async ({ call: { inputs }, subject }, random) => {
        const [N, D] = inputs.a.shape
        const distance = random.integer(0, 8)
        const at = random.integer(0, D - 1)
        const a = tensorOf([N, D], () => 0)
        const b = tensorOf([N, D], (i) => (i % D === at ? distance : 0))
        const call = { a, b, same: all(inputs.same, 0) }
        const { loss } = await subject.forward(call, { margin: 8, reduction: 'none' })
        return compare(`loss at a distance of ${distance} for a margin of 8`, loss, constant([N], (8 - distance) ** 2))
      },
    }),
    law({
      ...widePairs,
      name: 'treats every pair alone',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const unreduced = { ...attributes, reduction: 'none' }
        const n = random.integer(0, inputs.a.shape[0] - 1)
        const { loss } = await subject.forward(inputs, unreduced)
        const one = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, taken(x, 0, [n])]))
        return compare(
          `pair ${n} by itself: loss`,
          (await subject.forward(one, unreduced)).loss,
          gather(loss, [1], [n]),
        )
      },
    }),
    law({
      ...widePairs,
      kind: 'gradient',
      backward: true,
      name: 'has opposite gradients for a and b',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { a, b } = await subject.backward(inputs, attributes, gradients)
        return compare('∂L/∂b', b, ledger.negate(a))
      },
    }),
    law({
      ...pairs,
      kind: 'gradient',
      backward: true,
      name: 'has finite gradients where a is b',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const call = { ...inputs, b: inputs.a }
        const answer = await subject.answerBackward(call, { ...attributes, margin: 2 }, gradients)
        return staysFinite(answer)
      },
    }),
    law({
      ...pairs,
      kind: 'gradient',
      backward: true,
      name: 'has no gradient at or beyond the margin, and none where a is b',
      check: async ({ call: { inputs, attributes, gradients }, subject }, random) => {
        const [N, D] = inputs.a.shape
        const distance = random.integer(2, 4)
        const beyond = { a: inputs.a, b: tensorOf([N, D], (i) => rowMajor(inputs.a)[i] + (i % D === 0 ? distance : 0)) }
        const none = async (pair: { a: Tensor; b: Tensor }, what: string) => {
          const call = { ...pair, same: all(inputs.same, 0) }
          const { a } = await subject.backward(call, { ...attributes, margin: 2 }, gradients)
          return compare(`∂L/∂a ${what}`, a, constant(a.shape, 0))
        }
        return [
          await none(beyond, `at a distance of ${distance} for a margin of 2`),
          await none({ a: inputs.a, b: inputs.a }, 'where a is b'),
        ]
      },
    }),
  ],
}

const follower = { operator: 'momentumUpdate', calls: movingAverage.calls('simple') }
const wideFollower = { operator: 'momentumUpdate', calls: movingAverage.calls('wide') }

export const momentumUpdate: OperatorProperties = {
  ...movingAverage,
  laws: [
    refuses(movingAverage, 'a momentum above 1', (call) => changed(call, 'momentum', 1.5)),
    actsEntryByEntry({ ...wideFollower, name: 'acts on every entry alone' }),
    isHomogeneous({ ...follower, name: 'scales with target and online', inputs: ['target', 'online'], degree: 1 }),
    isAdditive({ ...follower, name: 'is additive in the target', input: 'target', affine: true }),
    law({
      ...wideFollower,
      name: 'keeps the target for a momentum of 1',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward(inputs, { momentum: 1 })
        return compare('y', y, known(inputs.target))
      },
    }),
    law({
      ...wideFollower,
      name: 'takes over the online parameters for a momentum of 0',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward(inputs, { momentum: 0 })
        return compare('y', y, known(inputs.online))
      },
    }),
    law({
      ...wideFollower,
      name: 'stays where target and online are equal',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward({ target: inputs.online, online: inputs.online }, attributes)
        return compare('y', y, known(inputs.online))
      },
    }),
    law({
      ...wideFollower,
      name: 'lies between target and online',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward(inputs, attributes)
        const [t, o] = [rowMajor(inputs.target), rowMajor(inputs.online)]
        const between = y.value.map((value, i) => Math.min(Math.max(value, Math.min(t[i], o[i])), Math.max(t[i], o[i])))
        return compare('y', y, { ...constant(y.shape, 0), value: between })
      },
    }),
    law({
      ...follower,
      name: 'moves by a thousandth of the difference where no momentum is given',
      check: async ({ call: { inputs }, subject }) => {
        const target = tensorOf(inputs.target.shape, () => 1000)
        const call = { target, online: times(target, 0) }
        const { y } = await subject.forward(call, { momentum: 0.999 })
        const answer = await subject.answer(call, {})
        return [
          compare('y', y, constant(y.shape, 999)),
          compare('y without a momentum', { ...y, value: rowMajor(answer.y) }, y),
        ]
      },
    }),
    law({
      ...follower,
      name: 'is three parts target and one part online for a momentum of ¾',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward(inputs, { momentum: 0.75 })
        const sum = plus(times(inputs.target, 3), inputs.online)
        return compare('y', y, ledger.scale(known(sum), 0.25))
      },
    }),
    law({
      ...follower,
      name: 'exchanges target and online for 1 − momentum',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward(inputs, { momentum: 0.75 })
        const other = await subject.forward({ target: inputs.online, online: inputs.target }, { momentum: 0.25 })
        return compare('y after the exchange', other.y, y)
      },
    }),
  ],
}

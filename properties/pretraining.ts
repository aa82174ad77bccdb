import fc from 'fast-check'
import { reshape, rowMajor, type Tensor } from '../oracle/tensor.js'
import { type Approximation, blank, constant, gather } from './approximation.js'
import { chosen, completeCalls, type OperatorProperties, perhaps } from './calls.js'
import { compare } from './comparison.js'
import { choices, choose, Random, seeds, sizes } from './data.js'
import { numbers } from './losses.js'
import type { Model } from './model.js'
import { type Profile, representable } from './profile.js'
import { changed, refuses } from './refusals.js'
import { known, law, taken, tensorOf } from './relations.js'

const model: Model = {
  shapes: ({ ids }) => ({ ids: ids.shape, chosen: ids.shape }),
  /** Exact, but for a draw that lies between a threshold and the platform's nearest number to it. */
  forward: ({ profile }, { ids, draws, actions, replacements }, { maskId, rate }) => {
    const result = { ids: blank(ids.shape), chosen: blank(ids.shape) }
    const below = (x: number, threshold: number) => x < threshold
    const unclear = (x: number, threshold: number) =>
      below(x, threshold) !== below(x, representable(profile, threshold))
    for (let i = 0; i < ids.size; i++) {
      const [draw, action] = [rowMajor(draws)[i], rowMajor(actions)[i]]
      const [id, replacement] = [rowMajor(ids)[i], rowMajor(replacements)[i]]
      const isChosen = below(draw, Number(rate))
      const changed = below(action, 0.8) ? Number(maskId) : below(action, 0.9) ? replacement : id
      result.chosen.value[i] = isChosen ? 1 : 0
      result.ids.value[i] = isChosen ? changed : id
      if (unclear(draw, Number(rate))) result.chosen.bound[i] = Number.POSITIVE_INFINITY
      if (unclear(draw, Number(rate)) || unclear(action, 0.8) || unclear(action, 0.9))
        result.ids.bound[i] = Number.POSITIVE_INFINITY
    }
    return result
  },
}

/** Draws from [0, 1), a third of them at or beside a threshold. */
function drawsAround(shape: readonly number[], thresholds: readonly number[], seed: number, profile: Profile): Tensor {
  const random = new Random(seed)
  const held = thresholds.map((threshold) => representable(profile, threshold))
  const edges = [0, ...held, ...held.map((x) => representable(profile, x * (1 + 2 * profile.unitRoundoff)))]
  return tensorOf(shape, () =>
    random.next() < 1 / 3 ? edges[random.integer(0, edges.length - 1)] : representable(profile, random.next()),
  )
}

const calls = completeCalls('maskTokens', model, (_, profile) =>
  fc
    .record({
      N: sizes(4),
      T: sizes(6),
      ids: choices,
      replacements: choices,
      seed: seeds,
      maskId: fc.constantFrom(103, 0, 5),
      rate: perhaps(numbers(profile, 0.15, 0.5, 1, 0, 0.8)),
    })
    .map(({ N, T, ids, replacements, seed, maskId, rate }) => ({
      inputs: {
        ids: choose([N, T], ids, 100),
        draws: drawsAround([N, T], [rate ?? 0.15], seed, profile),
        actions: drawsAround([N, T], [0.8, 0.9], seed + 1, profile),
        replacements: choose([N, T], replacements, 90),
      },
      attributes: chosen({ maskId, rate }),
    })),
)

const wide = { operator: 'maskTokens', calls: calls('wide') }

/** The answer where `mark` is what it is asked for, 0 elsewhere. */
function only(x: Approximation, mark: (i: number) => boolean): Approximation {
  return { ...x, value: x.value.map((value, i) => (mark(i) ? value : 0)) }
}

function sameEverywhere(shape: readonly number[], value: number): Tensor {
  return tensorOf(shape, () => value)
}

/** Masked language modelling. (BERT: Pre-training of Deep Bidirectional Transformers, 2019, section 3.1, task 1) */
export const maskTokens: OperatorProperties = {
  operator: 'maskTokens',
  model,
  calls,
  laws: [
    refuses({ operator: 'maskTokens', calls }, 'a rate above 1', (call, random) =>
      changed(call, 'rate', random.next() < 0.5 ? 15 : 1.25),
    ),
    law({
      ...wide,
      name: 'acts on every token alone',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const size = inputs.ids.size
        const order = random.permutation(size)
        const { ids, chosen: marks } = await subject.forward(inputs, attributes)
        const moved = Object.fromEntries(
          Object.entries(inputs).map(([name, x]) => [name, taken(reshape(x, [1, size]), 1, order)]),
        )
        const other = await subject.forward(moved, attributes)
        const what = `with tokens in the order ${order.join(', ')},`
        return [
          compare(`${what} ids`, other.ids, gather(ids, [1, size], order)),
          compare(`${what} chosen`, other.chosen, gather(marks, [1, size], order)),
        ]
      },
    }),
    law({
      ...wide,
      name: 'changes no token at a rate of 0',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { ids, chosen: marks } = await subject.forward(inputs, { ...attributes, rate: 0 })
        return [compare('ids', ids, known(inputs.ids)), compare('chosen', marks, constant(marks.shape, 0))]
      },
    }),
    law({
      ...wide,
      name: 'chooses every token at a rate of 1',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const draws = tensorOf(inputs.draws.shape, (i) => Math.min(rowMajor(inputs.draws)[i], 0.5))
        const { chosen: marks } = await subject.forward({ ...inputs, draws }, { ...attributes, rate: 1 })
        return compare('chosen', marks, constant(marks.shape, 1))
      },
    }),
    law({
      ...wide,
      name: 'leaves tokens that are not chosen as they are',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { ids, chosen: marks } = await subject.forward(inputs, attributes)
        const left = (i: number) => marks.value[i] === 0
        return compare('ids that are not chosen', only(ids, left), only(known(inputs.ids), left))
      },
    }),
    law({
      ...wide,
      name: 'marks tokens by 1 and 0, whatever becomes of them',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { chosen: marks } = await subject.forward(inputs, attributes)
        const other = await subject.forward(
          { ...inputs, actions: sameEverywhere(inputs.ids.shape, 0.95), replacements: inputs.ids },
          attributes,
        )
        return [
          compare('chosen², against chosen,', { ...marks, value: marks.value.map((value) => value * value) }, marks),
          compare('chosen with other actions', other.chosen, marks),
        ]
      },
    }),
    law({
      ...wide,
      name: 'does not choose a draw that is the rate itself',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const draws = sameEverywhere(inputs.ids.shape, 0.5)
        const { chosen: marks } = await subject.forward({ ...inputs, draws }, { ...attributes, rate: 0.5 })
        return compare('chosen', marks, constant(marks.shape, 0))
      },
    }),
    law({
      ...wide,
      name: 'replaces a token at an action of 0.8, and keeps it at one of 0.9',
      check: async ({ call: { inputs, attributes }, subject, profile }) => {
        const draws = sameEverywhere(inputs.ids.shape, 0)
        const at = async (action: number) => {
          const actions = sameEverywhere(inputs.ids.shape, representable(profile, action))
          return (await subject.forward({ ...inputs, draws, actions }, { ...attributes, rate: 0.5 })).ids
        }
        return [
          compare('ids at an action of 0.8', await at(0.8), known(inputs.replacements)),
          compare('ids at an action of 0.9', await at(0.9), known(inputs.ids)),
        ]
      },
    }),
    law({
      ...wide,
      name: 'masks eight tokens of ten, replaces one and keeps one, of those that are chosen',
      check: async ({ call: { attributes }, subject, profile }) => {
        // 100 draws spread evenly over [0, 1), none of them at a threshold.
        const shape = [1, 100]
        const spread = tensorOf(shape, (i) => representable(profile, (i + 0.5) / 100))
        const none = sameEverywhere(shape, 0)
        const { ids } = await subject.forward(
          { ids: sameEverywhere(shape, 7), draws: none, actions: spread, replacements: sameEverywhere(shape, 9) },
          { ...attributes, maskId: 11, rate: 0.5 },
        )
        const count = (id: number) => constant([], ids.value.filter((value) => value === id).length)
        const { chosen: marks } = await subject.forward(
          { ids: none, draws: spread, actions: none, replacements: none },
          { maskId: Number(attributes.maskId), rate: 0.25 },
        )
        const total = constant([], marks.value.filter((value) => value === 1).length)
        return [
          compare('the number of masked tokens of 100', count(11), constant([], 80)),
          compare('the number of replaced tokens of 100', count(9), constant([], 10)),
          compare('the number of kept tokens of 100', count(7), constant([], 10)),
          compare('the number of chosen tokens of 100 at a rate of 0.25', total, constant([], 25)),
        ]
      },
    }),
    law({
      ...wide,
      name: 'needs no replacement but for an action from 0.8 to 0.9',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { ids } = await subject.forward(inputs, attributes)
        const replacements = tensorOf(inputs.ids.shape, (i) => rowMajor(inputs.replacements)[i] + 1)
        const other = await subject.forward({ ...inputs, replacements }, attributes)
        const free = (i: number) => Math.abs(rowMajor(inputs.actions)[i] - 0.85) > 0.06
        return compare('ids with other replacements', only(other.ids, free), only(ids, free))
      },
    }),
  ],
}

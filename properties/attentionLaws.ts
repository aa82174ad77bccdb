import { rowMajor, sizeOf, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { type Approximation, constant, reshaped } from './approximation.js'
import { attentionBase } from './attention.js'
import { attentionGradientLaws } from './attentionGradientLaws.js'
import type { OperatorProperties } from './calls.js'
import { compare, type Verdict } from './comparison.js'
import type { Random } from './data.js'
import { staysFinite } from './functions.js'
import type { Call } from './law.js'
import type { Profile } from './profile.js'
import { changed, exchanged, refuses } from './refusals.js'
import {
  isAdditive,
  known,
  law,
  ledger,
  obeysEuler,
  plus,
  reorders,
  repeatedTensor,
  taken,
  takenFrom,
  tensorOf,
  times,
  toTheBit,
  treatsSlicesAlone,
  wholeNumbers,
  within,
} from './relations.js'

const operator = 'scaledDotProductAttention'
const { calls } = attentionBase
const simple = { operator, calls: calls('simple') }
const wide = { operator, calls: calls('wide') }

/** Σ over the last axis is 1 in every row, and every weight lies between 0 and 1. */
export function areShares(weights: Approximation): Verdict[] {
  const sums = ledger.sum(weights, 'common')
  return [compare('Σ weights', sums, constant(sums.shape, 1)), within('weights', weights, 0, 1)]
}

/** The mask that leaves every query the past and the present. */
export function pastMask(T: number): Tensor {
  return tensorOf([T, T], (i) => (i % T <= Math.floor(i / T) ? 1 : 0))
}

/** The same calls without an order of time, so that queries and keys may be put into another. */
function timeless(profile: Profile) {
  return calls('wide')(profile).map(withoutTime)
}

function withoutTime(call: Call): Call {
  return { ...call, attributes: { ...call.attributes, causal: false } }
}

/** As many keys and values as there are queries. */
export function withEqualLengths(inputs: Tensors): Tensors {
  const { mask: _, ...others } = inputs
  const axis = inputs.query.shape.length - 2
  const [T, S] = [inputs.query.shape[axis], inputs.key.shape[axis]]
  const order = Array.from({ length: T }, (_, t) => t % S)
  return { ...others, key: taken(inputs.key, axis, order), value: taken(inputs.value, axis, order) }
}

/** Keys and values of which those from `from` on are others. */
export function withOtherKeys(inputs: Tensors, from: number, random: Random): Tensors {
  const result: Record<string, Tensor> = { ...inputs }
  for (const name of ['key', 'value']) {
    const [S, columns] = inputs[name].shape.slice(-2)
    const other = wholeNumbers(inputs[name].shape, random)
    result[name] = tensorOf(
      inputs[name].shape,
      (i) => rowMajor(Math.floor(i / columns) % S < from ? inputs[name] : other)[i],
    )
  }
  return result
}

/** Entry [t,s] of a mask; 1 where there is none. */
function isAllowed({ mask }: Tensors, causal: unknown, t: number, s: number): boolean {
  return (causal !== true || s <= t) && (mask === undefined || mask.get(t, s) === 1)
}

/** One query and one key whose logit is as large as the contract asks for, that of the others as far below 0. */
function standingOut({ inputs }: Call, { precision }: Profile, random: Random) {
  const [S, M] = inputs.value.shape.slice(-2)
  const size = precision === 'float64' ? 2 ** 497 : 64
  const chosen = random.integer(0, S - 1)
  return {
    chosen,
    inputs: {
      query: tensorOf([1, 1], () => size),
      key: tensorOf([S, 1], (s) => (s === chosen ? size : -size)),
      value: tensorOf([S, M], (i) => rowMajor(inputs.value)[i]),
    },
    attributes: { scale: 1, causal: false },
  }
}

/** The rows of some queries, of every item. */
function ofQueries(a: Approximation, queries: readonly number[]): Approximation {
  return takenFrom(a, a.shape.length - 2, queries)
}

/** A tensor with rows of x in every item. */
function likeKeys(inputs: Tensors, row: readonly number[]): Tensor {
  return repeatedTensor(tensor([row.length], row), inputs.key.shape.slice(0, -1))
}

export const scaledDotProductAttention: OperatorProperties = {
  ...attentionBase,
  laws: [
    refuses({ operator, calls }, 'a mask that leaves a query no key', (call, random) => {
      const [T, S] = [call.inputs.query.shape.at(-2) ?? 1, call.inputs.key.shape.at(-2) ?? 1]
      const bare = random.integer(0, T - 1)
      const mask = tensorOf([T, S], (i) => (Math.floor(i / S) === bare ? 0 : 1))
      return exchanged(call, 'mask', mask, `a mask that leaves query ${bare} no key`)
    }),
    refuses({ operator, calls }, 'a causal mask that leaves a query only keys of its future', (call) => {
      const { mask: _, ...inputs } = withEqualLengths(call.inputs)
      const T = inputs.query.shape.at(-2) ?? 1
      if (T === 1) return undefined
      const mask = tensorOf([T, T], (i) => (i % T > Math.floor(i / T) || i >= T ? 1 : 0))
      const attributes = { ...call.attributes, causal: true }
      return { inputs: { ...inputs, mask }, attributes, what: 'query 0 left with later keys only (causal = true)' }
    }),
    refuses({ operator, calls }, 'other numbers of queries and keys where time counts', ({ inputs, ...call }) => {
      const { mask: _, ...others } = withEqualLengths(inputs)
      const axis = inputs.query.shape.length - 2
      const order = Array.from({ length: inputs.query.shape[axis] + 1 }, (_, s) => Math.max(s - 1, 0))
      const longer = { key: taken(others.key, axis, order), value: taken(others.value, axis, order) }
      return changed({ ...call, inputs: { ...others, ...longer } }, 'causal', true)
    }),
    refuses({ operator, calls }, 'leading dimensions that disagree', (call, random) => {
      const name = ['query', 'key', 'value'][random.integer(0, 2)]
      const x = call.inputs[name]
      return exchanged(call, name, tensor([2, ...x.shape], [...rowMajor(x), ...rowMajor(x)]), `${name} given twice`)
    }),
    law({
      ...wide,
      name: 'treats each item alone',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const items = sizeOf(inputs.query.shape.slice(0, -2))
        const item = random.integer(0, items - 1)
        const only = (x: Tensor) => {
          const size = x.size / items
          return tensor(x.shape.slice(-2), rowMajor(x).slice(item * size, (item + 1) * size))
        }
        const { query, key, value } = inputs
        const together = await subject.forward(inputs, attributes)
        const alone = await subject.forward(
          { ...inputs, query: only(query), key: only(key), value: only(value) },
          attributes,
        )
        return Object.entries(together).map(([name, y]) => {
          const flat = reshaped(y, [items, y.value.length / items])
          const part = reshaped(takenFrom(flat, 0, [item]), alone[name].shape)
          return compare(`item ${item} by itself: ${name}`, alone[name], part)
        })
      },
    }),
    treatsSlicesAlone({
      operator,
      calls: timeless,
      name: 'answers each query alone',
      inputs: { query: -2, mask: 0 },
      outputs: { output: -2, weights: -2 },
    }),
    reorders({
      operator,
      calls: timeless,
      name: 'does not depend on the order of keys with their values',
      inputs: { key: -2, value: -2, mask: 1 },
      outputs: { weights: -1 },
    }),
    reorders({
      ...wide,
      name: 'does not depend on the order of the features',
      inputs: { query: -1, key: -1 },
      outputs: {},
    }),
    reorders({
      ...wide,
      name: 'reorders its features with those of value',
      inputs: { value: -1 },
      outputs: { output: -1 },
    }),
    law({
      ...wide,
      name: 'has weights that are shares',
      check: async ({ call: { inputs, attributes }, subject }) =>
        areShares((await subject.forward(inputs, attributes)).weights),
    }),
    law({
      ...wide,
      name: 'answers with the values in the proportion of its weights',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { output, weights } = await subject.forward(inputs, attributes)
        return compare('output against weights·value:', output, ledger.matmul(weights, known(inputs.value)))
      },
    }),
    law({
      ...wide,
      name: 'is the mean of the values where all keys are equal',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const [S, D] = inputs.key.shape.slice(-2)
        const key = likeKeys(inputs, [...rowMajor(inputs.key).slice(0, D)])
        const { weights } = await subject.forward({ ...inputs, key }, attributes)
        const T = inputs.query.shape.at(-2) ?? 1
        const counts = Array.from(
          { length: T },
          (_, t) =>
            Array.from({ length: S }, (_, s) => s).filter((s) => isAllowed(inputs, attributes.causal, t, s)).length,
        )
        const expected = tensorOf(weights.shape, (i) => {
          const t = Math.floor(i / S) % T
          return isAllowed(inputs, attributes.causal, t, i % S) ? 1 / counts[t] : 0
        })
        return compare('weights of equal keys', weights, known(expected))
      },
    }),
    law({
      ...wide,
      name: 'does not look at keys that a query may not attend to',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const [T, S] = [inputs.query.shape.at(-2) ?? 1, inputs.key.shape.at(-2) ?? 1]
        const from = random.integer(0, S - 1)
        const blind = Array.from({ length: T }, (_, t) => t).filter((t) =>
          Array.from({ length: S - from }, (_, i) => from + i).every(
            (s) => !isAllowed(inputs, attributes.causal, t, s),
          ),
        )
        if (blind.length === 0) return []
        const plain = await subject.forward(inputs, attributes)
        const other = await subject.forward(withOtherKeys(inputs, from, random), attributes)
        return Object.entries(plain).map(([name, y]) =>
          compare(
            `with keys changed that queries ${blind.join(', ')} may not attend to, their ${name}`,
            toTheBit(ofQueries(other[name], blind)),
            toTheBit(ofQueries(y, blind)),
          ),
        )
      },
    }),
    law({
      ...wide,
      name: 'takes causal for a mask of the past',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const equal = withEqualLengths(inputs)
        const T = equal.query.shape.at(-2) ?? 1
        const causal = await subject.forward(equal, { ...attributes, causal: true })
        const masked = await subject.forward({ ...equal, mask: pastMask(T) }, { ...attributes, causal: false })
        return Object.entries(masked).map(([name, y]) => compare(`with a mask instead, ${name}`, causal[name], y))
      },
    }),
    law({
      ...wide,
      name: 'takes a mask of ones for none',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { mask: _, ...without } = inputs
        const [T, S] = [inputs.query.shape.at(-2) ?? 1, inputs.key.shape.at(-2) ?? 1]
        const none = await subject.forward(without, attributes)
        const ones = await subject.forward({ ...without, mask: tensorOf([T, S], () => 1) }, attributes)
        return Object.entries(none).map(([name, y]) => compare(`with a mask of ones, ${name}`, ones[name], y))
      },
    }),
    law({
      ...simple,
      name: 'is unchanged when the same is added to all keys',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const D = inputs.key.shape.at(-1) ?? 1
        const shift = likeKeys(inputs, [...rowMajor(wholeNumbers([D], random))])
        const plain = await subject.forward(inputs, attributes)
        const moved = await subject.forward({ ...inputs, key: plus(inputs.key, shift) }, attributes)
        return Object.entries(plain).map(([name, y]) => compare(`with all keys moved, ${name}`, moved[name], y))
      },
    }),
    law({
      ...simple,
      name: 'takes the scale for a factor of the query',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const doubled = await subject.forward({ ...inputs, query: times(inputs.query, 2) }, attributes)
        const scaled = await subject.forward(inputs, { ...attributes, scale: 2 * Number(attributes.scale) })
        return Object.entries(doubled).map(([name, y]) => compare(`with twice the scale, ${name}`, scaled[name], y))
      },
    }),
    isAdditive({ ...simple, name: 'is affine in value', input: 'value', affine: true }),
    law({
      ...simple,
      name: 'scales with value, and its weights do not',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const plain = await subject.forward(inputs, attributes)
        const twice = await subject.forward({ ...inputs, value: times(inputs.value, -2) }, attributes)
        return [
          compare('output of −2 times value', twice.output, ledger.scale(plain.output, -2)),
          compare('weights of −2 times value', twice.weights, plain.weights),
        ]
      },
    }),
    law({
      ...simple,
      name: 'stays finite for large logits',
      check: async ({ call, subject, profile }, random) => {
        const { inputs, attributes } = standingOut(call, profile, random)
        return staysFinite(await subject.answer(inputs, attributes))
      },
    }),
    law({
      ...simple,
      name: 'attends wholly to a key that stands far out',
      check: async ({ call, subject, profile }, random) => {
        const { inputs, attributes, chosen } = standingOut(call, profile, random)
        const { output, weights } = await subject.forward(inputs, attributes)
        const only = tensorOf(weights.shape, (s) => (s === chosen ? 1 : 0))
        return [
          compare('weights', weights, known(only)),
          compare('output', output, takenFrom(known(inputs.value), 0, [chosen])),
        ]
      },
    }),
    obeysEuler({
      ...wide,
      name: "obeys Euler's identity in value",
      input: 'value',
      output: 'output',
      degree: 1,
    }),
    ...attentionGradientLaws({ operator, calls: calls('wide') }),
  ],
}

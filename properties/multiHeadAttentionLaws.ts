import { rowMajor, type Tensor, type Tensors } from '../oracle/tensor.js'
import { type Approximation, constant, reshaped, transposed } from './approximation.js'
import { allowedBy, attended } from './attention.js'
import { areShares, pastMask, withEqualLengths, withOtherKeys } from './attentionLaws.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import type { Call } from './law.js'
import { multiHeadBase } from './multiHeadAttention.js'
import type { Profile } from './profile.js'
import { changed, exchanged, refuses } from './refusals.js'
import {
  inner,
  isAdditive,
  known,
  law,
  ledger,
  reorders,
  taken,
  takenFrom,
  tensorOf,
  toTheBit,
  treatsSlicesAlone,
  wholeNumbers,
  zerosSayNothing,
} from './relations.js'

const operator = 'multiHeadAttention'
const { calls } = multiHeadBase
const simple = { operator, calls: calls('simple') }
const wide = { operator, calls: calls('wide') }
const gradient = { kind: 'gradient', backward: true } as const

function withoutTime(call: Call): Call {
  return { ...call, attributes: { ...call.attributes, causal: false } }
}

const timeless = (profile: Profile) => calls('wide')(profile).map(withoutTime)

const features = ({ query }: Tensors) => [query.shape[2]]

function identity(size: number): Tensor {
  return tensorOf([size, size], (i) => (i % (size + 1) === 0 ? 1 : 0))
}

function without(inputs: Tensors, ...names: readonly string[]): Tensors {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => !names.includes(name)))
}

const biases = ['biasQuery', 'biasKey', 'biasValue', 'biasOutput'] as const

export const multiHeadAttention: OperatorProperties = {
  ...multiHeadBase,
  laws: [
    refuses({ operator, calls }, 'heads that do not divide the features', (call) =>
      changed(call, 'heads', call.inputs.query.shape[2] + 1),
    ),
    refuses({ operator, calls }, 'a mask that leaves a query no key', (call, random) => {
      const [T, S] = [call.inputs.query.shape[1], call.inputs.key.shape[1]]
      const bare = random.integer(0, T - 1)
      const mask = tensorOf([T, S], (i) => (Math.floor(i / S) === bare ? 0 : 1))
      return exchanged(call, 'mask', mask, `a mask that leaves query ${bare} no key`)
    }),
    refuses({ operator, calls }, 'other numbers of queries and keys where time counts', ({ inputs, ...call }) => {
      const others = withEqualLengths(inputs)
      const order = Array.from({ length: inputs.query.shape[1] + 1 }, (_, s) => Math.max(s - 1, 0))
      const longer = { key: taken(others.key, 1, order), value: taken(others.value, 1, order) }
      return changed({ ...call, inputs: { ...others, ...longer } }, 'causal', true)
    }),
    treatsSlicesAlone({
      ...wide,
      name: 'treats each sequence alone',
      inputs: { query: 0, key: 0, value: 0 },
      outputs: { output: 0, weights: 0 },
    }),
    treatsSlicesAlone({
      operator,
      calls: timeless,
      name: 'answers each query alone',
      inputs: { query: 1, mask: 0 },
      outputs: { output: 1, weights: 2 },
    }),
    reorders({
      operator,
      calls: timeless,
      name: 'does not depend on the order of keys with their values',
      inputs: { key: 1, value: 1, mask: 1 },
      outputs: { weights: 3 },
    }),
    reorders({
      ...wide,
      name: 'reorders its features with the rows of the last weight',
      inputs: { weightOutput: 0, biasOutput: 0 },
      outputs: { output: 2 },
    }),
    reorders({
      ...wide,
      name: 'does not depend on the order of the features of the query',
      inputs: { query: 2, weightQuery: 1 },
      outputs: {},
    }),
    ...biases.map((input) =>
      zerosSayNothing({ ...wide, name: `takes a ${input} of zeros for none`, input, shape: features }),
    ),
    law({
      ...wide,
      name: 'has weights that are shares',
      check: async ({ call: { inputs, attributes }, subject }) =>
        areShares((await subject.forward(inputs, attributes)).weights),
    }),
    law({
      ...wide,
      name: 'reorders its heads with the rows that feed them and the columns that they feed',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const heads = Number(attributes.heads)
        const width = inputs.query.shape[2] / heads
        const order = random.permutation(heads)
        const rows = order.flatMap((head) => Array.from({ length: width }, (_, i) => head * width + i))
        const moved: Record<string, Tensor> = { ...inputs }
        for (const name of ['weightQuery', 'weightKey', 'weightValue', 'biasQuery', 'biasKey', 'biasValue'])
          if (name in inputs) moved[name] = taken(inputs[name], 0, rows)
        moved.weightOutput = taken(inputs.weightOutput, 1, rows)
        const plain = await subject.forward(inputs, attributes)
        const other = await subject.forward(moved, attributes)
        return [
          compare(`output with heads in the order ${order.join(', ')}`, other.output, plain.output),
          compare('weights, reordered,', other.weights, takenFrom(plain.weights, 1, order)),
        ]
      },
    }),
    law({
      ...wide,
      name: 'is scaled dot-product attention for one head and identities as weights',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const E = inputs.query.shape[2]
        const I = identity(E)
        const given = without(inputs, ...biases)
        const answer = await subject.forward(
          { ...given, weightQuery: I, weightKey: I, weightValue: I, weightOutput: I },
          { ...attributes, heads: 1 },
        )
        const { output, weights } = attended(ledger, {
          query: known(inputs.query),
          key: known(inputs.key),
          value: known(inputs.value),
          allowed: allowedBy(inputs.mask, attributes.causal),
          scale: 1 / Math.sqrt(E),
        })
        return [
          compare('output', answer.output, output),
          compare('weights', answer.weights, reshaped(weights, answer.weights.shape)),
        ]
      },
    }),
    law({
      ...wide,
      name: 'answers in every head with the values in the proportion of its weights',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const [N, T, E] = inputs.query.shape
        const S = inputs.key.shape[1]
        const heads = Number(attributes.heads)
        const I = identity(E)
        const given = { ...without(inputs, 'biasValue', 'biasOutput'), weightValue: I, weightOutput: I }
        const { output, weights } = await subject.forward(given, attributes)
        const width = E / heads
        const value = rowMajor(inputs.value)
        const inHeads = tensorOf([N, heads, S, width], (i) => {
          const [n, h] = [Math.floor(i / (heads * S * width)), Math.floor(i / (S * width)) % heads]
          return value[(n * S + (Math.floor(i / width) % S)) * E + h * width + (i % width)]
        })
        const mixed = ledger.matmul(weights, known(inHeads))
        const columns = Array.from({ length: heads }, (_, h) => reshaped(takenFrom(mixed, 1, [h]), [N, T, width]))
        return columns.map((expected, h) => {
          const own = Array.from({ length: width }, (_, i) => h * width + i)
          return compare(`output of head ${h}`, takenFrom(output, 2, own), expected)
        })
      },
    }),
    law({
      ...simple,
      name: 'does not depend on the bias of the keys',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const plain = await subject.forward(without(inputs, 'biasKey'), attributes)
        const biasKey = wholeNumbers(features(inputs), random)
        const biased = await subject.forward({ ...inputs, biasKey }, attributes)
        return Object.entries(plain).map(([name, y]) => compare(`with a bias of the keys, ${name}`, biased[name], y))
      },
    }),
    law({
      ...simple,
      name: 'hands on the bias of the values through the last weight',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const biasValue = wholeNumbers(features(inputs), random)
        const plain = await subject.forward(without(inputs, 'biasValue'), attributes)
        const biased = await subject.forward({ ...inputs, biasValue }, attributes)
        const E = biasValue.size
        const column = ledger.matmul(known(inputs.weightOutput), reshaped(known(biasValue), [E, 1]))
        const shift = {
          ...constant(plain.output.shape, 0),
          value: plain.output.value.map((_, i) => column.value[i % E]),
        }
        return compare('output with a bias of the values', biased.output, ledger.add(plain.output, shift))
      },
    }),
    law({
      ...wide,
      name: 'takes causal for a mask of the past',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const equal = withEqualLengths(inputs)
        const mask = pastMask(equal.query.shape[1])
        const causal = await subject.forward(equal, { ...attributes, causal: true })
        const masked = await subject.forward({ ...equal, mask }, { ...attributes, causal: false })
        return Object.entries(masked).map(([name, y]) => compare(`with a mask instead, ${name}`, causal[name], y))
      },
    }),
    law({
      ...wide,
      name: 'does not look into the future where time counts',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const equal = withEqualLengths(inputs)
        const T = equal.query.shape[1]
        const from = random.integer(0, T - 1)
        const causal = { ...attributes, causal: true }
        const plain = await subject.forward(equal, causal)
        const other = await subject.forward(withOtherKeys(equal, from, random), causal)
        const earlier = Array.from({ length: from }, (_, t) => t)
        return Object.entries({ output: 1, weights: 2 }).map(([name, axis]) =>
          compare(
            `${name} before step ${from}, where keys change,`,
            toTheBit(takenFrom(other[name], axis, earlier)),
            toTheBit(takenFrom(plain[name], axis, earlier)),
          ),
        )
      },
    }),
    isAdditive({ ...simple, name: 'is affine in value', input: 'value', affine: true }),
    isAdditive({ ...simple, name: 'is affine in the last weight', input: 'weightOutput', affine: true }),
    law({
      ...wide,
      ...gradient,
      name: 'gives no gradient to the bias of the keys',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const biasKey = inputs.biasKey ?? tensorOf(features(inputs), () => 0)
        const answer = await subject.backward({ ...inputs, biasKey }, attributes, gradients)
        return compare('∂L/∂biasKey', answer.biasKey, constant(biasKey.shape, 0))
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'gives the bias of the output the whole gradient',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const biasOutput = inputs.biasOutput ?? tensorOf(features(inputs), () => 0)
        const answer = await subject.backward({ ...inputs, biasOutput }, attributes, gradients)
        const [E] = features(inputs)
        const rows = reshaped(known(gradients.output), [gradients.output.size / E, E])
        return compare('∂L/∂biasOutput', answer.biasOutput, ledger.sum(transposed(rows)))
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'has gradients of inputs and weights that agree about their products',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const answer = await subject.backward(inputs, attributes, gradients)
        const pairs = { query: 'weightQuery', key: 'weightKey', value: 'weightValue' }
        return Object.entries(pairs).map(([x, weight]) =>
          compare(
            `⟨∂L/∂${weight}, ${weight}⟩ against ⟨∂L/∂${x}, ${x}⟩:`,
            inner(answer[weight], known(inputs[weight])),
            inner(answer[x], known(inputs[x])),
          ),
        )
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: "obeys Euler's identity in the last weight",
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const given = without(inputs, 'biasOutput')
        const { output } = await subject.forward(given, attributes)
        const { weightOutput } = await subject.backward(given, attributes, gradients)
        return compare(
          '⟨∂L/∂weightOutput, weightOutput⟩',
          inner(weightOutput, known(inputs.weightOutput)),
          inner(output, known(gradients.output)),
        )
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'gives value no gradient from the weights',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const output = tensorOf(gradients.output.shape, () => 0)
        const answer = await subject.backward(inputs, attributes, { output, weights: gradients.weights })
        return ['value', 'weightValue', 'weightOutput'].map((name) =>
          compare(`∂L/∂${name}`, answer[name], zero(answer[name])),
        )
      },
    }),
  ],
}

function zero(a: Approximation): Approximation {
  return constant(a.shape, 0)
}

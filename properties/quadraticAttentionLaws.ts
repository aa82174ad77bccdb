import { rowMajor, type Tensor } from '../oracle/tensor.js'
import { constant, transposed } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { quadraticBase } from './quadraticAttention.js'
import { exchanged, refuses } from './refusals.js'
import {
  inner,
  isAdditive,
  isHomogeneous,
  known,
  law,
  ledger,
  obeysEuler,
  reorders,
  repeatedTensor,
  taken,
  tensorOf,
  treatsSlicesAlone,
} from './relations.js'

const operator = 'quadraticAttention'
const { calls } = quadraticBase
const simple = { operator, calls: calls('simple') }
const wide = { operator, calls: calls('wide') }
const gradient = { kind: 'gradient', backward: true } as const

/** Each row times a number of its own. */
function rowsTimes(x: Tensor, factors: readonly number[]): Tensor {
  const columns = x.size / x.shape[0]
  return tensorOf(x.shape, (i) => rowMajor(x)[i] * factors[Math.floor(i / columns)])
}

export const quadraticAttention: OperatorProperties = {
  ...quadraticBase,
  laws: [
    refuses({ operator, calls }, 'a query whose product with every key is 0', (call, random) => {
      const { query } = call.inputs
      const [T, D] = query.shape
      const bare = random.integer(0, T - 1)
      const spoilt = tensorOf([T, D], (i) => (Math.floor(i / D) === bare ? 0 : rowMajor(query)[i]))
      return exchanged(call, 'query', spoilt, `a query ${bare} of zeros`)
    }),
    treatsSlicesAlone({ ...wide, name: 'answers each query alone', inputs: { query: 0 }, outputs: { output: 0 } }),
    reorders({
      ...wide,
      name: 'does not depend on the order of keys with their values',
      inputs: { key: 0, value: 0 },
      outputs: {},
    }),
    reorders({
      ...wide,
      name: 'does not depend on the order of the features',
      inputs: { query: 1, key: 1 },
      outputs: {},
    }),
    reorders({
      ...wide,
      name: 'reorders its features with those of value',
      inputs: { value: 1 },
      outputs: { output: 1 },
    }),
    isAdditive({ ...simple, name: 'is additive in value', input: 'value' }),
    isHomogeneous({ ...simple, name: 'scales with value', inputs: ['value'], degree: 1 }),
    law({
      ...simple,
      name: 'does not depend on the length or the sign of a query',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const factors = Array.from({ length: inputs.query.shape[0] }, () => random.sign() * 2 ** random.integer(0, 1))
        const { output } = await subject.forward(inputs, attributes)
        const query = rowsTimes(inputs.query, factors)
        const scaled = await subject.forward({ ...inputs, query }, attributes)
        return compare(`output for queries times ${factors.join(', ')}`, scaled.output, output)
      },
    }),
    isHomogeneous({ ...simple, name: 'does not depend on the scale of the keys', inputs: ['key'], degree: 0 }),
    law({
      ...wide,
      name: 'does not depend on the sign of a key',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const signs = Array.from({ length: inputs.key.shape[0] }, () => random.sign())
        const { output } = await subject.forward(inputs, attributes)
        const turned = await subject.forward({ ...inputs, key: rowsTimes(inputs.key, signs) }, attributes)
        return compare('output for keys of other signs', turned.output, output)
      },
    }),
    law({
      ...simple,
      name: 'takes a key that is doubled for four that are not',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const S = inputs.key.shape[0]
        const chosen = random.integer(0, S - 1)
        const doubled = Array.from({ length: S }, (_, s) => (s === chosen ? 2 : 1))
        const often = [...Array.from({ length: S }, (_, s) => s), chosen, chosen, chosen]
        const one = await subject.forward({ ...inputs, key: rowsTimes(inputs.key, doubled) }, attributes)
        const repeated = { ...inputs, key: taken(inputs.key, 0, often), value: taken(inputs.value, 0, often) }
        const four = await subject.forward(repeated, attributes)
        return compare(`output with key ${chosen} four times`, four.output, one.output)
      },
    }),
    law({
      ...wide,
      name: 'is the value where all values are the same',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const M = inputs.value.shape[1]
        const value = tensorOf(inputs.value.shape, (i) => rowMajor(inputs.value)[i % M])
        const { output } = await subject.forward({ ...inputs, value }, attributes)
        const row = tensorOf([M], (i) => rowMajor(inputs.value)[i])
        return compare('output of equal values', output, known(repeatedTensor(row, [output.shape[0]])))
      },
    }),
    law({
      ...simple,
      name: 'weighs by squares of products',
      check: async ({ call: { inputs }, subject }) => {
        const S = inputs.key.shape[0]
        const key = tensorOf([S, 1], (s) => (s % 4) + 1)
        const query = tensorOf([1, 1], () => -1)
        const { output } = await subject.forward({ query, key, value: inputs.value }, {})
        const squares = Array.from(rowMajor(key), (k) => k * k)
        const total = squares.reduce((sum, square) => sum + square, 0)
        const sums = ledger.matmul(known(tensorOf([1, S], (s) => squares[s])), known(inputs.value))
        return compare('output of keys 1, 2, 3, 4, …', output, ledger.divideBy(sums, total))
      },
    }),
    obeysEuler({ ...wide, name: "obeys Euler's identity in value", input: 'value', output: 'output', degree: 1 }),
    law({
      ...wide,
      ...gradient,
      name: 'has gradients of query and key with no share along either',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { query, key } = await subject.backward(inputs, attributes, gradients)
        return [
          compare('⟨∂L/∂query, query⟩', inner(query, known(inputs.query)), constant([1, 1], 0)),
          compare('⟨∂L/∂key, key⟩', inner(key, known(inputs.key)), constant([1, 1], 0)),
        ]
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'shares out the whole gradient of its output over the values',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { value } = await subject.backward(inputs, attributes, gradients)
        const total = ledger.sum(transposed(known(gradients.output)))
        return compare('Σₛ ∂L/∂value', ledger.sum(transposed(value), 'common'), total)
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'gives no gradient to query and key where all values are the same',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const M = inputs.value.shape[1]
        const value = tensorOf(inputs.value.shape, (i) => rowMajor(inputs.value)[i % M])
        const { query, key } = await subject.backward({ ...inputs, value }, attributes, gradients)
        return [compare('∂L/∂query', query, constant(query.shape, 0)), compare('∂L/∂key', key, constant(key.shape, 0))]
      },
    }),
  ],
}

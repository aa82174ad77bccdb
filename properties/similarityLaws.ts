import type fc from 'fast-check'
import { rowMajor, type Tensor } from '../oracle/tensor.js'
import { constant, transposed } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import type { Random } from './data.js'
import { anchored, rowProducts, rowsScaled } from './functions.js'
import type { Call } from './law.js'
import type { Profile } from './profile.js'
import { exchanged, refuses } from './refusals.js'
import { known, law, ledger, reorders, taken, tensorOf, times, within } from './relations.js'
import { crossEntropyOfPairs, noiseContrastive } from './similarity.js'

const one = { operator: 'infoNce', calls: noiseContrastive.calls('simple') }
const wideOne = { operator: 'infoNce', calls: noiseContrastive.calls('wide') }

/** Calls whose rows all have a direction. */
function directed(calls: OperatorProperties['calls']) {
  return (profile: Profile): fc.Arbitrary<Call> =>
    calls('simple')(profile).map((call) => ({
      ...call,
      inputs: Object.fromEntries(Object.entries(call.inputs).map(([name, x]) => [name, anchored(x, profile)])),
    }))
}

/** The rows with some columns turned to the opposite sign: a rotation or reflection that every platform computes exactly. */
function reflected(x: Tensor, signs: readonly number[]): Tensor {
  return tensorOf(x.shape, (i) => rowMajor(x)[i] * signs[i % signs.length])
}

function signsFor(x: Tensor, random: Random): number[] {
  return Array.from({ length: x.shape[1] }, () => random.sign())
}

/** Every row the first one. */
function firstRows(x: Tensor): Tensor {
  return taken(
    x,
    0,
    Array.from({ length: x.shape[0] }, () => 0),
  )
}

export const infoNce: OperatorProperties = {
  ...noiseContrastive,
  laws: [
    law({
      ...wideOne,
      name: 'is never negative',
      check: async ({ call: { inputs, attributes }, subject }) =>
        within('loss', (await subject.forward(inputs, attributes)).loss, 0, Number.POSITIVE_INFINITY),
    }),
    law({
      ...wideOne,
      name: 'is log N for equal keys',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward({ query: inputs.query, key: firstRows(inputs.key) }, attributes)
        return compare('loss', loss, ledger.log(constant([], inputs.key.shape[0])))
      },
    }),
    reorders({
      ...wideOne,
      name: 'does not depend on the order of the pairs',
      inputs: { query: 0, key: 0 },
      outputs: {},
    }),
    reorders({
      ...wideOne,
      name: 'does not depend on the order of the features',
      inputs: { query: 1, key: 1 },
      outputs: {},
    }),
    law({
      ...one,
      calls: directed(noiseContrastive.calls),
      name: 'is unchanged when rows are scaled, if they are normalized',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const settings = { ...attributes, normalize: true }
        const { loss } = await subject.forward(inputs, settings)
        const scaled = { query: rowsScaled(inputs.query, random), key: rowsScaled(inputs.key, random) }
        return compare('loss of scaled rows', (await subject.forward(scaled, settings)).loss, loss)
      },
    }),
    law({
      ...one,
      name: 'takes a temperature for a scale of the queries, if they are not normalized',
      check: async ({ call: { inputs }, subject }) => {
        const { loss } = await subject.forward(inputs, { temperature: 0.5, normalize: false })
        const doubled = { ...inputs, query: times(inputs.query, 2) }
        const other = await subject.forward(doubled, { temperature: 1, normalize: false })
        return compare('loss for doubled queries and temperature', other.loss, loss)
      },
    }),
    law({
      ...one,
      name: 'is unchanged when the same vector is added to all keys, if they are not normalized',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const settings = { ...attributes, normalize: false }
        const D = inputs.key.shape[1]
        const by = Array.from({ length: D }, () => random.integer(-3, 3))
        const { loss } = await subject.forward(inputs, settings)
        const key = tensorOf(inputs.key.shape, (i) => rowMajor(inputs.key)[i] + by[i % D])
        const other = await subject.forward({ query: inputs.query, key }, settings)
        return compare(`loss with ${by.join(', ')} added to the keys`, other.loss, loss)
      },
    }),
    law({
      ...one,
      name: 'counts the scores of a query against all keys',
      check: async ({ call: { inputs }, subject }) => {
        // Queries of one direction and keys along it: score n of every row is n/4.
        const [N, D] = inputs.query.shape
        const query = tensorOf([N, D], (i) => (i % D === 0 ? 1 : 0))
        const key = tensorOf([N, D], (i) => (i % D === 0 ? Math.floor(i / D) / 4 : 0))
        const { loss } = await subject.forward({ query, key }, { temperature: 1, normalize: false })
        const scores = constant([N], 0)
        for (let n = 0; n < N; n++) scores.value[n] = n / 4
        const mean = ledger.divideBy(ledger.sum(scores), N)
        return compare('loss', loss, ledger.subtract(ledger.log(ledger.sum(ledger.exp(scores))), mean))
      },
    }),
    law({
      ...one,
      name: 'stays finite for large scores',
      check: async ({ call: { inputs }, subject, profile }) => {
        const [N, D] = inputs.query.shape
        const size = profile.precision === 'float64' ? 2 ** 498 : 64
        const query = tensorOf([N, D], (i) => (i % D === 0 ? size : 0))
        const key = tensorOf([N, D], (i) => (i % D === 0 ? -size * Math.floor(i / D) : 0))
        const { loss } = await subject.forward({ query, key }, { temperature: 1, normalize: false })
        return compare('loss', loss, constant([], (size * size * (N - 1)) / 2))
      },
    }),
    law({
      ...one,
      kind: 'gradient',
      backward: true,
      name: 'has key gradients that add up to zero, if the keys are not normalized',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { key } = await subject.backward(inputs, { ...attributes, normalize: false }, gradients)
        const sums = ledger.sum(transposed(key), 'common')
        return compare('Σ ∂L/∂key', sums, constant(sums.shape, 0))
      },
    }),
    law({
      ...one,
      kind: 'gradient',
      backward: true,
      calls: directed(noiseContrastive.calls),
      name: 'has gradients at right angles to the rows, if they are normalized',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const gradient = await subject.backward(inputs, { ...attributes, normalize: true }, gradients)
        return (['query', 'key'] as const).map((name) => {
          const product = rowProducts(ledger, gradient[name], known(inputs[name]))
          return compare(`⟨∂L/∂${name}, ${name}⟩`, product, constant(product.shape, 0))
        })
      },
    }),
  ],
}

const two = { operator: 'ntXent', calls: crossEntropyOfPairs.calls('simple') }
const wideTwo = { operator: 'ntXent', calls: crossEntropyOfPairs.calls('wide') }

export const ntXent: OperatorProperties = {
  ...crossEntropyOfPairs,
  laws: [
    refuses(crossEntropyOfPairs, 'a row without its pair', (call) => {
      const { z } = call.inputs
      const order = Array.from({ length: z.shape[0] + 1 }, (_, i) => Math.min(i, z.shape[0] - 1))
      return exchanged(call, 'z', taken(z, 0, order), `${order.length} rows`)
    }),
    law({
      ...wideTwo,
      name: 'lies between 0 and log(2N − 1) + 2/temperature',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward(inputs, attributes)
        const most = Math.log(inputs.z.shape[0] - 1) + 2 / Number(attributes.temperature)
        return within('loss', loss, 0, most)
      },
    }),
    law({
      ...wideTwo,
      name: 'does not depend on the order of the pairs',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const N = inputs.z.shape[0] / 2
        const order = random.permutation(N)
        const { loss } = await subject.forward(inputs, attributes)
        const z = taken(inputs.z, 0, [...order, ...order.map((n) => n + N)])
        return compare('loss of the pairs reordered', (await subject.forward({ z }, attributes)).loss, loss)
      },
    }),
    law({
      ...wideTwo,
      name: 'does not see which of a pair comes first',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const N = inputs.z.shape[0] / 2
        const { loss } = await subject.forward(inputs, attributes)
        const turned = Array.from({ length: N }, () => random.next() < 0.5)
        const order = [...turned.map((turn, n) => (turn ? n + N : n)), ...turned.map((turn, n) => (turn ? n : n + N))]
        const z = taken(inputs.z, 0, order)
        return compare('loss of turned pairs', (await subject.forward({ z }, attributes)).loss, loss)
      },
    }),
    reorders({
      ...wideTwo,
      name: 'does not depend on the order of the features',
      inputs: { z: 1 },
      outputs: {},
    }),
    law({
      ...two,
      calls: directed(crossEntropyOfPairs.calls),
      name: 'is unchanged when rows are scaled',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const { loss } = await subject.forward(inputs, attributes)
        const scaled = await subject.forward({ z: rowsScaled(inputs.z, random) }, attributes)
        return compare('loss of scaled rows', scaled.loss, loss)
      },
    }),
    law({
      ...wideTwo,
      name: 'is unchanged when a feature changes its sign',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const { loss } = await subject.forward(inputs, attributes)
        const z = reflected(inputs.z, signsFor(inputs.z, random))
        return compare('loss of the reflected rows', (await subject.forward({ z }, attributes)).loss, loss)
      },
    }),
    law({
      ...two,
      calls: directed(crossEntropyOfPairs.calls),
      name: 'is log(2N − 1) for equal rows',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward({ z: firstRows(inputs.z) }, attributes)
        return compare('loss', loss, ledger.log(constant([], inputs.z.shape[0] - 1)))
      },
    }),
    law({
      ...wideTwo,
      name: 'is 0 for a single pair',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const N = inputs.z.shape[0] / 2
        const { loss } = await subject.forward({ z: taken(inputs.z, 0, [0, N]) }, attributes)
        return compare('loss', loss, constant([], 0))
      },
    }),
    law({
      ...two,
      name: 'is log(1 + (2N − 2)·e^−2/temperature) for pairs of opposite directions',
      check: async ({ call: { inputs, attributes }, subject }) => {
        // Two pairs, one along the first axis and one against it: similarity 1 in a pair and −1 between pairs.
        const D = inputs.z.shape[1]
        const z = tensorOf([4, D], (i) => (i % D === 0 ? (Math.floor(i / D) % 2 === 0 ? 2 : -0.5) : 0))
        const { loss } = await subject.forward({ z }, { ...attributes, temperature: 1 })
        const others = ledger.scale(ledger.exp(constant([], -2)), 2)
        return compare('loss', loss, ledger.log(ledger.shift(others, 1)))
      },
    }),
    law({
      ...two,
      kind: 'gradient',
      backward: true,
      calls: directed(crossEntropyOfPairs.calls),
      name: 'has gradients at right angles to the rows',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { z } = await subject.backward(inputs, attributes, gradients)
        const product = rowProducts(ledger, z, known(inputs.z))
        return compare('⟨∂L/∂z, z⟩', product, constant(product.shape, 0))
      },
    }),
  ],
}

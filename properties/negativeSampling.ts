import fc from 'fast-check'
import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import { type Approximation, constant, exact, gather, joined, reshaped } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { completeCalls, type OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { fill, fillings, type Limits, sizes, sumLengths } from './data.js'
import { softplus } from './functions.js'
import type { Model } from './model.js'
import { representable } from './profile.js'
import { inner, known, law, ledger, reorders, taken, tensorOf, times, within } from './relations.js'
import { sigmoidOf } from './sigmoid.js'

/** The scores c·p, negated, and c·nₖ: [N, 1 + K], in one table with the vectors that they come from, [N, 1 + K, D]. */
function scoresOf(arithmetic: Arithmetic, center: Tensor, positive: Tensor, negatives: Tensor) {
  const [N, K, D] = negatives.shape
  const table = joined([reshaped(arithmetic.negate(exact(positive)), [N, D]), reshaped(exact(negatives), [N, K * D])])
  const others = reshaped(table, [N, K + 1, D])
  const scores = arithmetic.matmul(others, reshaped(exact(center), [N, D, 1]))
  return { others, scores: reshaped(scores, [N, K + 1]) }
}

/** The first of every row's 1 + K vectors, and the others. */
function parted(table: Approximation, [N, K, D]: readonly number[]) {
  const part = (from: number, count: number, shape: readonly number[]) =>
    gather(
      table,
      shape,
      Int32Array.from({ length: N * count * D }, (_, i) => {
        const n = Math.floor(i / (count * D))
        return (n * (K + 1) + from) * D + (i % (count * D))
      }),
    )
  return { first: part(0, 1, [N, D]), rest: part(1, K, [N, K, D]) }
}

const model: Model = {
  shapes: () => ({ loss: [] }),
  /** The mean over N of softplus(−c·p) + Σₖ softplus(c·nₖ) */
  forward: (arithmetic, { center, positive, negatives }) => {
    const { scores } = scoresOf(arithmetic, center, positive, negatives)
    const items = softplus(arithmetic, scores)
    const sum = arithmetic.sum(reshaped(items, [items.value.length]), 'common')
    return { loss: arithmetic.divideBy(sum, center.shape[0]) }
  },
  /** With slopes σ(s)·g/N of the scores: ∂/∂c = Σ slope·other, ∂/∂other = slope·c. */
  backward: (arithmetic, { center, positive, negatives }, _, { loss }) => {
    const [N, K, D] = negatives.shape
    const { others, scores } = scoresOf(arithmetic, center, positive, negatives)
    const g = arithmetic.divideBy(constant(scores.shape, rowMajor(loss)[0]), N)
    const slopes = arithmetic.multiply(sigmoidOf(arithmetic, scores), g)
    const gradCenter = arithmetic.matmul(reshaped(slopes, [N, 1, K + 1]), others)
    const gradOthers = arithmetic.matmul(reshaped(slopes, [N, K + 1, 1]), reshaped(exact(center), [N, 1, D]))
    const { first, rest } = parted(gradOthers, [N, K, D])
    return { center: reshaped(gradCenter, [N, D]), positive: arithmetic.negate(first), negatives: rest }
  },
}

const factors: Limits = { multiplied: true, most: 1e7 }

const calls = completeCalls('negativeSampling', model, (kind, profile) =>
  fc
    .record({
      N: sizes(4),
      K: sizes(4),
      D: sumLengths(kind, 4),
      center: fillings(kind, profile, factors),
      positive: fillings(kind, profile, factors),
      negatives: fillings(kind, profile, factors),
    })
    .map(({ N, K, D, center, positive, negatives }) => ({
      inputs: {
        center: fill([N, D], center, profile),
        positive: fill([N, D], positive, profile),
        negatives: fill([N, K, D], negatives, profile),
      },
      attributes: {},
    })),
)

const simple = { operator: 'negativeSampling', calls: calls('simple') }
const wide = { operator: 'negativeSampling', calls: calls('wide') }

/** Skip-gram with negative samples. (Distributed Representations of Words and Phrases, 2013, equation 4, negated) */
export const negativeSampling: OperatorProperties = {
  operator: 'negativeSampling',
  model,
  calls,
  smooth: calls('smooth'),
  laws: [
    law({
      ...wide,
      name: 'is never negative',
      check: async ({ call: { inputs, attributes }, subject }) =>
        within('loss', (await subject.forward(inputs, attributes)).loss, 0, Number.POSITIVE_INFINITY),
    }),
    reorders({
      ...wide,
      name: 'does not depend on the order of the negatives',
      inputs: { negatives: 1 },
      outputs: {},
    }),
    reorders({
      ...wide,
      name: 'does not depend on the order of the words',
      inputs: { center: 0, positive: 0, negatives: 0 },
      outputs: {},
    }),
    reorders({
      ...wide,
      name: 'does not depend on the order of the features',
      inputs: { center: 1, positive: 1, negatives: 2 },
      outputs: {},
    }),
    law({
      ...wide,
      name: 'is the mean of its words one by one',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const N = inputs.center.shape[0]
        const { loss } = await subject.forward(inputs, attributes)
        let sum = constant([], 0)
        for (let n = 0; n < N; n++) {
          const word = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, taken(x, 0, [n])]))
          sum = ledger.add(sum, (await subject.forward(word, attributes)).loss)
        }
        return compare('loss', loss, ledger.divideBy(sum, N))
      },
    }),
    law({
      ...wide,
      name: 'is log 2 for every pair of a center of zeros',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward({ ...inputs, center: times(inputs.center, 0) }, attributes)
        const pairs = inputs.negatives.shape[1] + 1
        return compare('loss', loss, ledger.scale(ledger.log(constant([], 2)), pairs))
      },
    }),
    law({
      ...wide,
      name: 'is unchanged when all vectors change their signs',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { loss } = await subject.forward(inputs, attributes)
        const turned = Object.fromEntries(Object.entries(inputs).map(([name, x]) => [name, times(x, -1)]))
        return compare('loss of the turned vectors', (await subject.forward(turned, attributes)).loss, loss)
      },
    }),
    law({
      ...wide,
      name: 'takes the opposite of a negative for a positive',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const [N, , D] = inputs.negatives.shape
        const negatives = taken(inputs.negatives, 1, [0])
        const { loss } = await subject.forward({ ...inputs, negatives }, attributes)
        const exchanged = {
          center: inputs.center,
          positive: tensor([N, D], rowMajor(times(negatives, -1)).slice()),
          negatives: tensor([N, 1, D], rowMajor(times(inputs.positive, -1)).slice()),
        }
        return compare('loss after the exchange', (await subject.forward(exchanged, attributes)).loss, loss)
      },
    }),
    law({
      ...wide,
      name: 'grows by log 2 with a negative of zeros',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const [N, K, D] = inputs.negatives.shape
        const { loss } = await subject.forward(inputs, attributes)
        const data = rowMajor(inputs.negatives)
        const negatives = tensorOf([N, K + 1, D], (i) => {
          const [n, rest] = [Math.floor(i / ((K + 1) * D)), i % ((K + 1) * D)]
          return rest < K * D ? data[n * K * D + rest] : 0
        })
        const more = await subject.forward({ ...inputs, negatives }, attributes)
        return compare('loss', more.loss, ledger.add(loss, ledger.log(constant([], 2))))
      },
    }),
    law({
      ...simple,
      name: 'stays finite for large scores',
      check: async ({ call: { inputs, attributes }, subject, profile }) => {
        const D = inputs.center.shape[1]
        const size = profile.precision === 'float64' ? 1e150 : representable(profile, 100)
        const large = (x: Tensor, sign: number) => tensorOf(x.shape, (i) => (i % D === 0 ? sign * size : 0))
        const { loss } = await subject.forward(
          {
            center: large(inputs.center, 1),
            positive: large(inputs.positive, -1),
            negatives: times(inputs.negatives, 0),
          },
          attributes,
        )
        const K = inputs.negatives.shape[1]
        const rest = ledger.scale(ledger.log(constant([], 2)), K)
        return compare('loss', loss, ledger.shift(rest, size * size))
      },
    }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: 'has gradients of equal inner product on both sides of the scores',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { center, positive, negatives } = await subject.backward(inputs, attributes, gradients)
        return compare(
          '⟨∂L/∂center, center⟩',
          inner(center, known(inputs.center)),
          ledger.add(inner(positive, known(inputs.positive)), inner(negatives, known(inputs.negatives))),
        )
      },
    }),
  ],
}

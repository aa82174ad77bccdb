import { describe, expect, it } from 'vitest'
import type { Attributes } from './contract.js'
import { luongAttention } from './luongAttention.js'
import { fromNested, rowMajor, type Tensors, toNested, zeros } from './tensor.js'
import { describeCalls } from './testing/everyCall.js'
import { type Call, Random } from './testing/random.js'

const random = new Random(5)
const calls: readonly Call[] = [
  {
    operator: 'luongAttention',
    inputs: { decoder: random.tensor([2, 3]), encoder: random.tensor([2, 4, 3]) },
    attributes: {},
  },
  {
    operator: 'luongAttention',
    inputs: { decoder: random.tensor([2, 2]), encoder: random.tensor([2, 3, 4]), weight: random.tensor([2, 4]) },
    attributes: { score: 'general' },
  },
  {
    operator: 'luongAttention',
    inputs: {
      decoder: random.tensor([2, 2]),
      encoder: random.tensor([2, 3, 4]),
      weight: random.tensor([3, 6], 0.5),
      vector: random.tensor([3]),
    },
    attributes: { score: 'concat' },
  },
]
describeCalls([luongAttention], calls)

/** score(d, eₛ) by its definition. */
function scoreOf({ decoder, encoder, weight, vector }: Tensors, score: unknown, n: number, s: number): number {
  const d = Array.from({ length: decoder.shape[1] }, (_, i) => decoder.get(n, i))
  const e = Array.from({ length: encoder.shape[2] }, (_, i) => encoder.get(n, s, i))
  if (score === 'general')
    return d.reduce((sum, x, i) => sum + e.reduce((part, y, j) => part + x * weight.get(i, j) * y, 0), 0)
  if (score !== 'concat') return d.reduce((sum, x, i) => sum + x * e[i], 0)
  const rows = Array.from({ length: vector.size }, (_, a) => a)
  return rows.reduce((sum, a) => {
    const inner = [...d, ...e].reduce((part, x, i) => part + weight.get(a, i) * x, 0)
    return sum + vector.get(a) * Math.tanh(inner)
  }, 0)
}

describe('second formulations', () => {
  it.each(calls)('$attributes.score is its definition, term by term', ({ inputs, attributes }) => {
    const { context, weights } = luongAttention.forward(inputs, attributes)
    const [N, S, E] = inputs.encoder.shape
    for (let n = 0; n < N; n++) {
      const scores = Array.from({ length: S }, (_, s) => Math.exp(scoreOf(inputs, attributes.score, n, s)))
      const total = scores.reduce((sum, score) => sum + score, 0)
      for (let s = 0; s < S; s++) expect(weights.get(n, s)).toBeCloseTo(scores[s] / total, 13)
      for (let e = 0; e < E; e++) {
        const sum = scores.reduce((part, score, s) => part + (score / total) * inputs.encoder.get(n, s, e), 0)
        expect(context.get(n, e)).toBeCloseTo(sum, 13)
      }
    }
  })
})

describe('extreme inputs', () => {
  it('scores of 1e300 pick the largest, and arguments of tanh beyond every range stay finite', () => {
    const encoder = fromNested([[[1], [2], [-1]]])
    const dot = luongAttention.forward({ decoder: fromNested([[1e300]]), encoder })
    expect(toNested(dot.context)).toEqual([[2]])
    const concat = {
      decoder: fromNested([[1e300]]),
      encoder,
      weight: fromNested([[1e5, 1]]),
      vector: fromNested([1]),
    }
    const results = [
      luongAttention.forward(concat, { score: 'concat' }),
      luongAttention.backward?.(concat, { score: 'concat' }, { context: fromNested([[1]]) }) ?? {},
    ]
    for (const result of results.flatMap((tensors) => Object.values(tensors)))
      expect(rowMajor(result).every(Number.isFinite)).toBe(true)
  })
})

describe('refusals', () => {
  const call = (inputs: Tensors, attributes: Attributes) => () =>
    luongAttention.forward({ decoder: zeros([1, 2]), encoder: zeros([1, 4, 3]), ...inputs }, attributes)
  it.each([
    [
      'features that differ, for dot',
      call({}, {}),
      "luongAttention: encoder has 3 features, decoder has 2; they should be equal (score = 'dot')",
    ],
    [
      'a weight for dot',
      call({ weight: zeros([2, 3]) }, { score: 'dot' }),
      "luongAttention: input weight is superfluous (score = 'dot'); it should be left out",
    ],
    [
      'no weight for general',
      call({}, { score: 'general' }),
      "luongAttention: input weight is missing; it should have shape [D, E] (score = 'general')",
    ],
    [
      'a vector for general',
      call({ weight: zeros([2, 3]), vector: zeros([2]) }, { score: 'general' }),
      "luongAttention: input vector is superfluous (score = 'general'); it should be left out",
    ],
    [
      'a transposed weight',
      call({ weight: zeros([3, 2]) }, { score: 'general' }),
      "luongAttention: weight has shape [3, 2]; it should have shape [D, E] (score = 'general'), here [2, 3]",
    ],
    [
      'a weight for the encoder alone',
      call({ weight: zeros([6, 3]), vector: zeros([6]) }, { score: 'concat' }),
      "luongAttention: weight has shape [6, 3]; it should have shape [A, D+E] (score = 'concat'), here [6, 5]",
    ],
    [
      'no vector for concat',
      call({ weight: zeros([6, 5]) }, { score: 'concat' }),
      "luongAttention: input vector is missing; it should have shape [A] (score = 'concat')",
    ],
    [
      'an unknown score',
      call({}, { score: 'additive' }),
      "luongAttention: attribute score is additive; it should be 'dot', 'general' or 'concat'",
    ],
  ])('%s', (_, refused, message) => {
    expect(refused).toThrow(message)
  })
})

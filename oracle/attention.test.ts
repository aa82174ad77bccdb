import { describe, expect, it } from 'vitest'
import { scaledDotProductAttention } from './attention.js'
import type { Attributes } from './contract.js'
import { multiHeadAttention } from './multiHeadAttention.js'
import { fromNested, rowMajor, type Tensor, type Tensors, tensor, toNested, zeros } from './tensor.js'
import { describeCalls } from './testing/everyCall.js'
import { type Call, Random } from './testing/random.js'

const random = new Random(7)
const mask = fromNested([
  [1, 0, 1, 1],
  [0, 1, 0, 0],
  [1, 1, 1, 1],
])

function multiHead(N: number, T: number, S: number, E: number, biases: readonly string[]): Tensors {
  return {
    query: random.tensor([N, T, E]),
    key: random.tensor([N, S, E]),
    value: random.tensor([N, S, E]),
    ...Object.fromEntries(
      ['Query', 'Key', 'Value', 'Output'].map((name) => [`weight${name}`, random.tensor([E, E], 1)]),
    ),
    ...Object.fromEntries(biases.map((name) => [`bias${name}`, random.tensor([E])])),
  }
}

const calls: readonly Call[] = [
  {
    operator: 'scaledDotProductAttention',
    inputs: { query: random.tensor([2, 3, 2]), key: random.tensor([2, 4, 2]), value: random.tensor([2, 4, 3]), mask },
    attributes: { scale: 0.4 },
  },
  {
    operator: 'scaledDotProductAttention',
    inputs: { query: random.tensor([3, 2]), key: random.tensor([3, 2]), value: random.tensor([3, 1]) },
    attributes: { causal: true },
  },
  {
    operator: 'multiHeadAttention',
    inputs: { ...multiHead(2, 3, 4, 4, ['Query', 'Key', 'Value', 'Output']), mask },
    attributes: { heads: 2 },
  },
  {
    operator: 'multiHeadAttention',
    inputs: multiHead(1, 3, 3, 2, ['Value']),
    attributes: { heads: 1, causal: true },
  },
]
describeCalls([scaledDotProductAttention, multiHeadAttention], calls)

function expectClose(actual: Tensor, expected: Tensor, digits = 1e-14): void {
  expect(actual.shape).toEqual(expected.shape)
  const values = rowMajor(actual)
  for (const [i, value] of rowMajor(expected).entries())
    expect(Math.abs(values[i] - value), `entry ${i}`).toBeLessThan(digits * Math.max(1, Math.abs(value)))
}

describe('second formulations', () => {
  it('scaledDotProductAttention is its definition, term by term', () => {
    const { query, key, value, mask } = calls[0].inputs
    const { output, weights } = scaledDotProductAttention.forward(calls[0].inputs, calls[0].attributes)
    for (let n = 0; n < 2; n++)
      for (let t = 0; t < 3; t++) {
        const scores = [0, 1, 2, 3].map((s) => {
          const logit = query.get(n, t, 0) * key.get(n, s, 0) + query.get(n, t, 1) * key.get(n, s, 1)
          return mask.get(t, s) * Math.exp(0.4 * logit)
        })
        const total = scores.reduce((sum, score) => sum + score, 0)
        for (let s = 0; s < 4; s++) expect(weights.get(n, t, s)).toBeCloseTo(scores[s] / total, 14)
        for (let m = 0; m < 3; m++) {
          const sum = scores.reduce((part, score, s) => part + (score / total) * value.get(n, s, m), 0)
          expect(output.get(n, t, m)).toBeCloseTo(sum, 13)
        }
      }
  })

  it('multiHeadAttention with one head and identities is scaledDotProductAttention', () => {
    const identity = fromNested([
      [1, 0],
      [0, 1],
    ])
    const { query, key, value } = multiHead(2, 3, 4, 2, [])
    const weights = { weightQuery: identity, weightKey: identity, weightValue: identity, weightOutput: identity }
    const inHead = multiHeadAttention.forward({ query, key, value, ...weights }, { heads: 1 })
    const plain = scaledDotProductAttention.forward({ query, key, value })
    expectClose(inHead.output, plain.output)
    expectClose(inHead.weights.pick(-1, 0, -1, -1), plain.weights)
  })

  it('head h of multiHeadAttention sees the columns from h·E/heads on', () => {
    const inputs = multiHead(1, 2, 3, 4, ['Query', 'Key'])
    const { weights } = multiHeadAttention.forward(inputs, { heads: 2 })
    const projected = (x: Tensor, weight: Tensor, bias: Tensor, row: number, e: number) =>
      [0, 1, 2, 3].reduce((sum, i) => sum + x.get(0, row, i) * weight.get(e, i), bias.get(e))
    for (const h of [0, 1])
      for (const t of [0, 1]) {
        const scores = [0, 1, 2].map((s) => {
          const { query, weightQuery, biasQuery, key, weightKey, biasKey } = inputs
          const dot = [2 * h, 2 * h + 1].reduce(
            (sum, e) => sum + projected(query, weightQuery, biasQuery, t, e) * projected(key, weightKey, biasKey, s, e),
            0,
          )
          return Math.exp(dot / Math.sqrt(2))
        })
        const total = scores[0] + scores[1] + scores[2]
        for (const s of [0, 1, 2]) expect(weights.get(0, h, t, s)).toBeCloseTo(scores[s] / total, 12)
      }
  })
})

describe('what is known of attention', () => {
  it('one key gets all the weight, and its gradient is that of its value alone', () => {
    const inputs = { query: random.tensor([2, 3]), key: random.tensor([1, 3]), value: fromNested([[5, -7]]) }
    const { output, weights } = scaledDotProductAttention.forward(inputs)
    expect(toNested(weights)).toEqual([[1], [1]])
    expect(toNested(output)).toEqual([
      [5, -7],
      [5, -7],
    ])
    const gradients = scaledDotProductAttention.backward?.(inputs, {}, { output: random.tensor([2, 2]) }) ?? {}
    expect([...rowMajor(gradients.query), ...rowMajor(gradients.key)].every((value) => value === 0)).toBe(true)
  })

  it('causal is a mask of the lower triangle', () => {
    const { query, key, value } = calls[1].inputs
    const triangle = fromNested([
      [1, 0, 0],
      [1, 1, 0],
      [1, 1, 1],
    ])
    const causal = scaledDotProductAttention.forward({ query, key, value }, { causal: true })
    const masked = scaledDotProductAttention.forward({ query, key, value, mask: triangle })
    expect(toNested(causal.output)).toEqual(toNested(masked.output))
  })
})

describe('extreme inputs', () => {
  it.each([1e4, 1e300])('logits of ±%d and 0', (size) => {
    const inputs = {
      query: fromNested([[1], [-1]]),
      key: fromNested([[size], [size], [0], [-size]]),
      value: fromNested([[1], [2], [3], [4]]),
    }
    const { output, weights } = scaledDotProductAttention.forward(inputs, { scale: 1 })
    expect(toNested(weights)).toEqual([
      [0.5, 0.5, 0, 0],
      [0, 0, 0, 1],
    ])
    expect(toNested(output)).toEqual([[1.5], [4]])
    const gradients = scaledDotProductAttention.backward?.(inputs, { scale: 1 }, { output: fromNested([[1], [1]]) })
    for (const gradient of Object.values(gradients ?? {})) expect(rowMajor(gradient).every(Number.isFinite)).toBe(true)
  })

  it('products that overflow, and those that overflow and cancel', () => {
    const inputs = {
      query: fromNested([
        [1e200, 1e200],
        [1e200, 1e-200],
      ]),
      key: fromNested([
        [1e200, -1e200],
        [1e200, 1e200],
        [-1e200, 1e200],
      ]),
      value: fromNested([[1], [2], [3]]),
    }
    expect(toNested(scaledDotProductAttention.forward(inputs).weights)).toEqual([
      [0, 1, 0],
      [0.5, 0.5, 0],
    ])
  })
})

describe('refusals', () => {
  const attend = (T: number, S: number, attributes: Attributes, mask?: Tensor) => () =>
    scaledDotProductAttention.forward(
      { query: zeros([T, 2]), key: zeros([S, 2]), value: zeros([S, 1]), ...(mask === undefined ? {} : { mask }) },
      attributes,
    )
  const inHeads = (E: number, attributes: Attributes, mask?: Tensor) => () =>
    multiHeadAttention.forward({ ...multiHead(1, 2, 2, E, []), ...(mask === undefined ? {} : { mask }) }, attributes)
  it.each([
    [
      'a mask that leaves no key',
      attend(2, 2, {}, tensor([2, 2], [1, 0, 0, 0])),
      'scaledDotProductAttention: mask leaves query 1 no key; every query should keep at least one',
    ],
    [
      'a mask that leaves only later keys to a causal query',
      attend(2, 2, { causal: true }, tensor([2, 2], [0, 1, 1, 1])),
      'scaledDotProductAttention: mask leaves query 0 no key (causal); every query should keep at least one',
    ],
    [
      'a mask of halves',
      attend(2, 2, {}, tensor([2, 2], [1, 0.5, 1, 1])),
      'scaledDotProductAttention: mask holds 0.5 at [0, 1]; it should hold 0 and 1 only',
    ],
    [
      'causal with more keys than queries',
      attend(2, 3, { causal: true }),
      'scaledDotProductAttention: key has 3 positions, query has 2; they should be equal (causal = true)',
    ],
    [
      'a mask of the wrong size',
      attend(2, 3, {}, tensor([2, 2], [1, 1, 1, 1])),
      'scaledDotProductAttention: mask has 2 keys, key has 3',
    ],
    [
      'leading dimensions on one side only',
      () => scaledDotProductAttention.forward({ query: zeros([2, 2, 2]), key: zeros([3, 2]), value: zeros([3, 1]) }),
      'scaledDotProductAttention: key has leading dimensions [], query has [2]; they should be equal',
    ],
    [
      'heads that do not divide',
      inHeads(3, { heads: 2 }),
      'multiHeadAttention: heads is 2; it should divide the 3 features',
    ],
    [
      'heads left out',
      inHeads(2, {}),
      'multiHeadAttention: attribute heads is missing; it should be a whole number ≥ 1',
    ],
    [
      'a mask that leaves no key, in heads',
      inHeads(2, { heads: 1 }, tensor([2, 2], [0, 0, 1, 1])),
      'multiHeadAttention: mask leaves query 0 no key; every query should keep at least one',
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(message)
  })
})

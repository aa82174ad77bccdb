import { describe, expect, it } from 'vitest'
import { quadraticAttention } from './quadraticAttention.js'
import { fromNested, type Nested, rowMajor, type Tensor, toNested } from './tensor.js'
import { describeCalls } from './testing/everyCall.js'
import { type Call, Random } from './testing/random.js'

const random = new Random(3)
const calls: readonly Call[] = [
  [3, 4, 2, 2],
  [2, 1, 3, 1],
  [1, 3, 1, 2],
].map(([T, S, D, M]) => ({
  operator: 'quadraticAttention',
  inputs: { query: random.tensor([T, D]), key: random.tensor([S, D]), value: random.tensor([S, M]) },
  attributes: {},
}))
describeCalls([quadraticAttention], calls)

/** The definition: every query with every key. */
function plain({ query, key, value }: Readonly<Record<string, Tensor>>): number[][] {
  const [[T, D], [S, M]] = [query.shape, value.shape]
  return Array.from({ length: T }, (_, t) => {
    const squares = Array.from({ length: S }, (_, s) => {
      let dot = 0
      for (let d = 0; d < D; d++) dot += query.get(t, d) * key.get(s, d)
      return dot * dot
    })
    const total = squares.reduce((sum, square) => sum + square, 0)
    return Array.from({ length: M }, (_, m) =>
      squares.reduce((sum, square, s) => sum + (square / total) * value.get(s, m), 0),
    )
  })
}

function attend(query: Nested, key: Nested, value: Nested): Nested {
  const inputs = { query: fromNested(query), key: fromNested(key), value: fromNested(value) }
  return toNested(quadraticAttention.forward(inputs).output)
}

describe('quadraticAttention through φ', () => {
  it('is the plain sum over all pairs of queries and keys', () => {
    for (let round = 0; round < 50; round++) {
      const [T, S, D, M] = [1, 2, 3, 4].map(() => random.integer(1, 6))
      const inputs = { query: random.tensor([T, D]), key: random.tensor([S, D]), value: random.tensor([S, M]) }
      const actual = rowMajor(quadraticAttention.forward(inputs).output)
      for (const [i, value] of plain(inputs).flat().entries())
        expect(Math.abs(actual[i] - value)).toBeLessThan(1e-13 * Math.max(1, Math.abs(value)))
    }
  })

  it('keeps its digits where queries are nearly at right angles to the keys', () => {
    for (const exponent of [-8, -20, -30, -45]) {
      const e = 2 ** exponent
      const output = attend(
        [[1, -1]],
        [
          [1, 1 + e],
          [1, 1 - 3 * e],
        ],
        [[10], [20]],
      )
      expect(output).toEqual([[19]])
    }
  })

  it('leaves a large value alone that has no weight', () => {
    expect(
      attend(
        [[1, 1]],
        [
          [1, -1],
          [1, 0],
        ],
        [[1e10], [3]],
      ),
    ).toEqual([[3]])
  })

  it('holds for tiny and huge entries, in one call as well', () => {
    for (const size of [1e-300, 1e-160, 1e160, 1e300])
      expect(
        attend(
          [
            [size, 0],
            [3, 4],
          ],
          [
            [size, 0],
            [0, size],
          ],
          [[4], [8]],
        ),
      ).toEqual([[4], [expect.closeTo((4 * 9 + 8 * 16) / 25, 14)]])
    expect(
      attend(
        [[0, 1]],
        [
          [1e200, 0],
          [0, 1e-200],
        ],
        [[1], [2]],
      ),
    ).toEqual([[2]])
    expect(attend([[1]], [[1], [1]], [[1e300], [-1e300]])).toEqual([[0]])
  })

  it('has the gradient of the definition for a query nearly at right angles', () => {
    const e = 2 ** -20
    const inputs = {
      query: fromNested([[1, -1]]),
      key: fromNested([
        [1, 1 + e],
        [1, 1 - 3 * e],
      ]),
      value: fromNested([[10], [20]]),
    }
    const gradients = quadraticAttention.backward?.(inputs, {}, { output: fromNested([[1]]) }) ?? {}
    // a = (−e, 3e), weights (0.1, 0.9), y = 19; ∂y/∂aₛ = 2aₛ(vₛ − y)/Σa² = 2·(9e, 3e)/10e² = (1.8, 0.6)/e
    expect(toNested(gradients.value)).toEqual([[expect.closeTo(0.1, 15)], [expect.closeTo(0.9, 15)]])
    const close = (actual: number, expected: number) => expect(Math.abs(actual / expected - 1)).toBeLessThan(1e-9)
    close(gradients.query.get(0, 0), 2.4 / e)
    close(gradients.query.get(0, 1), (1.8 * (1 + e) + 0.6 * (1 - 3 * e)) / e)
    close(gradients.key.get(0, 0), 1.8 / e)
    close(gradients.key.get(1, 1), -0.6 / e)
  })

  it('refuses a query that has no product with any key, forward and backward', () => {
    const inputs = {
      query: fromNested([
        [1, 0],
        [0, 1],
      ]),
      key: fromNested([[2, 0]]),
      value: fromNested([[1]]),
    }
    const message =
      'quadraticAttention: query 1 has q·k = 0 with every key, so that its weights are 0/0; it should have another product with one key at least'
    expect(() => quadraticAttention.forward(inputs)).toThrow(message)
    expect(() => quadraticAttention.backward?.(inputs, {}, {})).toThrow(message)
  })
})

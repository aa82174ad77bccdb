import { describe, expect, it } from 'vitest'
import { linearAutoencoder, recursiveAutoencoder } from './autoencoders.js'
import { fromNested, item, tensor, toNested } from './tensor.js'
import { describeCalls } from './testing/everyCall.js'
import { type Call, Random } from './testing/random.js'

const random = new Random(13)

function recursive(N: number, D: number, P: number, C: number): Call {
  return {
    operator: 'recursiveAutoencoder',
    inputs: {
      left: random.tensor([N, D]),
      right: random.tensor([N, D]),
      target: random.integers([N], 0, C - 1),
      weight1: random.tensor([P, 2 * D]),
      bias1: random.tensor([P]),
      weight2: random.tensor([2 * D, P]),
      bias2: random.tensor([2 * D]),
      weight3: random.tensor([C, P]),
      bias3: random.tensor([C]),
    },
    attributes: {},
  }
}

const calls: readonly Call[] = [
  {
    operator: 'linearAutoencoder',
    inputs: { x: random.tensor([3, 4]), encoder: random.tensor([2, 3]), decoder: random.tensor([3, 2]) },
    attributes: { lambda: 0.3 },
  },
  {
    operator: 'linearAutoencoder',
    inputs: { x: random.tensor([1, 1]), encoder: random.tensor([2, 1]), decoder: random.tensor([1, 2]) },
    attributes: {},
  },
  recursive(3, 2, 4, 3),
  recursive(1, 1, 1, 1),
]
describeCalls([linearAutoencoder, recursiveAutoencoder], calls)

describe('linearAutoencoder', () => {
  it('is worked by hand', () => {
    const inputs = {
      x: fromNested([
        [1, 2],
        [3, 4],
      ]),
      encoder: fromNested([[1, 0]]),
      decoder: fromNested([[1], [2]]),
    }
    // W₁X = [1, 2], W₂W₁X = [[1, 2], [2, 4]], residual [[0, 0], [−1, 0]]: ½; penalties λ·1 and λ·5
    expect(item(linearAutoencoder.forward(inputs).loss)).toBe(0.5)
    expect(item(linearAutoencoder.forward(inputs, { lambda: 0.25 }).loss)).toBe(2)
    const gradients = linearAutoencoder.backward?.(inputs, {}, { loss: tensor([], [1]) }) ?? {}
    // Δ = [[0, 0], [−1, 0]]: ∂W₂ = Δ·[1, 2]ᵀ, ∂W₁ = W₂ᵀΔXᵀ = [−2, 0]·Xᵀ, ∂X = W₁ᵀ[−2, 0] − Δ
    expect(toNested(gradients.decoder)).toEqual([[0], [-1]])
    expect(toNested(gradients.encoder)).toEqual([[-2, -6]])
    expect(toNested(gradients.x)).toEqual([
      [-2, 0],
      [1, 0],
    ])
  })

  it('refuses weights that do not fit and a negative lambda', () => {
    const { x, encoder, decoder } = calls[0].inputs
    expect(() => linearAutoencoder.forward({ x, encoder: decoder, decoder })).toThrow(
      'linearAutoencoder: encoder has 2 features, x has 3',
    )
    expect(() => linearAutoencoder.forward({ x, encoder, decoder }, { lambda: -1 })).toThrow(
      'linearAutoencoder: attribute lambda is -1; it should be a number ≥ 0',
    )
  })
})

describe('recursiveAutoencoder', () => {
  it('is its definition, term by term', () => {
    const { inputs } = recursive(3, 2, 4, 3)
    const { left, right, target, weight1, bias1, weight2, bias2, weight3, bias3 } = inputs
    const outputs = recursiveAutoencoder.forward(inputs)
    let loss = 0
    for (let n = 0; n < 3; n++) {
      const x = [left.get(n, 0), left.get(n, 1), right.get(n, 0), right.get(n, 1)]
      const p = [0, 1, 2, 3].map((row) => {
        const a = x.reduce((sum, entry, i) => sum + weight1.get(row, i) * entry, bias1.get(row))
        return Math.max(a, 0)
      })
      const again = x.map((_, row) => p.reduce((sum, entry, i) => sum + weight2.get(row, i) * entry, bias2.get(row)))
      const z = [0, 1, 2].map((row) => p.reduce((sum, entry, i) => sum + weight3.get(row, i) * entry, bias3.get(row)))
      const total = z.reduce((sum, logit) => sum + Math.exp(logit), 0)
      const squares = x.reduce((sum, entry, i) => sum + (again[i] - entry) ** 2, 0)
      loss += (squares / 2 + Math.log(total) - z[target.get(n)]) / 3
      for (const i of [0, 1, 2, 3]) {
        expect(outputs.parent.get(n, i)).toBeCloseTo(p[i], 13)
        expect(outputs.reconstruction.get(n, i)).toBeCloseTo(again[i], 12)
      }
      for (const i of [0, 1, 2]) expect(outputs.logits.get(n, i)).toBeCloseTo(z[i], 12)
    }
    expect(item(outputs.loss) / loss).toBeCloseTo(1, 13)
  })

  it('refuses a target beyond the classes and a weight for one child', () => {
    const { inputs } = recursive(2, 2, 3, 2)
    expect(() => recursiveAutoencoder.forward({ ...inputs, target: fromNested([0, 2]) })).toThrow(
      'recursiveAutoencoder: target holds 2 at [1]; it should hold whole numbers from 0 to 1',
    )
    expect(() => recursiveAutoencoder.forward({ ...inputs, weight1: random.tensor([3, 2]) })).toThrow(
      'recursiveAutoencoder: weight1 has 2 features, left has 2; it should have 4 (2D)',
    )
  })
})

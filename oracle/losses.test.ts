import { describe, expect, it } from 'vitest'
import { binaryCrossEntropy, crossEntropy } from './losses.js'
import { backwardOf } from './operator.js'
import { fromNested, item, rowMajor, scalar, tensor, toNested } from './tensor.js'
import { describeCalls } from './testing/everyCall.js'
import { Random } from './testing/random.js'

const random = new Random(2)
const target = tensor([2, 3], [0, 1, 0.25, 1, 0.5, 0])
describeCalls(
  [binaryCrossEntropy],
  ['mean', 'sum', 'none'].map((reduction) => ({
    operator: 'binaryCrossEntropy',
    inputs: { logits: random.tensor([2, 3]), target },
    attributes: { reduction },
  })),
)

describe('binaryCrossEntropy', () => {
  it('is log 2 at a logit of 0, whatever the target', () => {
    const logits = tensor([3], [0, 0, 0])
    const { loss } = binaryCrossEntropy.forward({ logits, target: tensor([3], [0, 0.3, 1]) }, { reduction: 'none' })
    for (const value of rowMajor(loss)) expect(value).toBeCloseTo(Math.LN2, 15)
  })

  it('is −t·log σ − (1 − t)·log(1 − σ)', () => {
    const logits = random.tensor([2, 3])
    const sigma = rowMajor(logits).map((z) => 1 / (1 + Math.exp(-z)))
    const textbook = sigma.map((s, i) => -target.data[i] * Math.log(s) - (1 - target.data[i]) * Math.log(1 - s))
    expect(item(binaryCrossEntropy.forward({ logits, target }, { reduction: 'sum' }).loss)).toBeCloseTo(
      textbook.reduce((sum, value) => sum + value, 0),
      13,
    )
  })

  it('holds for logits of 1e300, and keeps the digits of a loss near 0', () => {
    const inputs = { logits: tensor([4], [1e300, -1e300, 1e300, 40]), target: tensor([4], [1, 1, 0, 1]) }
    const { loss } = binaryCrossEntropy.forward(inputs, { reduction: 'none' })
    expect(toNested(loss)).toEqual([0, 1e300, 1e300, Math.log1p(Math.exp(-40))])
    const { logits } = backwardOf(binaryCrossEntropy)(inputs, { reduction: 'sum' }, { loss: scalar(1) })
    expect(rowMajor(logits).subarray(0, 3)).toEqual(Float64Array.of(0, -1, 1))
    expect(rowMajor(logits)[3] / -Math.exp(-40)).toBeCloseTo(1, 14)
  })

  it('refuses a target outside [0, 1]', () => {
    expect(() => binaryCrossEntropy.forward({ logits: scalar(0), target: scalar(1.5) })).toThrow(
      'binaryCrossEntropy: target holds 1.5 at []; it should hold numbers from 0 to 1',
    )
  })
})

describe('crossEntropy', () => {
  it('keeps the digits of a loss near 0, and of its gradient', () => {
    const inputs = { logits: fromNested([[50, 0]]), target: fromNested([0]) }
    expect(item(crossEntropy.forward(inputs).loss) / Math.exp(-50)).toBeCloseTo(1, 14)
    const { logits } = backwardOf(crossEntropy)(inputs, {}, { loss: scalar(1) })
    expect(rowMajor(logits)[0] / -Math.exp(-50)).toBeCloseTo(1, 14)
  })
})

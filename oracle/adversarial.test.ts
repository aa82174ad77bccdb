import { describe, expect, it } from 'vitest'
import { discriminatorLoss, generatorLoss } from './adversarial.js'
import { fromNested, item, rowMajor } from './tensor.js'
import { describeCalls } from './testing/everyCall.js'
import { type Call, Random } from './testing/random.js'

const random = new Random(17)
const real = random.tensor([4], 5)
const fake = random.tensor([4], 5)
const calls: readonly Call[] = [
  { operator: 'discriminatorLoss', inputs: { real, fake }, attributes: {} },
  { operator: 'generatorLoss', inputs: { fake }, attributes: {} },
  { operator: 'generatorLoss', inputs: { fake }, attributes: { kind: 'minimax' } },
  { operator: 'generatorLoss', inputs: { fake: fromNested([0]) }, attributes: { kind: 'nonSaturating' } },
]
describeCalls([discriminatorLoss, generatorLoss], calls)

const sigma = (x: number) => 1 / (1 + Math.exp(-x))
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('second formulations', () => {
  it('the losses are those of probabilities', () => {
    const [onReal, onFake] = [[...rowMajor(real)].map(sigma), [...rowMajor(fake)].map(sigma)]
    const discriminator = -mean(onReal.map(Math.log)) - mean(onFake.map((p) => Math.log(1 - p)))
    expect(item(discriminatorLoss.forward({ real, fake }).loss)).toBeCloseTo(discriminator, 13)
    expect(item(generatorLoss.forward({ fake }).loss)).toBeCloseTo(-mean(onFake.map(Math.log)), 13)
    const minimax = item(generatorLoss.forward({ fake }, { kind: 'minimax' }).loss)
    expect(minimax).toBeCloseTo(mean(onFake.map((p) => Math.log(1 - p))), 13)
  })

  it('logits of 0 cost log 2 each', () => {
    const zero = fromNested([0, 0])
    expect(item(discriminatorLoss.forward({ real: zero, fake: zero }).loss)).toBe(2 * Math.LN2)
    expect(item(generatorLoss.forward({ fake: zero }, { kind: 'minimax' }).loss)).toBe(-Math.LN2)
  })
})

describe('extreme inputs', () => {
  it.each([40, 1e4, 1e300])('logits of ±%d', (size) => {
    const wrong = discriminatorLoss.forward({ real: fromNested([-size]), fake: fromNested([size]) })
    expect(item(wrong.loss)).toBe(2 * size)
    const right = discriminatorLoss.forward({ real: fromNested([size]), fake: fromNested([-size]) })
    expect(item(right.loss)).toBe(2 * Math.exp(-size))
    expect(item(generatorLoss.forward({ fake: fromNested([-size]) }).loss)).toBe(size)
    expect(item(generatorLoss.forward({ fake: fromNested([size]) }, { kind: 'minimax' }).loss)).toBe(-size)
  })
})

describe('refusals', () => {
  it('fewer fakes than reals, an unknown kind', () => {
    expect(() => discriminatorLoss.forward({ real, fake: fromNested([1]) })).toThrow(
      'discriminatorLoss: fake has 1 logits, real has 4',
    )
    expect(() => generatorLoss.forward({ fake }, { kind: 'wasserstein' })).toThrow(
      "generatorLoss: attribute kind is wasserstein; it should be 'nonSaturating' or 'minimax'",
    )
  })
})

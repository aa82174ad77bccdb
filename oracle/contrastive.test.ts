import { describe, expect, it } from 'vitest'
import { contrastiveLoss, infoNce, momentumUpdate, ntXent } from './contrastive.js'
import { backwardOf } from './operator.js'
import { fromNested, item, rowMajor, scalar, type Tensor, tensor, toNested, zeros } from './tensor.js'
import { describeCalls } from './testing/everyCall.js'
import { Random } from './testing/random.js'

const random = new Random(7)
const rows = { query: random.tensor([4, 3]), key: random.tensor([4, 3]) }
const pairs = { a: random.tensor([4, 3], 0.5), b: random.tensor([4, 3], 0.5), same: tensor([4], [1, 0, 1, 0]) }

describeCalls(
  [contrastiveLoss, infoNce, ntXent, momentumUpdate],
  [
    ...['mean', 'sum', 'none'].map((reduction) => ({
      operator: 'contrastiveLoss',
      inputs: pairs,
      attributes: { margin: 2, reduction },
    })),
    { operator: 'contrastiveLoss', inputs: pairs, attributes: {} },
    { operator: 'infoNce', inputs: rows, attributes: {} },
    { operator: 'infoNce', inputs: rows, attributes: { temperature: 2, normalize: false } },
    { operator: 'ntXent', inputs: { z: random.tensor([6, 3]) }, attributes: {} },
    { operator: 'ntXent', inputs: { z: random.tensor([2, 2]) }, attributes: { temperature: 0.1 } },
    { operator: 'momentumUpdate', inputs: { target: random.tensor([3]), online: random.tensor([3]) }, attributes: {} },
  ],
)

describe('contrastiveLoss', () => {
  const inputs = {
    a: fromNested([
      [3, 4],
      [0.3, 0.4],
      [3, 4],
      [1, 1],
    ]),
    b: fromNested([
      [0, 0],
      [0, 0],
      [0, 0],
      [1, 1],
    ]),
    same: tensor([4], [1, 0, 0, 0]),
  }

  it('draws pairs together and pushes others beyond the margin, worked by hand', () => {
    // 5², (1 − 0.5)², beyond the margin, (1 − 0)²
    const losses = rowMajor(contrastiveLoss.forward(inputs, { reduction: 'none' }).loss)
    for (const [i, value] of [25, 0.25, 0, 1].entries()) expect(losses[i]).toBeCloseTo(value, 14)
    const { a } = backwardOf(contrastiveLoss)(inputs, { reduction: 'sum' }, { loss: scalar(1) })
    // 2(a − b); −2·0.5·(0.6, 0.8); 0; the derivative of the distance at 0 is 0
    for (const [i, value] of [6, 8, -0.6, -0.8, 0, 0, 0, 0].entries()) expect(rowMajor(a)[i]).toBeCloseTo(value, 14)
  })

  it('holds for vectors of 1e300 beyond the margin', () => {
    const far = { a: tensor([1, 2], [1e300, 1e300]), b: zeros([1, 2]), same: zeros([1]) }
    expect(item(contrastiveLoss.forward(far).loss)).toBe(0)
    expect(toNested(backwardOf(contrastiveLoss)(far, {}, { loss: scalar(1) }).a)).toEqual([[0, 0]])
  })

  it('refuses a same that is neither 0 nor 1, and a negative margin', () => {
    expect(() => contrastiveLoss.forward({ ...inputs, same: tensor([4], [1, 2, 0, 0]) })).toThrow(
      'contrastiveLoss: same holds 2 at [1]; it should hold 0 and 1 only',
    )
    expect(() => contrastiveLoss.forward(inputs, { margin: -1 })).toThrow(
      'contrastiveLoss: attribute margin is -1; it should be a number ≥ 0',
    )
  })
})

function cosine(x: Tensor, i: number, y: Tensor, j: number): number {
  const D = x.shape[1]
  let [dot, xx, yy] = [0, 0, 0]
  for (let d = 0; d < D; d++) {
    dot += x.get(i, d) * y.get(j, d)
    xx += x.get(i, d) ** 2
    yy += y.get(j, d) ** 2
  }
  return dot / Math.sqrt(xx * yy)
}

describe('infoNce', () => {
  it('is −log of the share of the positive, by explicit loops over pairs', () => {
    let sum = 0
    for (let i = 0; i < 4; i++) {
      let total = 0
      for (let j = 0; j < 4; j++) total += Math.exp(cosine(rows.query, i, rows.key, j) / 0.5)
      sum -= Math.log(Math.exp(cosine(rows.query, i, rows.key, i) / 0.5) / total)
    }
    expect(item(infoNce.forward(rows, { temperature: 0.5 }).loss)).toBeCloseTo(sum / 4, 13)
  })

  it('is log N for equal scores, and 0 for a single row', () => {
    expect(item(infoNce.forward({ query: zeros([5, 3]), key: random.tensor([5, 3]) }).loss)).toBeCloseTo(
      Math.log(5),
      14,
    )
    expect(item(infoNce.forward({ query: random.tensor([1, 3]), key: random.tensor([1, 3]) }).loss)).toBe(0)
  })

  it('holds for scores of 1e300, and normalizes vectors of any size', () => {
    const query = fromNested([
      [1e150, 0],
      [0, 1e150],
    ])
    expect(item(infoNce.forward({ query, key: query }, { normalize: false }).loss)).toBe(0)
    const turned = fromNested([
      [0, 1e150],
      [1e150, 0],
    ])
    const { loss } = infoNce.forward({ query, key: turned }, { normalize: false, temperature: 1 })
    expect(item(loss) / 1e300).toBeCloseTo(1, 14)
    const scaled = (scale: number) =>
      tensor(
        [4, 3],
        rows.query.data.map((value) => value * scale),
      )
    const plain = item(infoNce.forward(rows).loss)
    for (const scale of [2 ** 900, 2 ** -30])
      expect(item(infoNce.forward({ ...rows, query: scaled(scale) }).loss)).toBeCloseTo(plain, 13)
  })

  it('takes a length below 1e-12 as 1e-12', () => {
    const query = fromNested([[5e-13], [1]])
    const key = fromNested([[1], [0]])
    // Scores 0.5, 0; 1, 0
    const expected = (Math.log1p(Math.exp(-0.5)) + Math.log1p(Math.exp(1))) / 2
    expect(item(infoNce.forward({ query, key }, { temperature: 1 }).loss)).toBeCloseTo(expected, 14)
  })

  it('refuses a temperature of 0', () => {
    expect(() => infoNce.forward(rows, { temperature: 0 })).toThrow(
      'infoNce: attribute temperature is 0; it should be a number > 0',
    )
  })
})

describe('ntXent', () => {
  it('is its definition, by explicit loops over pairs', () => {
    const z = random.tensor([6, 3])
    let sum = 0
    for (let i = 0; i < 6; i++) {
      let total = 0
      for (let j = 0; j < 6; j++) if (j !== i) total += Math.exp(cosine(z, i, z, j) / 0.3)
      sum -= Math.log(Math.exp(cosine(z, i, z, (i + 3) % 6) / 0.3) / total)
    }
    expect(item(ntXent.forward({ z }, { temperature: 0.3 }).loss)).toBeCloseTo(sum / 6, 13)
  })

  it('is 0 for a single pair, which has no other to be told from, and log(2N − 1) for equal rows', () => {
    expect(item(ntXent.forward({ z: random.tensor([2, 3]) }).loss)).toBe(0)
    expect(item(ntXent.forward({ z: zeros([6, 3]) }).loss)).toBeCloseTo(Math.log(5), 14)
  })

  it('refuses an odd number of rows', () => {
    expect(() => ntXent.forward({ z: zeros([3, 2]) })).toThrow(
      'ntXent: z has 3 as its 2N; it should have a multiple of 2',
    )
  })
})

describe('momentumUpdate', () => {
  it('moves the target by 1 − momentum of the way', () => {
    const inputs = { target: tensor([2], [1, 2]), online: tensor([2], [3, -2]) }
    expect(toNested(momentumUpdate.forward(inputs, { momentum: 0.75 }).y)).toEqual([1.5, 1])
    expect(toNested(momentumUpdate.forward(inputs, { momentum: 1 }).y)).toEqual([1, 2])
  })

  it('refuses a momentum above 1', () => {
    expect(() => momentumUpdate.forward({ target: zeros([1]), online: zeros([1]) }, { momentum: 1.5 })).toThrow(
      'momentumUpdate: attribute momentum is 1.5; it should be a number ≥ 0 and ≤ 1',
    )
  })
})

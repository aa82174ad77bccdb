import { describe, expect, it } from 'vitest'
import { cosineSimilarity, negativeSampling, patchEmbedding, positionalEncoding } from './embeddings.js'
import { backwardOf } from './operator.js'
import { fromNested, item, rowMajor, scalar, tensor, toNested, zeros } from './tensor.js'
import { describeCalls } from './testing/everyCall.js'
import { Random } from './testing/random.js'

const random = new Random(6)
const words = { center: random.tensor([3, 2]), positive: random.tensor([3, 2]), negatives: random.tensor([3, 4, 2]) }
const patches = { image: random.tensor([2, 3, 4, 6]), weight: random.tensor([5, 12]), bias: random.tensor([5]) }
const vectors = { a: random.tensor([2, 3, 4]), b: random.tensor([2, 3, 4]) }

describeCalls(
  [positionalEncoding, patchEmbedding, cosineSimilarity, negativeSampling],
  [
    { operator: 'positionalEncoding', inputs: {}, attributes: { length: 7, dim: 6 } },
    { operator: 'patchEmbedding', inputs: patches, attributes: { patch: 2 } },
    {
      operator: 'patchEmbedding',
      inputs: { image: random.tensor([1, 1, 1, 1]), weight: random.tensor([1, 1]) },
      attributes: { patch: 1 },
    },
    { operator: 'cosineSimilarity', inputs: vectors, attributes: {} },
    { operator: 'cosineSimilarity', inputs: vectors, attributes: { epsilon: 100 } },
    { operator: 'cosineSimilarity', inputs: { a: random.tensor([3]), b: random.tensor([3]) }, attributes: {} },
    { operator: 'negativeSampling', inputs: words, attributes: {} },
  ],
)

describe('positionalEncoding', () => {
  it('is sine at even and cosine at odd columns, worked by hand', () => {
    const y = rowMajor(positionalEncoding.forward({}, { length: 3, dim: 4 }).y)
    const expected = [0, 1, 2].flatMap((t) => [Math.sin(t), Math.cos(t), Math.sin(t / 100), Math.cos(t / 100)])
    for (const [i, value] of expected.entries()) expect(y[i]).toBeCloseTo(value, 15)
  })

  it('a shift by k rotates every pair of columns by k times its frequency', () => {
    const [length, dim, k] = [400, 16, 37]
    const { y } = positionalEncoding.forward({}, { length, dim })
    for (let t = 0; t + k < length; t += 13)
      for (let i = 0; i < dim; i += 2) {
        const [sine, cosine] = [y.get(k, i), y.get(k, i + 1)]
        expect(y.get(t + k, i)).toBeCloseTo(y.get(t, i) * cosine + y.get(t, i + 1) * sine, 14)
        expect(y.get(t + k, i + 1)).toBeCloseTo(y.get(t, i + 1) * cosine - y.get(t, i) * sine, 14)
      }
  })

  it('refuses an odd dim', () => {
    expect(() => positionalEncoding.forward({}, { length: 3, dim: 5 })).toThrow(
      'positionalEncoding: attribute dim is 5; it should be even',
    )
  })
})

describe('patchEmbedding', () => {
  it('reads patches in row-major order, inside a patch channel, row, column', () => {
    const { image, weight, bias } = patches
    const { y } = patchEmbedding.forward(patches, { patch: 2 })
    expect(y.shape).toEqual([2, 6, 5])
    for (let n = 0; n < 2; n++)
      for (let patch = 0; patch < 6; patch++)
        for (let d = 0; d < 5; d++) {
          let sum = bias.get(d)
          for (let c = 0; c < 3; c++)
            for (let r = 0; r < 2; r++)
              for (let q = 0; q < 2; q++)
                sum +=
                  weight.get(d, 4 * c + 2 * r + q) * image.get(n, c, 2 * Math.floor(patch / 3) + r, 2 * (patch % 3) + q)
          expect(y.get(n, patch, d)).toBeCloseTo(sum, 13)
        }
  })

  it.each([
    [
      'a patch that does not divide the image',
      { image: zeros([1, 1, 4, 6]), weight: zeros([2, 16]) },
      { patch: 4 },
      "patchEmbedding: patch is 4; it should divide the image's height 4 and width 6",
    ],
    [
      'a weight for other patches',
      { image: zeros([1, 3, 4, 4]), weight: zeros([2, 10]) },
      { patch: 2 },
      'patchEmbedding: weight has 10 at dimension 1; it should have 12 (C·patch·patch, patch = 2)',
    ],
    [
      'no patch',
      { image: zeros([1, 3, 4, 4]), weight: zeros([2, 12]) },
      {},
      'patchEmbedding: attribute patch is missing',
    ],
  ])('refuses %s', (_, inputs, attributes, message) => {
    expect(() => patchEmbedding.forward(inputs, attributes)).toThrow(message)
  })
})

describe('cosineSimilarity', () => {
  it('is the cosine of the angle, worked by hand', () => {
    const inputs = {
      a: fromNested([
        [3, 4],
        [1, 0],
        [1, 1],
      ]),
      b: fromNested([
        [4, 3],
        [0, 2],
        [-2, -2],
      ]),
    }
    const y = rowMajor(cosineSimilarity.forward(inputs).y)
    for (const [i, value] of [0.96, 0, -1].entries()) expect(y[i]).toBeCloseTo(value, 15)
  })

  it('is 0 for a zero vector, with the slope b/epsilon', () => {
    const inputs = { a: zeros([2]), b: fromNested([3, 4]) }
    expect(toNested(cosineSimilarity.forward(inputs).y)).toBe(0)
    const gradients = backwardOf(cosineSimilarity)(inputs, { epsilon: 0.5 }, { y: scalar(1) })
    expect(toNested(gradients.a)).toEqual([6, 8])
    expect(toNested(gradients.b)).toEqual([0, 0])
  })

  it('keeps its digits for vectors that are huge, tiny, or both', () => {
    for (const [p, q] of [
      [1e300, 1e300],
      [1e-320, 1e300],
      [1e200, 1e-150],
    ]) {
      const inputs = { a: tensor([2], [3 * p, 4 * p]), b: tensor([2], [4 * q, 3 * q]) }
      const digits = p === 1e-320 ? 3 : 14
      const epsilon = 1e-30
      expect(item(cosineSimilarity.forward(inputs, { epsilon }).y), `${p}, ${q}`).toBeCloseTo(0.96, digits)
      const { a } = backwardOf(cosineSimilarity)(inputs, { epsilon }, { y: scalar(1) })
      // (b̂ − y·â)/‖a‖ with b̂ − y·â = (0.8 − 0.96·0.6, 0.6 − 0.96·0.8)
      const expected = [0.224, -0.168].map((slope) => slope / 5 / p)
      for (const [i, slope] of expected.entries()) {
        if (Number.isFinite(slope)) expect(rowMajor(a)[i] / slope, `${p}, ${q}`).toBeCloseTo(1, 13)
      }
    }
  })

  it('divides by epsilon where both norms together fall below it', () => {
    const inputs = { a: tensor([1], [1e-200]), b: tensor([1], [2e-200]) }
    expect(item(cosineSimilarity.forward(inputs, { epsilon: 1e-300 }).y) / 2e-100).toBeCloseTo(1, 14)
  })

  it('refuses shapes that differ, leading dimensions included', () => {
    expect(() => cosineSimilarity.forward({ a: zeros([2, 3]), b: zeros([3]) })).toThrow(
      'cosineSimilarity: b has shape [3], a has [2, 3]; they should be equal',
    )
  })
})

describe('negativeSampling', () => {
  it('is its definition, term by term', () => {
    const { center, positive, negatives } = words
    const logSigma = (s: number) => -Math.log(1 + Math.exp(-s))
    let sum = 0
    for (let n = 0; n < 3; n++) {
      sum -= logSigma(center.get(n, 0) * positive.get(n, 0) + center.get(n, 1) * positive.get(n, 1))
      for (let k = 0; k < 4; k++)
        sum -= logSigma(-(center.get(n, 0) * negatives.get(n, k, 0) + center.get(n, 1) * negatives.get(n, k, 1)))
    }
    expect(item(negativeSampling.forward(words).loss)).toBeCloseTo(sum / 3, 13)
  })

  it('holds for scores of 1e300', () => {
    const inputs = {
      center: tensor([1, 1], [1e150]),
      positive: tensor([1, 1], [1e150]),
      negatives: tensor([1, 1, 1], [1e150]),
    }
    expect(item(negativeSampling.forward(inputs).loss) / 1e300).toBeCloseTo(1, 14)
  })
})

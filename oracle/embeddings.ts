import { float, int, optional, output, scalarOutput } from './contract.js'
import { divide, multiply } from './doubleDouble.js'
import { exponentialParts, logistic, scaleByPowerOfTwo, softplus } from './elementary.js'
import { linear } from './linear.js'
import { norm } from './norm.js'
import { backwardOf, defineOperator } from './operator.js'
import { item, rowMajor, sameShape, shapeText, type Tensor, tensor, zeros } from './tensor.js'

export const oneHot = defineOperator({
  name: 'oneHot',
  family: 'embeddings',
  summary: '1 in the column of the id, 0 elsewhere',
  source: 'Deep Learning (MIT Press 2016), section 5.7.2; ntua/1.3',
  inputs: { ids: int(['…'], { least: 0, below: 'classes' }) },
  attributes: { classes: { type: 'number', integer: true, least: 1 } },
  outputs: { y: output('…', 'classes') },
  forward: ({ ids }, { classes }) => {
    const y = zeros([...ids.shape, classes])
    for (const [i, id] of rowMajor(ids).entries()) y.data[i * classes + id] = 1
    return { y }
  },
})

export const embedding = defineOperator({
  name: 'embedding',
  family: 'embeddings',
  summary: 'the table row of each id; a repeated id adds up its gradients',
  source: 'Deep Learning (MIT Press 2016), section 12.4.2; ntua/1.3',
  inputs: { ids: int(['…'], { least: 0, below: 'V' }), table: float('V', 'D') },
  attributes: {},
  outputs: { y: output('…', 'D') },
  dimensionNames: { V: 'rows', D: 'columns' },
  forward: ({ ids, table }) => {
    const D = table.shape[1]
    const rows = rowMajor(table)
    const y = new Float64Array(ids.size * D)
    for (const [i, id] of rowMajor(ids).entries()) y.set(rows.subarray(id * D, (id + 1) * D), i * D)
    return { y: tensor([...ids.shape, D], y) }
  },
  backward: ({ ids, table }, _, { y }) => {
    const D = table.shape[1]
    const g = rowMajor(y)
    const result = zeros(table.shape)
    for (const [i, id] of rowMajor(ids).entries()) for (let d = 0; d < D; d++) result.data[id * D + d] += g[i * D + d]
    return { table: result }
  },
})

/** log 10000 */
const logBase = { high: 9.210340371976184, low: -8.683024893528997e-16 }

/** position/10000^(column/dim) as a sum of two numbers: rounded, the angle of a late position would lose digits of its sine. */
function angle(position: number, column: number, dim: number) {
  const exponent = multiply(divide({ high: column, low: 0 }, { high: dim, low: 0 }), logBase)
  const { high, low, exponent: power } = exponentialParts(-exponent.high, -exponent.low)
  return multiply({ high: position, low: 0 }, { high: high * 2 ** power, low: low * 2 ** power })
}

export const positionalEncoding = defineOperator({
  name: 'positionalEncoding',
  family: 'embeddings',
  summary: 'y[t, 2i] = sin(t/10000^(2i/dim)), y[t, 2i + 1] = cos(t/10000^(2i/dim))',
  source: 'Attention Is All You Need (2017), section 3.5',
  inputs: {},
  attributes: {
    length: { type: 'number', integer: true, least: 1 },
    dim: { type: 'number', integer: true, least: 2 },
  },
  outputs: { y: output('length', 'dim') },
  constraint: ({ attributes }) =>
    Number(attributes.dim) % 2 === 0 ? undefined : `attribute dim is ${attributes.dim}; it should be even`,
  forward: (_, { length, dim }) => {
    const y = zeros([length, dim])
    for (let t = 0; t < length; t++)
      for (let column = 0; column < dim; column += 2) {
        const { high, low } = angle(t, column, dim)
        const [sine, cosine] = [Math.sin(high), Math.cos(high)]
        y.data[t * dim + column] = sine + cosine * low
        y.data[t * dim + column + 1] = cosine - sine * low
      }
    return { y }
  },
})

/** Calls f with every entry of every patch: its place in [N·(H/P)·(W/P), C·P·P] and in the image. */
function forEachPatchEntry(
  [N, C, H, W]: readonly number[],
  P: number,
  f: (entry: number, pixel: number) => void,
): void {
  let entry = 0
  for (let n = 0; n < N; n++)
    for (let top = 0; top < H; top += P)
      for (let left = 0; left < W; left += P)
        for (let c = 0; c < C; c++)
          for (let row = top; row < top + P; row++)
            for (let column = left; column < left + P; column++) f(entry++, ((n * C + c) * H + row) * W + column)
}

/** The patches of an image as rows: [N, (H/P)(W/P), C·P·P]. */
function patchesOf(image: Tensor, P: number): Tensor {
  const [N, C, H, W] = image.shape
  const pixels = rowMajor(image)
  const patches = zeros([N, (H / P) * (W / P), C * P * P])
  forEachPatchEntry(image.shape, P, (entry, pixel) => {
    patches.data[entry] = pixels[pixel]
  })
  return patches
}

export const patchEmbedding = defineOperator({
  name: 'patchEmbedding',
  family: 'embeddings',
  summary: 'linear of every P×P patch; patches in row-major order, inside a patch: channel, row, column',
  source: 'An Image is Worth 16x16 Words (2021), equation 1 without class token and positions',
  inputs: {
    image: float('N', 'C', 'H', 'W'),
    weight: float('D', 'C·patch·patch'),
    bias: optional(float('D')),
  },
  attributes: { patch: { type: 'number', integer: true, least: 1 } },
  outputs: { y: output('N', 'H·W/patch·patch', 'D') },
  dimensionNames: { N: 'images', C: 'channels', D: 'features' },
  constraint: ({ sizes: { H, W }, attributes }) => {
    const patch = Number(attributes.patch)
    if (H % patch === 0 && W % patch === 0) return undefined
    return `patch is ${patch}; it should divide the image's height ${H} and width ${W}`
  },
  forward: ({ image, weight, bias }, { patch }) => ({
    y: linear.forward({ x: patchesOf(image, patch), weight, ...(bias && { bias }) }).y,
  }),
  backward: ({ image, weight, bias }, { patch }, { y }) => {
    const { x, ...parameters } = backwardOf(linear)(
      { x: patchesOf(image, patch), weight, ...(bias && { bias }) },
      {},
      { y },
    )
    const result = zeros(image.shape)
    forEachPatchEntry(image.shape, patch, (entry, pixel) => {
      result.data[pixel] = x.data[entry]
    })
    return { image: result, ...parameters }
  },
})

/** a·b, ‖a‖ and ‖b‖ of one row, each in units of a power of two, so that none overflows or vanishes. */
function cosineParts(a: Float64Array, b: Float64Array, from: number, D: number) {
  const [lengthA, lengthB] = [norm(a, from, D), norm(b, from, D)]
  let dot = 0
  for (let i = from; i < from + D; i++)
    dot += scaleByPowerOfTwo(a[i], -lengthA.exponent) * scaleByPowerOfTwo(b[i], -lengthB.exponent)
  return {
    lengthA,
    lengthB,
    dot,
    lengths: lengthA.mantissa * lengthB.mantissa,
    exponent: lengthA.exponent + lengthB.exponent,
  }
}

export const cosineSimilarity = defineOperator({
  name: 'cosineSimilarity',
  family: 'embeddings',
  summary: 'a·b / max(‖a‖‖b‖, epsilon) over the last axis',
  source: 'Deep Learning (MIT Press 2016), section 2.5, equation 2.34; the guard epsilon as in common libraries',
  inputs: { a: float('…', 'D'), b: float('…', 'D') },
  attributes: { epsilon: { type: 'number', above: 0, default: 1e-8 } },
  outputs: { y: output('…') },
  dimensionNames: { D: 'features' },
  constraint: ({ shapes }) =>
    sameShape(shapes.a, shapes.b)
      ? undefined
      : `b has shape ${shapeText(shapes.b)}, a has ${shapeText(shapes.a)}; they should be equal`,
  forward: ({ a, b }, { epsilon }) => {
    const D = a.shape[a.shape.length - 1]
    const [left, right] = [rowMajor(a), rowMajor(b)]
    const y = zeros(a.shape.slice(0, -1))
    for (let row = 0; row < y.data.length; row++) {
      const { dot, lengths, exponent } = cosineParts(left, right, row * D, D)
      const guarded = scaleByPowerOfTwo(lengths, exponent) <= epsilon
      y.data[row] = guarded ? scaleByPowerOfTwo(dot / epsilon, exponent) : dot / lengths
    }
    return { y }
  },
  /** ∂y/∂a = (b/‖b‖ − y·a/‖a‖)/‖a‖, and alike for b; b/epsilon where the guard holds the denominator fast. */
  backward: ({ a, b }, { epsilon }, { y: gradient }) => {
    const D = a.shape[a.shape.length - 1]
    const [left, right, g] = [rowMajor(a), rowMajor(b), rowMajor(gradient)]
    const [gradA, gradB] = [zeros(a.shape), zeros(b.shape)]
    for (let row = 0; row < g.length; row++) {
      const { lengthA, lengthB, dot, lengths, exponent } = cosineParts(left, right, row * D, D)
      const guarded = scaleByPowerOfTwo(lengths, exponent) <= epsilon
      for (let i = row * D; i < (row + 1) * D; i++) {
        if (guarded) {
          gradA.data[i] = (g[row] * right[i]) / epsilon
          gradB.data[i] = (g[row] * left[i]) / epsilon
          continue
        }
        const unitA = scaleByPowerOfTwo(left[i], -lengthA.exponent) / lengthA.mantissa
        const unitB = scaleByPowerOfTwo(right[i], -lengthB.exponent) / lengthB.mantissa
        const cosine = dot / lengths
        gradA.data[i] = scaleByPowerOfTwo((g[row] * (unitB - cosine * unitA)) / lengthA.mantissa, -lengthA.exponent)
        gradB.data[i] = scaleByPowerOfTwo((g[row] * (unitA - cosine * unitB)) / lengthB.mantissa, -lengthB.exponent)
      }
    }
    return { a: gradA, b: gradB }
  },
})

/** Row n of x[N,D] times row m of y[M,D]. */
function dotOfRows(x: Float64Array, n: number, y: Float64Array, m: number, D: number): number {
  let sum = 0
  for (let d = 0; d < D; d++) sum += x[n * D + d] * y[m * D + d]
  return sum
}

export const negativeSampling = defineOperator({
  name: 'negativeSampling',
  family: 'embeddings',
  summary: 'the mean over N of −log σ(c·p) − Σₖ log σ(−c·nₖ)',
  source: 'Distributed Representations of Words and Phrases and their Compositionality (2013), equation 4, negated',
  inputs: { center: float('N', 'D'), positive: float('N', 'D'), negatives: float('N', 'K', 'D') },
  attributes: {},
  outputs: { loss: scalarOutput },
  dimensionNames: { N: 'words', D: 'features', K: 'negatives a word' },
  /** −log σ(s) = softplus(−s) */
  forward: ({ center, positive, negatives }) => {
    const [N, K, D] = negatives.shape
    const [c, p, n] = [rowMajor(center), rowMajor(positive), rowMajor(negatives)]
    let sum = 0
    for (let i = 0; i < N; i++) {
      sum += softplus(-dotOfRows(c, i, p, i, D))
      for (let k = 0; k < K; k++) sum += softplus(dotOfRows(c, i, n, i * K + k, D))
    }
    return { loss: tensor([], [sum / N]) }
  },
  /** With s = −σ(−c·p)/N and sₖ = σ(c·nₖ)/N: ∂/∂c = s·p + Σ sₖ·nₖ, ∂/∂p = s·c, ∂/∂nₖ = sₖ·c. */
  backward: ({ center, positive, negatives }, _, { loss }) => {
    const [N, K, D] = negatives.shape
    const [c, p, n] = [rowMajor(center), rowMajor(positive), rowMajor(negatives)]
    const [gradCenter, gradPositive, gradNegatives] = [zeros([N, D]), zeros([N, D]), zeros([N, K, D])]
    const g = item(loss) / N
    const addPair = (i: number, slope: number, other: Float64Array, row: number, gradient: Tensor) => {
      for (let d = 0; d < D; d++) {
        gradCenter.data[i * D + d] += slope * other[row * D + d]
        gradient.data[row * D + d] += slope * c[i * D + d]
      }
    }
    for (let i = 0; i < N; i++) {
      addPair(i, -g * logistic(-dotOfRows(c, i, p, i, D)), p, i, gradPositive)
      for (let k = 0; k < K; k++) {
        const row = i * K + k
        addPair(i, g * logistic(dotOfRows(c, i, n, row, D)), n, row, gradNegatives)
      }
    }
    return { center: gradCenter, positive: gradPositive, negatives: gradNegatives }
  },
})

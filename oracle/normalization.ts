import { float, optional, output } from './contract.js'
import { scaleByPowerOfTwo } from './elementary.js'
import { defineOperator } from './operator.js'
import { rowMajor, sizeOf, type Tensor, tensor, zeros } from './tensor.js'

/** The entries that are normalized together, as positions in row-major order. */
type Group = (i: number) => number

/**
 * Writes x̂ = (x − μ)/√(σ² + ε) of a group of `count` entries into `normalized`; answers with 1/√(σ² + ε).
 * Differences are taken from the group's first entry, so that a constant group gives exactly 0, and in units of a power of
 * two where their squares would overflow.
 */
function standardize(x: Float64Array, normalized: Float64Array, group: Group, count: number, epsilon: number): number {
  const first = x[group(0)]
  let largest = 0
  for (let i = 0; i < count; i++) largest = Math.max(largest, Math.abs(x[group(i)] / 4 - first / 4))
  const exponent = largest > 2 ** 400 ? -Math.floor(Math.log2(largest)) : 0
  const unit = scaleByPowerOfTwo(1, exponent)
  let sum = 0
  for (let i = 0; i < count; i++) {
    normalized[group(i)] = exponent === 0 ? x[group(i)] - first : x[group(i)] * unit - first * unit
    sum += normalized[group(i)]
  }
  const mean = sum / count
  let squares = 0
  for (let i = 0; i < count; i++) {
    normalized[group(i)] -= mean
    squares += normalized[group(i)] * normalized[group(i)]
  }
  const deviation = Math.sqrt(squares / count + epsilon * unit * unit)
  for (let i = 0; i < count; i++) normalized[group(i)] /= deviation
  return unit / deviation
}

/**
 * g, the gradient with respect to x̂, gives way to ∂L/∂x = (g − mean(g) − x̂·mean(g⊙x̂))/√(σ² + ε) of a group: its mean and
 * variance depend on x as well.
 *
 * Where one entry m stands apart from all others (always, in a group of two) only an ε/σ² remainder of these three terms is
 * left at m. So, with e and f the differences of x and g from their means over the entries other than m, e in units of
 * √(σ² + ε), the terms that cancel are taken out beforehand:
 * ∂L/∂xₘ = (n−1)/n²·(fₘ·(Σⱼ eⱼ² + n·ε/(σ² + ε)) − eₘ·Σⱼ fⱼeⱼ)/√(σ² + ε), sums over j ≠ m, and
 * ∂L/∂xⱼ = (fⱼ − eⱼ·mean(g⊙x̂))/√(σ² + ε) − ∂L/∂xₘ/(n−1).
 */
function standardizeBackward(
  { x, g, normalized }: Record<'x' | 'g' | 'normalized', Float64Array>,
  group: Group,
  count: number,
  { inverseDeviation, epsilon }: { inverseDeviation: number; epsilon: number },
): void {
  let m = 0
  for (let i = 1; i < count; i++) if (Math.abs(normalized[group(i)]) > Math.abs(normalized[group(m)])) m = i
  if (count === 1) {
    g[group(m)] = 0
    return
  }
  const n = count
  const reference = group(m === 0 ? 1 : 0)
  const away = (at: number) => (x[at] / 4 - x[reference] / 4) * inverseDeviation * 4
  let [sumOfX, sumOfG] = [0, 0]
  for (let i = 0; i < n; i++) {
    if (i === m) continue
    sumOfX += away(group(i))
    sumOfG += g[group(i)]
  }
  const [meanOfX, meanOfG] = [sumOfX / (n - 1), sumOfG / (n - 1)]
  let [squares, dot] = [0, 0]
  for (let i = 0; i < n; i++) {
    if (i === m) continue
    const e = away(group(i)) - meanOfX
    squares += e * e
    dot += (g[group(i)] - meanOfG) * e
  }
  const [e, f] = [away(group(m)) - meanOfX, g[group(m)] - meanOfG]
  const meanProduct = (dot + (e * f * (n - 1)) / n) / n
  const share = inverseDeviation * epsilon * inverseDeviation
  const atM = ((f * (squares + n * share) - e * dot) * inverseDeviation * (n - 1)) / n / n
  for (let i = 0; i < n; i++) {
    const at = group(i)
    const own = g[at] - meanOfG - (away(at) - meanOfX) * meanProduct
    g[at] = i === m ? atM : inverseDeviation * own - atM / (n - 1)
  }
}

/** x̂ gives way to gain⊙x̂ + bias; `of(i)` is the index of the feature or channel of entry i. */
function affine(
  normalized: Float64Array,
  gain: Tensor | undefined,
  bias: Tensor | undefined,
  of: (i: number) => number,
): Float64Array {
  const [scale, shift] = [gain && rowMajor(gain), bias && rowMajor(bias)]
  for (let i = 0; i < normalized.length; i++)
    normalized[i] = normalized[i] * (scale?.[of(i)] ?? 1) + (shift?.[of(i)] ?? 0)
  return normalized
}

/** The gradients of gain⊙x̂ + bias with respect to x̂, the gain and the bias, the latter two where they were given. */
function affineBackward(
  g: Float64Array,
  normalized: Float64Array,
  gain: Tensor | undefined,
  bias: Tensor | undefined,
  of: (i: number) => number,
) {
  const scale = gain && rowMajor(gain)
  const gradients: Record<string, Tensor> = {}
  if (gain !== undefined) {
    gradients.gain = zeros(gain.shape)
    for (let i = 0; i < g.length; i++) gradients.gain.data[of(i)] += g[i] * normalized[i]
  }
  if (bias !== undefined) {
    gradients.bias = zeros(bias.shape)
    for (let i = 0; i < g.length; i++) gradients.bias.data[of(i)] += g[i]
  }
  return { toNormalized: g.map((value, i) => value * (scale?.[of(i)] ?? 1)), gradients }
}

/** x̂ of every row of the last axis, and 1/√(σ² + ε) by row. */
function standardizeRows(x: Tensor, epsilon: number) {
  const D = x.shape[x.shape.length - 1]
  const data = rowMajor(x)
  const normalized = new Float64Array(data.length)
  const inverseDeviations = new Float64Array(data.length / D)
  for (let row = 0; row < inverseDeviations.length; row++)
    inverseDeviations[row] = standardize(data, normalized, (i) => row * D + i, D, epsilon)
  return { normalized, inverseDeviations }
}

const epsilon = { type: 'number', above: 0, default: 1e-5 } as const

export const layerNorm = defineOperator({
  name: 'layerNorm',
  family: 'normalization',
  summary: 'gain⊙(x − μ)/√(σ² + ε) + bias, μ and the biased variance σ² over the last axis',
  source: 'Layer Normalization (2016), equations 3 and 4',
  inputs: { x: float('…', 'D'), gain: optional(float('D')), bias: optional(float('D')) },
  attributes: { epsilon },
  outputs: { y: output('…', 'D') },
  dimensionNames: { D: 'features' },
  forward: ({ x, gain, bias }, { epsilon }) => {
    const D = x.shape[x.shape.length - 1]
    const { normalized } = standardizeRows(x, epsilon)
    return {
      y: tensor(
        x.shape,
        affine(normalized, gain, bias, (i) => i % D),
      ),
    }
  },
  /** ∂L/∂x = (ĝ − mean(ĝ) − x̂·mean(ĝ⊙x̂))/√(σ² + ε) by row, ĝ = gain⊙g; ∂L/∂gain = Σ g⊙x̂; ∂L/∂bias = Σ g. */
  backward: ({ x, gain, bias }, { epsilon }, { y }) => {
    const D = x.shape[x.shape.length - 1]
    const { normalized, inverseDeviations } = standardizeRows(x, epsilon)
    const { toNormalized, gradients } = affineBackward(rowMajor(y), normalized, gain, bias, (i) => i % D)
    const rows = { x: rowMajor(x), g: toNormalized, normalized }
    for (const [row, inverseDeviation] of inverseDeviations.entries())
      standardizeBackward(rows, (i) => row * D + i, D, { inverseDeviation, epsilon })
    return { x: tensor(x.shape, toNormalized), ...gradients }
  },
})

/** How x[N,C,…] falls into channels: entry i of channel c is at (n·C + c)·area + rest, i = n·area + rest. */
function channelsOf(x: Tensor) {
  const [N, C] = x.shape
  const area = sizeOf(x.shape.slice(2))
  return {
    C,
    count: N * area,
    channel: (c: number) => (i: number) => (Math.floor(i / area) * C + c) * area + (i % area),
    of: (i: number) => Math.floor(i / area) % C,
  }
}

/** x̂ by the batch's own statistics, or by the given ones; and 1/√(σ² + ε) by channel. */
function standardizeChannels(x: Tensor, mean: Tensor | undefined, variance: Tensor | undefined, epsilon: number) {
  const { C, count, channel } = channelsOf(x)
  const data = rowMajor(x)
  const normalized = new Float64Array(data.length)
  const inverseDeviations = new Float64Array(C)
  const [means, variances] = [mean && rowMajor(mean), variance && rowMajor(variance)]
  for (let c = 0; c < C; c++) {
    const group = channel(c)
    if (means === undefined || variances === undefined) {
      inverseDeviations[c] = standardize(data, normalized, group, count, epsilon)
      continue
    }
    const deviation = Math.sqrt(variances[c] + epsilon)
    for (let i = 0; i < count; i++) normalized[group(i)] = (data[group(i)] - means[c]) / deviation
    inverseDeviations[c] = 1 / deviation
  }
  return { normalized, inverseDeviations }
}

export const batchNorm = defineOperator({
  name: 'batchNorm',
  family: 'normalization',
  summary:
    'gain⊙(x − μ)/√(σ² + ε) + bias by channel; training: μ and the biased variance σ² of the batch; else the given mean and variance',
  source: 'Batch Normalization (2015), algorithms 1 and 2',
  inputs: {
    x: float('N', 'C', '…'),
    gain: optional(float('C')),
    bias: optional(float('C')),
    mean: optional(float('C')),
    variance: optional({ ...float('C'), least: 0 }),
  },
  attributes: { epsilon, training: { type: 'boolean', default: true } },
  outputs: { y: output('N', 'C', '…') },
  dimensionNames: { N: 'items', C: 'channels' },
  constraint: ({ shapes, attributes }) => {
    for (const name of ['mean', 'variance']) {
      if (attributes.training && name in shapes)
        return `input ${name} is superfluous where training is true: the batch's own statistics are used; leave it out`
      if (!attributes.training && !(name in shapes))
        return `input ${name} is missing; where training is false it should have shape [C]`
    }
    return undefined
  },
  forward: ({ x, gain, bias, mean, variance }, { epsilon }) => {
    const { normalized } = standardizeChannels(x, mean, variance, epsilon)
    return { y: tensor(x.shape, affine(normalized, gain, bias, channelsOf(x).of)) }
  },
  /**
   * Training: as layerNorm's, over the channel. With given statistics, ĝ = gain⊙g: ∂L/∂x = ĝ/√(σ² + ε),
   * ∂L/∂mean = −Σ ĝ/√(σ² + ε), ∂L/∂variance = −½·Σ ĝ⊙x̂/(σ² + ε).
   */
  backward: ({ x, gain, bias, mean, variance }, { epsilon }, { y }) => {
    const { C, count, channel, of } = channelsOf(x)
    const { normalized, inverseDeviations } = standardizeChannels(x, mean, variance, epsilon)
    const { toNormalized, gradients } = affineBackward(rowMajor(y), normalized, gain, bias, of)
    const [gradMean, gradVariance] = [zeros([C]), zeros([C])]
    const channels = { x: rowMajor(x), g: toNormalized, normalized }
    for (let c = 0; c < C; c++) {
      const group = channel(c)
      const inverse = inverseDeviations[c]
      if (mean === undefined) {
        standardizeBackward(channels, group, count, { inverseDeviation: inverse, epsilon })
        continue
      }
      let [sum, dot] = [0, 0]
      for (let i = 0; i < count; i++) {
        const at = group(i)
        sum += toNormalized[at]
        dot += toNormalized[at] * normalized[at]
        toNormalized[at] *= inverse
      }
      gradMean.data[c] = -sum * inverse
      gradVariance.data[c] = -0.5 * dot * inverse * inverse
    }
    return {
      x: tensor(x.shape, toNormalized),
      ...gradients,
      ...(mean === undefined ? {} : { mean: gradMean, variance: gradVariance }),
    }
  },
})

import { float, output } from './contract.js'
import { scaleByPowerOfTwo } from './elementary.js'
import { defineOperator } from './operator.js'
import { rowMajor, sizeOf, type Tensor, tensor, zeros, zip } from './tensor.js'

interface ResponseSettings {
  readonly size: number
  readonly alpha: number
  readonly beta: number
  readonly k: number
}

/** The channels that channel c's sum covers: `size` of them around c, cut at the ends. */
function neighbours(c: number, C: number, size: number): readonly [number, number] {
  const half = (size - 1) / 2
  return [Math.max(0, c - half), Math.min(C - 1, c + half)]
}

/**
 * D^−beta and x/D for D = k + (alpha/size)·Σ x², for one channel c of a pixel whose first channel is at `start`.
 * Sums of squares that would overflow are taken in units of 4^exponent.
 */
function response(x: Float64Array, start: number, area: number, C: number, c: number, settings: ResponseSettings) {
  const { size, alpha, beta, k } = settings
  const [from, to] = neighbours(c, C, size)
  let largest = 0
  for (let d = from; d <= to; d++) largest = Math.max(largest, Math.abs(x[start + d * area]))
  const exponent = largest > 2 ** 400 ? Math.floor(Math.log2(largest)) : 0
  const unit = scaleByPowerOfTwo(1, -exponent)
  let squares = 0
  for (let d = from; d <= to; d++) squares += (x[start + d * area] * unit) ** 2
  const denominator = k * unit * unit + (alpha / size) * squares
  // With alpha = 0 nothing is left of a scaled denominator: D is k.
  if (denominator === 0) return { power: k ** -beta, quotient: x[start + c * area] / k, unit: 1 }
  const power = denominator ** -beta * unit ** (2 * beta)
  return { power, quotient: (x[start + c * area] * unit) / denominator, unit }
}

/** Calls f with the position of every pixel's first channel. */
function forEachPixel(x: Tensor, f: (start: number, area: number) => void): void {
  const [N, C] = x.shape
  const area = sizeOf(x.shape.slice(2))
  for (let n = 0; n < N; n++) for (let pixel = 0; pixel < area; pixel++) f(n * C * area + pixel, area)
}

export const localResponseNorm = defineOperator({
  name: 'localResponseNorm',
  family: 'normalization',
  summary: 'x/D^beta with D = k + (alpha/size)·Σ x², the sum over `size` neighbouring channels',
  source:
    'ImageNet Classification with Deep Convolutional Neural Networks (2012), section 3.3, with alpha/size for its α',
  inputs: { x: float('N', 'C', 'H', 'W') },
  attributes: {
    size: { type: 'number', integer: true, least: 1, default: 5 },
    alpha: { type: 'number', least: 0, default: 1e-4 },
    beta: { type: 'number', least: 0, default: 0.75 },
    k: { type: 'number', above: 0, default: 2 },
  },
  outputs: { y: output('N', 'C', 'H', 'W') },
  constraint: ({ attributes }) =>
    Number(attributes.size) % 2 === 1 ? undefined : `attribute size is ${attributes.size}; it should be odd`,
  forward: ({ x }, settings) => {
    const [data, C] = [rowMajor(x), x.shape[1]]
    const y = new Float64Array(data.length)
    forEachPixel(x, (start, area) => {
      for (let c = 0; c < C; c++)
        y[start + c * area] = data[start + c * area] * response(data, start, area, C, c, settings).power
    })
    return { y: tensor(x.shape, y) }
  },
  /** ∂L/∂xⱼ = gⱼ·Dⱼ^−β − 2β·(α/size)·xⱼ·Σ_c g_c·x_c·D_c^(−β−1), over the channels c whose sum covers j. */
  backward: ({ x }, settings, { y }) => {
    const [data, g, C] = [rowMajor(x), rowMajor(y), x.shape[1]]
    const { size, alpha, beta } = settings
    const result = zeros(x.shape)
    forEachPixel(x, (start, area) => {
      for (let c = 0; c < C; c++) {
        const at = start + c * area
        const { power, quotient, unit } = response(data, start, area, C, c, settings)
        result.data[at] += g[at] * power
        const factor = 2 * beta * (alpha / size) * g[at] * power * quotient
        const [from, to] = neighbours(c, C, size)
        for (let d = from; d <= to; d++) result.data[start + d * area] -= factor * (data[start + d * area] * unit)
      }
    })
    return { x: result }
  },
})

export const dropout = defineOperator({
  name: 'dropout',
  family: 'regularization',
  summary: 'x·mask/(1 − p): what is kept is enlarged, so that the expectation over masks is x',
  source:
    'Dropout: A Simple Way to Prevent Neural Networks from Overfitting (2014), section 10, scaled at training time',
  inputs: { x: float(), mask: { dimensions: undefined, kind: 'mask', optional: false } },
  attributes: { p: { type: 'number', least: 0, below: 1 } },
  outputs: { y: output() },
  forward: ({ x, mask }, { p }) => ({ y: zip(x, mask, (value, kept) => (kept === 1 ? value / (1 - p) : 0)) }),
  backward: ({ mask }, { p }, { y }) => ({ x: zip(y, mask, (g, kept) => (kept === 1 ? g / (1 - p) : 0)) }),
})

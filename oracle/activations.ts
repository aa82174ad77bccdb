import { float, output } from './contract.js'
import { hyperbolicTangent, logistic, sechSquared } from './elementary.js'
import { normalDensity, normalDistribution } from './errorFunction.js'
import { defineOperator } from './operator.js'
import { map, rowMajor, type Tensor, tensor, zip } from './tensor.js'

export const sigmoid = defineOperator({
  name: 'sigmoid',
  family: 'activations',
  summary: 'σ(x) = 1/(1 + e^−x), elementwise',
  source: 'Deep Learning (MIT Press 2016), section 3.10',
  inputs: { x: float() },
  attributes: {},
  outputs: { y: output() },
  forward: ({ x }) => ({ y: map(x, logistic) }),
  /** σ′ = σ(x)·σ(−x): 1 − σ would lose its digits where σ is near 1. */
  backward: ({ x }, _, { y }) => ({ x: zip(x, y, (value, g) => g * logistic(value) * logistic(-value)) }),
})

export const tanh = defineOperator({
  name: 'tanh',
  family: 'activations',
  summary: 'tanh(x), elementwise',
  source: 'Deep Learning (MIT Press 2016), section 6.3.2',
  inputs: { x: float() },
  attributes: {},
  outputs: { y: output() },
  forward: ({ x }) => ({ y: map(x, hyperbolicTangent) }),
  /** tanh′ = 1 − tanh² = 1/cosh²: the second form keeps its digits where tanh is near 1. */
  backward: ({ x }, _, { y }) => ({ x: zip(x, y, (value, g) => g * sechSquared(value)) }),
})

export const relu = defineOperator({
  name: 'relu',
  family: 'activations',
  summary: 'max(0, x), elementwise; its derivative at 0 is 0',
  source: 'Deep Learning (MIT Press 2016), section 6.3.1',
  inputs: { x: float() },
  attributes: {},
  outputs: { y: output() },
  forward: ({ x }) => ({ y: map(x, (value) => Math.max(value, 0)) }),
  backward: ({ x }, _, { y }) => ({ x: zip(x, y, (value, g) => (value > 0 ? g : 0)) }),
})

export const leakyRelu = defineOperator({
  name: 'leakyRelu',
  family: 'activations',
  summary: 'x where x > 0, negativeSlope·x elsewhere; its derivative at 0 is negativeSlope',
  source: 'Rectifier Nonlinearities Improve Neural Network Acoustic Models (2013), section 2',
  inputs: { x: float() },
  attributes: { negativeSlope: { type: 'number', least: 0, default: 0.01 } },
  outputs: { y: output() },
  forward: ({ x }, { negativeSlope }) => ({ y: map(x, (value) => (value > 0 ? value : negativeSlope * value)) }),
  backward: ({ x }, { negativeSlope }, { y }) => ({
    x: zip(x, y, (value, g) => (value > 0 ? g : negativeSlope * g)),
  }),
})

const squareRootOfTwoOverPi = Math.sqrt(2 / Math.PI)

/** √(2/π)·(x + 0.044715x³), the argument of the tanh form. */
function tanhArgument(x: number): number {
  return squareRootOfTwoOverPi * x * (1 + 0.044715 * x * x)
}

/** d/dx of x·σ(2u), u the argument of the tanh form: σ(2u) + x·σ′(2u)·2u′. */
function tanhGeluSlope(x: number): number {
  const u = tanhArgument(x)
  const slope = logistic(2 * u) * logistic(-2 * u)
  const argumentSlope = squareRootOfTwoOverPi * (1 + 3 * 0.044715 * x * x)
  return logistic(2 * u) + (slope === 0 ? 0 : x * slope * 2 * argumentSlope)
}

export const gelu = defineOperator({
  name: 'gelu',
  family: 'activations',
  summary:
    "x·Φ(x), Φ the standard normal distribution function; approximate = 'tanh': ½x(1 + tanh(√(2/π)(x + 0.044715x³)))",
  source: 'Gaussian Error Linear Units (2016), section 2',
  inputs: { x: float() },
  attributes: { approximate: { type: 'choice', values: ['none', 'tanh'], default: 'none' } },
  outputs: { y: output() },
  /** ½(1 + tanh u) is σ(2u), which keeps its digits for negative u. */
  forward: ({ x }, { approximate }) => ({
    y: map(
      x,
      approximate === 'none'
        ? (value) => value * normalDistribution(value)
        : (value) => value * logistic(2 * tanhArgument(value)),
    ),
  }),
  /** (x·Φ(x))′ = Φ(x) + x·φ(x) */
  backward: ({ x }, { approximate }, { y }) => ({
    x: zip(
      x,
      y,
      approximate === 'none'
        ? (value, g) => g * (normalDistribution(value) + value * normalDensity(value))
        : (value, g) => g * tanhGeluSlope(value),
    ),
  }),
})

/** Where the entries along an axis lie in a row-major tensor: entry i of lane (o, r) is at o·length·inner + i·inner + r. */
export interface Lanes {
  readonly outer: number
  readonly length: number
  readonly inner: number
}

/** The lanes of `shape` along an axis, a negative one counted from the end. */
export function lanesAlong(shape: readonly number[], axis: number): Lanes {
  const d = axis < 0 ? axis + shape.length : axis
  const count = (lengths: readonly number[]) => lengths.reduce((product, length) => product * length, 1)
  return { outer: count(shape.slice(0, d)), length: shape[d], inner: count(shape.slice(d + 1)) }
}

/** Calls f with the position of every lane's first entry and the step to its next one. */
export function forEachLane({ outer, length, inner }: Lanes, f: (start: number, step: number) => void): void {
  for (let o = 0; o < outer; o++) for (let r = 0; r < inner; r++) f(o * length * inner + r, inner)
}

/**
 * max + log Σ exp(x − max) over a lane: finite for every finite x. Answers with both parts, and with the sum and the part of
 * it beside the first maximum, whose own term is 1: log(1 + others) keeps the digits of a small loss.
 */
export function logSumExp(x: Float64Array, start: number, step: number, length: number) {
  let first = start
  for (let i = 1; i < length; i++) if (x[start + i * step] > x[first]) first = start + i * step
  const maximum = x[first]
  let others = 0
  for (let at = start; at < start + length * step; at += step) if (at !== first) others += Math.exp(x[at] - maximum)
  return { maximum, logSum: Math.log1p(others), sum: 1 + others, first, others }
}

const axisDeclaration = {
  inputs: { x: float('…', 'D') },
  attributes: { axis: { type: 'number', integer: true, default: -1 } },
  outputs: { y: output('…', 'D') },
} as const

function axisConstraint({
  shapes,
  attributes,
}: {
  shapes: Readonly<Record<string, readonly number[]>>
  attributes: Readonly<Record<string, unknown>>
}) {
  const rank = shapes.x.length
  const axis = Number(attributes.axis)
  if (axis >= -rank && axis < rank) return undefined
  return `axis ${axis} is out of range for rank ${rank}; it should be from ${-rank} to ${rank - 1}`
}

/** softmax(x) along an axis. */
function softmaxOf(x: Tensor, axis: number): Float64Array {
  const data = rowMajor(x)
  const y = new Float64Array(data.length)
  const lanes = lanesAlong(x.shape, axis)
  forEachLane(lanes, (start, step) => {
    const { maximum, sum } = logSumExp(data, start, step, lanes.length)
    for (let i = 0; i < lanes.length; i++) y[start + i * step] = Math.exp(data[start + i * step] - maximum) / sum
  })
  return y
}

export const softmax = defineOperator({
  name: 'softmax',
  family: 'activations',
  summary: 'e^xᵢ / Σⱼ e^xⱼ along an axis, computed from x − max x',
  source: 'Deep Learning (MIT Press 2016), sections 4.1 and 6.2.2.3',
  ...axisDeclaration,
  constraint: axisConstraint,
  forward: ({ x }, { axis }) => ({ y: tensor(x.shape, softmaxOf(x, axis)) }),
  /**
   * ∂L/∂xᵢ = yᵢ·(gᵢ − Σⱼ gⱼyⱼ). A constant taken from g changes nothing: taken at the largest y, it leaves the digits of a
   * slope that is small because that y is near 1.
   */
  backward: ({ x }, { axis }, { y: gradient }) => {
    const y = softmaxOf(x, axis)
    const g = rowMajor(gradient)
    const result = new Float64Array(y.length)
    const lanes = lanesAlong(x.shape, axis)
    forEachLane(lanes, (start, step) => {
      let largest = start
      for (let i = 1; i < lanes.length; i++) if (y[start + i * step] > y[largest]) largest = start + i * step
      let dot = 0
      for (let i = 0; i < lanes.length; i++) dot += (g[start + i * step] - g[largest]) * y[start + i * step]
      for (let i = 0; i < lanes.length; i++)
        result[start + i * step] = y[start + i * step] * (g[start + i * step] - g[largest] - dot)
    })
    return { x: tensor(x.shape, result) }
  },
})

export const logSoftmax = defineOperator({
  name: 'logSoftmax',
  family: 'activations',
  summary: 'xᵢ − log Σⱼ e^xⱼ along an axis, computed from x − max x',
  source: 'Deep Learning (MIT Press 2016), section 6.2.2.3',
  ...axisDeclaration,
  constraint: axisConstraint,
  forward: ({ x }, { axis }) => {
    const data = rowMajor(x)
    const y = new Float64Array(data.length)
    const lanes = lanesAlong(x.shape, axis)
    forEachLane(lanes, (start, step) => {
      const { maximum, logSum } = logSumExp(data, start, step, lanes.length)
      for (let i = 0; i < lanes.length; i++) y[start + i * step] = data[start + i * step] - maximum - logSum
    })
    return { y: tensor(x.shape, y) }
  },
  /** ∂L/∂xᵢ = gᵢ − softmax(x)ᵢ·Σⱼ gⱼ */
  backward: ({ x }, { axis }, { y: gradient }) => {
    const y = softmaxOf(x, axis)
    const g = rowMajor(gradient)
    const result = new Float64Array(y.length)
    const lanes = lanesAlong(x.shape, axis)
    forEachLane(lanes, (start, step) => {
      let sum = 0
      for (let i = 0; i < lanes.length; i++) sum += g[start + i * step]
      for (let i = 0; i < lanes.length; i++) result[start + i * step] = g[start + i * step] - y[start + i * step] * sum
    })
    return { x: tensor(x.shape, result) }
  },
})

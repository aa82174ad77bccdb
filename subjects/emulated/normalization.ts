import type { Operator } from '../../oracle/contract.js'
import { rowMajor, sizeOf, type Tensor, tensor } from '../../oracle/tensor.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { build, pick, run } from './layout.js'

/** The mean and 1/√(σ² + ε) of entries that are normalized together. */
interface Statistics {
  readonly mean: number
  readonly inverse: number
}

function inverseDeviation(arithmetic: EmulatedArithmetic, variance: number, epsilon: number): number {
  return arithmetic.divide(1, arithmetic.sqrt(arithmetic.add(variance, arithmetic.round(epsilon))))
}

function statisticsOf(arithmetic: EmulatedArithmetic, values: readonly number[], epsilon: number): Statistics {
  const count = arithmetic.round(values.length)
  const mean = arithmetic.divide(arithmetic.sum(values), count)
  const differences = values.map((value) => arithmetic.subtract(value, mean))
  const variance = arithmetic.divide(arithmetic.dot(differences, differences), count)
  return { mean, inverse: inverseDeviation(arithmetic, variance, epsilon) }
}

/** (x − μ)·s, or x·s − μ·s. */
function normalized(arithmetic: EmulatedArithmetic, x: number, { mean, inverse }: Statistics): number {
  if (arithmetic.options.formulation === 'textbook') return arithmetic.multiply(arithmetic.subtract(x, mean), inverse)
  return arithmetic.subtract(arithmetic.multiply(x, inverse), arithmetic.multiply(mean, inverse))
}

/** The gradients of entries normalized by their own statistics: s·(g − mean(g) − x̂·mean(g⊙x̂)). */
function backwardOf(
  arithmetic: EmulatedArithmetic,
  values: readonly number[],
  g: readonly number[],
  statistics: Statistics,
): number[] {
  const count = arithmetic.round(values.length)
  const hats = values.map((value) => normalized(arithmetic, value, statistics))
  const mean = arithmetic.divide(arithmetic.sum(g), count)
  const dot = arithmetic.divide(arithmetic.dot(g, hats), count)
  return g.map((value, i) =>
    arithmetic.multiply(
      statistics.inverse,
      arithmetic.subtract(arithmetic.subtract(value, mean), arithmetic.multiply(hats[i], dot)),
    ),
  )
}

/** Which places of x are normalized together, and which gain and bias each place has. */
interface Layout {
  readonly groups: readonly (readonly number[])[]
  readonly groupOf: (place: number) => number
  readonly featureOf: (place: number) => number
}

function byRow(x: Tensor): Layout {
  const D = x.shape[x.shape.length - 1]
  const groups = run(0, x.size / D).map((row) => run(row * D, D))
  return { groups, groupOf: (place) => Math.floor(place / D), featureOf: (place) => place % D }
}

function byChannel(x: Tensor): Layout {
  const [N, C] = x.shape
  const area = sizeOf(x.shape.slice(2))
  const channelOf = (place: number) => Math.floor(place / area) % C
  const groups = run(0, C).map((c) => run(0, N).flatMap((n) => run((n * C + c) * area, area)))
  return { groups, groupOf: channelOf, featureOf: channelOf }
}

/** The sums, over all places of each of `count` features, of f(place). */
function sumsByFeature(arithmetic: EmulatedArithmetic, places: number, layout: Layout, shape: readonly number[]) {
  const meeting: number[][] = run(0, sizeOf(shape)).map(() => [])
  for (const place of run(0, places)) meeting[layout.featureOf(place)].push(place)
  return (f: (place: number) => number) => build(shape, (feature) => arithmetic.sum(meeting[feature].map(f)))
}

function normalization(arithmetic: EmulatedArithmetic, layoutOf: (x: Tensor) => Layout): Operator {
  type Inputs = Parameters<Operator['forward']>[0]
  const statistics = ({ x, mean, variance }: Inputs, epsilon: number): readonly Statistics[] => {
    const data = rowMajor(x)
    return layoutOf(x).groups.map((group, c) =>
      mean === undefined
        ? statisticsOf(arithmetic, pick(data, group), epsilon)
        : { mean: rowMajor(mean)[c], inverse: inverseDeviation(arithmetic, rowMajor(variance)[c], epsilon) },
    )
  }
  return {
    forward(inputs, { epsilon }) {
      const { x, gain, bias } = inputs
      const { groupOf, featureOf } = layoutOf(x)
      const known = statistics(inputs, Number(epsilon))
      const data = rowMajor(x)
      return {
        y: build(x.shape, (place) => {
          const hat = normalized(arithmetic, data[place], known[groupOf(place)])
          const scaled = gain === undefined ? hat : arithmetic.multiply(hat, rowMajor(gain)[featureOf(place)])
          return bias === undefined ? scaled : arithmetic.add(scaled, rowMajor(bias)[featureOf(place)])
        }),
      }
    },
    backward(inputs, { epsilon }, { y }) {
      const { x, gain, bias, mean } = inputs
      const layout = layoutOf(x)
      const known = statistics(inputs, Number(epsilon))
      const [data, g] = [rowMajor(x), rowMajor(y)]
      const scaled = rowMajor(y).map((value, place) =>
        gain === undefined ? value : arithmetic.multiply(value, rowMajor(gain)[layout.featureOf(place)]),
      )
      const hat = (place: number) => normalized(arithmetic, data[place], known[layout.groupOf(place)])
      const result = new Float64Array(x.size)
      for (const [group, places] of layout.groups.entries()) {
        const gradients =
          mean === undefined
            ? backwardOf(arithmetic, pick(data, places), pick(scaled, places), known[group])
            : pick(scaled, places).map((value) => arithmetic.multiply(value, known[group].inverse))
        for (const [i, place] of places.entries()) result[place] = gradients[i]
      }
      const sums = (shape: readonly number[]) => sumsByFeature(arithmetic, x.size, layout, shape)
      return {
        x: tensor(x.shape, result),
        ...(gain && { gain: sums(gain.shape)((place) => arithmetic.multiply(g[place], hat(place))) }),
        ...(bias && { bias: sums(bias.shape)((place) => g[place]) }),
        ...(mean && {
          mean: sums(mean.shape)((place) => arithmetic.multiply(-scaled[place], known[layout.groupOf(place)].inverse)),
          variance: build(mean.shape, (c) => {
            const products = layout.groups[c].map((place) => arithmetic.multiply(scaled[place], hat(place)))
            const square = arithmetic.multiply(known[c].inverse, known[c].inverse)
            return arithmetic.multiply(-0.5, arithmetic.multiply(arithmetic.sum(products), square))
          }),
        }),
      }
    },
  }
}

export function layerNorm(arithmetic: EmulatedArithmetic): Operator {
  return normalization(arithmetic, byRow)
}

export function batchNorm(arithmetic: EmulatedArithmetic): Operator {
  return normalization(arithmetic, byChannel)
}

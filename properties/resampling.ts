import type { Attributes } from '../oracle/contract.js'
import type { Tensor } from '../oracle/tensor.js'
import { type Approximation, constant, exact, gather, permuted, reshaped } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import type { Model } from './model.js'

/** Weights with which the outputs of a linear map read its inputs: tap t adds weight[t]·input[from[t]] to output[to[t]]. */
export interface Taps {
  readonly inputs: number
  readonly outputs: number
  readonly from: readonly number[]
  readonly to: readonly number[]
  readonly weight: Approximation
}

/** The same weights with inputs and outputs exchanged. */
function adjoint({ inputs, outputs, from, to, weight }: Taps): Taps {
  return { inputs: outputs, outputs: inputs, from: to, to: from, weight }
}

/** Every row of x[R,inputs] mapped to a row of outputs. The weights are shared, and so are their errors. */
function applied(arithmetic: Arithmetic, x: Approximation, { inputs, outputs, from, to, weight }: Taps): Approximation {
  const rows = x.value.length / inputs
  const lists: number[][] = Array.from({ length: outputs }, () => [])
  for (const [t, place] of to.entries()) lists[place].push(t)
  const most = lists.reduce((length, list) => Math.max(length, list.length), 1)
  const read = new Int32Array(rows * outputs * most).fill(-1)
  const weights = new Int32Array(rows * outputs * most).fill(-1)
  for (let row = 0; row < rows; row++)
    for (const [place, list] of lists.entries())
      for (const [k, t] of list.entries()) {
        const at = (row * outputs + place) * most + k
        read[at] = row * inputs + from[t]
        weights[at] = t
      }
  const items = rows * outputs
  const sums = arithmetic.matmul(gather(weight, [items, 1, most], weights), gather(x, [items, most, 1], read), 'common')
  return reshaped(sums, [rows, outputs])
}

/** The taps of a map of the plane that does one thing to rows and another to columns, as one sum. */
function together(arithmetic: Arithmetic, rows: Taps, columns: Taps): Taps {
  const pairs = rows.to.flatMap((_, r) => columns.to.map((__, c) => [r, c] as const))
  const picked = (weight: Approximation, index: readonly number[]) => gather(weight, [index.length], index)
  return {
    inputs: rows.inputs * columns.inputs,
    outputs: rows.outputs * columns.outputs,
    from: pairs.map(([r, c]) => rows.from[r] * columns.inputs + columns.from[c]),
    to: pairs.map(([r, c]) => rows.to[r] * columns.outputs + columns.to[c]),
    weight: arithmetic.multiply(
      picked(
        rows.weight,
        pairs.map(([r]) => r),
      ),
      picked(
        columns.weight,
        pairs.map(([, c]) => c),
      ),
    ),
  }
}

/** The first approximation, known no better than the worse of both. */
function looser(a: Approximation, b: Approximation): Approximation {
  return {
    ...a,
    bound: a.bound.map((bound, i) => Math.max(bound, b.bound[i])),
    variance: a.variance.map((variance, i) => Math.max(variance, b.variance[i])),
  }
}

/** x[N,C,H,W] mapped along rows and along columns: one after the other, or both in one sum. */
function resampled(arithmetic: Arithmetic, x: Approximation, rows: Taps, columns: Taps): Approximation {
  const [N, C, H, W] = x.shape
  const [h, w] = [rows.outputs, columns.outputs]
  const across = reshaped(applied(arithmetic, reshaped(x, [N * C * H, W]), columns), [N, C, H, w])
  const both = applied(arithmetic, permuted(across, [0, 1, 3, 2]), rows)
  const atOnce = applied(arithmetic, reshaped(x, [N * C, H * W]), together(arithmetic, rows, columns))
  return looser(permuted(reshaped(both, [N, C, w, h]), [0, 1, 3, 2]), reshaped(atOnce, [N, C, h, w]))
}

/** How an image of so many rows and columns is read. */
type TapsOf = (
  arithmetic: Arithmetic,
  size: readonly number[],
  attributes: Attributes,
) => { readonly rows: Taps; readonly columns: Taps }

function resamplingModel(shapes: (image: Tensor, attributes: Attributes) => readonly number[], tapsOf: TapsOf): Model {
  return {
    shapes: ({ image }, attributes) => ({ y: shapes(image, attributes) }),
    forward: (arithmetic, { image }, attributes) => {
      const { rows, columns } = tapsOf(arithmetic, image.shape.slice(2), attributes)
      return { y: resampled(arithmetic, exact(image), rows, columns) }
    },
    /** The adjoint map. */
    backward: (arithmetic, { image }, attributes, { y }) => {
      const { rows, columns } = tapsOf(arithmetic, image.shape.slice(2), attributes)
      return { image: resampled(arithmetic, exact(y), adjoint(rows), adjoint(columns)) }
    },
  }
}

/** e^(−i²/2σ²)/Σⱼ e^(−j²/2σ²) for i from −radius to radius; honest programs round σ², 2σ² and i/σ or none of them. */
function gaussianWeights(arithmetic: Arithmetic, sigma: number, radius: number): Approximation {
  // A single weight is e/e: whatever the exponential's error, it cancels.
  if (radius === 0) return arithmetic.divide(constant([1], 1), constant([1], 1))
  const length = 2 * radius + 1
  const argument = constant([length], 0)
  for (let i = 0; i < length; i++) argument.value[i] = -((i - radius) ** 2) / (2 * sigma ** 2)
  const { division, unitRoundoff } = arithmetic.profile
  const known = arithmetic.widen(argument, (i) => (4 + 2 * division) * unitRoundoff * Math.abs(argument.value[i]))
  const powers = arithmetic.exp(known)
  const sum = arithmetic.sum(powers, 'common')
  return arithmetic.divide(powers, gather(sum, [length], new Int32Array(length)))
}

/** Beyond the borders the image goes on as its mirror image, the edge not repeated. */
function mirroredPlace(place: number, length: number): number {
  if (place < 0) return -place
  return place < length ? place : 2 * length - 2 - place
}

function blurTaps(length: number, radius: number, weights: Approximation): Taps {
  const taps = Array.from({ length: length * (2 * radius + 1) }, (_, t) => ({
    to: Math.floor(t / (2 * radius + 1)),
    k: t % (2 * radius + 1),
  }))
  return {
    inputs: length,
    outputs: length,
    from: taps.map(({ to, k }) => mirroredPlace(to + k - radius, length)),
    to: taps.map(({ to }) => to),
    weight: gather(
      weights,
      [taps.length],
      taps.map(({ k }) => k),
    ),
  }
}

export const blurModel: Model = resamplingModel(
  (image) => image.shape,
  (arithmetic, [H, W], { sigma, radius }) => {
    const weights = gaussianWeights(arithmetic, Number(sigma), Number(radius))
    return { rows: blurTaps(H, Number(radius), weights), columns: blurTaps(W, Number(radius), weights) }
  },
)

/**
 * Position i of `to` is (i + ½)·from/to − ½ of `from`, kept between its first and its last, and reads its neighbours in
 * proportion to how near they are. A program may round the position on the way, with which weight passes from one neighbour to
 * the next, and may write (1 − t)·a + t·b as a + t·(b − a), with which both lose a rounding of theirs.
 */
function bilinearTaps(arithmetic: Arithmetic, from: number, to: number): Taps {
  const { division, unitRoundoff } = arithmetic.profile
  const taps = Array.from({ length: to }, (_, i) => {
    const place = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1)
    const error = from === 1 ? 0 : unitRoundoff * ((division + 2) * (place + 0.5) + 2)
    const neighbours = [Math.floor(place) - 1, Math.floor(place), Math.floor(place) + 1]
    return neighbours
      .filter((at) => at >= 0 && at < from)
      .map((at) => ({ at, to: i, weight: Math.max(0, 1 - Math.abs(place - at)), error }))
      .filter(({ weight }) => weight > 0 || error > 0)
  }).flat()
  const weight = constant([taps.length], 0)
  for (const [t, tap] of taps.entries()) weight.value[t] = tap.weight
  return {
    inputs: from,
    outputs: to,
    from: taps.map(({ at }) => at),
    to: taps.map((tap) => tap.to),
    weight: arithmetic.widen(weight, (t) => taps[t].error),
  }
}

export const resizeModel: Model = resamplingModel(
  ({ shape: [N, C] }, { height, width }) => [N, C, Number(height), Number(width)],
  (arithmetic, [H, W], { height, width }) => ({
    rows: bilinearTaps(arithmetic, H, Number(height)),
    columns: bilinearTaps(arithmetic, W, Number(width)),
  }),
)

import fc from 'fast-check'
import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import {
  type Approximation,
  exact,
  gather,
  permutation,
  permuted,
  repeated,
  reshaped,
  transposed,
} from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { completeCalls, type OperatorProperties, perhaps, present } from './calls.js'
import { compare } from './comparison.js'
import { fill, fillings, type Limits, sizes } from './data.js'
import type { Model } from './model.js'
import { exchanged, refuses } from './refusals.js'
import {
  isAdditive,
  isHomogeneous,
  known,
  law,
  ledger,
  obeysEuler,
  reorders,
  taken,
  takenFrom,
  tensorOf,
  treatsSlicesAlone,
  zerosSayNothing,
} from './relations.js'

/** The patches in the order image, row, column, each in the order channel, row, column: axes N, h, w, C, P, P. */
const patchOrder = [0, 2, 4, 1, 3, 5]

/** An image with its height and width cut: [N,C,H/P,P,W/P,P]. */
function cut([N, C, H, W]: readonly number[], P: number): number[] {
  return [N, C, H / P, P, W / P, P]
}

/** [N·(H/P)·(W/P), C·P·P] */
function patchesOf(image: Tensor, P: number): Approximation {
  const [N, C, H, W] = image.shape
  const patches = permuted(reshaped(exact(image), cut(image.shape, P)), patchOrder)
  return reshaped(patches, [(N * H * W) / (P * P), C * P * P])
}

function withBias(arithmetic: Arithmetic, y: Approximation, bias: Tensor | undefined): Approximation {
  return bias === undefined ? y : arithmetic.add(y, repeated(exact(bias), y.shape))
}

const model: Model = {
  shapes: ({ image, weight }, { patch }) => {
    const [N, , H, W] = image.shape
    const P = Number(patch)
    return { y: [N, Math.floor(H / P) * Math.floor(W / P), weight.shape[0]] }
  },
  /** patches·Wᵀ + b; the bias may come first: a sum of one more term. */
  forward: (arithmetic, { image, weight, bias }, { patch }) => {
    const [N, , H, W] = image.shape
    const P = Number(patch)
    const product = arithmetic.matmul(patchesOf(image, P), transposed(exact(weight)))
    const u = arithmetic.profile.unitRoundoff
    const length = weight.shape[1]
    const y = withBias(arithmetic, product, bias)
    const widened =
      bias === undefined ? y : arithmetic.widen(y, (i) => length * u * Math.abs(rowMajor(bias)[i % bias.size]))
    return { y: reshaped(widened, [N, (H * W) / (P * P), weight.shape[0]]) }
  },
  /** ∂L/∂patches = g·W, put back into the image; ∂L/∂W = gᵀ·patches; ∂L/∂b = Σ g. */
  backward: (arithmetic, { image, weight, bias }, { patch }, { y }) => {
    const P = Number(patch)
    const D = weight.shape[0]
    const g = reshaped(exact(y), [y.size / D, D])
    const patches = arithmetic.matmul(g, exact(weight))
    const { index } = permutation(cut(image.shape, P), patchOrder)
    const back = new Int32Array(index.length)
    for (const [entry, pixel] of index.entries()) back[pixel] = entry
    return {
      image: gather(patches, image.shape, back),
      weight: arithmetic.matmul(transposed(g), patchesOf(image, P)),
      ...(bias === undefined ? {} : { bias: arithmetic.sum(transposed(g)) }),
    }
  },
}

const factors: Limits = { multiplied: true }

const calls = completeCalls(
  'patchEmbedding',
  model,
  (kind, profile) =>
    fc
      .record({
        N: sizes(3),
        C: sizes(3),
        rows: sizes(3),
        columns: sizes(3),
        P: sizes(3),
        D: sizes(4),
        image: fillings(kind, profile, factors),
        weight: fillings(kind, profile, factors),
        bias: perhaps(fillings(kind, profile, factors)),
      })
      .map(({ N, C, rows, columns, P, D, image, weight, bias }) => ({
        inputs: present({
          image: fill([N, C, rows * P, columns * P], image, profile),
          weight: fill([D, C * P * P], weight, profile),
          bias: bias && fill([D], bias, profile),
        }),
        attributes: { patch: P },
      })),
  factors,
)

const simple = { operator: 'patchEmbedding', calls: calls('simple') }
const wide = { operator: 'patchEmbedding', calls: calls('wide') }

/** Zeros but for a one at `place`. */
function unit(length: number, place: number): Tensor {
  return tensorOf([1, length], (i) => (i === place ? 1 : 0))
}

/** Patches of an image, embedded linearly. (An Image is Worth 16x16 Words, 2021, equation 1) */
export const patchEmbedding: OperatorProperties = {
  operator: 'patchEmbedding',
  model,
  calls,
  smooth: calls('smooth'),
  laws: [
    refuses({ operator: 'patchEmbedding', calls }, 'an image that is no whole number of patches', (call, random) => {
      if (Number(call.attributes.patch) === 1) return undefined
      const axis = random.integer(2, 3)
      const { image } = call.inputs
      const order = Array.from({ length: image.shape[axis] + 1 }, (_, i) => Math.min(i, image.shape[axis] - 1))
      return exchanged(call, 'image', taken(image, axis, order), `one pixel too many along axis ${axis}`)
    }),
    isAdditive({ ...simple, name: 'is additive in the image', input: 'image', affine: true }),
    isAdditive({ ...simple, name: 'is additive in the weight', input: 'weight', affine: true }),
    isHomogeneous({
      ...simple,
      name: 'scales with weight and bias',
      inputs: ['weight', 'bias'],
      degree: 1,
    }),
    zerosSayNothing({
      ...wide,
      name: 'is the same for a bias of zeros as for none',
      input: 'bias',
      shape: ({ weight }) => [weight.shape[0]],
    }),
    treatsSlicesAlone({
      ...wide,
      name: 'treats every image of the batch alone',
      inputs: { image: 0 },
      outputs: { y: 0 },
    }),
    reorders({
      ...wide,
      name: 'reorders its features with the rows of weight and bias',
      inputs: { weight: 0, bias: 0 },
      outputs: { y: 2 },
    }),
    law({
      ...wide,
      name: 'gives the pixel that the weight singles out in every patch',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const [N, C, H, W] = inputs.image.shape
        const P = Number(attributes.patch)
        const [c, row, column] = [random.integer(0, C - 1), random.integer(0, P - 1), random.integer(0, P - 1)]
        const weight = unit(C * P * P, (c * P + row) * P + column)
        const { y } = await subject.forward({ image: inputs.image, weight }, attributes)
        const pixels: number[] = []
        for (let n = 0; n < N; n++)
          for (let i = row; i < H; i += P) for (let j = column; j < W; j += P) pixels.push(inputs.image.get(n, c, i, j))
        return compare(`channel ${c}, row ${row}, column ${column} of the patches`, y, known(tensor(y.shape, pixels)))
      },
    }),
    law({
      ...wide,
      name: 'gives every patch its place from left to right and from top to bottom',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const [N, C, H, W] = inputs.image.shape
        const P = Number(attributes.patch)
        const at = [random.integer(0, H / P - 1), random.integer(0, W / P - 1)]
        const { y } = await subject.forward(inputs, attributes)
        const rows = Array.from({ length: P }, (_, i) => at[0] * P + i)
        const columns = Array.from({ length: P }, (_, i) => at[1] * P + i)
        const image = taken(taken(inputs.image, 2, rows), 3, columns)
        const alone = await subject.forward({ ...inputs, image }, attributes)
        const place = at[0] * (W / P) + at[1]
        return compare(`patch ${place} of ${N}×${C}×${H}×${W} by itself: y`, alone.y, takenFrom(y, 1, [place]))
      },
    }),
    law({
      ...wide,
      name: 'does not depend on the order of the channels, if the weight follows it',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const [, C] = inputs.image.shape
        const [D, length] = inputs.weight.shape
        const order = random.permutation(C)
        const { y } = await subject.forward(inputs, attributes)
        const byChannel = tensor([D, C, length / C], rowMajor(inputs.weight).slice())
        const weight = tensor([D, length], rowMajor(taken(byChannel, 1, order)).slice())
        const other = await subject.forward({ ...inputs, image: taken(inputs.image, 1, order), weight }, attributes)
        return compare('y with the channels reordered', other.y, y)
      },
    }),
    obeysEuler({
      operator: 'patchEmbedding',
      calls: (profile) =>
        calls('wide')(profile).map((call) => {
          const { bias: _, ...inputs } = call.inputs
          return { ...call, inputs }
        }),
      name: "obeys Euler's identity in the image",
      input: 'image',
      output: 'y',
      degree: 1,
    }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: 'hands the bias the sum of the gradients of all patches',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const D = inputs.weight.shape[0]
        const bias = inputs.bias ?? tensorOf([D], () => 0)
        const gradient = await subject.backward({ ...inputs, bias }, attributes, gradients)
        const rows = reshaped(known(gradients.y), [gradients.y.size / D, D])
        return compare('∂L/∂bias', gradient.bias, ledger.sum(transposed(rows)))
      },
    }),
  ],
}

import fc from 'fast-check'
import { rowMajor, type Tensor } from '../oracle/tensor.js'
import { constant, exact, gather } from './approximation.js'
import { completeCalls, type OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { fill, fillings, sizes } from './data.js'
import {
  backwards,
  extremes,
  handsOnTheWholeGradient,
  linearImageLaws,
  reversed,
  turned,
  turnedBack,
} from './images.js'
import type { Law } from './law.js'
import { type Profile, representable } from './profile.js'
import { changed, refuses } from './refusals.js'
import { known, law, ledger, taken, takenFrom, tensorOf, within } from './relations.js'
import { blurModel, resizeModel } from './resampling.js'

/** Laws of maps that are weighted means at every place, the same for a mirror image. */
function meanLaws({ operator, calls }: Pick<OperatorProperties, 'operator' | 'calls'>): Law[] {
  const wide = { operator, calls: calls('wide') }
  return [
    ...linearImageLaws({ operator, calls }),
    law({
      ...wide,
      name: 'leaves an image of one colour as it is',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const [first] = rowMajor(inputs.image)
        const { y } = await subject.forward({ image: tensorOf(inputs.image.shape, () => first) }, attributes)
        return compare(`y of an image of ${first}`, y, constant(y.shape, first))
      },
    }),
    law({
      ...wide,
      name: 'stays between the least and the largest entry of the image',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward(inputs, attributes)
        return within('y', y, ...extremes(inputs.image))
      },
    }),
    law({
      ...wide,
      name: 'gives the mirror image for the mirror image',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const axis = random.integer(2, 3)
        const { y } = await subject.forward(inputs, attributes)
        const other = await subject.forward({ image: reversed(inputs.image, axis) }, attributes)
        return compare(
          `y of an image mirrored along axis ${axis}`,
          other.y,
          takenFrom(y, axis, backwards(y.shape[axis])),
        )
      },
    }),
    handsOnTheWholeGradient(wide),
  ]
}

const blurCalls = completeCalls('gaussianBlur', blurModel, (kind, profile) =>
  fc
    .record({
      N: sizes(2),
      C: sizes(2),
      radius: fc.constantFrom(1, 0, 2),
      below: fc.nat(3),
      right: fc.nat(3),
      sigma: fc.constantFrom(1, 0.5, 2, 0.75, 0.1, 20).map((sigma) => representable(profile, sigma)),
      image: fillings(kind, profile),
    })
    .map(({ N, C, radius, below, right, sigma, image }) => ({
      inputs: { image: fill([N, C, radius + 1 + below, radius + 1 + right], image, profile) },
      attributes: { sigma, radius },
    })),
)

/** The image with `radius` entries more on all sides, reflected at its borders. */
function withReflection(image: Tensor, radius: number): Tensor {
  const reflected = (length: number) =>
    Array.from({ length: length + 2 * radius }, (_, i) => {
      const place = Math.abs(i - radius)
      return place < length ? place : 2 * length - 2 - place
    })
  return taken(taken(image, 2, reflected(image.shape[2])), 3, reflected(image.shape[3]))
}

/** The whole numbers from `start` on, `length` of them. */
function range(start: number, length: number): number[] {
  return Array.from({ length }, (_, i) => start + i)
}

/** A plane of the given side with a 1 in its middle and 0 elsewhere. */
function impulse(side: number): Tensor {
  return tensorOf([1, 1, side, side], (i) => (i === (side * side - 1) / 2 ? 1 : 0))
}

const blurs = { operator: 'gaussianBlur', calls: blurCalls }
const wideBlur = { operator: 'gaussianBlur', calls: blurCalls('wide') }

/** σ of at least a half, for which no weight of the radii drawn is rounded away. */
function gentle(profile: Profile) {
  return blurCalls('wide')(profile).map((call) => ({
    ...call,
    attributes: { ...call.attributes, sigma: Math.max(Number(call.attributes.sigma), 0.75) },
  }))
}

export const gaussianBlur: OperatorProperties = {
  operator: 'gaussianBlur',
  model: blurModel,
  calls: blurCalls,
  smooth: blurCalls('smooth'),
  laws: [
    refuses(blurs, 'a radius that reaches over the image', (call) => {
      const [, , H, W] = call.inputs.image.shape
      return changed(call, 'radius', Math.min(H, W))
    }),
    ...meanLaws(blurs),
    law({
      ...wideBlur,
      name: 'leaves the image unchanged for a radius of zero',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward(inputs, { ...attributes, radius: 0 })
        return compare('y', y, known(inputs.image))
      },
    }),
    law({
      ...wideBlur,
      name: 'does the same to columns as to rows',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward(inputs, attributes)
        const other = await subject.forward({ image: turned(inputs.image) }, attributes)
        return compare('y of the transposed image', turnedBack(other.y), y)
      },
    }),
    law({
      ...wideBlur,
      name: 'goes on beyond the borders as in a mirror, without repeating the edge',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const radius = Number(attributes.radius)
        const [, , H, W] = inputs.image.shape
        const { y } = await subject.forward(inputs, attributes)
        const larger = await subject.forward({ image: withReflection(inputs.image, radius) }, attributes)
        const middle = takenFrom(takenFrom(larger.y, 2, range(radius, H)), 3, range(radius, W))
        return compare('y inside of the image with reflected borders', middle, y)
      },
    }),
    law({
      ...wideBlur,
      calls: gentle,
      name: 'spreads a single point as the normal distribution does',
      check: async ({ call: { attributes }, subject }) => {
        const [sigma, radius] = [Number(attributes.sigma), Number(attributes.radius)]
        const side = 4 * radius + 1
        const { y } = await subject.forward({ image: impulse(side) }, attributes)
        const distance = (i: number) => {
          const [row, column] = [Math.floor(i / side) - 2 * radius, (i % side) - 2 * radius]
          return Math.max(Math.abs(row), Math.abs(column)) > radius ? Number.POSITIVE_INFINITY : row ** 2 + column ** 2
        }
        const fall = exact(tensorOf(y.shape, (i) => Math.exp(-distance(i) / (2 * sigma ** 2))))
        const middle = gather(y, y.shape, new Int32Array(side * side).fill((side * side - 1) / 2))
        return compare(
          'y of a single 1',
          y,
          ledger.widen(ledger.multiply(middle, fall), (i) => 1e-15 * fall.value[i]),
        )
      },
    }),
    law({
      ...wideBlur,
      name: 'mixes no entry with those further away than the radius',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const [N, C, H, W] = inputs.image.shape
        const radius = Number(attributes.radius)
        const image = tensorOf([N, C, H, W], (i) => (i % W === W - 1 ? 1 : 0))
        const { y } = await subject.forward({ image }, attributes)
        const far = range(0, Math.max(W - 1 - radius, 0))
        return compare('y far from the only column', takenFrom(y, 3, far), constant([N, C, H, far.length], 0))
      },
    }),
  ],
}

const resizeCalls = completeCalls('resize', resizeModel, (kind, profile) =>
  fc
    .record({
      N: sizes(2),
      C: sizes(2),
      H: sizes(5),
      W: sizes(5),
      rows: fc.constantFrom('any', 'same', 'half', 'double', 'one'),
      columns: fc.constantFrom('any', 'same', 'half', 'double', 'one'),
      height: sizes(7),
      width: sizes(7),
      image: fillings(kind, profile),
    })
    .map(({ N, C, H, W, rows, columns, height, width, image }) => {
      const to = (how: string, from: number, any: number) => {
        if (how === 'any') return any
        if (how === 'one') return 1
        return how === 'double' ? 2 * from : how === 'half' ? Math.ceil(from / 2) : from
      }
      return {
        inputs: { image: fill([N, C, H, W], image, profile) },
        attributes: { height: to(rows, H, height), width: to(columns, W, width) },
      }
    }),
)

const resizes = { operator: 'resize', calls: resizeCalls }
const wideResize = { operator: 'resize', calls: resizeCalls('wide') }

export const resize: OperatorProperties = {
  operator: 'resize',
  model: resizeModel,
  calls: resizeCalls,
  smooth: resizeCalls('smooth'),
  laws: [
    ...meanLaws(resizes),
    law({
      ...wideResize,
      name: 'leaves the image unchanged at its own size',
      check: async ({ call: { inputs }, subject }) => {
        const [, , H, W] = inputs.image.shape
        const { y } = await subject.forward(inputs, { height: H, width: W })
        return compare('y', y, known(inputs.image))
      },
    }),
    law({
      ...wideResize,
      name: 'does the same to columns as to rows',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward(inputs, attributes)
        const exchanged = { height: attributes.width, width: attributes.height }
        const other = await subject.forward({ image: turned(inputs.image) }, exchanged)
        return compare('y, all exchanged,', turnedBack(other.y), y)
      },
    }),
    law({
      ...wideResize,
      name: 'repeats a single row down the image',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const image = taken(inputs.image, 2, [0])
        const { y } = await subject.forward({ image }, attributes)
        const once = await subject.forward({ image }, { ...attributes, height: 1 })
        return compare('y of a single row', y, takenFrom(once.y, 2, new Array(y.shape[2]).fill(0)))
      },
    }),
    law({
      ...wideResize,
      name: 'has the mean of two for one where it halves a side',
      check: async ({ call: { inputs }, subject }) => {
        const [, , H, W] = inputs.image.shape
        const image = taken(inputs.image, 3, [...range(0, W), ...range(0, W)])
        const { y } = await subject.forward({ image }, { height: H, width: W })
        const pairs = (parity: number) =>
          takenFrom(
            known(image),
            3,
            range(0, W).map((j) => 2 * j + parity),
          )
        return compare('y of half the width', y, ledger.add(ledger.scale(pairs(0), 0.5), ledger.scale(pairs(1), 0.5)))
      },
    }),
    law({
      ...wideResize,
      name: 'follows a ramp from centre to centre, and no further than its ends',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const [, , H, W] = inputs.image.shape
        const [h, w] = [Number(attributes.height), Number(attributes.width)]
        const image = tensorOf([1, 1, H, W], (i) => Math.floor(i / W) + 8 * (i % W))
        const { y } = await subject.forward({ image }, attributes)
        const at = (i: number, from: number, to: number) =>
          Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1)
        const ramp = known(tensorOf([1, 1, h, w], (i) => at(Math.floor(i / w), H, h) + 8 * at(i % w, W, w)))
        return compare(
          'y of a ramp',
          y,
          ledger.widen(ramp, () => 1e-14),
        )
      },
    }),
  ],
}

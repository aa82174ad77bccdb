import fc from 'fast-check'
import type { Attributes } from '../oracle/contract.js'
import { rowMajor, zeros } from '../oracle/tensor.js'
import { type Approximation, exact, gather } from './approximation.js'
import { completeCalls, type OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { fill, fillings, sizes } from './data.js'
import { asTensor, handsOnTheWholeGradient, linearImageLaws, reversed, turned, turnedBack } from './images.js'
import type { Model } from './model.js'
import { changed, refuses } from './refusals.js'
import { known, law, reorders, takenFrom, tensorOf, wholeNumbers } from './relations.js'

/** The place in an image[N,C,H,W] of every entry of its mirror image. */
function mirrored(shape: readonly number[]): Int32Array {
  const W = shape[3]
  return Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i - (i % W) + W - 1 - (i % W))
}

const flipModel: Model = {
  shapes: ({ image }) => ({ y: image.shape }),
  forward: (_, { image }) => ({ y: gather(exact(image), image.shape, mirrored(image.shape)) }),
  backward: (_, { image }, __, { y }) => ({ image: gather(exact(y), image.shape, mirrored(image.shape)) }),
}

const flipCalls = completeCalls('horizontalFlip', flipModel, (kind, profile) =>
  fc
    .record({ N: sizes(2), C: sizes(3), H: sizes(4), W: sizes(5), image: fillings(kind, profile) })
    .map(({ N, C, H, W, image }) => ({ inputs: { image: fill([N, C, H, W], image, profile) }, attributes: {} })),
)

const wideFlip = { operator: 'horizontalFlip', calls: flipCalls('wide') }

export const horizontalFlip: OperatorProperties = {
  operator: 'horizontalFlip',
  model: flipModel,
  calls: flipCalls,
  smooth: flipCalls('smooth'),
  laws: [
    ...linearImageLaws({ operator: 'horizontalFlip', calls: flipCalls }),
    reorders({
      ...wideFlip,
      name: 'reorders its rows with those of the image',
      inputs: { image: 2 },
      outputs: { y: 2 },
    }),
    law({
      ...wideFlip,
      name: 'is undone by another flip',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward(inputs, {})
        return compare('y flipped again', (await subject.forward({ image: asTensor(y) }, {})).y, known(inputs.image))
      },
    }),
    law({
      ...wideFlip,
      name: 'shows the columns from the last to the first',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward(inputs, {})
        return compare('y', y, known(reversed(inputs.image, 3)))
      },
    }),
    law({
      ...wideFlip,
      name: 'leaves a symmetric image unchanged',
      check: async ({ call: { inputs }, subject }) => {
        const W = inputs.image.shape[3]
        const image = tensorOf(
          inputs.image.shape,
          (i) => rowMajor(inputs.image)[i - (i % W) + Math.min(i % W, W - 1 - (i % W))],
        )
        return compare('y of a symmetric image', (await subject.forward({ image }, {})).y, known(image))
      },
    }),
    law({
      ...wideFlip,
      kind: 'gradient',
      backward: true,
      name: 'flips the gradient as it flips an image',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const { y } = await subject.forward({ image: gradients.y ?? zeros(inputs.image.shape) }, {})
        return compare('∂L/∂image', (await subject.backward(inputs, {}, gradients)).image, y)
      },
    }),
  ],
}

/** Rows and columns that a crop begins with and how many it has. */
function frame({ top, left, height, width }: Attributes): readonly [number, number, number, number] {
  return [Number(top), Number(left), Number(height), Number(width)]
}

const cropModel: Model = {
  shapes: ({ image }, { height, width }) => ({ y: [image.shape[0], image.shape[1], Number(height), Number(width)] }),
  forward: (_, { image }, attributes) => {
    const [top, left, height, width] = frame(attributes)
    const rows = takenFrom(exact(image), 2, range(top, height))
    return { y: takenFrom(rows, 3, range(left, width)) }
  },
  /** The gradient inside of the frame, 0 outside. */
  backward: (_, { image }, attributes, { y }) => {
    const [top, left, height, width] = frame(attributes)
    const [, , H, W] = image.shape
    const index = Int32Array.from({ length: image.size }, (_entry, place) => {
      const [row, column] = [(Math.floor(place / W) % H) - top, (place % W) - left]
      const inside = row >= 0 && row < height && column >= 0 && column < width
      return inside ? (Math.floor(place / (H * W)) * height + row) * width + column : -1
    })
    return { image: gather(exact(y), image.shape, index) }
  },
}

/** `length` whole numbers from `start` on. */
function range(start: number, length: number): number[] {
  return Array.from({ length }, (_, i) => start + i)
}

const margins = fc.record({ before: fc.nat(3), length: sizes(4), after: fc.nat(3) })

const cropCalls = completeCalls('crop', cropModel, (kind, profile) =>
  fc
    .record({ N: sizes(2), C: sizes(3), rows: margins, columns: margins, image: fillings(kind, profile) })
    .map(({ N, C, rows, columns, image }) => {
      const [H, W] = [rows, columns].map(({ before, length, after }) => before + length + after)
      return {
        inputs: { image: fill([N, C, H, W], image, profile) },
        attributes: { top: rows.before, left: columns.before, height: rows.length, width: columns.length },
      }
    }),
)

const wideCrop = { operator: 'crop', calls: cropCalls('wide') }
const simpleCrop = { operator: 'crop', calls: cropCalls }

export const crop: OperatorProperties = {
  operator: 'crop',
  model: cropModel,
  calls: cropCalls,
  smooth: cropCalls('smooth'),
  laws: [
    refuses(simpleCrop, 'a crop that reaches below the image', (call) =>
      changed(call, 'height', call.inputs.image.shape[2] - Number(call.attributes.top) + 1),
    ),
    refuses(simpleCrop, 'a crop that reaches beyond the right border', (call) =>
      changed(call, 'width', call.inputs.image.shape[3] - Number(call.attributes.left) + 1),
    ),
    refuses(simpleCrop, 'a crop that begins outside of the image', (call, random) =>
      random.next() < 0.5
        ? changed(call, 'top', call.inputs.image.shape[2])
        : changed(call, 'left', call.inputs.image.shape[3]),
    ),
    ...linearImageLaws(simpleCrop),
    law({
      ...wideCrop,
      name: 'leaves the image unchanged when all of it is kept',
      check: async ({ call: { inputs }, subject }) => {
        const [, , H, W] = inputs.image.shape
        const { y } = await subject.forward(inputs, { top: 0, left: 0, height: H, width: W })
        return compare('y', y, known(inputs.image))
      },
    }),
    law({
      ...wideCrop,
      name: 'takes a crop of a crop for one crop',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const [top, left, height, width] = frame(attributes)
        const [down, right] = [random.integer(0, height - 1), random.integer(0, width - 1)]
        const size = { height: random.integer(1, height - down), width: random.integer(1, width - right) }
        const outer = await subject.forward(inputs, attributes)
        const twice = await subject.forward({ image: asTensor(outer.y) }, { top: down, left: right, ...size })
        const once = await subject.forward(inputs, { top: top + down, left: left + right, ...size })
        return compare('y of a crop of a crop', twice.y, once.y)
      },
    }),
    law({
      ...wideCrop,
      name: 'does not look outside of its frame',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const [top, left, height, width] = frame(attributes)
        const [, , H, W] = inputs.image.shape
        const other = wholeNumbers(inputs.image.shape, random)
        const image = tensorOf(inputs.image.shape, (i) => {
          const [row, column] = [Math.floor(i / W) % H, i % W]
          const inside = row >= top && row < top + height && column >= left && column < left + width
          return rowMajor(inside ? inputs.image : other)[i]
        })
        const { y } = await subject.forward(inputs, attributes)
        return compare('y with the rest changed', (await subject.forward({ image }, attributes)).y, y)
      },
    }),
    law({
      ...wideCrop,
      name: 'does the same to columns as to rows',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const [top, left, height, width] = frame(attributes)
        const { y } = await subject.forward(inputs, attributes)
        const exchanged = { top: left, left: top, height: width, width: height }
        const other = await subject.forward({ image: turned(inputs.image) }, exchanged)
        return compare('y, all exchanged,', turnedBack(other.y), y)
      },
    }),
    law({
      ...wideCrop,
      name: 'begins with the entry at top and left',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const [top, left] = frame(attributes)
        const { y } = await subject.forward(inputs, attributes)
        const first = (a: Approximation, row: number, column: number) => takenFrom(takenFrom(a, 2, [row]), 3, [column])
        return compare('the first entry of y', first(y, 0, 0), first(known(inputs.image), top, left))
      },
    }),
    law({
      ...wideCrop,
      kind: 'gradient',
      backward: true,
      name: 'crops its own gradient back to that of the output',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { image } = await subject.backward(inputs, attributes, gradients)
        const { y } = await subject.forward({ image: asTensor(image) }, attributes)
        return compare('∂L/∂image inside of the frame', y, known(gradients.y))
      },
    }),
    handsOnTheWholeGradient(wideCrop),
  ],
}

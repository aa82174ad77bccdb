import type { Attributes, Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensor } from '../../oracle/tensor.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { build, pick, run } from './layout.js'

/** The place of every entry of an image[N,C,H,W] in the image that is mirrored left and right. */
function flipped(image: Tensor): Tensor {
  const W = image.shape[3]
  const data = rowMajor(image)
  return build(image.shape, (place) => data[place + W - 1 - 2 * (place % W)])
}

export function horizontalFlip(): Operator {
  return {
    forward: ({ image }) => ({ y: flipped(image) }),
    backward: (_, __, { y }) => ({ image: flipped(y) }),
  }
}

export function crop(): Operator {
  const frame = ({ top, left, height, width }: Attributes) => [top, left, height, width].map(Number)
  return {
    forward({ image }, attributes) {
      const [N, C, H, W] = image.shape
      const [top, left, height, width] = frame(attributes)
      const data = rowMajor(image)
      return {
        y: build([N, C, height, width], (place) => {
          const [plane, row] = [Math.floor(place / (height * width)), Math.floor(place / width) % height]
          return data[(plane * H + top + row) * W + left + (place % width)]
        }),
      }
    },
    backward({ image }, attributes, { y }) {
      const [top, left, height, width] = frame(attributes)
      const [, , H, W] = image.shape
      const g = rowMajor(y)
      return {
        image: build(image.shape, (place) => {
          const [row, column] = [(Math.floor(place / W) % H) - top, (place % W) - left]
          if (row < 0 || row >= height || column < 0 || column >= width) return 0
          return g[(Math.floor(place / (H * W)) * height + row) * width + column]
        }),
      }
    },
  }
}

export function adjustColor(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward({ image, scale, shift }) {
      const [, C, H, W] = image.shape
      const [x, a, b] = [image, scale, shift].map(rowMajor)
      return {
        y: build(image.shape, (place) => {
          const c = Math.floor(place / (H * W)) % C
          if (arithmetic.options.fused) return arithmetic.dot([b[c], a[c]], [1, x[place]])
          return arithmetic.add(arithmetic.multiply(a[c], x[place]), b[c])
        }),
      }
    },
    backward({ image, scale, shift }, _, { y }) {
      const [N, C, H, W] = image.shape
      const [x, a, g] = [image, scale, y].map(rowMajor)
      const placesOf = (c: number) => run(0, N).flatMap((n) => run((n * C + c) * H * W, H * W))
      return {
        image: build(image.shape, (place) => arithmetic.multiply(a[Math.floor(place / (H * W)) % C], g[place])),
        scale: build(scale.shape, (c) => arithmetic.dot(pick(g, placesOf(c)), pick(x, placesOf(c)))),
        shift: build(shift.shape, (c) => arithmetic.sum(pick(g, placesOf(c)))),
      }
    },
  }
}

/** Which places of a line each place of another reads, with the weights; every list in the order of the line. */
type Reading = readonly (readonly { readonly at: number; readonly weight: number }[])[]

/** The same weights read backwards: each place of the input with the outputs that it goes to. */
function readBackwards(reading: Reading, length: number): Reading {
  return run(0, length).map((at) =>
    reading.flatMap((taps, to) => taps.filter((tap) => tap.at === at).map(({ weight }) => ({ at: to, weight }))),
  )
}

/** Along columns and then rows; in the other formulation both at once, with the products of the weights. */
function resampled(arithmetic: EmulatedArithmetic, x: Tensor, rows: Reading, columns: Reading): Tensor {
  const [N, C, H, W] = x.shape
  const [height, width] = [rows.length, columns.length]
  const data = rowMajor(x)
  const dot = (values: number[], weights: number[]) => arithmetic.dot(weights, values)
  if (arithmetic.options.formulation === 'logarithmic')
    return build([N, C, height, width], (place) => {
      const plane = Math.floor(place / (height * width)) * H
      const pairs = rows[Math.floor(place / width) % height].flatMap((row) =>
        columns[place % width].map((column) => ({
          at: (plane + row.at) * W + column.at,
          weight: arithmetic.multiply(row.weight, column.weight),
        })),
      )
      return dot(
        pairs.map(({ at }) => data[at]),
        pairs.map(({ weight }) => weight),
      )
    })
  const across = rowMajor(
    build([N, C, H, width], (place) => {
      const taps = columns[place % width]
      return dot(
        taps.map(({ at }) => data[Math.floor(place / width) * W + at]),
        taps.map(({ weight }) => weight),
      )
    }),
  )
  return build([N, C, height, width], (place) => {
    const taps = rows[Math.floor(place / width) % height]
    const plane = Math.floor(place / (height * width)) * H
    return dot(
      taps.map(({ at }) => across[(plane + at) * width + (place % width)]),
      taps.map(({ weight }) => weight),
    )
  })
}

function resampling(
  arithmetic: EmulatedArithmetic,
  reading: (from: number, to: unknown, attributes: Attributes) => Reading,
): Operator {
  const readings = (image: Tensor, attributes: Attributes) => [
    reading(image.shape[2], attributes.height, attributes),
    reading(image.shape[3], attributes.width, attributes),
  ]
  return {
    forward({ image }, attributes) {
      const [rows, columns] = readings(image, attributes)
      return { y: resampled(arithmetic, image, rows, columns) }
    },
    backward({ image }, attributes, { y }) {
      const [rows, columns] = readings(image, attributes)
      const [, , H, W] = image.shape
      return { image: resampled(arithmetic, y, readBackwards(rows, H), readBackwards(columns, W)) }
    },
  }
}

export function gaussianBlur(arithmetic: EmulatedArithmetic): Operator {
  /** e^(−½(i/σ)²), or e^(−i²/2σ²), over their sum. */
  const weights = (sigma: number, radius: number) => {
    const powers = run(-radius, 2 * radius + 1).map((i) => {
      const ratio = arithmetic.divide(i, sigma)
      return arithmetic.options.formulation === 'textbook'
        ? arithmetic.exp(-arithmetic.divide(i * i, arithmetic.multiply(2, arithmetic.multiply(sigma, sigma))))
        : arithmetic.exp(-arithmetic.multiply(0.5, arithmetic.multiply(ratio, ratio)))
    })
    const sum = arithmetic.sum(powers)
    return powers.map((power) => arithmetic.divide(power, sum))
  }
  return resampling(arithmetic, (length, _, { sigma, radius }) => {
    const reach = Number(radius)
    const w = weights(arithmetic.round(Number(sigma)), reach)
    return run(0, length).map((place) =>
      w.map((weight, k) => {
        const beyond = Math.abs(place + k - reach)
        return { at: beyond < length ? beyond : 2 * (length - 1) - beyond, weight }
      }),
    )
  })
}

export function resize(arithmetic: EmulatedArithmetic): Operator {
  return resampling(arithmetic, (from, to) =>
    run(0, Number(to)).map((i) => {
      const ratio = arithmetic.divide(from, Number(to))
      const place = arithmetic.subtract(arithmetic.multiply(i + 0.5, ratio), 0.5)
      const inside = Math.min(Math.max(place, 0), from - 1)
      const first = Math.floor(inside)
      const rest = arithmetic.subtract(inside, first)
      return [
        { at: first, weight: arithmetic.subtract(1, rest) },
        { at: Math.min(first + 1, from - 1), weight: rest },
      ]
    }),
  )
}

import type { Attributes, Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { listOf, positions } from './convolution.js'
import { build, pick, run } from './layout.js'

/** The place in x of each window's first maximum. */
function maxima(x: Tensor, attributes: Attributes) {
  const [N, C, H, W] = x.shape
  const data = rowMajor(x)
  const [kernel, stride, padding] = ['kernel', 'stride', 'padding'].map((name) => listOf(attributes, name))
  const [height, width] = [H, W].map((length, d) => positions(length, kernel[d], stride[d], padding[d]))
  const places: number[] = []
  for (const plane of run(0, N * C))
    for (const i of run(0, height))
      for (const j of run(0, width)) {
        const window = run(i * stride[0] - padding[0], kernel[0])
          .filter((row) => row >= 0 && row < H)
          .flatMap((row) =>
            run(j * stride[1] - padding[1], kernel[1])
              .filter((column) => column >= 0 && column < W)
              .map((column) => (plane * H + row) * W + column),
          )
        const values = pick(data, window)
        places.push(window[values.indexOf(Math.max(...values))])
      }
  return { places, shape: [N, C, height, width] }
}

export function maxPool2d(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward({ x }, attributes) {
      const { places, shape } = maxima(x, attributes)
      return { y: tensor(shape, pick(rowMajor(x), places)) }
    },
    backward({ x }, attributes, { y }) {
      const g = rowMajor(y)
      const meeting: number[][] = run(0, x.size).map(() => [])
      for (const [cell, place] of maxima(x, attributes).places.entries()) meeting[place].push(g[cell])
      return {
        x: tensor(
          x.shape,
          Float64Array.from(meeting, (gradients) => arithmetic.sum(gradients)),
        ),
      }
    },
  }
}

export function meanOverTime(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward({ x, lengths }) {
      const [T, N, H] = x.shape
      const data = rowMajor(x)
      return {
        y: build([N, H], (place) => {
          const length = lengths === undefined ? T : rowMajor(lengths)[Math.floor(place / H)]
          return arithmetic.divide(arithmetic.sum(pick(data, run(place, length, N * H))), arithmetic.round(length))
        }),
      }
    },
    backward({ x, lengths }, _, { y }) {
      const [T, N, H] = x.shape
      const g = rowMajor(y)
      return {
        x: build(x.shape, (place) => {
          const length = lengths === undefined ? T : rowMajor(lengths)[Math.floor(place / H) % N]
          return place < length * N * H ? arithmetic.divide(g[place % (N * H)], arithmetic.round(length)) : 0
        }),
      }
    },
  }
}

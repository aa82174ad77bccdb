import type { Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensor } from '../../oracle/tensor.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { build, pick, run } from './layout.js'

/** The pixels of every patch, in the order channel, row, column. */
function pixelsOf(image: Tensor, P: number): number[][] {
  const [N, C, H, W] = image.shape
  const [rows, columns] = [H / P, W / P]
  return run(0, N * rows * columns).map((patch) => {
    const n = Math.floor(patch / (rows * columns))
    const top = (Math.floor(patch / columns) % rows) * P
    const left = (patch % columns) * P
    return run(0, C * P * P).map((i) => {
      const [c, row, column] = [Math.floor(i / (P * P)), Math.floor(i / P) % P, i % P]
      return ((n * C + c) * H + top + row) * W + left + column
    })
  })
}

export function patchEmbedding(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward({ image, weight, bias }, attributes) {
      const pixels = pixelsOf(image, Number(attributes.patch))
      const [D, length] = weight.shape
      const [data, w] = [rowMajor(image), rowMajor(weight)]
      const b = bias === undefined ? undefined : rowMajor(bias)
      return {
        y: build([image.shape[0], pixels.length / image.shape[0], D], (place) => {
          const d = place % D
          const value = arithmetic.dot(
            pick(data, pixels[Math.floor(place / D)]),
            w.subarray(d * length, (d + 1) * length),
          )
          return b === undefined ? value : arithmetic.add(value, b[d])
        }),
      }
    },
    backward({ image, weight, bias }, attributes, { y }) {
      const pixels = pixelsOf(image, Number(attributes.patch))
      const [D, length] = weight.shape
      const [data, w, g] = [rowMajor(image), rowMajor(weight), rowMajor(y)]
      const column = (d: number) => pick(g, run(d, pixels.length, D))
      const gradient = new Float64Array(image.size)
      for (const [patch, places] of pixels.entries())
        for (const [i, place] of places.entries())
          gradient[place] = arithmetic.dot(g.subarray(patch * D, (patch + 1) * D), pick(w, run(i, D, length)))
      return {
        image: build(image.shape, (place) => gradient[place]),
        weight: build(weight.shape, (place) =>
          arithmetic.dot(
            column(Math.floor(place / length)),
            pixels.map((places) => data[places[place % length]]),
          ),
        ),
        ...(bias === undefined ? {} : { bias: build([D], (d) => arithmetic.sum(column(d))) }),
      }
    },
  }
}

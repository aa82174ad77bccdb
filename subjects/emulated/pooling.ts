import type { Attributes, Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { listOf, positions } from './convolution.js'
import { build, pick, run } from './layout.js'

/** The places in x of the entries of each window. */
function windowsOf(x: Tensor, attributes: Attributes) {
  const [N, C, H, W] = x.shape
  const [kernel, stride, padding] = ['kernel', 'stride', 'padding'].map((name) => listOf(attributes, name))
  const [height, width] = [H, W].map((length, d) => positions(length, kernel[d], stride[d], padding[d]))
  const windows: number[][] = []
  for (const plane of run(0, N * C))
    for (const i of run(0, height))
      for (const j of run(0, width))
        windows.push(
          run(i * stride[0] - padding[0], kernel[0])
            .filter((row) => row >= 0 && row < H)
            .flatMap((row) =>
              run(j * stride[1] - padding[1], kernel[1])
                .filter((column) => column >= 0 && column < W)
                .map((column) => (plane * H + row) * W + column),
            ),
        )
  return { windows, shape: [N, C, height, width] }
}

/** The place in x of each window's first maximum. */
function maxima(x: Tensor, attributes: Attributes) {
  const data = rowMajor(x)
  const { windows, shape } = windowsOf(x, attributes)
  const places = windows.map((window) => {
    const values = pick(data, window)
    return window[values.indexOf(Math.max(...values))]
  })
  return { places, shape }
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

/** The entries of every cell of an adaptive average. */
function cellsOf(x: Tensor, attributes: Attributes) {
  const [N, C, H, W] = x.shape
  const [height, width] = listOf(attributes, 'output')
  const covered = (i: number, cells: number, length: number) => {
    const from = Math.floor((i * length) / cells)
    return run(from, Math.ceil(((i + 1) * length) / cells) - from)
  }
  const windows = run(0, N * C * height * width).map((cell) => {
    const plane = Math.floor(cell / (height * width))
    const columns = covered(cell % width, width, W)
    return covered(Math.floor(cell / width) % height, height, H).flatMap((row) =>
      columns.map((column) => (plane * H + row) * W + column),
    )
  })
  return { windows, shape: [N, C, height, width] }
}

/** Means over windows, each divided by a count of its own. */
function averaging(
  arithmetic: EmulatedArithmetic,
  windowsIn: (x: Tensor, attributes: Attributes) => { windows: readonly number[][]; shape: readonly number[] },
  countOf: (window: readonly number[], attributes: Attributes) => number,
): Operator {
  const quotient = (value: number, count: number) =>
    arithmetic.options.formulation === 'textbook'
      ? arithmetic.divide(value, arithmetic.round(count))
      : arithmetic.multiply(value, arithmetic.divide(1, arithmetic.round(count)))
  return {
    forward({ x }, attributes) {
      const data = rowMajor(x)
      const { windows, shape } = windowsIn(x, attributes)
      return {
        y: build(shape, (i) => quotient(arithmetic.sum(pick(data, windows[i])), countOf(windows[i], attributes))),
      }
    },
    backward({ x }, attributes, { y }) {
      const g = rowMajor(y)
      const meeting: number[][] = run(0, x.size).map(() => [])
      for (const [i, window] of windowsIn(x, attributes).windows.entries())
        for (const place of window) meeting[place].push(quotient(g[i], countOf(window, attributes)))
      return { x: build(x.shape, (place) => arithmetic.sum(meeting[place])) }
    },
  }
}

export function avgPool2d(arithmetic: EmulatedArithmetic): Operator {
  return averaging(arithmetic, windowsOf, (window, attributes) => {
    const [height, width] = listOf(attributes, 'kernel')
    return attributes.countIncludePad === true ? height * width : window.length
  })
}

export function adaptiveAvgPool2d(arithmetic: EmulatedArithmetic): Operator {
  return averaging(arithmetic, cellsOf, (window) => window.length)
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

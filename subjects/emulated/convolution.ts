import type { Attributes, Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import type { EmulatedArithmetic } from './arithmetic.js'
import { build, pick, run } from './layout.js'

/** A pair or list among filled-in attributes. */
export function listOf(attributes: Attributes, name: string): readonly number[] {
  const value = attributes[name]
  if (typeof value === 'number') return [value, value]
  if (typeof value !== 'object') throw new TypeError(`attribute ${name} is not a list`)
  return value
}

/** How many windows fit into a padded length. */
export function positions(length: number, kernel: number, stride: number, padding: number, dilation = 1): number {
  let count = 0
  while (count * stride + dilation * (kernel - 1) < length + 2 * padding) count++
  return count
}

/** One multiplication of a convolution: the places of its output, weight and input entry. */
type Tap = readonly [y: number, weight: number, x: number]

function convolution({ x, weight }: Readonly<Record<string, Tensor>>, attributes: Attributes) {
  const [N, C, H, W] = x.shape
  const [O, depth, KH, KW] = weight.shape
  const [stride, padding, dilation] = ['stride', 'padding', 'dilation'].map((name) => listOf(attributes, name))
  const height = positions(H, KH, stride[0], padding[0], dilation[0])
  const width = positions(W, KW, stride[1], padding[1], dilation[1])
  const perGroup = O / Number(attributes.groups)
  const taps: Tap[] = []
  for (const n of run(0, N))
    for (const o of run(0, O))
      for (const i of run(0, height))
        for (const j of run(0, width))
          for (const d of run(0, depth))
            for (const u of run(0, KH))
              for (const v of run(0, KW)) {
                const row = i * stride[0] + u * dilation[0] - padding[0]
                const column = j * stride[1] + v * dilation[1] - padding[1]
                if (row < 0 || row >= H || column < 0 || column >= W) continue
                const c = Math.floor(o / perGroup) * depth + d
                taps.push([
                  ((n * O + o) * height + i) * width + j,
                  ((o * depth + d) * KH + u) * KW + v,
                  ((n * C + c) * H + row) * W + column,
                ])
              }
  return { taps, shape: [N, O, height, width] }
}

/** For each of `size` places, the sum of the products of all taps that meet there: the places at `left` and `right`. */
function gather(
  arithmetic: EmulatedArithmetic,
  taps: readonly Tap[],
  size: number,
  at: 0 | 1 | 2,
  [left, leftData]: readonly [0 | 1 | 2, Float64Array],
  [right, rightData]: readonly [0 | 1 | 2, Float64Array],
): Float64Array {
  const meeting: Tap[][] = run(0, size).map(() => [])
  for (const tap of taps) meeting[tap[at]].push(tap)
  return Float64Array.from(meeting, (here) =>
    arithmetic.dot(
      here.map((tap) => leftData[tap[left]]),
      here.map((tap) => rightData[tap[right]]),
    ),
  )
}

export function conv2d(arithmetic: EmulatedArithmetic): Operator {
  return {
    forward(inputs, attributes) {
      const { taps, shape } = convolution(inputs, attributes)
      const [N, O, height, width] = shape
      const area = height * width
      const y = gather(arithmetic, taps, N * O * area, 0, [1, rowMajor(inputs.weight)], [2, rowMajor(inputs.x)])
      const b = inputs.bias === undefined ? undefined : rowMajor(inputs.bias)
      return {
        y: build(shape, (place) =>
          b === undefined ? y[place] : arithmetic.add(y[place], b[Math.floor(place / area) % O]),
        ),
      }
    },
    backward(inputs, attributes, { y }) {
      const { x, weight, bias } = inputs
      const { taps, shape } = convolution(inputs, attributes)
      const [N, O, height, width] = shape
      const area = height * width
      const g = rowMajor(y)
      return {
        x: tensor(x.shape, gather(arithmetic, taps, x.size, 2, [0, g], [1, rowMajor(weight)])),
        weight: tensor(weight.shape, gather(arithmetic, taps, weight.size, 1, [0, g], [2, rowMajor(x)])),
        ...(bias === undefined
          ? {}
          : {
              bias: build([O], (o) => arithmetic.sum(run(0, N).flatMap((n) => pick(g, run((n * O + o) * area, area))))),
            }),
      }
    },
  }
}

export function convOutputSize(): Operator {
  return {
    forward(_, attributes) {
      const [input, kernel, stride, padding, dilation] = ['input', 'kernel', 'stride', 'padding', 'dilation'].map(
        (name) => listOf(attributes, name),
      )
      return { size: build([input.length], (a) => positions(input[a], kernel[a], stride[a], padding[a], dilation[a])) }
    },
  }
}

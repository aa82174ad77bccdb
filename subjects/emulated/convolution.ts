import type { Attributes, Operator } from '../../oracle/contract.js'
import { rowMajor, type Tensor, type Tensors, tensor } from '../../oracle/tensor.js'
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

/** The two passes of conv2d, for what is composed of it. */
function passesOf(arithmetic: EmulatedArithmetic) {
  const { forward, backward } = conv2d(arithmetic)
  if (backward === undefined) throw new TypeError('conv2d has no backward pass')
  return { forward, backward }
}

/** A tensor [N,C,L] as an image one column wide. */
function asColumn(x: Tensor): Tensor {
  return tensor([...x.shape, 1], rowMajor(x))
}

export function conv1d(arithmetic: EmulatedArithmetic): Operator {
  const image = passesOf(arithmetic)
  const upright = ({ x, weight, bias }: Tensors): Tensors => ({
    x: asColumn(x),
    weight: asColumn(weight),
    ...(bias && { bias }),
  })
  const along = ({ stride, padding, dilation, groups }: Attributes): Attributes => ({
    stride: [Number(stride), 1],
    padding: [Number(padding), 0],
    dilation: [Number(dilation), 1],
    groups,
  })
  return {
    async forward(inputs, attributes) {
      const { y } = await image.forward(upright(inputs), along(attributes))
      return { y: tensor(y.shape.slice(0, 3), rowMajor(y)) }
    },
    async backward(inputs, attributes, { y }) {
      const gradients = await image.backward(upright(inputs), along(attributes), { y: asColumn(y) })
      return Object.fromEntries(
        Object.entries(gradients).map(([name, g]) => [name, tensor(inputs[name].shape, rowMajor(g))]),
      )
    },
  }
}

export function depthwiseSeparableConv2d(arithmetic: EmulatedArithmetic): Operator {
  const { forward, backward } = passesOf(arithmetic)
  const filtering = (C: number, { stride, padding }: Attributes) => ({ stride, padding, dilation: 1, groups: C })
  const mixing = { stride: 1, padding: 0, dilation: 1, groups: 1 }
  return {
    async forward({ x, depthwise, pointwise, bias }, attributes) {
      const filtered = await forward({ x, weight: depthwise }, filtering(x.shape[1], attributes))
      return forward({ x: filtered.y, weight: pointwise, ...(bias && { bias }) }, mixing)
    },
    async backward({ x, depthwise, pointwise, bias }, attributes, { y }) {
      const settings = filtering(x.shape[1], attributes)
      const filtered = await forward({ x, weight: depthwise }, settings)
      const mixed = await backward({ x: filtered.y, weight: pointwise, ...(bias && { bias }) }, mixing, { y })
      const first = await backward({ x, weight: depthwise }, settings, { y: mixed.x })
      return {
        x: first.x,
        depthwise: first.weight,
        pointwise: mixed.weight,
        ...(bias && { bias: mixed.bias }),
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

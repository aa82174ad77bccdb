import { type CallShape, type DefaultContext, float, int, optional, output } from './contract.js'
import { pairOf, windowComplaint, windowPositions } from './convolution.js'
import { defineOperator } from './operator.js'
import { rowMajor, type Tensor, tensor, zeros } from './tensor.js'

type Pair = readonly [number, number]

/** Calls f for every window: where its output stands and where its first maximum in row-major order stands in x. */
function forEachMaximum(
  x: Tensor,
  { kernel, stride, padding }: { kernel: Pair; stride: Pair; padding: Pair },
  f: (y: number, x: number) => void,
): readonly [number, number] {
  const [N, C, H, W] = x.shape
  const image = rowMajor(x)
  const outH = windowPositions(H, kernel[0], stride[0], padding[0], 1)
  const outW = windowPositions(W, kernel[1], stride[1], padding[1], 1)
  let y = 0
  for (let plane = 0; plane < N * C; plane++)
    for (let i = 0; i < outH; i++)
      for (let j = 0; j < outW; j++) {
        const top = i * stride[0] - padding[0]
        const left = j * stride[1] - padding[1]
        let best = -1
        for (let row = Math.max(top, 0); row < Math.min(top + kernel[0], H); row++)
          for (let column = Math.max(left, 0); column < Math.min(left + kernel[1], W); column++) {
            const at = (plane * H + row) * W + column
            if (best < 0 || image[at] > image[best]) best = at
          }
        f(y++, best)
      }
  return [outH, outW]
}

const windowAttributes = {
  kernel: { type: 'pair', least: 1 },
  stride: {
    type: 'pair',
    least: 1,
    default: { text: 'kernel', compute: ({ attributes }: DefaultContext) => pairOf(attributes, 'kernel') },
  },
  padding: { type: 'pair', least: 0, default: 0 },
} as const

function windowConstraint({ sizes: { H, W }, attributes }: CallShape): string | undefined {
  const [kernel, padding] = [pairOf(attributes, 'kernel'), pairOf(attributes, 'padding')]
  for (const d of [0, 1])
    if (padding[d] > kernel[d] / 2)
      return `padding is [${padding.join(', ')}]; it should be at most half the kernel [${kernel.join(', ')}]`
  return windowComplaint('high', H, kernel[0], padding[0], 1) ?? windowComplaint('wide', W, kernel[1], padding[1], 1)
}

function windowOutputShapes({ sizes: { N, C, H, W }, attributes }: CallShape) {
  const [kernel, stride, padding] = ['kernel', 'stride', 'padding'].map((name) => pairOf(attributes, name))
  const height = windowPositions(H, kernel[0], stride[0], padding[0], 1)
  return { y: [N, C, height, windowPositions(W, kernel[1], stride[1], padding[1], 1)] }
}

export const maxPool2d = defineOperator({
  name: 'maxPool2d',
  family: 'pooling',
  summary:
    'the maximum of each window, the image padded with −∞; the first maximum in row-major order gets the gradient',
  source: 'Deep Learning (MIT Press 2016), section 9.3; fer/2',
  inputs: { x: float('N', 'C', 'H', 'W') },
  attributes: windowAttributes,
  outputs: { y: output('N', 'C', 'H′', 'W′') },
  constraint: windowConstraint,
  outputShapes: windowOutputShapes,
  forward: ({ x }, settings) => {
    const image = rowMajor(x)
    const y: number[] = []
    const [height, width] = forEachMaximum(x, settings, (_, at) => y.push(image[at]))
    return { y: tensor([x.shape[0], x.shape[1], height, width], y) }
  },
  backward: ({ x }, settings, { y }) => {
    const g = rowMajor(y)
    const result = zeros(x.shape)
    forEachMaximum(x, settings, (i, at) => {
      result.data[at] += g[i]
    })
    return { x: result }
  },
})

/** Entries from `from` up to `to`, `to` left out. */
interface Range {
  readonly from: number
  readonly to: number
}

/** Where the window of each output row (or column) lies: [i·stride − padding, i·stride − padding + kernel), cut to the input. */
function windowRanges(length: number, kernel: number, stride: number, padding: number): readonly Range[] {
  return Array.from({ length: windowPositions(length, kernel, stride, padding, 1) }, (_, i) => {
    const from = i * stride - padding
    return { from: Math.max(from, 0), to: Math.min(from + kernel, length) }
  })
}

/** The windows of an average: cell (i, j) covers rows[i] × columns[j], and its sum is divided by divisor(rows[i], columns[j]). */
interface Averaging {
  readonly rows: readonly Range[]
  readonly columns: readonly Range[]
  divisor(rows: Range, columns: Range): number
}

function area(rows: Range, columns: Range): number {
  return (rows.to - rows.from) * (columns.to - columns.from)
}

function average(x: Tensor, { rows, columns, divisor }: Averaging): Tensor {
  const [N, C, H, W] = x.shape
  const image = rowMajor(x)
  const y = zeros([N, C, rows.length, columns.length])
  let at = 0
  for (let plane = 0; plane < N * C; plane++)
    for (const r of rows)
      for (const c of columns) {
        const count = divisor(r, c)
        y.data[at] = windowSum(image, plane * H, W, r, c, 1) / count
        // A sum of numbers near the largest may overflow where their mean does not.
        if (!Number.isFinite(y.data[at])) y.data[at] = windowSum(image, plane * H, W, r, c, count)
        at++
      }
  return y
}

/** Σ x/divisor over a window of a plane whose first row is `top`. */
function windowSum(image: Float64Array, top: number, W: number, rows: Range, columns: Range, divisor: number): number {
  let sum = 0
  for (let row = rows.from; row < rows.to; row++)
    for (let column = columns.from; column < columns.to; column++) sum += image[(top + row) * W + column] / divisor
  return sum
}

/** Every entry of a window gets the cell's gradient divided by the divisor. */
function averageBackward(x: Tensor, gradient: Tensor, { rows, columns, divisor }: Averaging): Tensor {
  const [N, C, H, W] = x.shape
  const g = rowMajor(gradient)
  const result = zeros(x.shape)
  let at = 0
  for (let plane = 0; plane < N * C; plane++)
    for (const r of rows)
      for (const c of columns) {
        const share = g[at++] / divisor(r, c)
        for (let row = r.from; row < r.to; row++)
          for (let column = c.from; column < c.to; column++) result.data[(plane * H + row) * W + column] += share
      }
  return result
}

function averagePooling(
  x: Tensor,
  settings: { kernel: Pair; stride: Pair; padding: Pair; countIncludePad: boolean },
): Averaging {
  const { kernel, stride, padding, countIncludePad } = settings
  return {
    rows: windowRanges(x.shape[2], kernel[0], stride[0], padding[0]),
    columns: windowRanges(x.shape[3], kernel[1], stride[1], padding[1]),
    divisor: countIncludePad ? () => kernel[0] * kernel[1] : area,
  }
}

export const avgPool2d = defineOperator({
  name: 'avgPool2d',
  family: 'pooling',
  summary:
    'the mean of each window, the image padded with 0; countIncludePad: padding counts in the divisor, else entries of the image only',
  source: 'Deep Learning (MIT Press 2016), section 9.3; A guide to convolution arithmetic, section 1.2',
  inputs: { x: float('N', 'C', 'H', 'W') },
  attributes: { ...windowAttributes, countIncludePad: { type: 'boolean', default: true } },
  outputs: { y: output('N', 'C', 'H′', 'W′') },
  constraint: windowConstraint,
  outputShapes: windowOutputShapes,
  forward: ({ x }, settings) => ({ y: average(x, averagePooling(x, settings)) }),
  backward: ({ x }, settings, { y }) => ({ x: averageBackward(x, y, averagePooling(x, settings)) }),
})

/** Cell i of `cells` covers ⌊i·length/cells⌋ to ⌈(i + 1)·length/cells⌉ − 1. */
function adaptiveRanges(length: number, cells: number): readonly Range[] {
  return Array.from({ length: cells }, (_, i) => ({
    from: Math.floor((i * length) / cells),
    to: Math.ceil(((i + 1) * length) / cells),
  }))
}

function adaptiveAveraging(x: Tensor, [height, width]: Pair): Averaging {
  return { rows: adaptiveRanges(x.shape[2], height), columns: adaptiveRanges(x.shape[3], width), divisor: area }
}

export const adaptiveAvgPool2d = defineOperator({
  name: 'adaptiveAvgPool2d',
  family: 'pooling',
  summary: 'the mean of cell (i, j): rows ⌊iH/h⌋ to ⌈(i+1)H/h⌉ − 1, columns alike, for output = [h, w]',
  source: 'Network In Network (2014), section 3.2, for output = [1, 1]',
  inputs: { x: float('N', 'C', 'H', 'W') },
  attributes: { output: { type: 'pair', least: 1 } },
  outputs: { y: output('N', 'C', 'h', 'w') },
  constraint: ({ sizes: { H, W }, attributes }) => {
    const [height, width] = pairOf(attributes, 'output')
    if (height <= H && width <= W) return undefined
    return `output is [${height}, ${width}]; it should be at most the input's [${H}, ${W}]`
  },
  outputShapes: ({ sizes: { N, C }, attributes }) => ({ y: [N, C, ...pairOf(attributes, 'output')] }),
  forward: ({ x }, { output }) => ({ y: average(x, adaptiveAveraging(x, output)) }),
  backward: ({ x }, { output }, { y }) => ({ x: averageBackward(x, y, adaptiveAveraging(x, output)) }),
})

export const meanOverTime = defineOperator({
  name: 'meanOverTime',
  family: 'pooling',
  summary: 'y[n] = the mean of the first lengths[n] steps of x[·,n]; of all T where lengths is not given',
  source: 'ntua/1.3, question 3',
  inputs: { x: float('T', 'N', 'H'), lengths: optional(int(['N'], { least: 1, most: 'T' })) },
  attributes: {},
  outputs: { y: output('N', 'H') },
  dimensionNames: { T: 'steps', N: 'sequences', H: 'features' },
  forward: ({ x, lengths }) => {
    const [T, N, H] = x.shape
    const [data, counts] = [rowMajor(x), lengths && rowMajor(lengths)]
    const y = new Float64Array(N * H)
    for (let n = 0; n < N; n++) {
      const count = counts?.[n] ?? T
      for (let h = 0; h < H; h++) {
        let sum = 0
        for (let t = 0; t < count; t++) sum += data[(t * N + n) * H + h]
        y[n * H + h] = sum / count
      }
    }
    return { y: tensor([N, H], y) }
  },
  backward: ({ x, lengths }, _, { y }) => {
    const [T, N, H] = x.shape
    const [g, counts] = [rowMajor(y), lengths && rowMajor(lengths)]
    const result = zeros(x.shape)
    for (let n = 0; n < N; n++) {
      const count = counts?.[n] ?? T
      for (let t = 0; t < count; t++)
        for (let h = 0; h < H; h++) result.data[(t * N + n) * H + h] = g[n * H + h] / count
    }
    return { x: result }
  },
})

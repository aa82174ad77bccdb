import { float, int, optional, output } from './contract.js'
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

export const maxPool2d = defineOperator({
  name: 'maxPool2d',
  family: 'pooling',
  summary:
    'the maximum of each window, the image padded with −∞; the first maximum in row-major order gets the gradient',
  source: 'Deep Learning (MIT Press 2016), section 9.3; fer/2',
  inputs: { x: float('N', 'C', 'H', 'W') },
  attributes: {
    kernel: { type: 'pair', least: 1 },
    stride: {
      type: 'pair',
      least: 1,
      default: { text: 'kernel', compute: ({ attributes }) => pairOf(attributes, 'kernel') },
    },
    padding: { type: 'pair', least: 0, default: 0 },
  },
  outputs: { y: output('N', 'C', 'H′', 'W′') },
  constraint: ({ sizes: { H, W }, attributes }) => {
    const [kernel, padding] = [pairOf(attributes, 'kernel'), pairOf(attributes, 'padding')]
    for (const d of [0, 1])
      if (padding[d] > kernel[d] / 2)
        return `padding is [${padding.join(', ')}]; it should be at most half the kernel [${kernel.join(', ')}]`
    return windowComplaint('high', H, kernel[0], padding[0], 1) ?? windowComplaint('wide', W, kernel[1], padding[1], 1)
  },
  outputShapes: ({ sizes: { N, C, H, W }, attributes }) => {
    const [kernel, stride, padding] = ['kernel', 'stride', 'padding'].map((name) => pairOf(attributes, name))
    const height = windowPositions(H, kernel[0], stride[0], padding[0], 1)
    return { y: [N, C, height, windowPositions(W, kernel[1], stride[1], padding[1], 1)] }
  },
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

import { float, output } from './contract.js'
import { defineOperator } from './operator.js'
import { copy, rowMajor, type Tensor, tensor, zeros } from './tensor.js'

const image = float('N', 'C', 'H', 'W')
const dimensionNames = { N: 'images', C: 'channels', H: 'rows', W: 'columns' }

export const horizontalFlip = defineOperator({
  name: 'horizontalFlip',
  family: 'augmentation',
  summary: 'mirrors left and right: y[n,c,i,j] = image[n,c,i,W−1−j]',
  source: 'ImageNet Classification with Deep Convolutional Neural Networks (2012), section 4.1',
  inputs: { image },
  attributes: {},
  outputs: { y: output('N', 'C', 'H', 'W') },
  dimensionNames,
  forward: ({ image }) => ({ y: copy(image.step(1, 1, 1, -1)) }),
  /** A flip is its own inverse and its own adjoint. */
  backward: (_inputs, _, { y }) => ({ image: copy(y.step(1, 1, 1, -1)) }),
})

/** For every output position along an axis: the input positions that it reads, and with which weights. */
type Taps = readonly (readonly { readonly at: number; readonly weight: number }[])[]

/** Every position reads itself. */
function identityTaps(length: number): Taps {
  return Array.from({ length }, (_, at) => [{ at, weight: 1 }])
}

/** Calls f for every output entry, the input entry that it reads, and the weight: the product of the row's and the column's. */
function forEachTap(
  [N, C, H, W]: readonly number[],
  rows: Taps,
  columns: Taps,
  f: (y: number, x: number, weight: number) => void,
): void {
  let y = 0
  for (let plane = 0; plane < N * C; plane++)
    for (const row of rows)
      for (const column of columns) {
        for (const i of row) for (const j of column) f(y, (plane * H + i.at) * W + j.at, i.weight * j.weight)
        y++
      }
}

/** y = the weighted sum of what each entry reads. */
function resample(x: Tensor, rows: Taps, columns: Taps): Tensor {
  const source = rowMajor(x)
  const y = zeros([x.shape[0], x.shape[1], rows.length, columns.length])
  forEachTap(x.shape, rows, columns, (to, from, weight) => {
    y.data[to] += weight * source[from]
  })
  return y
}

/** The adjoint of `resample`: every entry of x gathers from those that read it, with the same weights. */
function resampleBack(y: Tensor, shape: readonly number[], rows: Taps, columns: Taps): Tensor {
  const g = rowMajor(y)
  const x = zeros(shape)
  forEachTap(shape, rows, columns, (to, from, weight) => {
    x.data[from] += weight * g[to]
  })
  return x
}

/** Gaussian weights ∝ exp(−i²/2σ²) around every position, of sum 1; beyond the borders the image is reflected. */
function blurTaps(length: number, sigma: number, radius: number): Taps {
  const offsets = Array.from({ length: 2 * radius + 1 }, (_, i) => i - radius)
  const weights = offsets.map((offset) => Math.exp(-((offset / sigma) ** 2) / 2))
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return Array.from({ length }, (_, position) =>
    offsets.map((offset, i) => ({ at: reflect(position + offset, length), weight: weights[i] / total })),
  )
}

/** −1 is 1 and `length` is length − 2: the edge itself is not repeated. */
function reflect(position: number, length: number): number {
  if (position < 0) return -position
  return position < length ? position : 2 * (length - 1) - position
}

export const gaussianBlur = defineOperator({
  name: 'gaussianBlur',
  family: 'augmentation',
  summary:
    'along rows and columns the weighted mean of the 2·radius + 1 nearest entries, weights ∝ exp(−i²/2σ²); borders reflected, the edge not repeated',
  source: 'A Simple Framework for Contrastive Learning of Visual Representations (2020), appendix A',
  inputs: { image },
  attributes: { sigma: { type: 'number', above: 0 }, radius: { type: 'number', integer: true, least: 0 } },
  outputs: { y: output('N', 'C', 'H', 'W') },
  dimensionNames,
  constraint: ({ sizes: { H, W }, attributes: { radius } }) => {
    if (Number(radius) < Math.min(H, W)) return undefined
    return `radius is ${radius}; it should be less than the image's ${H} rows and ${W} columns`
  },
  forward: ({ image }, { sigma, radius }) => {
    const [, , H, W] = image.shape
    const alongRows = resample(image, identityTaps(H), blurTaps(W, sigma, radius))
    return { y: resample(alongRows, blurTaps(H, sigma, radius), identityTaps(W)) }
  },
  backward: ({ image }, { sigma, radius }, { y }) => {
    const [, , H, W] = image.shape
    const alongRows = resampleBack(y, image.shape, blurTaps(H, sigma, radius), identityTaps(W))
    return { image: resampleBack(alongRows, image.shape, identityTaps(H), blurTaps(W, sigma, radius)) }
  },
})

export const adjustColor = defineOperator({
  name: 'adjustColor',
  family: 'augmentation',
  summary: 'scale·image + shift, one scale and one shift a channel',
  source: 'A Simple Framework for Contrastive Learning of Visual Representations (2020), appendix A',
  inputs: { image, scale: float('C'), shift: float('C') },
  attributes: {},
  outputs: { y: output('N', 'C', 'H', 'W') },
  dimensionNames,
  forward: ({ image, scale, shift }) => {
    const [, C, H, W] = image.shape
    const [a, b] = [rowMajor(scale), rowMajor(shift)]
    const channel = (i: number) => Math.floor(i / (H * W)) % C
    return {
      y: tensor(
        image.shape,
        rowMajor(image).map((x, i) => a[channel(i)] * x + b[channel(i)]),
      ),
    }
  },
  /** ∂L/∂image = scale·g; ∂L/∂scale and ∂L/∂shift sum g·image and g over a channel. */
  backward: ({ image, scale }, _, { y }) => {
    const [, C, H, W] = image.shape
    const [a, x, g] = [rowMajor(scale), rowMajor(image), rowMajor(y)]
    const [gradientImage, gradientScale, gradientShift] = [zeros(image.shape), zeros([C]), zeros([C])]
    for (let i = 0; i < g.length; i++) {
      const c = Math.floor(i / (H * W)) % C
      gradientImage.data[i] = a[c] * g[i]
      gradientScale.data[c] += g[i] * x[i]
      gradientShift.data[c] += g[i]
    }
    return { image: gradientImage, scale: gradientScale, shift: gradientShift }
  },
})

const wholeNumber = { type: 'number', integer: true, least: 0 } as const
const length = { type: 'number', integer: true, least: 1 } as const

export const crop = defineOperator({
  name: 'crop',
  family: 'augmentation',
  summary: 'y[n,c,i,j] = image[n,c,top+i,left+j]',
  source: 'ImageNet Classification with Deep Convolutional Neural Networks (2012), section 4.1',
  inputs: { image },
  attributes: { top: wholeNumber, left: wholeNumber, height: length, width: length },
  outputs: { y: output('N', 'C', 'height', 'width') },
  dimensionNames,
  constraint: ({ sizes: { H, W }, attributes: { top, left, height, width } }) => {
    if (Number(top) + Number(height) > H)
      return `top ${top} and height ${height} reach below the image's ${H} rows; the crop should lie inside`
    if (Number(left) + Number(width) > W)
      return `left ${left} and width ${width} reach beyond the image's ${W} columns; the crop should lie inside`
    return undefined
  },
  forward: ({ image }, { top, left, height, width }) => ({
    y: copy(image.lo(0, 0, top, left).hi(-1, -1, height, width)),
  }),
  /** Zero outside the crop. */
  backward: ({ image }, { top, left, height, width }, { y }) => {
    const [N, C, H, W] = image.shape
    const g = rowMajor(y)
    const result = zeros(image.shape)
    for (let plane = 0; plane < N * C; plane++)
      for (let i = 0; i < height; i++) {
        const row = g.subarray((plane * height + i) * width, (plane * height + i + 1) * width)
        result.data.set(row, (plane * H + top + i) * W + left)
      }
    return { image: result }
  },
})

/**
 * Position i of `to` stands at (i + ½)·from/to − ½ of `from`, at most its last and at least its first, and reads the two
 * neighbours there. In whole numbers over 2·to, so that nothing is rounded before the weights.
 */
function bilinearTaps(from: number, to: number): Taps {
  return Array.from({ length: to }, (_, i) => {
    const place = Math.min(Math.max((2 * i + 1) * from - to, 0), 2 * to * (from - 1))
    const [at, rest] = [Math.floor(place / (2 * to)), place % (2 * to)]
    const first = { at, weight: (2 * to - rest) / (2 * to) }
    return rest === 0 ? [first] : [first, { at: at + 1, weight: rest / (2 * to) }]
  })
}

export const resize = defineOperator({
  name: 'resize',
  family: 'augmentation',
  summary:
    'bilinear: y[i] is read at (i + ½)·H/height − ½ between its two neighbours, along columns likewise; edges clamped, no antialiasing',
  source: "ONNX operator Resize, mode 'linear', coordinate_transformation_mode 'half_pixel'",
  inputs: { image },
  attributes: { height: length, width: length },
  outputs: { y: output('N', 'C', 'height', 'width') },
  dimensionNames,
  forward: ({ image }, { height, width }) => {
    const [, , H, W] = image.shape
    return { y: resample(image, bilinearTaps(H, height), bilinearTaps(W, width)) }
  },
  backward: ({ image }, { height, width }, { y }) => {
    const [, , H, W] = image.shape
    return { image: resampleBack(y, image.shape, bilinearTaps(H, height), bilinearTaps(W, width)) }
  },
})

import { gaussianBlur, resize } from '../oracle/augmentation.js'
import type { Attributes } from '../oracle/contract.js'
import { rowMajor, type Tensor, zeros } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { mapPlaces, padded, upTo } from './rearrange.js'

const rightBlur = passes(gaussianBlur)
const rightResize = passes(resize)

/** Gaussian weights, or others, of the 2·radius + 1 entries around a place. */
function weightsOf(radius: number, f: (offset: number) => number): readonly number[] {
  return upTo(2 * radius + 1).map((i) => f(i - radius))
}

function normalized(weights: readonly number[]): readonly number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

/** An image blurred along rows and columns with these weights; `beyond` is the value outside of the image. */
function blurredWith(
  image: Tensor,
  weights: readonly number[],
  beyond: (inside: (row: number, column: number) => number, row: number, column: number) => number,
  axes: readonly ('row' | 'column')[] = ['row', 'column'],
): Tensor {
  const radius = (weights.length - 1) / 2
  const border = { top: radius, bottom: radius, left: radius, right: radius }
  return axes.reduce((x, axis) => {
    const [N, C, H, W] = x.shape
    const larger = padded(x, border, beyond)
    const y = zeros(x.shape)
    for (let n = 0; n < N; n++)
      for (let c = 0; c < C; c++)
        for (let i = 0; i < H; i++)
          for (let j = 0; j < W; j++) {
            const value = (k: number) =>
              axis === 'row' ? larger.get(n, c, i + radius, j + k) : larger.get(n, c, i + k, j + radius)
            y.set(
              n,
              c,
              i,
              j,
              weights.reduce((sum, weight, k) => sum + weight * value(k), 0),
            )
          }
    return y
  }, image)
}

/** The image reflected at its borders, the edge not repeated. */
function reflection([H, W]: readonly number[]) {
  const place = (at: number, length: number) => (Math.abs(at) < length ? Math.abs(at) : 2 * length - 2 - at)
  return (inside: (row: number, column: number) => number, row: number, column: number) =>
    inside(place(row, H), place(column, W))
}

const bell = (sigma: number) => (offset: number) => Math.exp(-(offset ** 2) / (2 * sigma ** 2))

/** The blur with other weights than the Gaussian ones. */
function blurWithWeights(f: (sigma: number, radius: number) => readonly number[]): Required<Mistake>['forward'] {
  return ({ image }, attributes) => {
    const weights = f(numberOf(attributes, 'sigma'), numberOf(attributes, 'radius'))
    return { y: blurredWith(image, weights, reflection(image.shape.slice(2))) }
  }
}

const blurMistakes: readonly Mistake[] = [
  {
    name: 'gaussianBlur with weights that are not normalized',
    operator: 'gaussianBlur',
    explanation: 'The weights e^(−i²/2σ²) were not divided by their sum: the image becomes brighter.',
    forward: blurWithWeights((sigma, radius) => weightsOf(radius, bell(sigma))),
  },
  {
    name: 'gaussianBlur with the weights of the density',
    operator: 'gaussianBlur',
    explanation: 'The weights were divided by σ√2π, as a density is, instead of by their own sum.',
    forward: blurWithWeights((sigma, radius) =>
      weightsOf(radius, (i) => bell(sigma)(i) / (sigma * Math.sqrt(2 * Math.PI))),
    ),
  },
  {
    name: 'gaussianBlur without the 2 in the exponent',
    operator: 'gaussianBlur',
    explanation: 'The weights were taken as e^(−i²/σ²) instead of e^(−i²/2σ²).',
    forward: blurWithWeights((sigma, radius) => normalized(weightsOf(radius, bell(sigma / Math.SQRT2)))),
  },
  {
    name: 'gaussianBlur with sigma for its variance',
    operator: 'gaussianBlur',
    explanation: 'σ was not squared: the weights were taken as e^(−i²/2σ).',
    forward: blurWithWeights((sigma, radius) => normalized(weightsOf(radius, bell(Math.sqrt(sigma))))),
  },
  {
    name: 'gaussianBlur as a plain mean',
    operator: 'gaussianBlur',
    explanation: 'All 2·radius + 1 entries got the same weight, whatever σ says.',
    forward: blurWithWeights((_, radius) => normalized(weightsOf(radius, () => 1))),
  },
  {
    name: 'gaussianBlur with zeros beyond the borders',
    operator: 'gaussianBlur',
    explanation: 'Beyond the borders 0 was read instead of the reflected image: the borders become darker.',
    forward: ({ image }, { sigma, radius }) => ({
      y: blurredWith(image, normalized(weightsOf(Number(radius), bell(Number(sigma)))), () => 0),
    }),
  },
  {
    name: 'gaussianBlur that repeats the edge',
    operator: 'gaussianBlur',
    explanation: 'Beyond the borders the outermost entry was read again and again instead of the reflected image.',
    forward: ({ image }, { sigma, radius }) => {
      const [, , H, W] = image.shape
      const clamp = (at: number, length: number) => Math.min(Math.max(at, 0), length - 1)
      const weights = normalized(weightsOf(Number(radius), bell(Number(sigma))))
      return { y: blurredWith(image, weights, (inside, row, column) => inside(clamp(row, H), clamp(column, W))) }
    },
  },
  {
    name: 'gaussianBlur that reflects the edge as well',
    operator: 'gaussianBlur',
    explanation: 'The mirror stood behind the edge, −1 being 0, instead of on it, −1 being 1.',
    forward: ({ image }, { sigma, radius }) => {
      const [, , H, W] = image.shape
      const place = (at: number, length: number) => (at < 0 ? -1 - at : at < length ? at : 2 * length - 1 - at)
      const weights = normalized(weightsOf(Number(radius), bell(Number(sigma))))
      return { y: blurredWith(image, weights, (inside, row, column) => inside(place(row, H), place(column, W))) }
    },
  },
  {
    name: 'gaussianBlur along rows only',
    operator: 'gaussianBlur',
    explanation: 'The image was blurred along its rows and not along its columns.',
    forward: ({ image }, { sigma, radius }) => {
      const weights = normalized(weightsOf(Number(radius), bell(Number(sigma))))
      return { y: blurredWith(image, weights, reflection(image.shape.slice(2)), ['row']) }
    },
  },
  {
    name: 'gaussianBlur gradient blurred like an image',
    operator: 'gaussianBlur',
    explanation:
      'The gradient was blurred with reflected borders: what an entry beyond the border gave was not added to the entry that it mirrors.',
    backward: (_, attributes, { y }) => ({ image: rightBlur.forward({ image: y }, attributes).y }),
  },
  {
    name: 'gaussianBlur gradient that leaves out the borders',
    operator: 'gaussianBlur',
    explanation: 'What flowed through the reflected borders was dropped instead of added inside.',
    backward: (_, { sigma, radius }, { y }) => ({
      image: blurredWith(y, normalized(weightsOf(Number(radius), bell(Number(sigma)))), () => 0),
    }),
  },
  {
    name: 'gaussianBlur gradient handed on as it came',
    operator: 'gaussianBlur',
    explanation: 'The gradient was not blurred back at all.',
    backward: (_, __, { y }) => ({ image: y }),
  },
  {
    name: 'gaussianBlur that cuts its radius to the image',
    operator: 'gaussianBlur',
    explanation: 'A radius that reaches over the image was cut instead of refused.',
    insteadOfRefusing: ({ image, ...others }, attributes) => {
      const { radius, sigma } = attributes
      if (image?.shape.length !== 4 || Object.keys(others).length > 0) return undefined
      if (typeof radius !== 'number' || typeof sigma !== 'number' || radius < Math.min(image.shape[2], image.shape[3]))
        return undefined
      const most = Math.min(image.shape[2], image.shape[3]) - 1
      return rightBlur.forward({ image }, { ...attributes, radius: Math.min(radius, most) })
    },
  },
  {
    name: 'gaussianBlur with a sigma of zero',
    operator: 'gaussianBlur',
    explanation: 'σ = 0 was taken for no blur at all instead of refused.',
    insteadOfRefusing: ({ image }, { sigma }) => (sigma === 0 && image !== undefined ? { y: image } : undefined),
  },
]

/** The image read at the places that `position` gives for i of `to` in `from`, between two neighbours or at the nearest. */
function readAt(
  image: Tensor,
  { height, width }: Attributes,
  position: (i: number, from: number, to: number) => number,
): Tensor {
  const [N, C, H, W] = image.shape
  const y = zeros([N, C, Number(height), Number(width)])
  const place = (i: number, from: number, to: number) => Math.min(Math.max(position(i, from, to), 0), from - 1)
  for (let n = 0; n < N; n++)
    for (let c = 0; c < C; c++)
      for (let i = 0; i < y.shape[2]; i++)
        for (let j = 0; j < y.shape[3]; j++) {
          const [row, column] = [place(i, H, y.shape[2]), place(j, W, y.shape[3])]
          const [top, left] = [Math.floor(row), Math.floor(column)]
          const at = (down: number, right: number) =>
            image.get(n, c, Math.min(top + down, H - 1), Math.min(left + right, W - 1))
          const [t, s] = [row - top, column - left]
          y.set(n, c, i, j, (1 - t) * ((1 - s) * at(0, 0) + s * at(0, 1)) + t * ((1 - s) * at(1, 0) + s * at(1, 1)))
        }
  return y
}

const resizeMistakes: readonly Mistake[] = [
  {
    name: 'resize to the nearest entry',
    operator: 'resize',
    explanation: 'The nearest entry was taken instead of the weighted mean of the neighbours.',
    forward: ({ image }, attributes) => ({
      y: readAt(image, attributes, (i, from, to) => Math.floor(((i + 0.5) * from) / to)),
    }),
  },
  {
    name: 'resize with aligned corners',
    operator: 'resize',
    explanation: 'Positions were taken as i·(H − 1)/(height − 1), corner to corner, instead of (i + ½)·H/height − ½.',
    forward: ({ image }, attributes) => ({
      y: readAt(image, attributes, (i, from, to) => (to === 1 ? 0 : (i * (from - 1)) / (to - 1))),
    }),
  },
  {
    name: 'resize from the edges of the entries',
    operator: 'resize',
    explanation: 'Positions were taken as i·H/height: the shift by half an entry is missing.',
    forward: ({ image }, attributes) => ({ y: readAt(image, attributes, (i, from, to) => (i * from) / to) }),
  },
  {
    name: 'resize with the ratio upside down',
    operator: 'resize',
    explanation: 'Positions were multiplied by height/H instead of H/height.',
    forward: ({ image }, attributes) => ({
      y: readAt(image, attributes, (i, from, to) => ((i + 0.5) * to) / from - 0.5),
    }),
  },
  {
    name: 'resize with the ratio of the rows for the columns',
    operator: 'resize',
    explanation: 'One ratio, that of the rows, was used along both sides.',
    forward: ({ image }, attributes) => {
      const [, , H, W] = image.shape
      const ratio = H / numberOf(attributes, 'height')
      const tall = rightResize.forward({ image }, { ...attributes, width: W }).y
      const along = (i: number, from: number, to: number) =>
        to === tall.shape[2] && from === to && W !== to ? i : (i + 0.5) * ratio - 0.5
      return { y: readAt(tall, attributes, along) }
    },
  },
  {
    name: 'resize with antialiasing',
    operator: 'resize',
    explanation: 'A smaller image was averaged over all entries that it covers instead of read at its centres.',
    forward: ({ image }, attributes) => {
      const [, , H, W] = image.shape
      const [height, width] = [numberOf(attributes, 'height'), numberOf(attributes, 'width')]
      if (H % height !== 0 || W % width !== 0) return rightResize.forward({ image }, attributes)
      const [rows, columns] = [H / height, W / width]
      const y = zeros([image.shape[0], image.shape[1], height, width])
      for (const [place, value] of rowMajor(image).entries()) {
        const [plane, i, j] = [Math.floor(place / (H * W)), Math.floor(place / W) % H, place % W]
        y.data[(plane * height + Math.floor(i / rows)) * width + Math.floor(j / columns)] += value / (rows * columns)
      }
      return { y }
    },
  },
  {
    name: 'resize that goes on beyond the edge',
    operator: 'resize',
    explanation: 'Beyond the outermost centres the image was continued along a line instead of kept constant.',
    forward: ({ image }, attributes) => {
      const beyond = (i: number, from: number, to: number) => {
        const place = ((i + 0.5) * from) / to - 0.5
        return place - Math.min(Math.max(place, 0), from - 1)
      }
      const { y } = rightResize.forward({ image }, attributes)
      const [, , H, W] = image.shape
      const [, , h, w] = y.shape
      if (W === 1) return { y }
      const tall = rightResize.forward({ image }, { height: h, width: W }).y
      const data = rowMajor(tall)
      return {
        y: mapPlaces(y, (value, place) => {
          const over = beyond(place % w, W, w)
          const row = Math.floor(place / w) * W
          const slope = over < 0 ? data[row + 1] - data[row] : data[row + W - 1] - data[row + W - 2]
          return H > 0 ? value + over * slope : value
        }),
      }
    },
  },
  {
    name: 'resize to width and height exchanged',
    operator: 'resize',
    explanation: 'The result has `width` rows and `height` columns.',
    forward: ({ image }, { height, width }) => rightResize.forward({ image }, { height: width, width: height }),
  },
  {
    name: 'resize gradient resized like an image',
    operator: 'resize',
    explanation:
      "The gradient was itself resized to the image's size instead of shared out with the weights of the forward pass.",
    backward: ({ image }, _, { y }) => {
      const [, , H, W] = image.shape
      return { image: rightResize.forward({ image: y }, { height: H, width: W }).y }
    },
  },
  {
    name: 'resize gradient to the nearest entry',
    operator: 'resize',
    explanation: 'The whole gradient went to the upper left one of the neighbours instead of being shared out.',
    backward: ({ image }, _, { y }) => {
      const [, , H, W] = image.shape
      const [, , h, w] = y.shape
      const nearest = (i: number, from: number, to: number) =>
        Math.min(Math.max(Math.floor(((i + 0.5) * from) / to - 0.5), 0), from - 1)
      const result = zeros(image.shape)
      for (const [place, g] of rowMajor(y).entries()) {
        const [plane, i, j] = [Math.floor(place / (h * w)), Math.floor(place / w) % h, place % w]
        result.data[(plane * H + nearest(i, H, h)) * W + nearest(j, W, w)] += g
      }
      return { image: result }
    },
  },
  {
    name: 'resize gradient overwritten',
    operator: 'resize',
    explanation: 'An entry that several outputs read kept the gradient of the last of them instead of the sum.',
    backward: ({ image }, attributes, { y }) => {
      const result = zeros(image.shape)
      const g = rowMajor(y)
      for (const place of upTo(y.size)) {
        const only = mapPlaces(y, (_, at) => (at === place ? g[place] : 0))
        for (const [at, value] of rowMajor(rightResize.backward({ image }, attributes, { y: only }).image).entries())
          if (value !== 0) result.data[at] = value
      }
      return { image: result }
    },
  },
  {
    name: 'resize to a size of zero',
    operator: 'resize',
    explanation: 'A height or width of 0 was taken for 1 instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const { height, width } = attributes
      if (inputs.image?.shape.length !== 4 || Object.keys(inputs).length > 1 || Object.keys(attributes).length !== 2)
        return undefined
      if (typeof height !== 'number' || typeof width !== 'number' || (height !== 0 && width !== 0)) return undefined
      return rightResize.forward(inputs, { height: Math.max(height, 1), width: Math.max(width, 1) })
    },
  },
]

export const mistakes: readonly Mistake[] = [...blurMistakes, ...resizeMistakes]

import { gaussianBlur } from '../oracle/augmentation.js'
import { type Tensor, zeros } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { padded, shares, upTo } from './rearrange.js'

const right = passes(gaussianBlur)

/** Gaussian weights, or others, of the 2·radius + 1 entries around a place. */
function weightsOf(radius: number, f: (offset: number) => number): readonly number[] {
  return upTo(2 * radius + 1).map((i) => f(i - radius))
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

export const mistakes: readonly Mistake[] = [
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
    forward: blurWithWeights((sigma, radius) => shares(weightsOf(radius, bell(sigma / Math.SQRT2)))),
  },
  {
    name: 'gaussianBlur with sigma for its variance',
    operator: 'gaussianBlur',
    explanation: 'σ was not squared: the weights were taken as e^(−i²/2σ).',
    forward: blurWithWeights((sigma, radius) => shares(weightsOf(radius, bell(Math.sqrt(sigma))))),
  },
  {
    name: 'gaussianBlur as a plain mean',
    operator: 'gaussianBlur',
    explanation: 'All 2·radius + 1 entries got the same weight, whatever σ says.',
    forward: blurWithWeights((_, radius) => shares(weightsOf(radius, () => 1))),
  },
  {
    name: 'gaussianBlur with zeros beyond the borders',
    operator: 'gaussianBlur',
    explanation: 'Beyond the borders 0 was read instead of the reflected image: the borders become darker.',
    forward: ({ image }, { sigma, radius }) => ({
      y: blurredWith(image, shares(weightsOf(Number(radius), bell(Number(sigma)))), () => 0),
    }),
  },
  {
    name: 'gaussianBlur that repeats the edge',
    operator: 'gaussianBlur',
    explanation: 'Beyond the borders the outermost entry was read again and again instead of the reflected image.',
    forward: ({ image }, { sigma, radius }) => {
      const [, , H, W] = image.shape
      const clamp = (at: number, length: number) => Math.min(Math.max(at, 0), length - 1)
      const weights = shares(weightsOf(Number(radius), bell(Number(sigma))))
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
      const weights = shares(weightsOf(Number(radius), bell(Number(sigma))))
      return { y: blurredWith(image, weights, (inside, row, column) => inside(place(row, H), place(column, W))) }
    },
  },
  {
    name: 'gaussianBlur along rows only',
    operator: 'gaussianBlur',
    explanation: 'The image was blurred along its rows and not along its columns.',
    forward: ({ image }, { sigma, radius }) => {
      const weights = shares(weightsOf(Number(radius), bell(Number(sigma))))
      return { y: blurredWith(image, weights, reflection(image.shape.slice(2)), ['row']) }
    },
  },
  {
    name: 'gaussianBlur gradient blurred like an image',
    operator: 'gaussianBlur',
    explanation:
      'The gradient was blurred with reflected borders: what an entry beyond the border gave was not added to the entry that it mirrors.',
    backward: (_, attributes, { y }) => ({ image: right.forward({ image: y }, attributes).y }),
  },
  {
    name: 'gaussianBlur gradient that leaves out the borders',
    operator: 'gaussianBlur',
    explanation: 'What flowed through the reflected borders was dropped instead of added inside.',
    backward: (_, { sigma, radius }, { y }) => ({
      image: blurredWith(y, shares(weightsOf(Number(radius), bell(Number(sigma)))), () => 0),
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
      return right.forward({ image }, { ...attributes, radius: Math.min(radius, most) })
    },
  },
  {
    name: 'gaussianBlur with a sigma of zero',
    operator: 'gaussianBlur',
    explanation: 'σ = 0 was taken for no blur at all instead of refused.',
    insteadOfRefusing: ({ image }, { sigma }) => (sigma === 0 && image !== undefined ? { y: image } : undefined),
  },
]

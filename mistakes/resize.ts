import { resize } from '../oracle/augmentation.js'
import type { Attributes } from '../oracle/contract.js'
import { rowMajor, type Tensor, zeros } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { mapPlaces, upTo } from './rearrange.js'

const right = passes(resize)

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

export const mistakes: readonly Mistake[] = [
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
      const tall = right.forward({ image }, { ...attributes, width: W }).y
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
      if (H % height !== 0 || W % width !== 0) return right.forward({ image }, attributes)
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
      const { y } = right.forward({ image }, attributes)
      const [, , H, W] = image.shape
      const [, , h, w] = y.shape
      if (W === 1) return { y }
      const tall = right.forward({ image }, { height: h, width: W }).y
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
    forward: ({ image }, { height, width }) => right.forward({ image }, { height: width, width: height }),
  },
  {
    name: 'resize gradient resized like an image',
    operator: 'resize',
    explanation:
      "The gradient was itself resized to the image's size instead of shared out with the weights of the forward pass.",
    backward: ({ image }, _, { y }) => {
      const [, , H, W] = image.shape
      return { image: right.forward({ image: y }, { height: H, width: W }).y }
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
        for (const [at, value] of rowMajor(right.backward({ image }, attributes, { y: only }).image).entries())
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
      return right.forward(inputs, { height: Math.max(height, 1), width: Math.max(width, 1) })
    },
  },
]

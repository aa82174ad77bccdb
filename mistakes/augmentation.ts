import { adjustColor, crop, horizontalFlip, resize } from '../oracle/augmentation.js'
import type { Attributes } from '../oracle/contract.js'
import { map, rowMajor, type Tensor, type Tensors, tensor, zeros } from '../oracle/tensor.js'
import { type Mistake, numberOf, passes } from './mistake.js'
import { mapPlaces, take, upTo } from './rearrange.js'

const rightFlip = passes(horizontalFlip)
const rightColor = passes(adjustColor)
const rightCrop = passes(crop)
const rightResize = passes(resize)

/** The entries of one dimension from the last to the first. */
function reversed(x: Tensor, dimension: number): Tensor {
  return take(x, dimension, upTo(x.shape[dimension]).toReversed())
}

/** Numbers that are not finite replaced by 0, where a tensor holds any. */
function cleaned(inputs: Tensors): Tensors | undefined {
  const { image } = inputs
  if (image === undefined || rowMajor(image).every(Number.isFinite)) return undefined
  return { ...inputs, image: map(image, (value) => (Number.isFinite(value) ? value : 0)) }
}

const flipMistakes: readonly Mistake[] = [
  {
    name: 'horizontalFlip upside down',
    operator: 'horizontalFlip',
    explanation: 'Rows were put into reverse order instead of columns.',
    forward: ({ image }) => ({ y: reversed(image, 2) }),
  },
  {
    name: 'horizontalFlip as half a turn',
    operator: 'horizontalFlip',
    explanation: 'Rows and columns were both put into reverse order; a mirror image keeps its rows.',
    forward: ({ image }) => ({ y: reversed(reversed(image, 2), 3) }),
  },
  {
    name: 'horizontalFlip off by one',
    operator: 'horizontalFlip',
    explanation: 'Column j was read at W − j, with column 0 left in its place, instead of at W − 1 − j.',
    forward: ({ image }) => {
      const W = image.shape[3]
      return {
        y: take(
          image,
          3,
          upTo(W).map((j) => (W - j) % W),
        ),
      }
    },
  },
  {
    name: 'horizontalFlip that exchanges the channels as well',
    operator: 'horizontalFlip',
    explanation: 'The channels were reversed together with the columns, as if the image were stored channels last.',
    forward: ({ image }) => ({ y: reversed(reversed(image, 3), 1) }),
  },
  {
    name: 'horizontalFlip of the first image only',
    operator: 'horizontalFlip',
    explanation: 'Only the first image of the batch was mirrored.',
    forward: ({ image }) => {
      const first = image.size / image.shape[0]
      const flipped = rowMajor(reversed(image, 3))
      return { y: mapPlaces(image, (value, place) => (place < first ? flipped[place] : value)) }
    },
  },
  {
    name: 'horizontalFlip gradient not flipped',
    operator: 'horizontalFlip',
    explanation: 'The gradient was handed on as it came instead of mirrored back.',
    backward: (_, __, { y }) => ({ image: y }),
  },
  {
    name: 'horizontalFlip gradient upside down',
    operator: 'horizontalFlip',
    explanation: 'The gradient was mirrored along its rows instead of along its columns.',
    backward: (_, __, { y }) => ({ image: reversed(y, 2) }),
  },
  {
    name: 'horizontalFlip that replaces NaN by 0',
    operator: 'horizontalFlip',
    explanation: 'Entries that are not finite were replaced by 0 instead of refused.',
    insteadOfRefusing: (inputs, attributes) => {
      const finite = cleaned(inputs)
      return finite && rightFlip.forward(finite, attributes)
    },
  },
]

/** The place in its channels of every entry of an image. */
function channelOf(image: Tensor, place: number): number {
  const [, C, H, W] = image.shape
  return Math.floor(place / (H * W)) % C
}

/** scale·image + shift where f says which entries of scale and shift belong to a place. */
function adjusted({ image, scale, shift }: Tensors, f: (place: number) => number): Tensors {
  const [a, b] = [rowMajor(scale), rowMajor(shift)]
  return { y: mapPlaces(image, (value, place) => a[f(place)] * value + b[f(place)]) }
}

const colorMistakes: readonly Mistake[] = [
  {
    name: 'adjustColor that scales the shift as well',
    operator: 'adjustColor',
    explanation: 'scale·(image + shift) was computed instead of scale·image + shift.',
    forward: ({ image, scale, shift }) => {
      const [a, b] = [rowMajor(scale), rowMajor(shift)]
      return {
        y: mapPlaces(image, (value, place) => a[channelOf(image, place)] * (value + b[channelOf(image, place)])),
      }
    },
  },
  {
    name: 'adjustColor with the first channel for all',
    operator: 'adjustColor',
    explanation: 'Every channel got the scale and the shift of the first one.',
    forward: (inputs) => adjusted(inputs, () => 0),
  },
  {
    name: 'adjustColor along the columns',
    operator: 'adjustColor',
    explanation: 'Scale and shift were spread over the last dimension, as for images stored channels last.',
    forward: (inputs) => adjusted(inputs, (place) => place % inputs.scale.size),
  },
  {
    name: 'adjustColor that cuts to the range from 0 to 1',
    operator: 'adjustColor',
    explanation: 'The result was cut to [0, 1]; the operator has no such range.',
    forward: (inputs) => ({
      y: map(adjusted(inputs, (place) => channelOf(inputs.image, place)).y, (y) => Math.min(Math.max(y, 0), 1)),
    }),
  },
  {
    name: 'adjustColor without the shift',
    operator: 'adjustColor',
    explanation: 'The shift was left out.',
    forward: (inputs) =>
      adjusted({ ...inputs, shift: zeros(inputs.shift.shape) }, (place) => channelOf(inputs.image, place)),
  },
  {
    name: 'adjustColor gradient of the image not scaled',
    operator: 'adjustColor',
    explanation: 'The gradient of the image was handed on without the factor scale.',
    backward: (inputs, attributes, gradients) => ({
      ...rightColor.backward(inputs, attributes, gradients),
      image: gradients.y,
    }),
  },
  {
    name: 'adjustColor gradient of the scale averaged',
    operator: 'adjustColor',
    explanation: 'The gradients of scale and shift were averaged over the entries of a channel instead of added up.',
    backward: (inputs, attributes, gradients) => {
      const { image, scale, shift } = rightColor.backward(inputs, attributes, gradients)
      const count = image.size / scale.size
      const mean = (x: Tensor) => map(x, (value) => value / count)
      return { image, scale: mean(scale), shift: mean(shift) }
    },
  },
  {
    name: 'adjustColor gradient of the last image only',
    operator: 'adjustColor',
    explanation: 'The gradients of scale and shift were overwritten by every image of the batch instead of added up.',
    backward: (inputs, attributes, gradients) => {
      const N = inputs.image.shape[0]
      const last = (x: Tensor) => take(x, 0, [N - 1])
      const { scale, shift } = rightColor.backward({ ...inputs, image: last(inputs.image) }, attributes, {
        y: last(gradients.y),
      })
      return { ...rightColor.backward(inputs, attributes, gradients), scale, shift }
    },
  },
  {
    name: 'adjustColor gradients of scale and shift exchanged',
    operator: 'adjustColor',
    explanation: 'The scale got Σ g and the shift Σ g·image; it is the other way round.',
    backward: (inputs, attributes, gradients) => {
      const { image, scale, shift } = rightColor.backward(inputs, attributes, gradients)
      return { image, scale: shift, shift: scale }
    },
  },
  {
    name: 'adjustColor with one scale for all channels',
    operator: 'adjustColor',
    explanation: 'A scale with another number of entries than the image has channels was broadcast instead of refused.',
    insteadOfRefusing: ({ image, scale, shift, ...others }, attributes) => {
      if (image?.shape.length !== 4 || scale?.shape.length !== 1 || shift?.shape.length !== 1) return undefined
      const C = image.shape[1]
      if (scale.size === C || Object.keys(others).length + Object.keys(attributes).length > 0) return undefined
      const first = rowMajor(scale)[0]
      return rightColor.forward({ image, scale: map(tensor([C], rowMajor(shift)), () => first), shift }, attributes)
    },
  },
]

const cropMistakes: readonly Mistake[] = [
  {
    name: 'crop from the corner',
    operator: 'crop',
    explanation: 'The crop began at the upper left corner whatever top and left say.',
    forward: (inputs, attributes) => rightCrop.forward(inputs, { ...attributes, top: 0, left: 0 }),
  },
  {
    name: 'crop from the centre',
    operator: 'crop',
    explanation: 'The crop was taken from the centre of the image whatever top and left say.',
    forward: (inputs, attributes) => {
      const [, , H, W] = inputs.image.shape
      const middle = (length: number, size: string) => Math.floor((length - numberOf(attributes, size)) / 2)
      return rightCrop.forward(inputs, { ...attributes, top: middle(H, 'height'), left: middle(W, 'width') })
    },
  },
  {
    name: 'crop with top and left exchanged',
    operator: 'crop',
    explanation: 'top was counted along the columns and left along the rows.',
    forward: (inputs, attributes) => {
      const [, , H, W] = inputs.image.shape
      const [top, left] = [numberOf(attributes, 'left'), numberOf(attributes, 'top')]
      const fits = top + numberOf(attributes, 'height') <= H && left + numberOf(attributes, 'width') <= W
      return rightCrop.forward(inputs, fits ? { ...attributes, top, left } : attributes)
    },
  },
  {
    name: 'crop counted from the lower border',
    operator: 'crop',
    explanation: 'top was counted upwards from the lower border, as in a coordinate system, instead of downwards.',
    forward: (inputs, attributes) =>
      rightCrop.forward(inputs, {
        ...attributes,
        top: inputs.image.shape[2] - numberOf(attributes, 'top') - numberOf(attributes, 'height'),
      }),
  },
  {
    name: 'crop that reads rows of its own width',
    operator: 'crop',
    explanation:
      'Rows of the image were taken to be as long as those of the crop: each begins where the last one ended.',
    forward: ({ image }, attributes) => {
      const [N, C, H, W] = image.shape
      const { y } = rightCrop.forward({ image }, attributes)
      const [top, left, height, width] = ['top', 'left', 'height', 'width'].map((name) => numberOf(attributes, name))
      const data = rowMajor(image)
      return {
        y: mapPlaces(y, (_, place) => {
          const plane = Math.floor(place / (height * width)) % (N * C)
          return data[plane * H * W + top * W + left + (place % (height * width))]
        }),
      }
    },
  },
  {
    name: 'crop gradient at the corner',
    operator: 'crop',
    explanation: 'The gradient was written into the upper left corner instead of where the crop was taken.',
    backward: (inputs, attributes, gradients) =>
      rightCrop.backward(inputs, { ...attributes, top: 0, left: 0 }, gradients),
  },
  {
    name: 'crop gradient of one outside of the frame',
    operator: 'crop',
    explanation: 'Entries outside of the crop got a gradient of 1 instead of 0.',
    backward: (inputs, attributes, gradients) => {
      const inside = rowMajor(rightCrop.backward(inputs, attributes, { y: map(gradients.y, () => 1) }).image)
      const { image } = rightCrop.backward(inputs, attributes, gradients)
      return { image: mapPlaces(image, (value, place) => (inside[place] === 0 ? 1 : value)) }
    },
  },
  {
    name: 'crop gradient spread over the image',
    operator: 'crop',
    explanation:
      'The gradient was stretched over the whole image, as for a resized one, instead of put back into its place.',
    backward: (inputs, _, { y }) => {
      const [, , H, W] = inputs.image.shape
      return { image: rightResize.forward({ image: y }, { height: H, width: W }).y }
    },
  },
  {
    name: 'crop that stops at the border',
    operator: 'crop',
    explanation: 'A crop that reaches beyond the image was cut at its border instead of refused.',
    insteadOfRefusing: ({ image, ...others }, attributes) => cutAtTheBorder(image, others, attributes),
  },
]

/** What is left of a crop that begins inside of the image. */
function cutAtTheBorder(image: Tensor | undefined, others: Tensors, attributes: Attributes): Tensors | undefined {
  if (image?.shape.length !== 4 || Object.keys(others).length > 0) return undefined
  const { top, left, height, width } = attributes
  if (![top, left, height, width].every((value) => typeof value === 'number' && Number.isInteger(value) && value >= 0))
    return undefined
  const [, , H, W] = image.shape
  const [rows, columns] = [Math.min(Number(height), H - Number(top)), Math.min(Number(width), W - Number(left))]
  if (rows < 1 || columns < 1 || (rows === height && columns === width)) return undefined
  return rightCrop.forward({ image }, { ...attributes, height: rows, width: columns })
}

export const mistakes: readonly Mistake[] = [...flipMistakes, ...colorMistakes, ...cropMistakes]

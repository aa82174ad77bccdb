import { copy, map, rowMajor, scalar, type Tensor, tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { columns, rows } from './2.2.quantities.js'

type Wrong = (values: Values, operators: Operators, quantity: string) => Tensor | Promise<Tensor>

function mistake(
  quantity: string,
  name: string,
  explanation: string,
  from: readonly string[],
  wrong: Wrong,
): ExerciseMistake {
  return {
    name,
    quantities: [quantity],
    explanation,
    from: () => from,
    compute: async (of, values, operators) => wrong(values, operators, of),
  }
}

/** A mistake in an image that is made of the given one alone. */
function ofImage(
  quantity: string,
  name: string,
  explanation: string,
  wrong: (image: Tensor) => Tensor,
): ExerciseMistake {
  return mistake(quantity, name, explanation, ['image'], (values) => wrong(tensorOf(values, 'image')))
}

/** The image blurred with weights of one's own, pixels beyond the borders as `beyond` finds them (undefined: zero). */
function blurredWith(
  values: Values,
  [side, centre]: readonly [number, number],
  beyond: (position: number, length: number) => number | undefined,
  axes: readonly ('row' | 'column')[] = ['row', 'column'],
): Tensor {
  const pixel = (image: Tensor, i: number, j: number): number => {
    const [row, column] = [beyond(i, rows), beyond(j, columns)]
    return row === undefined || column === undefined ? 0 : image.get(row, column)
  }
  const along = (image: Tensor, [down, right]: readonly [number, number]): Tensor =>
    tensor(
      [rows, columns],
      Array.from({ length: rows * columns }, (_, at) => {
        const [i, j] = [Math.floor(at / columns), at % columns]
        return (
          centre * pixel(image, i, j) + side * (pixel(image, i - down, j - right) + pixel(image, i + down, j + right))
        )
      }),
    )
  return axes.reduce((image, axis) => along(image, axis === 'row' ? [0, 1] : [1, 0]), tensorOf(values, 'image'))
}

const reflected = (position: number, length: number) =>
  position < 0 ? -position : position < length ? position : 2 * (length - 1) - position
const repeated = (position: number, length: number) => Math.min(Math.max(position, 0), length - 1)
const zeroBeyond = (position: number, length: number) => (position < 0 || position >= length ? undefined : position)

function blurMistake(
  name: string,
  explanation: string,
  wrong: (values: Values, weight: number) => Tensor,
): ExerciseMistake {
  return mistake('blurred', name, explanation, ['image', 'neighbourWeight'], (values) =>
    wrong(values, numberOf(values, 'neighbourWeight')),
  )
}

const normalized = (weight: number): readonly [number, number] => [weight / (1 + 2 * weight), 1 / (1 + 2 * weight)]

const blurMistakes: readonly ExerciseMistake[] = [
  mistake(
    'centreWeight',
    'weights not normalised (centre)',
    'is the weight before all three are made to sum to 1.',
    [],
    () => scalar(1),
  ),
  mistake(
    'sideWeight',
    'weights not normalised (side)',
    'is the weight before all three are made to sum to 1.',
    ['neighbourWeight'],
    (values) => scalar(numberOf(values, 'neighbourWeight')),
  ),
  mistake(
    'centreWeight',
    'one neighbour counted',
    'is what you get with one neighbour; there is one on each side.',
    ['neighbourWeight'],
    (values) => scalar(1 / (1 + numberOf(values, 'neighbourWeight'))),
  ),
  blurMistake(
    'zeros beyond the borders',
    'is what you get with zeros beyond the borders: a dark rim; the image is reflected there.',
    (values, weight) => blurredWith(values, normalized(weight), zeroBeyond),
  ),
  blurMistake(
    'border repeated',
    'is what you get when the border is repeated beyond it; the image is reflected without repeating it.',
    (values, weight) => blurredWith(values, normalized(weight), repeated),
  ),
  blurMistake('blurred along the rows only', 'is blurred along the rows only.', (values, weight) =>
    blurredWith(values, normalized(weight), reflected, ['row']),
  ),
  blurMistake('blurred along the columns only', 'is blurred along the columns only.', (values, weight) =>
    blurredWith(values, normalized(weight), reflected, ['column']),
  ),
  blurMistake(
    'weights not normalised',
    'is what you get with weights that do not sum to 1: the image becomes lighter.',
    (values, weight) => blurredWith(values, [weight, 1], reflected),
  ),
  blurMistake('equal weights', 'is what you get when all three pixels weigh the same.', (values) =>
    blurredWith(values, [1 / 3, 1 / 3], reflected),
  ),
  mistake(
    'retained',
    'one neighbour subtracted',
    'is what you get with one neighbour; there are two of the opposite shade.',
    ['centreWeight', 'sideWeight'],
    (values) => scalar(numberOf(values, 'centreWeight') - numberOf(values, 'sideWeight')),
  ),
  mistake(
    'retained',
    'neighbours added',
    'is the share of an even surface; in stripes the neighbours are of the opposite shade.',
    ['centreWeight', 'sideWeight'],
    (values) => scalar(numberOf(values, 'centreWeight') + 2 * numberOf(values, 'sideWeight')),
  ),
]

const colour = ['image', 'contrast', 'brightness']

const imageMistakes: readonly ExerciseMistake[] = [
  ofImage(
    'flipped',
    'top and bottom exchanged',
    'is the image with top and bottom exchanged; the axis is vertical, left and right change places.',
    (image) => copy(image.step(-1, 1)),
  ),
  ofImage(
    'flipped',
    'half a turn',
    'is the image turned by half a turn; a flip leaves the rows where they are.',
    (image) => copy(image.step(-1, -1)),
  ),
  ofImage('flipped', 'columns moved by one', 'is the image with its columns moved in a circle.', (image) =>
    tensor(
      [rows, columns],
      Array.from({ length: rows * columns }, (_, at) =>
        image.get(Math.floor(at / columns), ((at % columns) + 1) % columns),
      ),
    ),
  ),
  mistake(
    'recoloured',
    'brightness before contrast',
    'is what you get when the brightness is added before the contrast multiplies.',
    colour,
    (values) =>
      map(
        tensorOf(values, 'image'),
        (pixel) => numberOf(values, 'contrast') * (pixel + numberOf(values, 'brightness')),
      ),
  ),
  mistake(
    'recoloured',
    'brightness left out',
    'is what you get without the brightness.',
    ['image', 'contrast'],
    (values) => map(tensorOf(values, 'image'), (pixel) => numberOf(values, 'contrast') * pixel),
  ),
  mistake(
    'recoloured',
    'contrast left out',
    'is what you get without the contrast.',
    ['image', 'brightness'],
    (values) => map(tensorOf(values, 'image'), (pixel) => pixel + numberOf(values, 'brightness')),
  ),
  mistake(
    'recoloured',
    'contrast and brightness exchanged',
    'has contrast and brightness exchanged.',
    colour,
    (values) =>
      map(tensorOf(values, 'image'), (pixel) => numberOf(values, 'brightness') * pixel + numberOf(values, 'contrast')),
  ),
  ofImage('cropped', 'upper left corner', 'is the upper left corner of the image.', (image) => copy(image.hi(2, 2))),
  ofImage('cropped', 'upper right corner', 'is the upper right corner of the image.', (image) =>
    copy(image.lo(0, 2).hi(2, 2)),
  ),
  ofImage('cropped', 'lower left corner', 'is the lower left corner of the image.', (image) =>
    copy(image.lo(1, 0).hi(2, 2)),
  ),
  mistake(
    'enlarged',
    'pixels repeated',
    'is what you get when every pixel is repeated; bilinear interpolation mixes neighbours.',
    ['cropped'],
    (values) =>
      tensor(
        [4, 4],
        Array.from({ length: 16 }, (_, at) =>
          tensorOf(values, 'cropped').get(Math.floor(at / 8), Math.floor((at % 4) / 2)),
        ),
      ),
  ),
  mistake(
    'enlarged',
    'corners aligned',
    'is what you get when the corners of crop and enlargement are put on one another; the centres of pixels count.',
    ['cropped'],
    (values) =>
      tensor(
        [4, 4],
        Array.from({ length: 16 }, (_, at) => {
          const [down, right] = [Math.floor(at / 4) / 3, (at % 4) / 3]
          const crop = tensorOf(values, 'cropped')
          const across = (row: number) => (1 - right) * crop.get(row, 0) + right * crop.get(row, 1)
          return (1 - down) * across(0) + down * across(1)
        }),
      ),
  ),
]

const sumOf = (x: Tensor) => rowMajor(x).reduce((sum, value) => sum + value, 0)

const images: Readonly<Record<string, string>> = Object.fromEntries(
  ['image', 'blurred', 'recoloured', 'flipped'].flatMap((image) => [
    [`${image}Mean`, image],
    [`${image}Variance`, image],
  ]),
)
const means = Object.keys(images).filter((name) => name.endsWith('Mean'))
const variances = Object.keys(images).filter((name) => name.endsWith('Variance'))

/** A mistake in a moment of each image. */
function momentMistake(
  name: string,
  quantities: readonly string[],
  explanation: string,
  wrong: (pixels: Tensor) => number,
): ExerciseMistake {
  return {
    name,
    quantities,
    explanation,
    from: (quantity) => [images[quantity]],
    compute: async (quantity, values) => scalar(wrong(tensorOf(values, images[quantity]))),
  }
}

const squaresAround = (pixels: Tensor, centre: number) => sumOf(map(pixels, (pixel) => (pixel - centre) ** 2))
const meanOf = (pixels: Tensor) => sumOf(pixels) / pixels.size

const momentMistakes: readonly ExerciseMistake[] = [
  momentMistake('sum not divided', means, 'is the sum of the pixels, not their mean.', sumOf),
  momentMistake(
    'mean of the means of rows',
    means,
    'is the sum of the means of the rows, not divided by their number.',
    (pixels) => sumOf(pixels) / columns,
  ),
  momentMistake(
    'divided by one less',
    variances,
    'is what you get when the squares are divided by one less than the number of pixels: an estimate from a sample.',
    (pixels) => squaresAround(pixels, meanOf(pixels)) / (pixels.size - 1),
  ),
  momentMistake('standard deviation', variances, 'is the root of the variance.', (pixels) =>
    Math.sqrt(squaresAround(pixels, meanOf(pixels)) / pixels.size),
  ),
  momentMistake(
    'mean not subtracted',
    variances,
    'is the mean of the squares; the square of the mean is not subtracted.',
    (pixels) => squaresAround(pixels, 0) / pixels.size,
  ),
  mistake('best', 'largest drift', 'is the technique that moves the distribution furthest.', ['drift'], (values) => {
    const drift = rowMajor(tensorOf(values, 'drift'))
    return scalar(drift.indexOf(Math.max(...drift)) + 1)
  }),
  mistake('best', 'blur', 'is the blur: it takes away detail that the generator then never learns.', [], () =>
    scalar(1),
  ),
  mistake(
    'best',
    'techniques counted from zero',
    'is what you get when techniques are counted from 0.',
    ['drift'],
    (values) => {
      const drift = rowMajor(tensorOf(values, 'drift'))
      return scalar(drift.indexOf(Math.min(...drift)))
    },
  ),
]

/** What people get wrong in the images of ntua/2.2. */
export const augmentationMistakes: readonly ExerciseMistake[] = [...blurMistakes, ...imageMistakes, ...momentMistakes]

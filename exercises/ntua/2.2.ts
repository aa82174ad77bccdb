import fc from 'fast-check'
import { fromNested, rowMajor, scalar, tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { Exercise, Given, Values } from '../exercise.js'
import { adversarialMistakes } from './2.2.adversarialMistakes.js'
import { adversarialConventions } from './2.2.conventions.js'
import { leakExperiment, leakTraining } from './2.2.experiment.js'
import { generativeLaws } from './2.2.laws.js'
import { augmentationMistakes } from './2.2.mistakes.js'
import { augmentationQuantities, columns, examples, rows } from './2.2.quantities.js'

const given: readonly Given[] = [
  {
    name: 'image',
    symbols: ['I', 'image'],
    meaning: 'a photograph in shades of grey, a row of pixels a row',
    kind: 'whole',
    value: fromNested([
      [1, 3, 5, 2],
      [0, 4, 8, 6],
      [7, 10, 9, 12],
    ]),
  },
  {
    name: 'neighbourWeight',
    symbols: ['w'],
    meaning: 'the weight of a neighbour in the blur, that of the pixel itself being 1, before they are normalised',
    kind: 'real',
    value: scalar(0.5),
  },
  {
    name: 'contrast',
    symbols: ['c', 'contrast'],
    meaning: 'the contrast of the change of colour',
    kind: 'real',
    value: scalar(1.5),
  },
  {
    name: 'brightness',
    symbols: ['b', 'brightness'],
    meaning: 'the brightness that it adds',
    kind: 'real',
    value: scalar(2),
  },
  {
    name: 'realLogits',
    symbols: ['u', 'real logits', 'l_real'],
    meaning: 'the logits that the discriminator gives to photographs',
    kind: 'real',
    value: tensor([examples], [1, 2, 0.5]),
  },
  {
    name: 'fakeLogits',
    symbols: ['v', 'fake logits', 'l_fake'],
    meaning: 'the logits that it gives to generated images',
    kind: 'real',
    value: tensor([examples], [-1, 0.5, -2]),
  },
]

const halfLogits = fc
  .uniqueArray(fc.constantFrom(-5, -4, -3, -2, -1, 1, 2, 3, 4, 5), { minLength: examples, maxLength: examples })
  .map((numbers) =>
    tensor(
      [examples],
      numbers.map((number) => number / 2),
    ),
  )

/** Pixels that all differ, so that a blur takes something away; a contrast that is not 1. */
function instances(weights: readonly number[]): fc.Arbitrary<Values> {
  const shades = Array.from({ length: 16 }, (_, shade) => shade)
  const size = rows * columns
  return fc.record({
    image: fc
      .shuffledSubarray(shades, { minLength: size, maxLength: size })
      .map((pixels) => tensor([rows, columns], pixels)),
    neighbourWeight: fc.constantFrom(...weights).map(scalar),
    contrast: fc.constantFrom(0.5, 1.5, 2).map(scalar),
    brightness: fc.constantFrom(-2, -1, 1, 3).map(scalar),
    realLogits: halfLogits,
    fakeLogits: halfLogits,
  })
}

function retainedText(retained: number): string {
  return retained === 0 ? 'nothing: the finest stripes are lost' : `hardly: the finest stripes are left at ${retained}`
}

const pictured = [
  ['image', 'The photograph'],
  ['blurred', 'Blurred'],
  ['recoloured', 'Colours changed'],
  ['flipped', 'Flipped'],
  ['enlarged', 'Cropped and enlarged'],
] as const

export const exercise22: Exercise = {
  id: 'ntua/2.2',
  title: 'Augmenting the few photographs of a generative adversarial network',
  source: 'NTUA, Neural Networks and Deep Learning, second series of exercises 2023, exercise 2.2',
  statement: `A generative adversarial network is to draw octopuses, and there are only few photographs of real ones. Three usual ways to make more
images out of them are tried:

1. blurring the images;
2. changing the colours of their pixels;
3. flipping them about the vertical axis in the middle, so that left and right change places.

Which of them can be expected to improve what the generator draws, and why? Suggest another one if you can.

(The sheet has no numbers. To compute with: a photograph $I$ of $3 \\times 4$ pixels; a blur along rows and columns in which a neighbour
weighs $w$ times as much as the pixel itself; a change of colour to $c \\cdot I + b$; the crop of its two lower rows and two right columns, enlarged
to $4 \\times 4$; and the losses of both networks for the logits $u$ of photographs and $v$ of generated images.)`,
  heading: { number: '2.2' },
  given,
  arbitrary: () => instances([0.125, 0.25, 0.5, 0.75]),
  stages: [],
  quantities: augmentationQuantities,
  conventions: adversarialConventions,
  mistakes: [...augmentationMistakes, ...adversarialMistakes],
  laws: generativeLaws,
  experiments: [leakExperiment],
  trainings: [leakTraining],
  // With w = ½ the weights are quarters and a half.
  worksheet: { arbitrary: () => instances([0.5]) },
  tables: (values) => {
    const [blur, colour, flip] = rowMajor(tensorOf(values, 'drift'))
    return [
      {
        title: 'What the techniques do to the photographs',
        columns: [
          'technique',
          'mean and variance of the pixels move by',
          'undone by',
          'what the generator may learn from it',
        ],
        rows: [
          ['blur', blur, retainedText(numberOf(values, 'retained')), 'to draw without fine detail'],
          ['change of colour', colour, 'its inverse, if one knows it', 'colours that octopuses do not have'],
          ['flip', flip, 'itself', 'octopuses that look the other way, which there are'],
        ],
      },
    ]
  },
  pictures: (values) =>
    pictured.map(([name, title]) => {
      const image = tensorOf(values, name)
      const [height, width] = image.shape
      const pixels = rowMajor(image)
      return {
        kind: 'heatMap',
        title,
        rowTitle: 'row',
        columnTitle: 'column',
        values: Array.from({ length: height }, (_, i) => [...pixels.subarray(i * width, (i + 1) * width)]),
        labelled: true,
      }
    }),
}

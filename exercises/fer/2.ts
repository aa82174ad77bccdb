import fc from 'fast-check'
import { scalar } from '../../oracle/tensor.js'
import { architectureOf } from '../architecture/chain.js'
import { tableOf, walk } from '../architecture/walker.js'
import { numberOf } from '../computation.js'
import type { Exercise, Values } from '../exercise.js'
import type { Picture } from '../picture.js'
import { classifier, classifierGiven } from './2.chain.js'
import { classifierTraining, descentExperiment, sizesExperiment } from './2.experiment.js'
import { classifierLaws } from './2.laws.js'
import { classifierMistakes } from './2.mistakes.js'
import { classifierQuantities, jumpConventions } from './2.quantities.js'

interface Sizes {
  readonly kernel1: number
  readonly stride1: number
  readonly kernel2: number
  readonly stride2: number
  readonly poolSize: number
  readonly poolStride: number
}

/** The smallest image for which the last map has this side. */
function leastSide(sizes: Sizes, last: number): number {
  const before = (positions: number, kernel: number, stride: number) => (positions - 1) * stride + kernel
  const pool2 = before(last, sizes.poolSize, sizes.poolStride)
  const conv2 = before(pool2, sizes.kernel2, sizes.stride2)
  const pool1 = before(conv2, sizes.poolSize, sizes.poolStride)
  return before(pool1, sizes.kernel1, sizes.stride1)
}

function valuesOf({ last, more, ...sizes }: Sizes & { readonly last: number; readonly more: number }): Values {
  const numbers = { ...sizes, side: leastSide(sizes, last) + more }
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, scalar(value)]))
}

/** Sizes for which every window fits, images up to some rows larger than they need to be. */
function arbitrary(): fc.Arbitrary<Values> {
  const small = (most: number) => fc.integer({ min: 1, max: most })
  return fc
    .record({
      channels: small(3),
      filters1: small(4),
      kernel1: small(4),
      stride1: small(2),
      poolSize: small(3),
      poolStride: small(2),
      filters2: small(4),
      kernel2: small(3),
      stride2: small(2),
      classes: small(4),
      last: small(2),
      more: fc.integer({ min: 0, max: 5 }),
    })
    .map(valuesOf)
}

/** Sizes as networks have them, small enough to be worked by hand. */
function worksheetArbitrary(): fc.Arbitrary<Values> {
  return fc
    .record({
      channels: fc.constantFrom(1, 3),
      filters1: fc.constantFrom(4, 8, 10, 16),
      kernel1: fc.constantFrom(3, 5, 7),
      stride1: fc.constantFrom(1, 2),
      poolSize: fc.constantFrom(2, 3),
      poolStride: fc.constant(2),
      filters2: fc.constantFrom(12, 16, 20, 32),
      kernel2: fc.constantFrom(3, 5),
      stride2: fc.constantFrom(1, 2),
      classes: fc.constantFrom(2, 5, 10),
      last: fc.integer({ min: 2, max: 5 }),
      more: fc.integer({ min: 1, max: 6 }),
    })
    .map(valuesOf)
}

/** Strides that widen fields and jumps, and rows that no window reaches. */
function isWorkable(values: Values): boolean {
  return numberOf(values, 'pool2Jump') > 2 && numberOf(values, 'leastSide') < numberOf(values, 'side')
}

/** What one unit of each window layer, and the fully connected layer, sees of the image. */
function pictures(values: Values): readonly Picture[] {
  const side = numberOf(values, 'side')
  const square = (name: string, size: number) => ({ name, from: [0, 0] as const, to: [size, size] as const })
  const layers = ['conv1', 'pool1', 'conv2', 'pool2', 'fc']
  return [
    {
      kind: 'plane',
      title: 'What the first unit of each layer sees of the image',
      x: { title: 'column' },
      y: { title: 'row' },
      xRange: [0, side],
      yRange: [0, side],
      contours: [],
      paths: [],
      points: [],
      rectangles: [
        square('the image', side),
        ...layers.map((layer) => square(layer, numberOf(values, `${layer}ReceptiveField`))),
      ],
    },
  ]
}

export const exercise2: Exercise = {
  id: 'fer/2',
  title: 'A small convolutional classifier: shapes, parameters, receptive fields',
  source: 'FER, Deep Learning, exam questions 2023, question 2',
  statement: `A classifier of square colour images consists of:

- a convolution without padding, with ReLU;
- max pooling;
- a second convolution without padding, with ReLU;
- max pooling with the same window and stride;
- flattening;
- a fully connected layer with softmax.

Every layer with weights has biases. Its sizes are given: the image has $C$ channels and side $n_0$; convolution $i$ has $F_i$ filters of
$K_i \\times K_i$ and stride $S_i$; the poolings have windows of $K_p \\times K_p$ and stride $S_p$; there are $O$ classes.

(a) Write down the dimensions of the tensors that go into and come out of every layer.
(b) How many parameters does the model have in all?
(c) How large are the receptive fields of the outputs of the two poolings, in pixels of the image?
(d) Is the model fit for images of any size? If so, show it by a forward pass over the dimensions; if not, find the smallest change that
makes it so, and say which sizes it takes before and after.`,
  heading: { number: '2' },
  given: classifierGiven,
  arbitrary,
  stages: [],
  quantities: classifierQuantities,
  conventions: [jumpConventions],
  mistakes: classifierMistakes,
  laws: classifierLaws,
  experiments: [sizesExperiment, descentExperiment],
  trainings: [classifierTraining],
  worksheet: { arbitrary: worksheetArbitrary, isWorkable },
  pictures,
  tables: (values) => [tableOf(walk(architectureOf(classifier, values)))],
}

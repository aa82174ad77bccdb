import { rowMajor, scalar, tensor, zip } from '../../oracle/tensor.js'
import { forward, numberOf, scalarOf, tensorOf } from '../computation.js'
import type { ExerciseMistake } from '../exercise.js'
import { convolved, convolvedBack } from './convolution.js'
import { asImage, asMatrix, turned } from './featureMaps.js'
import { countMistake, mapMistake } from './mistakes.js'
import { comparisons } from './vgg.stack.js'

const countMistakes: readonly ExerciseMistake[] = comparisons.flatMap((i) => {
  const [large, depth, big, small] = [`largeKernel${i}`, `stackDepth${i}`, `largeWeights${i}`, `stackWeights${i}`]
  return [
    countMistake(
      `filters side by side (${i})`,
      depth,
      'is how many small filters fit into the large one side by side; a filter on top of another sees k − 1 more.',
      [large, 'smallKernel'],
      (K, k) => Math.floor(K / k),
    ),
    countMistake(
      `a layer too few (${i})`,
      depth,
      'is one too few: the first small filter sees k, each further one k − 1 more.',
      [depth],
      (n) => n - 1,
    ),
    countMistake(
      `a layer too many (${i})`,
      depth,
      'is one too many: the first small filter already sees k.',
      [depth],
      (n) => n + 1,
    ),
    countMistake(
      `receptive fields added up (${i})`,
      `stackField${i}`,
      'is what you get when the sides of all filters are added up; neighbouring windows overlap.',
      [depth, 'smallKernel'],
      (n, k) => n * k,
    ),
    countMistake(
      `first layer counted twice (${i})`,
      `stackField${i}`,
      'is k − 1 too large: the first filter sees k, and n − 1 further ones add k − 1 each.',
      [depth, 'smallKernel'],
      (n, k) => k + n * (k - 1),
    ),
    countMistake(
      `side for the area (${i})`,
      big,
      'is what you get with K weights a filter in place of K · K.',
      [large, 'stackChannels'],
      (K, C) => K * C * C,
    ),
    countMistake(
      `channels of the filters forgotten (${i})`,
      big,
      'is what you get when filters have no depth: each of the C filters reaches over all C channels.',
      [large, 'stackChannels'],
      (K, C) => K * K * C,
    ),
    countMistake(
      `channels of the small filters forgotten (${i})`,
      small,
      'is what you get when filters have no depth: each of the C filters reaches over all C channels.',
      ['smallKernel', 'stackChannels', depth],
      (k, C, n) => k * k * C * n,
    ),
    countMistake(
      `one small layer (${i})`,
      small,
      'counts one layer of the stack only.',
      ['smallKernel', 'stackChannels'],
      (k, C) => k * k * C * C,
    ),
    countMistake(
      `weights of the stack multiplied (${i})`,
      small,
      'multiplies the weights of the layers; they add up.',
      ['smallKernel', 'stackChannels', depth],
      (k, C, n) => (k * k * C * C) ** n,
    ),
    countMistake(
      `what is left (${i})`,
      `saving${i}`,
      'is the share that is left, not the share that is saved.',
      [small, big],
      (S, L) => S / L,
    ),
    countMistake(
      `relative to the stack (${i})`,
      `saving${i}`,
      'is what you get when the difference is divided by the weights of the stack; it is a share of those of the large filter.',
      [small, big],
      (S, L) => (L - S) / S,
    ),
  ]
})

const mapMistakes: readonly ExerciseMistake[] = [
  mapMistake(
    'filter turned',
    'stackPreActivation',
    'is what you get when the filter is turned by 180°, as in a convolution of signals; layers of a network do not turn it.',
    ['patch', 'kernel1'],
    (values, operators) => convolved(tensorOf(values, 'patch'), turned(tensorOf(values, 'kernel1')), operators),
  ),
  mapMistake(
    'zeros padded',
    'stackPreActivation',
    'is what you get with a row of zeros around the image; here there is no padding.',
    ['patch', 'kernel1'],
    async (values, operators) => {
      const inputs = { x: asImage(tensorOf(values, 'patch')), weight: asImage(tensorOf(values, 'kernel1')) }
      return asMatrix(await forward(operators, 'conv2d', 'y', inputs, { padding: 1 }))
    },
  ),
  mapMistake(
    'ReLU left out',
    'stackActivation',
    'is the feature map before ReLU.',
    ['stackPreActivation'],
    async (values) => tensorOf(values, 'stackPreActivation'),
  ),
  mapMistake(
    'no ReLU between the filters',
    'stackOutput',
    'is what you get without ReLU between the two filters.',
    ['stackPreActivation', 'kernel2'],
    async (values, operators) =>
      scalarOf(await convolved(tensorOf(values, 'stackPreActivation'), tensorOf(values, 'kernel2'), operators)),
  ),
  mapMistake(
    'second filter turned',
    'stackOutput',
    'is what you get when the second filter is turned by 180°.',
    ['stackActivation', 'kernel2'],
    async (values, operators) =>
      scalarOf(await convolved(tensorOf(values, 'stackActivation'), turned(tensorOf(values, 'kernel2')), operators)),
  ),
  mapMistake(
    'derivative of ReLU forgotten',
    'stackGradientPreActivation',
    'is the second filter as it is; where ReLU gave 0 no gradient passes.',
    ['kernel2'],
    async (values) => tensorOf(values, 'kernel2'),
  ),
  mapMistake(
    'second filter turned in the backward pass',
    'stackGradientPreActivation',
    'is what you get when the second filter is turned by 180° before ReLU is taken back.',
    ['stackActivation', 'kernel2'],
    async (values) =>
      zip(turned(tensorOf(values, 'kernel2')), tensorOf(values, 'stackActivation'), (weight, h) =>
        h > 0 ? weight : 0,
      ),
  ),
  mapMistake(
    'ReLU applied to the gradient',
    'stackGradientPreActivation',
    'is ReLU of the second filter; the sign of the feature map decides, not that of the gradient.',
    ['kernel2'],
    (values, operators) => forward(operators, 'relu', 'y', { x: tensorOf(values, 'kernel2') }),
  ),
  mapMistake(
    'pre-activation for the gradient of the second filter',
    'stackGradientKernel2',
    'is the feature map before ReLU; the second filter reads it behind ReLU.',
    ['stackPreActivation'],
    async (values) => tensorOf(values, 'stackPreActivation'),
  ),
  mapMistake(
    'gradient of the first filter past ReLU',
    'stackGradientKernel1',
    'is what you get when the image meets the second filter as it is, ReLU forgotten.',
    ['patch', 'kernel2'],
    (values, operators) => convolved(tensorOf(values, 'patch'), tensorOf(values, 'kernel2'), operators),
  ),
  mapMistake(
    'gradient of the first filter turned',
    'stackGradientKernel1',
    'is turned by 180°: the gradient belongs to a filter that is laid on the image as it is.',
    ['stackGradientKernel1'],
    async (values) => turned(tensorOf(values, 'stackGradientKernel1')),
  ),
  mapMistake(
    'first filter turned in the gradient of the image',
    'stackGradientPatch',
    'is what you get when the first filter is turned by 180° before it is placed: that is how windows are read, not how gradients are handed back.',
    ['patch', 'kernel1', 'stackGradientPreActivation'],
    (values, operators) =>
      convolvedBack(
        'x',
        [
          tensorOf(values, 'patch'),
          turned(tensorOf(values, 'kernel1')),
          tensorOf(values, 'stackGradientPreActivation'),
        ],
        operators,
      ),
  ),
  mapMistake(
    'gradient of the image without ReLU',
    'stackGradientPatch',
    'is the equivalent filter: ReLU was forgotten on the way back.',
    ['equivalentKernel'],
    async (values) => tensorOf(values, 'equivalentKernel'),
  ),
  mapMistake(
    'second filter turned in the equivalent filter',
    'equivalentKernel',
    'is what you get when one of the two filters is turned by 180° before the copies are added.',
    ['patch', 'kernel1', 'kernel2'],
    (values, operators) =>
      convolvedBack(
        'x',
        [tensorOf(values, 'patch'), tensorOf(values, 'kernel1'), turned(tensorOf(values, 'kernel2'))],
        operators,
      ),
  ),
  mapMistake(
    'entries multiplied',
    'equivalentKernel',
    'is the product of the two filters entry by entry, still 3 × 3; one filter on top of the other reaches over 5 × 5.',
    ['kernel1', 'kernel2'],
    async (values) => zip(tensorOf(values, 'kernel1'), tensorOf(values, 'kernel2'), (a, b) => a * b),
  ),
  mapMistake(
    'matrices multiplied',
    'equivalentKernel',
    'is the matrix product of the two filters; one filter on top of the other is a convolution of them.',
    ['kernel1', 'kernel2'],
    (values, operators) =>
      forward(operators, 'matmul', 'y', { a: tensorOf(values, 'kernel1'), b: tensorOf(values, 'kernel2') }),
  ),
  mapMistake(
    'ReLU in the linear comparison',
    'largeOutput',
    'is the output of the two small filters with ReLU between them; one filter has no ReLU inside.',
    ['stackOutput'],
    async (values) => scalar(numberOf(values, 'stackOutput')),
  ),
  mapMistake(
    'equivalent filter turned',
    'largeOutput',
    'is what you get when the large filter is turned by 180°.',
    ['patch', 'equivalentKernel'],
    async (values) => {
      const [x, kernel] = [rowMajor(tensorOf(values, 'patch')), rowMajor(turned(tensorOf(values, 'equivalentKernel')))]
      return tensor([], [x.reduce((sum, value, i) => sum + value * kernel[i], 0)])
    },
  ),
]

export const stackMistakes: readonly ExerciseMistake[] = [...countMistakes, ...mapMistakes]

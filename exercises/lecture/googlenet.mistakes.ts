import { scalar } from '../../oracle/tensor.js'
import { type ModuleName, moduleNames } from '../architecture/models/googlenet.js'
import { numberOf } from '../computation.js'
import type { ExerciseMistake } from '../exercise.js'
import { moduleMistakes } from './googlenet.moduleMistakes.js'
import { filtersOf, placeOf } from './googlenet.network.js'
import { countMistake, mapMistake, taken } from './mistakes.js'

/** A mistake in one module's counts, out of its depth, its six numbers of filters and its side. */
function moduleMistake(
  name: string,
  quantity: 'channels' | 'parameters' | 'multiplyAdds',
  explanation: string,
  module: ModuleName,
  wrong: (depth: number, filters: readonly number[], side: number) => number,
): ExerciseMistake {
  const { side, depth } = placeOf(module)
  return mapMistake(
    `${name} (${module})`,
    `${quantity}${module}`,
    explanation,
    [depth, 'modules', side],
    async (values) => scalar(wrong(numberOf(values, depth), filtersOf(values, module), numberOf(values, side))),
  )
}

/** Weights of a module. */
function weightsOf(depth: number, [f1, f2, f3, f4, f5, f6]: readonly number[]): number {
  return depth * (f1 + f2 + f4 + f6) + 9 * f2 * f3 + 25 * f4 * f5
}

const total = (numbers: readonly number[]) => numbers.reduce((sum, number) => sum + number, 0)

const countMistakes: readonly ExerciseMistake[] = [
  ...moduleNames.flatMap((module) => [
    moduleMistake(
      'reductions among the output',
      'channels',
      'counts the reductions too; they end inside the module, and only the four branches are concatenated.',
      module,
      (_, filters) => total(filters),
    ),
    moduleMistake(
      'branches added',
      'channels',
      'is the number of channels of one branch; branches are concatenated, not added.',
      module,
      (_, filters) => filters[2],
    ),
    moduleMistake('biases forgotten', 'parameters', 'is what you get without biases.', module, weightsOf),
    moduleMistake(
      'reductions forgotten',
      'parameters',
      'is what you get when the 3 × 3 and 5 × 5 filters read all channels, without the 1 × 1 reductions.',
      module,
      (depth, [f1, , f3, , f5, f6]) => (depth + 1) * (f1 + f6) + (9 * depth + 1) * f3 + (25 * depth + 1) * f5,
    ),
    moduleMistake(
      'parameters of the reductions left out',
      'parameters',
      'is what you get when the 1 × 1 reductions count for nothing.',
      module,
      (depth, [f1, f2, f3, f4, f5, f6]) => (depth + 1) * (f1 + f6) + (9 * f2 + 1) * f3 + (25 * f4 + 1) * f5,
    ),
    moduleMistake(
      'biases among the multiply-adds',
      'multiplyAdds',
      'counts the biases too: they are added without a multiplication.',
      module,
      (depth, filters, side) => side * side * (weightsOf(depth, filters) + total(filters)),
    ),
    moduleMistake(
      'weights counted once',
      'multiplyAdds',
      'is the number of weights: each is used at every position.',
      module,
      (depth, filters) => weightsOf(depth, filters),
    ),
  ]),
  ...[1, 2, 3, 4].map((i) =>
    countMistake(
      `rounded down (${i})`,
      `pool${i}Side`,
      'is what you get when the quotient is rounded down; GoogLeNet’s poolings let the last window reach over the edge.',
      [i === 1 ? 'conv1Side' : `pool${i - 1}Side`],
      (n) => Math.floor((n - 3) / 2) + 1,
    ),
  ),
  countMistake(
    'padding forgotten',
    'conv1Side',
    'is what you get without the three rows of zeros around the image.',
    ['image'],
    (n) => Math.floor((n - 7) / 2) + 1,
  ),
  countMistake(
    'biases of the first convolution forgotten',
    'conv1Parameters',
    'is what you get without biases.',
    ['channels', 'stem1'],
    (d, s) => 49 * d * s,
  ),
  countMistake(
    'reduction before the second convolution left out',
    'conv2Parameters',
    'counts the 3 × 3 filters only; the 1 × 1 filters before them have parameters too.',
    ['stem2', 'stem3'],
    (s2, s3) => (9 * s2 + 1) * s3,
  ),
  countMistake(
    'flattened without the pooling',
    'classifierParameters',
    'is what you get when the fully connected layer reads every position; the global average pooling leaves one number a channel.',
    ['channels5b', 'classes', 'pool4Side'],
    (d, c, n) => (d * n * n + 1) * c,
  ),
  countMistake(
    'biases of the classifier forgotten',
    'classifierParameters',
    'is what you get without biases.',
    ['channels5b', 'classes'],
    (d, c) => d * c,
  ),
  taken(
    'auxiliary classifiers counted',
    'parameters',
    'is what you get with the auxiliary classifiers, which are taken away after training.',
    'trainingParameters',
  ),
  countMistake(
    'one auxiliary classifier',
    'trainingParameters',
    'counts one auxiliary classifier; there are two, behind modules 4a and 4d.',
    ['parameters', 'auxiliary1Parameters'],
    (parameters, auxiliary) => parameters + auxiliary,
  ),
  mapMistake(
    'channels forgotten',
    'directMultiplyAdds',
    'is what you get when filters have no depth: each reaches over all channels.',
    ['pool2Side', 'modules'],
    async (values) => scalar(numberOf(values, 'pool2Side') ** 2 * 25 * filtersOf(values, '3a')[4]),
  ),
  mapMistake(
    'reduction itself not counted',
    'reducedMultiplyAdds',
    'counts the 5 × 5 filters only; the reduction multiplies too.',
    ['pool2Side', 'modules'],
    async (values) => {
      const [, , , reduced, fives] = filtersOf(values, '3a')
      return scalar(numberOf(values, 'pool2Side') ** 2 * 25 * reduced * fives)
    },
  ),
  countMistake(
    'quotient upside down',
    'reductionRatio',
    'is the share that is left, not how many times as many.',
    ['directMultiplyAdds', 'reducedMultiplyAdds'],
    (direct, reduced) => reduced / direct,
  ),
  countMistake(
    'biases in the comparison',
    'fullWeights',
    'counts the biases too; weights are compared.',
    ['stem2', 'stem3'],
    (s2, s3) => (9 * s2 + 1) * s3,
  ),
  countMistake(
    'factors multiplied',
    'separableWeights',
    'multiplies the weights of the two steps; they add up.',
    ['stem2', 'stem3'],
    (s2, s3) => 9 * s2 * s2 * s3,
  ),
  countMistake(
    'depthwise filters only',
    'separableWeights',
    'counts the filters of the channels only; the 1 × 1 filters come behind them.',
    ['stem2'],
    (s2) => 9 * s2,
  ),
  countMistake(
    'saved share',
    'separableRatio',
    'is the share that is saved, not the share that is left.',
    ['separableWeights', 'fullWeights'],
    (separable, full) => 1 - separable / full,
  ),
]

export const inceptionMistakes: readonly ExerciseMistake[] = [...moduleMistakes, ...countMistakes]

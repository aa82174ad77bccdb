import { scalar } from '../../oracle/tensor.js'
import { numberOf } from '../computation.js'
import type { ExerciseMistake } from '../exercise.js'
import { countMistake, mapMistake } from './mistakes.js'
import { blocksOf, kindOf } from './resnet.network.js'

const stages = [1, 2, 3, 4] as const

const blockMistakes: readonly ExerciseMistake[] = stages.flatMap((s) => [
  countMistake(
    `normalization forgotten (basic ${s})`,
    `basicIdentity${s}`,
    'is what you get without the gains and biases of the normalizations.',
    [`width${s}`],
    (d) => 18 * d * d,
  ),
  countMistake(
    `one convolution (basic ${s})`,
    `basicIdentity${s}`,
    'counts one convolution of the block; there are two.',
    [`width${s}`],
    (d) => 9 * d * d + 2 * d,
  ),
  countMistake(
    `biases of the convolutions (basic ${s})`,
    `basicIdentity${s}`,
    'counts biases of the convolutions too; the normalization behind each has one a channel already.',
    [`width${s}`],
    (d) => 18 * d * d + 6 * d,
  ),
  countMistake(
    `normalization forgotten (bottleneck ${s})`,
    `bottleneckIdentity${s}`,
    'is what you get without the gains and biases of the normalizations.',
    [`width${s}`, 'expansionFactor'],
    (d, m) => (9 + 2 * m) * d * d,
  ),
  countMistake(
    `bottleneck of equal widths (${s})`,
    `bottleneckIdentity${s}`,
    'is what you get when all three convolutions have as many channels; the outer ones lead from and to m times as many.',
    [`width${s}`],
    (d) => 11 * d * d + 6 * d,
  ),
  countMistake(
    `3 × 3 at full width (${s})`,
    `bottleneckIdentity${s}`,
    'is what you get when the 3 × 3 convolution runs at the full width: the bottleneck is there to spare it that.',
    [`width${s}`, 'expansionFactor'],
    (d, m) => (2 * m + 9 * m * m) * d * d + (4 + 2 * m) * d,
  ),
])

const firstMistakes: readonly ExerciseMistake[] = [2, 3, 4].flatMap((s) => [
  countMistake(
    `first convolution at the width of its stage (${s})`,
    `basicFirst${s}`,
    'is what you get when the first convolution reads as many channels as it answers with; it reads those of the stage before.',
    [`width${s - 1}`, `width${s}`],
    (input, d) => 18 * d * d + 4 * d + (input + 2) * d,
  ),
  countMistake(
    `normalization of the projection forgotten (${s})`,
    `basicFirst${s}`,
    'is what you get without the normalization behind the projection.',
    [`width${s - 1}`, `width${s}`],
    (input, d) => 9 * input * d + 9 * d * d + 4 * d + input * d,
  ),
  countMistake(
    `3 × 3 projection (${s})`,
    `basicFirst${s}`,
    'is what you get when the projection has 3 × 3 filters; it has 1 × 1 ones.',
    [`width${s - 1}`, `width${s}`],
    (input, d) => 9 * input * d + 9 * d * d + 4 * d + 9 * input * d + 2 * d,
  ),
  countMistake(
    `expansion of the stage before forgotten (${s})`,
    `bottleneckFirst${s}`,
    'is what you get when the block reads as many channels as the 3 × 3 filters of the stage before; that stage answers with m times as many.',
    [`width${s - 1}`, `width${s}`, 'expansionFactor'],
    (input, d, m) => input * d + (9 + m) * d * d + (4 + 2 * m) * d + (input + 2) * m * d,
  ),
])

const totalMistakes: readonly ExerciseMistake[] = [1, 2, 3, 4, 5].flatMap((network) => {
  const kind = kindOf(network)
  const perBlock = kind === 'basic' ? 2 : 3
  const layersOf = (name: string, explanation: string, wrong: (blocks: readonly number[]) => number) =>
    mapMistake(`${name} (${network})`, `layers${network}`, explanation, ['blocks'], async (values) =>
      scalar(wrong(blocksOf(values, network))),
    )
  const sum = (blocks: readonly number[]) => blocks.reduce((total, times) => total + times, 0)
  const identities = stages.map((s) => `${kind}Identity${s}`)
  return [
    layersOf(
      'first and last layer forgotten',
      'counts the convolutions of the blocks only; the first convolution and the fully connected layer belong to the layers.',
      (blocks) => perBlock * sum(blocks),
    ),
    layersOf('blocks for layers', 'counts every block as one layer.', (blocks) => 2 + sum(blocks)),
    layersOf(
      'projections counted',
      'counts the projections as layers; they lie beside the main line.',
      (blocks) => 2 + perBlock * sum(blocks) + (kind === 'basic' ? 3 : 4),
    ),
    mapMistake(
      `every block keeps the shape (${network})`,
      `parameters${network}`,
      'is what you get when every block of a stage is one that keeps the shape; the first ones change it.',
      ['stemParameters', 'blocks', ...identities, `${kind}Classifier`],
      async (values) => {
        const inside = blocksOf(values, network).reduce(
          (total, times, i) => total + times * numberOf(values, identities[i]),
          numberOf(values, 'stemParameters'),
        )
        return scalar(inside + numberOf(values, `${kind}Classifier`))
      },
    ),
    countMistake(
      `fully connected layer forgotten (${network})`,
      `parameters${network}`,
      'is what you get without the fully connected layer.',
      [`parameters${network}`, `${kind}Classifier`],
      (total, last) => total - last,
    ),
    countMistake(
      `first convolution forgotten (${network})`,
      `parameters${network}`,
      'is what you get without the first convolution.',
      [`parameters${network}`, 'stemParameters'],
      (total, stem) => total - stem,
    ),
    ...(network === 1
      ? []
      : [
          countMistake(
            `parameters of the smallest network (${network})`,
            `parameters${network}`,
            'is the number of parameters of the first, smallest network.',
            ['parameters1'],
            (first) => first,
          ),
        ]),
    countMistake(
      `additions counted apart (${network})`,
      `multiplyAdds${network}`,
      'is twice as many: it counts multiplications and additions apart.',
      [`multiplyAdds${network}`],
      (total) => 2 * total,
    ),
  ]
})

export const networkMistakes: readonly ExerciseMistake[] = [
  countMistake(
    'biases of the first convolution',
    'stemParameters',
    'counts biases of the convolution too; the normalization behind it has one a channel already.',
    ['channels', 'width1'],
    (channels, width) => 49 * channels * width + 3 * width,
  ),
  countMistake(
    'normalization of the stem forgotten',
    'stemParameters',
    'is what you get without the normalization behind the first convolution.',
    ['channels', 'width1'],
    (channels, width) => 49 * channels * width,
  ),
  countMistake(
    'padding forgotten',
    'conv1Side',
    'is what you get without the three rows of zeros around the image.',
    ['image'],
    (n) => Math.floor((n - 7) / 2) + 1,
  ),
  countMistake(
    'padding of the pooling forgotten',
    'pool1Side',
    'is what you get without the row around the map.',
    ['conv1Side'],
    (n) => Math.floor((n - 3) / 2) + 1,
  ),
  countMistake(
    'flattened without the pooling (basic)',
    'basicClassifier',
    'is what you get when the fully connected layer reads every position; the global average pooling leaves one number a channel.',
    ['width4', 'classes', 'stage4Side'],
    (d, c, n) => (n * n * d + 1) * c,
  ),
  countMistake(
    'flattened without the pooling (bottleneck)',
    'bottleneckClassifier',
    'is what you get when the fully connected layer reads every position; the global average pooling leaves one number a channel.',
    ['width4', 'expansionFactor', 'classes', 'stage4Side'],
    (d, m, c, n) => (n * n * m * d + 1) * c,
  ),
  countMistake(
    'expansion of the last stage forgotten',
    'bottleneckClassifier',
    'is what you get when the last stage answers with the channels of its 3 × 3 filters; a bottleneck answers with m times as many.',
    ['width4', 'classes'],
    (d, c) => (d + 1) * c,
  ),
  ...blockMistakes,
  ...firstMistakes,
  ...totalMistakes,
]

import { map, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { backward, forward, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { plus } from '../training.js'
import { channelOf, channelsOf, turned } from './featureMaps.js'
import { gradientInputs, handedBack, pooling } from './googlenet.gradients.js'
import { filtered, mixed } from './googlenet.module.js'
import { mapMistake, taken } from './mistakes.js'

const branchMistakes: readonly ExerciseMistake[] = [
  ...(
    [
      ['oneBranch', 'oneSum'],
      ['threeReduced', 'threeSum'],
      ['threeBranch', 'threeFiltered'],
      ['fiveReduced', 'fiveSum'],
      ['fiveBranch', 'fiveFiltered'],
      ['poolBranch', 'poolSum'],
    ] as const
  ).map(([branch, sum]) => taken(`ReLU left out (${branch})`, branch, 'is what you get without ReLU.', sum)),
  ...(
    [
      ['threeFiltered', 'threeReduced', 'threeSum', 'three'],
      ['fiveFiltered', 'fiveReduced', 'fiveSum', 'five'],
    ] as const
  ).flatMap(([result, reduced, sum, filter]) => [
    mapMistake(
      `filter turned (${filter})`,
      result,
      'is what you get when the filter is turned by 180°, as in a convolution of signals; layers of a network do not turn it.',
      [reduced, filter],
      (values, operators) => filtered(tensorOf(values, reduced), turned(tensorOf(values, filter)), operators),
    ),
    mapMistake(
      `no ReLU behind the reduction (${filter})`,
      result,
      'is what you get without ReLU between the reduction and the filter.',
      [sum, filter],
      (values, operators) => filtered(tensorOf(values, sum), tensorOf(values, filter), operators),
    ),
    mapMistake(
      `reduction skipped (${filter})`,
      result,
      'is what you get when the filter reads the sum of the channels: the 1 × 1 filter before it was left out.',
      ['x1', 'x2', filter],
      (values, operators) =>
        filtered(plus(tensorOf(values, 'x1'), tensorOf(values, 'x2')), tensorOf(values, filter), operators),
    ),
  ]),
  ...[1, 2].flatMap((channel) => [
    mapMistake(
      `zeros among the maxima (${channel})`,
      `pooled${channel}`,
      'is what you get when the zeros around the map take part in the maximum; a maximum is taken over the map alone.',
      [`pooled${channel}`],
      async (values) => {
        const x = tensorOf(values, `pooled${channel}`)
        const [height, width] = x.shape
        const atEdge = (i: number) => i < width || i >= (height - 1) * width || i % width === 0 || (i + 1) % width === 0
        return tensor(
          x.shape,
          x.data.slice(x.offset, x.offset + x.size).map((value, i) => (atEdge(i) ? Math.max(0, value) : value)),
        )
      },
    ),
    mapMistake(
      `means in place of maxima (${channel})`,
      `pooled${channel}`,
      'is the mean over each window; the module takes the maximum.',
      [`x${channel}`],
      async (values, operators) => {
        const attributes = { ...pooling, countIncludePad: false }
        return channelOf(
          await forward(operators, 'avgPool2d', 'y', { x: channelsOf(values, [`x${channel}`]) }, attributes),
          0,
        )
      },
    ),
    mapMistake(
      `pooling with its usual stride (${channel})`,
      `pooled${channel}`,
      'is one maximum in all: in a module the window moves by one position, so that the map keeps its size.',
      [`x${channel}`],
      async (values) => {
        const x = tensorOf(values, `x${channel}`)
        return tensor([1, 1], [Math.max(...x.data.slice(x.offset, x.offset + x.size))])
      },
    ),
  ]),
  mapMistake(
    'projection before the pooling',
    'poolSum',
    'is what you get when the maxima are taken of the projected map; the pooling comes first.',
    ['x1', 'x2', 'poolProjection'],
    async (values, operators) => {
      const x = await mixed(channelsOf(values, ['x1', 'x2']), tensorOf(values, 'poolProjection'), operators)
      return channelOf(await forward(operators, 'maxPool2d', 'y', { x }, pooling), 0)
    },
  ),
  mapMistake(
    'branches added',
    'moduleShape',
    'has one channel, as if the branches were added; they are concatenated.',
    ['oneBranch'],
    async (values) => tensor([3], [...tensorOf(values, 'oneBranch').shape, 1]),
  ),
  mapMistake(
    'branches below one another',
    'moduleShape',
    'is what you get when the maps are laid below one another; branches are concatenated along the channels.',
    ['oneBranch'],
    async (values) => {
      const [height, width] = tensorOf(values, 'oneBranch').shape
      return tensor([3], [4 * height, width, 1])
    },
  ),
]

/** The gradient by a channel of the input without what one branch hands back. */
async function without(branch: number, channel: number, values: Values, operators: Operators): Promise<Tensor> {
  const parts = await handedBack(values, channel - 1, operators)
  const [first, ...rest] = parts.filter((_, i) => i !== branch)
  return rest.reduce(plus, first)
}

const gradientMistakes: readonly ExerciseMistake[] = [
  ...[1, 2].flatMap((channel) => [
    ...['first', 'second', 'third', 'pooling'].map((branch, i) =>
      mapMistake(
        `${branch} branch forgotten in the backward pass (${channel})`,
        `inputGradient${channel}`,
        `is what you get when the ${branch} branch hands back nothing: all four read the input.`,
        gradientInputs,
        (values, operators) => without(i, channel, values, operators),
      ),
    ),
    mapMistake(
      `gradient of the pooling not at its maxima (${channel})`,
      `inputGradient${channel}`,
      'is what you get when the pooling hands its gradient back to the middle of each window; it belongs to the place of the maximum.',
      gradientInputs,
      async (values, operators) => {
        const x = tensorOf(values, 'poolSum')
        const mask = await backward(operators, 'relu', 'x', { x }, { y: map(x, () => 1) })
        const weight = tensorOf(values, 'poolProjection').get(channel - 1)
        return plus(
          await without(3, channel, values, operators),
          map(mask, (value) => weight * value),
        )
      },
    ),
  ]),
  ...(
    [
      ['three', 'threeReduced', 'threeFiltered'],
      ['five', 'fiveReduced', 'fiveFiltered'],
    ] as const
  ).map(([filter, reduced, result]) =>
    mapMistake(
      `last ReLU forgotten in the gradient of the filter (${filter})`,
      `${filter}Gradient`,
      'is what you get when every output counts; where the last ReLU gave 0 no gradient passes.',
      [reduced, filter, result],
      async (values, operators) => {
        const [x, kernel] = [channelsOf(values, [reduced]), channelsOf(values, [filter])]
        const attributes = { padding: (kernel.shape[2] - 1) / 2 }
        const y = map(channelsOf(values, [result]), () => 1)
        return channelOf(await backward(operators, 'conv2d', 'weight', { x, weight: kernel }, { y }, attributes), 0)
      },
    ),
  ),
  ...(
    [
      ['three', 'threeSum'],
      ['five', 'fiveSum'],
    ] as const
  ).map(([filter, sum]) =>
    mapMistake(
      `filter between output and reduction skipped (${filter})`,
      `${filter}SumGradient`,
      'is 1 where the reduction is positive: the filter behind it was skipped on the way back.',
      [sum],
      async (values) => map(tensorOf(values, sum), (value) => (value > 0 ? 1 : 0)),
    ),
  ),
  mapMistake(
    'filters of the channels exchanged',
    'separableOutput',
    'is what you get when the 1 × 1 filter takes the channels in the wrong order.',
    ['depthwiseMap1', 'depthwiseMap2', 'mixing'],
    async (values) => {
      const [a, b] = [0, 1].map((i) => tensorOf(values, 'mixing').get(i))
      return zip(tensorOf(values, 'depthwiseMap1'), tensorOf(values, 'depthwiseMap2'), (x, y) => b * x + a * y)
    },
  ),
  mapMistake(
    'maps added without the 1 × 1 filter',
    'separableOutput',
    'is the sum of the two maps: the 1 × 1 filter was left out.',
    ['depthwiseMap1', 'depthwiseMap2'],
    async (values) => plus(tensorOf(values, 'depthwiseMap1'), tensorOf(values, 'depthwiseMap2')),
  ),
  ...[1, 2].map((channel) =>
    mapMistake(
      `other channel under the filter (${channel})`,
      `depthwiseMap${channel}`,
      'is what you get when both channels pass the filter; each has its own.',
      ['x1', 'x2', `depthwise${channel}`],
      (values, operators) =>
        filtered(
          plus(tensorOf(values, 'x1'), tensorOf(values, 'x2')),
          tensorOf(values, `depthwise${channel}`),
          operators,
        ),
    ),
  ),
]

/** What people get wrong in an Inception module, its gradients and a separable convolution. */
export const moduleMistakes: readonly ExerciseMistake[] = [...branchMistakes, ...gradientMistakes]

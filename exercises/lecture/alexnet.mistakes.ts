import { map, rowMajor, tensor, zip } from '../../oracle/tensor.js'
import { chainMistakes } from '../architecture/mistakes.js'
import { forward, numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake } from '../exercise.js'
import { network } from './alexnet.network.js'
import { channels, neighbourSums } from './alexnet.stage.js'
import { channelOf, channelsOf } from './featureMaps.js'
import { countMistake, hiddenWhereSizeIsKept, mapMistake, shownIn } from './mistakes.js'

const inputs = channels.map((i) => `x${i}`)
const constants = ['size', 'offset', 'alpha', 'beta']

const stageMistakes: readonly ExerciseMistake[] = channels.flatMap((i) => [
  mapMistake(
    `channel alone (${i})`,
    `squares${i}`,
    'is what you get with the channel alone; its neighbours on both sides count too.',
    [`x${i}`],
    async (values) => map(tensorOf(values, `x${i}`), (value) => value * value),
  ),
  mapMistake(
    `squares forgotten (${i})`,
    `squares${i}`,
    'is the sum of the activations, not of their squares.',
    [...inputs, 'size'],
    async (values) => {
      const half = (numberOf(values, 'size') - 1) / 2
      const near = channels.filter((j) => Math.abs(j - i) <= half).map((j) => rowMajor(tensorOf(values, `x${j}`)))
      return tensor(
        tensorOf(values, `x${i}`).shape,
        near[0].map((_, place) => near.reduce((sum, numbers) => sum + numbers[place], 0)),
      )
    },
  ),
  mapMistake(
    `as many neighbours on each side as there are in all (${i})`,
    `squares${i}`,
    'is what you get when n neighbours on each side count; n is the number of all, the channel itself among them.',
    [...inputs, 'size'],
    async (values, operators) =>
      channelOf(await neighbourSums(channelsOf(values, inputs), 2 * numberOf(values, 'size') + 1, operators), i - 1),
  ),
  mapMistake(
    `constant forgotten (${i})`,
    `divisor${i}`,
    'is what you get without the constant k.',
    [`squares${i}`, 'alpha'],
    async (values) => {
      const alpha = numberOf(values, 'alpha')
      return map(tensorOf(values, `squares${i}`), (square) => alpha * square)
    },
  ),
  mapMistake(
    `factor of the squares forgotten (${i})`,
    `divisor${i}`,
    'is what you get without the factor α.',
    [`squares${i}`, 'offset'],
    async (values) => {
      const k = numberOf(values, 'offset')
      return map(tensorOf(values, `squares${i}`), (square) => k + square)
    },
  ),
  mapMistake(
    `power forgotten (${i})`,
    `normalized${i}`,
    'is what you get without the power β.',
    [`x${i}`, `divisor${i}`],
    async (values) => zip(tensorOf(values, `x${i}`), tensorOf(values, `divisor${i}`), (x, d) => x / d),
  ),
  mapMistake(
    `square root (${i})`,
    `normalized${i}`,
    'is what you get with the square root of the divisor, as in a batch normalization; here its power is β.',
    [`x${i}`, `divisor${i}`],
    async (values) => zip(tensorOf(values, `x${i}`), tensorOf(values, `divisor${i}`), (x, d) => x / Math.sqrt(d)),
  ),
  mapMistake(
    `multiplied instead of divided (${i})`,
    `normalized${i}`,
    'multiplies by the power of the divisor; it divides.',
    [`x${i}`, `divisor${i}`, 'beta'],
    async (values) => {
      const beta = numberOf(values, 'beta')
      return zip(tensorOf(values, `x${i}`), tensorOf(values, `divisor${i}`), (x, d) => x * d ** beta)
    },
  ),
  mapMistake(
    `windows side by side (${i})`,
    `pooled${i}`,
    'is what you get with windows of 3 × 3 side by side, of which one fits; here they move by 2 and overlap.',
    [`normalized${i}`],
    async (values, operators) =>
      channelOf(
        await forward(operators, 'maxPool2d', 'y', { x: channelsOf(values, [`normalized${i}`]) }, { kernel: 3 }),
        0,
      ),
  ),
  mapMistake(
    `windows of 2 × 2 (${i})`,
    `pooled${i}`,
    'is what you get with windows of 2 × 2 that do not overlap.',
    [`normalized${i}`],
    async (values, operators) =>
      channelOf(
        await forward(operators, 'maxPool2d', 'y', { x: channelsOf(values, [`normalized${i}`]) }, { kernel: 2 }),
        0,
      ),
  ),
  mapMistake(
    `means instead of maxima (${i})`,
    `pooled${i}`,
    'is the mean of each window; the pooling takes its maximum.',
    [`normalized${i}`],
    async (values, operators) =>
      channelOf(
        await forward(
          operators,
          'avgPool2d',
          'y',
          { x: channelsOf(values, [`normalized${i}`]) },
          { kernel: 3, stride: 2 },
        ),
        0,
      ),
  ),
  mapMistake(
    `gradient spread over the windows (${i})`,
    `normalizedGradient${i}`,
    'is what you get when each output’s gradient is spread over its window; it all goes to the maximum.',
    [`upstream${i}`],
    async (values) => {
      const g = tensorOf(values, `upstream${i}`)
      const [left, right] = [g.get(0, 0), g.get(0, 1)]
      const columns = [left, left, left + right, right, right]
      return tensor(
        [3, 5],
        [...columns, ...columns, ...columns].map((value) => value / 9),
      )
    },
  ),
  mapMistake(
    `divisor taken for a constant (${i})`,
    `inputGradient${i}`,
    'is the gradient divided by the power of the divisor; the divisor depends on the input too.',
    [`normalizedGradient${i}`, `divisor${i}`, 'beta'],
    async (values) => {
      const beta = numberOf(values, 'beta')
      return zip(tensorOf(values, `normalizedGradient${i}`), tensorOf(values, `divisor${i}`), (g, d) => g * d ** -beta)
    },
  ),
  mapMistake(
    `neighbours forgotten in the gradient (${i})`,
    `inputGradient${i}`,
    'is what you get when a channel enters its own divisor only; it enters those of its neighbours too.',
    [`x${i}`, `normalizedGradient${i}`, `divisor${i}`, ...constants],
    async (values) => {
      const [, , alpha, beta] = constants.map((name) => numberOf(values, name))
      const [g, d] = [`normalizedGradient${i}`, `divisor${i}`].map((name) => rowMajor(tensorOf(values, name)))
      const x = tensorOf(values, `x${i}`)
      return tensor(
        x.shape,
        rowMajor(x).map((value, at) => {
          const through = 2 * alpha * beta * value * value * d[at] ** (-beta - 1)
          return g[at] * (d[at] ** -beta - through)
        }),
      )
    },
  ),
])

const splitMistakes: readonly ExerciseMistake[] = (
  [
    [2, 5, 1],
    [5, 3, 4],
  ] as const
).map(([i, kernel, before]) =>
  countMistake(
    `groups divided twice (${i})`,
    `conv${i}Parameters`,
    'is what you get when the filters are divided among the groups too: each group has its own filters, and all of them count.',
    [`filters${before}`, `filters${i}`, 'groups'],
    (depth, filters, groups) => ((kernel * kernel * depth) / groups + 1) * (filters / groups),
  ),
)

export const alexNetMistakes: readonly ExerciseMistake[] = [
  ...stageMistakes,
  ...splitMistakes,
  // Convolutions 2 to 5 keep height and width.
  ...shownIn(
    chainMistakes(network),
    (name, quantity) => hiddenWhereSizeIsKept.has(name) && /^conv[2-5]/.test(quantity),
  ),
]

import fc from 'fast-check'
import { rowMajor, scalar } from '../../oracle/tensor.js'
import { alexNet } from '../architecture/models/alexnet.js'
import { tableOf, walk } from '../architecture/walker.js'
import { tensorOf } from '../computation.js'
import type { Exercise, Values } from '../exercise.js'
import { inhibitionExperiment } from './alexnet.experiment.js'
import { alexNetLaws } from './alexnet.laws.js'
import { alexNetMistakes } from './alexnet.mistakes.js'
import { groupConventions, imageConventions, networkGiven, networkQuantities, sizesOf } from './alexnet.network.js'
import { alexNetPictures } from './alexnet.pictures.js'
import { saturationExperiment } from './alexnet.saturation.js'
import { channels, normalizationConventions, stageGiven, stageQuantities } from './alexnet.stage.js'
import { wholeNumbers } from './featureMaps.js'

const chosen = (...numbers: readonly number[]) => fc.constantFrom(...numbers).map((number) => scalar(number))
const range = (min: number, max: number) => fc.integer({ min, max }).map((number) => scalar(number))

/** Activations behind a ReLU, small; constants with which the normalization shows; a network of few filters. */
function arbitrary(): fc.Arbitrary<Values> {
  const even = (most: number) => fc.integer({ min: 1, max: most }).map((half) => scalar(2 * half))
  return fc.record({
    ...Object.fromEntries(
      channels.flatMap((i) => [
        [`x${i}`, wholeNumbers([3, 5], 0, 4)] as const,
        [`upstream${i}`, wholeNumbers([1, 2], -2, 2)] as const,
      ]),
    ),
    size: chosen(1, 3, 5),
    offset: chosen(1, 2, 3),
    alpha: chosen(0.25, 0.5, 1, 2),
    beta: chosen(0.5, 0.75, 1, 2),
    side: range(67, 90),
    channels: range(1, 3),
    ...Object.fromEntries([1, 2, 3, 4, 5].map((i) => [`filters${i}`, even(2)] as const)),
    groups: chosen(1, 2),
    hidden6: range(1, 4),
    hidden7: range(1, 4),
    classes: range(2, 4),
  })
}

/** Constants that leave fractions; zeros and ones among the activations, so that squares are few. */
function workableArbitrary(): fc.Arbitrary<Values> {
  return fc
    .tuple(arbitrary(), fc.record({ size: chosen(3, 5), offset: chosen(1, 2), alpha: chosen(0.5, 1), beta: chosen(1) }))
    .map(([values, constants]) => ({ ...values, ...constants, groups: scalar(2) }))
}

/** No window whose maximum stands at two places: its gradient would go to either. */
function isWorkable(values: Values): boolean {
  return (
    channels.every((i) => {
      const b = tensorOf(values, `normalized${i}`)
      return [0, 2].every((start) => {
        const window = [0, 1, 2].flatMap((row) => [0, 1, 2].map((column) => b.get(row, start + column)))
        const most = Math.max(...window)
        return most > 0 && window.filter((value) => value > most - 1e-9).length === 1
      })
    }) && channels.some((i) => rowMajor(tensorOf(values, `upstream${i}`)).some((value) => value !== 0))
  )
}

export const exerciseAlexNet: Exercise = {
  id: 'lecture/alexnet',
  title: 'AlexNet: response normalization, overlapping pooling, and the layer table',
  source:
    'NTUA, lecture on attention, transformers and transfer learning, «ILSVRC-2012: AlexNet»; ImageNet Classification with Deep Convolutional Neural Networks, 2012',
  statement: `AlexNet divides the activations behind a ReLU by what their neighbours in the other channels do: at every position
$$B_i = \\frac{X_i}{D_i^\\beta}, \\qquad D_i = k + \\alpha \\sum_j X_j^2,$$
the sum over the $n$ channels around channel $i$, itself in the middle, as far as there are any. A maximum over windows of 3 × 3 in steps of 2 follows,
so that neighbouring windows overlap.

(1) Work out the normalized maps $B_1$ to $B_4$ of the four feature maps, and (2) the outputs $Y_1$ to $Y_4$ of the pooling. (3) The gradients of a loss with respect
to these are $G_1$ to $G_4$; what are those with respect to the normalized maps, and to the feature maps?

The network reads square images of side $n_0$ with $C$ channels. Its convolutions have $F_1$ to $F_5$ filters: 11 × 11 in steps of 4 without padding; 5 × 5 with two
zeros around; three of 3 × 3 with one zero around. ReLU stands behind each, normalization and pooling behind the first two, pooling behind the fifth. Convolutions
2, 4 and 5 are split into $g$ groups, each filter seeing the channels of its own group only. Three fully connected layers follow, of $U_6$, $U_7$ and $O$ units. All have
biases.

(4) Fill in the table: shapes, parameters, receptive fields and multiply-adds of all layers. (5) How many parameters and multiply-adds has the network in all?`,
  heading: { number: 'alexnet' },
  given: [...stageGiven, ...networkGiven],
  arbitrary,
  stages: [
    { name: 'normalization', title: 'Local response normalization' },
    { name: 'pooling', title: 'Overlapping pooling' },
    { name: 'gradients', title: 'Their gradients' },
    { name: 'network', title: 'The network' },
  ],
  quantities: [...stageQuantities, ...networkQuantities],
  conventions: [
    { axis: 'squares in the normalization', conventions: normalizationConventions },
    { axis: 'groups', conventions: groupConventions },
    { axis: 'size of the image', conventions: imageConventions },
  ],
  mistakes: alexNetMistakes,
  laws: alexNetLaws,
  experiments: [inhibitionExperiment, saturationExperiment],
  worksheet: { arbitrary: workableArbitrary, isWorkable },
  pictures: alexNetPictures,
  tables: (values) => [tableOf(walk(alexNet(sizesOf(values))))],
}

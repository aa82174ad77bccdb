import fc from 'fast-check'
import { map, rowMajor, scalar } from '../../oracle/tensor.js'
import { resNet } from '../architecture/models/resnet.js'
import { tableOf, walk } from '../architecture/walker.js'
import { tensorOf } from '../computation.js'
import type { Exercise, Values } from '../exercise.js'
import { hasBothSigns, wholeNumbers } from './featureMaps.js'
import { matrixPicture } from './googlenet.pictures.js'
import { blockGiven, blockQuantities } from './resnet.block.js'
import { gradientFlowExperiment } from './resnet.experiment.js'
import { blockLaws } from './resnet.laws.js'
import { blockMistakes } from './resnet.mistakes.js'
import { networkGiven, residualNetworks, shortcutConventions, sizesOf } from './resnet.network.js'
import { networkLaws } from './resnet.networkLaws.js'
import { networkMistakes } from './resnet.networkMistakes.js'

const range = (least: number, most: number) => fc.integer({ min: least, max: most }).map((number) => scalar(number))

/** Small whole numbers on the maps and in the filters; networks of a few blocks with a few filters. */
function arbitrary(): fc.Arbitrary<Values> {
  const maps = blockGiven.map(({ name, value }) => [name, wholeNumbers(value.shape, -2, 2)] as const)
  const counts = networkGiven.filter(({ value }) => value.size === 1).map(({ name }) => [name, range(1, 6)] as const)
  return fc.record({
    ...Object.fromEntries(maps),
    ...Object.fromEntries(counts),
    image: range(33, 96),
    expansionFactor: range(2, 4),
    blocks: wholeNumbers([5, 4], 1, 4),
  })
}

/** The input in halves, so that sums are seldom zero. */
function workableArbitrary(): fc.Arbitrary<Values> {
  const halves = wholeNumbers([3, 3], -5, 5).map((x) => map(x, (value) => value / 2))
  return fc.tuple(arbitrary(), halves).map(([values, x]) => ({ ...values, x }))
}

/** Where a gradient arrives no ReLU of the first block is at its kink, each has both signs, and both channels of the second are alive. */
function isWorkable(values: Values): boolean {
  const numbers = (name: string) => [...rowMajor(tensorOf(values, name))]
  const gradient = numbers('outputGradient')
  const some = (name: string) => numbers(name).some((value) => value !== 0)
  return (
    hasBothSigns(tensorOf(values, 'preActivation')) &&
    numbers('sum').every((value, i) => value !== 0 || gradient[i] === 0) &&
    numbers('sum').some((value, i) => value < 0 && gradient[i] !== 0) &&
    ['sumGradient', 'branchGradient', 'stridedActivation', 'filledUp1', 'filledUp2'].every(some)
  )
}

export const exerciseResNet: Exercise = {
  id: 'lecture/resnet',
  title: 'ResNet: residual blocks and their shortcuts',
  source:
    'NTUA, lecture on attention, transformers and transfer learning, «ILSVRC-2015: ResNet»; Deep Residual Learning for Image Recognition, 2015',
  statement: `A residual block adds its input to what its branch answers. The branch of the first block has two 3 × 3 filters with ReLU between them, zeros around so that
the size stays, and no biases or normalization; behind the sum is ReLU:
$$Y = ReLU(X + W_2 * ReLU(W_1 * X)).$$

(1) Work out $Y$. (2) The gradient of a loss with respect to $Y$ is $G$. Work out the gradient with respect to the input, and how much of it comes
through the shortcut and how much through the branch.

A second block reads $Y$, halves its sides and doubles its channels: a 3 × 3 filter $V$ of stride 2 (zeros around), ReLU, and a 1 × 1 filter for each of two
channels, $e_1$ and $e_2$. (3) What does it answer when the shortcut takes every second row and column and fills the missing channel up with zeros? (4) And
when the shortcut is a projection, 1 × 1 filters $p_1$ and $p_2$ of stride 2?

The networks: a 7 × 7 convolution of stride 2 with $d_1$ filters (three zeros around), a maximum over 3 × 3 of stride 2 (one around), four stages of
residual blocks, global average pooling, a fully connected layer. Stage $s$ of network $i$ has $N_{is}$ blocks, and $d_s$ filters in
its 3 × 3 convolutions; its first block halves the sides, except in stage 1. A basic block has two 3 × 3 convolutions; a
bottleneck a 1 × 1, a 3 × 3 and a 1 × 1 one, of which the last answers with $m \\cdot d_s$ channels, and strides are in the first. Convolutions have no
biases; behind each is a batch normalization with a gain and a bias a channel. Networks 1 and 2 have basic blocks, 3 to 5 bottlenecks.

(5) How many layers and (6) how many parameters has each? (7) How many multiply-adds?`,
  heading: { number: 'resnet' },
  given: [...blockGiven, ...networkGiven],
  arbitrary,
  stages: [
    { name: 'identity', title: 'A block with an identity shortcut' },
    { name: 'gradients', title: 'Its gradients' },
    { name: 'change of shape', title: 'A block that changes the shape' },
    { name: 'zero padding', title: 'With a zero-padding shortcut' },
    { name: 'projection', title: 'With a projection shortcut' },
    { name: 'networks', title: 'The networks' },
  ],
  quantities: [...blockQuantities, ...residualNetworks],
  conventions: [{ axis: 'shortcuts that change the shape', conventions: shortcutConventions }],
  mistakes: [...blockMistakes, ...networkMistakes],
  laws: [...blockLaws, ...networkLaws],
  experiments: [gradientFlowExperiment],
  worksheet: { arbitrary: workableArbitrary, isWorkable },
  pictures: (values) => [
    matrixPicture(values, 'sumGradient', 'What reaches the input through the shortcut'),
    matrixPicture(values, 'branchGradient', 'What reaches the input through the branch'),
  ],
  tables: (values) => [1, 2, 3, 4, 5].map((network) => tableOf(walk(resNet(sizesOf(values, network))))),
}

import { map, tensor, zip } from '../../oracle/tensor.js'
import { forward, tensorOf } from '../computation.js'
import type { ExerciseMistake } from '../exercise.js'
import { plus } from '../training.js'
import { padded, paddedBack, pointwise } from './convolution.js'
import { asImage, asMatrix, turned } from './featureMaps.js'
import { mapMistake } from './mistakes.js'

const identityMistakes: readonly ExerciseMistake[] = [
  mapMistake(
    'filter turned',
    'preActivation',
    'is what you get when the filter is turned by 180°, as in a convolution of signals; layers of a network do not turn it.',
    ['x', 'kernel1'],
    (values, operators) => padded(tensorOf(values, 'x'), turned(tensorOf(values, 'kernel1')), operators),
  ),
  mapMistake(
    'ReLU left out in the branch',
    'activation',
    'is what you get without ReLU.',
    ['preActivation'],
    async (values) => tensorOf(values, 'preActivation'),
  ),
  mapMistake(
    'pre-activation into the second filter',
    'branch',
    'is what you get when the second filter reads the feature map before ReLU.',
    ['preActivation', 'kernel2'],
    (values, operators) => padded(tensorOf(values, 'preActivation'), tensorOf(values, 'kernel2'), operators),
  ),
  mapMistake(
    'second ReLU before the sum',
    'branch',
    'is what you get when ReLU is applied before the input is added; it comes behind the sum.',
    ['branch'],
    (values, operators) => forward(operators, 'relu', 'y', { x: tensorOf(values, 'branch') }),
  ),
  mapMistake(
    'shortcut forgotten',
    'sum',
    'is the residual alone: the input was not added.',
    ['branch'],
    async (values) => tensorOf(values, 'branch'),
  ),
  mapMistake(
    'input subtracted',
    'sum',
    'is what you get when the input is subtracted.',
    ['branch', 'x'],
    async (values) => zip(tensorOf(values, 'branch'), tensorOf(values, 'x'), (f, x) => f - x),
  ),
  mapMistake(
    'shortcut from behind the first filter',
    'sum',
    'is what you get when the shortcut starts behind the first filter; it starts at the input of the block.',
    ['branch', 'activation'],
    async (values) => plus(tensorOf(values, 'branch'), tensorOf(values, 'activation')),
  ),
  mapMistake('last ReLU left out', 'output', 'is the sum: ReLU comes behind it.', ['sum'], async (values) =>
    tensorOf(values, 'sum'),
  ),
  mapMistake(
    'ReLU before the sum',
    'output',
    'is what you get when ReLU is applied to the residual, and the input is added then.',
    ['branch', 'x'],
    async (values) => zip(tensorOf(values, 'branch'), tensorOf(values, 'x'), (f, x) => Math.max(0, f) + x),
  ),
]

const gradientMistakes: readonly ExerciseMistake[] = [
  mapMistake(
    'last ReLU forgotten in the backward pass',
    'sumGradient',
    'is the gradient by the output; where ReLU gave 0 no gradient passes.',
    ['outputGradient'],
    async (values) => tensorOf(values, 'outputGradient'),
  ),
  mapMistake(
    'sign of the residual decides',
    'sumGradient',
    'is what you get when the sign of the residual decides what passes; ReLU stands behind the sum.',
    ['branch', 'outputGradient'],
    async (values) => zip(tensorOf(values, 'branch'), tensorOf(values, 'outputGradient'), (f, g) => (f > 0 ? g : 0)),
  ),
  mapMistake(
    'pre-activation for the gradient of the second filter',
    'kernel2Gradient',
    'is what you get with the feature map before ReLU; the second filter reads it behind ReLU.',
    ['preActivation', 'kernel2', 'sumGradient'],
    (values, operators) =>
      paddedBack(
        'weight',
        [tensorOf(values, 'preActivation'), tensorOf(values, 'kernel2'), tensorOf(values, 'sumGradient')],
        operators,
      ),
  ),
  mapMistake(
    'input of the block for the gradient of the second filter',
    'kernel2Gradient',
    'is what you get with the input of the block; the second filter reads the feature map H.',
    ['x', 'kernel2', 'sumGradient'],
    (values, operators) =>
      paddedBack(
        'weight',
        [tensorOf(values, 'x'), tensorOf(values, 'kernel2'), tensorOf(values, 'sumGradient')],
        operators,
      ),
  ),
  mapMistake(
    'ReLU of the branch forgotten in the backward pass',
    'preActivationGradient',
    'is the gradient by H: where A is not positive no gradient passes.',
    ['activation', 'kernel2', 'sumGradient'],
    (values, operators) =>
      paddedBack(
        'x',
        [tensorOf(values, 'activation'), tensorOf(values, 'kernel2'), tensorOf(values, 'sumGradient')],
        operators,
      ),
  ),
  mapMistake(
    'gradient by the output in the branch',
    'kernel1Gradient',
    'is what you get when the gradient by the sum meets the first filter: the second filter and ReLU were skipped.',
    ['x', 'kernel1', 'sumGradient'],
    (values, operators) =>
      paddedBack(
        'weight',
        [tensorOf(values, 'x'), tensorOf(values, 'kernel1'), tensorOf(values, 'sumGradient')],
        operators,
      ),
  ),
  mapMistake(
    'first filter turned in the backward pass',
    'branchGradient',
    'is what you get when the first filter is turned by 180° before it is placed: that is how windows are read, not how gradients are handed back.',
    ['x', 'kernel1', 'preActivationGradient'],
    (values, operators) =>
      paddedBack(
        'x',
        [tensorOf(values, 'x'), turned(tensorOf(values, 'kernel1')), tensorOf(values, 'preActivationGradient')],
        operators,
      ),
  ),
  mapMistake(
    'no gradient through the shortcut',
    'inputGradient',
    'is what comes through the branch; the shortcut hands the gradient by the sum on as it is.',
    ['branchGradient'],
    async (values) => tensorOf(values, 'branchGradient'),
  ),
  mapMistake(
    'no gradient through the branch',
    'inputGradient',
    'is what comes through the shortcut; the branch reads the input too.',
    ['sumGradient'],
    async (values) => tensorOf(values, 'sumGradient'),
  ),
  mapMistake(
    'gradient by the output through the shortcut',
    'inputGradient',
    'is what you get when the shortcut hands on the gradient by the output, past the last ReLU.',
    ['outputGradient', 'branchGradient'],
    async (values) => plus(tensorOf(values, 'outputGradient'), tensorOf(values, 'branchGradient')),
  ),
]

const shapeMistakes: readonly ExerciseMistake[] = [
  mapMistake(
    'ReLU left out behind the strided filter',
    'stridedActivation',
    'is what you get without ReLU.',
    ['output', 'strided'],
    (values, operators) => padded(tensorOf(values, 'output'), tensorOf(values, 'strided'), operators, 2),
  ),
  mapMistake(
    'stride started at the second position',
    'stridedActivation',
    'has windows centred on the second row and column alone; with zeros around, the first is centred on the corner.',
    ['output', 'strided'],
    async (values, operators) => {
      const y = await padded(tensorOf(values, 'output'), tensorOf(values, 'strided'), operators)
      const centre = Math.max(0, y.get(1, 1))
      return map(tensor([2, 2], [1, 1, 1, 1]), (one) => one * centre)
    },
  ),
  mapMistake(
    'averaged in place of every second position',
    'subsampled',
    'is the mean of windows of 2 × 2; the shortcut takes every second row and column as they are.',
    ['output'],
    async (values, operators) => {
      const x = asImage(tensorOf(values, 'output'))
      return asMatrix(await forward(operators, 'avgPool2d', 'y', { x }, { kernel: 2, stride: 1 }))
    },
  ),
  mapMistake(
    'upper left corner',
    'subsampled',
    'is the upper left corner of the output; the shortcut takes every second row and column.',
    ['output'],
    async (values) => {
      const y = tensorOf(values, 'output')
      return tensor([2, 2], [y.get(0, 0), y.get(0, 1), y.get(1, 0), y.get(1, 1)])
    },
  ),
  mapMistake(
    'shortcut repeated in place of zeros',
    'filledUp2',
    'is what you get when the input is added to the second channel too; zeros fill it up.',
    ['residual2', 'subsampled'],
    async (values, operators) => {
      const x = plus(tensorOf(values, 'residual2'), tensorOf(values, 'subsampled'))
      return forward(operators, 'relu', 'y', { x })
    },
  ),
  mapMistake(
    'zeros in the first channel',
    'filledUp1',
    'is the branch alone; the zeros are filled in behind the channels of the input.',
    ['residual1'],
    (values, operators) => forward(operators, 'relu', 'y', { x: tensorOf(values, 'residual1') }),
  ),
  ...[1, 2].flatMap((channel) => [
    mapMistake(
      `filters of the projection exchanged (${channel})`,
      `projected${channel}`,
      'is what you get with the filter of the other channel.',
      ['output', 'projection'],
      (values, operators) =>
        pointwise([tensorOf(values, 'output'), tensorOf(values, 'projection')], 2 - channel, operators, 2),
    ),
    mapMistake(
      `projection forgotten (${channel})`,
      `projected${channel}`,
      'is the input as it is, every second row and column: the 1 × 1 filter was left out.',
      ['subsampled'],
      async (values) => tensorOf(values, 'subsampled'),
    ),
    mapMistake(
      `shortcut forgotten where the shape changes (${channel})`,
      `projectedOutput${channel}`,
      'is the branch alone: the projection was not added.',
      [`residual${channel}`],
      (values, operators) => forward(operators, 'relu', 'y', { x: tensorOf(values, `residual${channel}`) }),
    ),
    mapMistake(
      `last ReLU left out where the shape changes (${channel})`,
      `projectedOutput${channel}`,
      'is the sum: ReLU comes behind it.',
      [`residual${channel}`, `projected${channel}`],
      async (values) => plus(tensorOf(values, `residual${channel}`), tensorOf(values, `projected${channel}`)),
    ),
  ]),
]

export const blockMistakes: readonly ExerciseMistake[] = [...identityMistakes, ...gradientMistakes, ...shapeMistakes]

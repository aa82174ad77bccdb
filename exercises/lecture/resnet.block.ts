import type { Tensor } from '../../oracle/tensor.js'
import { backward, forward, tensorOf } from '../computation.js'
import type { Given, Operators, Quantity, Values } from '../exercise.js'
import { plus } from '../training.js'
import { padded, paddedBack, pointwise } from './convolution.js'
import { asImage, asMatrix, givenMap, mapStep } from './featureMaps.js'

export const blockGiven: readonly Given[] = [
  {
    ...givenMap('x', ['X', 'x'], 'the input of the first block', [
      [2, -1, 2],
      [-2, 2, 1],
      [-2, -1, 2],
    ]),
    kind: 'real',
  },
  givenMap('kernel1', ['W_1'], 'the first filter of its branch', [
    [0, -1, 2],
    [-2, 0, 1],
    [2, 1, 0],
  ]),
  givenMap('kernel2', ['W_2'], 'the second filter of its branch', [
    [0, -1, 1],
    [2, 2, 2],
    [-1, 1, 0],
  ]),
  givenMap('outputGradient', ['G', 'g'], 'the gradient of the loss by the output of the first block', [
    [-1, 0, 0],
    [1, 0, -1],
    [0, 0, 2],
  ]),
  givenMap('strided', ['V', 'v'], 'the filter of the second block, of stride 2', [
    [0, -1, 0],
    [-1, -1, 1],
    [0, 2, 1],
  ]),
  givenMap('expansion', ['e'], 'the 1 × 1 filters behind it, one for each of the two channels', [2, 1]),
  givenMap('projection', ['p'], 'the 1 × 1 filters of the projection, one for each of the two channels', [-1, -2]),
]

function rectified(operators: Operators, x: Tensor): Promise<Tensor> {
  return forward(operators, 'relu', 'y', { x })
}

function named(values: Values, ...names: readonly string[]): readonly Tensor[] {
  return names.map((name) => tensorOf(values, name))
}

/** y = ReLU(x + W₂ * ReLU(W₁ * x)). */
const identityBlock: readonly Quantity[] = [
  mapStep({
    name: 'preActivation',
    symbols: ['A', 'a', 'Z_1'],
    meaning: 'the input under the first filter, zeros around it',
    from: ['x', 'kernel1'],
    formula: 'X * W_1',
    stage: 'identity',
    asked: true,
    compute: async (values, operators) => padded(tensorOf(values, 'x'), tensorOf(values, 'kernel1'), operators),
  }),
  mapStep({
    name: 'activation',
    symbols: ['H', 'h'],
    meaning: 'behind ReLU',
    from: ['preActivation'],
    formula: 'ReLU(A)',
    stage: 'identity',
    compute: (values, operators) => rectified(operators, tensorOf(values, 'preActivation')),
  }),
  mapStep({
    name: 'branch',
    symbols: ['F', 'f', 'Z_2'],
    meaning: 'what the branch answers: the residual',
    from: ['activation', 'kernel2'],
    formula: 'H * W_2',
    stage: 'identity',
    asked: true,
    compute: async (values, operators) =>
      padded(tensorOf(values, 'activation'), tensorOf(values, 'kernel2'), operators),
  }),
  mapStep({
    name: 'sum',
    symbols: ['S', 's'],
    meaning: 'the residual and what came past it',
    from: ['branch', 'x'],
    formula: 'F + X',
    stage: 'identity',
    asked: true,
    compute: async (values) => plus(tensorOf(values, 'branch'), tensorOf(values, 'x')),
  }),
  mapStep({
    name: 'output',
    symbols: ['Y', 'y'],
    meaning: 'the output of the block',
    from: ['sum'],
    formula: 'ReLU(S)',
    stage: 'identity',
    asked: true,
    compute: (values, operators) => rectified(operators, tensorOf(values, 'sum')),
  }),
]

const identityGradients: readonly Quantity[] = [
  mapStep({
    name: 'sumGradient',
    symbols: ['nabla S', 'dS', 'G_S'],
    meaning: 'the gradient by the sum, which the shortcut hands on to the input as it is',
    from: ['sum', 'outputGradient'],
    formula: 'G \\text{ where } S > 0 \\text{, else } 0',
    stage: 'gradients',
    asked: true,
    compute: (values, operators) => {
      const [x, y] = named(values, 'sum', 'outputGradient')
      return backward(operators, 'relu', 'x', { x }, { y })
    },
  }),
  mapStep({
    name: 'kernel2Gradient',
    symbols: ['nabla W_2', 'dW_2'],
    meaning: 'the gradient by the second filter',
    from: ['activation', 'kernel2', 'sumGradient'],
    formula: 'H * \\nabla S',
    stage: 'gradients',
    compute: async (values, operators) => {
      const [h, kernel, gradient] = named(values, 'activation', 'kernel2', 'sumGradient')
      return paddedBack('weight', [h, kernel, gradient], operators)
    },
  }),
  mapStep({
    name: 'preActivationGradient',
    symbols: ['nabla A', 'dA', 'G_A'],
    meaning: 'the gradient by the pre-activation of the branch',
    from: ['preActivation', 'activation', 'kernel2', 'sumGradient'],
    formula: 'W_2 \\text{ placed at every position of } \\nabla S \\text{, where } A > 0',
    stage: 'gradients',
    compute: async (values, operators) => {
      const [x, h, kernel, gradient] = named(values, 'preActivation', 'activation', 'kernel2', 'sumGradient')
      return backward(operators, 'relu', 'x', { x }, { y: await paddedBack('x', [h, kernel, gradient], operators) })
    },
  }),
  mapStep({
    name: 'kernel1Gradient',
    symbols: ['nabla W_1', 'dW_1'],
    meaning: 'the gradient by the first filter',
    from: ['x', 'kernel1', 'preActivationGradient'],
    formula: 'X * \\nabla A',
    stage: 'gradients',
    compute: async (values, operators) => {
      const [x, kernel, gradient] = named(values, 'x', 'kernel1', 'preActivationGradient')
      return paddedBack('weight', [x, kernel, gradient], operators)
    },
  }),
  mapStep({
    name: 'branchGradient',
    symbols: ['nabla F', 'dF', 'G_F'],
    meaning: 'what reaches the input through the branch',
    from: ['x', 'kernel1', 'preActivationGradient'],
    formula: 'W_1 \\text{ placed at every position of } \\nabla A',
    stage: 'gradients',
    asked: true,
    compute: async (values, operators) => {
      const [x, kernel, gradient] = named(values, 'x', 'kernel1', 'preActivationGradient')
      return paddedBack('x', [x, kernel, gradient], operators)
    },
  }),
  mapStep({
    name: 'inputGradient',
    symbols: ['nabla X', 'dX', 'nabla x', 'dx'],
    meaning: 'the gradient by the input: through the shortcut and through the branch',
    from: ['sumGradient', 'branchGradient'],
    formula: '\\nabla S + \\nabla F',
    stage: 'gradients',
    asked: true,
    compute: async (values) => plus(tensorOf(values, 'sumGradient'), tensorOf(values, 'branchGradient')),
  }),
]

const channelPair = [1, 2] as const

/** A second block reads Y, halves its sides and doubles its channels. */
const changingBlock: readonly Quantity[] = [
  mapStep({
    name: 'stridedActivation',
    symbols: ['B', 'b'],
    meaning: 'Y under the filter of stride 2, zeros around it, behind ReLU: 2 × 2',
    from: ['output', 'strided'],
    formula: 'ReLU(Y * V)',
    stage: 'change of shape',
    asked: true,
    compute: async (values, operators) =>
      rectified(operators, await padded(tensorOf(values, 'output'), tensorOf(values, 'strided'), operators, 2)),
  }),
  ...channelPair.map((channel) =>
    mapStep({
      name: `residual${channel}`,
      symbols: [`F_${channel}`, `f_${channel}`],
      meaning: `channel ${channel} of what the second branch answers`,
      from: ['stridedActivation', 'expansion'],
      formula: `e_${channel} \\cdot B`,
      stage: 'change of shape',
      compute: (values, operators) => {
        const [b, e] = named(values, 'stridedActivation', 'expansion')
        return pointwise([b, e], channel - 1, operators)
      },
    }),
  ),
  mapStep({
    name: 'subsampled',
    symbols: ['U', 'u'],
    meaning: 'every second row and column of Y, the first ones included',
    from: ['output'],
    formula: '\\text{rows and columns } 1, 3 \\text{ of } Y',
    stage: 'change of shape',
    compute: async (values, operators) => {
      const x = asImage(tensorOf(values, 'output'))
      return asMatrix(await forward(operators, 'maxPool2d', 'y', { x }, { kernel: 1, stride: 2 }))
    },
  }),
  mapStep({
    name: 'filledUp1',
    symbols: ['Y_1', 'y_1'],
    meaning: 'channel 1 of the output with a zero-padding shortcut',
    from: ['residual1', 'subsampled'],
    formula: 'ReLU(F_1 + U)',
    stage: 'zero padding',
    asked: true,
    compute: (values, operators) => {
      const [f, u] = named(values, 'residual1', 'subsampled')
      return rectified(operators, plus(f, u))
    },
  }),
  mapStep({
    name: 'filledUp2',
    symbols: ['Y_2', 'y_2'],
    meaning: 'channel 2 of the output with a zero-padding shortcut: nothing comes past it',
    from: ['residual2'],
    formula: 'ReLU(F_2)',
    stage: 'zero padding',
    asked: true,
    compute: (values, operators) => rectified(operators, tensorOf(values, 'residual2')),
  }),
  ...channelPair.map((channel) =>
    mapStep({
      name: `projected${channel}`,
      symbols: [`P_${channel}`],
      meaning: `channel ${channel} of what the projection hands past the branch`,
      from: ['output', 'projection'],
      formula: `p_${channel} \\cdot Y \\text{ at rows and columns } 1, 3`,
      stage: 'projection',
      compute: (values, operators) => {
        const [y, p] = named(values, 'output', 'projection')
        return pointwise([y, p], channel - 1, operators, 2)
      },
    }),
  ),
  ...channelPair.map((channel) =>
    mapStep({
      name: `projectedOutput${channel}`,
      symbols: [`Y_${channel}`, `y_${channel}`],
      meaning: `channel ${channel} of the output with a projection shortcut`,
      from: [`residual${channel}`, `projected${channel}`],
      formula: `ReLU(F_${channel} + P_${channel})`,
      stage: 'projection',
      asked: true,
      compute: (values, operators) => {
        const [f, p] = named(values, `residual${channel}`, `projected${channel}`)
        return rectified(operators, plus(f, p))
      },
    }),
  ),
]

/** What a residual block with an identity shortcut answers and hands back, and a block that changes the shape. */
export const blockQuantities: readonly Quantity[] = [...identityBlock, ...identityGradients, ...changingBlock]

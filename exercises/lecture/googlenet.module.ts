import { reshape, type Tensor, tensor } from '../../oracle/tensor.js'
import { forward, tensorOf } from '../computation.js'
import type { Given, Operators, Quantity } from '../exercise.js'
import { channelOf, channelsOf, givenMap, mapStep } from './featureMaps.js'
import { inputNames, moduleGradients, pooling, sameSize } from './googlenet.gradients.js'

export const moduleGiven: readonly Given[] = [
  givenMap('x1', ['X_1', 'x_1'], 'channel 1 of the input', [
    [0, -3, -3],
    [0, -2, -1],
    [-1, 1, 1],
  ]),
  givenMap('x2', ['X_2', 'x_2'], 'channel 2 of the input', [
    [-3, -3, 0],
    [-1, -3, 1],
    [0, -3, 0],
  ]),
  givenMap('one', ['u', 'W_1'], 'the 1 × 1 filter of the first branch', [-1, 1]),
  givenMap('reduceThree', ['r', 'R'], 'the 1 × 1 filter before the 3 × 3 one', [2, 1]),
  givenMap('three', ['W_3', 'w_3'], 'the 3 × 3 filter of the second branch', [
    [1, 2, 0],
    [0, -2, 1],
    [-1, 1, 0],
  ]),
  givenMap('reduceFive', ['q', 'Q'], 'the 1 × 1 filter before the 5 × 5 one', [-2, -1]),
  givenMap('five', ['W_5', 'w_5'], 'the 5 × 5 filter of the third branch', [
    [-1, -1, -1, 1, -1],
    [-2, 2, -1, -1, 0],
    [0, -2, 0, 0, -1],
    [0, 0, 2, -1, 1],
    [-2, -1, -2, -2, -2],
  ]),
  givenMap('poolProjection', ['p', 'P'], 'the 1 × 1 filter behind the pooling of the fourth branch', [1, 2]),
  givenMap('depthwise1', ['D_1'], 'the filter of channel 1 in a depthwise separable convolution', [
    [2, 1, 0],
    [1, 1, 0],
    [0, 1, -1],
  ]),
  givenMap('depthwise2', ['D_2'], 'the filter of channel 2 in it', [
    [-3, 1, 0],
    [-2, 0, 0],
    [1, 0, -1],
  ]),
  givenMap('mixing', ['t', 'T'], 'the 1 × 1 filter behind those two', [-1, 2]),
]

/** A 1×1 filter over two channels. */
export async function mixed(image: Tensor, weights: Tensor, operators: Operators): Promise<Tensor> {
  const weight = reshape(weights, [1, weights.size, 1, 1])
  return forward(operators, 'conv2d', 'y', { x: image, weight })
}

/** Such a filter's answer, before ReLU. */
export async function filtered(x: Tensor, kernel: Tensor, operators: Operators): Promise<Tensor> {
  const { inputs, attributes } = sameSize(x, kernel)
  return channelOf(await forward(operators, 'conv2d', 'y', inputs, attributes), 0)
}

function rectified(operators: Operators, x: Tensor): Promise<Tensor> {
  return forward(operators, 'relu', 'y', { x })
}

/** A quantity that is a 1×1 filter over two maps, before ReLU. */
function mixture(
  name: string,
  symbols: readonly string[],
  meaning: string,
  [maps, weights]: readonly [readonly string[], string],
  formula: string,
): Quantity {
  return mapStep({
    name,
    symbols,
    meaning,
    from: [...maps, weights],
    formula,
    stage: 'branches',
    compute: async (values, operators) =>
      channelOf(await mixed(channelsOf(values, maps), tensorOf(values, weights), operators), 0),
  })
}

function behindRelu(
  name: string,
  from: string,
  rest: Pick<Quantity, 'symbols' | 'meaning' | 'formula' | 'asked'>,
): Quantity {
  return mapStep({
    name,
    from: [from],
    ...rest,
    stage: 'branches',
    compute: (values, operators) => rectified(operators, tensorOf(values, from)),
  })
}

function filterOf(
  name: string,
  input: string,
  kernel: string,
  rest: Pick<Quantity, 'symbols' | 'meaning' | 'formula'>,
): Quantity {
  return mapStep({
    name,
    from: [input, kernel],
    ...rest,
    stage: 'branches',
    compute: (values, operators) => filtered(tensorOf(values, input), tensorOf(values, kernel), operators),
  })
}

const moduleShape: Quantity = {
  name: 'moduleShape',
  symbols: ['output shape', 'output size', 'output dimensions', 'shape', 'output'],
  meaning: 'the dimensions of the output, the branches concatenated: height × width × channels',
  kind: 'shape',
  from: ['oneBranch', 'threeBranch', 'fiveBranch', 'poolBranch'],
  formula: '\\text{height} \\times \\text{width} \\times \\text{channels of all branches}',
  stage: 'branches',
  asked: true,
  alternatives: [
    {
      note: 'written channels first, as channels × height × width',
      value: (values) => tensor([3], [4, ...tensorOf(values, 'oneBranch').shape]),
    },
  ],
  compute: async (values) => {
    const maps = ['oneBranch', 'threeBranch', 'fiveBranch', 'poolBranch'].map((name) => tensorOf(values, name))
    return tensor([3], [...maps[0].shape, maps.length])
  },
}

const branches: readonly Quantity[] = [
  mixture(
    'oneSum',
    ['A_1', 'a_1'],
    'the first branch before ReLU',
    [inputNames, 'one'],
    'u_1 \\cdot X_1 + u_2 \\cdot X_2',
  ),
  behindRelu('oneBranch', 'oneSum', {
    symbols: ['B_1', 'b_1'],
    meaning: 'the first branch: one channel of the output',
    formula: 'ReLU(A_1)',
    asked: true,
  }),
  mixture(
    'threeSum',
    ['A_2', 'a_2'],
    'the reduction of the second branch before ReLU',
    [inputNames, 'reduceThree'],
    'r_1 \\cdot X_1 + r_2 \\cdot X_2',
  ),
  behindRelu('threeReduced', 'threeSum', {
    symbols: ['H_2', 'h_2', 'R_3'],
    meaning: 'the two channels reduced to one before the 3 × 3 filter',
    formula: 'ReLU(A_2)',
  }),
  filterOf('threeFiltered', 'threeReduced', 'three', {
    symbols: ['C_2', 'c_2', 'Z_2'],
    meaning: 'the second branch before its last ReLU',
    formula: 'H_2 * W_3',
  }),
  behindRelu('threeBranch', 'threeFiltered', {
    symbols: ['B_2', 'b_2'],
    meaning: 'the second branch',
    formula: 'ReLU(C_2)',
    asked: true,
  }),
  mixture(
    'fiveSum',
    ['A_3', 'a_3'],
    'the reduction of the third branch before ReLU',
    [inputNames, 'reduceFive'],
    'q_1 \\cdot X_1 + q_2 \\cdot X_2',
  ),
  behindRelu('fiveReduced', 'fiveSum', {
    symbols: ['H_3', 'h_3', 'R_5'],
    meaning: 'the two channels reduced to one before the 5 × 5 filter',
    formula: 'ReLU(A_3)',
  }),
  filterOf('fiveFiltered', 'fiveReduced', 'five', {
    symbols: ['C_3', 'c_3', 'Z_3'],
    meaning: 'the third branch before its last ReLU',
    formula: 'H_3 * W_5',
  }),
  behindRelu('fiveBranch', 'fiveFiltered', {
    symbols: ['B_3', 'b_3'],
    meaning: 'the third branch',
    formula: 'ReLU(C_3)',
    asked: true,
  }),
  ...inputNames.map((input, i) =>
    mapStep({
      name: `pooled${i + 1}`,
      symbols: [`M_${i + 1}`, `m_${i + 1}`],
      meaning: `the maxima of channel ${i + 1} over windows of 3 × 3 around every position`,
      from: [input],
      formula: `\\max \\text{ of } X_${i + 1} \\text{ over } 3 \\times 3`,
      stage: 'branches',
      compute: async (values, operators) =>
        channelOf(await forward(operators, 'maxPool2d', 'y', { x: channelsOf(values, [input]) }, pooling), 0),
    }),
  ),
  mixture(
    'poolSum',
    ['A_4', 'a_4'],
    'the fourth branch before ReLU',
    [['pooled1', 'pooled2'], 'poolProjection'],
    'p_1 \\cdot M_1 + p_2 \\cdot M_2',
  ),
  behindRelu('poolBranch', 'poolSum', {
    symbols: ['B_4', 'b_4'],
    meaning: 'the fourth branch',
    formula: 'ReLU(A_4)',
    asked: true,
  }),
  moduleShape,
]

const separable: readonly Quantity[] = [
  ...[1, 2].map((channel) =>
    mapStep({
      name: `depthwiseMap${channel}`,
      symbols: [`V_${channel}`, `v_${channel}`],
      meaning: `channel ${channel} under its own filter, zeros around`,
      from: [`x${channel}`, `depthwise${channel}`],
      formula: `X_${channel} * D_${channel}`,
      stage: 'separable',
      compute: (values, operators) =>
        filtered(tensorOf(values, `x${channel}`), tensorOf(values, `depthwise${channel}`), operators),
    }),
  ),
  mapStep({
    name: 'separableOutput',
    symbols: ['S', 's'],
    meaning: 'both, mixed by the 1 × 1 filter',
    from: ['depthwiseMap1', 'depthwiseMap2', 'mixing'],
    formula: 't_1 \\cdot V_1 + t_2 \\cdot V_2',
    stage: 'separable',
    asked: true,
    compute: async (values, operators) =>
      channelOf(
        await mixed(channelsOf(values, ['depthwiseMap1', 'depthwiseMap2']), tensorOf(values, 'mixing'), operators),
        0,
      ),
  }),
]

/** An Inception module of one filter a branch on two channels of 3 × 3, its gradients, and a depthwise separable convolution. */
export const moduleQuantities: readonly Quantity[] = [...branches, ...moduleGradients, ...separable]

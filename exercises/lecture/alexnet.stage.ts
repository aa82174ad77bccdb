import { reshape, scalar, type Tensor, zeros } from '../../oracle/tensor.js'
import { backward, forward, numberOf, tensorOf } from '../computation.js'
import type { Convention, Given, Operators, Quantity, Values } from '../exercise.js'
import { channelOf, channelsOf, givenMap, mapStep, ones } from './featureMaps.js'

/** Four feature maps, and their neighbours across the channels. */
export const channels = [1, 2, 3, 4] as const

const inputNames = channels.map((i) => `x${i}`)

function given(name: string, symbols: readonly string[], meaning: string, value: number, least: number): Given {
  return { name, symbols, meaning, kind: 'real', value: scalar(value), range: { least } }
}

const maps = [
  [
    [2, 0, 1, 3, 0],
    [0, 1, 0, 2, 1],
    [1, 0, 4, 0, 0],
  ],
  [
    [0, 1, 0, 1, 2],
    [3, 0, 1, 0, 0],
    [0, 2, 0, 1, 0],
  ],
  [
    [1, 0, 2, 0, 1],
    [0, 4, 0, 1, 0],
    [2, 0, 1, 0, 3],
  ],
  [
    [0, 2, 0, 1, 0],
    [1, 0, 3, 0, 2],
    [0, 1, 0, 2, 1],
  ],
]

export const stageGiven: readonly Given[] = [
  ...channels.map((i) =>
    givenMap(`x${i}`, [`X_${i}`, `x_${i}`, `a_${i}`], `channel ${i} of the feature maps behind ReLU`, maps[i - 1]),
  ),
  {
    ...given(
      'size',
      ['n'],
      'how many neighbouring channels the normalization looks at, the channel’s own in the middle',
      5,
      1,
    ),
    kind: 'whole',
  },
  given('offset', ['k'], 'the constant in the divisor', 2, 0.001),
  given('alpha', ['alpha'], 'the factor of the sum of squares', 1e-4, 0),
  given('beta', ['beta'], 'the power of the divisor', 0.75, 0),
  ...channels.map((i) =>
    givenMap(
      `upstream${i}`,
      [`G_${i}`, `g_${i}`],
      `the gradient of the loss by channel ${i} of the output`,
      [[[1, -1]], [[2, 1]], [[-1, 2]], [[1, 1]]][i - 1],
    ),
  ),
]

/** How a channel is counted: over the sum of squares, as the paper writes it, or over their mean, as libraries do. */
type Counting = 'sum' | 'mean'

const constants = ['size', 'offset', 'alpha', 'beta']

function attributesOf(values: Values, counting: Counting) {
  const [size, k, alpha, beta] = constants.map((name) => numberOf(values, name))
  // The operator divides alpha by the number of channels.
  return { size, k, alpha: counting === 'sum' ? alpha * size : alpha, beta }
}

/** Σ x² over the neighbouring channels: squares by `squaredError` against 0, sums by a filter of ones across the channels. */
export async function neighbourSums(image: Tensor, size: number, operators: Operators): Promise<Tensor> {
  const [, depth, height, width] = image.shape
  const prediction = reshape(image, [1, 1, depth, height * width])
  const target = zeros(prediction.shape)
  const squares = await forward(operators, 'squaredError', 'loss', { prediction, target }, { reduction: 'none' })
  const weight = ones([1, 1, size, 1])
  const sums = await forward(operators, 'conv2d', 'y', { x: squares, weight }, { padding: [(size - 1) / 2, 0] })
  return reshape(sums, image.shape)
}

/** The overlapping pooling: 3 × 3 in steps of 2. */
export const pooling = { kernel: 3, stride: 2 }

/** The normalized maps as an image. */
function normalizedImage(values: Values): Tensor {
  return channelsOf(
    values,
    channels.map((i) => `normalized${i}`),
  )
}

/** The gradient of the loss by all normalized maps: each output's goes to the place of its maximum. */
async function ofNormalized(values: Values, operators: Operators): Promise<Tensor> {
  const y = channelsOf(
    values,
    channels.map((i) => `upstream${i}`),
  )
  return backward(operators, 'maxPool2d', 'x', { x: normalizedImage(values) }, { y }, pooling)
}

function normalizedBy(counting: Counting, i: number) {
  return {
    from: [...inputNames, ...constants],
    formula: `\\frac{X_${i}}{D_${i}^\\beta}`,
    compute: async (values: Values, operators: Operators) => {
      const y = await forward(
        operators,
        'localResponseNorm',
        'y',
        { x: channelsOf(values, inputNames) },
        attributesOf(values, counting),
      )
      return channelOf(y, i - 1)
    },
  }
}

function divisorBy(counting: Counting, i: number) {
  const from = [`squares${i}`, 'offset', 'alpha', ...(counting === 'mean' ? ['size'] : [])]
  return {
    from,
    formula: counting === 'sum' ? `k + \\alpha \\cdot S_${i}` : `k + \\frac{\\alpha}{n} \\cdot S_${i}`,
    compute: async (values: Values, operators: Operators) => {
      const [, k, alpha, n = 1] = from.map((name, place) => (place === 0 ? 0 : numberOf(values, name)))
      const x = tensorOf(values, `squares${i}`)
      const [scale, shift] = [reshape(scalar(alpha / n), [1]), reshape(scalar(k), [1])]
      const image = reshape(x, [1, 1, ...x.shape])
      return channelOf(await forward(operators, 'adjustColor', 'y', { image, scale, shift }), 0)
    },
  }
}

function inputGradientBy(counting: Counting, i: number) {
  return {
    from: [...inputNames, ...constants, ...channels.map((channel) => `normalizedGradient${channel}`)],
    formula: `\\nabla B_${i} \\cdot D_${i}^{-\\beta} - 2 \\alpha \\beta X_${i} \\cdot \\sum_j \\nabla B_j \\cdot X_j \\cdot D_j^{-\\beta - 1}`,
    compute: async (values: Values, operators: Operators) => {
      const y = channelsOf(
        values,
        channels.map((channel) => `normalizedGradient${channel}`),
      )
      const x = channelsOf(values, inputNames)
      return channelOf(
        await backward(operators, 'localResponseNorm', 'x', { x }, { y }, attributesOf(values, counting)),
        i - 1,
      )
    },
  }
}

/** Four maps through response normalization and overlapping pooling, and their gradients. */
export const stageQuantities: readonly Quantity[] = [
  ...channels.map((i) =>
    mapStep({
      name: `squares${i}`,
      symbols: [`S_${i}`, `s_${i}`],
      meaning: `the sum of the squares over channel ${i} and its neighbours, position by position`,
      from: [...inputNames, 'size'],
      formula: `\\sum_j X_j^2 \\text{ over channels } j \\text{ from } ${i} - \\frac{n - 1}{2} \\text{ to } ${i} + \\frac{n - 1}{2}`,
      stage: 'normalization',
      asked: true,
      compute: async (values, operators) =>
        channelOf(await neighbourSums(channelsOf(values, inputNames), numberOf(values, 'size'), operators), i - 1),
    }),
  ),
  ...channels.map((i) =>
    mapStep({
      name: `divisor${i}`,
      symbols: [`D_${i}`, `d_${i}`],
      meaning: `what is raised to the power β and divides channel ${i}`,
      ...divisorBy('sum', i),
      stage: 'normalization',
    }),
  ),
  ...channels.map((i) =>
    mapStep({
      name: `normalized${i}`,
      symbols: [`B_${i}`, `b_${i}`],
      meaning: `channel ${i} behind the normalization`,
      ...normalizedBy('sum', i),
      stage: 'normalization',
      asked: true,
    }),
  ),
  ...channels.map((i) =>
    mapStep({
      name: `pooled${i}`,
      symbols: [`Y_${i}`, `y_${i}`, `P_${i}`],
      meaning: `channel ${i} of the output: maxima over 3 × 3 in steps of 2, so that neighbouring windows share a column`,
      from: [`normalized${i}`],
      formula: `\\max \\text{ of } B_${i} \\text{ over columns 1 to 3, and over columns 3 to 5}`,
      stage: 'pooling',
      asked: true,
      compute: async (values, operators) =>
        channelOf(
          await forward(operators, 'maxPool2d', 'y', { x: channelsOf(values, [`normalized${i}`]) }, pooling),
          0,
        ),
    }),
  ),
  ...channels.map((i) =>
    mapStep({
      name: `normalizedGradient${i}`,
      symbols: [`nabla B_${i}`, `dB_${i}`],
      meaning: `the gradient of the loss by channel ${i} behind the normalization: each output’s at the place of its maximum`,
      from: [...channels.map((channel) => `normalized${channel}`), ...channels.map((channel) => `upstream${channel}`)],
      formula: `G_${i} \\text{ at the maxima of } B_${i} \\text{, else } 0`,
      stage: 'gradients',
      asked: true,
      compute: async (values, operators) => channelOf(await ofNormalized(values, operators), i - 1),
    }),
  ),
  ...channels.map((i) =>
    mapStep({
      name: `inputGradient${i}`,
      symbols: [`nabla X_${i}`, `dX_${i}`],
      meaning: `the gradient of the loss by channel ${i}: a channel also damps its neighbours`,
      ...inputGradientBy('sum', i),
      stage: 'gradients',
      asked: true,
    }),
  ),
]

/** The paper adds α times the sum of squares, libraries α times their mean. */
export const normalizationConventions: readonly Convention[] = [
  { name: 'sum of squares', description: 'the divisor is (k + α·Σx²)^β, as in the paper', overrides: {} },
  {
    name: 'mean of squares',
    description: 'the divisor is (k + α/n·Σx²)^β, as libraries have it',
    overrides: Object.fromEntries(
      channels.flatMap((i) => [
        [`divisor${i}`, divisorBy('mean', i)],
        [`normalized${i}`, normalizedBy('mean', i)],
        [`inputGradient${i}`, inputGradientBy('mean', i)],
      ]),
    ),
  },
]

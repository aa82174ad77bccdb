import { scalar, type Tensor } from '../../oracle/tensor.js'
import { backward, forward, numberOf, onHost, product, scalarOf, tensorOf, weightedSum } from '../computation.js'
import type { Convention, Given, Operators, Quantity, Values } from '../exercise.js'
import { convolved, convolvedBack } from './convolution.js'
import { givenMap, mapStep, ones } from './featureMaps.js'

/** The three large filters that the lecture replaces. */
export const comparisons = [1, 2, 3] as const

function whole(name: string, symbols: readonly string[], meaning: string, value: number): Given {
  return { name, symbols, meaning, kind: 'whole', value: scalar(value) }
}

export const stackGiven: readonly Given[] = [
  ...comparisons.map((i) =>
    whole(
      `largeKernel${i}`,
      [`K_${i}`, `k_${i}`, `F_${i}`],
      `the side of the ${['first', 'second', 'third'][i - 1]} large filter`,
      [5, 7, 11][i - 1],
    ),
  ),
  whole('smallKernel', ['k', 'f'], 'the side of the small filters', 3),
  whole('stackChannels', ['C', 'c'], 'the channels of every feature map on the way', 1),
  givenMap('patch', ['X', 'x'], 'the image', [
    [-1, 1, 0, 1, 1],
    [-2, 2, 1, 1, -1],
    [-1, 1, 0, -1, 0],
    [1, 1, -1, 1, 1],
    [-1, -1, -2, 0, -2],
  ]),
  givenMap('kernel1', ['W_1', 'w_1'], 'the first small filter', [
    [1, 0, -1],
    [1, 1, 1],
    [-1, 1, -1],
  ]),
  givenMap('kernel2', ['W_2', 'w_2'], 'the second small filter', [
    [-1, 1, 0],
    [2, 1, -1],
    [-1, 0, 0],
  ]),
]

/** K² · C² weights for each of so many layers: every layer has C filters over C channels. */
function weightsOf(values: Values, kernel: string, operators: Operators, layers?: string): Promise<Tensor> {
  const names = [kernel, kernel, 'stackChannels', 'stackChannels', ...(layers === undefined ? [] : [layers])]
  const [first, ...rest] = names.map((name) => tensorOf(values, name))
  return product(operators, first, ...rest)
}

function counts(i: number): readonly Quantity[] {
  const large = `largeKernel${i}`
  return [
    {
      name: `stackDepth${i}`,
      symbols: [`n_${i}`, `N_${i}`],
      meaning: `how many small filters in a row see as much as the large filter ${i}`,
      kind: 'whole',
      from: [large, 'smallKernel'],
      formula: `\\frac{K_${i} - 1}{k - 1}`,
      stage: 'counts',
      asked: true,
      compute: async (values) => scalar((numberOf(values, large) - 1) / (numberOf(values, 'smallKernel') - 1)),
    },
    {
      name: `stackField${i}`,
      symbols: [`r_${i}`, `RF_${i}`, `rf_${i}`],
      meaning: `the side of the receptive field of the small filters that replace the large filter ${i}`,
      kind: 'whole',
      from: [`stackDepth${i}`, 'smallKernel'],
      formula: `1 + n_${i} \\cdot (k - 1)`,
      stage: 'counts',
      asked: true,
      compute: async (values, operators) => {
        const steps = await weightedSum(operators, [1, -1], [tensorOf(values, 'smallKernel'), 1])
        return weightedSum(operators, [1, steps], [1, tensorOf(values, `stackDepth${i}`)])
      },
    },
    {
      name: `largeWeights${i}`,
      symbols: [`L_${i}`, `P_${i}`],
      meaning: `the weights of the layer with the large filter ${i}`,
      kind: 'whole',
      from: [large, 'stackChannels'],
      formula: `K_${i} \\cdot K_${i} \\cdot C \\cdot C`,
      stage: 'counts',
      asked: true,
      compute: (values, operators) => weightsOf(values, large, operators),
    },
    {
      name: `stackWeights${i}`,
      symbols: [`S_${i}`, `s_${i}`],
      meaning: `the weights of the layers with small filters that replace it`,
      kind: 'whole',
      from: ['smallKernel', 'stackChannels', `stackDepth${i}`],
      formula: `k \\cdot k \\cdot C \\cdot C \\cdot n_${i}`,
      stage: 'counts',
      asked: true,
      compute: (values, operators) => weightsOf(values, 'smallKernel', operators, `stackDepth${i}`),
    },
    {
      name: `saving${i}`,
      symbols: [`R_${i}`, `rho_${i}`, `reduction_${i}`],
      meaning: `the share of the weights that is saved`,
      kind: 'real',
      from: [`stackWeights${i}`, `largeWeights${i}`],
      formula: `1 - \\frac{S_${i}}{L_${i}}`,
      stage: 'counts',
      asked: true,
      compute: async (values) =>
        onHost(
          [`stackWeights${i}`, `largeWeights${i}`].map((name) => tensorOf(values, name)),
          [],
          ([small], [big]) => [1 - small / big],
        ),
    },
  ]
}

/** Biases counted: one for each of the C filters of a layer. */
export const biasConventions: readonly Convention[] = [
  {
    name: 'weights alone',
    description:
      'a filter of K × K on one channel has K² parameters: biases do not count, as in the lecture’s comparison',
    overrides: {},
  },
  {
    name: 'weights and biases',
    description: 'a filter of K × K on C channels has K²·C + 1 parameters, as in the lecture’s formula (m × n + 1) × k',
    overrides: Object.fromEntries(
      comparisons.flatMap((i) => [
        [
          `largeWeights${i}`,
          {
            from: [`largeKernel${i}`, 'stackChannels'],
            formula: `(K_${i} \\cdot K_${i} \\cdot C + 1) \\cdot C`,
            compute: async (values: Values, operators: Operators) => {
              const biases = tensorOf(values, 'stackChannels')
              return weightedSum(operators, [1, 1], [await weightsOf(values, `largeKernel${i}`, operators), biases])
            },
          },
        ],
        [
          `stackWeights${i}`,
          {
            from: ['smallKernel', 'stackChannels', `stackDepth${i}`],
            formula: `(k \\cdot k \\cdot C + 1) \\cdot C \\cdot n_${i}`,
            compute: async (values: Values, operators: Operators) => {
              const [channels, depth] = ['stackChannels', `stackDepth${i}`].map((name) => tensorOf(values, name))
              const weights = await weightsOf(values, 'smallKernel', operators, `stackDepth${i}`)
              return weightedSum(operators, [1, 1], [weights, await product(operators, channels, depth)])
            },
          },
        ],
      ]),
    ),
  },
]

const [patch, kernel1, kernel2] = ['patch', 'kernel1', 'kernel2'].map(
  (name) => (values: Values) => tensorOf(values, name),
)

const stackSteps: readonly Quantity[] = [
  mapStep({
    name: 'stackPreActivation',
    symbols: ['A', 'A_1', 'Z', 'Z_1'],
    meaning: 'the image under the first small filter: 3 × 3',
    from: ['patch', 'kernel1'],
    formula: 'X * W_1',
    stage: 'two small filters',
    asked: true,
    compute: (values, operators) => convolved(patch(values), kernel1(values), operators),
  }),
  mapStep({
    name: 'stackActivation',
    symbols: ['H', 'H_1'],
    meaning: 'the feature map behind ReLU',
    from: ['stackPreActivation'],
    formula: 'ReLU(A)',
    stage: 'two small filters',
    compute: (values, operators) => forward(operators, 'relu', 'y', { x: tensorOf(values, 'stackPreActivation') }),
  }),
  mapStep({
    name: 'stackOutput',
    symbols: ['y', 'Y', 'output'],
    meaning: 'the feature map under the second small filter: one number',
    from: ['stackActivation', 'kernel2'],
    formula: 'H * W_2',
    stage: 'two small filters',
    asked: true,
    compute: async (values, operators) =>
      scalarOf(await convolved(tensorOf(values, 'stackActivation'), kernel2(values), operators)),
  }),
  mapStep({
    name: 'stackGradientKernel2',
    symbols: ['nabla W_2', 'dW_2'],
    meaning: 'the gradient of y by the second filter',
    from: ['stackActivation', 'kernel2'],
    formula: 'H',
    stage: 'gradients',
    compute: (values, operators) =>
      convolvedBack('weight', [tensorOf(values, 'stackActivation'), kernel2(values), ones([1, 1])], operators),
  }),
  mapStep({
    name: 'stackGradientPreActivation',
    symbols: ['G', 'nabla A', 'dA', 'nabla A_1', 'nabla Z'],
    meaning: 'the gradient of y by the feature map before ReLU',
    from: ['stackPreActivation', 'stackActivation', 'kernel2'],
    formula: 'W_2 \\text{ where } A > 0 \\text{, else } 0',
    stage: 'gradients',
    asked: true,
    compute: async (values, operators) => {
      const call = [tensorOf(values, 'stackActivation'), kernel2(values), ones([1, 1])] as const
      const y = await convolvedBack('x', call, operators)
      return backward(operators, 'relu', 'x', { x: tensorOf(values, 'stackPreActivation') }, { y })
    },
  }),
  mapStep({
    name: 'stackGradientKernel1',
    symbols: ['nabla W_1', 'dW_1'],
    meaning: 'the gradient of y by the first filter',
    from: ['patch', 'kernel1', 'stackGradientPreActivation'],
    formula: 'X * G',
    stage: 'gradients',
    asked: true,
    compute: (values, operators) =>
      convolvedBack(
        'weight',
        [patch(values), kernel1(values), tensorOf(values, 'stackGradientPreActivation')],
        operators,
      ),
  }),
  mapStep({
    name: 'stackGradientPatch',
    symbols: ['nabla X', 'dX', 'nabla x', 'dx'],
    meaning: 'the gradient of y by the image: zero outside the receptive field',
    from: ['patch', 'kernel1', 'stackGradientPreActivation'],
    formula: 'W_1 \\text{ placed at every position of } G \\text{, times its entry there, summed}',
    stage: 'gradients',
    asked: true,
    compute: (values, operators) =>
      convolvedBack('x', [patch(values), kernel1(values), tensorOf(values, 'stackGradientPreActivation')], operators),
  }),
  mapStep({
    name: 'equivalentKernel',
    symbols: ['E', 'W', 'W_5'],
    meaning: 'the one 5 × 5 filter that does the same as the two small ones without ReLU',
    from: ['patch', 'kernel1', 'kernel2'],
    formula: 'W_1 \\text{ placed at every position of } W_2 \\text{, times its entry there, summed}',
    stage: 'one large filter',
    asked: true,
    // The gradient by the image of a linear map is the map.
    compute: (values, operators) => convolvedBack('x', [patch(values), kernel1(values), kernel2(values)], operators),
  }),
  mapStep({
    name: 'largeOutput',
    symbols: ['hat y', "y'", 'y_5', 'Y'],
    meaning: 'the image under that one filter',
    from: ['patch', 'equivalentKernel'],
    formula: 'X * E',
    stage: 'one large filter',
    asked: true,
    compute: async (values, operators) =>
      scalarOf(await convolved(patch(values), tensorOf(values, 'equivalentKernel'), operators)),
  }),
]

export const stackQuantities: readonly Quantity[] = [...comparisons.flatMap(counts), ...stackSteps]

import { reshape, type Tensor } from '../../oracle/tensor.js'
import { backward, tensorOf } from '../computation.js'
import type { Operators, Quantity, Values } from '../exercise.js'
import { plus } from '../training.js'
import { channelOf, channelsOf, mapStep, ones } from './featureMaps.js'

/** The channels of the module's input. */
export const inputNames = ['x1', 'x2']

/** A filter over one channel that keeps the size of the image: zeros around. */
export function sameSize(
  x: Tensor,
  kernel: Tensor,
): { readonly inputs: Values; readonly attributes: { padding: number } } {
  const [height, width] = x.shape
  const inputs = { x: reshape(x, [1, 1, height, width]), weight: reshape(kernel, [1, 1, ...kernel.shape]) }
  return { inputs, attributes: { padding: (kernel.shape[0] - 1) / 2 } }
}

/** Maxima over 3×3 windows at every position, both channels. */
export const pooling = { kernel: 3, stride: 1, padding: 1 }

/** The gradient of the sum of all outputs behind a ReLU: 1 where it let through. */
function maskOf(operators: Operators, x: Tensor, y = ones(x.shape)): Promise<Tensor> {
  return backward(operators, 'relu', 'x', { x }, { y })
}

/** The gradient by a branch's reduction, from the sum of its outputs: back through ReLU, the filter and ReLU. */
function reductionGradient(branch: 'three' | 'five', index: 2 | 3): Quantity {
  const [sum, reduced, result] = [`${branch}Sum`, `${branch}Reduced`, `${branch}Filtered`]
  return mapStep({
    name: `${branch}SumGradient`,
    symbols: [`nabla A_${index}`, `dA_${index}`],
    meaning: `the gradient of the sum of all outputs by the reduction of branch ${index}`,
    from: [sum, reduced, branch, result],
    formula: `W_${2 * index - 1} \\text{ placed where } C_${index} > 0 \\text{, summed, where } A_${index} > 0`,
    stage: 'gradients',
    compute: async (values, operators) => {
      const { inputs, attributes } = sameSize(tensorOf(values, reduced), tensorOf(values, branch))
      const mask = await maskOf(operators, tensorOf(values, result))
      const y = reshape(mask, inputs.x.shape)
      const back = channelOf(await backward(operators, 'conv2d', 'x', inputs, { y }, attributes), 0)
      return maskOf(operators, tensorOf(values, sum), back)
    },
  })
}

function filterGradient(branch: 'three' | 'five', index: 2 | 3): Quantity {
  const [reduced, result] = [`${branch}Reduced`, `${branch}Filtered`]
  return mapStep({
    name: `${branch}Gradient`,
    symbols: [`nabla W_${2 * index - 1}`, `dW_${2 * index - 1}`],
    meaning: `the gradient of the sum of all outputs by the filter of branch ${index}`,
    from: [reduced, branch, result],
    formula: `H_${index} * [C_${index} > 0]`,
    stage: 'gradients',
    compute: async (values, operators) => {
      const { inputs, attributes } = sameSize(tensorOf(values, reduced), tensorOf(values, branch))
      const y = reshape(await maskOf(operators, tensorOf(values, result)), inputs.x.shape)
      return channelOf(await backward(operators, 'conv2d', 'weight', inputs, { y }, attributes), 0)
    },
  })
}

/** What each branch hands back to one channel of the input: its 1×1 filter times the gradient, the pooling's to the maxima. */
export async function handedBack(values: Values, channel: number, operators: Operators): Promise<readonly Tensor[]> {
  const image = channelsOf(values, inputNames)
  const through = async (x: Tensor, filter: string, gradient: Tensor) => {
    const weights = tensorOf(values, filter)
    const inputs = { x, weight: reshape(weights, [1, weights.size, 1, 1]) }
    return backward(operators, 'conv2d', 'x', inputs, { y: reshape(gradient, [1, 1, ...gradient.shape]) })
  }
  const pooled = channelsOf(values, ['pooled1', 'pooled2'])
  const ofPooled = await through(pooled, 'poolProjection', await maskOf(operators, tensorOf(values, 'poolSum')))
  const parts = [
    await through(image, 'one', await maskOf(operators, tensorOf(values, 'oneSum'))),
    await through(image, 'reduceThree', tensorOf(values, 'threeSumGradient')),
    await through(image, 'reduceFive', tensorOf(values, 'fiveSumGradient')),
    await backward(operators, 'maxPool2d', 'x', { x: image }, { y: ofPooled }, pooling),
  ]
  return parts.map((part) => channelOf(part, channel))
}

/** What the gradient by the input is computed from. */
export const gradientInputs: readonly string[] = [
  ...inputNames,
  ...['one', 'oneSum', 'reduceThree', 'threeSumGradient', 'reduceFive', 'fiveSumGradient'],
  ...['pooled1', 'pooled2', 'poolProjection', 'poolSum'],
]

/** Gradients of the sum of the module's outputs. */
export const moduleGradients: readonly Quantity[] = [
  reductionGradient('three', 2),
  filterGradient('three', 2),
  reductionGradient('five', 3),
  filterGradient('five', 3),
  ...[1, 2].map((channel) =>
    mapStep({
      name: `inputGradient${channel}`,
      symbols: [`nabla X_${channel}`, `dX_${channel}`, `nabla x_${channel}`],
      meaning: `the gradient of the sum of all outputs by channel ${channel} of the input: what the four branches hand back, added`,
      from: gradientInputs,
      formula: `u_${channel} \\cdot [A_1 > 0] + r_${channel} \\cdot \\nabla A_2 + q_${channel} \\cdot \\nabla A_3 + p_${channel} \\cdot [A_4 > 0] \\text{ at the maxima}`,
      stage: 'gradients',
      asked: true,
      compute: async (values, operators) => {
        const [first, ...rest] = await handedBack(values, channel - 1, operators)
        return rest.reduce(plus, first)
      },
    }),
  ),
]

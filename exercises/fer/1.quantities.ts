import { map, scalar, type Tensor, zeros } from '../../oracle/tensor.js'
import { backward, forward, tensorOf } from '../computation.js'
import type { Operators, Quantity, Values } from '../exercise.js'
import { gradientSymbols } from '../gradientSymbols.js'

/** The inputs of `linear`. */
function layerOf(values: Values): Readonly<Record<string, Tensor>> {
  return { x: tensorOf(values, 'input'), weight: tensorOf(values, 'weight'), bias: tensorOf(values, 'bias') }
}

/** The gradient of the loss with respect to one of the layer's inputs, by the backward pass of `linear`. */
function gradientBy(input: 'x' | 'weight' | 'bias') {
  return (values: Values, operators: Operators): Promise<Tensor> =>
    backward(operators, 'linear', input, layerOf(values), { y: tensorOf(values, 'outputGradient') })
}

/** The identity matrix. */
function identity(size: number): Tensor {
  const matrix = zeros([size, size])
  for (let i = 0; i < size; i++) matrix.set(i, i, 1)
  return matrix
}

const layer = ['input', 'weight', 'bias']

/** Everything that fer/1 asks for: the layer's output, its derivatives, and the gradients of a loss that the output feeds. */
export const affineQuantities: readonly Quantity[] = [
  {
    name: 'affineOutput',
    symbols: ['q', 'y', 'out', 'output', 'forward'],
    meaning: 'the output of the layer, a row an item of the batch',
    kind: 'real',
    from: layer,
    formula: 'p \\cdot W^T + b',
    asked: true,
    compute: (values, operators) => forward(operators, 'linear', 'y', layerOf(values)),
  },
  {
    name: 'outputByInput',
    symbols: ['dq_dp', '∂q/∂p', '∂q/∂x'],
    meaning: 'the derivative of one output vector by its input, ∂q/∂p: row i, column j is ∂qᵢ/∂pⱼ',
    kind: 'real',
    from: ['weight'],
    formula: 'W',
    compute: async (values) => map(tensorOf(values, 'weight'), (w) => w),
  },
  {
    name: 'outputByWeights',
    symbols: ['dq_dW', '∂q/∂W'],
    meaning: 'the derivative of each output by its own row of weights, ∂qᵢ/∂Wᵢ: the input, an item of the batch a row',
    kind: 'real',
    from: ['input'],
    formula: 'p',
    compute: async (values) => map(tensorOf(values, 'input'), (p) => p),
  },
  {
    name: 'outputByBias',
    symbols: ['dq_db', '∂q/∂b'],
    meaning: 'the derivative of an output by its own bias, ∂qᵢ/∂bᵢ (by another one it is 0)',
    kind: 'real',
    from: [],
    formula: '1',
    alternatives: [
      { value: (values) => map(tensorOf(values, 'bias'), () => 1), note: 'one for every output' },
      { value: (values) => identity(tensorOf(values, 'bias').size), note: 'the whole Jacobian, which is the identity' },
    ],
    compute: async () => scalar(1),
  },
  {
    name: 'weightGradient',
    symbols: [...gradientSymbols('W'), 'W_grad', 'dL_dW'],
    meaning: 'the gradient of the loss with respect to W, ∂L/∂W, summed over the batch',
    kind: 'real',
    from: [...layer, 'outputGradient'],
    formula: 'G^T \\cdot p',
    asked: true,
    compute: gradientBy('weight'),
  },
  {
    name: 'biasGradient',
    symbols: [...gradientSymbols('b'), 'b_grad', 'dL_db'],
    meaning: 'the gradient of the loss with respect to b, ∂L/∂b, summed over the batch',
    kind: 'real',
    from: [...layer, 'outputGradient'],
    formula: '\\sum_n G_n',
    asked: true,
    compute: gradientBy('bias'),
  },
  {
    name: 'inputGradient',
    symbols: [...gradientSymbols('p'), ...gradientSymbols('x'), 'p_grad', 'dL_dp', 'backward inputs'],
    meaning: 'the gradient of the loss with respect to the input, ∂L/∂p, a row an item of the batch',
    kind: 'real',
    from: [...layer, 'outputGradient'],
    formula: 'G \\cdot W',
    asked: true,
    compute: gradientBy('x'),
  },
]

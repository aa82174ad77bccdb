import { map, reshape, rowMajor, scalar, type Tensor, tensor, zip } from '../../oracle/tensor.js'
import { backward, forward, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { mistakeIn } from '../mistake.js'

/** Input, weight, bias and output gradient of the layer; the batch as rows. */
interface Layer {
  readonly p: Tensor
  readonly W: Tensor
  readonly b: Tensor
  readonly G: Tensor
  readonly batch: number
}

const all = ['input', 'weight', 'bias', 'outputGradient']

function layerOf(values: Values): Layer {
  const [p, W, b, G] = all.map((name) => tensorOf(values, name))
  return { p, W, b, G, batch: p.size / W.shape[1] }
}

/** A mistake that needs the whole layer. */
function ofLayer(
  name: string,
  quantity: string,
  explanation: string,
  wrong: (layer: Layer, operators: Operators) => Promise<Tensor> | Tensor,
): ExerciseMistake {
  return mistakeIn(quantity, name, explanation, all, (values, operators) => wrong(layerOf(values), operators))
}

function ofOutput(
  name: string,
  explanation: string,
  wrong: (layer: Omit<Layer, 'G'>, operators: Operators) => Promise<Tensor>,
): ExerciseMistake {
  return mistakeIn('affineOutput', name, explanation, ['input', 'weight', 'bias'], (values, operators) => {
    const [p, W, b] = ['input', 'weight', 'bias'].map((input) => tensorOf(values, input))
    return wrong({ p, W, b, batch: p.size / W.shape[1] }, operators)
  })
}

function gradientOf(input: 'x' | 'weight' | 'bias', { p, W, b, G }: Layer, operators: Operators): Promise<Tensor> {
  return backward(operators, 'linear', input, { x: p, weight: W, bias: b }, { y: G })
}

/** The batch as a matrix, a row an item. */
function rows(x: Tensor, width: number): Tensor {
  return reshape(x, [x.size / width, width])
}

/** The last row alone. */
function lastRow(x: Tensor, width: number): Tensor {
  return reshape(rows(x, width).lo(x.size / width - 1, 0), [1, width])
}

function sumOfRows(x: Tensor, width: number): Tensor {
  const sum = new Float64Array(width)
  rowMajor(x).forEach((value, i) => {
    sum[i % width] += value
  })
  return tensor([1, width], sum)
}

const gradients = [
  ['weightGradient', 'weight'],
  ['biasGradient', 'bias'],
] as const

/** What people get wrong in fer/1. */
export const affineMistakes: readonly ExerciseMistake[] = [
  ofOutput('bias forgotten', 'is what you get without the bias.', ({ p, W }, operators) =>
    forward(operators, 'linear', 'y', { x: p, weight: W }),
  ),
  ofOutput('bias subtracted', 'is what you get when the bias is subtracted.', ({ p, W, b }, operators) =>
    forward(operators, 'linear', 'y', { x: p, weight: W, bias: map(b, (value) => -value) }),
  ),
  ofOutput(
    'weights reshaped instead of transposed',
    'is what you get when W is reshaped to the shape of its transpose: the entries stay in their order, so that rows and columns are mixed.',
    ({ p, W, b }, operators) => {
      const [O, I] = W.shape
      const weight = reshape(W, [I, O]).transpose(1, 0)
      return forward(operators, 'linear', 'y', { x: p, weight, bias: b })
    },
  ),
  ofOutput(
    'bias added once to the whole batch',
    'has the bias in the first item only; every item of the batch gets it.',
    async ({ p, W, b }, operators) => {
      const product = await forward(operators, 'linear', 'y', { x: p, weight: W })
      const biases = rowMajor(b)
      const data = rowMajor(product).map((value, i) => (i < b.size ? value + biases[i] : value))
      return tensor(product.shape, data)
    },
  ),
  mistakeIn(
    'outputByInput',
    'derivative transposed',
    'is the transpose of the derivative: ∂qᵢ/∂pⱼ is Wᵢⱼ, so the Jacobian is W itself.',
    ['weight'],
    async (values) => tensorOf(values, 'weight').transpose(1, 0),
  ),
  mistakeIn(
    'outputByInput',
    'input in place of the weights',
    'is the input, the derivative by the weights; by the input it is W.',
    ['input'],
    async (values) => tensorOf(values, 'input'),
  ),
  mistakeIn(
    'outputByWeights',
    'derivative by the weights is the weights',
    'is the derivative by the input; by its weights the output grows with the input that they multiply.',
    ['weight'],
    (values) => tensorOf(values, 'weight'),
  ),
  mistakeIn(
    'outputByBias',
    'derivative by the bias is the bias',
    'is the bias itself; q grows by 1 where its bias grows by 1.',
    ['bias'],
    async (values) => tensorOf(values, 'bias'),
  ),
  mistakeIn(
    'outputByBias',
    'derivative by the bias is 0',
    'is what you get when the bias is taken for a constant that falls away; it is a parameter.',
    [],
    () => scalar(0),
  ),
  ...gradients.flatMap(([quantity, input]) => [
    ofLayer(
      `mean over the batch (${input})`,
      quantity,
      'is the mean over the batch; the gradients of the items add up (a mean belongs to the loss, if it has one).',
      async (layer, operators) =>
        map(await gradientOf(input, layer, operators), (value) => value / Math.max(1, layer.batch)),
    ),
    ofLayer(
      `last item of the batch only (${input})`,
      quantity,
      'is the gradient of the last item of the batch alone: the items overwrite one another instead of adding up.',
      ({ p, W, b, G, batch }, operators) => {
        const [O, I] = W.shape
        return gradientOf(input, { p: lastRow(p, I), W, b, G: lastRow(G, O), batch }, operators)
      },
    ),
    ofLayer(
      `sign reversed (${input})`,
      quantity,
      'is the negative of the gradient: what is added in a descent step, not the gradient.',
      async (layer, operators) => map(await gradientOf(input, layer, operators), (value) => -value),
    ),
  ]),
  ofLayer(
    'weight gradient transposed',
    'weightGradient',
    'is the transpose of the gradient, pᵀ·G; the gradient has the shape of W.',
    async (layer, operators) => (await gradientOf('weight', layer, operators)).transpose(1, 0),
  ),
  ofLayer(
    'batch summed before the product',
    'weightGradient',
    'is the product of the sums over the batch; the products of the items are summed.',
    ({ p, W, b, G, batch }, operators) => {
      const [O, I] = W.shape
      return gradientOf('weight', { p: sumOfRows(p, I), W, b, G: sumOfRows(G, O), batch }, operators)
    },
  ),
  ofLayer(
    'gradient of the output left out of the weights',
    'weightGradient',
    'is the sum of ∂q/∂W = p alone: the chain rule multiplies it with the gradient of the output.',
    ({ p, W, b, G, batch }, operators) => gradientOf('weight', { p, W, b, G: map(G, () => 1), batch }, operators),
  ),
  ofLayer(
    'weights in place of the input',
    'weightGradient',
    'is what you get from the weights, ∂q/∂p; by W the derivative is p.',
    ({ W, G }) => {
      const sum = rowMajor(sumOfRows(G, W.shape[0]))
      const data = rowMajor(W).map((value, i) => value * sum[Math.floor(i / W.shape[1])])
      return tensor(W.shape, data)
    },
  ),
  ofLayer(
    'batch not summed',
    'biasGradient',
    'is the gradient of the output as it is; the bias serves every item of the batch, so their gradients add up.',
    ({ G }) => G,
  ),
  ofLayer(
    'number of items',
    'biasGradient',
    'counts the items of the batch: it is the sum of ∂q/∂b = 1, without the gradient of the output.',
    ({ b, batch }) => map(b, () => batch),
  ),
  ofLayer(
    'summed over the features',
    'biasGradient',
    'is the sum over the features of an item; the sum is over the items of the batch.',
    ({ W, G }) => {
      const O = W.shape[0]
      const data = rowMajor(G)
      return tensor(
        [G.size / O],
        Array.from({ length: G.size / O }, (_, n) => data.slice(n * O, (n + 1) * O).reduce((a, g) => a + g, 0)),
      )
    },
  ),
  ofLayer(
    'weights reshaped in the backward pass',
    'inputGradient',
    'is what you get when W is reshaped to the shape of its transpose and then transposed.',
    ({ p, W, b, G, batch }, operators) => {
      const [O, I] = W.shape
      const mixed = reshape(W, [I, O]).transpose(1, 0)
      return gradientOf('x', { p, W: mixed, b, G, batch }, operators)
    },
  ),
  ofLayer(
    'gradient of the output left out of the input',
    'inputGradient',
    'is what you get from W alone, its rows added up: the gradient of the output is left out of the chain rule.',
    ({ p, W, b, G, batch }, operators) => gradientOf('x', { p, W, b, G: map(G, () => 1), batch }, operators),
  ),
  ofLayer(
    'input gradient summed over the batch',
    'inputGradient',
    'is the sum over the batch; every item has an input of its own, so the rows stay apart.',
    async (layer, operators) => {
      const gradient = await gradientOf('x', layer, operators)
      return reshape(sumOfRows(gradient, layer.W.shape[1]), [layer.W.shape[1]])
    },
  ),
  ofLayer(
    'input multiplied in',
    'inputGradient',
    'has been multiplied with the input by elements; ∂q/∂p = W does not depend on it.',
    async (layer, operators) => zip(await gradientOf('x', layer, operators), layer.p, (g, p) => g * p),
  ),
]

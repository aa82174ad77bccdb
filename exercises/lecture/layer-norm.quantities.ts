import { map, reshape, rowMajor, type Tensor } from '../../oracle/tensor.js'
import { forward, onHost, scalarOf, tensorOf } from '../computation.js'
import type { Operators, Quantity, Values } from '../exercise.js'
import { ones, transposed } from '../matrices.js'
import { plus } from '../training.js'

/** Layers are normalised as the lecture writes it, without a constant below the root: one that no number here can see. */
export const epsilon = 1e-18

/** g/σ·(h − μ), by `layerNorm`. */
export function normalized(h: Tensor, gain: Tensor, operators: Operators): Promise<Tensor> {
  return forward(operators, 'layerNorm', 'y', { x: h, gain }, { epsilon })
}

/** xW + b with rows as the lecture writes them: W is [in, out]. */
export function layerOf(operators: Operators, x: Tensor, weight: Tensor, bias: Tensor): Promise<Tensor> {
  return forward(operators, 'linear', 'y', { x, weight: transposed(weight), bias })
}

/** The mean of all entries, by `linear` with equal weights. */
async function meanOf(h: Tensor, operators: Operators): Promise<Tensor> {
  const weight = map(ones([1, h.size]), () => 1 / h.size)
  return scalarOf(await forward(operators, 'linear', 'y', { x: h, weight }))
}

/** √(Σ(hᵢ − μ)²/H): the mean squared error of h against its mean, and the host's root. */
async function deviationOf(h: Tensor, mean: Tensor, operators: Operators): Promise<Tensor> {
  const target = await forward(operators, 'linear', 'y', { x: reshape(mean, [1]), weight: ones([h.size, 1]) })
  const variance = await forward(operators, 'squaredError', 'loss', { prediction: h, target })
  return onHost([variance], [], (value) => [Math.sqrt(value[0])])
}

/** Residual, mean, standard deviation and normalised vector of one of the two layers. */
function normalization(
  stage: 'attention' | 'feedForward',
  [input, added]: readonly [string, string],
  formula: string,
  symbols: { readonly sum: readonly string[]; readonly normalized: readonly string[] },
): readonly Quantity[] {
  const named = (name: string) => (stage === 'attention' ? `${name}1` : `${name}2`)
  const [sum, mean, deviation] = ['residual', 'mean', 'deviation'].map(named)
  const sublayer = stage === 'attention' ? 'the attention layer' : 'the feed-forward network'
  return [
    {
      name: sum,
      symbols: ['h', ...symbols.sum],
      meaning: `the residual connection around ${sublayer}: its input plus its output`,
      kind: 'real',
      from: [input, added],
      formula,
      stage,
      compute: async (values) => plus(tensorOf(values, input), tensorOf(values, added)),
    },
    {
      name: mean,
      symbols: ['mu', 'mean', 'bar h'],
      meaning: 'the mean of its entries',
      kind: 'real',
      from: [sum],
      formula: 'mean(h)',
      stage,
      compute: (values, operators) => meanOf(tensorOf(values, sum), operators),
    },
    {
      name: deviation,
      symbols: ['sigma', 'std'],
      meaning: 'the standard deviation of its entries, over all H of them',
      kind: 'real',
      from: [sum, mean],
      formula: '\\sqrt{mean((h - \\mu)^2)}',
      stage,
      compute: (values, operators) => deviationOf(tensorOf(values, sum), tensorOf(values, mean), operators),
    },
    {
      name: named('normalized'),
      symbols: symbols.normalized,
      meaning: `the normalised vector behind ${sublayer}`,
      kind: 'real',
      from: [sum, 'gain'],
      formula: '\\frac{g}{\\sigma} \\cdot (h - \\mu)',
      stage,
      asked: true,
      compute: (values, operators) => normalized(tensorOf(values, sum), tensorOf(values, 'gain'), operators),
    },
  ]
}

/** One encoder layer behind its attention, as the lecture has it. */
export const normQuantities: readonly Quantity[] = [
  ...normalization('attention', ['x', 'attention'], 'x + a', { sum: ['r'], normalized: ['y', 'hat x'] }),
  {
    name: 'hiddenSums',
    symbols: ['u'],
    meaning: 'the pre-activations of the feed-forward network’s hidden units',
    kind: 'real',
    from: ['normalized1', 'weight1', 'bias1'],
    formula: 'y \\cdot W_1 + b_1',
    stage: 'feedForward',
    compute: (values, operators) => {
      const [x, weight, bias] = ['normalized1', 'weight1', 'bias1'].map((name) => tensorOf(values, name))
      return layerOf(operators, x, weight, bias)
    },
  },
  {
    name: 'hiddenUnits',
    symbols: ['v', 'relu'],
    meaning: 'the hidden units of the feed-forward network: what is negative is cut off',
    kind: 'real',
    from: ['hiddenSums'],
    formula: 'ReLU(u)',
    stage: 'feedForward',
    compute: (values, operators) => forward(operators, 'relu', 'y', { x: tensorOf(values, 'hiddenSums') }),
  },
  {
    name: 'feedForward',
    symbols: ['f', 'ffn', 'ffn(y)'],
    meaning: 'the output of the feed-forward network',
    kind: 'real',
    from: ['hiddenUnits', 'weight2', 'bias2'],
    formula: 'v \\cdot W_2 + b_2',
    stage: 'feedForward',
    asked: true,
    compute: (values, operators) => {
      const [x, weight, bias] = ['hiddenUnits', 'weight2', 'bias2'].map((name) => tensorOf(values, name))
      return layerOf(operators, x, weight, bias)
    },
  },
  ...normalization('feedForward', ['normalized1', 'feedForward'], 'y + f', {
    sum: ['r'],
    normalized: ['z', 'output'],
  }),
]

/** The largest of the entries' distances from their mean. */
export function spreadOf(values: Values, name: string): number {
  const numbers = rowMajor(tensorOf(values, name))
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length
  return Math.max(...numbers.map((value) => Math.abs(value - mean)))
}

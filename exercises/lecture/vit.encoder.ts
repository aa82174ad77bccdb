import { reshape, type Tensor } from '../../oracle/tensor.js'
import { forward, onHost, tensorOf } from '../computation.js'
import type { Computation, Convention, Operators, Quantity, Values } from '../exercise.js'
import { transposed } from '../matrices.js'
import { plus } from '../training.js'
import { epsilon, rowsFrom, small } from './vit.step.js'

const weightNames = ['weightQ', 'weightK', 'weightV', 'weightO']

/** The call of `multiHeadAttention` on rows that attend to each other; the exercise writes words before their weights. */
export function attentionCall(x: Tensor, values: Values) {
  const rows = reshape(x, [1, ...x.shape])
  const [weightQuery, weightKey, weightValue, weightOutput] = weightNames.map((name) =>
    transposed(tensorOf(values, name)),
  )
  return { query: rows, key: rows, value: rows, weightQuery, weightKey, weightValue, weightOutput }
}

export const headAttributes = { heads: small.heads }

async function attended(values: Values, operators: Operators, output: 'output' | 'weights'): Promise<Tensor> {
  return forward(
    operators,
    'multiHeadAttention',
    output,
    attentionCall(tensorOf(values, 'normed1'), values),
    headAttributes,
  )
}

function headWeights(head: 1 | 2): Quantity {
  return {
    name: `attention${head}`,
    symbols: [`A_h${head}`, `alpha_${head}`],
    meaning: `the attention weights of head ${head}: a row a token that reads, a column a token that is read`,
    kind: 'real',
    from: ['normed1', ...weightNames],
    formula: `softmax(\\frac{Q_${head} \\cdot K_${head}^T}{\\sqrt{2}})`,
    stage: 'encoder',
    compute: async (values, operators) =>
      onHost([await attended(values, operators, 'weights')], [small.tokens, small.tokens], (all) => {
        const size = small.tokens * small.tokens
        return all.subarray((head - 1) * size, head * size)
      }),
  }
}

function norm(
  name: string,
  symbols: readonly string[],
  meaning: string,
  input: string,
  formula: string,
  asked?: true,
): Quantity {
  return {
    name,
    symbols,
    meaning,
    kind: 'real',
    from: [input],
    formula,
    stage: 'encoder',
    ...(asked && { asked }),
    compute: (values, operators) => normalized(tensorOf(values, input), operators),
  }
}

/** (h − μ)/σ of every row, by `layerNorm` with gain 1 and bias 0. */
export function normalized(x: Tensor, operators: Operators): Promise<Tensor> {
  return forward(operators, 'layerNorm', 'y', { x }, { epsilon })
}

function sum(
  name: string,
  symbols: readonly string[],
  meaning: string,
  [left, right]: readonly [string, string],
  formula: string,
  asked?: true,
): Quantity {
  return {
    name,
    symbols,
    meaning,
    kind: 'real',
    from: [left, right],
    formula,
    stage: 'encoder',
    ...(asked && { asked }),
    compute: async (values) => plus(tensorOf(values, left), tensorOf(values, right)),
  }
}

/** xW + b of every row. */
export function layerOf(values: Values, names: readonly [string, string, string], operators: Operators) {
  const [x, weight, bias] = names.map((name) => tensorOf(values, name))
  return forward(operators, 'linear', 'y', { x, weight: transposed(weight), bias })
}

/** GELU by the normal distribution, or by its approximation with tanh. */
function activation(approximate: 'none' | 'tanh'): Computation {
  return {
    from: ['preActivation'],
    formula:
      approximate === 'none'
        ? 'u \\cdot \\Phi(u)'
        : '0.5 \\cdot u \\cdot (1 + tanh(\\sqrt{2/\\pi} \\cdot (u + 0.044715 \\cdot u^3)))',
    compute: (values, operators) =>
      forward(operators, 'gelu', 'y', { x: tensorOf(values, 'preActivation') }, { approximate }),
  }
}

/** One encoder layer in pre-norm form on the small image, and what the head reads behind it. */
export const encoderQuantities: readonly Quantity[] = [
  norm('normed1', ['n_1', 'LN_1'], 'the normalized encoder input', 'encoderInput', 'LN(z_0)'),
  headWeights(1),
  headWeights(2),
  {
    name: 'attention',
    symbols: ['a', 'msa', 'attention output'],
    meaning: 'the output of the multi-head attention',
    kind: 'real',
    from: ['normed1', ...weightNames],
    formula: 'MSA(n_1)',
    stage: 'encoder',
    asked: true,
    compute: async (values, operators) =>
      reshape(await attended(values, operators, 'output'), [small.tokens, small.width]),
  },
  sum(
    'afterAttention',
    ["z_1'", "Z_1'", 'after attention'],
    'the tokens behind the first residual connection',
    ['attention', 'encoderInput'],
    'a + z_0',
    true,
  ),
  norm('normed2', ['n_2', 'LN_2'], 'these tokens, normalized', 'afterAttention', "LN(z_1')"),
  {
    name: 'preActivation',
    symbols: ['u', 'pre activation'],
    meaning: 'the hidden units of the feed-forward layer before GELU',
    kind: 'real',
    from: ['normed2', 'weight1', 'bias1'],
    formula: 'n_2 \\cdot W_1 + b_1',
    stage: 'encoder',
    compute: (values, operators) => layerOf(values, ['normed2', 'weight1', 'bias1'], operators),
  },
  {
    name: 'hiddenUnits',
    symbols: ['v', 'gelu', 'hidden units'],
    meaning: 'the hidden units behind GELU',
    kind: 'real',
    stage: 'encoder',
    ...activation('none'),
  },
  {
    name: 'feedForward',
    symbols: ['f', 'mlp', 'feed forward output'],
    meaning: 'the output of the feed-forward layer',
    kind: 'real',
    from: ['hiddenUnits', 'weight2', 'bias2'],
    formula: 'v \\cdot W_2 + b_2',
    stage: 'encoder',
    asked: true,
    compute: (values, operators) => layerOf(values, ['hiddenUnits', 'weight2', 'bias2'], operators),
  },
  sum(
    'output',
    ['z_1', 'Z_1', 'layer output'],
    'what the encoder layer answers, a row a token',
    ['feedForward', 'afterAttention'],
    "f + z_1'",
    true,
  ),
  {
    name: 'answer',
    symbols: ['y', 'image representation'],
    meaning: 'what the head reads: the class token of the last layer, normalized',
    kind: 'real',
    from: ['output'],
    formula: 'LN(z_1[1, :])',
    stage: 'encoder',
    asked: true,
    compute: (values, operators) =>
      normalized(reshape(rowsFrom(tensorOf(values, 'output'), 0, 1), [small.width]), operators),
  },
]

/** GELU as the paper that introduced it, and as some implementations compute it. */
export const activationConventions: readonly Convention[] = [
  { name: 'exact GELU', description: 'GELU by the distribution function of the normal distribution', overrides: {} },
  {
    name: 'GELU with tanh',
    description: 'GELU by its approximation with tanh',
    overrides: { hiddenUnits: activation('tanh') },
  },
]

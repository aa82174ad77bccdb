import { scalar } from '../../oracle/tensor.js'
import { numberOf, product, tensorOf } from '../computation.js'
import type { Quantity } from '../exercise.js'
import { gradientSymbols } from '../gradientSymbols.js'
import { plus } from '../training.js'
import { negative, parameters, positive } from './4.numbers.js'
import { branchGradient, distance, embed, hinge, lossGradient, squaredDistance } from './4.steps.js'

function embedding(name: string, input: string, symbols: readonly string[], letter: string, asked: boolean): Quantity {
  return {
    name,
    symbols: [...symbols, `f(x_${letter})`, `f_theta(x_${letter})`],
    meaning: `the embedding of x_${letter}`,
    kind: 'real',
    from: [input, ...parameters],
    formula: `x_{${letter}} \\star w + b`,
    ...(asked ? { asked: true as const } : {}),
    compute: (values, operators) => embed(values, tensorOf(values, input), operators),
  }
}

/** Spellings of the gradient of the positive loss by an embedding as the value of the model. */
function byEmbeddingOf(input: string): readonly string[] {
  return ['f', 'f_theta'].flatMap((model) => ['L_pos', 'L'].map((loss) => `∂${loss}/∂${model}(${input})`))
}

/** The gradient of one pair's loss by one of its embeddings. */
function embeddingGradient(
  name: string,
  symbols: readonly string[],
  meaning: string,
  formula: string,
  [pair, by]: readonly ['positive' | 'negative', 'a' | 'b'],
  asked: boolean,
): Quantity {
  const [first, second] = pair === 'positive' ? positive : negative
  return {
    name,
    symbols,
    meaning,
    kind: 'real',
    from: [first, second, ...(pair === 'positive' ? [] : ['margin'])],
    formula,
    ...(asked ? { asked: true as const } : {}),
    compute: (values, operators) => {
      const embeddings = [tensorOf(values, first), tensorOf(values, second)] as const
      return lossGradient(by, embeddings, pair === 'positive' ? undefined : numberOf(values, 'margin'), operators)
    },
  }
}

/** What one branch adds to the gradient of a parameter; `letter` names its input. */
function contribution(
  parameter: 'weight' | 'bias',
  name: string,
  symbols: readonly string[],
  [input, gradient]: readonly [string, string],
  [letter, gradientSymbol]: readonly [string, string],
): Quantity {
  return {
    name,
    symbols,
    meaning: `what the branch of x_${letter} adds to the gradient of ${parameter === 'weight' ? 'w' : 'b'}`,
    kind: 'real',
    from: [input, gradient, ...parameters],
    formula: parameter === 'weight' ? `x_{${letter}} \\star ${gradientSymbol}` : `\\sum_i ${gradientSymbol}`,
    compute: (values, operators) =>
      branchGradient(parameter, values, [tensorOf(values, input), tensorOf(values, gradient)], operators),
  }
}

/** The gradient of a parameter: the sum of both branches. */
function total(
  name: string,
  symbols: readonly string[],
  meaning: string,
  [first, second]: readonly [string, string],
  formula: string,
  asked: boolean,
): Quantity {
  return {
    name,
    symbols,
    meaning,
    kind: 'real',
    from: [first, second],
    formula,
    ...(asked ? { asked: true as const } : {}),
    compute: async (values) => plus(tensorOf(values, first), tensorOf(values, second)),
  }
}

/** Everything that fer/4 asks for or passes on the way; the positive pair, then the negative one with the same anchor x_p1. */
export const contrastiveQuantities: readonly Quantity[] = [
  {
    name: 'positions',
    symbols: ['n', 'positions', 'embedding length'],
    meaning: 'the positions of the kernel on a signal: the length of an embedding',
    kind: 'whole',
    from: ['firstInput', 'kernel'],
    formula: 'L - K + 1',
    compute: async (values) => scalar(tensorOf(values, 'firstInput').size - tensorOf(values, 'kernel').size + 1),
  },
  embedding('firstEmbedding', 'firstInput', ['f_p1', 'f_q', 'f_1', 'z_p1', 'z_1'], 'p1', true),
  embedding('secondEmbedding', 'secondInput', ['f_p2', 'f_p', 'f_2', 'z_p2', 'z_2'], 'p2', true),
  {
    name: 'positiveLoss',
    symbols: ['L_pos', 'L', 'cal L', 'loss'],
    meaning: 'the loss of the positive pair',
    kind: 'real',
    from: positive,
    formula: '\\|f_{p1} - f_{p2}\\|^{2}',
    asked: true,
    compute: (values, operators) =>
      squaredDistance([tensorOf(values, 'firstEmbedding'), tensorOf(values, 'secondEmbedding')], operators),
  },
  embeddingGradient(
    'firstEmbeddingGradient',
    [...gradientSymbols('f_p1', ['L_pos', 'L']), ...byEmbeddingOf('x_p1'), '∂L_pos/∂f_q', 'df_q', 'df_1'],
    'the gradient of the positive loss by the first embedding, ∂L_pos/∂f_p1',
    '2 \\cdot (f_{p1} - f_{p2})',
    ['positive', 'a'],
    true,
  ),
  embeddingGradient(
    'secondEmbeddingGradient',
    [...gradientSymbols('f_p2', ['L_pos', 'L']), ...byEmbeddingOf('x_p2'), '∂L_pos/∂f_p', 'df_p', 'df_2'],
    'the gradient of the positive loss by the second embedding, ∂L_pos/∂f_p2',
    '2 \\cdot (f_{p2} - f_{p1})',
    ['positive', 'b'],
    true,
  ),
  contribution(
    'weight',
    'firstKernelGradient',
    ['dW_p1', 'dw_p1', 'dW_1', 'dw_1'],
    ['firstInput', 'firstEmbeddingGradient'],
    ['p1', 'df_{p1}'],
  ),
  contribution(
    'weight',
    'secondKernelGradient',
    ['dW_p2', 'dw_p2', 'dW_2', 'dw_2'],
    ['secondInput', 'secondEmbeddingGradient'],
    ['p2', 'df_{p2}'],
  ),
  total(
    'kernelGradient',
    [...gradientSymbols('W', ['L_pos', 'L']), ...gradientSymbols('w', ['L_pos', 'L']), 'dW_pos', 'dw_pos'],
    'the gradient of the positive loss by the kernel, ∂L_pos/∂w',
    ['firstKernelGradient', 'secondKernelGradient'],
    'dW_{p1} + dW_{p2}',
    true,
  ),
  contribution(
    'bias',
    'firstBiasGradient',
    ['db_p1', 'db_1'],
    ['firstInput', 'firstEmbeddingGradient'],
    ['p1', 'df_{p1}'],
  ),
  contribution(
    'bias',
    'secondBiasGradient',
    ['db_p2', 'db_2'],
    ['secondInput', 'secondEmbeddingGradient'],
    ['p2', 'df_{p2}'],
  ),
  total(
    'biasGradient',
    [...gradientSymbols('b', ['L_pos', 'L']), 'db_pos'],
    'the gradient of the positive loss by the bias, ∂L_pos/∂b',
    ['firstBiasGradient', 'secondBiasGradient'],
    'db_{p1} + db_{p2}',
    true,
  ),
  embedding('negativeEmbedding', 'negativeInput', ['f_n', 'z_n'], 'n', false),
  {
    name: 'negativeDistance',
    symbols: ['d_neg', 'd_n'],
    meaning: 'the distance of the negative pair',
    kind: 'real',
    from: negative,
    formula: '\\|f_q - f_n\\|',
    compute: (values, operators) =>
      distance([tensorOf(values, 'firstEmbedding'), tensorOf(values, 'negativeEmbedding')], operators),
  },
  {
    name: 'negativeLoss',
    symbols: ['L_neg', 'L_n'],
    meaning: 'the loss of the negative pair',
    kind: 'real',
    from: ['margin', 'negativeDistance'],
    formula: '\\max(0, m - d_{neg})^{2}',
    compute: async (values, operators) => {
      const short = await hinge(tensorOf(values, 'margin'), tensorOf(values, 'negativeDistance'), operators)
      return product(operators, short, short)
    },
  },
  embeddingGradient(
    'negativeEmbeddingGradient',
    gradientSymbols('f_n', ['L_neg']),
    'the gradient of the negative loss by the negative embedding, ∂L_neg/∂f_n',
    '2 \\cdot \\max(0, m - \\|f_q - f_n\\|) \\cdot \\frac{f_q - f_n}{\\|f_q - f_n\\|}',
    ['negative', 'b'],
    false,
  ),
  embeddingGradient(
    'anchorEmbeddingGradient',
    ['df_q^neg', 'df_p1^neg', '∂L_neg/∂f_q', '∂L_neg/∂f_p1'],
    'the gradient of the negative loss by the anchor, ∂L_neg/∂f_q: the opposite one',
    '2 \\cdot \\max(0, m - \\|f_q - f_n\\|) \\cdot \\frac{f_n - f_q}{\\|f_q - f_n\\|}',
    ['negative', 'a'],
    false,
  ),
  contribution(
    'weight',
    'anchorKernelGradient',
    ['dW_q^neg', 'dw_q^neg'],
    ['firstInput', 'anchorEmbeddingGradient'],
    ['p1', 'df_q^{neg}'],
  ),
  contribution(
    'weight',
    'negativeBranchKernelGradient',
    ['dW_n', 'dw_n'],
    ['negativeInput', 'negativeEmbeddingGradient'],
    ['n', 'df_n'],
  ),
  total(
    'negativeKernelGradient',
    ['dW_neg', 'dw_neg', '∂L_neg/∂W', '∂L_neg/∂w'],
    'the gradient of the negative loss by the kernel, ∂L_neg/∂w',
    ['anchorKernelGradient', 'negativeBranchKernelGradient'],
    'dW_{q}^{neg} + dW_n',
    false,
  ),
]

import { reshape, rowMajor, type Tensor, tensor } from '../../oracle/tensor.js'
import { backward, forward, joined, onHost, tensorOf } from '../computation.js'
import type { ConventionAxis, Operators, Quantity, Values } from '../exercise.js'
import { minus, times, transposed } from '../matrices.js'
import { plus } from '../training.js'
import { dimensions } from './2.dimensions.js'

/** Two vectors, one after the other. */
export function concatenated(first: Tensor, second: Tensor): Tensor {
  return joined([first, second], [first.size + second.size])
}

/** W·x + b, by `linear`. */
export function affine(values: Values, layer: 1 | 2 | 3, x: Tensor, operators: Operators): Promise<Tensor> {
  const call = { x, weight: tensorOf(values, `weight${layer}`), bias: tensorOf(values, `bias${layer}`) }
  return forward(operators, 'linear', 'y', call)
}

/** The vector of two vectors: ReLU(W₁[left; right] + b₁). */
export async function parentOf(values: Values, left: Tensor, right: Tensor, operators: Operators): Promise<Tensor> {
  return forward(operators, 'relu', 'y', { x: await affine(values, 1, concatenated(left, right), operators) })
}

/** a·bᵀ of two vectors. */
export function outer(operators: Operators, a: Tensor, b: Tensor): Promise<Tensor> {
  return times(operators, reshape(a, [a.size, 1]), reshape(b, [1, b.size]))
}

/** Wᵀ·δ. */
export async function backThrough(operators: Operators, weight: Tensor, delta: Tensor): Promise<Tensor> {
  const y = await times(operators, transposed(weight), reshape(delta, [delta.size, 1]))
  return reshape(y, [y.size])
}

/** The index of the class whose entry of the one-hot vector is 1. */
export function labelOf(values: Values): number {
  return rowMajor(tensorOf(values, 'label')).indexOf(1)
}

/** Logits of one row, and their label, as the losses take them. */
export function classificationCall(values: Values, logits: Tensor) {
  return { logits: reshape(logits, [1, logits.size]), target: tensor([1], [labelOf(values)]) }
}

const pair: readonly Quantity[] = [
  {
    name: 'x',
    symbols: ['x'],
    meaning: 'both word vectors, one after the other',
    kind: 'real',
    from: ['x1', 'x2'],
    formula: '[x_1; x_2]',
    stage: 'pair',
    compute: async (values) => concatenated(tensorOf(values, 'x1'), tensorOf(values, 'x2')),
  },
  {
    name: 'preActivation',
    symbols: ['a', 'z', 'a_1', 'z_1'],
    meaning: 'the pre-activation of the parent',
    kind: 'real',
    from: ['weight1', 'x', 'bias1'],
    formula: 'W_1 \\cdot x + b_1',
    stage: 'pair',
    compute: (values, operators) => affine(values, 1, tensorOf(values, 'x'), operators),
  },
  {
    name: 'parent',
    symbols: ['p', 'p_1', 'h', 'p_12'],
    meaning: 'the parent vector of the pair',
    kind: 'real',
    from: ['preActivation'],
    formula: 'ReLU(a)',
    stage: 'pair',
    asked: true,
    compute: (values, operators) => forward(operators, 'relu', 'y', { x: tensorOf(values, 'preActivation') }),
  },
  {
    name: 'reconstruction',
    symbols: ["x'", 'hat x', 'tilde x', 'x_rec'],
    meaning: 'both reconstructed word vectors, one after the other',
    kind: 'real',
    from: ['weight2', 'parent', 'bias2'],
    formula: 'W_2 \\cdot p + b_2',
    stage: 'pair',
    compute: (values, operators) => affine(values, 2, tensorOf(values, 'parent'), operators),
  },
  {
    name: 'residual',
    symbols: ['r', "∂J/∂x'", 'e', 'delta_2', '∂J/∂b_2', 'nabla b_2', 'db_2', "nabla x'"],
    meaning: 'what the reconstruction is off by; the gradient by x′ and by b₂ too',
    kind: 'real',
    from: ['reconstruction', 'x'],
    formula: "x' - x",
    stage: 'pair',
    compute: async (values) => minus(tensorOf(values, 'reconstruction'), tensorOf(values, 'x')),
  },
  {
    name: 'reconstructionLoss',
    symbols: ['J_1', 'E_rec', 'L_1'],
    meaning: 'the reconstruction loss',
    kind: 'real',
    from: ['residual'],
    formula: '\\frac{1}{2} \\cdot \\left\\| r \\right\\|^2',
    stage: 'pair',
    asked: true,
    compute: (values, operators) =>
      forward(operators, 'weightPenalty', 'loss', { weight: tensorOf(values, 'residual') }, { norm: 2, lambda: 0.5 }),
  },
  {
    name: 'logits',
    symbols: ['hat y', 'o', 's', 'logits'],
    meaning: 'the logits of the classes',
    kind: 'real',
    from: ['weight3', 'parent', 'bias3'],
    formula: 'W_3 \\cdot p + b_3',
    stage: 'pair',
    compute: (values, operators) => affine(values, 3, tensorOf(values, 'parent'), operators),
  },
  {
    name: 'probabilities',
    symbols: ['q', 'P', 'pi', 'probabilities', 'softmax'],
    meaning: 'the probabilities of the classes',
    kind: 'real',
    from: ['logits'],
    formula: 'softmax(\\hat{y})',
    stage: 'pair',
    compute: (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, 'logits') }),
  },
  {
    name: 'classificationLoss',
    symbols: ['J_2', 'E_ce', 'CE', 'L_2'],
    meaning: 'the cross-entropy of the label',
    kind: 'real',
    from: ['label', 'logits'],
    formula: '-y \\cdot \\ln(softmax(\\hat{y}))',
    stage: 'pair',
    asked: true,
    compute: (values, operators) =>
      forward(operators, 'crossEntropy', 'loss', classificationCall(values, tensorOf(values, 'logits'))),
  },
  {
    name: 'loss',
    symbols: ['J', 'L', 'E', 'loss'],
    meaning: 'the whole loss',
    kind: 'real',
    from: ['reconstructionLoss', 'classificationLoss'],
    formula: 'J_1 + J_2',
    stage: 'pair',
    asked: true,
    compute: async (values) => plus(tensorOf(values, 'reconstructionLoss'), tensorOf(values, 'classificationLoss')),
  },
]

const gradients: readonly Quantity[] = [
  {
    name: 'logitsGradient',
    symbols: ['delta_3', '∂J/∂hat y', '∂J/∂b_3', 'nabla hat y', 'nabla b_3', 'db_3', 'delta_y'],
    meaning: 'the gradient by the logits, and by b₃ too',
    kind: 'real',
    from: ['probabilities', 'label'],
    formula: 'q - y',
    stage: 'pair',
    compute: async (values) => minus(tensorOf(values, 'probabilities'), tensorOf(values, 'label')),
  },
  {
    name: 'parentGradient',
    symbols: ['nabla p', '∂J/∂p', 'dp', 'delta_p', 'g_p'],
    meaning: 'the gradient by the parent, which both losses teach',
    kind: 'real',
    from: ['weight2', 'residual', 'weight3', 'logitsGradient'],
    formula: 'W_2^{T} \\cdot r + W_3^{T} \\cdot \\delta_3',
    stage: 'pair',
    compute: async (values, operators) =>
      plus(
        await backThrough(operators, tensorOf(values, 'weight2'), tensorOf(values, 'residual')),
        await backThrough(operators, tensorOf(values, 'weight3'), tensorOf(values, 'logitsGradient')),
      ),
  },
  {
    name: 'preActivationGradient',
    symbols: ['delta_1', '∂J/∂a', '∂J/∂b_1', 'nabla a', 'nabla z', 'nabla b_1', 'db_1', 'da', 'dz'],
    meaning: 'the gradient by the pre-activation, and by b₁ too: that of the parent where ReLU is active',
    kind: 'real',
    from: ['parentGradient', 'preActivation'],
    formula: "\\nabla p \\odot ReLU'(a)",
    stage: 'pair',
    compute: (values, operators) =>
      backward(
        operators,
        'relu',
        'x',
        { x: tensorOf(values, 'preActivation') },
        { y: tensorOf(values, 'parentGradient') },
      ),
  },
  outerGradient(1, 'preActivationGradient', 'x', '\\delta_1 \\cdot x^{T}'),
  outerGradient(2, 'residual', 'parent', 'r \\cdot p^{T}'),
  outerGradient(3, 'logitsGradient', 'parent', '\\delta_3 \\cdot p^{T}'),
  {
    name: 'inputGradient',
    symbols: ['nabla x', '∂J/∂x', 'dx', 'delta_x'],
    meaning: 'the gradient by the word vectors: as what W₁ reads, and as what is reconstructed',
    kind: 'real',
    from: ['weight1', 'preActivationGradient', 'residual'],
    formula: 'W_1^{T} \\cdot \\delta_1 - r',
    stage: 'pair',
    compute: async (values, operators) =>
      minus(
        await backThrough(operators, tensorOf(values, 'weight1'), tensorOf(values, 'preActivationGradient')),
        tensorOf(values, 'residual'),
      ),
  },
]

function outerGradient(layer: 1 | 2 | 3, delta: string, input: string, formula: string): Quantity {
  return {
    name: `weight${layer}Gradient`,
    symbols: [`nabla W_${layer}`, `∂J/∂W_${layer}`, `∂L/∂W_${layer}`, `dW_${layer}`],
    meaning: `the gradient by W_${layer}`,
    kind: 'real',
    from: [delta, input],
    formula,
    stage: 'pair',
    asked: true,
    compute: (values, operators) => outer(operators, tensorOf(values, delta), tensorOf(values, input)),
  }
}

const sentence: readonly Quantity[] = [
  {
    name: 'phrase',
    symbols: ['p_1', 'p_12', 'p_phrase'],
    meaning: 'the parent that the first copy of the module makes',
    kind: 'real',
    from: ['parent'],
    formula: 'p',
    stage: 'sentence',
    compute: async (values) => tensorOf(values, 'parent'),
  },
  {
    name: 'sentenceVector',
    symbols: ['p_2', 'p_123', 'p_s', 'p_sentence'],
    meaning:
      'the vector of the whole sentence, which the second copy makes of the first one’s parent and the word that is left',
    kind: 'real',
    from: ['weight1', 'phrase', 'x3', 'bias1'],
    formula: 'ReLU(W_1 \\cdot [p_1; x_3] + b_1)',
    stage: 'sentence',
    asked: true,
    compute: (values, operators) => parentOf(values, tensorOf(values, 'phrase'), tensorOf(values, 'x3'), operators),
  },
  {
    name: 'sentenceLogits',
    symbols: ['hat y', 'hat y_s', 'o', 's', 'logits'],
    meaning: 'the logits of the classes for the sentence',
    kind: 'real',
    from: ['weight3', 'sentenceVector', 'bias3'],
    formula: 'W_3 \\cdot p_2 + b_3',
    stage: 'sentence',
    compute: (values, operators) => affine(values, 3, tensorOf(values, 'sentenceVector'), operators),
  },
  {
    name: 'sentenceProbabilities',
    symbols: ['q', 'P', 'pi', 'probabilities', 'softmax'],
    meaning: 'the probabilities of the classes for the sentence',
    kind: 'real',
    from: ['sentenceLogits'],
    formula: 'softmax(\\hat{y})',
    stage: 'sentence',
    compute: (values, operators) => forward(operators, 'softmax', 'y', { x: tensorOf(values, 'sentenceLogits') }),
  },
  {
    name: 'sentenceClass',
    symbols: ['class', 'label', 'prediction'],
    meaning: 'the class of the sentence, counted from 0',
    kind: 'class',
    from: ['sentenceLogits'],
    formula: 'argmax(\\hat{y})',
    stage: 'sentence',
    asked: true,
    compute: async (values) =>
      onHost([tensorOf(values, 'sentenceLogits')], [], (logits) => [logits.indexOf(Math.max(...logits))]),
  },
]

/** Everything that sharif/2 asks for or passes on the way. */
export const phraseQuantities: readonly Quantity[] = [...dimensions, ...pair, ...gradients, ...sentence]

/** The order in which a sentence is folded, which the source leaves open. */
export const treeConvention: ConventionAxis = {
  axis: 'tree of the sentence',
  conventions: [
    {
      name: 'from the left',
      description: 'the first two words make a parent, which is joined with the third',
      overrides: {},
    },
    {
      name: 'from the right',
      description: 'the last two words make a parent, with which the first is joined',
      overrides: {
        phrase: {
          from: ['weight1', 'x2', 'x3', 'bias1'],
          formula: 'ReLU(W_1 \\cdot [x_2; x_3] + b_1)',
          compute: (values, operators) => parentOf(values, tensorOf(values, 'x2'), tensorOf(values, 'x3'), operators),
        },
        sentenceVector: {
          from: ['weight1', 'x1', 'phrase', 'bias1'],
          formula: 'ReLU(W_1 \\cdot [x_1; p_1] + b_1)',
          compute: (values, operators) =>
            parentOf(values, tensorOf(values, 'x1'), tensorOf(values, 'phrase'), operators),
        },
      },
    },
  ],
}

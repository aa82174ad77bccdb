import type { Tensor } from '../../oracle/tensor.js'
import { forward, onHost, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { minus, scaledBy } from '../matrices.js'
import { mistake } from '../mistake.js'
import { plus } from '../training.js'
import { backThrough, classificationCall, labelOf, outer } from './2.quantities.js'

/** The cross-entropy's number, and something the host makes of it. */
async function ofCrossEntropy(values: Values, operators: Operators, f: (loss: number) => number): Promise<Tensor> {
  const call = classificationCall(values, tensorOf(values, 'logits'))
  const loss = await forward(operators, 'crossEntropy', 'loss', call)
  return onHost([loss], [], ([number]) => [f(number)])
}

/** Of the losses. */
export const lossMistakes: readonly ExerciseMistake[] = [
  ...(
    [
      ['sign of the logarithm', 'is ln of the probability; the loss is minus that.', (loss: number) => -loss],
      [
        'probability in place of its logarithm',
        'is the probability of the label itself.',
        (loss: number) => Math.exp(-loss),
      ],
      ['logarithm to base 2', 'is in bits: the logarithm is the natural one.', (loss: number) => loss / Math.LN2],
      ['logarithm to base 10', 'is what you get with the logarithm to base 10.', (loss: number) => loss / Math.LN10],
      [
        'mean over the classes',
        'is a third of the cross-entropy, averaged over the classes.',
        (loss: number) => loss / 3,
      ],
    ] as const
  ).map(([name, explanation, f]) =>
    mistake(name, 'classificationLoss', explanation, ['label', 'logits'], (values, operators) =>
      ofCrossEntropy(values, operators, f),
    ),
  ),
  mistake(
    'logit of the label',
    'classificationLoss',
    'is minus the logit of the label; the softmax was skipped.',
    ['label', 'logits'],
    async (values) => {
      const label = labelOf(values)
      return onHost([tensorOf(values, 'logits')], [], (z) => [-z[label]])
    },
  ),
  mistake(
    'squared error in place of cross-entropy',
    'classificationLoss',
    'is ½‖softmax(ŷ) − y‖²; J₂ is a cross-entropy.',
    ['probabilities', 'label'],
    (values, operators) =>
      forward(
        operators,
        'weightPenalty',
        'loss',
        { weight: minus(tensorOf(values, 'probabilities'), tensorOf(values, 'label')) },
        { norm: 2, lambda: 0.5 },
      ),
  ),
  mistake(
    'losses averaged',
    'loss',
    'is the mean of the two losses; J is their sum.',
    ['reconstructionLoss', 'classificationLoss'],
    (values, operators) =>
      scaledBy(operators, plus(tensorOf(values, 'reconstructionLoss'), tensorOf(values, 'classificationLoss')), 0.5),
  ),
]

/** Of the gradients. */
export const gradientMistakes: readonly ExerciseMistake[] = [
  mistake(
    'label not subtracted',
    'logitsGradient',
    'is the softmax alone: 1 is missing at the label.',
    ['probabilities'],
    async (values) => tensorOf(values, 'probabilities'),
  ),
  mistake(
    'label minus probabilities',
    'logitsGradient',
    'has the opposite sign.',
    ['probabilities', 'label'],
    async (values) => minus(tensorOf(values, 'label'), tensorOf(values, 'probabilities')),
  ),
  mistake(
    'logits minus label',
    'logitsGradient',
    'has the logits where their softmax belongs.',
    ['logits', 'label'],
    async (values) => minus(tensorOf(values, 'logits'), tensorOf(values, 'label')),
  ),
  mistake(
    'reconstruction’s part forgotten',
    'parentGradient',
    'is what the classification alone teaches; W₂ᵀr is missing.',
    ['weight3', 'logitsGradient'],
    (values, operators) => backThrough(operators, tensorOf(values, 'weight3'), tensorOf(values, 'logitsGradient')),
  ),
  mistake(
    'classification’s part forgotten',
    'parentGradient',
    'is what the reconstruction alone teaches; W₃ᵀδ₃ is missing.',
    ['weight2', 'residual'],
    (values, operators) => backThrough(operators, tensorOf(values, 'weight2'), tensorOf(values, 'residual')),
  ),
  mistake(
    'ReLU’s derivative forgotten',
    'preActivationGradient',
    'is the parent’s gradient; a unit that is not active lets none through.',
    ['parentGradient'],
    async (values) => tensorOf(values, 'parentGradient'),
  ),
  mistake(
    'parent in place of ReLU’s derivative',
    'preActivationGradient',
    'multiplies with the parent; the derivative is 1 where it is positive.',
    ['parentGradient', 'parent'],
    async (values) =>
      onHost([tensorOf(values, 'parentGradient'), tensorOf(values, 'parent')], [2], (g, p) =>
        g.map((value, i) => value * p[i]),
      ),
  ),
  mistake(
    'target’s part forgotten',
    'inputGradient',
    'is the part through W₁; the words are the reconstruction’s target too, which subtracts r.',
    ['weight1', 'preActivationGradient'],
    (values, operators) =>
      backThrough(operators, tensorOf(values, 'weight1'), tensorOf(values, 'preActivationGradient')),
  ),
  ...(
    [
      ['weight1Gradient', 'preActivationGradient', 'x', 'δ₁'],
      ['weight2Gradient', 'residual', 'parent', 'r'],
      ['weight3Gradient', 'logitsGradient', 'parent', 'δ₃'],
    ] as const
  ).map(([quantity, delta, input, symbol]) =>
    mistake(
      `transposed gradient of W${quantity[6]}`,
      quantity,
      `is the transpose: ${symbol} belongs on the left.`,
      [delta, input],
      (values, operators) => outer(operators, tensorOf(values, input), tensorOf(values, delta)),
    ),
  ),
  mistake(
    'pre-activation in place of the parent',
    'weight3Gradient',
    'has the pre-activation where the parent belongs.',
    ['logitsGradient', 'preActivation'],
    (values, operators) => outer(operators, tensorOf(values, 'logitsGradient'), tensorOf(values, 'preActivation')),
  ),
]

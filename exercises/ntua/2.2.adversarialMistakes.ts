import { map, rowMajor, scalar, type Tensor } from '../../oracle/tensor.js'
import { tensorOf } from '../computation.js'
import type { ExerciseMistake, Values } from '../exercise.js'
import { examples } from './2.2.quantities.js'

const logits: Readonly<Record<string, string>> = {
  realProbabilities: 'realLogits',
  fakeProbabilities: 'fakeLogits',
}
const both = Object.keys(logits)

function mistake(
  name: string,
  quantities: readonly string[],
  explanation: string,
  from: (quantity: string) => readonly string[],
  wrong: (values: Values, quantity: string) => Tensor,
): ExerciseMistake {
  return { name, quantities, explanation, from, compute: async (quantity, values) => wrong(values, quantity) }
}

function ofLogits(name: string, explanation: string, f: (logit: number) => number): ExerciseMistake {
  return mistake(
    name,
    both,
    explanation,
    (quantity) => [logits[quantity]],
    (values, quantity) => map(tensorOf(values, logits[quantity]), f),
  )
}

/** A mistake in a loss that is computed from these means of logarithms. */
function ofLoss(
  quantity: string,
  name: string,
  explanation: string,
  loss: (terms: Readonly<Record<'real' | 'notReal' | 'fake' | 'notFake', number>>) => number,
): ExerciseMistake {
  const names = quantity === 'discriminatorLoss' ? both : ['fakeProbabilities']
  return mistake(
    name,
    [quantity],
    explanation,
    () => names,
    (values) => {
      const mean = (probabilities: string, f: (p: number) => number): number => {
        if (!names.includes(probabilities)) return 0
        return rowMajor(tensorOf(values, probabilities)).reduce((sum, p) => sum + Math.log(f(p)), 0) / examples
      }
      return scalar(
        loss({
          real: mean('realProbabilities', (p) => p),
          notReal: mean('realProbabilities', (p) => 1 - p),
          fake: mean('fakeProbabilities', (p) => p),
          notFake: mean('fakeProbabilities', (p) => 1 - p),
        }),
      )
    },
  )
}

const slopes: Readonly<Record<string, { readonly probabilities: string; readonly slope: (p: number) => number }>> = {
  realSlopes: { probabilities: 'realProbabilities', slope: (p) => p - 1 },
  fakeSlopes: { probabilities: 'fakeProbabilities', slope: (p) => p },
  generatorSlopes: { probabilities: 'fakeProbabilities', slope: (p) => p - 1 },
  minimaxSlopes: { probabilities: 'fakeProbabilities', slope: (p) => -p },
}

function ofSlopes(name: string, explanation: string, wrong: (slope: number, p: number) => number): ExerciseMistake {
  return mistake(
    name,
    Object.keys(slopes),
    explanation,
    (quantity) => [slopes[quantity].probabilities],
    (values, quantity) => {
      const { probabilities, slope } = slopes[quantity]
      return map(tensorOf(values, probabilities), (p) => wrong(slope(p), p))
    },
  )
}

/** What people get wrong in the adversarial losses of ntua/2.2. */
export const adversarialMistakes: readonly ExerciseMistake[] = [
  ofLogits('sign of the logits', 'is 1 − D: the sigmoid of the opposite logits.', (logit) => 1 / (1 + Math.exp(logit))),
  ofLogits(
    'tanh in place of the sigmoid',
    'is the hyperbolic tangent of the logits; probabilities are their sigmoid.',
    Math.tanh,
  ),
  ofLogits(
    'exponentials of the logits',
    'are the odds, the exponentials of the logits; probabilities are their sigmoid.',
    Math.exp,
  ),
  ofLoss(
    'discriminatorLoss',
    'generated images taken for photographs',
    'is what you get when generated images count as photographs too: ln D in place of ln(1 − D).',
    ({ real, fake }) => -real - fake,
  ),
  ofLoss(
    'discriminatorLoss',
    'labels exchanged',
    'has photographs and generated images exchanged.',
    ({ notReal, fake }) => -notReal - fake,
  ),
  ofLoss(
    'discriminatorLoss',
    'sign forgotten',
    'is what the discriminator maximises; the loss is its negative.',
    ({ real, notFake }) => real + notFake,
  ),
  ofLoss('discriminatorLoss', 'photographs only', 'is the part of the photographs alone.', ({ real }) => -real),
  ofLoss(
    'discriminatorLoss',
    'sums in place of means',
    'is the sum over the images, not the mean.',
    ({ real, notFake }) => -examples * (real + notFake),
  ),
  ofLoss(
    'discriminatorLoss',
    'logarithms of base 2',
    'is what you get with logarithms of base 2.',
    ({ real, notFake }) => (-real - notFake) / Math.LN2,
  ),
  ofLoss(
    'generatorLoss',
    'minimax loss in its place',
    'is the loss of the minimax game; the one that does not saturate is −mean ln D.',
    ({ notFake }) => notFake,
  ),
  ofLoss(
    'generatorLoss',
    'loss of the discriminator in its place',
    'is what the discriminator loses on the generated images; the generator wants the opposite.',
    ({ notFake }) => -notFake,
  ),
  ofLoss(
    'generatorLoss',
    'sum in place of the mean',
    'is the sum over the images, not the mean.',
    ({ fake }) => -examples * fake,
  ),
  ofLoss(
    'generatorLoss',
    'sign of the generator forgotten',
    'is what the generator maximises; the loss is its negative.',
    ({ fake }) => fake,
  ),
  ofLoss(
    'minimaxLoss',
    'sign of the minimax loss',
    'is its negative: the generator minimises what the discriminator maximises.',
    ({ notFake }) => -notFake,
  ),
  ofLoss(
    'minimaxLoss',
    'loss that does not saturate in its place',
    'is the loss that does not saturate.',
    ({ fake }) => -fake,
  ),
  ofSlopes(
    'mean forgotten in the gradient',
    'is what you get without dividing by the number of images.',
    (slope) => slope,
  ),
  ofSlopes(
    'ascent in place of descent',
    'has the opposite sign: the direction that raises the loss is taken with a minus.',
    (slope) => -slope / examples,
  ),
  ofSlopes(
    'derivative of the sigmoid multiplied in',
    'multiplies in D·(1 − D), which the logarithm of the loss has cancelled.',
    (slope, p) => (slope * p * (1 - p)) / examples,
  ),
]

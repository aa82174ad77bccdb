import { rowMajor, scalar, type Tensor } from '../../oracle/tensor.js'
import { numberOf, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { mistakeIn } from '../mistake.js'
import { gradientMistakes } from './4.gradientMistakes.js'
import { asTensor, differences, numbersOf, parameters, positive, sum } from './4.numbers.js'
import { embed, reversed } from './4.steps.js'

/** What each embedding belongs to. */
const inputOf: Readonly<Record<string, string>> = {
  firstEmbedding: 'firstInput',
  secondEmbedding: 'secondInput',
  negativeEmbedding: 'negativeInput',
}
const embeddings = Object.keys(inputOf)

function inEmbeddings(
  name: string,
  explanation: string,
  wrong: (values: Values, input: Tensor, operators: Operators) => Promise<Tensor>,
): ExerciseMistake {
  return {
    name,
    quantities: embeddings,
    explanation,
    from: (quantity) => [inputOf[quantity], ...parameters],
    compute: (quantity, values, operators) => wrong(values, tensorOf(values, inputOf[quantity]), operators),
  }
}

const inTheEmbeddings: readonly ExerciseMistake[] = [
  inEmbeddings(
    'kernel flipped',
    'is what you get with the kernel reversed: a layer that is called a convolution computes the cross-correlation.',
    (values, input, operators) => embed({ ...values, kernel: reversed(tensorOf(values, 'kernel')) }, input, operators),
  ),
  inEmbeddings('bias forgotten', 'is what you get without the bias.', (values, input, operators) =>
    embed({ ...values, bias: scalar(0) }, input, operators),
  ),
  inEmbeddings('bias subtracted', 'is what you get when the bias is subtracted.', (values, input, operators) =>
    embed({ ...values, bias: scalar(-numberOf(values, 'bias')) }, input, operators),
  ),
  inEmbeddings(
    'padded with zeros',
    'is what you get with zero padding, as long as the input; without padding the kernel has fewer positions.',
    async (values, input, operators) => {
      const reach = tensorOf(values, 'kernel').size - 1
      const left = Math.ceil(reach / 2)
      const padded = new Float64Array(input.size + reach)
      padded.set(rowMajor(input), left)
      return embed(values, asTensor(padded), operators)
    },
  ),
  inEmbeddings(
    'windows side by side',
    'is what you get when the kernel moves on by its own length; the stride is one.',
    async (values, input, operators) => {
      const whole = await embed(values, input, operators)
      const K = tensorOf(values, 'kernel').size
      const kept = rowMajor(whole).filter((_, i) => i % K === 0)
      return kept.length === whole.size ? asTensor(kept.slice(0, 1)) : asTensor(kept)
    },
  ),
]

const inTheLosses: readonly ExerciseMistake[] = [
  mistakeIn(
    'positiveLoss',
    'distance not squared',
    'is the distance of the embeddings; the loss is its square.',
    positive,
    (values) => scalar(Math.sqrt(sum(differences(values, positive).map((d) => d * d)))),
  ),
  mistakeIn(
    'positiveLoss',
    'absolute differences',
    'is the sum of the absolute differences, not of the squared ones.',
    positive,
    (values) => scalar(sum(differences(values, positive).map(Math.abs))),
  ),
  mistakeIn(
    'positiveLoss',
    'sum of the differences squared',
    'is the square of the summed differences; each difference is squared and then summed.',
    positive,
    (values) => scalar(sum(differences(values, positive)) ** 2),
  ),
  mistakeIn(
    'positiveLoss',
    'difference of the squared lengths',
    'is the difference of the squared lengths of the embeddings, ‖f₁‖² − ‖f₂‖².',
    positive,
    (values) =>
      scalar(
        sum(numbersOf(values, 'firstEmbedding').map((f) => f * f)) -
          sum(numbersOf(values, 'secondEmbedding').map((f) => f * f)),
      ),
  ),
  mistakeIn(
    'positiveLoss',
    'data compared instead of embeddings',
    'is the squared distance of the data; the loss compares their embeddings.',
    ['firstInput', 'secondInput'],
    (values) => scalar(sum(differences(values, ['firstInput', 'secondInput']).map((d) => d * d))),
  ),
  mistakeIn(
    'negativeLoss',
    'positive loss for the negative pair',
    'is the squared distance, which pulls a pair together; a negative pair is pushed apart up to the margin.',
    ['negativeDistance'],
    (values) => scalar(numberOf(values, 'negativeDistance') ** 2),
  ),
  mistakeIn(
    'negativeLoss',
    'squared distance in the hinge',
    'is what you get from margin minus the squared distance.',
    ['margin', 'negativeDistance'],
    (values) => scalar(Math.max(0, numberOf(values, 'margin') - numberOf(values, 'negativeDistance') ** 2)),
  ),
  mistakeIn(
    'negativeLoss',
    'margin forgotten beyond it',
    'is what you get without max(0, ·): a pair further apart than the margin has no loss.',
    ['margin', 'negativeDistance'],
    (values) => scalar((numberOf(values, 'margin') - numberOf(values, 'negativeDistance')) ** 2),
  ),
  mistakeIn(
    'negativeLoss',
    'margin and distance exchanged',
    'is what you get from distance minus margin: it punishes the pairs that are far apart.',
    ['margin', 'negativeDistance'],
    (values) => scalar(Math.max(0, numberOf(values, 'negativeDistance') - numberOf(values, 'margin')) ** 2),
  ),
]

/** What people get wrong in fer/4. */
export const contrastiveMistakes: readonly ExerciseMistake[] = [...inTheEmbeddings, ...inTheLosses, ...gradientMistakes]

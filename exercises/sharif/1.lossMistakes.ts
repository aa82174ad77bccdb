import type { Tensor } from '../../oracle/tensor.js'
import { forward, numberOf, onHost, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { scaledBy, scaledGiven, times, transposed } from '../matrices.js'
import { mistake } from '../mistake.js'
import { plus } from '../training.js'

const n = (values: Values) => numberOf(values, 'examples')
const lambdaOf = (values: Values) => numberOf(values, 'lambda')

/** Of the loss under given weights. */
export const lossMistakes: readonly ExerciseMistake[] = [
  mistake(
    'error not averaged',
    ['reconstructionError'],
    'is ‖X − W₂W₁X‖² without the division by n.',
    ['residual'],
    (values, operators) => squares(operators, tensorOf(values, 'residual'), 1),
  ),
  mistake(
    'error averaged over all entries',
    ['reconstructionError'],
    'is the mean over all entries; the loss divides by the number of points only.',
    ['residual'],
    (values, operators) => squares(operators, tensorOf(values, 'residual'), 1 / tensorOf(values, 'residual').size),
  ),
  mistake(
    'norm not squared',
    ['reconstructionError'],
    'is the norm of the residuals over n; the loss has its square.',
    ['reconstructionError', 'examples'],
    async (values) =>
      onHost([tensorOf(values, 'reconstructionError')], [], ([error]) => [Math.sqrt(error * n(values)) / n(values)]),
  ),
  mistake(
    'error halved',
    ['reconstructionError'],
    'is half the error: this loss has no ½.',
    ['residual', 'examples'],
    (values, operators) => squares(operators, tensorOf(values, 'residual'), 0.5 / n(values)),
  ),
  ...(['encoder', 'decoder'] as const).map((name) =>
    mistake(
      `only the ${name} penalised`,
      ['penalty'],
      `is the penalty of the ${name} alone; both matrices have one.`,
      [name, 'lambda'],
      (values, operators) => squares(operators, tensorOf(values, name), lambdaOf(values)),
    ),
  ),
  mistake(
    'product penalised',
    ['penalty'],
    'is λ‖W₂W₁‖²: the penalty of the product, which does not tell bases apart.',
    ['encoder', 'decoder', 'lambda'],
    async (values, operators) => {
      const product = await times(operators, tensorOf(values, 'decoder'), tensorOf(values, 'encoder'))
      return squares(operators, product, lambdaOf(values))
    },
  ),
  mistake(
    'absolute values penalised',
    ['penalty'],
    'is the L1 penalty; this one has squares.',
    ['encoder', 'decoder', 'lambda'],
    async (values, operators) => {
      const of = (name: string) =>
        forward(
          operators,
          'weightPenalty',
          'loss',
          { weight: tensorOf(values, name) },
          { norm: 1, lambda: lambdaOf(values) },
        )
      return plus(await of('encoder'), await of('decoder'))
    },
  ),
]

function squares(operators: Operators, weight: Tensor, lambda: number): Promise<Tensor> {
  return forward(operators, 'weightPenalty', 'loss', { weight }, { norm: 2, lambda })
}

/** The product in a gradient, times `factor`, and `penalty` times its weight. */
async function slope(
  values: Values,
  operators: Operators,
  quantity: string,
  { factor, penalty }: { readonly factor: number; readonly penalty: number },
): Promise<Tensor> {
  const residual = tensorOf(values, 'residual')
  const product =
    quantity === 'encoderGradient'
      ? await times(
          operators,
          await times(operators, transposed(tensorOf(values, 'decoder')), residual),
          transposed(tensorOf(values, 'x')),
        )
      : await times(operators, residual, transposed(tensorOf(values, 'code')))
  const weight = tensorOf(values, quantity.slice(0, 'encoder'.length))
  return plus(await scaledBy(operators, product, factor), scaledGiven(weight, penalty))
}

const gradients = ['encoderGradient', 'decoderGradient']
const inputsOf = (quantity: string) =>
  quantity === 'encoderGradient'
    ? ['decoder', 'residual', 'x', 'examples', 'lambda', 'encoder']
    : ['residual', 'code', 'examples', 'lambda', 'decoder']

function gradientMistake(
  name: string,
  explanation: string,
  factors: (values: Values) => { readonly factor: number; readonly penalty: number },
): ExerciseMistake {
  return mistake(name, gradients, explanation, inputsOf, (values, operators, quantity) =>
    slope(values, operators, quantity, factors(values)),
  )
}

/** Of the gradients. */
export const gradientMistakes: readonly ExerciseMistake[] = [
  gradientMistake(
    'factor 2 of the square forgotten',
    'is what you get without the 2 of the square’s derivative.',
    (values) => ({
      factor: 1 / n(values),
      penalty: lambdaOf(values),
    }),
  ),
  gradientMistake('penalty’s slope forgotten', 'is the gradient of the error alone: 2λW is missing.', (values) => ({
    factor: 2 / n(values),
    penalty: 0,
  })),
  gradientMistake('penalty’s slope halved', 'has λW in place of 2λW.', (values) => ({
    factor: 2 / n(values),
    penalty: lambdaOf(values),
  })),
  gradientMistake('gradient not averaged', 'is what you get without the division by n.', (values) => ({
    factor: 2,
    penalty: 2 * lambdaOf(values),
  })),
  gradientMistake('residual of the opposite sign', 'has X − W₂W₁X in place of W₂W₁X − X.', (values) => ({
    factor: -2 / n(values),
    penalty: 2 * lambdaOf(values),
  })),
  mistake(
    'encoder in place of the decoder’s transpose',
    ['encoderGradient'],
    'is what you get when the residual goes back through W₁, not through W₂ᵀ.',
    ['residual', 'x', 'examples', 'lambda', 'encoder'],
    (values, operators) =>
      slope({ ...values, decoder: transposed(tensorOf(values, 'encoder')) }, operators, 'encoderGradient', {
        factor: 2 / n(values),
        penalty: 2 * lambdaOf(values),
      }),
  ),
  mistake(
    'points in place of codes',
    ['decoderGradient'],
    'is E·Xᵀ, of the wrong shape: the decoder reads the codes.',
    ['residual', 'x', 'examples'],
    async (values, operators) => {
      const product = await times(operators, tensorOf(values, 'residual'), transposed(tensorOf(values, 'x')))
      return scaledBy(operators, product, 2 / n(values))
    },
  ),
]

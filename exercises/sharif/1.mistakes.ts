import { rowMajor, type Tensor } from '../../oracle/tensor.js'
import { numberOf, onHost, tensorOf } from '../computation.js'
import type { ExerciseMistake, Operators, Values } from '../exercise.js'
import { scaledGiven, times, transposed } from '../matrices.js'
import { mistake } from '../mistake.js'
import { gradientMistakes, lossMistakes } from './1.lossMistakes.js'
import { directions } from './1.quantities.js'
import { eigensystem } from './eigenvalues.js'

const n = (values: Values) => numberOf(values, 'examples')
const lambdaOf = (values: Values) => numberOf(values, 'lambda')

/** XXᵀ times a number. */
function moments(values: Values, operators: Operators, factor: number): Promise<Tensor> {
  const x = tensorOf(values, 'x')
  return times(operators, scaledGiven(x, factor), transposed(x))
}

const ofPoints: readonly ExerciseMistake[] = [
  mistake(
    'moments not averaged',
    ['covariance'],
    'is XXᵀ, not divided by the number of points.',
    ['x'],
    (values, operators) => moments(values, operators, 1),
  ),
  mistake(
    'divided by one point less',
    ['covariance'],
    'is XXᵀ divided by n − 1; the loss, and with it the matrix, has 1/n.',
    ['x', 'examples'],
    (values, operators) => moments(values, operators, 1 / (n(values) - 1)),
  ),
  mistake(
    'mean subtracted',
    ['covariance'],
    'is the covariance about the mean; this autoencoder has no bias, so that XXᵀ/n counts as it is.',
    ['x', 'examples'],
    (values, operators) => {
      const x = tensorOf(values, 'x')
      const [rows, columns] = x.shape
      const data = rowMajor(x)
      const centred = scaledGiven(x, 1)
      for (let r = 0; r < rows; r++) {
        const row = data.subarray(r * columns, (r + 1) * columns)
        const mean = row.reduce((sum, value) => sum + value, 0) / columns
        row.forEach((value, c) => {
          centred.set(r, c, value - mean)
        })
      }
      return moments({ ...values, x: centred }, operators, 1 / n(values))
    },
  ),
  mistake(
    'Gram matrix of the points',
    ['covariance'],
    'is XᵀX/n, of the products of points with points; the directions belong to XXᵀ/n.',
    ['x', 'examples'],
    (values, operators) => {
      const x = tensorOf(values, 'x')
      return times(operators, transposed(scaledGiven(x, 1 / n(values))), x)
    },
  ),
  mistake(
    'eigenvalues of XXᵀ',
    ['eigenvalues'],
    'is what you get from XXᵀ without the division by n.',
    ['eigenvalues', 'examples'],
    async (values) => onHost([tensorOf(values, 'eigenvalues')], [3], (sigma) => sigma.map((s) => s * n(values))),
  ),
  mistake(
    'singular values in place of eigenvalues',
    ['eigenvalues'],
    'is the root of every eigenvalue: the singular values of X/√n.',
    ['eigenvalues'],
    async (values) =>
      onHost([tensorOf(values, 'eigenvalues')], [3], (sigma) => sigma.map((s) => Math.sqrt(Math.max(0, s)))),
  ),
  mistake(
    'smallest eigenvalue first',
    ['eigenvalues'],
    'is the list of eigenvalues the other way round; σ₁ is the largest.',
    ['eigenvalues'],
    async (values) => onHost([tensorOf(values, 'eigenvalues')], [3], (sigma) => [...sigma].reverse()),
  ),
  mistake(
    'eigenvectors not of length 1',
    ['directions'],
    'is a matrix of eigenvectors that have not been divided by their length.',
    ['covariance'],
    async (values) => {
      const covariance = tensorOf(values, 'covariance')
      return onHost([directions(covariance, [1, 1])], [3, 2], (entries) => {
        const least = [0, 1].map((c) =>
          Math.min(...[0, 1, 2].map((r) => Math.abs(entries[2 * r + c])).filter((entry) => entry > 2 ** -20)),
        )
        // The smallest entry as 1; columns of one entry only have the length 1 anyway.
        return entries.map((entry, i) => entry / least[i % 2])
      })
    },
  ),
  mistake(
    'smallest directions taken',
    ['directions'],
    'is made of the eigenvectors of the smallest eigenvalues; those of the largest are kept.',
    ['covariance'],
    async (values) =>
      onHost([tensorOf(values, 'covariance')], [3, 2], (entries) => {
        const { vectors } = eigensystem(entries, 3)
        return [0, 1, 2].flatMap((row) => [vectors[2][row], vectors[1][row]])
      }),
  ),
]

/** A mistake in both singular values, a function of σ and λ. */
function singularMistake(
  name: string,
  explanation: string,
  wrong: (sigma: number, lambda: number) => number,
): ExerciseMistake {
  return mistake(
    name,
    ['singularValue1', 'singularValue2'],
    explanation,
    (quantity) => [`eigenvalue${quantity.slice(-1)}`, 'lambda'],
    async (values, _, quantity) => {
      const sigma = tensorOf(values, `eigenvalue${quantity.slice(-1)}`)
      return onHost([sigma], [], ([s]) => [wrong(s, lambdaOf(values))])
    },
  )
}

const root = (x: number) => Math.sqrt(Math.max(0, x))

const ofSingularValues: readonly ExerciseMistake[] = [
  singularMistake(
    'root forgotten',
    'is 1 − λ/σ: what W₂W₁ keeps of the direction, the square of the singular value.',
    (s, l) => Math.max(0, 1 - l / s),
  ),
  singularMistake('penalty ignored', 'is the singular value without a penalty, where W₂W₁ projects.', () => 1),
  singularMistake('penalty halved', 'is √(1 − λ/2σ): both matrices are penalised, each with λ.', (s, l) =>
    root(1 - l / (2 * s)),
  ),
  singularMistake('penalty doubled', 'is √(1 − 2λ/σ): the slope of both penalties, 4λs, was not halved.', (s, l) =>
    root(1 - (2 * l) / s),
  ),
  singularMistake(
    'eigenvalue squared',
    'is √(1 − λ/σ²): σ is an eigenvalue of XXᵀ/n already, no singular value.',
    (s, l) => root(1 - l / s ** 2),
  ),
  singularMistake('eigenvalue reduced', 'is √(σ − λ), as in probabilistic PCA; it was not divided by σ.', (s, l) =>
    root(s - l),
  ),
  singularMistake('shrunk as by ridge', 'is √(σ/(σ + λ)), the shrinkage of ridge regression.', (s, l) =>
    root(s / (s + l)),
  ),
]

/** Σ over eigenvalues: of `kept` for the two largest above λ, of the value itself for all others. */
function sumOver(values: Values, kept: (sigma: number, lambda: number) => number, dropped = 1): Tensor {
  const lambda = lambdaOf(values)
  return onHost([tensorOf(values, 'eigenvalues')], [], (sigma) => [
    sigma.reduce((sum, s, i) => sum + (i < 2 && s > lambda ? kept(s, lambda) : dropped * s), 0),
  ])
}

function minimumMistake(name: string, explanation: string, kept: (s: number, l: number) => number): ExerciseMistake {
  return mistake(name, ['minimalLoss'], explanation, ['eigenvalues', 'lambda'], async (values) => sumOver(values, kept))
}

const ofMinimum: readonly ExerciseMistake[] = [
  mistake(
    'singular values in place of their squares',
    ['reconstructionMap'],
    'is U·diag(s)·Uᵀ; both matrices have the factor s, so that W₂W₁ has s².',
    ['directions', 'optimalDecoder'],
    (values, operators) =>
      times(operators, tensorOf(values, 'optimalDecoder'), transposed(tensorOf(values, 'directions'))),
  ),
  mistake(
    'projection in place of the shrunk map',
    ['reconstructionMap'],
    'is the projection UUᵀ, which is the minimum without a penalty.',
    ['directions'],
    (values, operators) => times(operators, tensorOf(values, 'directions'), transposed(tensorOf(values, 'directions'))),
  ),
  minimumMistake(
    'penalty left out of the minimum',
    'is the reconstruction error alone at the minimum.',
    (s, l) => l ** 2 / s,
  ),
  minimumMistake(
    'error left out of the minimum',
    'is what you get when kept directions count as reconstructed exactly.',
    (s, l) => 2 * l * (1 - l / s),
  ),
  minimumMistake(
    'one penalty in the minimum',
    'is what you get when only one of the two matrices is penalised.',
    (s, l) => l ** 2 / s + l * (1 - l / s),
  ),
  minimumMistake('shrinkage ignored in the minimum', 'is what you get with singular values of 1.', (_, l) => 2 * l),
  minimumMistake(
    'minimum without a penalty',
    'is the sum of the dropped eigenvalues: the minimum without a penalty.',
    () => 0,
  ),
]

/** What people get wrong in sharif/1. */
export const autoencoderMistakes: readonly ExerciseMistake[] = [
  ...ofPoints,
  ...ofSingularValues,
  ...ofMinimum,
  ...lossMistakes,
  ...gradientMistakes,
]

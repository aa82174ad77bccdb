import { scalar, type Tensor } from '../../oracle/tensor.js'
import { forward, numberOf, onHost, tensorOf } from '../computation.js'
import type { Quantity, Values } from '../exercise.js'
import { minus, scaledBy, scaledGiven, times, transposed } from '../matrices.js'
import { plus } from '../training.js'
import { eigensystem } from './eigenvalues.js'

/** √(1 − λ/σ), and 0 where σ ≤ λ. */
function singularValue(sigma: number, lambda: number): number {
  return sigma > lambda ? Math.sqrt(1 - lambda / sigma) : 0
}

function examplesOf(values: Values): number {
  return numberOf(values, 'examples')
}

function eigenvalue(i: 1 | 2): Quantity {
  return {
    name: `eigenvalue${i}`,
    symbols: [`sigma_${i}`],
    meaning: `the ${i === 1 ? 'largest' : 'second'} eigenvalue`,
    kind: 'real',
    from: ['eigenvalues'],
    formula: `\\text{eigenvalue ${i} of } C`,
    compute: async (values) => onHost([tensorOf(values, 'eigenvalues')], [], (sigma) => [sigma[i - 1]]),
  }
}

function singular(i: 1 | 2): Quantity {
  return {
    name: `singularValue${i}`,
    symbols: [`s_${i}`],
    meaning: `the ${i === 1 ? 'larger' : 'smaller'} singular value of W₂ at a minimum`,
    kind: 'real',
    from: [`eigenvalue${i}`, 'lambda'],
    formula: `\\sqrt{max(0, 1 - \\frac{\\lambda}{\\sigma_${i}})}`,
    asked: true,
    compute: async (values) => {
      const lambda = numberOf(values, 'lambda')
      return onHost([tensorOf(values, `eigenvalue${i}`)], [], ([sigma]) => [singularValue(sigma, lambda)])
    },
  }
}

/** The eigenvectors of the covariance that belong to its largest eigenvalues, a column each, with these signs. */
export function directions(covariance: Tensor, signs: readonly number[]): Tensor {
  const [m] = covariance.shape
  return onHost([covariance], [m, signs.length], (entries) => {
    const { vectors } = eigensystem(entries, m)
    return Array.from({ length: m }, (_, row) => signs.map((sign, i) => sign * vectors[i][row])).flat()
  })
}

/** The columns of a matrix, each times its factor. */
export function columnsTimes(x: Tensor, factors: readonly Tensor[]): Tensor {
  return onHost([x, ...factors], x.shape, (entries, ...numbers) =>
    entries.map((entry, i) => entry * numbers[i % numbers.length][0]),
  )
}

const minimum: readonly Quantity[] = [
  {
    name: 'examples',
    symbols: ['n', 'N'],
    meaning: 'the number of points: the columns of X',
    kind: 'whole',
    from: ['x'],
    formula: '\\text{columns of } X',
    compute: async (values) => scalar(tensorOf(values, 'x').shape[1]),
  },
  {
    name: 'covariance',
    symbols: ['C', 'Sigma', 'S', 'covariance'],
    meaning: 'the second moments XXᵀ/n of the points',
    kind: 'real',
    from: ['x', 'examples'],
    formula: '\\frac{1}{n} \\cdot X \\cdot X^{T}',
    compute: (values, operators) => {
      const x = tensorOf(values, 'x')
      return times(operators, scaledGiven(x, 1 / examplesOf(values)), transposed(x))
    },
  },
  {
    name: 'eigenvalues',
    symbols: ['sigma', 'eigenvalues'],
    meaning: 'the eigenvalues of XXᵀ/n, largest first',
    kind: 'real',
    from: ['covariance'],
    formula: '\\text{eigenvalues of } C',
    compute: async (values) => {
      const covariance = tensorOf(values, 'covariance')
      const [m] = covariance.shape
      return onHost([covariance], [m], (entries) => eigensystem(entries, m).values)
    },
  },
  eigenvalue(1),
  eigenvalue(2),
  {
    name: 'directions',
    symbols: ['U', 'directions'],
    meaning: 'the principal directions: eigenvectors of length 1 of the two largest eigenvalues, a column each',
    kind: 'real',
    from: ['covariance'],
    formula: '\\text{eigenvectors of } C',
    compute: async (values) => directions(tensorOf(values, 'covariance'), [1, 1]),
  },
  singular(1),
  singular(2),
  {
    name: 'optimalDecoder',
    symbols: ['W_2^*'],
    meaning: 'a decoder at a minimum, whose encoder is its transpose; W₂·O with any orthogonal O is another',
    kind: 'real',
    from: ['directions', 'singularValue1', 'singularValue2'],
    formula: 'U \\cdot \\begin{bmatrix} s_1 & 0 \\\\ 0 & s_2 \\end{bmatrix}',
    compute: async (values) =>
      columnsTimes(
        tensorOf(values, 'directions'),
        ['singularValue1', 'singularValue2'].map((name) => tensorOf(values, name)),
      ),
  },
  {
    name: 'reconstructionMap',
    symbols: ['P', 'P^*'],
    meaning: 'W₂W₁ at the minimum: what every point is multiplied with',
    kind: 'real',
    from: ['optimalDecoder'],
    formula: '{W_2^*} \\cdot {W_2^*}^{T}',
    compute: (values, operators) => {
      const decoder = tensorOf(values, 'optimalDecoder')
      return times(operators, decoder, transposed(decoder))
    },
  },
  {
    name: 'minimalLoss',
    symbols: ['L^*', 'L_min'],
    meaning: 'the loss at the minimum: 2λ − λ²/σᵢ for every direction that is kept, σᵢ for every one that is not',
    kind: 'real',
    from: ['eigenvalues', 'lambda'],
    formula:
      '\\sum_{i \\le k, \\sigma_i > \\lambda} (2 \\lambda - \\frac{\\lambda^2}{\\sigma_i}) + \\sum_{\\text{others}} \\sigma_i',
    asked: true,
    compute: async (values) => {
      const lambda = numberOf(values, 'lambda')
      return onHost([tensorOf(values, 'eigenvalues')], [], (sigma) => [
        sigma.reduce((sum, s, i) => sum + (i < 2 && s > lambda ? 2 * lambda - lambda ** 2 / s : s), 0),
      ])
    },
  },
]

const atGivenWeights: readonly Quantity[] = [
  {
    name: 'code',
    symbols: ['Z', 'H', 'z', 'code'],
    meaning: 'the codes of the points under the given weights',
    kind: 'real',
    from: ['encoder', 'x'],
    formula: 'W_1 \\cdot X',
    compute: (values, operators) => times(operators, tensorOf(values, 'encoder'), tensorOf(values, 'x')),
  },
  {
    name: 'reconstruction',
    symbols: ['hat X', "X'", 'tilde X'],
    meaning: 'the reconstructions of the points',
    kind: 'real',
    from: ['decoder', 'code'],
    formula: 'W_2 \\cdot Z',
    compute: (values, operators) => times(operators, tensorOf(values, 'decoder'), tensorOf(values, 'code')),
  },
  {
    name: 'residual',
    symbols: ['E', 'R', 'residual'],
    meaning: 'the residuals: reconstructions minus points',
    kind: 'real',
    from: ['reconstruction', 'x'],
    formula: '\\hat{X} - X',
    compute: async (values) => minus(tensorOf(values, 'reconstruction'), tensorOf(values, 'x')),
  },
  {
    name: 'reconstructionError',
    symbols: ['J_1', 'L_0', 'reconstruction error', 'mse'],
    meaning: 'the first term of the loss: the mean squared length of the residuals',
    kind: 'real',
    from: ['residual', 'examples'],
    formula: '\\frac{1}{n} \\cdot \\left\\| E \\right\\|_F^2',
    compute: (values, operators) => {
      const weight = tensorOf(values, 'residual')
      return forward(operators, 'weightPenalty', 'loss', { weight }, { norm: 2, lambda: 1 / examplesOf(values) })
    },
  },
  {
    name: 'penalty',
    symbols: ['R_lambda', 'Omega', 'penalty'],
    meaning: 'the second term of the loss: the penalty of both matrices',
    kind: 'real',
    from: ['encoder', 'decoder', 'lambda'],
    formula: '\\lambda \\cdot \\left\\| W_1 \\right\\|_F^2 + \\lambda \\cdot \\left\\| W_2 \\right\\|_F^2',
    compute: async (values, operators) => {
      const attributes = { norm: 2, lambda: numberOf(values, 'lambda') }
      const of = (name: string) =>
        forward(operators, 'weightPenalty', 'loss', { weight: tensorOf(values, name) }, attributes)
      return plus(await of('encoder'), await of('decoder'))
    },
  },
  {
    name: 'loss',
    symbols: ['L', 'J', 'loss'],
    meaning: 'the loss under the given weights',
    kind: 'real',
    from: ['reconstructionError', 'penalty'],
    formula: 'J_1 + \\Omega',
    compute: async (values) => plus(tensorOf(values, 'reconstructionError'), tensorOf(values, 'penalty')),
  },
  {
    name: 'encoderGradient',
    symbols: ['nabla W_1', '∂L/∂W_1', '∂J/∂W_1', 'dW_1', 'g_1', 'G_1'],
    meaning: 'the gradient of the loss by the encoder',
    kind: 'real',
    from: ['decoder', 'residual', 'x', 'examples', 'lambda', 'encoder'],
    formula: '\\frac{2}{n} \\cdot W_2^{T} \\cdot E \\cdot X^{T} + 2 \\cdot \\lambda \\cdot W_1',
    asked: true,
    compute: async (values, operators) => {
      const atCode = await times(operators, transposed(tensorOf(values, 'decoder')), tensorOf(values, 'residual'))
      const input = scaledGiven(tensorOf(values, 'x'), 2 / examplesOf(values))
      return plus(await times(operators, atCode, transposed(input)), penaltySlope(values, 'encoder'))
    },
  },
  {
    name: 'decoderGradient',
    symbols: ['nabla W_2', '∂L/∂W_2', '∂J/∂W_2', 'dW_2', 'g_2', 'G_2'],
    meaning: 'the gradient of the loss by the decoder',
    kind: 'real',
    from: ['residual', 'code', 'examples', 'lambda', 'decoder'],
    formula: '\\frac{2}{n} \\cdot E \\cdot Z^{T} + 2 \\cdot \\lambda \\cdot W_2',
    asked: true,
    compute: async (values, operators) => {
      const product = await times(operators, tensorOf(values, 'residual'), transposed(tensorOf(values, 'code')))
      return plus(await scaledBy(operators, product, 2 / examplesOf(values)), penaltySlope(values, 'decoder'))
    },
  },
]

/** 2λW of a given matrix. */
function penaltySlope(values: Values, weight: string): Tensor {
  return scaledGiven(tensorOf(values, weight), 2 * numberOf(values, 'lambda'))
}

/** What sharif/1 asks for or passes on the way: the minimum, then loss and gradients under given weights. */
export const autoencoderQuantities: readonly Quantity[] = [...minimum, ...atGivenWeights]

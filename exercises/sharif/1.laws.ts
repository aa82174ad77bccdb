import fc from 'fast-check'
import { item, rowMajor, scalar, type Tensor, tensor, zeros, zip } from '../../oracle/tensor.js'
import { backward, forward, numberOf, tensorOf } from '../computation.js'
import { multiplesWithin } from '../draws.js'
import type { ExerciseLaw, Operators, Values } from '../exercise.js'
import { expectAllClose, expectClose, largest } from '../expectation.js'
import { scaledGiven, times, transposed } from '../matrices.js'
import { eigensystem } from './eigenvalues.js'

/** Eigenvalues of XXᵀ/n, largest first, by the host. */
function eigenvaluesOf(x: Tensor): Float64Array {
  const [m, n] = x.shape
  const rows = rowMajor(x)
  const product = Array.from({ length: m * m }, (_, i) => {
    const [a, b] = [Math.floor(i / m) * n, (i % m) * n]
    return Array.from({ length: n }, (_, j) => rows[a + j] * rows[b + j]).reduce((sum, value) => sum + value, 0) / n
  })
  return eigensystem(product, m).values
}

/** How far eigenvalues that must be told apart, from one another and from λ, are apart at least. */
const least = 0.125

/** Whether the two principal directions are defined, and √(1 − λ/σ) has a slope that rounding does not feel. */
export function isSeparated(values: Values): boolean {
  const lambda = numberOf(values, 'lambda')
  const [first, second, third] = eigenvaluesOf(tensorOf(values, 'x'))
  return (
    second >= least &&
    first - second >= least &&
    second - third >= least &&
    [first, second].every((sigma) => Math.abs(sigma - lambda) >= least)
  )
}

/** Points, penalty and weights of halves; see isSeparated. */
export function autoencoderArbitrary(lambdas: readonly number[] = [0.25, 0.5, 1, 2, 4]): fc.Arbitrary<Values> {
  return fc
    .record({
      x: fc.constantFrom(2, 4, 5).chain((n) => multiplesWithin([3, n], 3, 1)),
      lambda: fc.constantFrom(...lambdas).map(scalar),
      encoder: multiplesWithin([2, 3], 1.5, 0.5),
      decoder: multiplesWithin([3, 2], 1.5, 0.5),
    })
    .filter(isSeparated)
}

/** The operator's loss and gradients. */
async function byOperator(operators: Operators, values: Values, encoder: Tensor, decoder: Tensor, penalized = true) {
  const inputs = { x: tensorOf(values, 'x'), encoder, decoder }
  const attributes = { lambda: penalized ? numberOf(values, 'lambda') : 0 }
  const loss = item(await forward(operators, 'linearAutoencoder', 'loss', inputs, attributes))
  const gradient = (name: string) =>
    backward(operators, 'linearAutoencoder', name, inputs, { loss: scalar(1) }, attributes)
  return { loss, gradient }
}

/** What rounding may do to a loss or gradient under weights: some roundings of the largest of all the terms. */
function roundingAt(values: Values, encoder: Tensor, decoder: Tensor, slack: number): number {
  const [x, w1, w2] = [tensorOf(values, 'x'), encoder, decoder].map(largest)
  const reconstructed = x * (1 + 6 * w1 * w2)
  const penalty = 12 * numberOf(values, 'lambda') * (w1 + w2 + w1 ** 2 + w2 ** 2)
  return 64 * slack * (3 * reconstructed * (reconstructed + x * (w1 + w2)) + penalty + 1)
}

/**
 * What rounding may do to decoder and loss at the minimum: directions move by the rounding of the covariance over the distance
 * of its eigenvalues, s = √(1 − λ/σ) by λ/(2σ²s) ≤ 3 times that of σ, as σ ≥ ⅛ + λ, λ ≥ ¼.
 */
function roundingAtMinimum(values: Values, slack: number): number {
  const [most] = eigenvaluesOf(tensorOf(values, 'x'))
  return 64 * slack * (1 + most) * (1 + most / least)
}

/** W₂·G and G⁻¹·W₁, for a G given with its inverse. */
async function inBasis(operators: Operators, solved: Values, basis: Tensor, inverse: Tensor) {
  const decoder = tensorOf(solved, 'optimalDecoder')
  return {
    encoder: await times(operators, inverse, transposed(decoder)),
    decoder: await times(operators, decoder, basis),
  }
}

/** The matrix with `step` times the direction added. */
function moved(x: Tensor, direction: Tensor, step: number): Tensor {
  return zip(x, direction, (value, d) => value + step * d)
}

const rotation = tensor([2, 2], [0.6, -0.8, 0.8, 0.6])
const shear = { basis: tensor([2, 2], [2, 1, 0, 1]), inverse: tensor([2, 2], [0.5, -0.5, 0, 1]) }

/** What holds for sharif/1 whatever the points, the penalty and the weights. */
export const autoencoderLaws: readonly ExerciseLaw[] = [
  {
    name: 'at W₂ = U·diag(s), W₁ = W₂ᵀ the loss is the minimal one and has no slope',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const decoder = tensorOf(solved, 'optimalDecoder')
      const { loss, gradient } = await byOperator(operators, given, transposed(decoder), decoder)
      const allowed = roundingAtMinimum(given, slack)
      expectClose('the loss at the minimum', loss, numberOf(solved, 'minimalLoss'), allowed)
      for (const name of ['encoder', 'decoder']) {
        const slope = await gradient(name)
        expectAllClose(`the gradient by the ${name}`, slope, zeros(slope.shape), allowed)
      }
    },
  },
  {
    name: 'no weights have a smaller loss than the minimal one',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const decoder = tensorOf(solved, 'optimalDecoder')
      const [w1, w2] = [tensorOf(given, 'encoder'), tensorOf(given, 'decoder')]
      const minimal = numberOf(solved, 'minimalLoss')
      for (const step of [0.0625, 0.5, 1]) {
        const between = {
          encoder: zip(transposed(decoder), w1, (a, b) => (1 - step) * a + step * b),
          decoder: zip(decoder, w2, (a, b) => (1 - step) * a + step * b),
        }
        const { loss } = await byOperator(operators, given, between.encoder, between.decoder)
        const allowed = roundingAtMinimum(given, slack) + roundingAt(given, between.encoder, between.decoder, slack)
        if (!(loss >= minimal - allowed)) throw new Error(`a loss of ${loss} is below the minimal one of ${minimal}`)
      }
    },
  },
  {
    name: 'a rotated basis is as good; any basis is without a penalty, a skewed one is worse with it',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const minimal = numberOf(solved, 'minimalLoss')
      const allowed = 8 * roundingAtMinimum(given, slack)
      const rotated = await inBasis(operators, solved, rotation, transposed(rotation))
      const turned = await byOperator(operators, given, rotated.encoder, rotated.decoder)
      expectClose('the loss in a rotated basis', turned.loss, minimal, allowed)
      const skewed = await inBasis(operators, solved, shear.basis, shear.inverse)
      const decoder = tensorOf(solved, 'optimalDecoder')
      const straight = await byOperator(operators, given, transposed(decoder), decoder, false)
      const free = await byOperator(operators, given, skewed.encoder, skewed.decoder, false)
      expectClose('the error in a skewed basis', free.loss, straight.loss, allowed)
      const penalized = await byOperator(operators, given, skewed.encoder, skewed.decoder)
      // ‖diag(s)·G‖² = 5s₁² + s₂² and ‖G⁻¹·diag(s)‖² = ¼s₁² + (1 + ¼)s₂², in place of s₁² + s₂² each.
      const [s1, s2] = ['singularValue1', 'singularValue2'].map((name) => numberOf(solved, name))
      const more = numberOf(given, 'lambda') * (3.25 * s1 ** 2 + 0.25 * s2 ** 2)
      expectClose('what the skewed basis costs', penalized.loss - minimal, more, allowed)
    },
  },
  {
    name: '(∂L/∂W₁)·W₁ᵀ − W₂ᵀ·(∂L/∂W₂) = 2λ(W₁W₁ᵀ − W₂ᵀW₂), so that W₁W₁ᵀ = W₂ᵀW₂ where both are 0',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [w1, w2] = [tensorOf(given, 'encoder'), tensorOf(given, 'decoder')]
      const difference = (a: Tensor, b: Tensor) => zip(a, b, (x, y) => x - y)
      const slopes = difference(
        await times(operators, tensorOf(solved, 'encoderGradient'), transposed(w1)),
        await times(operators, transposed(w2), tensorOf(solved, 'decoderGradient')),
      )
      const squares = difference(await times(operators, w1, transposed(w1)), await times(operators, transposed(w2), w2))
      const expected = scaledGiven(squares, 2 * numberOf(given, 'lambda'))
      const allowed = 6 * (largest(w1) + largest(w2)) * roundingAt(given, w1, w2, slack)
      expectAllClose('the difference', slopes, expected, allowed)
    },
  },
  {
    name: 'along any line the loss is a polynomial of degree 4, whose slope is that of the gradients',
    async check(given, solve, slack) {
      const solved = await solve(given)
      const [w1, w2] = [tensorOf(given, 'encoder'), tensorOf(given, 'decoder')]
      const d1 = tensor([2, 3], [1, 0, -1, 0, 1, 1])
      const d2 = tensor([3, 2], [0, 1, 1, -1, 1, 0])
      const at = async (step: number) => {
        const weights = { encoder: moved(w1, d1, step), decoder: moved(w2, d2, step) }
        const loss = numberOf(await solve({ ...given, ...weights }), 'loss')
        return { loss, rounding: roundingAt(given, weights.encoder, weights.decoder, slack) }
      }
      const [far, near, back, behind] = [await at(2), await at(1), await at(-1), await at(-2)]
      const slope = (8 * (near.loss - back.loss) - (far.loss - behind.loss)) / 12
      const rounding = far.rounding + near.rounding + back.rounding + behind.rounding
      const along = (gradient: Tensor, d: Tensor) =>
        rowMajor(zip(gradient, d, (g, step) => g * step)).reduce((sum, value) => sum + value, 0)
      const claimed = along(tensorOf(solved, 'encoderGradient'), d1) + along(tensorOf(solved, 'decoderGradient'), d2)
      expectClose('the slope by the gradients', claimed, slope, 8 * rounding)
    },
  },
  {
    name: 'loss and gradients are those of the operator linearAutoencoder',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const [w1, w2] = [tensorOf(given, 'encoder'), tensorOf(given, 'decoder')]
      const { loss, gradient } = await byOperator(operators, given, w1, w2)
      const allowed = roundingAt(given, w1, w2, slack)
      expectClose('the loss', numberOf(solved, 'loss'), loss, allowed)
      for (const name of ['encoder', 'decoder'])
        expectAllClose(`∂L/∂${name}`, tensorOf(solved, `${name}Gradient`), await gradient(name), allowed)
    },
  },
  {
    name: 'the eigenvalues sum to ‖X‖²/n, and every kept direction obeys σ(1 − s²) = λ: C·P − C·P·P = λP',
    async check(given, solve, slack, operators) {
      const solved = await solve(given)
      const x = tensorOf(given, 'x')
      const trace = rowMajor(x).reduce((sum, value) => sum + value * value, 0) / x.shape[1]
      const sum = rowMajor(tensorOf(solved, 'eigenvalues')).reduce((total, value) => total + value, 0)
      expectClose('the sum of the eigenvalues', sum, trace, 64 * slack * (1 + trace))
      const map = tensorOf(solved, 'reconstructionMap')
      const kept = await times(operators, tensorOf(solved, 'covariance'), map)
      const rest = zip(kept, await times(operators, kept, map), (a, b) => a - b)
      const allowed = roundingAtMinimum(given, slack) * (1 + trace)
      expectAllClose('C·P − C·P·P', rest, scaledGiven(map, numberOf(given, 'lambda')), allowed)
    },
  },
]

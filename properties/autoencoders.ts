import fc from 'fast-check'
import { rowMajor, type Tensor, type Tensors } from '../oracle/tensor.js'
import {
  type Approximation,
  type Approximations,
  exact,
  gather,
  joined,
  repeated,
  reshaped,
  transposed,
} from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { chosen, completeCalls, type OperatorProperties, perhaps } from './calls.js'
import { choices, choose, fill, fillings, type Limits, sizes, sumLengths } from './data.js'
import { offKink } from './feedForward.js'
import type { Model } from './model.js'
import { projected, projectionGradients } from './multiHeadAttention.js'
import { representable } from './profile.js'
import { takenFrom, tensorOf } from './relations.js'
import { softmaxParts } from './softmaxModel.js'

/** Σ a² over all entries, as the platform holds them: terms that are equal there are seen to be equal. */
function squares(arithmetic: Arithmetic, a: Approximation): Approximation {
  const value = a.value.map((entry) => representable(arithmetic.profile, entry))
  const row = { ...a, value, shape: [1, value.length] }
  return reshaped(arithmetic.matmul(row, transposed(row), 'common'), [])
}

/** The code W₁X and the residual W₂W₁X − X. */
function reconstructed(arithmetic: Arithmetic, { x, encoder, decoder }: Tensors) {
  const code = arithmetic.matmul(exact(encoder), exact(x))
  return { code, residual: arithmetic.subtract(arithmetic.matmul(exact(decoder), code, 'common'), exact(x)) }
}

const linearModel: Model = {
  shapes: () => ({ loss: [] }),
  /** ‖W₂W₁X − X‖²/N + λ‖W₁‖² + λ‖W₂‖², the penalties perhaps multiplied by λ together. */
  forward: (arithmetic, inputs, { lambda }) => {
    const { residual } = reconstructed(arithmetic, inputs)
    const error = arithmetic.divideBy(squares(arithmetic, residual), inputs.x.shape[1])
    const [first, second] = [inputs.encoder, inputs.decoder].map((weight) => squares(arithmetic, exact(weight)))
    const penalty = arithmetic.scale(arithmetic.add(first, second), Number(lambda))
    const loss = arithmetic.add(error, penalty)
    const u = arithmetic.profile.unitRoundoff
    return { loss: arithmetic.widen(loss, (i) => u * (2 * Math.abs(penalty.value[i]) + Math.abs(loss.value[i]))) }
  },
  /** With Δ = 2g(W₂W₁X − X)/N: W₁ᵀW₂ᵀΔ − Δ, W₂ᵀΔXᵀ + 2gλW₁ and Δ(W₁X)ᵀ + 2gλW₂. */
  backward: (arithmetic, inputs, { lambda }, { loss }) => {
    const { x, encoder, decoder } = inputs
    const { code, residual } = reconstructed(arithmetic, inputs)
    const u = arithmetic.profile.unitRoundoff
    const share = (a: Approximation, factor: number) => {
      const product = arithmetic.multiply(repeated(exact(loss), a.shape), arithmetic.scale(a, factor))
      return arithmetic.widen(product, (i) => u * Math.abs(product.value[i]))
    }
    const delta = arithmetic.divideBy(share(residual, 2), x.shape[1])
    const atCode = arithmetic.matmul(transposed(exact(decoder)), delta, 'common')
    const { smallestNormal, underflow } = arithmetic.profile
    const [g] = rowMajor(loss)
    // 2gλ, where it is multiplied by the weights only then, may be subnormal.
    const lost = Math.abs(2 * g * Number(lambda)) < smallestNormal ? 2 * underflow : 0
    const penalized = (gradient: Approximation, weight: Tensor) => {
      const penalty = share(arithmetic.scale(exact(weight), Number(lambda)), 2)
      return arithmetic.add(
        gradient,
        arithmetic.widen(penalty, (i) => lost * Math.abs(rowMajor(weight)[i])),
      )
    }
    return {
      x: arithmetic.subtract(arithmetic.matmul(transposed(exact(encoder)), atCode, 'common'), delta),
      encoder: penalized(arithmetic.matmul(atCode, transposed(exact(x)), 'common'), encoder),
      decoder: penalized(arithmetic.matmul(delta, transposed(code), 'common'), decoder),
    }
  },
}

const moderate: Limits = { multiplied: true, most: 20 }

const linearCalls = completeCalls(
  'linearAutoencoder',
  linearModel,
  (kind, profile) =>
    fc
      .record({
        M: sizes(4),
        N: sumLengths(kind, 4),
        K: sizes(4),
        x: fillings(kind, profile, moderate),
        encoder: fillings(kind, profile, moderate),
        decoder: fillings(kind, profile, moderate),
        lambda: perhaps(fc.constantFrom(...[1, 0, 0.5, 0.01, 4].map((value) => representable(profile, value)))),
      })
      .map(({ M, N, K, x, encoder, decoder, lambda }) => ({
        inputs: {
          x: fill([M, N], x, profile),
          encoder: fill([K, M], encoder, profile),
          decoder: fill([M, K], decoder, profile),
        },
        attributes: chosen({ lambda }),
      })),
  moderate,
)

export const linearAutoencoderBase: Omit<OperatorProperties, 'laws'> = {
  operator: 'linearAutoencoder',
  model: linearModel,
  calls: linearCalls,
  smooth: linearCalls('smooth'),
}

function exactly({ target: _, ...inputs }: Tensors): Approximations {
  return Object.fromEntries(Object.entries(inputs).map(([name, x]: [string, Tensor]) => [name, exact(x)]))
}

/** x = [left; right], W₁x + b₁, p = ReLU(W₁x + b₁), x′ = W₂p + b₂ and W₃p + b₃. */
function recursed(arithmetic: Arithmetic, inputs: Tensors) {
  const operands = exactly(inputs)
  const x = joined([operands.left, operands.right])
  const before = projected(arithmetic, x, operands.weight1, operands.bias1)
  const parent = arithmetic.relu(before)
  const reconstruction = projected(arithmetic, parent, operands.weight2, operands.bias2)
  const logits = projected(arithmetic, parent, operands.weight3, operands.bias3)
  return { operands, x, before, parent, reconstruction, logits }
}

/** 1 at the target of each row, else 0. */
function oneHot(target: Tensor, C: number): Approximation {
  return exact(tensorOf([target.size, C], (i) => (rowMajor(target)[Math.floor(i / C)] === i % C ? 1 : 0)))
}

const recursiveModel: Model = {
  shapes: ({ left, weight1, weight2, weight3 }) => {
    const N = left.shape[0]
    const [P, D2, C] = [weight1, weight2, weight3].map(({ shape }) => shape[0])
    return { parent: [N, P], reconstruction: [N, D2], logits: [N, C], loss: [] }
  },
  forward: (arithmetic, inputs) => {
    const { x, parent, reconstruction, logits } = recursed(arithmetic, inputs)
    const [N, C] = logits.shape
    const error = arithmetic.scale(squares(arithmetic, arithmetic.subtract(reconstruction, x)), 0.5)
    const logarithms = softmaxParts(arithmetic, logits).logSoftmax
    const chosenOnes = Int32Array.from({ length: N }, (_, n) => n * C + rowMajor(inputs.target)[n])
    const classification = arithmetic.negate(arithmetic.sum(gather(logarithms, [N], chosenOnes), 'common'))
    const loss = arithmetic.add(arithmetic.divideBy(error, N), arithmetic.divideBy(classification, N))
    // Halves may be taken and means divided before or after the sums.
    const u = arithmetic.profile.unitRoundoff
    return { parent, reconstruction, logits, loss: arithmetic.widen(loss, (i) => 2 * u * Math.abs(loss.value[i])) }
  },
  backward: (arithmetic, inputs, _, gradients) => {
    const { operands, x, before, parent, reconstruction, logits } = recursed(arithmetic, inputs)
    const [N, C] = logits.shape
    const share = arithmetic.divideBy(exact(gradients.loss), N)
    const shared = (a: Approximation) => arithmetic.multiply(a, repeated(share, a.shape))
    const ofError = shared(arithmetic.subtract(reconstruction, x))
    const u = arithmetic.profile.unitRoundoff
    const q = oneHot(inputs.target, C)
    const probabilities = softmaxProbabilities(arithmetic, logits)
    const difference = arithmetic.widen(
      arithmetic.subtract(probabilities, q),
      (i) => 2 * u * (probabilities.value[i] + q.value[i]),
    )
    const atReconstruction = arithmetic.add(exact(gradients.reconstruction), ofError)
    const atLogits = arithmetic.add(exact(gradients.logits), shared(difference))
    const second = projectionGradients(arithmetic, parent, operands.weight2, atReconstruction)
    const third = projectionGradients(arithmetic, parent, operands.weight3, atLogits)
    const atParent = arithmetic.add(exact(gradients.parent), arithmetic.add(second.x, third.x))
    const first = projectionGradients(
      arithmetic,
      x,
      operands.weight1,
      arithmetic.multiply(atParent, arithmetic.step(before)),
    )
    const ofBoth = arithmetic.subtract(first.x, ofError)
    const D = inputs.left.shape[1]
    const half = (from: number) =>
      takenFrom(
        ofBoth,
        1,
        Array.from({ length: D }, (__, d) => from + d),
      )
    const parameters = { weight1: first.weight, bias1: first.bias, weight2: second.weight, bias2: second.bias }
    return { left: half(0), right: half(D), ...parameters, weight3: third.weight, bias3: third.bias }
  },
}

/** Softmax, never further off than from 0 to 1. */
function softmaxProbabilities(arithmetic: Arithmetic, logits: Approximation): Approximation {
  const { softmax } = softmaxParts(arithmetic, logits)
  const most = 1 + 8 * arithmetic.profile.unitRoundoff
  return {
    ...softmax,
    bound: softmax.bound.map((bound, i) => (Number.isFinite(logits.bound[i]) ? Math.min(bound, most) : bound)),
    variance: softmax.variance.map((variance) => Math.min(variance, most * most)),
  }
}

const recursiveCalls = completeCalls(
  'recursiveAutoencoder',
  recursiveModel,
  (kind, profile) => {
    const filling = fillings(kind, profile, moderate)
    return fc
      .record({
        N: sizes(3),
        D: sizes(3),
        P: sizes(3),
        C: sizes(4),
        target: choices,
        fills: fc.array(filling, { minLength: 8, maxLength: 8 }),
      })
      .map(({ N, D, P, C, target, fills }) => {
        const shapes = { left: [N, D], right: [N, D], weight1: [P, 2 * D], bias1: [P] }
        const others = { weight2: [2 * D, P], bias2: [2 * D], weight3: [C, P], bias3: [C] }
        const inputs = Object.fromEntries(
          Object.entries({ ...shapes, ...others }).map(([name, shape], i) => [name, fill(shape, fills[i], profile)]),
        )
        const bias1 = offKink(kind, inputs.bias1, profile)
        return { inputs: { ...inputs, bias1, target: choose([N], target, C) }, attributes: {} }
      })
  },
  moderate,
)

export const recursiveAutoencoderBase: Omit<OperatorProperties, 'laws'> = {
  operator: 'recursiveAutoencoder',
  model: recursiveModel,
  calls: recursiveCalls,
  smooth: (profile) =>
    recursiveCalls('smooth')(profile).map((call) => ({
      ...call,
      inputs: { ...call.inputs, bias1: tensorOf(call.inputs.bias1.shape, () => 256) },
    })),
  hasKinks: true,
}

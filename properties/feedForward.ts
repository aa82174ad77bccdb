import fc from 'fast-check'
import { rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import {
  type Approximation,
  type Approximations,
  constant,
  exact,
  repeated,
  reshaped,
  transposed,
} from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { completeCalls, type OperatorProperties } from './calls.js'
import { compare } from './comparison.js'
import { type DataKind, fill, fillings, type Limits, leadingDimensions, sizes, sumLengths } from './data.js'
import type { Call } from './law.js'
import type { Model } from './model.js'
import { projected, projectionGradients } from './multiHeadAttention.js'
import { type Profile, representable } from './profile.js'
import { isAdditive, known, law, ledger, reorders, taken, takenFrom, tensorOf, times } from './relations.js'

/** W₁x + b₁ and its positive part, of operands named as feedForward names them. */
function hiddenUnits(arithmetic: Arithmetic, { x, weight1, bias1 }: Approximations) {
  const before = projected(arithmetic, x, weight1, bias1)
  return { before, after: arithmetic.relu(before) }
}

/** W₂·max(0, W₁x + b₁) + b₂ at every position. */
export function fedForward(arithmetic: Arithmetic, operands: Approximations): Approximation {
  return projected(arithmetic, hiddenUnits(arithmetic, operands).after, operands.weight2, operands.bias2)
}

/** The gradients of fedForward with respect to its operands. */
export function fedBackward(arithmetic: Arithmetic, operands: Approximations, g: Approximation): Approximations {
  const { before, after } = hiddenUnits(arithmetic, operands)
  const second = projectionGradients(arithmetic, after, operands.weight2, g)
  const atHidden = arithmetic.multiply(second.x, arithmetic.step(before))
  const first = projectionGradients(arithmetic, operands.x, operands.weight1, atHidden)
  return { x: first.x, weight1: first.weight, bias1: first.bias, weight2: second.weight, bias2: second.bias }
}

/** Tensors that are known exactly. */
export function exactly(inputs: Tensors): Approximations {
  return Object.fromEntries(Object.entries(inputs).map(([name, x]: [string, Tensor]) => [name, exact(x)]))
}

const feedForwardModel: Model = {
  shapes: ({ x }) => ({ y: x.shape }),
  forward: (arithmetic, inputs) => ({ y: fedForward(arithmetic, exactly(inputs)) }),
  backward: (arithmetic, inputs, _, { y }) => fedBackward(arithmetic, exactly(inputs), exact(y)),
}

/**
 * First biases that keep the hidden units of smooth calls away from their kinks, some of them active and some not: at a kink the
 * change of what a unit is multiplied by makes a bend of second order, which looks smooth, and in half precision steps are long.
 */
export function offKink(kind: DataKind, bias1: Tensor, profile: Profile): Tensor {
  if (kind !== 'smooth') return bias1
  return tensorOf(bias1.shape, (i) => {
    const value = rowMajor(bias1)[i]
    return representable(profile, value + (value < 0 ? -32 : 32))
  })
}

/** Inputs of a size that products of several of them bear. */
export const moderate: Limits = { multiplied: true, most: 20 }

const feedForwardCalls = completeCalls(
  'feedForward',
  feedForwardModel,
  (kind, profile) =>
    fc
      .record({
        leading: leadingDimensions,
        E: sizes(4),
        F: sumLengths(kind, 4),
        x: fillings(kind, profile, moderate),
        weight1: fillings(kind, profile, moderate),
        bias1: fillings(kind, profile, moderate),
        weight2: fillings(kind, profile, moderate),
        bias2: fillings(kind, profile, moderate),
      })
      .map(({ leading, E, F, ...filling }) => ({
        inputs: {
          x: fill([...leading, E], filling.x, profile),
          weight1: fill([F, E], filling.weight1, profile),
          bias1: offKink(kind, fill([F], filling.bias1, profile), profile),
          weight2: fill([E, F], filling.weight2, profile),
          bias2: fill([E], filling.bias2, profile),
        },
        attributes: {},
      })),
  moderate,
)

/** Every hidden unit far from its kink: a bias that outweighs all that smooth calls hold. */
function active(call: Call): Call {
  const { bias1 } = call.inputs
  return { ...call, inputs: { ...call.inputs, bias1: tensorOf(bias1.shape, () => 256) } }
}

const simple = { operator: 'feedForward', calls: feedForwardCalls('simple') }
const wide = { operator: 'feedForward', calls: feedForwardCalls('wide') }
const gradient = { kind: 'gradient', backward: true } as const

/** A tensor of zeros of the same shape. */
export function zero(x: Tensor): Tensor {
  return tensorOf(x.shape, () => 0)
}

/** The rows of an answer's or a tensor's last axis, columns first: its sums are those over all positions. */
export function columns(x: Tensor) {
  const E = x.shape[x.shape.length - 1]
  return transposed(reshaped(known(x), [x.size / E, E]))
}

export const feedForward: OperatorProperties = {
  operator: 'feedForward',
  model: feedForwardModel,
  calls: feedForwardCalls,
  smooth: (profile) => feedForwardCalls('smooth')(profile).map(active),
  hasKinks: true,
  laws: [
    law({
      ...wide,
      name: 'treats every position alone',
      check: async ({ call: { inputs }, subject }, random) => {
        const E = inputs.bias2.size
        const rows = tensor([inputs.x.size / E, E], rowMajor(inputs.x))
        const at = random.integer(0, rows.shape[0] - 1)
        const { y } = await subject.forward(inputs, {})
        const alone = await subject.forward({ ...inputs, x: taken(rows, 0, [at]) }, {})
        return compare(`position ${at} by itself: y`, alone.y, takenFrom(reshaped(y, rows.shape), 0, [at]))
      },
    }),
    reorders({
      ...wide,
      name: 'does not depend on the order of its hidden units',
      inputs: { weight1: 0, bias1: 0, weight2: 1 },
      outputs: {},
    }),
    reorders({
      ...wide,
      name: 'does not depend on the order of the input features',
      inputs: { x: -1, weight1: 1 },
      outputs: {},
    }),
    reorders({
      ...wide,
      name: 'reorders its features with the second weights and biases',
      inputs: { weight2: 0, bias2: 0 },
      outputs: { y: -1 },
    }),
    isAdditive({ ...simple, name: 'is affine in the second weights', input: 'weight2', affine: true }),
    law({
      ...simple,
      name: 'hands a positive factor from the first layer on to the second',
      check: async ({ call: { inputs }, subject }) => {
        const { weight1, bias1, weight2 } = inputs
        const { y } = await subject.forward(inputs, {})
        const moved = { weight1: times(weight1, 4), bias1: times(bias1, 4), weight2: times(weight2, 0.25) }
        return compare('y with a factor moved', (await subject.forward({ ...inputs, ...moved }, {})).y, y)
      },
    }),
    law({
      ...wide,
      name: 'is the second bias where no hidden unit is active',
      check: async ({ call: { inputs }, subject }) => {
        const bias1 = tensorOf(inputs.bias1.shape, (i) => -Math.abs(rowMajor(inputs.bias1)[i]))
        const { y } = await subject.forward({ ...inputs, x: zero(inputs.x), bias1 }, {})
        return compare('y', y, repeated(known(inputs.bias2), y.shape))
      },
    }),
    law({
      ...simple,
      name: 'parts a linear map into its positive and its negative half',
      check: async ({ call: { inputs }, subject }) => {
        const { weight1, bias1, bias2 } = inputs
        const none = { ...inputs, bias2: zero(bias2) }
        const positive = await subject.forward(none, {})
        const negative = await subject.forward({ ...none, weight1: times(weight1, -1), bias1: times(bias1, -1) }, {})
        const shifted = tensorOf(bias1.shape, (i) => rowMajor(bias1)[i] + 1024)
        const allActive = await subject.forward({ ...none, bias1: shifted }, {})
        const constantPart = await subject.forward(
          { ...none, weight1: zero(weight1), bias1: tensorOf(bias1.shape, () => 1024) },
          {},
        )
        // relu(h) − relu(−h) = h, and relu(h + 1024) − 1024 = h for |h| ≤ 1024
        return compare(
          'y of h less y of −h',
          ledger.subtract(positive.y, negative.y),
          ledger.subtract(allActive.y, constantPart.y),
        )
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'adds up the gradient of all positions for the second bias',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const { bias2 } = await subject.backward(inputs, {}, gradients)
        return compare('∂L/∂bias2', bias2, ledger.sum(columns(gradients.y), 'common'))
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'gives nothing to a first layer of which no unit is active',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const off = { ...inputs, weight1: zero(inputs.weight1), bias1: tensorOf(inputs.bias1.shape, (i) => -(i % 2)) }
        const answer = await subject.backward(off, {}, gradients)
        return ['x', 'weight1', 'bias1', 'weight2'].map((name) =>
          compare(`∂L/∂${name}`, answer[name], constant(answer[name].shape, 0)),
        )
      },
    }),
    law({
      ...wide,
      ...gradient,
      name: 'has second weights whose gradient has the length that their output says',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const none = { ...inputs, bias2: zero(inputs.bias2) }
        const { y } = await subject.forward(none, {})
        const { weight2 } = await subject.backward(none, {}, gradients)
        const flat = (a: typeof y) => reshaped(a, [1, a.value.length])
        const product = (a: typeof y, b: typeof y) => ledger.matmul(flat(a), transposed(flat(b)))
        return compare(
          '⟨∂L/∂weight2, weight2⟩',
          product(weight2, known(inputs.weight2)),
          product(y, known(gradients.y)),
        )
      },
    }),
  ],
}

import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import { type Approximation, constant, repeated, reshaped, spread, transposed } from './approximation.js'
import type { OperatorProperties } from './calls.js'
import { compare, type Verdict } from './comparison.js'
import type { Call, Law } from './law.js'
import { layerNormCalls, layerNormModel } from './normalization.js'
import {
  isAdditive,
  isHomogeneous,
  known,
  law,
  ledger,
  reorders,
  taken,
  takenFrom,
  tensorOf,
  times,
  zerosSayNothing,
} from './relations.js'

/** The answer as rows of its last axis. */
export function rowsOf(a: Approximation): Approximation {
  const length = a.shape[a.shape.length - 1]
  return reshaped(a, [a.value.length / length, length])
}

/** The means of rows, whose errors may come from one cause. */
export function meansOf(rows: Approximation): Approximation {
  return ledger.divideBy(ledger.sum(rows, 'common'), rows.shape[1])
}

/** The biased variances of rows. */
export function variancesOf(rows: Approximation): Approximation {
  const differences = ledger.subtract(rows, spread(meansOf(rows), rows.shape[1]))
  return meansOf(ledger.square(differences))
}

/** What the squares of normalized rows have as their mean, σ²/(σ² + ε); and what they lack of 1, ε/(σ² + ε). */
export function varianceShares(rows: Approximation, epsilon: number) {
  const variances = variancesOf(rows)
  const shifted = ledger.shift(variances, epsilon)
  return {
    kept: ledger.divide(variances, shifted),
    lost: ledger.divide(constant(variances.shape, epsilon), shifted),
  }
}

/** That normalized rows have mean 0 and the variance σ²/(σ² + ε), σ² that of `rows`. */
export function areStandard(normalized: Approximation, rows: Approximation, epsilon: number): Verdict[] {
  const means = meansOf(normalized)
  const squares = meansOf(ledger.square(normalized))
  return [
    compare('the mean of normalized entries', means, constant(means.shape, 0)),
    compare('the mean square of normalized entries', squares, varianceShares(rows, epsilon).kept),
  ]
}

/**
 * Euler's identity, by row: enlarging x enlarges x̂ by ε/(σ² + ε) only, so that ⟨∂L/∂x, x⟩ = ε/(σ² + ε)·⟨ĝ, x̂⟩, where `scaled` holds
 * gain⊙x̂ and `g` the gradient with respect to it.
 */
export function eulerByRow(
  gradient: Approximation,
  rows: Approximation,
  scaled: Approximation,
  g: Approximation,
  epsilon: number,
): Verdict {
  const growth = ledger.multiply(varianceShares(rows, epsilon).lost, ledger.sum(ledger.multiply(scaled, g), 'common'))
  return compare('⟨∂L/∂x, x⟩ of each row', ledger.sum(ledger.multiply(gradient, rows), 'common'), growth)
}

const simple = { operator: 'layerNorm', calls: layerNormCalls('simple') }
const wide = { operator: 'layerNorm', calls: layerNormCalls('wide') }

/** The same call without gain and bias. */
export function withoutAffine(call: Call): Call {
  const { gain: _, bias: __, ...inputs } = call.inputs
  return { ...call, inputs }
}

function epsilonOf({ attributes }: Pick<Call, 'attributes'>): number {
  return Number(attributes.epsilon)
}

function featuresOf(x: Tensor): number {
  return x.shape[x.shape.length - 1]
}

/** Entries of x by f of their value, row and column. */
function byRow(x: Tensor, f: (value: number, row: number, column: number) => number): Tensor {
  const D = featuresOf(x)
  return tensorOf(x.shape, (i) => f(rowMajor(x)[i], Math.floor(i / D), i % D))
}

const laws: Law[] = [
  law({
    ...wide,
    name: 'normalizes each row alone',
    check: async ({ call: { inputs, attributes }, subject }, random) => {
      const D = featuresOf(inputs.x)
      const row = random.integer(0, inputs.x.size / D - 1)
      const together = await subject.forward(inputs, attributes)
      const x = taken(tensor([inputs.x.size / D, D], rowMajor(inputs.x)), 0, [row])
      const alone = await subject.forward({ ...inputs, x: tensor([D], rowMajor(x)) }, attributes)
      return compare(`row ${row} by itself: y`, alone.y, reshaped(takenFrom(rowsOf(together.y), 0, [row]), [D]))
    },
  }),
  reorders({
    ...wide,
    name: 'reorders its features with those of x, gain and bias',
    inputs: { x: -1, gain: 0, bias: 0 },
    outputs: { y: -1 },
  }),
  law({
    ...simple,
    name: 'is unchanged when a constant is added to a row',
    check: async ({ call: { inputs, attributes }, subject }, random) => {
      const shifts = tensorOf([inputs.x.size], () => random.integer(-8, 8))
      const plain = await subject.forward(inputs, attributes)
      const x = byRow(inputs.x, (value, row) => value + rowMajor(shifts)[row])
      const { y } = await subject.forward({ ...inputs, x }, attributes)
      return compare('y of shifted rows', y, plain.y)
    },
  }),
  law({
    ...simple,
    name: 'is unchanged when x is enlarged, and ε with its square',
    check: async ({ call: { inputs, attributes }, subject }, random) => {
      const factor = [2, 4, 0.5][random.integer(0, 2)]
      const settings = { ...attributes, epsilon: epsilonOf({ attributes }) * factor ** 2 }
      const plain = await subject.forward(inputs, attributes)
      const { y } = await subject.forward({ ...inputs, x: times(inputs.x, factor) }, settings)
      return compare(`y of x times ${factor}`, y, plain.y)
    },
  }),
  law({
    ...wide,
    calls: (profile) => layerNormCalls('wide')(profile).map(withoutAffine),
    name: 'changes its sign with x where there is no gain and no bias',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const plain = await subject.forward(inputs, attributes)
      const { y } = await subject.forward({ x: times(inputs.x, -1) }, attributes)
      return compare('y of −x', y, ledger.negate(plain.y))
    },
  }),
  law({
    ...wide,
    calls: (profile) => layerNormCalls('wide')(profile).map(withoutAffine),
    name: 'has rows of mean 0 and variance σ²/(σ² + ε) where there is no gain and no bias',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const { y } = await subject.forward(inputs, attributes)
      return areStandard(rowsOf(y), rowsOf(known(inputs.x)), epsilonOf({ attributes }))
    },
  }),
  law({
    ...wide,
    calls: (profile) => layerNormCalls('wide')(profile).map(withoutAffine),
    name: 'keeps the order of the entries of a row where there is no gain and no bias',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const { y } = await subject.forward(inputs, attributes)
      const [x, D] = [rowMajor(inputs.x), featuresOf(inputs.x)]
      // Each entry of y raised to the largest among those whose x is not larger.
      const raised = y.value.map((value, i) => {
        const from = Math.floor(i / D) * D
        let least = value
        for (let k = from; k < from + D; k++) if (x[k] <= x[i]) least = Math.max(least, y.value[k])
        return least
      })
      return compare('y', y, { ...y, value: raised })
    },
  }),
  law({
    ...wide,
    name: 'gives the bias for rows of equal entries',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const first = byRow(inputs.x, (_, row) => rowMajor(inputs.x)[row * featuresOf(inputs.x)])
      const { y } = await subject.forward({ ...inputs, x: first }, attributes)
      const bias = inputs.bias ?? tensorOf([featuresOf(inputs.x)], () => 0)
      return compare('y of rows of equal entries', y, repeated(known(bias), y.shape))
    },
  }),
  law({
    ...simple,
    name: 'is half the difference over its root, as √(δ² + ε), for a row of two',
    check: async ({ call: { attributes }, subject }, random) => {
      const [left, right] = [random.integer(-6, 6), random.integer(-6, 6)]
      const half = (left - right) / 2
      const { y } = await subject.forward({ x: tensor([2], [left, right]) }, attributes)
      const entry = half / Math.sqrt(half * half + epsilonOf({ attributes }))
      return compare(`y of [${left}, ${right}]`, y, known(tensor([2], [entry, -entry])))
    },
  }),
  isAdditive({
    ...simple,
    name: 'is affine in gain',
    calls: (profile) => layerNormCalls('simple')(profile).map(withGain),
    input: 'gain',
    affine: true,
  }),
  isHomogeneous({
    ...simple,
    name: 'scales with gain and bias',
    calls: (profile) => layerNormCalls('simple')(profile).map(withGain),
    inputs: ['gain', 'bias'],
    degree: 1,
  }),
  zerosSayNothing({
    ...wide,
    name: 'takes a bias of zeros for none',
    input: 'bias',
    shape: ({ x }) => [featuresOf(x)],
  }),
  law({
    ...wide,
    name: 'takes a gain of ones for none',
    check: async ({ call: { inputs, attributes }, subject }) => {
      const { gain: _, ...without } = inputs
      const none = await subject.forward(without, attributes)
      const ones = tensorOf([featuresOf(inputs.x)], () => 1)
      const { y } = await subject.forward({ ...without, gain: ones }, attributes)
      return compare('y with a gain of ones', y, none.y)
    },
  }),
  law({
    ...wide,
    kind: 'gradient',
    backward: true,
    name: 'has gradients with respect to x that sum to zero in each row',
    check: async ({ call: { inputs, attributes, gradients }, subject }) => {
      const { x } = await subject.backward(inputs, attributes, gradients)
      const sums = ledger.sum(rowsOf(x), 'common')
      return compare('Σ ∂L/∂x of each row', sums, constant(sums.shape, 0))
    },
  }),
  law({
    ...wide,
    kind: 'gradient',
    backward: true,
    name: 'obeys Euler’s identity in each row, but for what ε keeps',
    check: async ({ call: { inputs, attributes, gradients }, subject }) => {
      const { bias: _, ...unbiased } = inputs
      const { y } = await subject.forward(unbiased, attributes)
      const { x } = await subject.backward(inputs, attributes, gradients)
      const rows = rowsOf(known(inputs.x))
      return eulerByRow(rowsOf(x), rows, rowsOf(y), rowsOf(known(gradients.y)), epsilonOf({ attributes }))
    },
  }),
  law({
    ...wide,
    kind: 'gradient',
    backward: true,
    name: 'sums the gradient over the rows for the bias, and with x̂ for the gain',
    check: async ({ call: { inputs, attributes, gradients }, subject }) => {
      const D = featuresOf(inputs.x)
      const gain = inputs.gain ?? tensorOf([D], () => 1)
      const bias = inputs.bias ?? tensorOf([D], () => 0)
      const gradient = await subject.backward({ x: inputs.x, gain, bias }, attributes, gradients)
      const { y: normalized } = await subject.forward({ x: inputs.x }, attributes)
      const g = rowsOf(known(gradients.y))
      return [
        compare('∂L/∂bias', gradient.bias, ledger.sum(transposed(g))),
        compare('∂L/∂gain', gradient.gain, ledger.sum(transposed(ledger.multiply(g, rowsOf(normalized))))),
      ]
    },
  }),
]

function withGain(call: Call): Call {
  const gain = call.inputs.gain ?? tensorOf([featuresOf(call.inputs.x)], (i) => (i % 3) - 1)
  return { ...call, inputs: { ...call.inputs, gain } }
}

export const layerNorm: OperatorProperties = {
  operator: 'layerNorm',
  model: layerNormModel,
  calls: layerNormCalls,
  smooth: layerNormCalls('smooth'),
  laws,
}

import type { Tensors } from '../oracle/tensor.js'
import { type Approximation, constant, reshaped, spread } from './approximation.js'
import { compare, type Verdict } from './comparison.js'
import type { Call, Law } from './law.js'
import { law, ledger, type Relation, tensorOf, times } from './relations.js'

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
function varianceShares(rows: Approximation, epsilon: number) {
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

/** The same call without gain and bias. */
export function withoutAffine(call: Call): Call {
  const { gain: _, bias: __, ...inputs } = call.inputs
  return { ...call, inputs }
}

export function epsilonOf({ attributes }: Pick<Call, 'attributes'>): number {
  return Number(attributes.epsilon)
}

/** Enlarging x by c and ε by c² leaves x̂ = (x − μ)/√(σ² + ε) as it is. */
export function ignoresTheScale(relation: Relation): Law {
  return law({
    ...relation,
    check: async ({ call: { inputs, attributes }, subject }, random) => {
      const factor = [2, 4, 0.5][random.integer(0, 2)]
      const settings = { ...attributes, epsilon: epsilonOf({ attributes }) * factor ** 2 }
      const plain = await subject.forward(inputs, attributes)
      const { y } = await subject.forward({ ...inputs, x: times(inputs.x, factor) }, settings)
      return compare(`y of x times ${factor}`, y, plain.y)
    },
  })
}

/** How many features the gain and the bias have for these inputs. */
type Features = (inputs: Tensors) => number

/** An optional gain of ones says the same as none. */
export function onesSayNothing(relation: Relation & { features: Features }): Law {
  return law({
    ...relation,
    check: async ({ call: { inputs, attributes }, subject }) => {
      const { gain: _, ...without } = inputs
      const none = await subject.forward(without, attributes)
      const ones = tensorOf([relation.features(inputs)], () => 1)
      const { y } = await subject.forward({ ...without, gain: ones }, attributes)
      return compare('y with a gain of ones', y, none.y)
    },
  })
}

/** The same call, with a gain of −1, 0 and 1 where none was drawn. */
export function withGain(features: Features): (call: Call) => Call {
  return (call) => {
    const gain = call.inputs.gain ?? tensorOf([features(call.inputs)], (i) => (i % 3) - 1)
    return { ...call, inputs: { ...call.inputs, gain } }
  }
}

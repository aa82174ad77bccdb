import fc from 'fast-check'
import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import { type Approximation, constant, exact } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { chosen, completeCalls, type OperatorProperties, perhaps } from './calls.js'
import { compare } from './comparison.js'
import { fill, fillings, type Limits, leadingDimensions, sumLengths } from './data.js'
import { anchored, atLeast, byRow, loosened, parameter, rowLengths, rowProducts, rowsScaled } from './functions.js'
import type { Call } from './law.js'
import type { Model } from './model.js'
import { type Profile, representable } from './profile.js'
import { isHomogeneous, known, law, ledger, reorders, tensorOf, times, within } from './relations.js'

/** a·b, ‖a‖, ‖b‖ and max(‖a‖‖b‖, ε) of every row. */
function parts(arithmetic: Arithmetic, a: Approximation, b: Approximation, epsilon: number) {
  const [lengthA, lengthB] = [rowLengths(arithmetic, a), rowLengths(arithmetic, b)]
  const product = arithmetic.multiply(lengthA, lengthB)
  return {
    dot: rowProducts(arithmetic, a, b),
    lengthA,
    lengthB,
    product,
    denominator: atLeast(arithmetic, product, epsilon),
  }
}

/** The lengths, 1 where a vector is too short to be divided by: there the guard holds. */
function divisible(length: Approximation): Approximation {
  const vanishes = (i: number) => length.value[i] === 0 && length.bound[i] === 0
  return { ...length, value: length.value.map((value, i) => (vanishes(i) ? 1 : value)) }
}

const model: Model = {
  shapes: ({ a }) => ({ y: a.shape.slice(0, -1) }),
  /** a·b/max(‖a‖‖b‖, ε), or the product of the unit vectors. */
  forward: (arithmetic, { a, b }, { epsilon }) => {
    const { dot, denominator } = parts(arithmetic, exact(a), exact(b), Number(epsilon))
    const y = arithmetic.divide(dot, denominator)
    const D = a.shape[a.shape.length - 1]
    const u = arithmetic.profile.unitRoundoff
    const [p, q] = [rowMajor(a), rowMajor(b)]
    const total = (row: number, power: 1 | 2) => {
      let sum = 0
      for (let i = row * D; i < (row + 1) * D; i++) sum += Math.abs((p[i] * q[i]) / denominator.value[row]) ** power
      return sum
    }
    const roundings = (4 + 2 * arithmetic.profile.division) * u
    return {
      y: loosened(
        y,
        (row) => roundings * total(row, 1),
        (row) => (roundings ** 2 / 6) * total(row, 2),
      ),
    }
  },
  /** g·(b/‖b‖ − y·a/‖a‖)/‖a‖, or g·b/ε where the guard holds; and alike for b. */
  backward: (arithmetic, { a, b }, { epsilon }, { y }) => {
    const [left, right] = [exact(a), exact(b)]
    const guard = Number(epsilon)
    const { dot, lengthA, lengthB, product } = parts(arithmetic, left, right, guard)
    const [sizeA, sizeB] = [divisible(lengthA), divisible(lengthB)]
    const unitA = byRow(left, sizeA, 'divide', arithmetic)
    const unitB = byRow(right, sizeB, 'divide', arithmetic)
    const cosine = arithmetic.divide(dot, arithmetic.multiply(sizeA, sizeB))
    const u = arithmetic.profile.unitRoundoff
    const D = a.shape[a.shape.length - 1]
    const through = (mine: Approximation, other: Approximation, size: Approximation, raw: Approximation) => {
      const across = arithmetic.subtract(other, byRow(mine, cosine, 'multiply', arithmetic))
      const roundings = 6 + 2 * arithmetic.profile.division
      const widened = arithmetic.widen(
        across,
        (i) => roundings * u * (Math.abs(other.value[i]) + Math.abs(mine.value[i])),
      )
      const free = byRow(byRow(widened, size, 'divide', arithmetic), exact(y), 'multiply', arithmetic)
      const held = byRow(
        arithmetic.divide(raw, parameter(arithmetic, raw.shape, guard)),
        exact(y),
        'multiply',
        arithmetic,
      )
      return chosenByRow(D, product, guard + parameter(arithmetic, [], guard).bound[0], guard, free, held)
    }
    return { a: through(unitA, unitB, sizeA, right), b: through(unitB, unitA, sizeB, left) }
  },
}

/** `free` in the rows where the product of the lengths is above the guard, `held` where it is not; open where it may be either. */
function chosenByRow(
  D: number,
  product: Approximation,
  most: number,
  guard: number,
  free: Approximation,
  held: Approximation,
): Approximation {
  const from = (i: number) => (product.value[Math.floor(i / D)] > guard ? free : held)
  const open = (i: number) => {
    const row = Math.floor(i / D)
    return Math.abs(product.value[row] - guard) <= product.bound[row] + (most - guard)
  }
  return {
    shape: free.shape,
    value: free.value.map((_, i) => from(i).value[i]),
    bound: free.bound.map((_, i) => (open(i) ? Number.POSITIVE_INFINITY : from(i).bound[i])),
    variance: free.variance.map((_, i) => from(i).variance[i]),
  }
}

const factors: Limits = { multiplied: true, most: 1e7 }

/** The guards of a case: the default where the platform holds it, and such as hold for small, or for all, vectors. */
function guards(smooth: boolean, profile: Profile): fc.Arbitrary<number | undefined> {
  const some = (smooth ? [2 ** -10, 4096] : [2 ** -10, 0.5, 4096]).map((value) => representable(profile, value))
  const drawn = fc.constantFrom(...some)
  return representable(profile, 1e-8) > profile.smallestNormal ? perhaps(drawn) : drawn
}

const calls = completeCalls(
  'cosineSimilarity',
  model,
  (kind, profile) =>
    fc
      .record({
        leading: leadingDimensions,
        D: sumLengths(kind, 5),
        a: fillings(kind, profile, factors),
        b: fillings(kind, profile, factors),
        epsilon: guards(kind === 'smooth', profile),
      })
      .map(({ leading, D, a, b, epsilon }) => {
        const shape = [...leading, D]
        const [left, right] = [fill(shape, a, profile), fill(shape, b, profile)]
        // Difference quotients need vectors of some length: near 0 the direction changes with every step.
        const away = (x: Tensor) => (kind === 'smooth' ? anchored(x, profile) : x)
        return { inputs: { a: away(left), b: away(right) }, attributes: chosen({ epsilon }) }
      }),
  factors,
)

const simple = { operator: 'cosineSimilarity', calls: calls('simple') }
const wide = { operator: 'cosineSimilarity', calls: calls('wide') }

/** Calls with rows away from the zero vector and a guard that does not hold. */
function unguarded(profile: Profile): fc.Arbitrary<Call> {
  return calls('simple')(profile).map((call) => ({
    ...call,
    inputs: { a: anchored(call.inputs.a, profile), b: anchored(call.inputs.b, profile) },
    attributes: { epsilon: representable(profile, 2 ** -10) },
  }))
}
const free = { operator: 'cosineSimilarity', calls: unguarded }

/** The cosine of the angle between rows. (Deep Learning, MIT Press 2016, equation 2.34) */
export const cosineSimilarity: OperatorProperties = {
  operator: 'cosineSimilarity',
  model,
  calls,
  smooth: calls('smooth'),
  laws: [
    law({
      ...wide,
      name: 'is the same when a and b are exchanged',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward(inputs, attributes)
        const other = await subject.forward({ a: inputs.b, b: inputs.a }, attributes)
        return compare('y after the exchange', other.y, y)
      },
    }),
    law({
      ...wide,
      name: 'lies between −1 and 1',
      check: async ({ call: { inputs, attributes }, subject }) =>
        within('y', (await subject.forward(inputs, attributes)).y, -1, 1),
    }),
    isHomogeneous({
      ...wide,
      name: 'changes its sign with a',
      inputs: ['a'],
      degree: 1,
      factors: [-1],
    }),
    reorders({
      ...wide,
      name: 'does not depend on the order of the features',
      inputs: { a: -1, b: -1 },
      outputs: {},
    }),
    law({
      ...free,
      name: 'is unchanged when a row is scaled',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const { y } = await subject.forward(inputs, attributes)
        const scaled = { a: rowsScaled(inputs.a, random), b: rowsScaled(inputs.b, random) }
        return compare('y of scaled rows', (await subject.forward(scaled, attributes)).y, y)
      },
    }),
    law({
      ...free,
      name: 'is one between a row and itself',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward({ a: inputs.a, b: times(inputs.a, 2) }, attributes)
        return compare('y', y, constant(y.shape, 1))
      },
    }),
    law({
      ...wide,
      name: 'treats every row alone',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const D = inputs.a.shape[inputs.a.shape.length - 1]
        const { y } = await subject.forward(inputs, attributes)
        const row = random.integer(0, y.value.length - 1)
        const at = (x: Tensor) => tensor([D], rowMajor(x).slice(row * D, (row + 1) * D))
        const alone = await subject.forward({ a: at(inputs.a), b: at(inputs.b) }, attributes)
        const part = (data: Float64Array) => data.slice(row, row + 1)
        const expected = { shape: [], value: part(y.value), bound: part(y.bound), variance: part(y.variance) }
        return compare(`row ${row} by itself: y`, alone.y, expected)
      },
    }),
    law({
      ...wide,
      name: 'is 0 for a zero vector',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { y } = await subject.forward({ ...inputs, a: times(inputs.a, 0) }, attributes)
        return compare('y', y, constant(y.shape, 0))
      },
    }),
    law({
      ...simple,
      name: 'is a·b/epsilon for short vectors',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward(inputs, { epsilon: 4096 })
        const dot = rowProducts(ledger, known(inputs.a), known(inputs.b))
        return compare('y', y, ledger.scale(dot, 1 / 4096))
      },
    }),
    law({
      ...free,
      kind: 'gradient',
      backward: true,
      name: 'has gradients at right angles to its rows',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const gradient = await subject.backward(inputs, attributes, gradients)
        return (['a', 'b'] as const).map((name) => {
          const product = rowProducts(ledger, gradient[name], known(inputs[name]))
          return compare(`⟨∂L/∂${name}, ${name}⟩`, product, constant(product.shape, 0))
        })
      },
    }),
    law({
      ...simple,
      kind: 'gradient',
      backward: true,
      name: 'has the gradient b/epsilon for short vectors',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const { a } = await subject.backward(inputs, { epsilon: 4096 }, gradients)
        const b = ledger.scale(known(inputs.b), 1 / 4096)
        return compare(
          '∂L/∂a',
          a,
          byRow(b, known(tensorOf(gradients.y.shape, (i) => rowMajor(gradients.y)[i])), 'multiply', ledger),
        )
      },
    }),
  ],
}

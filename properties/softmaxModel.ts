import fc from 'fast-check'
import { type Approximation, constant, exact, permuted, spread } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { chosen, completeCalls, type OperatorProperties, perhaps } from './calls.js'
import { fill, fillings, leadingDimensions, sumLengths } from './data.js'
import type { Model } from './model.js'

/** Axes in an order that has the given one last, and the order that undoes it. */
export function axisLast(rank: number, axis: number) {
  const d = axis < 0 ? axis + rank : axis
  const order = [...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== d), d]
  return { order, back: Array.from({ length: rank }, (_, i) => order.indexOf(i)) }
}

/** f of the rows along an axis. */
function alongAxis(x: Approximation, axis: number, f: (rows: Approximation) => Approximation): Approximation {
  const { order, back } = axisLast(x.shape.length, axis)
  return permuted(f(permuted(x, order)), back)
}

/** Parts of softmax and its logarithm, rows along the last axis. */
interface SoftmaxParts {
  readonly softmax: Approximation
  readonly logSoftmax: Approximation
}

/**
 * e^(x−m)/Σ and x − m − log Σ with m = max x. Honest forms through log Σ e^x instead of m lose some roundings of m in the exponent;
 * they are allowed for as long as that leaves a digit.
 */
export function softmaxParts(arithmetic: Arithmetic, x: Approximation): SoftmaxParts {
  const length = x.shape[x.shape.length - 1]
  const rows = x.value.length / length
  const maximum = constant([rows], 0)
  for (let row = 0; row < rows; row++)
    maximum.value[row] = x.value.subarray(row * length, (row + 1) * length).reduce((a, b) => Math.max(a, b))
  const spreadMaximum = { ...spread(maximum, length), shape: x.shape }
  const { unitRoundoff } = arithmetic.profile
  const difference = arithmetic.subtract(x, spreadMaximum)
  const shifted = arithmetic.widen(difference, (i) => {
    const through = unitRoundoff * Math.abs(spreadMaximum.value[i])
    return (through < 0.5 ? through : 0) + unitRoundoff * (Math.abs(difference.value[i]) + 6 * Math.log(length))
  })
  const exponentials = arithmetic.exp(shifted)
  const sum = arithmetic.sum(exponentials, 'common')
  const again = (a: Approximation) => ({ ...spread(a, length), shape: x.shape })
  return {
    softmax: arithmetic.divide(exponentials, again(sum)),
    logSoftmax: arithmetic.subtract(shifted, again(arithmetic.log(sum))),
  }
}

export function axisOf(attributes: Readonly<Record<string, unknown>>): number {
  return Number(attributes.axis)
}

export const softmaxModel: Model = {
  shapes: ({ x }) => ({ y: x.shape }),
  forward: (arithmetic, { x }, attributes) => ({
    y: alongAxis(exact(x), axisOf(attributes), (rows) => softmaxParts(arithmetic, rows).softmax),
  }),
  /** y·(g − Σ g·y); written as a Jacobian matrix, it rounds Σ |g|·y. */
  backward: (arithmetic, { x }, attributes, { y: gradient }) => {
    const { order, back } = axisLast(x.shape.length, axisOf(attributes))
    const y = softmaxParts(arithmetic, permuted(exact(x), order)).softmax
    const g = permuted(exact(gradient), order)
    const length = g.shape[g.shape.length - 1]
    const dot = arithmetic.sum(arithmetic.multiply(g, y), 'common')
    const size = (i: number) => {
      const from = Math.floor(i / length) * length
      let sum = Math.abs(g.value[i])
      for (let j = from; j < from + length; j++) sum += Math.abs(g.value[j]) * y.value[j]
      return sum
    }
    const difference = arithmetic.widen(
      arithmetic.subtract(g, spread(dot, length)),
      (i) => arithmetic.profile.unitRoundoff * size(i),
    )
    return { x: permuted(arithmetic.multiply(y, difference), back) }
  },
}

export const logSoftmaxModel: Model = {
  shapes: ({ x }) => ({ y: x.shape }),
  forward: (arithmetic, { x }, attributes) => ({
    y: alongAxis(exact(x), axisOf(attributes), (rows) => softmaxParts(arithmetic, rows).logSoftmax),
  }),
  /** g − y·Σ g */
  backward: (arithmetic, { x }, attributes, { y: gradient }) => {
    const { order, back } = axisLast(x.shape.length, axisOf(attributes))
    const y = softmaxParts(arithmetic, permuted(exact(x), order)).softmax
    const g = permuted(exact(gradient), order)
    const length = g.shape[g.shape.length - 1]
    const total = spread(arithmetic.sum(g), length)
    return { x: permuted(arithmetic.subtract(g, arithmetic.multiply(y, total)), back) }
  },
}

export function axisCalls(operator: string, model: Model): OperatorProperties['calls'] {
  return completeCalls(operator, model, (kind, profile) =>
    fc
      .record({
        leading: leadingDimensions,
        length: sumLengths(kind, 5),
        axis: perhaps(fc.nat(2)),
        fromEnd: fc.boolean(),
        x: fillings(kind, profile),
      })
      .map(({ leading, length, axis, fromEnd, x }) => {
        const rank = leading.length + 1
        const at = axis === undefined ? rank - 1 : axis % rank
        const shape = [...leading]
        shape.splice(at, 0, length)
        return {
          inputs: { x: fill(shape, x, profile) },
          attributes: chosen({ axis: axis === undefined ? undefined : fromEnd ? at - rank : at }),
        }
      }),
  )
}

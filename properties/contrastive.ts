import fc from 'fast-check'
import { rowMajor, type Tensor, tensor } from '../oracle/tensor.js'
import { type Approximation, exact } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { chosen, completeCalls, type OperatorProperties, perhaps } from './calls.js'
import { fill, fillings, type Limits, Random, seeds, sizes, sumLengths } from './data.js'
import { byRow, parameter, rowLengths } from './functions.js'
import { numbers, ofItems, reduced, reductions } from './losses.js'
import type { Model } from './model.js'

const factors: Limits = { multiplied: true, most: 1e7 }

/** a − b and its lengths, which are taken as 1 where a is b: the derivative of the length is 0 there. */
function apart(arithmetic: Arithmetic, a: Tensor, b: Tensor) {
  const difference = arithmetic.subtract(exact(a), exact(b))
  const distance = rowLengths(arithmetic, difference)
  const none = (i: number) => distance.value[i] === 0 && distance.bound[i] === 0
  return {
    difference,
    distance,
    divisor: { ...distance, value: distance.value.map((value, i) => (none(i) ? 1 : value)) },
  }
}

/** The entries of one approximation where `same` is 1, those of the other where it is 0. */
function bySame(same: Tensor, alike: Approximation, different: Approximation): Approximation {
  const marks = rowMajor(same)
  const step = alike.value.length / marks.length
  const pick = (part: 'value' | 'bound' | 'variance') =>
    alike[part].map((entry, i) => (marks[Math.floor(i / step)] === 1 ? entry : different[part][i]))
  return { shape: alike.shape, value: pick('value'), bound: pick('bound'), variance: pick('variance') }
}

/** max(0, margin − d) */
function shortfall(arithmetic: Arithmetic, distance: Approximation, margin: number): Approximation {
  return arithmetic.relu(arithmetic.subtract(parameter(arithmetic, distance.shape, margin), distance))
}

const contrastiveModel: Model = {
  shapes: ({ a }, { reduction }) => ({ loss: reduction === 'none' ? [a.shape[0]] : [] }),
  /** d² from the squares, or as the square of their root; max(0, margin − d)². */
  forward: (arithmetic, { a, b, same }, { margin, reduction }) => {
    const { distance } = apart(arithmetic, a, b)
    const items = bySame(
      same,
      arithmetic.square(distance),
      arithmetic.square(shortfall(arithmetic, distance, Number(margin))),
    )
    return { loss: reduced(arithmetic, items, reduction) }
  },
  /** 2g·(a − b), or −2g·max(0, margin − d)·(a − b)/d. */
  backward: (arithmetic, { a, b, same }, { margin, reduction }, { loss }) => {
    const { difference, distance, divisor } = apart(arithmetic, a, b)
    const g = arithmetic.scale(ofItems(arithmetic, exact(loss), [a.shape[0]], reduction), 2)
    const slope = arithmetic.multiply(arithmetic.negate(shortfall(arithmetic, distance, Number(margin))), g)
    const direction = byRow(difference, divisor, 'divide', arithmetic)
    const gradient = bySame(
      same,
      byRow(difference, g, 'multiply', arithmetic),
      byRow(direction, slope, 'multiply', arithmetic),
    )
    const u = arithmetic.profile.unitRoundoff
    // The slope may be divided by the distance before it is multiplied by the difference, and overflow between the two.
    const ratio = arithmetic.divide(slope, divisor)
    const [marked, D] = [rowMajor(same), a.shape[1]]
    const open = (row: number) => marked[row] === 0 && ratio.bound[row] === Number.POSITIVE_INFINITY
    const widened = arithmetic.widen(gradient, (i) =>
      open(Math.floor(i / D)) ? Number.POSITIVE_INFINITY : 2 * u * Math.abs(gradient.value[i]),
    )
    return { a: widened, b: arithmetic.negate(widened) }
  },
}

/** Marks of every kind: all alike, none, or some. */
function marks(N: number, kind: string, seed: number): Tensor {
  const random = new Random(seed)
  return tensor(
    [N],
    Array.from({ length: N }, () => (kind === 'some' ? random.integer(0, 1) : kind === 'all' ? 1 : 0)),
  )
}

/** b, its rows at least 2 from a's: the length of their difference bends where they meet. */
function aside(a: Tensor, b: Tensor): Tensor {
  const [, D] = a.shape
  const data = rowMajor(a)
  return tensor(
    a.shape,
    rowMajor(b).map((value, i) => (i % D === 0 ? data[i] + (value < 0 ? -2 : 2) : value)),
  )
}

const contrastiveCalls = completeCalls(
  'contrastiveLoss',
  contrastiveModel,
  (kind, profile) =>
    fc
      .record({
        N: sizes(4),
        D: sumLengths(kind, 5),
        a: fillings(kind, profile, factors),
        b: fc.option(fillings(kind, profile, factors), { nil: undefined, freq: 6 }),
        marked: fc.constantFrom('some', 'some', 'none', 'all'),
        seed: seeds,
        margin: perhaps(kind === 'smooth' ? numbers(profile, 1, 0.5, 64) : numbers(profile, 1, 0.5, 2, 8, 0, 64, 0.3)),
        reduction: perhaps(fc.constantFrom(...reductions)),
      })
      .map(({ N, D, a, b, marked, seed, margin, reduction }) => {
        const left = fill([N, D], a, profile)
        const right = b === undefined ? left : fill([N, D], b, profile)
        return {
          inputs: { a: left, b: kind === 'smooth' ? aside(left, right) : right, same: marks(N, marked, seed) },
          attributes: chosen<number | string>({ margin, reduction }),
        }
      }),
  factors,
)

/** The pairs of a siamese network. (Dimensionality Reduction by Learning an Invariant Mapping, 2006, equation 4) */
export const contrastive: Omit<OperatorProperties, 'laws'> = {
  operator: 'contrastiveLoss',
  model: contrastiveModel,
  calls: contrastiveCalls,
  smooth: contrastiveCalls('smooth'),
}

const momentumModel: Model = {
  shapes: ({ target }) => ({ y: target.shape }),
  /** m·t + (1 − m)·o, also as o + m·(t − o) or t + (1 − m)·(o − t). */
  forward: (arithmetic, { target, online }, { momentum }) => {
    const m = parameter(arithmetic, target.shape, Number(momentum))
    const rest = arithmetic.shift(arithmetic.negate(m), 1)
    const y = arithmetic.add(arithmetic.multiply(m, exact(target)), arithmetic.multiply(rest, exact(online)))
    const u = arithmetic.profile.unitRoundoff
    const size = (i: number) => Math.abs(rowMajor(target)[i]) + Math.abs(rowMajor(online)[i])
    return { y: arithmetic.widen(y, (i) => 2 * u * size(i)) }
  },
}

const momentumCalls = completeCalls('momentumUpdate', momentumModel, (kind, profile) =>
  fc
    .record({
      shape: fc.array(sizes(4), { maxLength: 3 }),
      target: fillings(kind, profile, { multiplied: true }),
      online: fillings(kind, profile, { multiplied: true }),
      momentum: perhaps(numbers(profile, 0.5, 0.9, 0, 1, 0.25)),
    })
    .map(({ shape, target, online, momentum }) => ({
      inputs: { target: fill(shape, target, profile), online: fill(shape, online, profile) },
      attributes: chosen({ momentum }),
    })),
)

/** The target network follows the online one. (Momentum Contrast, 2020, equation 2) */
export const movingAverage: Omit<OperatorProperties, 'laws'> = {
  operator: 'momentumUpdate',
  model: momentumModel,
  calls: momentumCalls,
}

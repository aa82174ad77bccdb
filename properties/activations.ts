import fc from 'fast-check'
import { reshape, rowMajor, type Tensor, type Tensors } from '../oracle/tensor.js'
import { type Approximation, constant, exact, gather, permutation, permuted, spread } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { chosen, completeCalls, type OperatorProperties, perhaps } from './calls.js'
import { compare, type Verdict } from './comparison.js'
import { fill, fillings, type Limits, leadingDimensions, seeds, sizes, sumLengths } from './data.js'
import type { Law } from './law.js'
import type { Model } from './model.js'
import { changed, refuses } from './refusals.js'
import {
  actsEntryByEntry,
  isHomogeneous,
  known,
  law,
  ledger,
  plus,
  reordered,
  taken,
  takenFrom,
  tensorOf,
  times,
  within,
} from './relations.js'

/** Models and calls of the functions of one number, applied to every entry. */
function elementwise(
  operator: string,
  forward: (arithmetic: Arithmetic, x: Approximation) => Approximation,
  backward: (arithmetic: Arithmetic, x: Approximation, g: Approximation) => Approximation,
): Omit<OperatorProperties, 'laws'> {
  const model: Model = {
    shapes: ({ x }) => ({ y: x.shape }),
    forward: (arithmetic, { x }) => ({ y: forward(arithmetic, exact(x)) }),
    backward: (arithmetic, { x }, _, { y }) => ({ x: backward(arithmetic, exact(x), exact(y)) }),
  }
  const calls = completeCalls(operator, model, (kind, profile) =>
    fc
      .record({ shape: fc.array(sizes(4), { maxLength: 4 }), x: fillings(kind, profile) })
      .map(({ shape, x }) => ({ inputs: { x: fill(shape, x, profile) }, attributes: {} })),
  )
  return { operator, model, calls }
}

/**
 * 1/(1 + e^−x) from the side that does not overflow; the forms (1 + tanh(x/2))/2 and 1 − σ(−x) have errors of some roundings
 * of 1, not of σ.
 */
export function sigmoidOf(arithmetic: Arithmetic, x: Approximation): Approximation {
  const size = { ...x, value: x.value.map((value) => -Math.abs(value)) }
  const e = arithmetic.exp(size)
  const denominator = arithmetic.shift(e, 1)
  const numerator = { ...e, value: e.value.map((value, i) => (x.value[i] < 0 ? value : 1)) }
  const error = 2 * arithmetic.profile.unitRoundoff
  return arithmetic.widen(arithmetic.divide(numerator, denominator), () => error)
}

const sigmoidBase = elementwise(
  'sigmoid',
  sigmoidOf,
  /** g·σ·(1 − σ) */
  (arithmetic, x, g) => {
    const y = sigmoidOf(arithmetic, x)
    return arithmetic.multiply(g, arithmetic.multiply(y, arithmetic.shift(arithmetic.negate(y), 1)))
  },
)

/** Laws of a function that is applied entry by entry, never falls, and has its value at 0. */
function monotone(base: Omit<OperatorProperties, 'laws'>, atZero: number): Law[] {
  const { operator, calls } = base
  return [
    actsEntryByEntry({ operator, calls: calls('wide'), name: 'acts on every entry alone' }),
    law({
      operator,
      calls: calls('wide'),
      name: 'stays finite',
      check: async ({ call: { inputs, attributes }, subject }) => staysFinite(await subject.answer(inputs, attributes)),
    }),
    law({
      operator,
      calls: calls('wide'),
      name: 'never falls',
      check: async ({ call, subject }) => {
        const { x } = call.inputs
        const order = Array.from({ length: x.size }, (_, i) => i).sort((i, j) => rowMajor(x)[i] - rowMajor(x)[j])
        const { y } = await subject.forward({ x: taken(reshape(x, [x.size]), 0, order) }, {})
        const rise = y.value.map((value, i) => (i === 0 ? value : Math.max(value, y.value[i - 1])))
        const before = takenFrom(
          y,
          0,
          order.map((_, i) => Math.max(i - 1, 0)),
        )
        return compare('y of the next larger x', y, { ...before, value: rise })
      },
    }),
    law({
      operator,
      calls: calls('simple'),
      name: `is ${atZero} at 0`,
      check: async ({ call, subject }) => {
        const { y } = await subject.forward({ x: times(call.inputs.x, 0) }, {})
        return compare('y', y, constant(y.shape, atZero))
      },
    }),
  ]
}

/** The derivative is the same on both sides of 0. */
function evenDerivative({ operator, calls }: Omit<OperatorProperties, 'laws'>): Law {
  return law({
    operator,
    calls: calls('wide'),
    kind: 'gradient',
    backward: true,
    name: 'has the same slope at x and −x',
    check: async ({ call: { inputs, gradients }, subject }) => {
      const there = await subject.backward(inputs, {}, gradients)
      const here = await subject.backward({ x: times(inputs.x, -1) }, {}, gradients)
      return compare('∂L/∂x at −x', here.x, there.x)
    },
  })
}

export const sigmoid: OperatorProperties = {
  ...sigmoidBase,
  smooth: sigmoidBase.calls('smooth'),
  laws: [
    ...monotone(sigmoidBase, 0.5),
    evenDerivative(sigmoidBase),
    law({
      operator: 'sigmoid',
      calls: sigmoidBase.calls('wide'),
      name: 'adds up to one with its value at −x',
      check: async ({ call: { inputs }, subject }) => {
        const there = await subject.forward(inputs, {})
        const here = await subject.forward({ x: times(inputs.x, -1) }, {})
        return compare('σ(x) + σ(−x)', ledger.add(there.y, here.y), constant(there.y.shape, 1))
      },
    }),
    law({
      operator: 'sigmoid',
      calls: sigmoidBase.calls('wide'),
      name: 'lies between 0 and 1',
      check: async ({ call: { inputs }, subject }) => within('y', (await subject.forward(inputs, {})).y, 0, 1),
    }),
    law({
      operator: 'sigmoid',
      calls: sigmoidBase.calls('simple'),
      name: 'squares its odds when x is doubled',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward(inputs, {})
        const { y: twice } = await subject.forward({ x: times(inputs.x, 2) }, {})
        const yes = ledger.square(y)
        const no = ledger.square(ledger.shift(ledger.negate(y), 1))
        return compare('σ(2x)', twice, ledger.divide(yes, ledger.add(yes, no)))
      },
    }),
    law({
      operator: 'sigmoid',
      calls: sigmoidBase.calls('wide'),
      kind: 'gradient',
      backward: true,
      name: 'has the slope σ(x)·(1 − σ(x))',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const { y } = await subject.forward(inputs, {})
        const { x } = await subject.backward(inputs, {}, gradients)
        const slope = ledger.multiply(y, ledger.shift(ledger.negate(y), 1))
        return compare('∂L/∂x', x, ledger.multiply(known(gradients.y), slope))
      },
    }),
  ],
}

const tanhBase = elementwise(
  'tanh',
  (arithmetic, x) => arithmetic.tanh(x),
  /** g·(1 − tanh²) */
  (arithmetic, x, g) =>
    arithmetic.multiply(g, arithmetic.shift(arithmetic.negate(arithmetic.square(arithmetic.tanh(x))), 1)),
)

export const tanh: OperatorProperties = {
  ...tanhBase,
  smooth: tanhBase.calls('smooth'),
  laws: [
    ...monotone(tanhBase, 0),
    evenDerivative(tanhBase),
    isHomogeneous({
      operator: 'tanh',
      calls: tanhBase.calls('wide'),
      name: 'changes its sign with x',
      inputs: ['x'],
      degree: 1,
      factors: [-1],
    }),
    law({
      operator: 'tanh',
      calls: tanhBase.calls('wide'),
      name: 'lies between −1 and 1',
      check: async ({ call: { inputs }, subject }) => within('y', (await subject.forward(inputs, {})).y, -1, 1),
    }),
    law({
      operator: 'tanh',
      calls: tanhBase.calls('simple'),
      name: 'obeys the formula for the doubled argument',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward(inputs, {})
        const { y: twice } = await subject.forward({ x: times(inputs.x, 2) }, {})
        return compare('tanh(2x)', twice, ledger.divide(ledger.scale(y, 2), ledger.shift(ledger.square(y), 1)))
      },
    }),
    law({
      operator: 'tanh',
      calls: tanhBase.calls('wide'),
      kind: 'gradient',
      backward: true,
      name: 'has the slope 1 − tanh²(x)',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const { y } = await subject.forward(inputs, {})
        const { x } = await subject.backward(inputs, {}, gradients)
        const slope = ledger.shift(ledger.negate(ledger.square(y)), 1)
        return compare('∂L/∂x', x, ledger.multiply(known(gradients.y), slope))
      },
    }),
  ],
}

const reluBase = elementwise(
  'relu',
  (arithmetic, x) => arithmetic.relu(x),
  (_, x, g) => ({ ...g, value: g.value.map((value, i) => (x.value[i] > 0 ? value : 0)) }),
)

export const relu: OperatorProperties = {
  ...reluBase,
  hasKinks: true,
  laws: [
    ...monotone(reluBase, 0),
    law({
      operator: 'relu',
      calls: reluBase.calls('wide'),
      name: 'leaves its own output unchanged',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward(inputs, {})
        const again = await subject.forward({ x: tensorOf(y.shape, (i) => y.value[i]) }, {})
        return compare('relu(relu(x))', again.y, y)
      },
    }),
    isHomogeneous({
      operator: 'relu',
      calls: reluBase.calls('simple'),
      name: 'scales with x by a positive factor',
      inputs: ['x'],
      degree: 1,
      factors: [0.5, 2, 4],
    }),
    law({
      operator: 'relu',
      calls: reluBase.calls('wide'),
      name: 'parts x into relu(x) − relu(−x)',
      check: async ({ call: { inputs }, subject }) => {
        const there = await subject.forward(inputs, {})
        const here = await subject.forward({ x: times(inputs.x, -1) }, {})
        return compare('relu(x) − relu(−x)', ledger.subtract(there.y, here.y), known(inputs.x))
      },
    }),
    law({
      operator: 'relu',
      calls: reluBase.calls('simple'),
      kind: 'gradient',
      backward: true,
      name: 'has the slope 0 at 0',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const { x } = await subject.backward({ x: times(inputs.x, 0) }, {}, gradients)
        return compare('∂L/∂x at 0', x, constant(x.shape, 0))
      },
    }),
    law({
      operator: 'relu',
      calls: reluBase.calls('wide'),
      kind: 'gradient',
      backward: true,
      name: 'shares the gradient out between x and −x',
      check: async ({ call: { inputs, gradients }, subject }) => {
        const there = await subject.backward(inputs, {}, gradients)
        const here = await subject.backward({ x: times(inputs.x, -1) }, {}, gradients)
        const expected = {
          ...known(gradients.y),
          value: rowMajor(gradients.y).map((g, i) => (rowMajor(inputs.x)[i] === 0 ? 0 : g)),
        }
        return compare('∂L/∂x at x and at −x together', ledger.add(there.x, here.x), expected)
      },
    }),
  ],
}

/** Axes in an order that has the given one last, and the order that undoes it. */
function axisLast(rank: number, axis: number) {
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
export interface SoftmaxParts {
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

function axisOf(attributes: Readonly<Record<string, unknown>>): number {
  return Number(attributes.axis)
}

const softmaxModel: Model = {
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

const logSoftmaxModel: Model = {
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

const logits: Limits = {}

function axisCalls(operator: string, model: Model): OperatorProperties['calls'] {
  return completeCalls(operator, model, (kind, profile) =>
    fc
      .record({
        leading: leadingDimensions,
        length: sumLengths(kind, 5),
        axis: perhaps(fc.nat(2)),
        fromEnd: fc.boolean(),
        x: fillings(kind, profile, logits),
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

/** Sums of an answer's rows along an axis. */
function sumsAlong(y: Approximation, axis: number): Approximation {
  return ledger.sum(permuted(y, axisLast(y.shape.length, axis).order), 'common')
}

/** Laws of softmax and of its logarithm alike. */
function shared(operator: 'softmax' | 'logSoftmax', calls: OperatorProperties['calls']): Law[] {
  return [
    law({
      operator,
      calls: calls('simple'),
      name: 'is unchanged when a constant is added',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const by = random.integer(-16, 16)
        const plain = await subject.forward(inputs, attributes)
        const moved = await subject.forward(
          { x: tensorOf(inputs.x.shape, (i) => rowMajor(inputs.x)[i] + by) },
          attributes,
        )
        return compare(`with ${by} added to x, y`, moved.y, plain.y)
      },
    }),
    law({
      operator,
      calls: calls('wide'),
      name: 'reorders its entries with those of x along the axis',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const rank = inputs.x.shape.length
        const axis = (axisOf(attributes) + rank) % rank
        const order = random.permutation(inputs.x.shape[axis])
        const plain = await subject.forward(inputs, attributes)
        const moved = await subject.forward({ x: taken(inputs.x, axis, order) }, attributes)
        return compare('with entries reordered, y', moved.y, takenFrom(plain.y, axis, order))
      },
    }),
    law({
      operator,
      calls: calls('wide'),
      name: 'does the same along any axis that is put in its place',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { order, back } = axisLast(inputs.x.shape.length, axisOf(attributes))
        const plain = await subject.forward(inputs, attributes)
        const last = await subject.forward({ x: reordered(inputs.x, order) }, { axis: -1 })
        return compare('along the last axis, y', permuted(last.y, back), plain.y)
      },
    }),
    law({
      operator,
      calls: calls('wide'),
      name: 'counts an axis from the end as well as from the front',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const rank = inputs.x.shape.length
        const axis = axisOf(attributes)
        const plain = await subject.forward(inputs, attributes)
        const other = await subject.forward(inputs, { axis: axis < 0 ? axis + rank : axis - rank })
        return compare('with the axis counted from the other end, y', other.y, plain.y)
      },
    }),
    law({
      operator,
      calls: calls('wide'),
      name: 'treats each row along the axis alone',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const { order } = axisLast(inputs.x.shape.length, axisOf(attributes))
        const rows = reordered(inputs.x, order)
        const length = rows.shape[rows.shape.length - 1]
        const row = random.integer(0, rows.size / length - 1)
        const plain = await subject.forward(inputs, attributes)
        const alone = await subject.forward(
          { x: tensorOf([length], (i) => rowMajor(rows)[row * length + i]) },
          { axis: 0 },
        )
        const { index } = permutation(inputs.x.shape, order)
        return compare(
          'a row by itself: y',
          alone.y,
          gather(plain.y, [length], index.subarray(row * length, (row + 1) * length)),
        )
      },
    }),
    law({
      operator,
      calls: calls('wide'),
      name: 'is larger where x is larger',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { order } = axisLast(inputs.x.shape.length, axisOf(attributes))
        const rows = rowMajor(reordered(inputs.x, order))
        const y = permuted((await subject.forward(inputs, attributes)).y, order)
        const length = y.shape[y.shape.length - 1]
        // The next smaller entry of the same row, or the entry itself.
        const smaller = Array.from(rows, (value, i) => {
          let best = i
          for (let j = Math.floor(i / length) * length; j < Math.floor(i / length + 1) * length; j++)
            if (rows[j] < value && (best === i || rows[j] > rows[best])) best = j
          return best
        })
        const below = gather(y, y.shape, smaller)
        return compare('y, against that of the next smaller x,', y, {
          ...below,
          value: y.value.map((value, i) => Math.max(value, below.value[i])),
        })
      },
    }),
    law({
      operator,
      calls: calls('wide'),
      kind: 'gradient',
      backward: true,
      name: 'has a gradient that sums to zero along the axis',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const { x } = await subject.backward(inputs, attributes, gradients)
        const sums = sumsAlong(x, axisOf(attributes))
        return compare('Σ ∂L/∂x', sums, constant(sums.shape, 0))
      },
    }),
  ]
}

/** Whether y is finite everywhere: the one law of which an answer of NaN is a counterexample, and no nonsense. */
function staysFinite({ y }: Tensors): Verdict {
  const answered = known(tensorOf(y.shape, (i) => rowMajor(y)[i]))
  const value = answered.value.map((entry) => (Number.isFinite(entry) ? entry : 0))
  return compare('y', answered, { ...answered, value })
}

/** Logits as large as the precision must cope with: 1e300, 1e4, or as large as it holds. */
function largeLogits(operator: 'softmax' | 'logSoftmax'): Law {
  return law({
    operator,
    name: 'stays finite for large logits',
    calls: (profile) =>
      fc.record({ length: fc.integer({ min: 2, max: 5 }), seed: seeds }).map(({ length, seed }) => {
        const size = profile.precision === 'float64' ? 2 ** 996 : 8192
        // A row that holds large logits, and one in which all are far below those of the other.
        const x = tensorOf([2, length], (i) => (i === 0 || (i < length && (seed >> i) & 1) ? size : -size))
        return { inputs: { x }, attributes: { axis: -1 }, given: {}, gradients: {}, seed }
      }),
    check: async ({ call: { inputs, attributes }, subject }) => staysFinite(await subject.answer(inputs, attributes)),
  })
}

const softmaxCalls = axisCalls('softmax', softmaxModel)
const logSoftmaxCalls = axisCalls('logSoftmax', logSoftmaxModel)

export const softmax: OperatorProperties = {
  operator: 'softmax',
  model: softmaxModel,
  calls: softmaxCalls,
  smooth: softmaxCalls('smooth'),
  laws: [
    refuses({ operator: 'softmax', calls: softmaxCalls }, 'an axis that x does not have', (call, random) => {
      const rank = call.inputs.x.shape.length
      return changed(call, 'axis', random.next() < 0.5 ? rank : -rank - 1)
    }),
    ...shared('softmax', softmaxCalls),
    largeLogits('softmax'),
    law({
      operator: 'softmax',
      calls: softmaxCalls('wide'),
      name: 'has entries that sum to one',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const sums = sumsAlong((await subject.forward(inputs, attributes)).y, axisOf(attributes))
        return compare('Σ y', sums, constant(sums.shape, 1))
      },
    }),
    law({
      operator: 'softmax',
      calls: softmaxCalls('wide'),
      name: 'lies between 0 and 1',
      check: async ({ call: { inputs, attributes }, subject }) =>
        within('y', (await subject.forward(inputs, attributes)).y, 0, 1),
    }),
    law({
      operator: 'softmax',
      calls: softmaxCalls('wide'),
      name: 'gives equal entries equal shares',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const first = rowMajor(inputs.x)[0]
        const { y } = await subject.forward({ x: tensorOf(inputs.x.shape, () => first) }, attributes)
        return compare('y of equal entries', y, constant(y.shape, 1 / lengthAlong(inputs.x, attributes)))
      },
    }),
    law({
      operator: 'softmax',
      calls: softmaxCalls('simple'),
      name: 'multiplies shares by e^c where c is added to one entry',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const { x } = inputs
        const { order } = axisLast(x.shape.length, axisOf(attributes))
        const rows = reordered(x, order)
        const length = rows.shape[rows.shape.length - 1]
        const first = tensorOf([length], (i) => rowMajor(rows)[i])
        const by = random.integer(1, 3)
        const raised = plus(
          first,
          tensorOf([length], (i) => (i === 0 ? by : 0)),
        )
        const { y: before } = await subject.forward({ x: first }, { axis: 0 })
        const { y: after } = await subject.forward({ x: raised }, { axis: 0 })
        return oddsRatio(before, after, length, Math.exp(by))
      },
    }),
  ],
}

/** y₀′/y′ᵢ = factor·y₀/yᵢ, without the quotients. */
function oddsRatio(before: Approximation, after: Approximation, length: number, factor: number): Verdict {
  const zeroth = (a: Approximation) => gather(a, [length], new Int32Array(length))
  const left = ledger.multiply(zeroth(after), before)
  const right = ledger.scale(ledger.multiply(zeroth(before), after), factor)
  const others = Array.from({ length: length - 1 }, (_, i) => i + 1)
  return compare('y′₀·yᵢ against e^c·y₀·y′ᵢ: entry', takenFrom(left, 0, others), takenFrom(right, 0, others))
}

function lengthAlong(x: Tensor, attributes: Readonly<Record<string, unknown>>): number {
  const axis = axisOf(attributes)
  return x.shape[axis < 0 ? axis + x.shape.length : axis]
}

export const logSoftmax: OperatorProperties = {
  operator: 'logSoftmax',
  model: logSoftmaxModel,
  calls: logSoftmaxCalls,
  smooth: logSoftmaxCalls('smooth'),
  laws: [
    refuses({ operator: 'logSoftmax', calls: logSoftmaxCalls }, 'an axis that x does not have', (call, random) => {
      const rank = call.inputs.x.shape.length
      return changed(call, 'axis', random.next() < 0.5 ? rank : -rank - 1)
    }),
    ...shared('logSoftmax', logSoftmaxCalls),
    largeLogits('logSoftmax'),
    law({
      operator: 'logSoftmax',
      calls: logSoftmaxCalls('wide'),
      name: 'has exponentials that sum to one',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const sums = sumsAlong(ledger.exp((await subject.forward(inputs, attributes)).y), axisOf(attributes))
        return compare('Σ e^y', sums, constant(sums.shape, 1))
      },
    }),
    law({
      operator: 'logSoftmax',
      calls: logSoftmaxCalls('wide'),
      name: 'is at most 0',
      check: async ({ call: { inputs, attributes }, subject }) =>
        within('y', (await subject.forward(inputs, attributes)).y, Number.NEGATIVE_INFINITY, 0),
    }),
    law({
      operator: 'logSoftmax',
      calls: logSoftmaxCalls('wide'),
      name: 'gives equal entries −log of their number',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const first = rowMajor(inputs.x)[0]
        const { y } = await subject.forward({ x: tensorOf(inputs.x.shape, () => first) }, attributes)
        const expected = ledger.negate(ledger.log(constant(y.shape, lengthAlong(inputs.x, attributes))))
        return compare('y of equal entries', y, expected)
      },
    }),
    law({
      operator: 'logSoftmax',
      calls: logSoftmaxCalls('wide'),
      name: 'keeps the differences between the entries of x',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const { order } = axisLast(inputs.x.shape.length, axisOf(attributes))
        const { y } = await subject.forward(inputs, attributes)
        const length = lengthAlong(inputs.x, attributes)
        const differences = (a: Approximation) => {
          const rows = permuted(a, order)
          const first = gather(
            rows,
            rows.shape,
            Array.from(rows.value, (_, i) => i - (i % length)),
          )
          return ledger.subtract(rows, first)
        }
        return compare('y − y₀', differences(y), differences(known(inputs.x)))
      },
    }),
  ],
}

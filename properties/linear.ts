import fc from 'fast-check'
import { copy, sizeOf, type Tensor, tensor } from '../oracle/tensor.js'
import { type Approximation, exact, joined, permuted, repeated, reshaped, transposed } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { completeCalls, type OperatorProperties, perhaps, present } from './calls.js'
import { compare } from './comparison.js'
import { fill, fillings, type Limits, leadingDimensions, sizes, sumLengths } from './data.js'
import type { Model } from './model.js'
import {
  isAdditive,
  isHomogeneous,
  known,
  law,
  obeysEuler,
  reordered,
  reorders,
  taken,
  wholeNumbers,
  zerosSayNothing,
} from './relations.js'

const factors: Limits = { multiplied: true }

/** Both operands with the leading dimensions of the one that has them. */
function aligned(a: Approximation, b: Approximation): readonly [Approximation, Approximation] {
  const leading = a.shape.length >= b.shape.length ? a.shape.slice(0, -2) : b.shape.slice(0, -2)
  return [repeated(a, [...leading, ...a.shape.slice(-2)]), repeated(b, [...leading, ...b.shape.slice(-2)])]
}

/** a·b, the leading dimensions absent on one side perhaps. */
function product(arithmetic: Arithmetic, a: Approximation, b: Approximation): Approximation {
  const [left, right] = aligned(a, b)
  return arithmetic.matmul(left, right)
}

/** The gradient of an operand that lacked the leading dimensions: one long sum over them and over the rows. */
const matmulModel: Model = {
  shapes: ({ a, b }) => {
    const leading = a.shape.length > 2 ? a.shape.slice(0, -2) : b.shape.slice(0, -2)
    return { y: [...leading, a.shape[a.shape.length - 2], b.shape[b.shape.length - 1]] }
  },
  forward: (arithmetic, { a, b }) => ({ y: product(arithmetic, exact(a), exact(b)) }),
  backward: (arithmetic, { a, b }, _, { y }) => {
    const [left, right] = aligned(exact(a), exact(b))
    const g = exact(y)
    // ∂L/∂a[m,k] = Σₙ g[m,n]·b[k,n]; where a is shared by all items, the sum runs over (item, n).
    const shareA = a.shape.length < y.shape.length
    const shareB = b.shape.length < y.shape.length
    const [M, N] = y.shape.slice(-2)
    const K = a.shape[a.shape.length - 1]
    const items = sizeOf(y.shape.slice(0, -2))
    const flat = (x: Approximation, shape: readonly number[]) => reshaped(x, shape)
    return {
      a: shareA
        ? arithmetic.matmul(
            flat(permuted(flat(g, [items, M, N]), [1, 0, 2]), [M, items * N]),
            flat(permuted(flat(right, [items, K, N]), [0, 2, 1]), [items * N, K]),
          )
        : arithmetic.matmul(g, transposed(right)),
      b: shareB
        ? arithmetic.matmul(
            flat(permuted(flat(left, [items, M, K]), [2, 0, 1]), [K, items * M]),
            flat(g, [items * M, N]),
          )
        : arithmetic.matmul(transposed(left), g),
    }
  },
}

const matmulCalls = completeCalls(
  'matmul',
  matmulModel,
  (kind, profile) =>
    fc
      .record({
        leading: leadingDimensions,
        shared: fc.constantFrom('neither', 'a', 'b'),
        M: sizes(4),
        K: sumLengths(kind, 5),
        N: sizes(4),
        a: fillings(kind, profile, factors),
        b: fillings(kind, profile, factors),
      })
      .map(({ leading, shared, M, K, N, a, b }) => ({
        inputs: {
          a: fill([...(shared === 'a' ? [] : leading), M, K], a, profile),
          b: fill([...(shared === 'b' ? [] : leading), K, N], b, profile),
        },
        attributes: {},
      })),
  factors,
)

/** The identity matrix with as many leading dimensions of 1 as it takes: none, since they may be absent. */
function identity(size: number): Tensor {
  return tensor(
    [size, size],
    Float64Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0)),
  )
}

function lastTransposed(x: Tensor): Tensor {
  const rank = x.shape.length
  return reordered(
    x,
    x.shape.map((_, d) => (d === rank - 1 ? rank - 2 : d === rank - 2 ? rank - 1 : d)),
  )
}

const simple = { operator: 'matmul', calls: matmulCalls('simple') }

export const matmul: OperatorProperties = {
  operator: 'matmul',
  model: matmulModel,
  calls: matmulCalls,
  smooth: matmulCalls('smooth'),
  laws: [
    law({
      ...simple,
      name: 'leaves a matrix unchanged when it is multiplied by the identity',
      check: async ({ call: { inputs }, subject }) => {
        const { a, b } = inputs
        const right = await subject.forward({ a, b: identity(a.shape[a.shape.length - 1]) }, {})
        const left = await subject.forward({ a: identity(b.shape[b.shape.length - 2]), b }, {})
        return [compare('a·I', right.y, known(a)), compare('I·b', left.y, known(b))]
      },
    }),
    isAdditive({ ...simple, name: 'is additive in a', input: 'a' }),
    isAdditive({ ...simple, name: 'is additive in b', input: 'b' }),
    isHomogeneous({ ...simple, name: 'scales with a', inputs: ['a'], degree: 1 }),
    isHomogeneous({
      ...simple,
      name: 'scales with the square when both operands are scaled',
      inputs: ['a', 'b'],
      degree: 2,
    }),
    law({
      ...simple,
      calls: matmulCalls('wide'),
      name: 'has the transposed product of the transposed operands in reverse order',
      check: async ({ call: { inputs }, subject }) => {
        const forwards = await subject.forward(inputs, {})
        const backwards = await subject.forward({ a: lastTransposed(inputs.b), b: lastTransposed(inputs.a) }, {})
        return compare('bᵀ·aᵀ transposed: y', transposed(backwards.y), forwards.y)
      },
    }),
    law({
      ...simple,
      name: 'is associative',
      check: async ({ call: { inputs }, subject }, random) => {
        const [a, b] = [wholeNumbers(inputs.a.shape, random, 2), wholeNumbers(inputs.b.shape, random, 2)]
        const N = b.shape[b.shape.length - 1]
        const c = wholeNumbers([N, random.integer(1, 3)], random, 2)
        const ab = await subject.forward({ a, b }, {})
        const bc = await subject.forward({ a: b, b: c }, {})
        const left = await subject.forward({ a: tensor(ab.y.shape, ab.y.value.slice()), b: c }, {})
        const right = await subject.forward({ a, b: tensor(bc.y.shape, bc.y.value.slice()) }, {})
        return compare('(a·b)·c against a·(b·c)', left.y, right.y)
      },
    }),
    reorders({ ...simple, name: 'reorders its rows with those of a', inputs: { a: -2 }, outputs: { y: -2 } }),
    reorders({ ...simple, name: 'reorders its columns with those of b', inputs: { b: -1 }, outputs: { y: -1 } }),
    reorders({
      ...simple,
      calls: matmulCalls('wide'),
      name: 'does not depend on the order of the inner dimension',
      inputs: { a: -1, b: -2 },
      outputs: {},
    }),
    law({
      ...simple,
      calls: matmulCalls('wide'),
      name: 'multiplies a batch item by item',
      check: async ({ call: { inputs }, subject }, random) => {
        const together = await subject.forward(inputs, {})
        const leading = sizeOf(together.y.shape.slice(0, -2))
        const item = random.integer(0, leading - 1)
        const only = (x: Tensor) =>
          x.shape.length < together.y.shape.length ? x : taken(flattened(x), 0, [item]).pick(0)
        const alone = await subject.forward({ a: copy(only(inputs.a)), b: copy(only(inputs.b)) }, {})
        const [M, N] = together.y.shape.slice(-2)
        const part = reshaped(together.y, [leading, M * N])
        return compare(`item ${item} by itself: y`, reshaped(alone.y, [M * N]), row(part, item))
      },
    }),
    obeysEuler({
      ...simple,
      calls: matmulCalls('wide'),
      name: "obeys Euler's identity in a",
      input: 'a',
      output: 'y',
      degree: 1,
    }),
    obeysEuler({
      ...simple,
      calls: matmulCalls('wide'),
      name: "obeys Euler's identity in b",
      input: 'b',
      output: 'y',
      degree: 1,
    }),
  ],
}

/** A tensor's leading dimensions as one. */
function flattened(x: Tensor): Tensor {
  return tensor([sizeOf(x.shape.slice(0, -2)), ...x.shape.slice(-2)], copy(x).data)
}

function row(a: Approximation, i: number): Approximation {
  const length = a.shape[a.shape.length - 1]
  const part = (x: Float64Array) => x.slice(i * length, (i + 1) * length)
  return { shape: [length], value: part(a.value), bound: part(a.bound), variance: part(a.variance) }
}

const linearModel: Model = {
  shapes: ({ x, weight }) => ({ y: [...x.shape.slice(0, -1), weight.shape[0]] }),
  forward: (arithmetic, { x, weight, bias }) => {
    const [O, I] = weight.shape
    const rows = exact(reshapeRows(x, I))
    const columns = transposed(exact(weight))
    // x·Wᵀ + b as one sum, so that the bias may come first or last.
    const y =
      bias === undefined
        ? arithmetic.matmul(rows, columns)
        : arithmetic.matmul(
            joined([rows, ones([rows.shape[0], 1])]),
            transposed(joined([transposed(columns), reshaped(exact(bias), [O, 1])])),
          )
    return { y: reshaped(y, [...x.shape.slice(0, -1), O]) }
  },
  backward: (arithmetic, { x, weight, bias }, _, { y }) => {
    const [O, I] = weight.shape
    const g = exact(reshapeRows(y, O))
    return {
      x: reshaped(arithmetic.matmul(g, exact(weight)), x.shape),
      weight: arithmetic.matmul(transposed(g), exact(reshapeRows(x, I))),
      ...(bias === undefined ? {} : { bias: arithmetic.sum(transposed(g)) }),
    }
  },
}

function reshapeRows(x: Tensor, length: number): Tensor {
  return tensor([x.size / length, length], copy(x).data)
}

function ones(shape: readonly number[]): Approximation {
  return exact(tensor(shape, new Float64Array(sizeOf(shape)).fill(1)))
}

const linearCalls = completeCalls(
  'linear',
  linearModel,
  (kind, profile) =>
    fc
      .record({
        leading: leadingDimensions,
        I: sumLengths(kind, 5),
        O: sizes(4),
        x: fillings(kind, profile, factors),
        weight: fillings(kind, profile, factors),
        bias: perhaps(fillings(kind, profile, factors)),
      })
      .map(({ leading, I, O, x, weight, bias }) => ({
        inputs: present({
          x: fill([...leading, I], x, profile),
          weight: fill([O, I], weight, profile),
          bias: bias && fill([O], bias, profile),
        }),
        attributes: {},
      })),
  factors,
)

const simpleLinear = { operator: 'linear', calls: linearCalls('simple') }
const wideLinear = { operator: 'linear', calls: linearCalls('wide') }

export const linear: OperatorProperties = {
  operator: 'linear',
  model: linearModel,
  calls: linearCalls,
  smooth: linearCalls('smooth'),
  laws: [
    isAdditive({ ...simpleLinear, name: 'is affine in x', input: 'x', affine: true }),
    isAdditive({ ...simpleLinear, name: 'is affine in weight', input: 'weight', affine: true }),
    isHomogeneous({ ...simpleLinear, name: 'scales when x and bias are scaled', inputs: ['x', 'bias'], degree: 1 }),
    zerosSayNothing({
      ...wideLinear,
      name: 'takes a bias of zeros for none',
      input: 'bias',
      shape: ({ weight }) => [weight.shape[0]],
    }),
    law({
      ...wideLinear,
      name: 'gives the bias for an input of zeros',
      check: async ({ call: { inputs }, subject }) => {
        const zero = tensor(inputs.x.shape, new Float64Array(inputs.x.size))
        const { y } = await subject.forward({ ...inputs, x: zero }, {})
        const bias = inputs.bias ?? tensor([inputs.weight.shape[0]], new Float64Array(inputs.weight.shape[0]))
        return compare('y of an x of zeros', y, repeated(known(bias), y.shape))
      },
    }),
    law({
      ...simpleLinear,
      name: 'leaves x unchanged for the identity as weight',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward({ x: inputs.x, weight: identity(inputs.weight.shape[1]) }, {})
        return compare('y', y, known(inputs.x))
      },
    }),
    law({
      ...simpleLinear,
      name: 'gives the columns of weight for the unit vectors',
      check: async ({ call: { inputs }, subject }) => {
        const { y } = await subject.forward({ x: identity(inputs.weight.shape[1]), weight: inputs.weight }, {})
        return compare('y of the unit vectors', y, transposed(known(inputs.weight)))
      },
    }),
    reorders({
      ...wideLinear,
      name: 'does not depend on the order of the input features',
      inputs: { weight: -1, x: -1 },
      outputs: {},
    }),
    reorders({
      ...wideLinear,
      name: 'reorders its features with the rows of weight and bias',
      inputs: { weight: 0, bias: 0 },
      outputs: { y: -1 },
    }),
    law({
      ...wideLinear,
      name: 'treats each row of x alone',
      check: async ({ call: { inputs }, subject }, random) => {
        const I = inputs.weight.shape[1]
        const rows = reshapeRows(inputs.x, I)
        const at = random.integer(0, rows.shape[0] - 1)
        const together = await subject.forward(inputs, {})
        const alone = await subject.forward({ ...inputs, x: tensor([I], taken(rows, 0, [at]).data) }, {})
        return compare(`row ${at} by itself: y`, alone.y, row(together.y, at))
      },
    }),
  ],
}

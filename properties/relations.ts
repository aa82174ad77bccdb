import type fc from 'fast-check'
import type { Tensor, Tensors } from '../oracle/tensor.js'
import { reshape, rowMajor, sizeOf, tensor } from '../oracle/tensor.js'
import { type Approximation, gather, permutation, repeated } from './approximation.js'
import { Arithmetic } from './arithmetic.js'
import { compare, type Verdict, worstOf } from './comparison.js'
import { Random } from './data.js'
import type { Call, Law, LawKind, Trial } from './law.js'
import { ieee, type Profile } from './profile.js'

/** The laws' own arithmetic on answers: float64, whatever the subject computes in. */
export const ledger = new Arithmetic(ieee('float64'))

interface LawParts {
  readonly name: string
  readonly operator: string
  readonly kind?: LawKind
  readonly backward?: true
  readonly calls: (profile: Profile) => fc.Arbitrary<Call>
  readonly check: (trial: Trial, random: Random) => Promise<Verdict | readonly Verdict[]>
}

/** A law, one of mathematics and of the forward pass unless it says otherwise; `random` is the case's own. */
export function law({ name, operator, kind = 'mathematics', backward, calls, check }: LawParts): Law {
  return {
    name,
    operator,
    kind,
    backward: backward ?? false,
    calls,
    async check(trial) {
      const outcome = await check(trial, new Random(trial.call.seed ^ 0x5bd1e995))
      return 'status' in outcome ? outcome : worstOf(outcome)
    },
  }
}

/** A tensor of small whole numbers, of which sums are exact in every precision. */
export function wholeNumbers(shape: readonly number[], random: Random, most = 3): Tensor {
  return tensor(
    shape,
    Float64Array.from({ length: sizeOf(shape) }, () => random.integer(-most, most)),
  )
}

/** a + factor·b, elementwise, where the result is known to be representable. */
export function plus(a: Tensor, b: Tensor, factor = 1): Tensor {
  const right = rowMajor(b)
  return tensor(
    a.shape,
    rowMajor(a).map((x, i) => x + factor * right[i]),
  )
}

export function times(a: Tensor, factor: number): Tensor {
  return tensor(
    a.shape,
    rowMajor(a).map((x) => x * factor),
  )
}

/** The slices of a tensor along an axis that has been put into `order`; indices may repeat. */
export function taken(x: Tensor, axis: number, order: readonly number[]): Tensor {
  const shape = x.shape.map((length, d) => (d === axis ? order.length : length))
  const index = takenIndex(x.shape, axis, order)
  const data = rowMajor(x)
  return tensor(
    shape,
    Float64Array.from(index, (at) => data[at]),
  )
}

function takenIndex(shape: readonly number[], axis: number, order: readonly number[]): Int32Array {
  const inner = sizeOf(shape.slice(axis + 1))
  const outer = sizeOf(shape.slice(0, axis))
  const index = new Int32Array(outer * order.length * inner)
  let i = 0
  for (let o = 0; o < outer; o++)
    for (const slice of order) for (let r = 0; r < inner; r++) index[i++] = (o * shape[axis] + slice) * inner + r
  return index
}

/** The same for an answer. */
export function takenFrom(a: Approximation, axis: number, order: readonly number[]): Approximation {
  const shape = a.shape.map((length, d) => (d === axis ? order.length : length))
  return gather(a, shape, takenIndex(a.shape, axis, order))
}

/** The axes of a tensor in another order. */
export function reordered(x: Tensor, order: readonly number[]): Tensor {
  const { shape, index } = permutation(x.shape, order)
  const data = rowMajor(x)
  return tensor(
    shape,
    Float64Array.from(index, (at) => data[at]),
  )
}

/** An axis counted from the end, as the position of a tensor of this rank. */
function axisOf(shape: readonly number[], axis: number): number {
  return axis < 0 ? axis + shape.length : axis
}

type Axes = Readonly<Record<string, number>>

export interface Relation {
  readonly operator: string
  readonly calls: (profile: Profile) => fc.Arbitrary<Call>
  readonly name: string
}

/**
 * Putting the slices of some inputs along an axis into another order puts those of the output into the same order. `outputs` may be
 * empty: then the order does not matter at all.
 */
export function reorders(relation: Relation & { inputs: Axes; outputs: Axes }): Law {
  return law({
    ...relation,
    check: async ({ call, subject }, random) => {
      const [first, firstAxis] = Object.entries(relation.inputs)[0]
      const order = random.permutation(call.inputs[first].shape[axisOf(call.inputs[first].shape, firstAxis)])
      const inputs: Record<string, Tensor> = { ...call.inputs }
      for (const [name, axis] of Object.entries(relation.inputs))
        if (name in inputs) inputs[name] = taken(inputs[name], axisOf(inputs[name].shape, axis), order)
      const before = await subject.forward(call.inputs, call.attributes)
      const after = await subject.forward(inputs, call.attributes)
      return Object.entries(before).map(([name, y]) => {
        const axis = relation.outputs[name]
        const expected = axis === undefined ? y : takenFrom(y, axisOf(y.shape, axis), order)
        return compare(`with slices in the order ${order.join(', ')}, ${name}`, after[name], expected)
      })
    },
  })
}

/** Each slice of the inputs along an axis (the batch), called by itself, gives that slice of the output. */
export function treatsSlicesAlone(relation: Relation & { inputs: Axes; outputs: Axes }): Law {
  return law({
    ...relation,
    check: async ({ call, subject }, random) => {
      const [first, firstAxis] = Object.entries(relation.inputs)[0]
      const slice = random.integer(0, call.inputs[first].shape[axisOf(call.inputs[first].shape, firstAxis)] - 1)
      const inputs: Record<string, Tensor> = { ...call.inputs }
      for (const [name, axis] of Object.entries(relation.inputs))
        if (name in inputs) inputs[name] = taken(inputs[name], axisOf(inputs[name].shape, axis), [slice])
      const together = await subject.forward(call.inputs, call.attributes)
      const alone = await subject.forward(inputs, call.attributes)
      return Object.entries(relation.outputs).map(([name, axis]) =>
        compare(
          `slice ${slice} by itself: ${name}`,
          alone[name],
          takenFrom(together[name], axisOf(together[name].shape, axis), [slice]),
        ),
      )
    },
  })
}

/** f(x + z) + f(0) = f(x) + f(z) in one input, the others kept; f(0) is left out where f is linear. */
export function isAdditive(relation: Relation & { input: string; affine?: true }): Law {
  return law({
    ...relation,
    check: async ({ call, subject }, random) => {
      const x = call.inputs[relation.input]
      const z = wholeNumbers(x.shape, random)
      const at = (value: Tensor) => subject.forward({ ...call.inputs, [relation.input]: value }, call.attributes)
      const [both, one, other] = [await at(plus(x, z)), await at(x), await at(z)]
      const zero = relation.affine ? await at(times(z, 0)) : undefined
      return Object.keys(both).map((name) => {
        const left = zero === undefined ? both[name] : ledger.add(both[name], zero[name])
        return compare(`with another ${relation.input} added, ${name}`, left, ledger.add(one[name], other[name]))
      })
    },
  })
}

/** f(c·x) = cⁿ·f(x), where the inputs listed with their degree 1 are scaled by c, a power of two. */
export function isHomogeneous(
  relation: Relation & { inputs: readonly string[]; degree: number; factors?: number[] },
): Law {
  return law({
    ...relation,
    check: async ({ call, subject }, random) => {
      const factors = relation.factors ?? [2, -1, -2, 4]
      const factor = factors[random.integer(0, factors.length - 1)]
      const inputs: Record<string, Tensor> = { ...call.inputs }
      for (const name of relation.inputs) if (name in inputs) inputs[name] = times(inputs[name], factor)
      const before = await subject.forward(call.inputs, call.attributes)
      const after = await subject.forward(inputs, call.attributes)
      return Object.entries(before).map(([name, y]) =>
        compare(
          `with ${relation.inputs.join(' and ')} times ${factor}, ${name}`,
          after[name],
          ledger.scale(y, factor ** relation.degree),
        ),
      )
    },
  })
}

/** An optional input of zeros says the same as none. */
export function zerosSayNothing(
  relation: Relation & { input: string; shape: (inputs: Tensors) => readonly number[] },
): Law {
  return law({
    ...relation,
    check: async ({ call, subject }) => {
      const { [relation.input]: _, ...without } = call.inputs
      const shape = relation.shape(call.inputs)
      const zero = { ...without, [relation.input]: tensor(shape, new Float64Array(sizeOf(shape))) }
      const none = await subject.forward(without, call.attributes)
      const some = await subject.forward(zero, call.attributes)
      return Object.keys(none).map((name) =>
        compare(`with ${relation.input} of zeros, ${name}`, some[name], none[name]),
      )
    },
  })
}

/** ⟨a, b⟩, with its accuracy. */
export function inner(a: Approximation, b: Approximation): Approximation {
  const size = a.value.length
  return ledger.matmul({ ...a, shape: [1, size] }, { ...b, shape: [size, 1] })
}

/** Euler's identity for a function of the given degree in one input: ⟨∂L/∂x, x⟩ = n·⟨∂L/∂y, y⟩. */
export function obeysEuler(relation: Relation & { input: string; output: string; degree: number }): Law {
  return law({
    ...relation,
    kind: 'gradient',
    backward: true,
    check: async ({ call, subject }) => {
      const { [relation.output]: y } = await subject.forward(call.inputs, call.attributes)
      const { [relation.input]: gradient } = await subject.backward(call.inputs, call.attributes, call.gradients)
      const g = call.gradients[relation.output]
      const x = call.inputs[relation.input]
      return compare(
        `⟨∂L/∂${relation.input}, ${relation.input}⟩`,
        inner(gradient, known(x)),
        ledger.scale(inner(y, known(g)), relation.degree),
      )
    },
  })
}

/** A tensor that is known exactly, as an answer is. */
export function known(x: Tensor): Approximation {
  const value = rowMajor(x)
  return { shape: x.shape, value, bound: new Float64Array(value.length), variance: new Float64Array(value.length) }
}

/** A tensor's rows repeated along new leading dimensions. */
export function repeatedTensor(x: Tensor, leading: readonly number[]): Tensor {
  const shape = [...leading, ...x.shape]
  return tensor(shape, repeated(known(x), shape).value)
}

/** Reordering the entries of the inputs, all of one shape, reorders those of the outputs in the same way. */
export function actsEntryByEntry(relation: Relation): Law {
  return law({
    ...relation,
    check: async ({ call, subject }, random) => {
      const size = Object.values(call.inputs)[0].size
      const order = random.permutation(size)
      const inputs = Object.fromEntries(
        Object.entries(call.inputs).map(([name, x]) => [name, taken(reshape(x, [size]), 0, order)]),
      )
      const before = await subject.forward(call.inputs, call.attributes)
      const after = await subject.forward(inputs, call.attributes)
      return Object.entries(before).map(([name, y]) =>
        compare(`with entries in the order ${order.join(', ')}, ${name}`, after[name], gather(y, [size], order)),
      )
    },
  })
}

/** Every entry of an answer is at least, or at most, a number; rounding may move it beyond by what it may move it at all. */
export function within(what: string, y: Approximation, least: number, most: number): Verdict {
  const nearest = { ...y, value: y.value.map((value) => Math.min(Math.max(value, least), most)) }
  return compare(what, y, { ...nearest, bound: new Float64Array(y.value.length), variance: nearest.variance })
}

/** An answer with no room for error: for laws that hold to the last bit. */
export function toTheBit(y: Approximation): Approximation {
  return { ...y, bound: new Float64Array(y.value.length), variance: new Float64Array(y.value.length) }
}

/** A tensor from a function of its row-major index. */
export function tensorOf(shape: readonly number[], f: (i: number) => number): Tensor {
  return tensor(
    shape,
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => f(i)),
  )
}

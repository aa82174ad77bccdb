import fc from 'fast-check'
import type { Attributes } from '../oracle/contract.js'
import { rowMajor, type Tensor, type Tensors, tensor } from '../oracle/tensor.js'
import { type Approximation, constant, exact, joined, repeated, reshaped, transposed } from './approximation.js'
import type { Arithmetic } from './arithmetic.js'
import { chosen, completeCalls, type OperatorProperties, perhaps, present } from './calls.js'
import { compare } from './comparison.js'
import { fill, fillings, type Limits, sizes, sumLengths } from './data.js'
import type { Call } from './law.js'
import type { Model } from './model.js'
import {
  isAdditive,
  known,
  law,
  reorders,
  taken,
  takenFrom,
  tensorOf,
  times,
  toTheBit,
  treatsSlicesAlone,
  wholeNumbers,
  within,
  zerosSayNothing,
} from './relations.js'

/** Slice t of a tensor with time first. */
export function at(a: Approximation, t: number): Approximation {
  return reshaped(takenFrom(a, 0, [t]), a.shape.slice(1))
}

/** Slices in a row, time first. */
export function stacked(slices: readonly Approximation[]): Approximation {
  const rows = slices.map((slice) => reshaped(slice, [1, slice.value.length]))
  return reshaped(joined(rows), [slices.length, ...slices[0].shape])
}

/** Pre-activations and hidden states of every step, [N,H] each. */
function unrolled(arithmetic: Arithmetic, inputs: Tensors, activation: unknown) {
  const [T, N] = inputs.x.shape
  const H = inputs.weightHidden.shape[0]
  const column = (bias: Tensor) => reshaped(exact(bias), [H, 1])
  const biases = [inputs.biasInput, inputs.biasHidden].filter((bias) => bias !== undefined)
  // W·x + b + U·h + c as one sum: its terms may be added in any order.
  const weights = transposed(joined([exact(inputs.weightInput), exact(inputs.weightHidden), ...biases.map(column)]))
  const x = exact(inputs.x)
  let hidden = inputs.h0 === undefined ? constant([N, H], 0) : exact(inputs.h0)
  const previous: Approximation[] = []
  const before: Approximation[] = []
  const after: Approximation[] = []
  for (let t = 0; t < T; t++) {
    previous.push(hidden)
    const ones = biases.map(() => constant([N, 1], 1))
    const sum = arithmetic.matmul(joined([at(x, t), hidden, ...ones]), weights)
    hidden = activation === 'tanh' ? arithmetic.tanh(sum) : activation === 'relu' ? arithmetic.relu(sum) : sum
    before.push(sum)
    after.push(hidden)
  }
  return { previous, before, after }
}

const rnnModel: Model = {
  shapes: ({ x, weightHidden }) => ({ hidden: [x.shape[0], x.shape[1], weightHidden.shape[0]] }),
  forward: (arithmetic, inputs, { activation }) => ({
    hidden: stacked(unrolled(arithmetic, inputs, activation).after),
  }),
  /** Backpropagation through time; the gradients of weights and biases as one sum over steps and sequences. */
  backward: (arithmetic, inputs, { activation }, { hidden: gradient }) => {
    const { previous, before, after } = unrolled(arithmetic, inputs, activation)
    const [T, N, I] = inputs.x.shape
    const H = inputs.weightHidden.shape[0]
    const slope = (t: number): Approximation | undefined => {
      if (activation === 'tanh') return arithmetic.shift(arithmetic.negate(arithmetic.square(after[t])), 1)
      return activation === 'relu' ? arithmetic.step(before[t]) : undefined
    }
    const g = exact(gradient)
    const weightHidden = exact(inputs.weightHidden)
    const deltas: Approximation[] = new Array(T)
    let fromNext: Approximation | undefined
    for (let t = T - 1; t >= 0; t--) {
      const total: Approximation = fromNext === undefined ? at(g, t) : arithmetic.add(at(g, t), fromNext)
      const factor = slope(t)
      deltas[t] = factor === undefined ? total : arithmetic.multiply(total, factor)
      fromNext = arithmetic.matmul(deltas[t], weightHidden)
    }
    const all = reshaped(stacked(deltas), [T * N, H])
    const bias = arithmetic.sum(transposed(all))
    return {
      x: reshaped(arithmetic.matmul(all, exact(inputs.weightInput)), inputs.x.shape),
      ...(inputs.h0 === undefined || fromNext === undefined ? {} : { h0: fromNext }),
      weightInput: arithmetic.matmul(transposed(all), reshaped(exact(inputs.x), [T * N, I])),
      weightHidden: arithmetic.matmul(transposed(all), reshaped(stacked(previous), [T * N, H])),
      ...(inputs.biasInput === undefined ? {} : { biasInput: bias }),
      ...(inputs.biasHidden === undefined ? {} : { biasHidden: bias }),
    }
  },
}

const moderate: Limits = { multiplied: true, most: 20 }

const rnnCalls = completeCalls(
  'rnn',
  rnnModel,
  (kind, profile) =>
    fc
      .record({
        T: sizes(4),
        N: sizes(3),
        I: sumLengths(kind, 3),
        H: sizes(3),
        x: fillings(kind, profile, moderate),
        h0: perhaps(fillings(kind, profile, moderate)),
        weightInput: fillings(kind, profile, moderate),
        // Hidden weights of size 1 at most: larger ones make every error grow from step to step.
        weightHidden: fillings('smooth', profile),
        biasInput: perhaps(fillings(kind, profile, moderate)),
        biasHidden: perhaps(fillings(kind, profile, moderate)),
        activation: perhaps(fc.constantFrom('tanh', 'relu', 'identity')),
      })
      .map(({ T, N, I, H, activation, ...filling }) => ({
        inputs: present({
          x: fill([T, N, I], filling.x, profile),
          h0: filling.h0 && fill([N, H], filling.h0, profile),
          weightInput: fill([H, I], filling.weightInput, profile),
          weightHidden: fill([H, H], filling.weightHidden, profile),
          biasInput: filling.biasInput && fill([H], filling.biasInput, profile),
          biasHidden: filling.biasHidden && fill([H], filling.biasHidden, profile),
        }),
        attributes: chosen({ activation }),
      })),
  moderate,
)

const simple = { operator: 'rnn', calls: rnnCalls('simple') }
const wide = { operator: 'rnn', calls: rnnCalls('wide') }

function withoutBiases({ biasInput: _, biasHidden: __, ...inputs }: Tensors): Tensors {
  return inputs
}

function as(activation: string) {
  return (call: Call): Call => ({ ...call, attributes: { activation } })
}

export function steps(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

async function hiddenOf(
  subject: { forward(inputs: Tensors, attributes: Attributes): Promise<Readonly<Record<string, Approximation>>> },
  inputs: Tensors,
  attributes: Attributes,
): Promise<Approximation> {
  return (await subject.forward(inputs, attributes)).hidden
}

export const rnn: OperatorProperties = {
  operator: 'rnn',
  model: rnnModel,
  calls: rnnCalls,
  smooth: (profile) => rnnCalls('smooth')(profile).map(as('tanh')),
  hasKinks: true,
  laws: [
    treatsSlicesAlone({
      ...wide,
      name: 'treats each sequence alone',
      inputs: { x: 1, h0: 0 },
      outputs: { hidden: 1 },
    }),
    zerosSayNothing({
      ...wide,
      name: 'starts from zeros where no initial state is given',
      input: 'h0',
      shape: ({ x, weightHidden }) => [x.shape[1], weightHidden.shape[0]],
    }),
    zerosSayNothing({
      ...wide,
      name: 'takes an input bias of zeros for none',
      input: 'biasInput',
      shape: ({ weightHidden }) => [weightHidden.shape[0]],
    }),
    zerosSayNothing({
      ...wide,
      name: 'takes a hidden bias of zeros for none',
      input: 'biasHidden',
      shape: ({ weightHidden }) => [weightHidden.shape[0]],
    }),
    law({
      ...wide,
      name: 'does not care which of its biases is which',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const exchanged = present({
          ...withoutBiases(inputs),
          biasInput: inputs.biasHidden,
          biasHidden: inputs.biasInput,
        })
        return compare(
          'hidden with the biases exchanged',
          await hiddenOf(subject, exchanged, attributes),
          await hiddenOf(subject, inputs, attributes),
        )
      },
    }),
    law({
      ...wide,
      name: 'goes on from a hidden state as if it had never stopped',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const T = inputs.x.shape[0]
        if (T === 1) return []
        const half = random.integer(1, T - 1)
        const whole = await hiddenOf(subject, inputs, attributes)
        const first = await hiddenOf(subject, { ...inputs, x: taken(inputs.x, 0, steps(0, half)) }, attributes)
        const last = at(first, half - 1)
        const h0 = tensor(last.shape, last.value)
        const second = await hiddenOf(subject, { ...inputs, h0, x: taken(inputs.x, 0, steps(half, T)) }, attributes)
        return [
          compare('hidden of the first part', first, takenFrom(whole, 0, steps(0, half))),
          // h0 has the error that the whole run has at that step: it is in the accuracy of `whole`.
          compare('hidden of the second part', second, takenFrom(whole, 0, steps(half, T))),
        ]
      },
    }),
    law({
      ...wide,
      name: 'does not look into the future',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const [T, N, I] = inputs.x.shape
        const from = random.integer(0, T)
        const other = wholeNumbers(inputs.x.shape, random)
        const x = tensorOf(inputs.x.shape, (i) => rowMajor(i < from * N * I ? inputs.x : other)[i])
        const plain = await hiddenOf(subject, inputs, attributes)
        const changed = await hiddenOf(subject, { ...inputs, x }, attributes)
        const earlier = steps(0, from)
        return compare(
          `hidden before step ${from}, where x changes,`,
          toTheBit(takenFrom(changed, 0, earlier)),
          toTheBit(takenFrom(plain, 0, earlier)),
        )
      },
    }),
    law({
      ...wide,
      name: 'reorders its hidden units with weights, biases and initial state',
      check: async ({ call: { inputs, attributes }, subject }, random) => {
        const order = random.permutation(inputs.weightHidden.shape[0])
        const moved = (x: Tensor | undefined, axis: number) => x && taken(x, axis, order)
        const plain = await hiddenOf(subject, inputs, attributes)
        const reordered = present({
          x: inputs.x,
          h0: moved(inputs.h0, 1),
          weightInput: moved(inputs.weightInput, 0),
          weightHidden: taken(taken(inputs.weightHidden, 0, order), 1, order),
          biasInput: moved(inputs.biasInput, 0),
          biasHidden: moved(inputs.biasHidden, 0),
        })
        return compare('hidden, reordered,', await hiddenOf(subject, reordered, attributes), takenFrom(plain, 2, order))
      },
    }),
    reorders({
      ...wide,
      name: 'does not depend on the order of the input features',
      inputs: { x: 2, weightInput: 1 },
      outputs: {},
    }),
    isAdditive({
      ...simple,
      calls: (profile) => rnnCalls('simple')(profile).map(as('identity')),
      name: 'is affine in x without an activation function',
      input: 'x',
      affine: true,
    }),
    law({
      ...wide,
      calls: (profile) => rnnCalls('wide')(profile).map(as('tanh')),
      name: 'changes its sign with x and initial state where there are no biases, for tanh',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const plain = withoutBiases(inputs)
        const negative = present({ ...plain, x: times(plain.x, -1), h0: plain.h0 && times(plain.h0, -1) })
        const hidden = await hiddenOf(subject, plain, attributes)
        const other = await hiddenOf(subject, negative, attributes)
        return compare('hidden of −x', other, { ...hidden, value: hidden.value.map((value) => -value) })
      },
    }),
    law({
      ...wide,
      name: 'stays in the range of its activation function',
      check: async ({ call: { inputs, attributes }, subject }) => {
        const hidden = await hiddenOf(subject, inputs, attributes)
        if (attributes.activation === 'identity') return []
        return attributes.activation === 'tanh'
          ? within('hidden', hidden, -1, 1)
          : within('hidden', toTheBit(hidden), 0, Number.POSITIVE_INFINITY)
      },
    }),
    law({
      ...wide,
      name: 'depends on the bias alone where all weights are zero',
      calls: (profile) => rnnCalls('wide')(profile).map(as('identity')),
      check: async ({ call: { inputs, attributes }, subject }) => {
        const [H, I] = inputs.weightInput.shape
        const bias = inputs.biasInput ?? tensorOf([H], (i) => i + 1)
        const hidden = await hiddenOf(
          subject,
          {
            x: inputs.x,
            weightInput: tensorOf([H, I], () => 0),
            weightHidden: tensorOf([H, H], () => 0),
            biasInput: bias,
          },
          attributes,
        )
        return compare('hidden', hidden, repeated(known(bias), hidden.shape))
      },
    }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: 'has the same gradient for both biases',
      check: async ({ call: { inputs, attributes, gradients }, subject }) => {
        const H = inputs.weightHidden.shape[0]
        const zero = tensorOf([H], () => 0)
        const both = { ...inputs, biasInput: inputs.biasInput ?? zero, biasHidden: inputs.biasHidden ?? zero }
        const { biasInput, biasHidden } = await subject.backward(both, attributes, gradients)
        return compare('∂L/∂biasHidden', biasHidden, biasInput)
      },
    }),
    law({
      ...wide,
      kind: 'gradient',
      backward: true,
      name: 'gives no gradient to steps after the last one that counts',
      check: async ({ call: { inputs, attributes, gradients }, subject }, random) => {
        const [T, N] = inputs.x.shape
        const H = inputs.weightHidden.shape[0]
        const from = random.integer(0, T)
        const hidden = tensorOf(gradients.hidden.shape, (i) => (i < from * N * H ? rowMajor(gradients.hidden)[i] : 0))
        const { x } = await subject.backward(inputs, attributes, { hidden })
        const later = takenFrom(x, 0, steps(from, T))
        return compare(`∂L/∂x from step ${from} on`, later, constant(later.shape, 0))
      },
    }),
  ],
}
